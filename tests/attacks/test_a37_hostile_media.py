"""A37, A38, A41, A44: files that want more than to be watched, and names that want to be options."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

import pytest
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, objects_of, upload
from tests.factories.beside import files_in, needs
from tests.factories.clips import clip
from tests.factories.uploads import state_of, uploaded

from socialflow.domains.media.models import AssetState
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]


async def fate(app: App, person: Person, deliver: Deliver, data: bytes) -> tuple[str, str | None]:
    """What becomes of a file: state and failure code; a failed one must leave nothing."""
    made = await upload(app, person, data)
    await deliver(times=1)
    asset = await asset_of(app, made.asset_id)
    if asset.state == AssetState.FAILED:
        assert asset.failure_detail
        assert await objects_of(app, made.asset_id) == set()
    return asset.state, asset.failure_code


@pytest.mark.xdist_group("port 8765")
@needs("media/hostile")
async def test_a37_hostile_files_fail_one_by_one_and_reach_nobody(app: App, ada: Person, deliver: Deliver) -> None:
    visits: list[object] = []

    def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer)
        writer.close()

    async with await asyncio.start_server(visited, "127.0.0.1", 8_765):
        for path in files_in("media/hostile"):
            state, code = await fate(app, ada, deliver, path.read_bytes())
            assert (path.name, state) == (path.name, AssetState.FAILED)
            assert code in {"playlist_refused", "not_a_video", "frame_rate"}
    assert visits == []


@pytest.mark.parametrize(
    "name",
    ["-i", "-vf drawtext=textfile=/etc/passwd.mp4", "file:..%2f..%2fetc.mp4", "a;touch x.mp4", "$(id).mp4", "%d.mp4"],
)
async def test_a38_a_name_is_never_an_option(app: App, ada: Person, deliver: Deliver, name: str) -> None:
    address = await uploaded(ada, clip("tiny.mp4").read_bytes(), filename=name, filetype="video/mp4")
    await deliver(times=1)

    assert (await state_of(ada, address))["state"] == "ready"


def with_duration(data: bytes, seconds: float) -> bytes:
    """A Matroska file whose header promises another length."""
    at = data.index(b"\x44\x89\x88") + 3
    return data[:at] + struct.pack(">d", seconds * 1_000) + data[at + 8 :]


async def test_a41_a_header_that_promises_too_much_is_not_believed(app: App, ada: Person, deliver: Deliver) -> None:
    film = clip("hevc.mkv").read_bytes()
    assert await fate(app, ada, deliver, with_duration(film, 100 * 3_600)) == ("failed", "too_long")

    untagged = with_duration(film.replace(b"DURATION", b"DURATIOM"), 10 * 3_600)
    assert await fate(app, ada, deliver, untagged) == ("failed", "truncated")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("huge.mp4", ("failed", "too_large_picture")),
        ("crowd.mkv", ("failed", "too_many_streams")),
        ("wild.avi", ("failed", "unsupported_codec")),
        ("extras.mov", ("ready", None)),
        ("fast.mp4", ("ready", None)),
    ],
)
async def test_a41_bombs_are_refused_and_extras_ignored(
    app: App, ada: Person, deliver: Deliver, name: str, expected: tuple[str, str | None]
) -> None:
    assert await fate(app, ada, deliver, clip(name).read_bytes()) == expected


async def test_a44_what_a_file_is_called_does_not_matter(app: App, ada: Person, deliver: Deliver) -> None:
    film = await uploaded(ada, clip("tiny.mp4").read_bytes(), filename="song.mp3", filetype="audio/mpeg")
    page = await uploaded(ada, b"<html><script>alert(1)</script></html>", filename="film.mp4", filetype="video/mp4")
    await deliver(times=1)

    assert (await state_of(ada, film))["state"] == "ready"
    assert (await state_of(ada, page))["failure_code"] == "not_a_video"


async def test_a44_a_page_hidden_in_a_video_is_not_served(app: App, ada: Person, deliver: Deliver) -> None:
    hidden = b"<html><script>alert(1)</script></html>"
    box = struct.pack(">I", len(hidden) + 8) + b"free" + hidden
    made = await upload(app, ada, clip("silent.mp4").read_bytes() + box)
    await deliver(times=1)

    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    store = app.settings.storage_root / "assets" / str(made.asset_id)
    assert not [path for path in store.rglob("*") if path.is_file() and b"alert(1)" in path.read_bytes()]
