"""Pictures for tests, good and bad."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image

RED, BLUE = (250, 10, 10), (10, 10, 250)


def picture(form: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **options)
    return out.getvalue()


def bands_of(*colours: str) -> bytes:
    """A square picture of bands, one below another."""
    image = Image.new("RGB", (300, 300))
    height = 300 // len(colours)
    for number, colour in enumerate(colours):
        image.paste(Image.new("RGB", (300, height), colour), (0, number * height))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def turned_jpeg() -> bytes:
    """A picture that lies on its side, as phones write them, with a place and a maker in its metadata."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees to the right
    exif[0x010F] = "SECRETMAKER"
    exif.get_ifd(0x8825)[1] = "N"
    return picture("JPEG", exif=exif)


def png_of(width: int, height: int) -> bytes:
    """A PNG of so many black pixels, in a few bytes."""
    rows = zlib.compressobj(9)
    line = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(rows.compress(line) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_that_says(width: int, height: int) -> bytes:
    """A PNG that declares a size and has nothing behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0")) + _chunk(b"IEND", b"")


def gif_of(frames: int) -> bytes:
    """An animation."""
    images = [Image.new("P", (64, 64), number % 256) for number in range(frames)]
    out = io.BytesIO()
    images[0].save(out, "GIF", save_all=True, append_images=images[1:], duration=10)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """A picture from bytes."""
    return Image.open(io.BytesIO(data))


def kept(folder: Path, data: bytes) -> Path:
    """The bytes as a file."""
    path = folder / "source"
    path.write_bytes(data)
    return path


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
