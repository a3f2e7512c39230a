"""Questions about who works for which channel."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.service import hidden
from socialflow.domains.channels.models import CARD, Channel, TeamMember, TeamRole, TeamState
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

LAST = uuid.UUID(int=2**128 - 1)
GONE_AT_ONCE = 1_000

# The faces of those who are on a team, or were asked: the channels that came with their accounts.
_MEMBERS = Read(f"""
    SELECT channel_members.id AS place, channel_members.role, channel_members.state, channel_members.created_at,
        channel_members.joined_at, {CARD}
    FROM channel_members JOIN accounts ON accounts.id = channel_members.account_id
    JOIN channels ON channels.id = accounts.channel_id
    WHERE channel_members.channel_id = :channel_id AND channel_members.id < :before
        AND NOT {hidden("channel_members.account_id")}
    ORDER BY channel_members.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
_WORK = """
    SELECT {place} AS place, {role} AS role, {state} AS state, {since} AS since, {main} AS is_main, {card}
    FROM {tables} WHERE {condition} AND channels.deleted_at IS NULL
"""
_OTHERS = _WORK.format(
    place="channel_members.id",
    role="channel_members.role",
    state="channel_members.state",
    since="channel_members.created_at",
    main="FALSE",
    card=CARD,
    tables="channel_members JOIN channels ON channels.id = channel_members.channel_id",
    condition=f"channel_members.account_id = :viewer AND NOT {hidden('channels.account_id')}",
)
_OWN = _WORK.format(
    place="channels.id",
    role="'owner'",
    state="'active'",
    since="channels.created_at",
    main="channels.id = (SELECT mine.channel_id FROM accounts AS mine WHERE mine.id = :viewer)",
    card=CARD,
    tables="channels",
    condition="channels.account_id = :viewer",
)
_MINE = Read(f"""
    SELECT * FROM (
        ({_OWN} AND channels.id < :before ORDER BY channels.id DESC LIMIT CAST(:limit AS int))
        UNION ALL
        ({_OTHERS} AND channel_members.state = 'active' AND channel_members.id < :before
            ORDER BY channel_members.id DESC LIMIT CAST(:limit AS int))
    ) AS both_kinds ORDER BY place DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
_INVITATIONS = Read(f"""
    {_OTHERS} AND channel_members.state = 'invited' AND channel_members.id < :before
    ORDER BY channel_members.id DESC LIMIT CAST(:limit AS int)
""")


async def members(work: Work, channel_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Who is on a team or was asked, the latest first."""
    return await _MEMBERS.rows_in(work, channel_id=channel_id, before=before or LAST, limit=limit)


async def mine(work: Work, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """The actor's channels, and those for which they work, the latest first."""
    return await _MINE.rows_in(work, viewer=work.actor.id, before=before or LAST, limit=limit)


async def invitations(work: Work, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """For which channels the actor was asked to work, the latest first."""
    return await _INVITATIONS.rows_in(work, viewer=work.actor.id, before=before or LAST, limit=limit)


async def role_of(db: AsyncSession, channel_id: uuid.UUID, account_id: uuid.UUID) -> TeamRole | None:
    """The role of somebody on a channel that is another's."""
    found = select(TeamMember.role).where(
        TeamMember.channel_id == channel_id, TeamMember.account_id == account_id, TeamMember.state == TeamState.ACTIVE
    )
    role = await db.scalar(found)
    return TeamRole(role) if role is not None else None


async def member(db: AsyncSession, channel_id: uuid.UUID, account_id: uuid.UUID) -> TeamMember | None:
    """Somebody's place on a team, or their invitation, held until the transaction ends."""
    found = select(TeamMember).where(TeamMember.channel_id == channel_id, TeamMember.account_id == account_id)
    return (await db.scalars(found.with_for_update().execution_options(populate_existing=True))).one_or_none()


async def hold(db: AsyncSession, channel_id: uuid.UUID) -> None:
    """Let others wait who would change what belongs to the same channel: its team, its pins."""
    await db.execute(select(Channel.id).where(Channel.id == channel_id).with_for_update(key_share=True))


async def count(db: AsyncSession, channel_id: uuid.UUID) -> int:
    """How many are on a team or were asked."""
    found = select(func.count()).select_from(TeamMember).where(TeamMember.channel_id == channel_id)
    return int((await db.execute(found)).scalar_one())


async def face_of(db: AsyncSession, channel_id: uuid.UUID) -> uuid.UUID | None:
    """Whose own face a channel is: the account that it came with."""
    return await db.scalar(select(Account.id).where(Account.channel_id == channel_id))


async def between(db: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> Sequence[TeamMember]:
    """Where either works for a channel of the other, or was asked to."""
    found = select(TeamMember).join(Channel, Channel.id == TeamMember.channel_id)
    pairs = ((one, other), (other, one))
    ways = [(TeamMember.account_id == worker) & (Channel.account_id == owner) for worker, owner in pairs]
    return (await db.scalars(found.where(ways[0] | ways[1]).with_for_update(of=TeamMember))).all()


async def some_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[TeamMember]:
    """For which channels somebody works, some of them."""
    return (
        await db.scalars(
            select(TeamMember).where(TeamMember.account_id == account_id).limit(GONE_AT_ONCE).with_for_update()
        )
    ).all()


async def all_on(db: AsyncSession, channel_id: uuid.UUID) -> Sequence[TeamMember]:
    """Everybody on a team or asked."""
    return (await db.scalars(select(TeamMember).where(TeamMember.channel_id == channel_id).with_for_update())).all()


async def remove(db: AsyncSession, channel_id: uuid.UUID, account_id: uuid.UUID) -> None:
    """Somebody is on a team no more."""
    await db.execute(delete(TeamMember).where(TeamMember.channel_id == channel_id, TeamMember.account_id == account_id))
