"""Facts about posts: what notifications, feeds, search and trends are made of."""

import uuid
from dataclasses import dataclass, field

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPublished(Event):
    """Somebody has said something; `reach` is for whom, `hashtags` are folded names."""

    post_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    parent_id: uuid.UUID | None
    root_id: uuid.UUID | None
    quoted_post_id: uuid.UUID | None
    quoted_video_id: uuid.UUID | None
    reach: str
    language: str | None
    hashtags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEdited(Event):
    """A published post says something else from now on."""

    post_id: uuid.UUID
    account_id: uuid.UUID
    hashtags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDeleted(Event):
    """A post was taken back, by `by_id`; what hangs on it may go. A draft was nobody's but its author's."""

    post_id: uuid.UUID
    channel_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID | None
    was_published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRestricted(Event):
    """Staff keep a post out of sight from now on, or, with null, do so no more."""

    post_id: uuid.UUID
    account_id: uuid.UUID
    restriction: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned(Event):
    """Somebody is named in a post, which they may see; once a post and person, however often it is edited.

    `channel_id` says it: nobody whom it names need know whose that is.
    """

    post_id: uuid.UUID
    account_id: uuid.UUID
    by_id: uuid.UUID
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted(Event):
    """Somebody's post or video is quoted by `channel_id`; `subject_kind` says which."""

    post_id: uuid.UUID
    by_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str
    account_id: uuid.UUID
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRevoked(Event):
    """The author of what a post quotes has taken their consent back."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reposted(Event):
    """A channel shows others a post or a video; `subject_kind` says which."""

    account_id: uuid.UUID
    channel_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str
    author_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RepostWithdrawn(Event):
    """It does so no more."""

    account_id: uuid.UUID
    channel_id: uuid.UUID
    subject_id: uuid.UUID
    subject_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollVoted(Event):
    """Somebody has voted; for what is theirs alone."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PollEnded(Event):
    """The time of a poll is over: its author and those who voted may be told."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HashtagFollowed(Event):
    """An account follows a hashtag."""

    account_id: uuid.UUID
    hashtag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HashtagUnfollowed(Event):
    """It follows it no more."""

    account_id: uuid.UUID
    hashtag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWanted(Event):
    """Somebody links to a page of which nothing is known yet."""

    preview_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHeld(Event):
    """A reply, said as `channel_id`, waits for the approval of who began the thread."""

    post_id: uuid.UUID
    account_id: uuid.UUID
    curator_id: uuid.UUID
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHidden(Event):
    """Who began a thread shows a reply in it to nobody but its author any more."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyShown(Event):
    """Who began a thread shows a reply again that they had hidden."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPinned(Event):
    """Who began a thread has put a reply before all others."""

    post_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyHearted(Event):
    """Who began a thread has marked a reply with a heart; its author may be told."""

    post_id: uuid.UUID
    account_id: uuid.UUID
