"""Assets for tests: bytes go the way they always go, without HTTP."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy import select

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.models import Asset, AssetFile, Upload
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.service import intake, uploads
from socialflow.kernel import ids
from socialflow.kernel.outbox import OutboxEvent
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore
from tests.factories.accounts import Person


async def upload(app: App, person: Person, source: Path | bytes) -> Upload:
    """Upload a file in one go; the outbox then holds its UploadCompleted."""
    actor = accounts.actor_of(ids.parse("acc", person.id), "user", frozenset({"read", "write"}), None)
    data = source if isinstance(source, bytes) else source.read_bytes()

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    async with app.work(actor) as work:
        made = await uploads.start(work, Wanted(len(data), "holiday.mp4", "video/mp4"), app.settings.media)
    await intake.receive(app, actor, made.id, offset=0, chunks=chunks(), declared=len(data))
    return made


async def asset_of(app: App, asset_id: uuid.UUID) -> Asset:
    """The asset as it is now."""
    async with app.work(SYSTEM) as work:
        return await work.db.get_one(Asset, asset_id)


async def files_of(app: App, asset_id: uuid.UUID) -> dict[str, str]:
    """Name -> object of everything that an asset keeps."""
    async with app.work(SYSTEM) as work:
        rows = await work.db.execute(select(AssetFile.name, AssetFile.key).where(AssetFile.asset_id == asset_id))
        return {row.name: row.key for row in rows}


async def objects_of(app: App, asset_id: uuid.UUID) -> set[str]:
    """What the store holds of an asset."""
    store = app.port(ObjectStore)
    return {info.key for folder in ("assets", "beside") async for info in store.list(f"{folder}/{asset_id}/")}


async def facts(app: App) -> list[str]:
    """The kinds of all events so far, in order."""
    async with app.work(SYSTEM) as work:
        return list(await work.db.scalars(select(OutboxEvent.kind).order_by(OutboxEvent.id)))
