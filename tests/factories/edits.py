"""Edits for tests: of real clips, by the real encoder, through the API."""

import array
import itertools
from pathlib import Path
from typing import Any

from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person
from tests.factories.assets import files_of
from tests.factories.clips import clip, ffmpeg
from tests.factories.uploads import uploaded

RATE = 8_000


async def brought(person: Person, name: str | bytes, **meta: str) -> str:
    """A clip, or other bytes, as an upload; its id."""
    data = name if isinstance(name, bytes) else clip(name).read_bytes()
    return (await uploaded(person, data, **meta)).rsplit("/", 1)[-1]


async def film(person: Person, name: str = "steps.mp4", **fields: Any) -> dict[str, Any]:
    """A video of a clip, which is prepared once everything is delivered."""
    body = {"title": "A walk", "upload_id": await brought(person, name), **fields}
    answer = await person.post("/videos", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def edit(person: Person, video: dict[str, Any], *operations: dict[str, Any], **headers: str) -> dict[str, Any]:
    """An edit as it is answered."""
    path = f"/videos/{video['id']}/edits"
    answer = await person.post(path, {"operations": list(operations)}, headers=headers or None)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def look(person: Person, made: dict[str, Any]) -> dict[str, Any]:
    """The edit as it is now."""
    answer = await person.get(f"/videos/{made['video_id']}/edits/{made['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def read(person: Person, video: dict[str, Any]) -> dict[str, Any]:
    """The video as it is now."""
    found: dict[str, Any] = (await person.get(f"/videos/{video['id']}")).json()
    return found


async def shown(app: App, video: dict[str, Any], folder: Path, rendition: str = "v180.mp4") -> Path:
    """What a player gets of a video, picture and sound in one file."""
    asset_id = ids.parse("ast", video["playback"]["hls_url"].split("/")[-2])
    files = await files_of(app, asset_id)
    for name in (rendition, "a.mp4"):
        if name in files:
            (folder / name).write_bytes(await app.port(ObjectStore).get(files[name]))
    inputs = [word for name in (rendition, "a.mp4") if name in files for word in ("-i", str(folder / name))]
    path = folder / "shown.mkv"
    ffmpeg("-v", "error", "-y", *inputs, "-c", "copy", str(path))
    return path


def brightness(path: Path) -> list[int]:
    """How bright the middle of each picture is."""
    raw = path.with_suffix(".gray")
    ffmpeg("-v", "error", "-y", "-i", str(path), "-vf", "crop=16:16,format=gray,scale=1:1", "-f", "rawvideo", str(raw))
    return list(raw.read_bytes())


def tones(path: Path) -> list[float]:
    """How high the sound is in each tenth of a second, in Hz; 0 where there is none."""
    raw = path.with_suffix(".raw")
    ffmpeg("-v", "error", "-y", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "s16le", str(raw))
    samples = array.array("h", raw.read_bytes())
    found = []
    for at in range(0, len(samples) - RATE // 10 + 1, RATE // 10):
        tenth = samples[at : at + RATE // 10]
        crossings = sum(1 for before, after in itertools.pairwise(tenth) if before < 0 <= after)
        found.append(crossings * 10.0 if max(tenth) > 500 else 0.0)
    return found


def level(second: int) -> int:
    """How bright a second of `steps.mp4` is, in full range."""
    return round((20 + 20 * second - 16) * 255 / 219)
