"""A39 and A29: pictures that are bombs, programs or diaries."""

import time
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.pictures import gif_of, opened, picture, png_of, png_that_says, turned_jpeg
from tests.factories.uploads import state_of, uploaded

from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]
SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_of(30_000, 30_000), "too_many_pixels"),
        (png_that_says(2**31 - 1, 1), "too_many_pixels"),
        (picture("TIFF"), "not_an_image"),
        (picture("ICO", (64, 64)), "not_an_image"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(100), "not_an_image"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_an_image"),
        (b"%PDF-1.7\n" + SCRIPT, "not_an_image"),
        (SCRIPT, "not_an_image"),
    ],
)
async def test_a39_bombs_and_other_formats_are_refused(
    app: App, ada: Person, deliver: Deliver, data: bytes, code: str
) -> None:
    started = time.monotonic()
    address = await uploaded(ada, data, purpose="avatar")
    await deliver(times=1)

    assert (await state_of(ada, address))["failure_code"] == code
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "data",
    [
        gif_of(2_000),
        turned_jpeg(),
        picture("JPEG") + SCRIPT,
        picture("GIF") + b"PK\x03\x04" + SCRIPT,
        picture("PNG") + SCRIPT,
    ],
)
async def test_a29_nothing_of_the_file_itself_is_served(
    ada: Person, client: httpx2.AsyncClient, deliver: Deliver, data: bytes
) -> None:
    address = await uploaded(ada, data, purpose="avatar")
    await deliver(times=1)
    answer = await client.get(f"/media/{(await state_of(ada, address))['asset_id']}/avatar-256.webp")

    assert answer.status_code == 200
    assert opened(answer.content).format == "WEBP"
    assert getattr(opened(answer.content), "n_frames", 1) == 1
    for trace in (b"script", b"PK", b"SECRETMAKER", b"Exif"):
        assert trace not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
