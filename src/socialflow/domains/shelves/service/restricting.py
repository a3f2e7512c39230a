"""Staff take lists out of sight, for a while or for good; their owners see them still, and why they are alone."""

import uuid

from socialflow.domains.shelves import policy
from socialflow.domains.shelves.events import PlaylistReleased, PlaylistRestricted
from socialflow.domains.shelves.models import Playlist
from socialflow.domains.shelves.service import playlists, reading
from socialflow.kernel.visibility import Restriction
from socialflow.kernel.work import Work


async def restrict(work: Work, playlist_id: uuid.UUID, restriction: Restriction) -> None:
    """Show a list to nobody but its owner and staff: while it is looked at, or since it was decided so."""
    playlist = await _held(work, playlist_id)
    if playlist.restriction == restriction:
        return
    playlist.restriction = restriction
    _say(work, playlist)
    told = {"playlist_id": playlist.id, "account_id": playlist.account_id}
    work.emit(PlaylistRestricted(**told, restriction=restriction))
    work.note("playlist:restriction:set", playlist.account_id, restriction=str(restriction))


async def release(work: Work, playlist_id: uuid.UUID) -> None:
    """Show it again to whom its owner wants to show it; it need not have been restricted."""
    playlist = await _held(work, playlist_id)
    if playlist.restriction is None:
        return
    playlist.restriction = None
    _say(work, playlist)
    work.emit(PlaylistReleased(playlist_id=playlist.id, account_id=playlist.account_id))
    work.note("playlist:restriction:lifted", playlist.account_id)


async def _held(work: Work, playlist_id: uuid.UUID) -> Playlist:
    playlist, _ = await playlists.held(work, playlist_id)
    policy.may_restrict(work.actor)
    return playlist


def _say(work: Work, playlist: Playlist) -> None:
    playlists.touch(work, playlist)
    work.forget(reading.shelf_of(playlist.channel_id))
