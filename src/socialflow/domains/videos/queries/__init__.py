"""Questions about videos; `visible_to` is the only base select, and `lists` asks by the same rule."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.channels.models import Channel
from socialflow.domains.media.models import Asset
from socialflow.domains.videos.models import JUDGED, PLAYABLE, VISIBLE, Reach, Video
from socialflow.kernel import visibility
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Actor, App, Work

RECONCILED = 200
DUE = 200
SEE_ANY = "videos:see_any"


class Standing(NamedTuple):
    """How far an asset is, and who gets its files."""

    state: str
    access: str
    failure_code: str | None
    failure_detail: str | None


class Hold(Enum):
    """How a row is held until the transaction ends: not at all, against deletion, or against every change."""

    NOT = auto()
    KEEP = auto()
    CHANGE = auto()


_UNSETTLED = text("""
    (SELECT videos.asset_id FROM videos JOIN assets ON assets.id = videos.asset_id
    WHERE videos.state IN ('draft', 'processing', 'partially_playable')
      AND assets.updated_at < now() - interval '1 minute'
      AND videos.state <> CASE WHEN assets.state IN ('partially_playable', 'ready', 'failed') THEN assets.state
                               ELSE 'processing' END
    ORDER BY videos.id LIMIT :most)
    UNION ALL
    (SELECT video_sources.asset_id FROM video_sources JOIN assets ON assets.id = video_sources.asset_id
    WHERE video_sources.state = 'pending' AND assets.state IN ('partially_playable', 'ready', 'failed')
      AND assets.updated_at < now() - interval '1 minute'
    ORDER BY video_sources.id LIMIT :most)
""")


_DUE = text("""
    SELECT publish_at, id FROM videos WHERE publish_at <= now() AND (publish_at, id) > (:at, :id)
    ORDER BY publish_at, id LIMIT :most
""")


def seen_by(actor: Actor) -> Mapping[str, Any]:
    """Whom the rule of visibility asks about."""
    return visibility.seen_by(actor, sees_any=sees_any(actor))


def sees_any(actor: Actor) -> bool:
    """Whether somebody sees every video, to judge it."""
    return bool(actor.permissions & {SEE_ANY, "*"})


def _named_in(condition: str, actor: Actor) -> dict[str, Any]:
    """Of whom a rule asks about, those that this condition names."""
    return {name: value for name, value in seen_by(actor).items() if f":{name}" in condition}


def visible_to(actor: Actor) -> Select[Video]:
    """Videos that somebody may see when they name one."""
    return select(Video).where(text(VISIBLE).bindparams(**_named_in(VISIBLE, actor)))


async def by_id(db: AsyncSession, actor: Actor, video_id: uuid.UUID, hold: Hold) -> Video | None:
    """One visible video."""
    found = visible_to(actor).where(Video.id == video_id)
    if hold is not Hold.NOT:
        found = found.with_for_update(of=Video, read=hold is Hold.KEEP, key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def of_asset(db: AsyncSession, asset_id: uuid.UUID) -> Video | None:
    """The video that is made of an asset, held until the transaction ends."""
    found = select(Video).where(Video.asset_id == asset_id).with_for_update(key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def of_upload(db: AsyncSession, upload_id: uuid.UUID) -> Video | None:
    """The video that is made of an upload, held until the transaction ends."""
    found = select(Video).where(Video.upload_id == upload_id).with_for_update(key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def asset(db: AsyncSession, asset_id: uuid.UUID) -> Standing | None:
    """Where the asset of a video stands; None before there is one."""
    found = select(Asset.state, Asset.access, Asset.failure_code, Asset.failure_detail).where(Asset.id == asset_id)
    row = (await db.execute(found)).one_or_none()
    return Standing(*row) if row else None


async def duration_of(db: AsyncSession, asset_id: uuid.UUID) -> int | None:
    """How long a video is, in milliseconds; None before that is known."""
    return await db.scalar(select(Asset.duration_ms).where(Asset.id == asset_id))


async def to_chapter(
    db: AsyncSession, *, video_id: uuid.UUID | None, asset_id: uuid.UUID | None
) -> tuple[Video, int | None] | None:
    """A video with its length, found by its id or its asset's; None while it cannot be watched."""
    found = select(Video, Asset.duration_ms).join(Asset, Asset.id == Video.asset_id).where(Video.state.in_(PLAYABLE))
    found = found.where(Video.id == video_id) if video_id is not None else found.where(Video.asset_id == asset_id)
    row = (await db.execute(found)).one_or_none()
    return (row[0], row[1]) if row else None


async def unsettled(db: AsyncSession) -> list[uuid.UUID]:
    """Assets that have gone on while their videos have not: an event was missed."""
    return list(await db.scalars(_UNSETTLED, {"most": RECONCILED}))


async def due(db: AsyncSession, after: tuple[datetime, uuid.UUID]) -> list[tuple[datetime, uuid.UUID]]:
    """Some videos whose time has come, by the clock of the database: their times and ids, the earliest first."""
    rows = await db.execute(_DUE, {"at": after[0], "id": after[1], "most": DUE})
    return [(row.publish_at, row.id) for row in rows]


async def still_due(db: AsyncSession, video_id: uuid.UUID) -> Video | None:
    """A video whose time has come, held until the transaction ends; None while somebody else holds it."""
    found = select(Video).where(Video.id == video_id, Video.publish_at <= func.now())
    return (await db.scalars(found.with_for_update(skip_locked=True, key_share=True))).one_or_none()


def listed_of_channel() -> ScalarSelect[int]:
    """How many public videos a channel has, counted."""
    found = select(func.count()).select_from(Video)
    return (
        found.where(Video.channel_id == Channel.id, Video.reach == Reach.EVERYONE).correlate(Channel).scalar_subquery()
    )


async def lock_of(work: Work, video_id: uuid.UUID) -> Any | None:
    """What would open a video to the actor that is locked: its password's hash and edition."""
    condition = text(JUDGED).bindparams(viewer=work.actor.id)
    found = select(Video.password_hash, Video.password_edition)
    found = found.where(Video.id == video_id, Video.reach == Reach.PASSWORD, condition)
    return (await work.db.execute(found)).one_or_none()


_JUDGED = Read(f"""
    SELECT {JUDGED} AS fine FROM videos WHERE videos.asset_id = :asset_id OR videos.id IN (
        SELECT video_id FROM video_sources WHERE asset_id = :asset_id AND state IN ('current', 'retired')
    )
""")  # noqa: S608  # constants, joined at import


async def may_still(app: App, asset_id: uuid.UUID, viewer: uuid.UUID | None) -> bool | None:
    """Whether a viewer may still see what an asset belongs to; None where it is no video's."""
    row = await _JUDGED.row(app, asset_id=asset_id, viewer=viewer)
    return bool(row["fine"]) if row is not None else None
