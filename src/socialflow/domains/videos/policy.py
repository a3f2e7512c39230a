"""Who may do what to a video that they can see."""

import uuid
from datetime import datetime, timedelta

from socialflow.domains.videos.errors import (
    AlreadyPublished,
    DownloadsNotAllowed,
    NotYourVideo,
    PrivateIsNotPublished,
    UnusablePublishTime,
)
from socialflow.domains.videos.models import Video, Visibility
from socialflow.kernel.errors import FieldError, Problem
from socialflow.kernel.work import Actor

REMOVE_ANY = "videos:remove_any"
# What was in the future when it was chosen may arrive a little late.
PUBLISH_GRACE = timedelta(minutes=1)
# Two years, with their leap day.
LATEST_PUBLISHING = timedelta(days=2 * 365 + 1)


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
