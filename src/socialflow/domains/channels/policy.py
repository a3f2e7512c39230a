"""Who may do what for a channel, and how many of what there may be: the one place that says so.

Whoever is asked for a right, be it for a video, an upload, an edit, a post, a comment or a number, asks here.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from socialflow.domains.channels.errors import (
    MainChannel,
    OwnTeam,
    RenamedTooOften,
    TeamIsFull,
    TooManyChannels,
)
from socialflow.domains.channels.models import Channel, TeamRole, role_on
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import Actor

VERIFY = "channels:verify"


class Right(StrEnum):
    """What somebody may do for a channel."""

    # See everything that it has, what nobody else sees among it. Whoever is on its team may.
    SEE = "see"
    # Upload, edit, publish and delete its videos and posts, and pin them.
    PUBLISH = "publish"
    # Keep its comments in order.
    MODERATE = "moderate"
    # See what is counted of it.
    MEASURE = "measure"
    # Change how it presents itself.
    PRESENT = "present"
    # Rename it, and decide who works for it.
    MANAGE = "manage"


RIGHTS: Mapping[TeamRole, frozenset[Right]] = MappingProxyType(
    {
        TeamRole.OWNER: frozenset(Right),
        TeamRole.EDITOR: frozenset(Right) - {Right.MANAGE},
        TeamRole.MODERATOR: frozenset({Right.SEE, Right.MODERATE}),
        TeamRole.ANALYST: frozenset({Right.SEE, Right.MEASURE}),
    }
)


def allows(role: TeamRole | None, right: Right) -> bool:
    """Whether a role on a channel's team gives a right; None is nobody's."""
    return role is not None and right in RIGHTS[role]


def may_for(viewer: str, channel: str, right: Right) -> str:
    """SQL that is true where an account has a right on a channel that is another's, and false where not."""
    roles = ", ".join(f"'{role}'" for role, rights in RIGHTS.items() if right in rights)
    return f"coalesce({role_on(viewer, channel)} IN ({roles}), FALSE)"


def may_delete(actor: Actor, channel: Channel) -> None:
    """Nobody deletes a channel but whose account it hangs on; what came with an account goes with it."""
    if channel.account_id != actor.id:
        raise Forbidden("Only the account that a channel belongs to can delete it.")


def may_be_deleted(channel: Channel, main: Channel | None) -> None:
    """It is not the one that came with its account."""
    if main is not None and channel.id == main.id:
        raise MainChannel


def most_channels(actor: Actor, usual: int) -> int:
    """How many channels somebody may have: as their role says, else as everybody."""
    return usual if actor.most_channels is None else actor.most_channels


def may_open_another(count: int, most: int) -> None:
    """There is room for one more channel."""
    if count >= most:
        raise TooManyChannels(extra={"most": most})


def may_be_renamed(kept: int, most: int) -> None:
    """Names are not hoarded: a channel keeps a few former ones at once."""
    if kept >= most:
        raise RenamedTooOften


def may_join(channel: Channel, account_id: object) -> None:
    """Whose channel it is has every right already."""
    if channel.account_id == account_id:
        raise OwnTeam


def may_be_asked(count: int, most: int) -> None:
    """There is room for one more on a team."""
    if count >= most:
        raise TeamIsFull(extra={"most": most})
