"""What stands on playlists: put there, moved, spoken of, and taken off."""

import uuid

from sqlalchemy.exc import IntegrityError

from socialflow.domains.shelves import policy
from socialflow.domains.shelves.errors import AlreadyOnPlaylist, NotYourPlaylist, PlaylistIsFull
from socialflow.domains.shelves.events import PlaylistItemAdded, PlaylistItemRemoved
from socialflow.domains.shelves.models import Playlist, PlaylistItem, PlaylistKind
from socialflow.domains.shelves.queries import items as queries
from socialflow.domains.shelves.schemas import PlaylistItemCreate, PlaylistItemUpdate, PlaylistMembershipRead
from socialflow.domains.shelves.service import ordering, playlists
from socialflow.domains.shelves.service.ordering import LAST, Spot
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, metrics
from socialflow.kernel.errors import FieldError, InvalidRequest, NotFound
from socialflow.kernel.work import Work


async def add(work: Work, playlist_id: uuid.UUID, body: PlaylistItemCreate, *, most: int) -> PlaylistItem:
    """Put a video on a list; raises AlreadyOnPlaylist, PlaceIsGone, PlaylistIsFull, NotYourPlaylist."""
    spot = spot_of(body)
    # The film first, as everywhere: who deletes it waits, or has done so.
    await videos.visible(work, body.video_id, hold=videos.Hold.KEEP)
    playlist, role = await playlists.held(work, playlist_id)
    policy.may_add(work.actor, playlist, role)
    if not playlist.allow_duplicates and await queries.of_video(work.db, playlist_id, body.video_id):
        raise AlreadyOnPlaylist
    return await put(work, playlist, body.video_id, spot, note=body.note, most=most)


async def add_once(work: Work, playlist_id: uuid.UUID, video_id: uuid.UUID, *, most: int) -> PlaylistMembershipRead:
    """Put a video at the end of a list, where it is not on it yet."""
    await videos.visible(work, video_id, hold=videos.Hold.KEEP)
    playlist, role = await playlists.held(work, playlist_id)
    policy.may_add(work.actor, playlist, role)
    return await add_to(work, playlist, video_id, most=most)


async def add_to(work: Work, playlist: Playlist, video_id: uuid.UUID, *, most: int) -> PlaylistMembershipRead:
    """The same for a list that is held, and that the actor may put it on."""
    there = await queries.of_video(work.db, playlist.id, video_id)
    item = there[0] if there else await put(work, playlist, video_id, LAST, note="", most=most)
    return PlaylistMembershipRead(playlist_id=playlist.id, video_id=video_id, item_id=item.id, added=not there)


async def put(work: Work, playlist: Playlist, video_id: uuid.UUID, spot: Spot, *, note: str, most: int) -> PlaylistItem:
    """Make a place for a video on a list that is held."""
    if playlist.item_count >= most:
        raise PlaylistIsFull
    rank = await ordering.rank_at(work, playlist, spot)
    item = PlaylistItem(
        id=ids.new(),
        playlist_id=playlist.id,
        video_id=video_id,
        rank=rank,
        note=note,
        added_by=work.actor.id,
        once=not playlist.allow_duplicates,
        created_at=work.now,
    )
    work.db.add(item)
    playlist.item_count += 1
    playlists.touch(work, playlist)
    try:
        await work.db.flush()
    except IntegrityError:
        raise AlreadyOnPlaylist from None
    metrics.PLAYLIST_ITEMS.labels("added").inc()
    if playlist.kind == PlaylistKind.PLAYLIST and work.actor.id is not None:
        work.emit(
            PlaylistItemAdded(playlist_id=playlist.id, item_id=item.id, video_id=video_id, account_id=work.actor.id)
        )
    return item


async def change(work: Work, playlist_id: uuid.UUID, item_id: uuid.UUID, body: PlaylistItemUpdate) -> PlaylistItem:
    """Move an item, or say something else about it; raises NotFound, PlaceIsGone, NotYourPlaylist."""
    moves = body.model_fields_set & {"after_id", "before_id"}
    spot = spot_of(body) if moves else LAST
    playlist, role = await playlists.held(work, playlist_id)
    policy.may_add(work.actor, playlist, role)
    item = await queries.one(work.db, playlist_id, item_id)
    if item is None:
        raise NotFound
    if body.note is not None and body.note != item.note:
        policy.may_remove(work.actor, playlist, role, item)
        item.note = body.note
    # Beside itself it stands already.
    if moves and item_id not in {spot.after_id, spot.before_id}:
        rank = await ordering.rank_at(work, playlist, spot, moved=item_id)
        # As it stands now: where all places were given anew, it has another than before.
        await work.db.flush()
        await work.db.refresh(item)
        item.rank = rank
        metrics.PLAYLIST_ITEMS.labels("moved").inc()
    playlists.touch(work, playlist)
    await work.db.flush()
    return item


async def remove(work: Work, playlist_id: uuid.UUID, item_id: uuid.UUID) -> None:
    """Take an item off a list; it need not be on it."""
    playlist, role = await playlists.held(work, playlist_id)
    item = await queries.one(work.db, playlist_id, item_id)
    if item is None:
        policy.may_add(work.actor, playlist, role)
        return
    policy.may_remove(work.actor, playlist, role, item)
    await _take_off(work, playlist, [item])


async def remove_video(work: Work, playlist_id: uuid.UUID, video_id: uuid.UUID) -> None:
    """Take a video off a list, wherever it stands, and as far as the actor may; it need not be on it, nor be at all."""
    playlist, role = await playlists.held(work, playlist_id)
    policy.may_add(work.actor, playlist, role)
    there = await queries.of_video(work.db, playlist_id, video_id)
    own = [item for item in there if policy.can_remove(work.actor, playlist.account_id, role, item.added_by)]
    if there and not own:
        raise NotYourPlaylist
    await _take_off(work, playlist, own)


async def _take_off(work: Work, playlist: Playlist, items: list[PlaylistItem]) -> None:
    gone = await queries.remove(work.db, [item.id for item in items]) if items else []
    if not gone:
        return
    playlist.item_count -= len(gone)
    metrics.PLAYLIST_ITEMS.labels("removed").inc(len(gone))
    playlists.touch(work, playlist)
    if playlist.kind != PlaylistKind.PLAYLIST or work.actor.id is None:
        return
    for item_id, video_id in gone:
        told = {"item_id": item_id, "video_id": video_id, "account_id": work.actor.id}
        work.emit(PlaylistItemRemoved(playlist_id=playlist.id, **told))


def spot_of(body: PlaylistItemCreate | PlaylistItemUpdate) -> Spot:
    """Where something is to stand; raises InvalidRequest for two neighbours at once."""
    if body.after_id is not None and body.before_id is not None:
        raise InvalidRequest(errors=[FieldError("/before_id", "two_places", "name one neighbour, not two")])
    named = body.model_fields_set
    first = "after_id" in named and body.after_id is None and body.before_id is None
    return Spot(after_id=body.after_id, before_id=body.before_id, first=first)
