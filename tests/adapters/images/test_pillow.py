"""Pictures by Pillow: what is made, what is refused, and that it happens behind bars."""

import base64
from pathlib import Path

import pytest
from tests.factories.pictures import bands_of, gif_of, kept, opened, picture, png_of, png_that_says, turned_jpeg

from socialflow.adapters.encoder.ffmpeg.sandbox import Limits
from socialflow.adapters.images import pillow
from socialflow.adapters.images.pillow import PillowImages
from socialflow.ports.images import SENTENCES, ImageFault, ImageRefused, ImageTrouble

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>'


@pytest.fixture(scope="module")
def images() -> PillowImages:
    return PillowImages()


@pytest.mark.parametrize(
    "data",
    [
        picture("JPEG"),
        picture("PNG"),
        picture("WEBP"),
        picture("GIF"),
        picture("PNG", mode="RGBA"),
        picture("PNG", mode="P"),
        picture("PNG", mode="L"),
        picture("JPEG", mode="CMYK"),
        picture("PNG", (1, 1)),
        picture("JPEG", (3_000, 20)),
        gif_of(5),
    ],
)
async def test_pictures_become_webp_of_the_wanted_sizes(images: PillowImages, tmp_path: Path, data: bytes) -> None:
    made = await images.crops(kept(tmp_path, data), [(256, 256), (96, 96), (640, 160)])

    assert set(made.files) == {(256, 256), (96, 96), (640, 160)}
    for size, cut in made.files.items():
        image = opened(cut)
        assert (image.format, image.size) == ("WEBP", size)
        assert getattr(image, "n_frames", 1) == 1
    assert 5 <= len(base64.b64decode(made.thumbhash)) <= 25


async def test_the_thumbhash_is_of_the_first_cut_and_not_of_what_is_cut_away(
    images: PillowImages, tmp_path: Path
) -> None:
    source = kept(tmp_path, bands_of("red", "lime", "blue"))

    wide = await images.crops(source, [(300, 10)])
    whole = await images.crops(source, [(30, 30)])

    assert wide.thumbhash != whole.thumbhash
    # The middle of three bands is all that is left of a picture that is cut that flat.
    only = await images.crops(kept(tmp_path, bands_of("lime")), [(300, 10)])
    assert wide.thumbhash == only.thumbhash


async def test_the_middle_is_kept_upright_and_metadata_is_not(images: PillowImages, tmp_path: Path) -> None:
    data = turned_jpeg()
    assert b"SECRETMAKER" in data

    square = (await images.crops(kept(tmp_path, data), [(256, 256)])).files[256, 256]
    pixels = opened(square).convert("RGB").tobytes()
    # Left was red; turned to the right, the top is.
    assert pixels[3 * (20 * 256 + 128)] > 200
    assert pixels[3 * (236 * 256 + 128) + 2] > 200
    assert b"SECRETMAKER" not in square
    assert b"EXIF" not in square
    assert not opened(square).getexif()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", ImageFault.NOT_AN_IMAGE),
        (b"not a picture at all", ImageFault.NOT_AN_IMAGE),
        (SVG, ImageFault.NOT_AN_IMAGE),
        (b"<html><script>alert(1)</script>", ImageFault.NOT_AN_IMAGE),
        (b"%PDF-1.7\n", ImageFault.NOT_AN_IMAGE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", ImageFault.NOT_AN_IMAGE),
        (picture("TIFF"), ImageFault.NOT_AN_IMAGE),
        (picture("BMP"), ImageFault.NOT_AN_IMAGE),
        (picture("ICO", (64, 64)), ImageFault.NOT_AN_IMAGE),
        (picture("JPEG")[:600], ImageFault.DAMAGED_IMAGE),
        (picture("PNG")[:60], ImageFault.DAMAGED_IMAGE),
        (png_that_says(100, 100), ImageFault.DAMAGED_IMAGE),
        (png_that_says(7_000, 7_000), ImageFault.TOO_MANY_PIXELS),
        (png_that_says(2**31 - 1, 2**31 - 1), ImageFault.TOO_MANY_PIXELS),
        (png_that_says(20_001, 1), ImageFault.TOO_MANY_PIXELS),
        (png_of(12_000, 12_000), ImageFault.TOO_MANY_PIXELS),
    ],
)
async def test_what_is_no_picture_is_refused_with_a_code(
    images: PillowImages, tmp_path: Path, data: bytes, fault: ImageFault
) -> None:
    with pytest.raises(ImageRefused) as refused:
        await images.crops(kept(tmp_path, data), [(96, 96)])
    assert refused.value.fault == fault
    assert SENTENCES[fault]


async def test_a_picture_of_the_most_pixels_is_taken(images: PillowImages, tmp_path: Path) -> None:
    assert (await images.crops(kept(tmp_path, png_of(8_000, 5_000)), [(96, 96)])).files


async def test_a_child_that_works_for_too_long_is_stopped(
    images: PillowImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "child.py").write_text("while True: pass")
    monkeypatch.setattr(pillow, "CHILD", tmp_path / "child.py")
    monkeypatch.setattr(pillow, "LIMITS", Limits(timeout_s=5, cpu_s=1))

    with pytest.raises(ImageRefused) as refused:
        await PillowImages().crops(kept(tmp_path, picture("PNG")), [(96, 96)])
    assert refused.value.fault == ImageFault.TOO_MUCH_WORK


async def test_a_child_sees_neither_secrets_nor_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "program").mkdir()
    child = tmp_path / "program" / "child.py"
    child.write_text(
        "import os, socket, sys\n"
        "found = []\n"
        f"try: found.append(open({str(tmp_path / 'secret')!r}).read())\n"
        "except OSError: pass\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except ConnectionRefusedError: found.append('network')\n"
        "except OSError: pass\n"
        "found += [name for name in os.environ if name not in ('LC_ALL', 'PWD', 'LC_CTYPE')]\n"
        "sys.exit(str(found)) if found else sys.stdout.write('not_an_image')\n"
    )
    monkeypatch.setattr(pillow, "CHILD", child)
    images = PillowImages(sandbox="required")
    try:
        with pytest.raises(ImageRefused):
            await images.crops(kept(tmp_path, picture("PNG")), [(96, 96)])
    except ImageTrouble as trouble:
        if "bubblewrap" in str(trouble) and "landlock" in str(trouble):
            pytest.skip(f"no sandbox here: {trouble}")
        raise


async def test_a_mark_keeps_what_is_transparent_and_nothing_else_of_the_file(
    images: PillowImages, tmp_path: Path
) -> None:
    made = opened(await images.mark(kept(tmp_path, picture("PNG", (3_000, 1_500), mode="RGBA")), 1_024))
    assert (made.format, made.mode, made.size) == ("PNG", "RGBA", (1_024, 512))
    data = await images.mark(kept(tmp_path, turned_jpeg()), 256)
    assert b"SECRETMAKER" not in data
    assert not opened(data).getexif()
    with pytest.raises(ImageRefused):
        await images.mark(kept(tmp_path, SVG), 256)
