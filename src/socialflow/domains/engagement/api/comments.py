"""Routes of comments."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.engagement import service
from socialflow.domains.engagement.errors import NotYourComment
from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.engagement.schemas import CommentCreate, CommentPage, CommentRead, CommentUpdate
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import CommentId, VideoId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Reader, get_actor, problems, router, shared_response

comments = router("comments", reads="comments")

SubjectFilter = Annotated[VideoId, Query(description="The video that is commented on.")]
ParentFilter = Annotated[CommentId | None, Query(description="The comment whose answers are asked for.")]
SortBy = Annotated[
    CommentSort | None,
    Query(description="Unless something else is asked for: threads newest first, answers oldest first."),
]


@comments.post(
    "/comments",
    operation_id="postComment",
    status_code=201,
    response_model=CommentRead,
    responses=problems(Unauthorized, NotFound),
    dependencies=[Security(get_actor, scopes=["write:comments"])],
)
async def post_comment(body: CommentCreate, work: InWork) -> bytes:
    """Say something about a video, or answer a comment on it.

    Threads have one level: the answer to an answer stands in the same thread, and its `parent_id` is the comment
    that began it.
    """
    comment = await service.post(work, body)
    return await service.present(work, comment.id)


@comments.get(
    "/comments",
    operation_id="listComments",
    response_model=CommentPage,
    responses=problems(NotFound, InvalidCursor),
)
async def list_comments(
    subject_id: SubjectFilter,
    app: CurrentApp,
    viewer: Reader,
    parent_id: ParentFilter = None,
    sort: SortBy = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> Response:
    """The comments that begin threads on a video, or the answers to one."""
    thread = service.Thread(subject_id, parent_id, sort or (CommentSort.OLDEST if parent_id else CommentSort.NEWEST))
    return shared_response(await service.page(app, viewer, thread, limit=limit, cursor=cursor), viewer)


@comments.patch(
    "/comments/{comment_id}",
    operation_id="updateComment",
    response_model=CommentRead,
    responses=problems(Unauthorized, NotYourComment, NotFound),
    dependencies=[Security(get_actor, scopes=["write:comments"])],
)
async def update_comment(comment_id: CommentId, body: CommentUpdate, work: InWork) -> bytes:
    """Change one's own words."""
    comment = await service.edit(work, comment_id, body)
    return await service.present(work, comment.id)


@comments.delete(
    "/comments/{comment_id}",
    operation_id="deleteComment",
    status_code=204,
    responses=problems(Unauthorized, NotYourComment, NotFound),
    dependencies=[Security(get_actor, scopes=["write:comments"])],
)
async def delete_comment(comment_id: CommentId, work: InWork) -> Response:
    """Delete a comment: its author, the video's owner or a moderator may. One that was answered leaves its place."""
    await service.delete(work, comment_id)
    return Response(status_code=204)
