"""Routes of hashtags."""

from typing import Annotated

from fastapi import Path, Query, Response, Security

from socialflow.domains.posts import service
from socialflow.domains.posts.errors import NotAHashtag, TooManyHashtags
from socialflow.domains.posts.schemas import LONGEST_TAG, HashtagPage, HashtagRead, PostPage
from socialflow.kernel.errors import InvalidCursor, Unauthorized
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import (
    CurrentApp,
    InWork,
    Reader,
    Viewer,
    get_actor,
    problems,
    router,
    shared_response,
    shows,
)

tags = router("tags", reads="tags")

TagPath = Annotated[
    str, Path(max_length=LONGEST_TAG + 1, description="A hashtag, with or without #.", examples=["sea"])
]
Beginning = Annotated[
    str, Query(min_length=1, max_length=LONGEST_TAG, description="How it begins, without #.", examples=["se"])
]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


@tags.get("/tags", operation_id="suggestTags", response_model=HashtagPage)
async def suggest_tags(prefix: Beginning, app: CurrentApp, viewer: Reader) -> HashtagPage:
    """Hashtags that begin so, the ten most used ones."""
    return await service.suggest_tags(app, viewer, prefix)


@tags.get("/tags/{tag}", operation_id="getTag", response_model=HashtagRead, responses=problems(NotAHashtag))
async def get_tag(tag: TagPath, app: CurrentApp, viewer: Reader) -> HashtagRead:
    """One hashtag; there is every one, those under which nobody has said anything included."""
    return await service.one_tag(app, viewer, tag)


@tags.get(
    "/tags/{tag}/posts",
    operation_id="listPostsOfTag",
    response_model=PostPage,
    openapi_extra=shows("posts"),
    responses=problems(NotAHashtag, InvalidCursor),
)
async def list_posts_of_tag(
    tag: TagPath, app: CurrentApp, viewer: Reader, limit: PageLimit = 20, cursor: PageCursor = None
) -> Response:
    """What was said under a hashtag, the latest first."""
    wanted = service.Listed(tag=service.named_tag(tag))
    return shared_response(await service.page(app, viewer, wanted, limit=limit, cursor=cursor), viewer)


@tags.get(
    "/me/tags",
    operation_id="listFollowedTags",
    openapi_extra=shows("own"),
    response_model=HashtagPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def list_followed_tags(
    app: CurrentApp, viewer: Viewer, limit: PageLimit = 20, cursor: PageCursor = None
) -> HashtagPage:
    """The hashtags that the caller follows, the latest first."""
    return await service.followed_tags(app, viewer, limit=limit, cursor=cursor)


@tags.put(
    "/me/tags/{tag}",
    operation_id="followTag",
    response_model=HashtagRead,
    responses=problems(Unauthorized, NotAHashtag, TooManyHashtags),
    dependencies=[Security(get_actor, scopes=["write:follows"])],
)
async def follow_tag(tag: TagPath, work: InWork) -> HashtagRead:
    """Follow a hashtag; following twice is following once."""
    return await service.follow_tag(work, tag)


@tags.delete(
    "/me/tags/{tag}",
    operation_id="unfollowTag",
    status_code=204,
    responses=problems(Unauthorized, NotAHashtag),
    dependencies=[Security(get_actor, scopes=["write:follows"])],
)
async def unfollow_tag(tag: TagPath, work: InWork) -> Response:
    """Follow a hashtag no more; one need not have followed it."""
    await service.unfollow_tag(work, tag)
    return Response(status_code=204)
