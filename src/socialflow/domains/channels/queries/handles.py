"""Questions about handles, and the statement by which one is claimed."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.channels.models import Channel, Handle
from socialflow.domains.channels.queries import met_by, visible_to
from socialflow.kernel.work import Actor

SWEPT = 1_000
# Who comes second waits at the row for whoever came first, and finds it taken.
_CLAIM = text("""
    INSERT INTO handles AS held (handle, channel_id, kept_until, claimed_at)
    VALUES (:handle, :channel_id, NULL, :now)
    ON CONFLICT (handle) DO UPDATE
    SET channel_id = excluded.channel_id, kept_until = NULL, claimed_at = excluded.claimed_at
    WHERE held.channel_id = excluded.channel_id OR held.kept_until <= :now
    RETURNING handle
""")


async def claim(db: AsyncSession, handle: str, channel_id: uuid.UUID, now: datetime) -> bool:
    """Make a handle a channel's; False where it is another's, or is kept for another."""
    return (await db.execute(_CLAIM, {"handle": handle, "channel_id": channel_id, "now": now})).first() is not None


async def keep(db: AsyncSession, handle: str, channel_id: uuid.UUID, *, until: datetime, now: datetime) -> None:
    """Let a handle that is borne no more lead to its channel until a time."""
    made = insert(Handle).values(handle=handle, channel_id=channel_id, kept_until=until, claimed_at=now)
    kept = made.on_conflict_do_update(index_elements=["handle"], set_={"kept_until": until, "channel_id": channel_id})
    await db.execute(kept)


async def count_kept(db: AsyncSession, channel_id: uuid.UUID, now: datetime, *, but: str) -> int:
    """How many former handles lead to a channel; one may be left out."""
    found = select(func.count()).select_from(Handle)
    found = found.where(Handle.channel_id == channel_id, Handle.kept_until > now, Handle.handle != but)
    return int((await db.execute(found)).scalar_one())


async def met(db: AsyncSession, actor: Actor, handles: Collection[str], now: datetime) -> dict[str, Channel]:
    """By each of these handles the channel that bears it, or bore it of late, of those that somebody can meet."""
    if not handles:
        return {}
    found = {each.handle: each for each in await db.scalars(met_by(actor).where(Channel.handle.in_(handles)))}
    if missing := set(handles) - found.keys():
        former = met_by(actor).join(Handle, Handle.channel_id == Channel.id).add_columns(Handle.handle)
        rows = await db.execute(former.where(Handle.handle.in_(missing), Handle.kept_until > now))
        found |= {handle: channel for channel, handle in rows}
    return found


async def by_former(db: AsyncSession, actor: Actor, handle: str, now: datetime) -> Channel | None:
    """One visible channel by a handle that it bore."""
    found = visible_to(actor).join(Handle, Handle.channel_id == Channel.id)
    found = found.where(Handle.handle == handle.lower(), Handle.kept_until > now)
    return (await db.scalars(found)).one_or_none()


async def drop_over(db: AsyncSession, now: datetime) -> int:
    """Forget some former handles whose time is over; how many."""
    some = select(Handle.handle).where(Handle.kept_until <= now).limit(SWEPT).scalar_subquery()
    gone = await db.execute(delete(Handle).where(Handle.handle.in_(some), Handle.kept_until <= now))
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count
