"""Questions about who follows whom, and who asks to."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ScalarSelect, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account
from socialflow.domains.channels.models import CARD, Channel
from socialflow.domains.social.models import Follow, FollowRequest, PeopleListMember
from socialflow.domains.social.queries import LAST, SHOWN, VIEWER
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work


async def add_edge(work: Work, follower_id: uuid.UUID, channel_id: uuid.UUID) -> tuple[Follow, bool]:
    """Make an account follow a channel: the edge, and whether it is new."""
    edge = insert(Follow).values(follower_id=follower_id, channel_id=channel_id, created_at=work.now)
    made = (await work.db.scalars(edge.on_conflict_do_nothing().returning(Follow))).one_or_none()
    if made is not None:
        return made, True
    found = select(Follow).where(Follow.follower_id == follower_id, Follow.channel_id == channel_id)
    return (await work.db.scalars(found)).one(), False


async def edge(db: AsyncSession, follower_id: uuid.UUID, channel_id: uuid.UUID) -> Follow | None:
    """The edge from an account to a channel."""
    found = select(Follow).where(Follow.follower_id == follower_id, Follow.channel_id == channel_id)
    return (await db.scalars(found)).one_or_none()


async def remove_edge(db: AsyncSession, follower_id: uuid.UUID, channel_id: uuid.UUID) -> bool:
    """Make an account follow a channel no more; whether there was an edge."""
    gone = delete(Follow).where(Follow.follower_id == follower_id, Follow.channel_id == channel_id)
    return (await db.execute(gone.returning(Follow.id))).first() is not None


async def set_bell(db: AsyncSession, follower_id: uuid.UUID, channel_id: uuid.UUID, bell: str) -> tuple[Follow, bool]:
    """Set the bell of an edge that there is: the edge, and whether that changed anything."""
    mine = (Follow.follower_id == follower_id, Follow.channel_id == channel_id)
    moved = await db.execute(update(Follow).where(*mine, Follow.bell != bell).values(bell=bell).returning(Follow.id))
    changed = moved.first() is not None
    found = select(Follow).where(*mine).execution_options(populate_existing=True)
    return (await db.scalars(found)).one(), changed


async def add_request(work: Work, follower_id: uuid.UUID, channel_id: uuid.UUID) -> tuple[FollowRequest, bool]:
    """Have an account ask to follow a channel: the request, and whether it is new."""
    asked = insert(FollowRequest).values(follower_id=follower_id, channel_id=channel_id, created_at=work.now)
    made = (await work.db.scalars(asked.on_conflict_do_nothing().returning(FollowRequest))).one_or_none()
    if made is not None:
        return made, True
    found = select(FollowRequest).where(
        FollowRequest.follower_id == follower_id, FollowRequest.channel_id == channel_id
    )
    return (await work.db.scalars(found)).one(), False


async def take_request(db: AsyncSession, follower_id: uuid.UUID, channel_id: uuid.UUID) -> bool:
    """Take a request away; whether there was one. Of several who try, one has it."""
    gone = delete(FollowRequest).where(FollowRequest.follower_id == follower_id, FollowRequest.channel_id == channel_id)
    return (await db.execute(gone.returning(FollowRequest.id))).first() is not None


async def take_requests_to(db: AsyncSession, follower_id: uuid.UUID, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """Take an account's requests to every channel of somebody away; to which channels they were."""
    theirs = select(Channel.id).where(Channel.account_id == owner_id)
    gone = delete(FollowRequest).where(FollowRequest.follower_id == follower_id, FollowRequest.channel_id.in_(theirs))
    return list(await db.scalars(gone.returning(FollowRequest.channel_id)))


async def remove_edges_to(db: AsyncSession, follower_id: uuid.UUID, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """Have an account follow no channel of somebody any more; which it did."""
    theirs = select(Channel.id).where(Channel.account_id == owner_id)
    gone = delete(Follow).where(Follow.follower_id == follower_id, Follow.channel_id.in_(theirs))
    return list(await db.scalars(gone.returning(Follow.channel_id)))


_OPEN = text("""
    SELECT asked.follower_id, asked.channel_id FROM follow_requests asked
    JOIN channels ON channels.id = asked.channel_id JOIN accounts ON accounts.id = channels.account_id
    WHERE NOT accounts.is_private AND (CAST(:owner AS uuid) IS NULL OR accounts.id = CAST(:owner AS uuid))
    ORDER BY asked.id LIMIT :most
""")


async def needless_requests(db: AsyncSession, owner_id: uuid.UUID | None, most: int) -> Sequence[Any]:
    """Some requests to channels whose owners decide on followers no more: pairs of follower and channel."""
    return (await db.execute(_OPEN, {"owner": owner_id, "most": most})).all()


_LATEST_FIRST = "ORDER BY edge.id DESC LIMIT CAST(:limit AS int)"
# The card of who follows is that of the channel they came with.
_THEIR_CARDS = f"""
    SELECT edge.id AS place, edge.created_at, {CARD} FROM {{edges}} AS edge
    JOIN accounts ON accounts.id = edge.follower_id JOIN channels ON channels.id = accounts.channel_id
    WHERE {{whose}} AND edge.id < :before AND {SHOWN}
"""  # noqa: S608  # constants, joined at import
_CARDS = f"""
    SELECT edge.id AS place, edge.created_at, {CARD} FROM {{edges}} AS edge
    JOIN channels ON channels.id = edge.channel_id
    WHERE {{whose}} AND edge.id < :before AND {SHOWN}
"""  # noqa: S608  # constants, joined at import
_TO_CHANNEL, _OF_ACCOUNT = "edge.channel_id = :of", "edge.follower_id = :of"
_TO_OWN = "edge.channel_id IN (SELECT id FROM channels WHERE account_id = :of)"
# Of a channel's followers those whom the viewer follows. Who follows a channel may be millions; whom somebody follows
# is looked through one by one. Followed by the channel that came with their account: whose the others are is not told.
_MUTUALS = f"""
    SELECT edge.id AS place, edge.created_at, {CARD} FROM (
        SELECT accounts.id AS account_id, accounts.channel_id FROM follows
        JOIN channels AS theirs ON theirs.id = follows.channel_id
        JOIN accounts ON accounts.id = theirs.account_id AND accounts.channel_id = theirs.id
        WHERE follows.follower_id = {VIEWER}
    ) AS known CROSS JOIN LATERAL (
        SELECT id, created_at FROM follows WHERE follower_id = known.account_id AND channel_id = :of LIMIT 1
    ) AS edge
    JOIN channels ON channels.id = known.channel_id
    WHERE edge.id < :before AND {SHOWN}
"""  # noqa: S608  # constants, joined at import
PAGES = {
    "followers": Read(f"{_THEIR_CARDS.format(edges='follows', whose=_TO_CHANNEL)} {_LATEST_FIRST}"),
    "following": Read(f"{_CARDS.format(edges='follows', whose=_OF_ACCOUNT)} {_LATEST_FIRST}"),
    "mutuals": Read(f"{_MUTUALS} {_LATEST_FIRST}"),
    "requests": Read(f"{_THEIR_CARDS.format(edges='follow_requests', whose=_TO_OWN)} {_LATEST_FIRST}"),
    "sent": Read(f"{_CARDS.format(edges='follow_requests', whose=_OF_ACCOUNT)} {_LATEST_FIRST}"),
}


async def page(work: Work, name: str, of: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Channels at one end of edges, the latest first: rows of channels that the actor may see."""
    return await PAGES[name].rows_in(work, of=of, viewer=work.actor.id, before=before or LAST, limit=limit)


_RELATIONS = text(f"""
    SELECT channels.id, follows.bell, follows.follower_id IS NOT NULL AS following,
        EXISTS (SELECT FROM follow_requests WHERE follower_id = :viewer AND channel_id = channels.id) AS requested,
        EXISTS (SELECT FROM follow_requests asked JOIN channels own ON own.id = asked.channel_id
            WHERE asked.follower_id = channels.account_id AND own.account_id = :viewer) AS requests_you,
        EXISTS (SELECT FROM follows back JOIN channels own ON own.id = back.channel_id
            WHERE back.follower_id = channels.account_id AND own.account_id = :viewer) AS follows_you,
        EXISTS (SELECT FROM blocks WHERE account_id = :viewer AND blocked_id = channels.account_id) AS blocking,
        EXISTS (SELECT FROM mutes WHERE account_id = :viewer AND muted_id = channels.account_id
            AND (expires_at IS NULL OR expires_at > now())) AS muting
    FROM channels LEFT JOIN follows ON follows.follower_id = :viewer AND follows.channel_id = channels.id
    WHERE channels.id = ANY(:ids) AND ({SHOWN}
        OR EXISTS (SELECT FROM blocks WHERE account_id = :viewer AND blocked_id = channels.account_id))
""")  # noqa: S608  # constants, joined at import


async def relations(work: Work, channel_ids: Sequence[uuid.UUID]) -> Sequence[Any]:
    """How the actor stands to some channels; those that they may not see are left out, unless they blocked them."""
    return (await work.db.execute(_RELATIONS, {"viewer": work.actor.id, "ids": list(channel_ids)})).all()


async def cut_edges_of(work: Work, account_id: uuid.UUID, most: int) -> Sequence[Follow]:
    """Cut some of the edges to and from an account."""
    theirs = select(Channel.id).where(Channel.account_id == account_id)
    found = select(Follow.id).where((Follow.follower_id == account_id) | Follow.channel_id.in_(theirs)).limit(most)
    gone = delete(Follow).where(Follow.id.in_(found.scalar_subquery())).returning(Follow)
    return (await work.db.scalars(gone)).all()


async def cut_edges_to(work: Work, channel_id: uuid.UUID, most: int) -> Sequence[Follow]:
    """Cut some of the edges to a channel, and forget who asks to follow it and on which lists it is."""
    found = select(Follow.id).where(Follow.channel_id == channel_id).limit(most)
    gone = delete(Follow).where(Follow.id.in_(found.scalar_subquery())).returning(Follow)
    await work.db.execute(delete(FollowRequest).where(FollowRequest.channel_id == channel_id))
    await work.db.execute(delete(PeopleListMember).where(PeopleListMember.channel_id == channel_id))
    return (await work.db.scalars(gone)).all()


def followers_of_channel() -> ScalarSelect[int]:
    """How many follow a channel, counted."""
    found = select(func.count()).select_from(Follow).where(Follow.channel_id == Channel.id)
    return found.correlate(Channel).scalar_subquery()


def followed_of_channel() -> ScalarSelect[int]:
    """How many channels somebody follows, counted on the channel that came with their account."""
    found = select(func.count()).select_from(Follow).join(Account, Account.id == Follow.follower_id)
    found = found.where(Account.channel_id == Channel.id)
    return found.correlate(Channel).scalar_subquery()
