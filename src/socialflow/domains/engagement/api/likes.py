"""Routes of likes, and of what one has marked."""

import uuid
from typing import Annotated

from fastapi import Path, Query, Security

from socialflow.domains.engagement import service
from socialflow.domains.engagement.errors import CommentNotShown
from socialflow.domains.engagement.schemas import MOST_MARKED, LikeRead, MarksRead
from socialflow.kernel import ids
from socialflow.kernel.errors import FieldError, InvalidRequest, NotFound, Unauthorized
from socialflow.kernel.web import CurrentApp, InWork, Viewer, get_actor, problems, router

likes = router("likes", reads="own_marks")

SubjectPath = Annotated[
    str,
    Path(max_length=40, description="Id of a video, a post or a comment.", examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4"]),
]
SubjectIds = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MOST_MARKED * 31,
        description=f"Ids of videos, posts, comments and channels, by comma, {MOST_MARKED} at most.",
        examples=["vid_01jdxyz7q4e5v8w9r0t1y2p3a4,chn_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]
MARKABLE = frozenset({"vid", "cmt", "chn", "pst"})


@likes.put(
    "/likes/{subject_id}",
    operation_id="like",
    response_model=LikeRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown),
    dependencies=[Security(get_actor, scopes=["write:likes"])],
)
async def like(subject_id: SubjectPath, work: InWork) -> LikeRead:
    """Like a video, a post or a comment, and dislike it no more; liking twice is liking once."""
    return await service.like(work, subject_id)


@likes.delete(
    "/likes/{subject_id}",
    operation_id="unlike",
    response_model=LikeRead,
    responses=problems(Unauthorized, NotFound, CommentNotShown),
    dependencies=[Security(get_actor, scopes=["write:likes"])],
)
async def unlike(subject_id: SubjectPath, work: InWork) -> LikeRead:
    """Like it no more; one need not have liked it."""
    return await service.unlike(work, subject_id)


@likes.get(
    "/me/marks",
    operation_id="getMarks",
    response_model=MarksRead,
    responses=problems(Unauthorized, InvalidRequest),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_marks(subject_ids: SubjectIds, app: CurrentApp, viewer: Viewer) -> bytes:
    """Which of these things the caller likes, dislikes or has saved, and which of these channels they follow.

    Lists and details are the same for everybody; this is what differs, for a whole page at once.
    """
    return await service.marks(app, viewer, parsed(subject_ids))


def parsed(subject_ids: str) -> list[tuple[str, uuid.UUID]]:
    """The ids, each once; raises InvalidRequest for what is not a list of ids."""
    shown = list(dict.fromkeys(subject_ids.split(",")))
    if len(shown) > MOST_MARKED:
        raise InvalidRequest(errors=[FieldError("/query/subject_ids", "too_long", f"at most {MOST_MARKED} ids")])
    return [(each, _id_of(each)) for each in shown]


def _id_of(shown: str) -> uuid.UUID:
    prefix = shown.partition("_")[0]
    try:
        return ids.parse(prefix if prefix in MARKABLE else "", shown)
    except ids.MalformedId:
        fault = FieldError("/query/subject_ids", "malformed_id", "not an id of a video, post, comment or channel")
        raise InvalidRequest(errors=[fault]) from None
