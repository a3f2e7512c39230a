"""Questions about what people have put aside: whom they have blocked, and what they have muted."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import apart
from socialflow.domains.channels.models import CARD
from socialflow.domains.social.models import Mute, MuteKind
from socialflow.domains.social.queries import LAST, VIEWER
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

# Whom one has blocked is shown to one, though one sees nothing else of them.
_BLOCKED = Read(f"""
    SELECT blocks.id AS place, blocks.created_at, {CARD} FROM blocks
    JOIN accounts ON accounts.id = blocks.blocked_id JOIN channels ON channels.id = accounts.channel_id
    WHERE blocks.account_id = :viewer AND blocks.id < :before
    ORDER BY blocks.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
# Of who has blocked one, one is not told either, under which name they go by now as little as anything else.
_MUTED = Read(f"""
    SELECT mutes.id, mutes.id AS place, mutes.kind, mutes.muted_id, mutes.prefix, mutes.term, mutes.expires_at,
        mutes.created_at, channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
        channels.verified_at
    FROM mutes LEFT JOIN accounts ON accounts.id = mutes.muted_id
    LEFT JOIN channels ON channels.id = accounts.channel_id
    WHERE mutes.account_id = :viewer AND mutes.id < :before AND (mutes.expires_at IS NULL OR mutes.expires_at > now())
        AND (CAST(:kind AS text) IS NULL OR mutes.kind = :kind)
        AND (mutes.kind <> 'account' OR NOT {apart("mutes.muted_id", VIEWER)})
    ORDER BY mutes.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
# Whom a viewer is apart from, and whether there is anything that they do not want to see, or see more of than others
# because they work for its channel: asked once in a while.
CIRCLE = Read("""
    SELECT blocked_id AS id FROM blocks WHERE account_id = :viewer
    UNION SELECT account_id FROM blocks WHERE blocked_id = :viewer
    UNION ALL (SELECT NULL FROM mutes WHERE account_id = :viewer LIMIT 1)
    UNION ALL (SELECT NULL FROM channel_members WHERE account_id = :viewer AND state = 'active' LIMIT 1)
""")
_HAS_BLOCKED = text("SELECT EXISTS (SELECT FROM blocks WHERE account_id = :viewer AND blocked_id = :other)")


async def blocked(work: Work, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Whom the actor has blocked, the latest first."""
    return await _BLOCKED.rows_in(work, viewer=work.actor.id, before=before or LAST, limit=limit)


async def muted(work: Work, kind: str | None, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """What the actor has muted, the latest first."""
    return await _MUTED.rows_in(work, viewer=work.actor.id, kind=kind, before=before or LAST, limit=limit)


async def count(work: Work) -> int:
    """How much the actor has muted."""
    return await work.db.scalar(select(func.count()).select_from(Mute).where(Mute.account_id == work.actor.id)) or 0


async def mute(
    work: Work, kind: MuteKind, muted_id: uuid.UUID, prefix: str | None, expires_at: datetime | None
) -> Mute:
    """Mute an account or a thread until a time, or for ever, whatever was said before."""
    values = {"account_id": work.actor.id, "kind": kind, "muted_id": muted_id, "prefix": prefix}
    made = insert(Mute).values(**values, expires_at=expires_at, created_at=work.now)
    made = made.on_conflict_do_update(
        index_elements=["account_id", "muted_id"],
        index_where=text("muted_id IS NOT NULL"),
        set_={"expires_at": expires_at},
    )
    return (await work.db.scalars(made.returning(Mute), execution_options={"populate_existing": True})).one()


async def mute_term(work: Work, kind: MuteKind, term: str, expires_at: datetime | None) -> Mute:
    """The same for a word or a hashtag."""
    values = {"account_id": work.actor.id, "kind": kind, "term": term, "created_at": work.now}
    made = insert(Mute).values(**values, expires_at=expires_at)
    made = made.on_conflict_do_update(
        index_elements=["account_id", "kind", "term"],
        index_where=text("term IS NOT NULL"),
        set_={"expires_at": expires_at},
    )
    return (await work.db.scalars(made.returning(Mute), execution_options={"populate_existing": True})).one()


async def unmute(work: Work, muted_id: uuid.UUID) -> None:
    """Mute an account or a thread no more."""
    await work.db.execute(delete(Mute).where(Mute.account_id == work.actor.id, Mute.muted_id == muted_id))


async def forget_mute(work: Work, mute_id: uuid.UUID) -> None:
    """Take anything back that the actor has muted, by the id of the mute."""
    await work.db.execute(delete(Mute).where(Mute.account_id == work.actor.id, Mute.id == mute_id))


async def drop_over(db: AsyncSession, most: int) -> int:
    """Drop some mutes whose time is over; returns how many."""
    over = select(Mute.id).where(Mute.expires_at < func.now()).limit(most)
    gone = await db.execute(delete(Mute).where(Mute.id.in_(over.scalar_subquery())).returning(Mute.id))
    return len(gone.all())


async def has_blocked(work: Work, account_id: uuid.UUID) -> bool:
    """Whether the actor has blocked an account."""
    return bool(await work.db.scalar(_HAS_BLOCKED, {"viewer": work.actor.id, "other": account_id}))
