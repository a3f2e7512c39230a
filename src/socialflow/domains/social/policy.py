"""Who may follow, block and see what."""

import uuid

from socialflow.domains.social.errors import (
    CannotBlockStaff,
    CannotBlockYourself,
    CannotFollowYourself,
    CannotMuteYourself,
    FollowersOnly,
)
from socialflow.kernel.work import Actor

SEE_ANY = "videos:see_any"


def may_follow(actor: Actor, owner_id: uuid.UUID) -> None:
    """Anybody follows anybody but themselves."""
    if owner_id == actor.id:
        raise CannotFollowYourself


def may_block(actor: Actor, owner_id: uuid.UUID, *, staff: bool) -> None:
    """Anybody blocks anybody but themselves, and but those who have to see everything."""
    if owner_id == actor.id:
        raise CannotBlockYourself
    if staff:
        raise CannotBlockStaff


def may_mute(actor: Actor, owner_id: uuid.UUID) -> None:
    """Anybody mutes anybody but themselves."""
    if owner_id == actor.id:
        raise CannotMuteYourself


def may_see_edges(actor: Actor, owner_id: uuid.UUID, *, private: bool, follows: bool) -> None:
    """Whom a private account follows, and who follows it, is for its followers, its owner and staff."""
    if private and not follows and owner_id != actor.id and not actor.permissions & {SEE_ANY, "*"}:
        raise FollowersOnly
