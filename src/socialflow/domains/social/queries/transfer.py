"""What somebody's graph is made of, in the order in which it was made, for taking it along."""

import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.accounts.service import apart
from socialflow.domains.social.queries import VIEWER
from socialflow.domains.social.schemas import GraphKind
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

_NEXT = "> :after ORDER BY place LIMIT CAST(:limit AS int)"
# Who has blocked one is told of in nothing but one's own blocks: their handle may be another by now.
_MET = f"NOT {apart('channels.account_id', VIEWER)}"
_READS = {
    GraphKind.FOLLOWS: Read(f"""
        SELECT follows.id AS place, follows.bell, channels.handle FROM follows
        JOIN channels ON channels.id = follows.channel_id AND channels.deleted_at IS NULL
        WHERE follows.follower_id = :viewer AND follows.id {_NEXT}
    """),  # noqa: S608  # constants of this module
    GraphKind.BLOCKS: Read(f"""
        SELECT blocks.id AS place, channels.handle FROM blocks JOIN accounts ON accounts.id = blocks.blocked_id
        JOIN channels ON channels.id = accounts.channel_id AND channels.deleted_at IS NULL
        WHERE blocks.account_id = :viewer AND blocks.id {_NEXT}
    """),  # noqa: S608  # constants of this module
    GraphKind.MUTES: Read(f"""
        SELECT mutes.id AS place, channels.handle FROM mutes JOIN accounts ON accounts.id = mutes.muted_id
        JOIN channels ON channels.id = accounts.channel_id AND channels.deleted_at IS NULL
        WHERE mutes.account_id = :viewer AND mutes.kind = 'account' AND {_MET} AND mutes.id {_NEXT}
    """),  # noqa: S608  # constants of this module
    GraphKind.LISTS: Read(f"""
        SELECT on_list.id AS place, people_lists.title, channels.handle FROM people_lists
        JOIN people_list_members on_list ON on_list.list_id = people_lists.id
        JOIN channels ON channels.id = on_list.channel_id AND channels.deleted_at IS NULL
        WHERE people_lists.account_id = :viewer AND {_MET} AND on_list.id {_NEXT}
    """),  # noqa: S608  # constants of this module
}


async def some(work: Work, kind: GraphKind, after: uuid.UUID, limit: int) -> Sequence[Any]:
    """Some of the actor's edges of a kind, the earliest first."""
    return await _READS[kind].rows_in(work, viewer=work.actor.id, after=after, limit=limit)
