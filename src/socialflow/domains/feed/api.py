"""Routes of feeds."""

from typing import Annotated

from fastapi import Path, Query, Response, Security

from socialflow.domains.channels.errors import NotYourChannel, PinNotOfChannel
from socialflow.domains.feed import service
from socialflow.domains.feed.errors import TooManyPins
from socialflow.domains.feed.schemas import FeedPage, PinnedPage, PinnedUpdate
from socialflow.kernel.errors import InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import ListId
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

feed = router("feed", reads="videos")

Reference = Annotated[str, Path(max_length=40, description="A channel's id, or `@handle`.", examples=["@ada"])]
PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


@feed.get(
    "/feed/following",
    operation_id="getFollowingFeed",
    response_model=FeedPage,
    responses=problems(Unauthorized, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_following_feed(
    app: CurrentApp, viewer: Viewer, limit: PageLimit = 20, cursor: PageCursor = None
) -> bytes:
    """New videos of the channels that the caller follows, the latest first."""
    return await service.following(app, viewer, limit=limit, cursor=cursor)


@feed.get(
    "/feed/lists/{list_id}",
    operation_id="getFeedOfList",
    response_model=FeedPage,
    responses=problems(Unauthorized, NotFound, InvalidCursor),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_feed_of_list(
    list_id: ListId, app: CurrentApp, viewer: Viewer, limit: PageLimit = 20, cursor: PageCursor = None
) -> bytes:
    """New videos of the people on one of one's lists, the latest first, whether or not one follows them."""
    return await service.of_list(app, viewer, list_id, limit=limit, cursor=cursor)


@feed.get(
    "/channels/{reference}/pins",
    operation_id="listPins",
    response_model=PinnedPage,
    responses=problems(NotFound),
    openapi_extra=shows("pins"),
)
async def list_pins(reference: Reference, app: CurrentApp, viewer: Reader) -> bytes:
    """What a channel lets stand first on its page, of that what the caller may see; there is one page."""
    async with app.work(viewer) as work:
        return await service.pinned(app, work, reference)


@feed.put(
    "/channels/{reference}/pins",
    operation_id="setPins",
    response_model=PinnedPage,
    responses=problems(Unauthorized, NotYourChannel, NotFound, PinNotOfChannel, TooManyPins),
    dependencies=[Security(get_actor, scopes=["write:channels"])],
)
async def set_pins(reference: Reference, body: PinnedUpdate, work: InWork, app: CurrentApp) -> bytes:
    """Let these videos and posts of a channel stand first on its page, in this order; owners and editors may."""
    await service.pin(work, reference, body.subject_ids, most=app.settings.channels.pins)
    return await service.pinned(app, work, reference)


@feed.get(
    "/feed/latest",
    operation_id="getLatestFeed",
    response_model=FeedPage,
    responses=problems(InvalidCursor),
)
async def get_latest_feed(
    app: CurrentApp, viewer: Reader, limit: PageLimit = 20, cursor: PageCursor = None
) -> Response:
    """Everything that is new, the latest first."""
    return shared_response(await service.latest(app, viewer, limit=limit, cursor=cursor), viewer)


@feed.get(
    "/feed/trending",
    operation_id="getTrendingFeed",
    response_model=FeedPage,
    responses=problems(InvalidCursor),
)
async def get_trending_feed(
    app: CurrentApp, viewer: Reader, limit: PageLimit = 20, cursor: PageCursor = None
) -> Response:
    """The videos that were liked most in the last three days, ranked once a minute.

    All pages of one walk through the feed come from the ranking of its first page, for two hours.
    """
    return shared_response(await service.trending(app, viewer, limit=limit, cursor=cursor), viewer)
