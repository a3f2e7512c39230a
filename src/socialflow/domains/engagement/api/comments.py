"""Routes of comments."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.engagement import service
from socialflow.domains.engagement.errors import (
    CommentNotShown,
    CommentsOff,
    EmptyComment,
    NotYourComment,
    PhotoAlreadyShown,
    TooDeep,
)
from socialflow.domains.engagement.queries.pages import BROADEST, DEEPEST, CommentSort
from socialflow.domains.engagement.schemas import (
    CommentCreate,
    CommentPage,
    CommentRead,
    CommentUpdate,
    CommentVersionPage,
    SubjectId,
)
from socialflow.domains.media.errors import ImageRefused, QuotaExceeded
from socialflow.domains.posts.errors import TooManyFacets
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import CommentId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Reader, get_actor, problems, router, shared_response

comments = router("comments", reads="comments")

WRITES = [Security(get_actor, scopes=["write:comments"])]
SubjectFilter = Annotated[SubjectId, Query(description="What is commented on: a video.")]
ParentFilter = Annotated[CommentId | None, Query(description="The comment whose answers are asked for.")]
SortBy = Annotated[
    CommentSort | None,
    Query(
        description=(
            "Unless something else is asked for: threads newest first, answers oldest first. `choice` is the owner's:"
            " what they have marked with a heart, then what most like."
        )
    ),
]
Depth = Annotated[int, Query(ge=1, le=DEEPEST, description="How many levels of answers, the first one included.")]
Breadth = Annotated[int, Query(ge=1, le=BROADEST, description="How many answers to each comment, the oldest first.")]


@comments.post(
    "/comments",
    operation_id="postComment",
    status_code=201,
    response_model=CommentRead,
    responses=problems(
        *(Unauthorized, NotYourChannel, CommentsOff, NotFound, CommentNotShown, PhotoAlreadyShown),
        *(QuotaExceeded, ImageRefused, EmptyComment, TooManyFacets, TooDeep),
    ),
    dependencies=WRITES,
)
async def post_comment(body: CommentCreate, work: InWork, app: CurrentApp) -> bytes:
    """Say something about a video, or answer a comment on it.

    With `channel_id` it is said as another channel that the caller publishes for, whose it is from then on. Where the
    owner wants to approve comments first, its `state` is `held`: nobody but them and its author sees it.

    What the text mentions, tags, links to and which times it names is found by the server, and told as facets whose
    offsets count UTF-16 code units. Posts are answered by posts: see `POST /posts` and its `parent_id`.
    """
    comment = await service.post(app, work, body)
    return await service.present(app, work, comment.id)


@comments.get(
    "/comments",
    operation_id="listComments",
    response_model=CommentPage,
    responses=problems(NotFound, InvalidCursor),
)
async def list_comments(
    *,
    subject_id: SubjectFilter,
    app: CurrentApp,
    viewer: Reader,
    parent_id: ParentFilter = None,
    sort: SortBy = None,
    depth: Depth = 1,
    breadth: Breadth = 3,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> Response:
    """The comments that begin threads on a video, or the answers to one; what is pinned is the first.

    With `depth` each is followed by those below it. Where it has more answers than stand below it here
    (`reply_count`), they are asked for by `parent_id`. Where comments are off there are none.
    """
    usual = CommentSort.OLDEST if parent_id else CommentSort.NEWEST
    thread = service.Thread(subject_id, parent_id, sort or usual, depth, breadth)
    return shared_response(await service.page(app, viewer, thread, limit=limit, cursor=cursor), viewer)


@comments.get(
    "/comments/{comment_id}",
    operation_id="getComment",
    response_model=CommentRead,
    responses=problems(NotFound),
    openapi_extra={"x-visibility": "comment"},
)
async def get_comment(comment_id: CommentId, app: CurrentApp, viewer: Reader) -> bytes:
    """One comment; what is held or hidden is there for its author and the owner of what it is about."""
    return await service.one(app, viewer, comment_id)


@comments.get(
    "/comments/{comment_id}/versions",
    operation_id="listCommentVersions",
    response_model=CommentVersionPage,
    responses=problems(NotFound, InvalidCursor),
    openapi_extra={"x-visibility": "comment"},
)
async def list_comment_versions(
    comment_id: CommentId,
    app: CurrentApp,
    viewer: Reader,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> bytes:
    """What a comment said before it was changed, the latest first: for everybody who may read the comment."""
    return await service.versions(app, viewer, comment_id, limit=limit, cursor=cursor)


@comments.patch(
    "/comments/{comment_id}",
    operation_id="updateComment",
    response_model=CommentRead,
    responses=problems(
        *(Unauthorized, NotYourComment, NotFound, PhotoAlreadyShown),
        *(QuotaExceeded, ImageRefused, EmptyComment, TooManyFacets),
    ),
    dependencies=WRITES,
)
async def update_comment(comment_id: CommentId, body: CommentUpdate, work: InWork, app: CurrentApp) -> bytes:
    """Change one's own words or photos; what it said before stays readable.

    What a channel has said is changed by who publishes for it.
    """
    comment = await service.edit(app, work, comment_id, body)
    return await service.present(app, work, comment.id)


@comments.delete(
    "/comments/{comment_id}",
    operation_id="deleteComment",
    status_code=204,
    responses=problems(Unauthorized, NotYourComment, NotFound),
    dependencies=WRITES,
)
async def delete_comment(comment_id: CommentId, work: InWork) -> Response:
    """Delete a comment: its author, the video's owner or a moderator may. One that was answered leaves its place.

    Who publishes for the channel that says it is its author, too.
    """
    await service.curating.delete(work, comment_id)
    return Response(status_code=204)
