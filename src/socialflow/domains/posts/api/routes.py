"""Routes of posts."""

from typing import Annotated

from fastapi import Query, Request, Response, Security

from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.media.errors import ImageRefused, QuotaExceeded
from socialflow.domains.posts import service
from socialflow.domains.posts.errors import (
    AlreadySaid,
    AlreadyVoted,
    EmptyPost,
    NotSaidYet,
    NotYourPost,
    PhotoAlreadyUsed,
    PollIsOver,
    QuotesNotAllowed,
    RepliesNotAllowed,
    TooManyFacets,
    UnusableChoices,
    UnusablePostTime,
)
from socialflow.domains.posts.models import PostState
from socialflow.domains.posts.schemas import PostCreate, PostPage, PostRead, PostUpdate, VoteCreate
from socialflow.kernel.errors import InvalidCursor, NotFound, PreconditionFailed, Unauthorized
from socialflow.kernel.ids import ChannelId, PostId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Reader,
    get_actor,
    problems,
    require_edition,
    router,
    shared_response,
    shows,
)

posts = router("posts", reads="post")

writes = [Security(get_actor, scopes=["write:posts"])]
JSON = "application/json"
ChannelFilter = Annotated[ChannelId | None, Query(description="Only posts of this channel.")]
WithReplies = Annotated[bool, Query(description="Whether replies are among them.")]
Own = Annotated[
    PostState | None,
    Query(description="Only the caller's own posts in this state: `draft`, `scheduled` or `published`."),
]


@posts.post(
    "/posts",
    operation_id="createPost",
    status_code=201,
    response_model=PostRead,
    responses=problems(
        Unauthorized,
        NotYourChannel,
        NotFound,
        RepliesNotAllowed,
        QuotesNotAllowed,
        PhotoAlreadyUsed,
        QuotaExceeded,
        ImageRefused,
        EmptyPost,
        TooManyFacets,
        UnusablePostTime,
    ),
    dependencies=writes,
)
async def create_post(body: PostCreate, work: InWork, app: CurrentApp) -> bytes:
    """Say something: words, up to ten photos, a poll, a quote, a reply, or several of these.

    With `draft` it is only kept, with `publish_at` it is published at that time; until then it is its author's alone.
    A reply in a thread for followers is for the same followers. What the text mentions, tags and links to is found by
    the server, and told as facets whose offsets count UTF-16 code units.
    """
    post = await service.create(app, work, body)
    return (await service.present(app, work, post.id)).body


@posts.get(
    "/posts",
    operation_id="listPosts",
    response_model=PostPage,
    responses=problems(Unauthorized, InvalidCursor),
    openapi_extra=shows("posts"),
)
async def list_posts(
    app: CurrentApp,
    viewer: Reader,
    channel_id: ChannelFilter = None,
    state: Own = None,
    replies: WithReplies = False,  # noqa: FBT002  # a query parameter has a name
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor, Query()] = None,
) -> Response:
    """Posts, the latest first: everybody's, a channel's, or with `state` one's own.

    With `state` and a channel those of the channel, for whoever works for it.
    """
    wanted = service.Listed(channel_id=channel_id, state=state, replies=replies)
    return shared_response(await service.page(app, viewer, wanted, limit=limit, cursor=cursor), viewer)


@posts.get("/posts/{post_id}", operation_id="getPost", response_model=PostRead, responses=problems(NotFound))
async def get_post(post_id: PostId, app: CurrentApp, viewer: Reader) -> Response:
    """One post.

    Its `ETag` begins with the post's edition: `If-Match` on an edit compares that, so that replies and votes which
    come in meanwhile do not stand in the way.
    """
    return shared_response(await service.detail(app, viewer, post_id), viewer)


@posts.patch(
    "/posts/{post_id}",
    operation_id="updatePost",
    response_model=PostRead,
    responses=problems(
        Unauthorized,
        NotYourPost,
        RepliesNotAllowed,
        QuotesNotAllowed,
        NotFound,
        AlreadySaid,
        PhotoAlreadyUsed,
        PreconditionFailed,
        QuotaExceeded,
        ImageRefused,
        EmptyPost,
        TooManyFacets,
        UnusablePostTime,
    ),
    dependencies=writes,
)
async def update_post(post_id: PostId, body: PostUpdate, work: InWork, app: CurrentApp, request: Request) -> Response:
    """Change a post; absent members stay.

    Until it is published everything may be changed, and `publish_at`, null or a time, decides what becomes of it.
    Afterwards it is the text, language, mark, photos and who may reply or quote; what it said before stays readable.
    """
    post = await service.visible(work, post_id, hold=service.Hold.CHANGE)
    require_edition(request, post.edition)
    await service.edit(app, work, post, body)
    shared = await service.present(app, work, post_id)
    return Response(shared.body, headers={"ETag": shared.etag}, media_type=JSON)


@posts.put(
    "/posts/{post_id}/publication",
    operation_id="publishPost",
    response_model=PostRead,
    responses=problems(Unauthorized, NotYourPost, RepliesNotAllowed, QuotesNotAllowed, NotFound, EmptyPost),
    dependencies=writes,
)
async def publish_post(post_id: PostId, work: InWork, app: CurrentApp) -> Response:
    """Publish now what was kept as a draft or for later; what was published already stays as it is."""
    post = await service.visible(work, post_id, hold=service.Hold.CHANGE)
    await service.publish(app, work, post)
    return Response((await service.present(app, work, post_id)).body, media_type=JSON)


@posts.delete(
    "/posts/{post_id}",
    operation_id="deletePost",
    status_code=204,
    responses=problems(Unauthorized, NotYourPost, NotFound),
    dependencies=writes,
)
async def delete_post(post_id: PostId, work: InWork) -> Response:
    """Delete a post: its author or a moderator may. One that was answered leaves its place in the thread."""
    await service.delete(work, post_id)
    return Response(status_code=204)


@posts.put(
    "/posts/{post_id}/vote",
    operation_id="vote",
    response_model=PostRead,
    responses=problems(Unauthorized, NotFound, NotSaidYet, AlreadyVoted, PollIsOver, UnusableChoices),
    dependencies=writes,
)
async def vote(post_id: PostId, body: VoteCreate, work: InWork, app: CurrentApp) -> Response:
    """Vote in the poll of a post: once, and for good. The same vote again changes nothing."""
    await service.vote(work, post_id, body.choices)
    return Response((await service.present(app, work, post_id)).body, media_type=JSON)
