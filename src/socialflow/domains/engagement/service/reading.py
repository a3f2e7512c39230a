"""Comments and marks as clients get them: rows to bytes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.schemas import card_of
from socialflow.domains.engagement.errors import NotYourSubject
from socialflow.domains.engagement.models import CommentState
from socialflow.domains.engagement.queries import pages as queries
from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.engagement.queries.subjects import seen_by
from socialflow.domains.engagement.service import subjects
from socialflow.domains.media import service as media
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.etags import etag_of
from socialflow.kernel.work import Actor, App, Work

LIST, VERSIONS, QUEUE = "comments", "comment_versions", "comment_queue"
LAST_ID = uuid.UUID(int=2**128 - 1)
FIRST_ID = uuid.UUID(int=0)
MOST = 2**31 - 1
_PHOTO_STATES = {"ready": "ready", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Thread:
    """Which comments are asked for, in which order, how far down, and how many to each."""

    subject: str
    parent_id: uuid.UUID | None
    sort: CommentSort
    depth: int = 1
    breadth: int = 3

    def filters(self) -> dict[str, Any]:
        """What a cursor of this list is bound to; one may go on deeper or broader."""
        parent_id = str(self.parent_id) if self.parent_id else None
        return {"subject": self.subject, "parent": parent_id, "sort": self.sort}


@dataclass(frozen=True, slots=True)
class Queue:
    """Comments that others do not see: of one's own, on what is one's own, or on what one channel has."""

    state: CommentState
    mine: bool
    subject: str | None
    channel_id: uuid.UUID | None = None


def name_of(kind: str, subject_id: uuid.UUID) -> str:
    """Under which name shared pages of comments are kept."""
    return f"comments:{subjects.show(kind, subject_id)}"


async def page(app: App, viewer: Actor, thread: Thread, *, limit: int, cursor: str | None) -> Shared:
    """A page of comments on something that the viewer may see; raises NotFound."""
    key = (LIST, thread, limit, cursor)
    return await videos.own_or_shared(app, viewer, key, lambda actor: _page(app, actor, thread, limit, cursor))


async def one(app: App, viewer: Actor, comment_id: uuid.UUID) -> bytes:
    """One comment that the viewer may see; raises NotFound."""
    return videos.dump(card(app, viewer, await _row(app, viewer, comment_id)))


async def present(app: App, work: Work, comment_id: uuid.UUID) -> bytes:
    """One comment as the actor sees it after what this work has done."""
    rows = await queries.ONE.rows_in(work, id=comment_id, **seen_by(work.actor))
    if not rows:
        raise NotFound
    return videos.dump(card(app, work.actor, rows[0]))


async def versions(app: App, viewer: Actor, comment_id: uuid.UUID, *, limit: int, cursor: str | None) -> bytes:
    """What a comment that the viewer may see said before, the latest first."""
    await _row(app, viewer, comment_id)
    filters = {"comment": str(comment_id)}
    before = pages.unseal(app.keys, VERSIONS, filters, cursor)[0] if cursor else MOST
    rows = await queries.VERSIONS.rows(app, comment_id=comment_id, before=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, VERSIONS, filters, [last["number"]]) if last else None
    items = [
        {"number": row["number"], "text": row["text"], "facets": _facets(row["facets"]), "said_at": row["said_at"]}
        for row in shown
    ]
    return videos.dump({"items": items, "next_cursor": next_cursor})


async def queue(app: App, viewer: Actor, wanted: Queue, *, limit: int, cursor: str | None) -> bytes:
    """What waits for approval, or was hidden, the latest first; raises Unauthorized, NotFound, NotYourSubject."""
    if not viewer.known:
        raise Unauthorized
    channel = str(wanted.channel_id) if wanted.channel_id else None
    filters = {
        "state": wanted.state,
        "mine": wanted.mine,
        "subject": wanted.subject,
        "channel": channel,
        "of": str(viewer.id),
    }
    before = uuid.UUID(pages.unseal(app.keys, QUEUE, filters, cursor)[0]) if cursor else LAST_ID
    subject_id = subjects.parse(wanted.subject)[1] if wanted.subject else None
    rows = await queries.QUEUES[wanted.state, wanted.mine].rows(
        app,
        id=before,
        owner_id=await _keeps_for(app, viewer, wanted.channel_id),
        channel_id=wanted.channel_id,
        subject_id=subject_id,
        limit=limit + 1,
        **seen_by(viewer),
    )
    shown, last = pages.cut(rows, limit)
    next_cursor = pages.seal(app.keys, QUEUE, filters, [str(last["id"])]) if last else None
    return videos.dump({"items": [card(app, viewer, row) for row in shown], "next_cursor": next_cursor})


async def _keeps_for(app: App, viewer: Actor, channel_id: uuid.UUID | None) -> uuid.UUID | None:
    """For whom the viewer keeps comments in order: for themselves, or whoever owns a channel."""
    if channel_id is None:
        return viewer.id
    async with app.work(viewer) as work:
        channel = await channels.visible(work, channel_id)
        await channels.demand(work, channel.id, channel.account_id, channels.Right.MODERATE, NotYourSubject)
        return channel.account_id


async def marks(app: App, viewer: Actor, subjects: Sequence[tuple[str, uuid.UUID]]) -> bytes:
    """Which of these things the viewer likes, dislikes, follows or has saved."""
    rows = await queries.MARKS.rows(app, viewer=viewer.id, ids=[subject_id for _, subject_id in subjects])
    marked: dict[str, set[uuid.UUID]] = {mark: set() for mark in ("liked", "disliked", "followed", "saved")}
    for row in rows:
        marked[row["mark"]].add(row["id"])
    return videos.dump(
        {mark: [shown for shown, subject_id in subjects if subject_id in found] for mark, found in marked.items()}
    )


def card(app: App, viewer: Actor, row: Any) -> dict[str, Any]:
    """The members of a `CommentRead`; of one that the viewer may not read its place alone."""
    speaks = row["speaks"]
    author = card_of(row)
    return {
        "id": ids.show("cmt", row["id"]),
        "subject_id": subjects.show(row["subject_kind"], row["subject_id"]),
        "parent_id": _shown(row["parent_id"]),
        "root_id": _shown(row["thread_id"]),
        "depth": row["depth"],
        "author": author if speaks else None,
        "by_owner": speaks and row["by_owner"],
        "text": row["text"] if speaks else "",
        "facets": _facets(row["facets"]) if speaks else [],
        "photos": [_photo(app, viewer, each) for each in row["photos"] or ()] if speaks else [],
        "state": row["state"] if speaks else CommentState.SHOWN,
        "deleted": not speaks,
        "pinned": speaks and row["pinned_at"] is not None,
        "hearted": speaks and row["hearted_at"] is not None,
        "like_count": row["like_count"] if speaks else 0,
        "reply_count": row["reply_count"],
        "created_at": row["created_at"],
        "edited_at": row["edited_at"] if speaks else None,
    }


async def _row(app: App, viewer: Actor, comment_id: uuid.UUID) -> Any:
    row = await queries.ONE.row(app, id=comment_id, **seen_by(viewer))
    if row is None:
        raise NotFound
    return row


async def _page(app: App, viewer: Actor, thread: Thread, limit: int, cursor: str | None) -> Shared:
    filters = thread.filters()
    place = pages.unseal(app.keys, LIST, filters, cursor) if cursor else None
    kind, subject_id = subjects.parse(thread.subject)
    statement = queries.PAGES[thread.subject.partition("_")[0], thread.sort, thread.parent_id is not None]
    rows = await statement.rows(
        app,
        subject_id=subject_id,
        parent_id=thread.parent_id,
        limit=limit + 1,
        breadth=thread.breadth,
        depth=thread.depth,
        is_first=place is None,
        **seen_by(viewer),
        **_values(thread.sort, place),
    )
    if not rows:
        raise NotFound
    # The subject alone, without a comment.
    found = [row for row in rows if row["id"] is not None]
    first = [row for row in found if row["level"] == 1]
    pinned = [row for row in first if row["pinned_at"] is not None and thread.parent_id is None]
    ordered = _sorted(thread.sort, [row for row in first if row not in pinned])
    shown, last = pages.cut(ordered, max(limit - len(pinned), 1))
    next_cursor = pages.seal(app.keys, LIST, filters, _key(last)) if last else None
    entries = [card(app, viewer, row) for row in _in_order([*pinned, *shown], found)]
    body = videos.dump({"items": entries, "next_cursor": next_cursor})
    names = frozenset({name_of(kind, subject_id), videos.name_of(subject_id)})
    return Shared(body, etag_of(body), names)


def _in_order(first: Sequence[Any], found: Sequence[Any]) -> list[Any]:
    """Each comment before those below it, without going down by the stack."""
    below: dict[uuid.UUID, list[Any]] = {}
    for row in sorted((row for row in found if row["level"] > 1), key=lambda row: row["id"]):
        below.setdefault(row["parent_id"], []).append(row)
    ordered, waiting = [], list(reversed(first))
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting += reversed(below.get(row["id"], []))
    return ordered


def _sorted(sort: CommentSort, rows: list[Any]) -> list[Any]:
    keys = {
        CommentSort.TOP: lambda row: (row["like_count"], row["id"]),
        CommentSort.CHOICE: lambda row: (row["choice"], row["like_count"], row["id"]),
    }
    return sorted(rows, key=keys.get(sort, lambda row: row["id"]), reverse=sort is not CommentSort.OLDEST)


def _key(row: Any) -> list[Any]:
    return [str(row["id"]), row["like_count"], row["choice"]]


def _values(sort: CommentSort, place: list[Any] | None) -> dict[str, Any]:
    if place is None:
        return {"id": FIRST_ID if sort is CommentSort.OLDEST else LAST_ID, "count": MOST, "choice": MOST}
    return {"id": uuid.UUID(place[0]), "count": place[1], "choice": place[2]}


def _facets(kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The members of a `CommentFacet`, of which every one is always there."""
    names = ("kind", "start", "end", "channel_id", "tag", "url", "at_ms")
    return [{name: each.get(name) for name in names} for each in kept]


def _photo(app: App, viewer: Actor, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "upload_id": ids.show("upl", uuid.UUID(kept["upload_id"])),
        "state": _PHOTO_STATES.get(kept["state"] or "", "processing"),
        "url": media.photo_url(app, kept, app.clock(), holder=media.Holder.of(viewer)),
        "alt": kept["alt"],
        "thumbhash": kept["thumbhash"],
        "width": kept["width"],
        "height": kept["height"],
    }


def _shown(comment_id: uuid.UUID | None) -> str | None:
    return ids.show("cmt", comment_id) if comment_id is not None else None
