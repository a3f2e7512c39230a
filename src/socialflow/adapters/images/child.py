"""Reads one picture and writes cuts of it: `child.py MOST_PIXELS SMALL WIDTH HEIGHT...`, to out/WIDTHxHEIGHT.webp.

It is read from in/source. The pixels of a copy of the first cut, at most SMALL long, go to out/WIDTHxHEIGHT.rgba.

Or the whole of it: `child.py MOST_PIXELS whole SIDE SMALL` writes out/WIDTHxHEIGHT.jpg, at most SIDE pixels long, and
the pixels of a copy of at most SMALL as out/WIDTHxHEIGHT.rgba.

Or, by `child.py MOST_PIXELS mark SIDE`, as out/mark.png, which keeps what is transparent.

Runs in a process of its own, in a sandbox where nothing of this project can be imported. Says on
standard output how it ended: `ok`, or the reason why the picture is refused.
"""

import sys
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LONGEST_SIDE = 20_000
QUALITY = 85


def main() -> str:
    """Make what is wanted; returns what to say."""
    wanted = MAKERS.get(sys.argv[2], make)
    most, *sides = (int(word) for word in sys.argv[1:] if word not in MAKERS)
    # A declared size above the limit is an error before a single pixel is made; so is one above twice of it.
    Image.MAX_IMAGE_PIXELS = most
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open("in/source", formats=FORMATS) as image:
            width, height = image.size
            if width * height > most or max(width, height) > LONGEST_SIDE:
                return "too_many_pixels"
            wanted(image, sides)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        return "too_many_pixels"
    except UnidentifiedImageError:
        return "not_an_image"
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, ArithmeticError):
        # All of what the decoders raise for broken files; there is no common base.
        return "damaged_image"
    return "ok"


def make(image: Image.Image, sides: list[int]) -> None:
    """Decode the first frame, turn it upright, and write each cut of its middle from fresh pixels."""
    small, *lengths = sides
    image.draft("RGB", (2 * max(lengths), 2 * max(lengths)))
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    pixels = upright.convert("RGBA" if has_alpha else "RGB")
    cuts = list(zip(lengths[::2], lengths[1::2], strict=True))
    for width, height in cuts:
        cut = ImageOps.fit(pixels, (width, height), Image.Resampling.LANCZOS)
        fresh = Image.new(cut.mode, cut.size)
        fresh.paste(cut)
        fresh.save(f"out/{width}x{height}.webp", "WEBP", quality=QUALITY, method=4)
    # Hashed as it is shown: what is cut away has no colour in it.
    glance = ImageOps.fit(pixels, cuts[0], Image.Resampling.LANCZOS).convert("RGBA")
    glance.thumbnail((small, small), Image.Resampling.LANCZOS)
    _write_pixels(glance)


def make_whole(image: Image.Image, sides: list[int]) -> None:
    """Decode the first frame, turn it upright, put it on black where it is transparent, and write fresh pixels."""
    side, small = sides
    image.draft("RGB", (2 * side, 2 * side))
    upright = ImageOps.exif_transpose(image)
    pixels = upright.convert("RGBA")
    pixels.thumbnail((side, side), Image.Resampling.LANCZOS)
    fresh = Image.new("RGB", pixels.size)
    fresh.paste(pixels, mask=pixels.getchannel("A"))
    width, height = fresh.size
    fresh.save(f"out/{width}x{height}.jpg", "JPEG", quality=QUALITY, optimize=True)
    fresh.thumbnail((small, small), Image.Resampling.LANCZOS)
    _write_pixels(fresh.convert("RGBA"))


def _write_pixels(pixels: Image.Image) -> None:
    width, height = pixels.size
    with open(f"out/{width}x{height}.rgba", "wb") as file:  # noqa: PTH123  # nothing more is imported in here
        file.write(pixels.tobytes())


def make_mark(image: Image.Image, sides: list[int]) -> None:
    """Decode the first frame, turn it upright, and write fresh pixels with their transparency."""
    (side,) = sides
    pixels = ImageOps.exif_transpose(image).convert("RGBA")
    pixels.thumbnail((side, side), Image.Resampling.LANCZOS)
    fresh = Image.new("RGBA", pixels.size)
    fresh.paste(pixels)
    fresh.save("out/mark.png", "PNG", optimize=True)


MAKERS = {"whole": make_whole, "mark": make_mark}

sys.stdout.write(main())
