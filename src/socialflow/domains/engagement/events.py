"""Facts about likes, reactions and comments: what notifications, feeds and trends are made of."""

import uuid
from dataclasses import dataclass

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Liked(Event):
    """An account has begun to like a video, a post or a comment; `subject_kind` says which."""

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
class Disliked(Event):
    """An account has begun to dislike something: a reason to show them less of it, and nobody else's business."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DislikeWithdrawn(Event):
    """An account dislikes it no more."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(Event):
    """An account reacts to something by an emoji, in place of any other."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionWithdrawn(Event):
    """An account reacts to it no more."""

    account_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPosted(Event):
    """Others can read what somebody has said below a subject; `parent_id` is what it answers, if anything.

    Of a comment that waited for approval this is told once it is approved. `channel_id` is as which channel they said
    it, and the one to name: nobody else need know whose it is. Facts of before it was told carry none.
    """

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    parent_id: uuid.UUID | None
    account_id: uuid.UUID
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentHeld(Event):
    """A comment, said as `channel_id`, waits for the approval of the subject's owner."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID
    owner_id: uuid.UUID
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdited(Event):
    """Somebody has changed their words."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDeleted(Event):
    """Words were taken away, by `by_id`; they had been said as `channel_id`, which facts of before do not tell."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentHidden(Event):
    """The owner of a subject shows a comment to nobody but its author any more."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentShown(Event):
    """The owner of a subject shows a comment again that they had hidden."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPinned(Event):
    """The owner of a subject has put a comment before all others."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentHearted(Event):
    """The owner of a subject has marked a comment with a heart; its author may be told."""

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionedInComment(Event):
    """Somebody is named in a comment that they may see; once a comment and person, however often it is edited.

    `channel_id` says it: nobody whom it names need know whose that is.
    """

    comment_id: uuid.UUID
    subject_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID
    channel_id: uuid.UUID | None = None
