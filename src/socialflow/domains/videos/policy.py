"""Who may do what to a video that they can see."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from socialflow.domains.videos.errors import (
    AlreadyPublished,
    ChaptersOutOfOrder,
    DownloadsNotAllowed,
    NotYourVideo,
    PasswordMissing,
    PrivateIsNotPublished,
    UnusablePublishTime,
)
from socialflow.domains.videos.models import Video, Visibility
from socialflow.kernel.errors import FieldError, Forbidden, Problem
from socialflow.kernel.work import Actor

REMOVE_ANY = "videos:remove_any"
# What was in the future when it was chosen may arrive a little late.
PUBLISH_GRACE = timedelta(minutes=1)
# Two years, with their leap day.
LATEST_PUBLISHING = timedelta(days=2 * 365 + 1)

SHORTEST_CHAPTER_MS = 10_000


def can_edit(actor: Actor, owner_id: uuid.UUID) -> bool:
    """Owners edit what is theirs."""
    return actor.id is not None and actor.id == owner_id


def can_delete(actor: Actor, owner_id: uuid.UUID) -> bool:
    """Owners delete what is theirs; staff may delete what should not be here."""
    return can_edit(actor, owner_id) or bool(actor.permissions & {REMOVE_ANY, "*"})


def can_download(actor: Actor, owner_id: uuid.UUID, *, allowed: bool, offered: bool) -> bool:
    """Owners have what is theirs; others if the owner allows it and the installation offers it."""
    return can_edit(actor, owner_id) or (allowed and offered)


def may_download(actor: Actor, video: Video, offered: bool) -> None:  # noqa: FBT001  # a setting, by its name at the caller
    """As `can_download`; raises DownloadsNotAllowed."""
    if not can_download(actor, video.account_id, allowed=video.allow_download, offered=offered):
        raise DownloadsNotAllowed


def may_edit(actor: Actor, owner_id: uuid.UUID) -> None:
    """As `can_edit`; raises NotYourVideo."""
    if not can_edit(actor, owner_id):
        raise NotYourVideo


def may_delete(actor: Actor, owner_id: uuid.UUID) -> None:
    """As `can_delete`; raises NotYourVideo."""
    if not can_delete(actor, owner_id):
        raise NotYourVideo


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
