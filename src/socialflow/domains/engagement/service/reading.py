"""Comments and marks as clients get them: rows to bytes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from socialflow.domains.channels.schemas import card_of
from socialflow.domains.engagement.queries import pages as queries
from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids, pages
from socialflow.kernel.cache import Shared
from socialflow.kernel.errors import NotFound
from socialflow.kernel.etags import etag_of
from socialflow.kernel.work import Actor, App, Work

LIST = "comments"
LAST_ID = uuid.UUID(int=2**128 - 1)
FIRST_ID = uuid.UUID(int=0)
MOST_LIKES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Thread:
    """Which comments are asked for, and in which order."""

    subject_id: uuid.UUID
    parent_id: uuid.UUID | None
    sort: CommentSort

    def filters(self) -> dict[str, Any]:
        """What a cursor of this list is bound to."""
        parent_id = str(self.parent_id) if self.parent_id else None
        return {"subject": str(self.subject_id), "parent": parent_id, "sort": self.sort}


def name_of(subject_id: uuid.UUID) -> str:
    """Under which name shared pages of comments are kept."""
    return f"comments:{ids.show('vid', subject_id)}"


async def page(app: App, viewer: Actor, thread: Thread, *, limit: int, cursor: str | None) -> Shared:
    """A page of comments on a video that the viewer may see; raises NotFound."""
    key = (LIST, thread, limit, cursor)
    return await videos.own_or_shared(app, viewer, key, lambda actor: _page(app, actor, thread, limit, cursor))


async def present(work: Work, comment_id: uuid.UUID) -> bytes:
    """One comment after what this work has done."""
    rows = await queries.ONE.rows_in(work, id=comment_id)
    return videos.dump(card(rows[0]))


async def marks(app: App, viewer: Actor, subjects: Sequence[tuple[str, uuid.UUID]]) -> bytes:
    """Which of these things the viewer likes or follows."""
    rows = await queries.MARKS.rows(app, viewer=viewer.id, ids=[subject_id for _, subject_id in subjects])
    liked = {row["id"] for row in rows if row["liked"]}
    followed = {row["id"] for row in rows if not row["liked"]}
    return videos.dump(
        {
            "liked": [shown for shown, subject_id in subjects if subject_id in liked],
            "followed": [shown for shown, subject_id in subjects if subject_id in followed],
        }
    )


def card(row: Any) -> dict[str, Any]:
    """The members of a `CommentRead`."""
    deleted = row["deleted_at"] is not None or row["is_hidden"]
    parent_id = row["parent_id"]
    author = card_of(row)
    return {
        "id": ids.show("cmt", row["id"]),
        "subject_id": ids.show("vid", row["subject_id"]),
        "parent_id": ids.show("cmt", parent_id) if parent_id else None,
        "author": None if deleted else author,
        "text": "" if deleted else row["text"],
        "deleted": deleted,
        "like_count": row["like_count"],
        "reply_count": row["reply_count"],
        "created_at": row["created_at"],
        "edited_at": row["edited_at"],
    }


async def _page(app: App, viewer: Actor, thread: Thread, limit: int, cursor: str | None) -> Shared:
    filters = thread.filters()
    place = pages.unseal(app.keys, LIST, filters, cursor) if cursor else None
    statement = queries.PAGES[thread.sort, thread.parent_id is not None]
    rows = await statement.rows(
        app,
        subject_id=thread.subject_id,
        parent_id=thread.parent_id,
        limit=limit + 1,
        **videos.seen_by(viewer),
        **_values(thread.sort, place),
    )
    if not rows:
        raise NotFound
    # The video alone, without a comment.
    shown, last = pages.cut([row for row in rows if row["id"] is not None], limit)
    next_cursor = pages.seal(app.keys, LIST, filters, _key(thread.sort, last)) if last else None
    body = videos.dump({"items": [card(row) for row in shown], "next_cursor": next_cursor})
    return Shared(body, etag_of(body), frozenset({name_of(thread.subject_id), videos.name_of(thread.subject_id)}))


def _key(sort: CommentSort, row: Any) -> list[Any]:
    return [str(row["id"]), row["like_count"] if sort is CommentSort.TOP else None]


def _values(sort: CommentSort, place: list[Any] | None) -> dict[str, Any]:
    if place is None:
        return {"id": FIRST_ID if sort is CommentSort.OLDEST else LAST_ID, "count": MOST_LIKES}
    return {"id": uuid.UUID(place[0]), "count": place[1]}
