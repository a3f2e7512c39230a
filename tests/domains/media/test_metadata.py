"""Where, when and with what a video was filmed stays between its owner and us."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip, ffprobe
from tests.factories.edits import edit, film
from tests.factories.videos import asset_of as asset_of_video

from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import downloads
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

SECRETS = (b"+52.52", b"013.40", b"ISO6709", b"Secret Camera", b"secret place", b"2020-01-02")
# Seconds since 1904, as the boxes of a file hold them: 2020-01-02T03:04:05Z.
MOMENT = (3_660_779_045).to_bytes(4, "big")


@pytest.mark.parametrize("film_", ["filmed.mov", "spoken.mp4"])
async def test_nothing_that_is_served_says_where_or_when_it_was_filmed(
    app: App, ada: Person, deliver: Callable[..., Awaitable[int]], tmp_path: Path, film_: str
) -> None:
    source = clip(film_).read_bytes()
    if film_ == "filmed.mov":
        assert [secret for secret in SECRETS if secret in source] == [*SECRETS]
        assert MOMENT in source
    assert b"secret place" in source

    made = await upload(app, ada, source)
    await deliver(times=1)
    for rendition in ("360p", "audio"):
        async with app.work(SYSTEM) as work:
            await downloads.download(app, work, made.asset_id, rendition, admit=_admitted)
    await deliver(times=1)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    files = await files_of(app, made.asset_id)
    assert {"src.mp4", "v360.mp4", "a.mp4", "poster.jpg", "storyboard.jpg", "master.m3u8"} <= files.keys()
    assert {"get/360p.mp4", "get/audio.mp4", "preview.mp4", "poster-1.jpg"} <= files.keys()
    for name, key in files.items():
        data = await app.port(ObjectStore).get(key)
        assert not [secret for secret in (*SECRETS, MOMENT) if secret in data], name
        if name.endswith((".mp4", ".jpg")):
            path = tmp_path / name.replace("/", "-")
            path.write_bytes(data)
            told = json.loads(ffprobe("-show_format", "-show_streams", "-of", "json", str(path)))
            tags = [told["format"].get("tags", {}), *(stream.get("tags", {}) for stream in told["streams"])]
            assert not [tag for each in tags for tag in each if "location" in tag or tag in {"creation_time", "make"}]


async def _admitted() -> None:
    """Nobody counts."""


async def test_an_edit_says_nothing_of_it_either_and_its_owner_gets_the_file_as_it_is(
    app: App, ada: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    video = await film(ada, "filmed.mov")
    await deliver(times=1)
    await edit(ada, video, {"kind": "mute"})
    await deliver(times=1)
    store = app.port(ObjectStore)
    after = await asset_of_video(app, video["id"])
    for name, key in (await files_of(app, after)).items():
        data = await store.get(key)
        assert not [secret for secret in (*SECRETS, MOMENT) if secret in data], name
    original = (await ada.get(f"/videos/{video['id']}/original")).json()
    edited = (await ada.http.get(original["url"])).content
    assert not [secret for secret in (*SECRETS, MOMENT) if secret in edited]
    # What was filmed is handed to whoever filmed it, and to nobody else.
    (asked,) = (await ada.get(f"/videos/{video['id']}/edits")).json()["items"]
    assert (await ada.post(f"/videos/{video['id']}/edits/{asked['id']}/revert")).status_code == 200
    original = (await ada.get(f"/videos/{video['id']}/original")).json()
    assert (await ada.http.get(original["url"])).content == clip("filmed.mov").read_bytes()
