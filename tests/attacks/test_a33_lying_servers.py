"""A33: what another server says of a file is believed as far as it can be true."""

import asyncio
from pathlib import Path

from tests.domains.media.test_imports import FILE, PORT, asked_for, kept, ran, used
from tests.domains.media.test_imports import settings as settings
from tests.factories.accounts import Person
from tests.factories.elsewhere import Asked, Film, elsewhere, head

from socialflow.kernel.work import App


async def test_a33_a_tag_that_no_header_may_hold_is_no_tag(app: App, ada: Person, tmp_path: Path) -> None:
    film = Film(FILE, {"ETag": '"\xff\u2028"'}, cuts=[100_000])
    made = await asked_for(ada)
    async with elsewhere(film, port=PORT):
        await ran(app)
    assert film.ranges == ["", ""]
    assert await kept(app, made, tmp_path) == FILE


async def test_a33_a_total_below_what_has_come_is_not_believed(app: App, ada: Person, tmp_path: Path) -> None:
    film, lies = Film(FILE), [FILE[:100_000], b"xx"]

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if not lies:
            await film(asked, writer)
        elif len(data := lies.pop(0)) > 2:
            # Broken off in the middle of what nobody told the length of.
            writer.write(head(ETag='"one"', Transfer_Encoding="chunked") + b"%x\r\n%b\r\n" % (len(data), data))
        else:
            assert asked.headers["range"] == "bytes=100000-"
            writer.write(head(206, ETag='"one"', Content_Range="bytes 100000-100001/500", Content_Length="2") + data)

    made = await asked_for(ada)
    async with elsewhere(reply, port=PORT):
        await ran(app)
    assert film.ranges == [""]
    assert await kept(app, made, tmp_path) == FILE
    assert await used(ada) == len(FILE)
