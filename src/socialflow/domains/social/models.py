"""Edges of the graph, and what people have put aside."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Bell(StrEnum):
    """Of how much of what is new on a channel a follower wants to be told."""

    NONE = "none"
    HIGHLIGHTS = "highlights"
    ALL = "all"


class MuteKind(StrEnum):
    """What somebody does not want to see."""

    ACCOUNT = "account"
    THREAD = "thread"
    WORD = "word"
    HASHTAG = "hashtag"


class Follow(Base):
    """An account follows a channel. `id` is ordered by time, and is what pages are cut by."""

    __tablename__ = "follows"

    follower_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    bell: Mapped[str] = mapped_column(default=Bell.NONE, server_default=Bell.NONE)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("bell IN ('none', 'highlights', 'all')", name="bell"),
        Index("ix_follows_channel_id_id", "channel_id", "id"),
        Index("ix_follows_follower_id_id", "follower_id", "id"),
    )


class FollowRequest(Base):
    """An account asks to follow a channel whose owner decides on that."""

    __tablename__ = "follow_requests"

    follower_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_follow_requests_channel_id_id", "channel_id", "id"),
        Index("ix_follow_requests_follower_id_id", "follower_id", "id"),
    )


class Mute(Base):
    """What an account does not want to see, for ever or until a time: an account, a thread, a word or a hashtag."""

    __tablename__ = "mutes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    kind: Mapped[str]
    # Whom, or the video, comment or post that a thread hangs on: ids are unique across kinds.
    muted_id: Mapped[uuid.UUID | None]
    # With which prefix a thread's id is shown.
    prefix: Mapped[str | None]
    # As it is compared: folded, without the sign in front.
    term: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('account', 'thread', 'word', 'hashtag')", name="kind"),
        CheckConstraint("(kind IN ('account', 'thread')) = (muted_id IS NOT NULL)", name="muted_id"),
        CheckConstraint("(kind IN ('word', 'hashtag')) = (term IS NOT NULL)", name="term"),
        CheckConstraint("(kind = 'thread') = (prefix IS NOT NULL)", name="prefix"),
        Index(
            "ux_mutes_muted_id", "account_id", "muted_id", unique=True, postgresql_where=text("muted_id IS NOT NULL")
        ),
        Index("ux_mutes_term", "account_id", "kind", "term", unique=True, postgresql_where=text("term IS NOT NULL")),
        Index("ix_mutes_account_id", "account_id", "id"),
        Index("ix_mutes_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )


class PeopleList(Base):
    """A private list of channels: nobody but its owner knows that there is one, or who is on it."""

    __tablename__ = "people_lists"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    title: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_people_lists_account_id", "account_id", "id"),)


class PeopleListMember(Base):
    """A channel on a list."""

    __tablename__ = "people_list_members"

    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_lists.id", ondelete="CASCADE"), primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_people_list_members_list_id_id", "list_id", "id"),
        Index("ix_people_list_members_channel_id", "channel_id"),
    )


def does_follow(viewer: str, channel: str) -> str:
    """SQL that is true where an account follows a channel."""
    return f"EXISTS (SELECT FROM follows AS edge WHERE edge.follower_id = {viewer} AND edge.channel_id = {channel})"


def mutes(viewer: str, account: str) -> str:
    """SQL that is true where an account does not want to see what another has made."""
    lines = [
        f"EXISTS (SELECT FROM mutes AS mute WHERE mute.account_id = {viewer} AND mute.muted_id = {account}",
        "AND (mute.expires_at IS NULL OR mute.expires_at > now()))",
    ]
    return " ".join(lines)


def mutes_thread(viewer: str, *subjects: str) -> str:
    """SQL that is true where an account wants to hear no more of one of these threads."""
    lines = [
        f"EXISTS (SELECT FROM mutes AS mute WHERE mute.account_id = {viewer}",
        f"AND mute.muted_id IN ({', '.join(subjects)})",
        "AND mute.kind = 'thread' AND (mute.expires_at IS NULL OR mute.expires_at > now()))",
    ]
    return " ".join(lines)


def mutes_words(viewer: str, words: str, tags: str | None = None) -> str:
    """SQL that is true where a text holds a word, or a hashtag, that an account does not want to see.

    Words are compared whole, letters of either case being the same: `he` does not mute `the`. Those of the text are
    looked up among what is muted, so that it costs about the same however much that is. What is more than one word, as
    `not so`, is searched for, and only where it is found a regular expression tells whether it stands by itself.
    """
    mine = (
        f"mute.account_id = {viewer} AND mute.term IS NOT NULL AND (mute.expires_at IS NULL OR mute.expires_at > now())"
    )
    muted = f"mutes AS mute ON {mine} AND mute.kind"
    sought = "CASE mute.kind WHEN 'hashtag' THEN '#' || mute.term ELSE mute.term END"
    phrases = rf"""(
        SELECT array_agg({sought}) FROM mutes AS mute WHERE {mine} AND mute.term ~ '\W'
    )"""  # noqa: S608  # `viewer` is a constant wherever this is called
    escaped = r"regexp_replace(phrase, '([.*+?^${}()|\[\]\\-])', '\\\1', 'g')"
    alone = rf"strpos(told.said, phrase) > 0 AND told.said ~ ('(^|\W)(' || {escaped} || ')($|\W)')"
    word = rf"regexp_split_to_table(told.said, '\W+') AS word JOIN {muted} = 'word' AND mute.term = word"
    hashtag = (
        rf"regexp_matches(told.said, '(?<!\w)#(\w+)', 'g') AS found JOIN {muted} = 'hashtag' AND mute.term = found[1]"
    )
    ways = [
        f"EXISTS (SELECT FROM {word})",
        f"(strpos(told.said, '#') > 0 AND EXISTS (SELECT FROM {hashtag}))",
        f"EXISTS (SELECT FROM unnest({phrases}) AS phrase WHERE {alone})",
    ]
    if tags is not None:
        ways.append(f"EXISTS (SELECT FROM unnest({tags}) AS tag JOIN {muted} = 'hashtag' AND mute.term = tag)")
    lines = [
        # Most have muted no words: that is asked once, and nothing of any text.
        f"(EXISTS (SELECT FROM mutes AS mute WHERE {mine}) AND EXISTS (",
        # Nothing is drawn up from behind an OFFSET: the text is folded once.
        f"SELECT FROM (SELECT lower({words}) AS said OFFSET 0) AS told WHERE {' OR '.join(ways)}))",
    ]
    return " ".join(lines)


_THEIRS = "channel_id IN (SELECT id FROM channels WHERE account_id = CAST(:account AS uuid))"

personal.holds(
    "follows",
    by=f"follower_id = CAST(:account AS uuid) OR {_THEIRS}",
    level=Level.PUBLIC,
    kept="until it is taken back",
    export="follows",
    # Who follows them is the others' own business.
    shows="follower_id",
    hidden=("id",),
)
personal.holds(
    "follow_requests",
    by=f"follower_id = CAST(:account AS uuid) OR {_THEIRS}",
    level=Level.PERSONAL,
    kept="until it is decided on or taken back",
    export="follow_requests",
    shows="follower_id",
    hidden=("id",),
)
personal.holds(
    "mutes",
    by="account_id = CAST(:account AS uuid) OR muted_id = CAST(:account AS uuid)",
    level=Level.PERSONAL,
    text=("term",),
    kept="until it is taken back, or its time is over",
    export="mutes",
    shows="account_id",
    hidden=("id", "prefix"),
)
personal.holds(
    "people_lists",
    by="account_id",
    level=Level.PERSONAL,
    text=("title",),
    kept="until its owner deletes it",
    export="lists",
    prefix="lst",
)
_ON_OWN = "list_id IN (SELECT id FROM people_lists WHERE account_id = CAST(:account AS uuid))"
personal.holds(
    "people_list_members",
    by=f"{_ON_OWN} OR {_THEIRS}",
    level=Level.PERSONAL,
    kept="until its owner takes it off the list",
    export="list_members",
    shows=_ON_OWN,
    hidden=("id",),
)
