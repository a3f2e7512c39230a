"""Videos for tests: made through the API, and brought to any state without an encoder."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, update

from socialflow.domains.media.models import Asset, AssetFile, AssetState, Upload, UploadState
from socialflow.domains.videos import service as videos
from socialflow.domains.videos.models import Video
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person
from tests.factories.uploads import DEMO_FILES, started

STATES = {
    "processing": AssetState.TRANSCODING,
    "partially_playable": AssetState.PARTIALLY_PLAYABLE,
    "ready": AssetState.READY,
    "failed": AssetState.FAILED,
}
FILES = {**DEMO_FILES, "poster.jpg": (b"\xff\xd8 a picture", "image/jpeg")}


async def upload(person: Person, **meta: str) -> str:
    """An upload that waits for its bytes; its id."""
    return (await started(person, 1_000, **meta)).rsplit("/", 1)[-1]


async def draft(person: Person, **fields: Any) -> dict[str, Any]:
    """A video whose file is still to come, as the API answers it."""
    body = {"title": "A walk along the sea", "upload_id": await upload(person), **fields}
    answer = await person.post("/videos", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def video(app: App, person: Person, *, state: str = "ready", seconds: int = 10, **fields: Any) -> dict[str, Any]:
    """A video in a state, as its owner reads it."""
    made = await draft(person, **fields)
    if state != "draft":
        await bring(app, made["id"], state, seconds=seconds)
    answer = await person.get(f"/videos/{made['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def bring(app: App, video_id: str, state: str, *, progress: int = 40, seconds: int = 10) -> None:
    """Let the file of a video arrive, if it has not, and bring its processing to a state."""
    asset_id = await asset_of(app, video_id)
    await _process(app, asset_id, state, progress, seconds)
    async with app.work(SYSTEM) as work:
        await videos.follow_asset(work, asset_id)


async def arrive(app: App, upload_id: str, state: str, *, seconds: int = 10) -> None:
    """The same for an upload of which there is no video yet."""
    async with app.work(SYSTEM) as work:
        waiting = await work.db.get_one(Upload, ids.parse("upl", upload_id))
    await _process(app, waiting.asset_id, state, 40, seconds)


async def _process(app: App, asset_id: uuid.UUID, state: str, progress: int, seconds: int) -> None:
    async with app.work(SYSTEM) as work:
        asset = await work.db.get(Asset, asset_id)
        if asset is None:
            asset = await _arrive(work, asset_id)
        asset.state = STATES[state]
        asset.progress = 100 if state == "ready" else progress
        asset.updated_at = work.now
        if state == "failed":
            asset.failure_code, asset.failure_detail = "not_a_video", "This is not a video."
        if state in {"ready", "partially_playable"}:
            asset.duration_ms, asset.width, asset.height = seconds * 1_000, 640, 360
            asset.has_video, asset.has_audio, asset.version = True, True, asset.version + 1
            await _serve(app, work, asset_id)


async def asset_of(app: App, video_id: str) -> uuid.UUID:
    """The asset of a video, there already or to come."""
    async with app.work(SYSTEM) as work:
        return (await videos.visible(work, ids.parse("vid", video_id))).asset_id


async def _arrive(work: Any, asset_id: uuid.UUID) -> Asset:
    values = {"state": UploadState.RECEIVED, "received": Upload.length}
    arrived = update(Upload).where(Upload.asset_id == asset_id).values(values).returning(Upload)
    uploaded = (await work.db.scalars(arrived)).one()
    asset = Asset(
        id=asset_id,
        account_id=uploaded.account_id,
        upload_id=uploaded.id,
        purpose="video",
        source_size=uploaded.received,
        counted=uploaded.received,
        version=0,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(asset)
    await work.db.flush()
    return asset


async def _serve(app: App, work: Any, asset_id: uuid.UUID) -> None:
    for name, (data, content_type) in FILES.items():
        digest = hashlib.sha256(data).hexdigest()
        if await work.db.get(AssetFile, (asset_id, name)) is not None:
            continue
        key = f"assets/{asset_id}/{digest[:16]}/{name}"
        await app.port(ObjectStore).put(key, data, content_type=content_type)
        file = AssetFile(
            asset_id=asset_id,
            name=name,
            key=key,
            content_type=content_type,
            size=len(data),
            sha256=digest,
            created_at=work.now,
        )
        work.db.add(file)


def in_future(**more: float) -> str:
    """A time to publish at, an hour from now unless said otherwise, as it is sent."""
    return (datetime.now(UTC) + timedelta(**(more or {"hours": 1}))).isoformat()


async def let_time_come(app: App, *video_ids: str) -> None:
    """The time that videos wait for is now, in the order given."""
    async with app.work(SYSTEM) as work:
        for number, video_id in enumerate(video_ids):
            values = {"publish_at": func.now() - timedelta(seconds=len(video_ids) - number)}
            await work.db.execute(update(Video).where(Video.id == ids.parse("vid", video_id)).values(values))
