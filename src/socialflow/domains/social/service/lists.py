"""People's private lists of channels."""

import uuid
from typing import Any

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.social.errors import ListIsFull, TooManyLists
from socialflow.domains.social.models import PeopleList
from socialflow.domains.social.queries import lists as queries
from socialflow.domains.social.schemas import (
    ChannelPage,
    PeopleListCreate,
    PeopleListPage,
    PeopleListRead,
    PeopleListUpdate,
)
from socialflow.domains.social.service.paging import card, known, page
from socialflow.kernel import ids
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

MOST_LISTS, MOST_MEMBERS = 100, 1_000


async def create(work: Work, body: PeopleListCreate) -> PeopleListRead:
    """Make a list of the actor's."""
    me = known(work)
    await accounts.hold_own(work)
    if await queries.count(work) >= MOST_LISTS:
        raise TooManyLists
    made = PeopleList(id=ids.new(), account_id=me, title=body.title, created_at=work.now, updated_at=work.now)
    work.db.add(made)
    await work.db.flush()
    return await one(work, made.id)


async def mine(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> PeopleListPage:
    """The actor's lists, the newest first."""
    me = known(work)
    rows, next_cursor = await page(
        keys, "lists", me, lambda before, most: queries.page(work, before, most), limit=limit, cursor=cursor
    )
    return PeopleListPage(items=[_read(row) for row in rows], next_cursor=next_cursor)


async def one(work: Work, list_id: uuid.UUID) -> PeopleListRead:
    """One of the actor's lists; raises NotFound."""
    known(work)
    row = await queries.shown(work, list_id)
    if row is None:
        raise NotFound
    return _read(row)


async def rename(work: Work, list_id: uuid.UUID, body: PeopleListUpdate) -> PeopleListRead:
    """Give a list another title."""
    found = await _own(work, list_id)
    found.title, found.updated_at = body.title, work.now
    return await one(work, list_id)


async def delete(work: Work, list_id: uuid.UUID) -> None:
    """Delete a list; who is on it never knew."""
    await work.db.delete(await _own(work, list_id))


async def members(work: Work, keys: Keys, list_id: uuid.UUID, *, limit: int, cursor: str | None) -> ChannelPage:
    """Who is on a list, the latest first."""
    await one(work, list_id)
    rows, next_cursor = await page(
        keys,
        "members",
        list_id,
        lambda before, most: queries.members(work, list_id, before, most),
        limit=limit,
        cursor=cursor,
    )
    return ChannelPage(items=[card(row) for row in rows], next_cursor=next_cursor)


async def add(work: Work, list_id: uuid.UUID, channel_id: uuid.UUID) -> bool:
    """Put a channel on a list that the actor may see; whether that is new."""
    await _own(work, list_id)
    await channels.visible(work, channel_id)
    made = await queries.add_member(work, list_id, channel_id)
    if made and await queries.count_members(work.db, list_id) > MOST_MEMBERS:
        raise ListIsFull
    return made


async def remove(work: Work, list_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    """Take a channel off a list; it need not be on it."""
    await _own(work, list_id)
    await queries.remove_member(work.db, list_id, channel_id)


async def of_title(work: Work, title: str) -> uuid.UUID:
    """The actor's list of a title, made where there is none."""
    found = await queries.named(work, title)
    return found.id if found is not None else (await create(work, PeopleListCreate(title=title))).id


async def _own(work: Work, list_id: uuid.UUID) -> PeopleList:
    known(work)
    found = await queries.own(work, list_id)
    if found is None:
        raise NotFound
    return found


def _read(row: Any) -> PeopleListRead:
    return PeopleListRead.model_validate({name: row[name] for name in PeopleListRead.model_fields})
