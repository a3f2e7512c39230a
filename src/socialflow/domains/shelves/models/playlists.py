"""Playlists, what is on them, who works on them, and the rule of who may see one."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from socialflow.domains.accounts.service import apart, hidden, private
from socialflow.domains.social.service import does_follow
from socialflow.kernel import ids, personal
from socialflow.kernel.db import Base
from socialflow.kernel.personal import Erasure, Level
from socialflow.kernel.visibility import SHELVED, VIEWER, Restriction, Rule, Visibility, nobody, words


class PlaylistKind(StrEnum):
    """A list that somebody made, or the one that everybody has for what they want to watch later."""

    PLAYLIST = "playlist"
    WATCH_LATER = "watch_later"


class PlaylistRole(StrEnum):
    """How somebody stands to a playlist that is not their own: asked to work on it, or at it."""

    INVITED = "invited"
    COLLABORATOR = "collaborator"


# A list has no password and names nobody but those who work on it.
VISIBILITIES = (
    Visibility.PUBLIC,
    Visibility.UNLISTED,
    Visibility.FOLLOWERS,
    Visibility.MEMBERS,
    Visibility.PRIVATE,
)
# What is private is for those who work on it; what staff keep out of sight is its owner's alone.
_REACH = """CASE WHEN restriction IS NOT NULL THEN 'owner' WHEN visibility = 'public' THEN 'everyone'
WHEN visibility = 'unlisted' THEN 'link' WHEN visibility = 'followers' THEN 'followers'
WHEN visibility = 'members' THEN 'members' ELSE 'named' END"""
_SHELVED = sql(f"reach IN ({words(SHELVED)})")


class Playlist(Base):
    """Videos in an order that people give them."""

    __tablename__ = "playlists"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  # the mapper reads it and keeps nothing in it

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(default=PlaylistKind.PLAYLIST, server_default=PlaylistKind.PLAYLIST)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    visibility: Mapped[str]
    # Set by staff, and lifted by them.
    restriction: Mapped[str | None]
    reach: Mapped[str] = mapped_column(Computed(_REACH, persisted=True))
    # Whether a video may stand on it more than once.
    allow_duplicates: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Changed with the list's row held, so that it is what it counts.
    item_count: Mapped[int] = mapped_column(default=0, server_default="0")
    # Goes up when all places are given anew: what a cursor remembers of them is void then.
    order_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    # Goes up with every edit of what it says of itself; what If-Match compares.
    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    # When something was last put on it, moved, taken off or said of it.
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("kind IN ('playlist', 'watch_later')", name="kind"),
        CheckConstraint(f"visibility IN ({words(VISIBILITIES)})", name="visibility"),
        CheckConstraint(f"restriction IN ({words(tuple(Restriction))})", name="restriction"),
        CheckConstraint("kind = 'playlist' OR visibility = 'private'", name="watch_later"),
        CheckConstraint("item_count >= 0", name="counts"),
        Index("ix_playlists_account_id", "account_id", "id"),
        Index("ux_playlists_watch_later", "account_id", unique=True, postgresql_where=sql("kind = 'watch_later'")),
        Index("ix_playlists_channel_id", "channel_id", sql("id DESC"), postgresql_where=_SHELVED),
    )


class PlaylistItem(Base):
    """A video on a playlist, or the place of one that is gone.

    `rank` is a text; where an item stands is told by comparing those. There is always one between two others, so that
    whatever is moved, nothing else is: https://observablehq.com/@dgreensp/implementing-fractional-indexing
    """

    __tablename__ = "playlist_items"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=ids.new)
    playlist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"))
    video_id: Mapped[uuid.UUID]
    rank: Mapped[str] = mapped_column(String(collation="C"))
    note: Mapped[str] = mapped_column(default="", server_default="")
    # Who put it there; null once they are gone.
    added_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    # As the list allows it when it is put there: see `ux_playlist_items_once`.
    once: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_playlist_items_rank", "playlist_id", "rank", "id"),
        Index("ix_playlist_items_video_id", "playlist_id", "video_id"),
        Index("ux_playlist_items_once", "playlist_id", "video_id", unique=True, postgresql_where=sql("once")),
        Index("ix_playlist_items_added_by", "added_by", postgresql_where=sql("added_by IS NOT NULL")),
    )


class PlaylistCollaborator(Base):
    """Somebody who works on another's playlist, or was asked to. `id` is ordered by time: pages are cut by it."""

    __tablename__ = "playlist_collaborators"

    playlist_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(default=ids.new)
    role: Mapped[str] = mapped_column(default=PlaylistRole.INVITED, server_default=PlaylistRole.INVITED)
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("role IN ('invited', 'collaborator')", name="role"),
        Index("ix_playlist_collaborators_playlist_id", "playlist_id", "id"),
        Index("ix_playlist_collaborators_account_id", "account_id", sql("id DESC")),
    )


def works_on(viewer: str, playlist: str) -> str:
    """SQL that is true where an account works on a playlist with its owner, or was asked to."""
    lines = [
        "EXISTS (SELECT FROM playlist_collaborators AS hand",
        f"WHERE hand.playlist_id = {playlist} AND hand.account_id = {viewer})",
    ]
    return " ".join(lines)


RULE = Rule(
    id="playlists.id",
    owner="playlists.account_id",
    hub="playlists.channel_id",
    reach="playlists.reach",
    hidden=hidden,
    private=private,
    apart=apart,
    follows=does_follow,
    # The door for whoever will sell memberships, as for videos.
    member=nobody,
    invited=works_on,
)
# What somebody wants to watch later is nobody's business, staff's as little as anybody's.
_OWN = f"(playlists.kind <> 'watch_later' OR playlists.account_id = {VIEWER})"
VISIBLE = f"({_OWN} AND {RULE.visible})"
LISTED, LISTED_TO = RULE.listed, RULE.listed_to
# Of a video that somebody may see, whether this list may tell them of it: one that is for whoever has its address is
# not given to everybody by somebody else's list. Its own owner may do so, and who put it there sees it.
SHOWN_ON = f"""(
    videos.reach <> 'link' OR playlists.reach NOT IN ({words(SHELVED)}) OR videos.account_id = playlists.account_id
    OR {VIEWER} IN (videos.account_id, playlists.account_id, item.added_by)
)"""

personal.holds(
    "playlists",
    by="account_id",
    level=Level.PUBLIC,
    text=("title", "description"),
    kept="until its owner deletes it",
    export="playlists",
    hidden=("order_epoch",),
    prefix="ply",
)
_ON_OWN = "playlist_id IN (SELECT id FROM playlists WHERE account_id = CAST(:account AS uuid))"
personal.holds(
    "playlist_items",
    by=f"added_by = CAST(:account AS uuid) OR {_ON_OWN}",
    level=Level.PUBLIC,
    text=("note", "added_by"),
    kept="until it is taken off the list",
    erasure=Erasure.CLEAR,
    why="what they put on another's list stays there, without their words or name; their own lists go with all on them",
    export="playlist_items",
    # Who else puts videos on one's lists is those others' own business.
    shows="added_by = CAST(:account AS uuid)",
    hidden=("once",),
    prefix="itm",
)
personal.holds(
    "playlist_collaborators",
    by=f"account_id = CAST(:account AS uuid) OR {_ON_OWN}",
    level=Level.PERSONAL,
    kept="until they leave, or are taken off it",
    export="playlist_collaborators",
    shows="account_id",
    hidden=("id",),
)
