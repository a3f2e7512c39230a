"""Likes, dislikes and reactions, and how many there are of each."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Level


class Subject(StrEnum):
    """What can be liked, and reacted to."""

    VIDEO = "video"
    POST = "post"
    COMMENT = "comment"


_KINDS = "kind IN ('video', 'post', 'comment')"
# What dislikes are counted under; no emoji looks like this.
DISLIKE = "dislike"


class Like(Base):
    """An account likes something. Ids are unique across kinds."""

    __tablename__ = "likes"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(_KINDS, name="kind"),
        Index("ix_likes_subject_id", "subject_id"),
        Index("ix_likes_lately", "created_at", "subject_id", postgresql_where=sql("kind = 'video'")),
    )


class Dislike(Base):
    """An account dislikes something, which excludes that it likes it. Nobody is told who does."""

    __tablename__ = "dislikes"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint(_KINDS, name="kind"), Index("ix_dislikes_subject_id", "subject_id"))


class Reaction(Base):
    """The one emoji by which an account reacts to something: the letter itself, or the name of one of our own."""

    __tablename__ = "reactions"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    emoji: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint(_KINDS, name="kind"), Index("ix_reactions_subject_id", "subject_id", "emoji"))


class ReactionCount(Base):
    """How many react to a subject by one emoji, or dislike it. The id follows from the other two: see `tally_id`."""

    __tablename__ = "reaction_counts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[uuid.UUID]
    symbol: Mapped[str]
    number: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        CheckConstraint("number >= 0", name="number"),
        Index("ux_reaction_counts_subject_id", "subject_id", "symbol", unique=True),
    )


def tally_id(subject_id: uuid.UUID, symbol: str) -> uuid.UUID:
    """The id of a count: whoever is the first to count needs to ask nobody for it."""
    return uuid.uuid5(subject_id, symbol)


class CustomEmoji(Base):
    """A picture that staff have given a name, `:so:`; it is chosen among as any emoji is."""

    __tablename__ = "custom_emojis"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    name: Mapped[str] = mapped_column(unique=True)
    upload_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    asset_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    # What it shows, for those who cannot see it.
    alt: Mapped[str] = mapped_column(default="", server_default="")
    # One that is not offered any more stays on what it was chosen for.
    offered: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("name ~ '^[a-z0-9_]{2,30}$'", name="name"),)


personal.PREFIXES.update({"emoji_id": "emo"})
personal.holds("likes", by="account_id", level=Level.PERSONAL, kept="until it is taken back", export="likes")
personal.holds("dislikes", by="account_id", level=Level.PERSONAL, kept="until it is taken back", export="dislikes")
personal.holds("reactions", by="account_id", level=Level.PERSONAL, kept="until it is taken back", export="reactions")
personal.holds("reaction_counts", level=Level.PUBLIC, kept="as long as the subject: numbers of nobody")
personal.holds("custom_emojis", level=Level.PUBLIC, kept="until staff delete it")
