"""Working on a list together: asked, joined, left, and taken off it."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.schemas import ChannelCard, card_of
from socialflow.domains.shelves import policy
from socialflow.domains.shelves.errors import NotYourPlaylist, TooManyCollaborators
from socialflow.domains.shelves.events import (
    PlaylistCollaboratorInvited,
    PlaylistCollaboratorJoined,
    PlaylistCollaboratorLeft,
)
from socialflow.domains.shelves.models import PlaylistRole
from socialflow.domains.shelves.queries import FIRST_ID, seen_by
from socialflow.domains.shelves.queries import collaborators as queries
from socialflow.domains.shelves.queries import playlists as lists
from socialflow.domains.shelves.schemas import PlaylistCollaboratorPage, PlaylistCollaboratorRead
from socialflow.domains.shelves.service import playlists
from socialflow.kernel import pages
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Actor, App, Work


async def page(
    app: App, viewer: Actor, playlist_id: uuid.UUID, *, limit: int, cursor: str | None
) -> PlaylistCollaboratorPage:
    """Who works on a list, those who did so first first; for its owner and for themselves."""
    standing = await lists.STANDING.row(app, id=playlist_id, **seen_by(viewer))
    if standing is None:
        raise NotFound
    if not policy.can_add(viewer, standing["account_id"], standing["role"]):
        raise NotYourPlaylist
    filters = {"playlist": str(playlist_id)}
    after = uuid.UUID(pages.unseal(app.keys, "collaborators", filters, cursor)[0]) if cursor else FIRST_ID
    given = {"playlist_id": playlist_id, "after": after, "limit": limit + 1, "viewer": viewer.id}
    shown, last = pages.cut(await queries.PAGE.rows(app, **given), limit)
    next_cursor = pages.seal(app.keys, "collaborators", filters, [str(last["place"])]) if last else None
    people = [
        PlaylistCollaboratorRead(
            channel=ChannelCard.model_validate(card_of(row)),
            role=PlaylistRole(row["role"]),
            since=row["since"],
        )
        for row in shown
    ]
    return PlaylistCollaboratorPage(items=people, next_cursor=next_cursor)


async def invite(work: Work, playlist_id: uuid.UUID, channel_id: uuid.UUID, *, most: int) -> None:
    """Ask whoever owns a channel to work on the actor's list; twice is once."""
    playlist, _ = await playlists.held(work, playlist_id)
    policy.may_edit(work.actor, playlist)
    asked = await channels.visible(work, channel_id)
    policy.may_invite(work.actor, playlist, asked.account_id)
    if not await queries.invite(work, playlist_id, asked.account_id):
        return
    if await queries.count(work.db, playlist_id) > most:
        raise TooManyCollaborators
    told = {"playlist_id": playlist_id, "account_id": playlist.account_id}
    work.emit(PlaylistCollaboratorInvited(**told, invited_id=asked.account_id))


async def join(work: Work, playlist_id: uuid.UUID) -> None:
    """Work on a list that the actor was asked to work on; raises NotFound where they were not."""
    playlist, role = await playlists.held(work, playlist_id)
    if role is None or work.actor.id is None:
        raise NotFound
    if await queries.join(work, playlist_id):
        playlists.touch(work, playlist)
        work.emit(PlaylistCollaboratorJoined(playlist_id=playlist_id, account_id=work.actor.id))


async def leave(work: Work, playlist_id: uuid.UUID) -> None:
    """Work on a list no more, or do not want to; one need not have, and the list need not be seen any more."""
    if work.actor.id is None:
        raise Unauthorized
    await _end(work, playlist_id, work.actor.id, by=work.actor.id)


async def dismiss(work: Work, playlist_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    """Have somebody work on the actor's list no more; what they put there stays."""
    playlist, _ = await playlists.held(work, playlist_id)
    policy.may_edit(work.actor, playlist)
    owner = await channels.owner_of(work, channel_id)
    if owner is not None:
        await _end(work, playlist_id, owner, by=playlist.account_id)


async def part(work: Work, one: uuid.UUID, other: uuid.UUID) -> None:
    """One of two has blocked the other: neither works on the other's lists any more, and that stays so."""
    for playlist_id, account_id in await queries.part(work.db, one, other):
        work.emit(PlaylistCollaboratorLeft(playlist_id=playlist_id, account_id=account_id, by_id=one))


async def _end(work: Work, playlist_id: uuid.UUID, account_id: uuid.UUID, *, by: uuid.UUID) -> None:
    if await queries.remove(work.db, playlist_id, account_id):
        work.emit(PlaylistCollaboratorLeft(playlist_id=playlist_id, account_id=account_id, by_id=by))
