"""Making playlists, changing what they say of themselves, and deleting them."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.shelves import policy
from socialflow.domains.shelves.errors import TooManyPlaylists, VideosStandTwice
from socialflow.domains.shelves.events import PlaylistCreated, PlaylistDeleted, PlaylistUpdated
from socialflow.domains.shelves.models import Playlist
from socialflow.domains.shelves.queries import playlists as queries
from socialflow.domains.shelves.schemas import PlaylistCreate, PlaylistUpdate
from socialflow.domains.shelves.service import cards, reading
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

RECOUNTED = 500
ERASED_AT_ONCE = 5_000
DELETED_AT_ONCE = 50


async def create(work: Work, body: PlaylistCreate, *, most: int) -> Playlist:
    """Make a list on a channel of the actor's; raises NotFound, NotYourChannel and TooManyPlaylists."""
    await accounts.hold_own(work)
    channel = await channels.speaking(work, body.channel_id)
    policy.may_make(work.actor, channel.account_id)
    if await queries.count(work) >= most:
        raise TooManyPlaylists
    made = Playlist(
        id=ids.new(),
        account_id=channel.account_id,
        channel_id=channel.id,
        title=body.title,
        description=body.description,
        visibility=body.visibility,
        allow_duplicates=body.allow_duplicates,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(made)
    await work.db.flush()
    work.forget(reading.shelf_of(channel.id))
    work.emit(PlaylistCreated(playlist_id=made.id, account_id=made.account_id))
    return made


async def held(work: Work, playlist_id: uuid.UUID) -> tuple[Playlist, str | None]:
    """A list that the actor may see, held, and how they stand to it; raises NotFound."""
    found = await queries.held(work, playlist_id)
    if found is None:
        raise NotFound
    return found


async def edit(work: Work, playlist: Playlist, body: PlaylistUpdate) -> None:
    """Change a list that is held; raises NotYourPlaylist, WatchLaterStays, VideosStandTwice."""
    policy.may_edit(work.actor, playlist)
    sent = body.model_dump(exclude_none=True)
    changes = {name: value for name, value in sent.items() if getattr(playlist, name) != value}
    if not changes:
        return
    if "allow_duplicates" in changes:
        if not changes["allow_duplicates"] and await queries.twice(work.db, playlist.id):
            raise VideosStandTwice
        await queries.mark_once(work.db, playlist.id, once=not changes["allow_duplicates"])
    for name, value in changes.items():
        setattr(playlist, name, value)
    playlist.edition += 1
    touch(work, playlist)
    work.forget(reading.shelf_of(playlist.channel_id))
    work.emit(PlaylistUpdated(playlist_id=playlist.id, account_id=playlist.account_id))


async def delete(work: Work, playlist_id: uuid.UUID) -> None:
    """Delete a list, with all that is on it; the videos stay where they are."""
    playlist, _ = await held(work, playlist_id)
    policy.may_delete(work.actor, playlist)
    if playlist.account_id != work.actor.id:
        work.note("playlist:deleted", playlist.account_id, playlist=ids.show("ply", playlist.id))
    await _drop(work, playlist)


async def delete_some_of_channel(work: Work, channel_id: uuid.UUID, account_id: uuid.UUID) -> int:
    """Delete some lists of a channel and its account, what is on them first; how much, 0 when nothing is left."""
    gone = await queries.erase_items_of(work.db, account_id, ERASED_AT_ONCE, channel_id)
    if gone:
        return gone
    some = await queries.some_of_channel(work.db, channel_id, account_id, DELETED_AT_ONCE)
    for playlist in some:
        await _drop(work, playlist)
    return len(some)


def touch(work: Work, playlist: Playlist) -> None:
    """Something about a list is another: answers that tell of it are not given any more."""
    playlist.updated_at = work.now
    work.forget(cards.name_of(playlist.id))


async def recount(work: Work, after: uuid.UUID) -> tuple[uuid.UUID | None, int]:
    """Count what is on some lists anew; the list to go on after, and how many numbers were wrong."""
    some = await queries.ids_after(work.db, after, RECOUNTED)
    if not some:
        return None, 0
    return some[-1], await counters.recount(work.db, Playlist.item_count, some, queries.items_of_playlist())


async def erase_some_of(work: Work, account_id: uuid.UUID) -> int:
    """Take some of what is on somebody's lists off them; returns how much, 0 when nothing is left."""
    return await queries.erase_items_of(work.db, account_id, ERASED_AT_ONCE)


async def _drop(work: Work, playlist: Playlist) -> None:
    work.forget(cards.name_of(playlist.id), reading.shelf_of(playlist.channel_id))
    work.emit(PlaylistDeleted(playlist_id=playlist.id, account_id=playlist.account_id))
    await work.db.delete(playlist)
