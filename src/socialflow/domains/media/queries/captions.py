"""Questions about text tracks."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from socialflow.domains.media.models import Asset, AssetFile, Captions

MANIFESTS = ("master.m3u8", "manifest.mpd")


# What a person wrote in a language comes before what a program wrote; editions only ever go up.
_FORGET_WRITTEN = text("""
    DELETE FROM captions WHERE asset_id = :heir AND NOT automatic AND language NOT IN
        (SELECT language FROM captions WHERE asset_id = :giver AND NOT automatic)
""")
_PREFER = text("""
    UPDATE captions SET is_default = false, edition = edition + 1 WHERE asset_id = :heir AND is_default
        AND EXISTS (SELECT FROM captions WHERE asset_id = :giver AND is_default AND NOT automatic)
""")
_COPY_WRITTEN = text("""
    INSERT INTO captions AS mine (asset_id, language, kind, label, is_default, automatic, cues, cue_count, edition,
        created_at, updated_at)
    SELECT CAST(:heir AS uuid), language, kind, label, is_default, false, cues, cue_count, edition, created_at,
        CAST(:now AS timestamptz)
    FROM captions WHERE asset_id = :giver AND NOT automatic
    ON CONFLICT (asset_id, language) DO UPDATE SET kind = excluded.kind, label = excluded.label,
        is_default = excluded.is_default, automatic = false, cues = excluded.cues, cue_count = excluded.cue_count,
        edition = greatest(mine.edition, excluded.edition) + 1, updated_at = excluded.updated_at
""")


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


async def copy_written(db: AsyncSession, giver: uuid.UUID, heir: uuid.UUID, now: datetime) -> None:
    """Let an asset have just the tracks that people wrote for another, beside those that a program wrote for it."""
    values = {"giver": giver, "heir": heir}
    await db.execute(_FORGET_WRITTEN, values)
    await db.execute(_PREFER, values)
    await db.execute(_COPY_WRITTEN, {**values, "now": now})


async def has_automatic(db: AsyncSession, asset_id: uuid.UUID) -> bool:
    """Whether a program has written a track of an asset, and nobody has corrected it."""
    return bool(await db.scalar(select(exists().where(Captions.asset_id == asset_id, Captions.automatic))))


async def has_default(db: AsyncSession, asset_id: uuid.UUID) -> bool:
    """Whether a track of an asset is shown by itself."""
    return bool(await db.scalar(select(exists().where(Captions.asset_id == asset_id, Captions.is_default))))


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
