"""Facts about likes and comments."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Liked(Event):
    """An account has begun to like a video or a comment; `subject_kind` says which."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unliked(Event):
    """An account likes it no more."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPosted(Event):
    """Somebody has said something below a video; `parent_id` is the thread, if it is an answer in one."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    parent_id: uuid.UUID | None
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdited(Event):
    """Somebody has changed their words."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDeleted(Event):
    """Words were taken away, by `by_id`."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
