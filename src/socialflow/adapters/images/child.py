"""Reads one picture and writes squares of it: `child.py MOST_PIXELS SIDE...`, from in/source to out/SIDE.webp.

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
    """Make the squares; returns what to say."""
    most, *sides = map(int, sys.argv[1:])
    # A declared size above the limit is an error before a single pixel is made; so is one above twice of it.
    Image.MAX_IMAGE_PIXELS = most
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open("in/source", formats=FORMATS) as image:
            width, height = image.size
            if width * height > most or max(width, height) > LONGEST_SIDE:
                return "too_many_pixels"
            make(image, sides)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        return "too_many_pixels"
    except UnidentifiedImageError:
        return "not_an_image"
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, ArithmeticError):
        # All of what the decoders raise for broken files; there is no common base.
        return "damaged_image"
    return "ok"


def make(image: Image.Image, sides: list[int]) -> None:
    """Decode the first frame, turn it upright, and write each square from fresh pixels."""
    image.draft("RGB", (2 * max(sides), 2 * max(sides)))
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    pixels = upright.convert("RGBA" if has_alpha else "RGB")
    for side in sides:
        square = ImageOps.fit(pixels, (side, side), Image.Resampling.LANCZOS)
        fresh = Image.new(square.mode, square.size)
        fresh.paste(square)
        fresh.save(f"out/{side}.webp", "WEBP", quality=QUALITY, method=4)


sys.stdout.write(main())
