"""Questions about people's lists."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.channels.models import CARD
from socialflow.domains.social.models import PeopleList, PeopleListMember
from socialflow.domains.social.queries import LAST, SHOWN
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

_COUNTED = """
    SELECT people_lists.*, people_lists.id AS place,
        (SELECT count(*) FROM people_list_members WHERE list_id = people_lists.id) AS member_count
    FROM people_lists WHERE account_id = :viewer
"""
_LISTS = Read(f"{_COUNTED} AND id < :before ORDER BY id DESC LIMIT CAST(:limit AS int)")
_ONE = Read(f"{_COUNTED} AND id = :id")
_MEMBERS = Read(f"""
    SELECT on_list.id AS place, {CARD} FROM people_list_members AS on_list
    JOIN channels ON channels.id = on_list.channel_id
    WHERE on_list.list_id = :list_id AND on_list.id < :before AND {SHOWN}
    ORDER BY on_list.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import


async def page(work: Work, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """The actor's lists, the newest first."""
    return await _LISTS.rows_in(work, viewer=work.actor.id, before=before or LAST, limit=limit)


async def shown(work: Work, list_id: uuid.UUID) -> Any | None:
    """One of the actor's lists with its number of members."""
    rows = await _ONE.rows_in(work, viewer=work.actor.id, id=list_id)
    return rows[0] if rows else None


async def own(work: Work, list_id: uuid.UUID) -> PeopleList | None:
    """One of the actor's lists, held until the transaction ends: its members are counted below a limit."""
    found = select(PeopleList).where(PeopleList.id == list_id, PeopleList.account_id == work.actor.id)
    return (await work.db.scalars(found.with_for_update(key_share=True))).one_or_none()


async def named(work: Work, title: str) -> PeopleList | None:
    """The actor's oldest list of a title."""
    found = select(PeopleList).where(PeopleList.account_id == work.actor.id, PeopleList.title == title)
    return (await work.db.scalars(found.order_by(PeopleList.id).limit(1))).one_or_none()


async def count(work: Work) -> int:
    """How many lists the actor has."""
    mine = select(func.count()).select_from(PeopleList).where(PeopleList.account_id == work.actor.id)
    return await work.db.scalar(mine) or 0


async def count_members(db: AsyncSession, list_id: uuid.UUID) -> int:
    """How many are on a list."""
    found = select(func.count()).select_from(PeopleListMember).where(PeopleListMember.list_id == list_id)
    return await db.scalar(found) or 0


async def members(work: Work, list_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """Who is on a list, the latest first: rows of channels that the actor may see."""
    return await _MEMBERS.rows_in(work, list_id=list_id, viewer=work.actor.id, before=before or LAST, limit=limit)


async def add_member(work: Work, list_id: uuid.UUID, channel_id: uuid.UUID) -> bool:
    """Put a channel on a list; whether that is new."""
    made = insert(PeopleListMember).values(list_id=list_id, channel_id=channel_id, created_at=work.now)
    return (await work.db.execute(made.on_conflict_do_nothing().returning(PeopleListMember.id))).first() is not None


async def remove_member(db: AsyncSession, list_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    """Take a channel off a list."""
    mine = (PeopleListMember.list_id == list_id, PeopleListMember.channel_id == channel_id)
    await db.execute(delete(PeopleListMember).where(*mine))
