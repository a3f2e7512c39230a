"""Routes of threads: what stands above and below a post, what quotes it, and what it said before."""

from typing import Annotated

from fastapi import Query, Response, Security

from socialflow.domains.posts import service
from socialflow.domains.posts.errors import NotYourPost
from socialflow.domains.posts.queries.pages import BROADEST, DEEPEST, LONGEST, ReplySort
from socialflow.domains.posts.schemas import PostPage, PostVersionPage, ThreadPage
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import PostId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Reader, get_actor, problems, router, shared_response

threads = router("posts", reads="post")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
SortBy = Annotated[ReplySort | None, Query(description="`oldest` unless something else is asked for.")]
Depth = Annotated[int, Query(ge=1, le=DEEPEST, description="How many levels below the post.")]
Breadth = Annotated[int, Query(ge=1, le=BROADEST, description="How many replies to each reply, the oldest first.")]
FirstLevel = Annotated[int, Query(ge=1, le=LONGEST, description="Replies of the first level on a page.")]


@threads.get(
    "/posts/{post_id}/replies",
    operation_id="listReplies",
    response_model=ThreadPage,
    responses=problems(NotFound, InvalidCursor),
)
async def list_replies(
    post_id: PostId,
    app: CurrentApp,
    viewer: Reader,
    sort: SortBy = None,
    depth: Depth = DEEPEST,
    breadth: Breadth = 3,
    limit: FirstLevel = LONGEST,
    cursor: PageCursor = None,
) -> Response:
    """The replies to a post, each followed by those to it.

    Where a reply has more replies than stand below it here (`reply_count`), they are asked for under its own id.
    """
    wanted = service.Thread(post_id, sort or ReplySort.OLDEST, depth, breadth)
    return shared_response(await service.thread(app, viewer, wanted, limit=limit, cursor=cursor), viewer)


@threads.get(
    "/posts/{post_id}/ancestors", operation_id="listAncestors", response_model=PostPage, responses=problems(NotFound)
)
async def list_ancestors(post_id: PostId, app: CurrentApp, viewer: Reader) -> Response:
    """What a post replies to, and what that replied to, the first post of the thread first; the nearest hundred."""
    return shared_response(await service.ancestors(app, viewer, post_id), viewer)


@threads.get(
    "/posts/{post_id}/versions",
    operation_id="listPostVersions",
    response_model=PostVersionPage,
    responses=problems(NotFound, InvalidCursor),
)
async def list_post_versions(
    post_id: PostId, app: CurrentApp, viewer: Reader, limit: PageLimit = 20, cursor: PageCursor = None
) -> bytes:
    """What a post said before it was edited, the latest version first."""
    return await service.versions(app, viewer, post_id, limit=limit, cursor=cursor)


@threads.get(
    "/posts/{post_id}/quotes",
    operation_id="listQuotes",
    response_model=PostPage,
    responses=problems(NotFound, InvalidCursor),
)
async def list_quotes(
    post_id: PostId, app: CurrentApp, viewer: Reader, limit: PageLimit = 20, cursor: PageCursor = None
) -> Response:
    """Posts that quote a post, the latest first."""
    await service.detail(app, viewer, post_id)
    wanted = service.Listed(quoted_id=post_id)
    return shared_response(await service.page(app, viewer, wanted, limit=limit, cursor=cursor), viewer)


@threads.delete(
    "/posts/{post_id}/quotes/{quoting_id}",
    operation_id="revokeQuote",
    status_code=204,
    responses=problems(Unauthorized, NotYourPost, NotFound),
    dependencies=[Security(get_actor, scopes=["write:posts"])],
)
async def revoke_quote(post_id: PostId, quoting_id: PostId, work: InWork) -> Response:
    """Take the consent to a quote of one's own post back: the other post stands, and shows nothing of it any more."""
    await service.revoke(work, post_id, quoting_id)
    return Response(status_code=204)
