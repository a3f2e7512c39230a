"""Where, when and with what a video was filmed stays between its owner and us."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip, ffprobe

from socialflow.domains.media.models import AssetState
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

SECRETS = (b"+52.52", b"013.40", b"ISO6709", b"Secret Camera", b"secret place", b"2020-01-02")
# Seconds since 1904, as the boxes of a file hold them: 2020-01-02T03:04:05Z.
MOMENT = (3_660_779_045).to_bytes(4, "big")


async def test_nothing_that_is_served_says_where_or_when_it_was_filmed(
    app: App, ada: Person, deliver: Callable[..., Awaitable[int]], tmp_path: Path
) -> None:
    source = clip("filmed.mov").read_bytes()
    assert [secret for secret in SECRETS if secret in source] == [*SECRETS]
    assert MOMENT in source

    made = await upload(app, ada, source)
    await deliver(times=1)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    files = await files_of(app, made.asset_id)
    assert {"src.mp4", "v360.mp4", "a.mp4", "poster.jpg", "storyboard.jpg", "master.m3u8"} <= files.keys()
    for name, key in files.items():
        data = await app.port(ObjectStore).get(key)
        assert not [secret for secret in (*SECRETS, MOMENT) if secret in data], name
        if name.endswith((".mp4", ".jpg")):
            path = tmp_path / name.replace("/", "-")
            path.write_bytes(data)
            told = json.loads(ffprobe("-show_format", "-show_streams", "-of", "json", str(path)))
            tags = [told["format"].get("tags", {}), *(stream.get("tags", {}) for stream in told["streams"])]
            assert not [tag for each in tags for tag in each if "location" in tag or tag in {"creation_time", "make"}]
