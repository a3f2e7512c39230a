"""Who may do what to a video that they can see."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from socialflow.domains.channels.service import Right, TeamRole, allows
from socialflow.domains.videos.errors import (
    AlreadyPublished,
    ChaptersOutOfOrder,
    DownloadsNotAllowed,
    PasswordMissing,
    PrivateIsNotPublished,
    UnusablePublishTime,
)
from socialflow.domains.videos.models import Visibility
from socialflow.kernel.errors import FieldError, Forbidden, Problem
from socialflow.kernel.work import Actor

SEE_ANY = "videos:see_any"
REMOVE_ANY = "videos:remove_any"
# What was in the future when it was chosen may arrive a little late.
PUBLISH_GRACE = timedelta(minutes=1)
# Two years, with their leap day.
LATEST_PUBLISHING = timedelta(days=2 * 365 + 1)

SHORTEST_CHAPTER_MS = 10_000


def sees_any(actor: Actor) -> bool:
    """Whether somebody sees every video, to judge it."""
    return bool(actor.permissions & {SEE_ANY, "*"})


def can_edit(role: TeamRole | None) -> bool:
    """Who publishes for a channel edits what it has; the role is one on its team, None is nobody's."""
    return allows(role, Right.PUBLISH)


def can_delete(actor: Actor, role: TeamRole | None) -> bool:
    """They delete it as well; staff may delete what should not be here."""
    return can_edit(role) or bool(actor.permissions & {REMOVE_ANY, "*"})


def can_download(role: TeamRole | None, *, allowed: bool, offered: bool) -> bool:
    """They have what is the channel's; others if it allows that and the installation offers it."""
    return can_edit(role) or (allowed and offered)


def may_download(role: TeamRole | None, *, allowed: bool, offered: bool) -> None:
    """As `can_download`; raises DownloadsNotAllowed."""
    if not can_download(role, allowed=allowed, offered=offered):
        raise DownloadsNotAllowed


def may_schedule(publish_at: datetime, now: datetime, *, visibility: Visibility, published: bool) -> None:
    """A time suits a video that somebody will see then and nobody has seen yet; raises what stands against it."""
    if published:
        raise _about_time(AlreadyPublished)
    if visibility == Visibility.PRIVATE:
        raise _about_time(PrivateIsNotPublished)
    if not now - PUBLISH_GRACE <= publish_at <= now + LATEST_PUBLISHING:
        raise _about_time(UnusablePublishTime)


def _about_time(kind: type[Problem]) -> Problem:
    plain = kind()
    return kind(errors=[FieldError("/publish_at", kind.code(), plain.detail)])


def may_lock(visibility: Visibility, *, has_password: bool) -> None:
    """A video for those who know a password has one; raises PasswordMissing."""
    if visibility == Visibility.PASSWORD and not has_password:
        plain = PasswordMissing()
        raise PasswordMissing(errors=[FieldError("/password", PasswordMissing.code(), plain.detail)])


def may_restrict(actor: Actor) -> None:
    """Who may delete other people's videos may also keep them out of sight; raises Forbidden."""
    if not actor.permissions & {REMOVE_ANY, "*"}:
        raise Forbidden


def are_in_order(chapters: Sequence[Mapping[str, Any]], duration_ms: int | None) -> bool:
    """The first of at least two begins at 0, the others ten seconds or more apart, and before the video ends."""
    starts = [chapter["start_ms"] for chapter in chapters]
    apart = all(after - before >= SHORTEST_CHAPTER_MS for before, after in pairwise(starts))
    return len(starts) > 1 and starts[0] == 0 and apart and (duration_ms is None or starts[-1] < duration_ms)


def may_stand(chapters: Sequence[Mapping[str, Any]], duration_ms: int | None) -> None:
    """None at all, or as `are_in_order`; raises ChaptersOutOfOrder."""
    if chapters and not are_in_order(chapters, duration_ms):
        raise ChaptersOutOfOrder
