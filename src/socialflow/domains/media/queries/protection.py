"""Questions about keys of streams."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, AssetKey, Rendition, Transcode

# Whoever has begun with a film under a key may stop in the middle, and see twice its length: so long its files stay.
_seconds = select(Asset.duration_ms / 500.0).where(Asset.id == AssetKey.asset_id).scalar_subquery()
_played_until = AssetKey.ended_at + func.make_interval(0, 0, 0, 0, 0, 0, func.coalesce(_seconds, 0.0))


async def in_force(db: AsyncSession, asset_id: uuid.UUID) -> AssetKey | None:
    """The key under which an asset is served."""
    return await db.scalar(select(AssetKey).where(AssetKey.asset_id == asset_id, AssetKey.ended_at.is_(None)))


async def usable(db: AsyncSession, asset_id: uuid.UUID, since: datetime) -> Sequence[AssetKey]:
    """That one, and those that ended after a time, or are of a film so long: files under them may still be played."""
    found = select(AssetKey).where(AssetKey.asset_id == asset_id)
    return (await db.scalars(found.where(AssetKey.ended_at.is_(None) | (_played_until > since)))).all()


async def is_wanted(db: AsyncSession, asset_id: uuid.UUID) -> bool:
    """Whether an asset is protected, or is to be."""
    wanted = await db.scalar(select(Asset.protection).where(Asset.id == asset_id))
    return wanted not in {None, "none"} or await in_force(db, asset_id) is not None


async def wanted_of(db: AsyncSession, asset_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str | None]:
    """How assets are to be enciphered."""
    rows = await db.execute(select(Asset.id, Asset.protection).where(Asset.id.in_(asset_ids)))
    return {row.id: row.protection for row in rows}


async def tracks(db: AsyncSession, asset_id: uuid.UUID) -> list[dict[str, Any]]:
    """What an asset's sounds were made for, as it was planned; nothing of what was made by the releases before."""
    plan = await db.scalar(select(Transcode.plan).where(Transcode.asset_id == asset_id))
    return list((plan or {}).get("tracks", ()))


async def has_staged(db: AsyncSession, asset_id: uuid.UUID, prefix: str) -> bool:
    """Whether some files of an asset have names that begin so."""
    found = select(AssetFile.name).where(AssetFile.asset_id == asset_id, AssetFile.name.startswith(prefix))
    return await db.scalar(found.limit(1)) is not None


async def offer_only(db: AsyncSession, asset_id: uuid.UUID, names: Sequence[str]) -> None:
    """Forget the other renditions of an asset."""
    await db.execute(delete(Rendition).where(Rendition.asset_id == asset_id, Rendition.name.not_in(names)))


async def streams(db: AsyncSession, asset_id: uuid.UUID) -> tuple[list[Rendition], dict[str, AssetFile]]:
    """Renditions that are offered, and all files by their names."""
    renditions = list(await db.scalars(select(Rendition).where(Rendition.asset_id == asset_id)))
    files = await db.scalars(select(AssetFile).where(AssetFile.asset_id == asset_id))
    return renditions, {file.name: file for file in files}


async def forget_ended(db: AsyncSession, before: datetime) -> int:
    """Forget keys that ended long ago; how many."""
    gone = await db.scalars(delete(AssetKey).where(_played_until < before).returning(AssetKey.id))
    return len(gone.all())
