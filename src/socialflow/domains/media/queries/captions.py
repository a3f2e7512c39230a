"""Questions about text tracks."""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from socialflow.domains.media.models import Asset, AssetFile, Captions

MANIFESTS = ("master.m3u8", "manifest.mpd")


class Served(NamedTuple):
    """A file as it is served now."""

    name: str
    key: str
    sha256: str


async def asset(db: AsyncSession, asset_id: uuid.UUID) -> Asset | None:
    """An asset as it is."""
    return await db.get(Asset, asset_id)


async def of_asset(db: AsyncSession, asset_id: uuid.UUID) -> Sequence[Captions]:
    """The tracks of an asset without their cues, by language."""
    found = select(Captions).where(Captions.asset_id == asset_id).options(defer(Captions.cues, raiseload=True))
    return (await db.scalars(found.order_by(Captions.language))).all()


async def one(db: AsyncSession, asset_id: uuid.UUID, language: str) -> Captions | None:
    """One track with its cues."""
    return await db.get(Captions, (asset_id, language))


async def cues(db: AsyncSession, asset_id: uuid.UUID, language: str) -> list[dict[str, Any]]:
    """The cues of one track."""
    found = select(Captions.cues).where(Captions.asset_id == asset_id, Captions.language == language)
    return list(await db.scalar(found) or [])


async def count(db: AsyncSession, asset_id: uuid.UUID) -> int:
    """How many tracks an asset has."""
    found = select(func.count()).select_from(Captions).where(Captions.asset_id == asset_id)
    return int(await db.scalar(found) or 0)


async def prefer_none(db: AsyncSession, asset_id: uuid.UUID) -> None:
    """No track of an asset is shown by itself any more."""
    preferred = update(Captions).where(Captions.asset_id == asset_id, Captions.is_default)
    await db.execute(preferred.values(is_default=False, edition=Captions.edition + 1))


async def editions(db: AsyncSession, asset_id: uuid.UUID) -> dict[str, int]:
    """In which edition each track stands, by language."""
    found = select(Captions.language, Captions.edition).where(Captions.asset_id == asset_id)
    return {row.language: row.edition for row in await db.execute(found)}


async def served(db: AsyncSession, asset_id: uuid.UUID) -> dict[str, Served]:
    """The files of text tracks and the manifests that list them, by name."""
    found = select(AssetFile.name, AssetFile.key, AssetFile.sha256).where(
        AssetFile.asset_id == asset_id,
        AssetFile.name.in_(MANIFESTS) | AssetFile.name.startswith("captions-", autoescape=True),
    )
    return {row.name: Served(*row) for row in await db.execute(found)}
