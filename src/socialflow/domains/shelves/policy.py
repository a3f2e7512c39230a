"""Who may do what to a list that they can see, and which positions are worth keeping."""

import uuid

from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.shelves.errors import CannotInviteYourself, NotYourPlaylist, WatchLaterStays
from socialflow.domains.shelves.models import Playlist, PlaylistItem, PlaylistKind, PlaylistRole
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import Actor

REMOVE_ANY = "videos:remove_any"
# Who has seen less has not begun.
BEGUN_MS = 5_000
# Who has seen so much has finished: what follows is credits and farewells.
OVER = 0.95


def may_make(actor: Actor, owner_id: uuid.UUID) -> None:
    """Lists are an account's, which has private ones among them: no team makes any; raises NotYourChannel."""
    if actor.id != owner_id:
        raise NotYourChannel


def can_edit(actor: Actor, owner_id: uuid.UUID, kind: str) -> bool:
    """Owners change what a list says of itself, and who works on it."""
    return actor.id is not None and actor.id == owner_id and kind != PlaylistKind.WATCH_LATER


def can_delete(actor: Actor, owner_id: uuid.UUID, kind: str) -> bool:
    """Owners delete what is theirs; staff may delete what should not be here."""
    removes = bool(actor.permissions & {REMOVE_ANY, "*"})
    return kind != PlaylistKind.WATCH_LATER and (can_edit(actor, owner_id, kind) or removes)


def can_add(actor: Actor, owner_id: uuid.UUID, role: str | None) -> bool:
    """Owners, and those who work on it with them."""
    return actor.id is not None and (actor.id == owner_id or role == PlaylistRole.COLLABORATOR)


def can_remove(actor: Actor, owner_id: uuid.UUID, role: str | None, added_by: uuid.UUID | None) -> bool:
    """Owners take anything off; others what they put there themselves, as long as they work on it."""
    return actor.id is not None and (
        actor.id == owner_id or (role == PlaylistRole.COLLABORATOR and added_by == actor.id)
    )


def may_edit(actor: Actor, playlist: Playlist) -> None:
    """As `can_edit`; raises WatchLaterStays, or NotYourPlaylist."""
    if playlist.kind == PlaylistKind.WATCH_LATER:
        raise WatchLaterStays
    if not can_edit(actor, playlist.account_id, playlist.kind):
        raise NotYourPlaylist


def may_delete(actor: Actor, playlist: Playlist) -> None:
    """As `can_delete`; raises WatchLaterStays, or NotYourPlaylist."""
    if playlist.kind == PlaylistKind.WATCH_LATER:
        raise WatchLaterStays
    if not can_delete(actor, playlist.account_id, playlist.kind):
        raise NotYourPlaylist


def may_add(actor: Actor, playlist: Playlist, role: str | None) -> None:
    """As `can_add`; raises NotYourPlaylist."""
    if not can_add(actor, playlist.account_id, role):
        raise NotYourPlaylist


def may_remove(actor: Actor, playlist: Playlist, role: str | None, item: PlaylistItem) -> None:
    """As `can_remove`; raises NotYourPlaylist."""
    if not can_remove(actor, playlist.account_id, role, item.added_by):
        raise NotYourPlaylist


def may_invite(actor: Actor, playlist: Playlist, invited_id: uuid.UUID) -> None:
    """Owners ask others."""
    may_edit(actor, playlist)
    if invited_id == playlist.account_id:
        raise CannotInviteYourself


def may_restrict(actor: Actor) -> None:
    """Who may delete other people's videos may also keep their lists out of sight; raises Forbidden."""
    if not actor.permissions & {REMOVE_ANY, "*"}:
        raise Forbidden


def is_over(position_ms: int, duration_ms: int) -> bool:
    """Whether nothing is left of a video but its end."""
    return position_ms >= duration_ms * OVER


def is_worth_keeping(position_ms: int, duration_ms: int) -> bool:
    """Whether somebody would want to go on from here: neither at the beginning nor near the end."""
    return position_ms >= BEGUN_MS and not is_over(position_ms, duration_ms)
