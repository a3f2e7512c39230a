"""Routes of what is told outside: they stand at the root, where readers, crawlers and other pages look for them."""

from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from socialflow.domains.posts.errors import NotAHashtag
from socialflow.domains.syndication import service
from socialflow.domains.syndication.errors import FormatNotOffered, NotEmbeddable
from socialflow.domains.syndication.schemas import FeedForm, FeedKind, MapKind, OembedRead
from socialflow.kernel.errors import InvalidCursor, InvalidRequest, NotFound
from socialflow.kernel.pages import Cursor
from socialflow.kernel.web import CurrentApp, Reader, problems, router
from socialflow.kernel.web.pieces import PiecesResponse
from socialflow.kernel.web.requests import matches
from socialflow.kernel.work import Actor

feeds = router("feeds", reads="outside")
sitemaps = router("sitemaps", reads="outside")

LONGEST_TAG = 101
# Points: they cost more than a page of the API does.
FEED, MAP, PART = {"x-points": 2}, {"x-points": 5}, {"x-points": 50}
# Seconds for which anybody may keep what looks the same to everybody.
FEED_KEPT, MAP_KEPT = 60, 600
# Anybody's page may ask, without credentials.
FOR_PAGES = {"Access-Control-Allow-Origin": "*"}
Reference = Annotated[str, Path(max_length=40, description="A channel's id, or `@handle`.", examples=["@ada"])]
TagPath = Annotated[str, Path(max_length=LONGEST_TAG, description="A tag, without #.", examples=["sea"])]
PageCursor = Annotated[Cursor, Query()]
FEEDS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind: {"schema": {"type": "string"}}
            for kind in ("application/rss+xml", "application/atom+xml", "application/feed+json")
        },
    },
    304: {"description": "It is still the same."},
}
XML: dict[int | str, dict[str, Any]] = {200: {"content": {"application/xml": {"schema": {"type": "string"}}}}}
Room = Annotated[int | None, Query(ge=1, le=100_000, description="Pixels that there are.", examples=[640])]


@feeds.get(
    "/feeds/channels/{reference}/{what}.{form}",
    operation_id="getChannelFeed",
    response_class=Response,
    responses={**FEEDS, **problems(NotFound, InvalidCursor)},
    openapi_extra=FEED,
)
async def get_channel_feed(
    reference: Reference,
    what: FeedKind,
    form: FeedForm,
    app: CurrentApp,
    viewer: Reader,
    request: Request,
    cursor: PageCursor = None,
) -> Response:
    """What a channel shows everybody, for readers of feeds: RSS 2.0, Atom or JSON Feed 1.1, the latest first.

    Whoever asks, it holds what everybody may see. A private account has no feed.
    """
    wanted = service.Wanted(what, form, cursor, channel=reference)
    return _conditional(request, viewer, await service.feed(app, viewer, wanted))


@feeds.get(
    "/feeds/tags/{tag}/{what}.{form}",
    operation_id="getTagFeed",
    response_class=Response,
    responses={**FEEDS, **problems(NotAHashtag, InvalidCursor)},
    openapi_extra=FEED,
)
async def get_tag_feed(
    tag: TagPath,
    what: FeedKind,
    form: FeedForm,
    app: CurrentApp,
    viewer: Reader,
    request: Request,
    cursor: PageCursor = None,
) -> Response:
    """What everybody may see under a tag of videos, or a hashtag of posts, for readers of feeds."""
    wanted = service.Wanted(what, form, cursor, tag=tag)
    return _conditional(request, viewer, await service.feed(app, viewer, wanted))


@feeds.get(
    "/oembed",
    operation_id="getOembed",
    response_model=OembedRead,
    responses=problems(NotEmbeddable, NotFound, FormatNotOffered, InvalidRequest),
    openapi_extra=FEED,
)
async def get_oembed(
    url: Annotated[str, Query(max_length=2_048, description="Of a video's or a post's page.")],
    app: CurrentApp,
    viewer: Reader,
    maxwidth: Room = None,
    maxheight: Room = None,
    format: Annotated[str, Query(max_length=20, description="`json` or `xml`.")] = "json",  # noqa: A002  # its name in oEmbed
) -> Response:
    """How another page can show a video or a post (oEmbed 1.0).

    404 for what does not exist and for what not everybody with the address may see, alike; 401 where nobody may show
    it in a page of theirs; 501 for another format.
    """
    body, kind = await service.oembed(app, viewer, service.Asked(url, format, maxwidth, maxheight))
    return Response(body, headers={**_kept(viewer, FEED_KEPT), **FOR_PAGES}, media_type=kind)


@sitemaps.get("/sitemap.xml", operation_id="getSitemap", response_class=Response, responses=XML, openapi_extra=MAP)
async def get_sitemap(app: CurrentApp, viewer: Reader) -> Response:
    """The index of the sitemap: where its parts are."""
    return Response(await service.index(app), headers=_kept(viewer, MAP_KEPT), media_type=service.SITEMAP)


@sitemaps.get(
    "/sitemaps/{what}/{number}.xml",
    operation_id="getSitemapPart",
    response_class=Response,
    responses={**XML, **problems(NotFound)},
    openapi_extra=PART,
)
async def get_sitemap_part(
    what: MapKind, number: Annotated[int, Path(ge=1, le=50_000)], app: CurrentApp, viewer: Reader
) -> Response:
    """A part of the sitemap: at most 50,000 pages that everybody may see, videos with what their cards say."""
    pieces = await service.part(app, what, number)
    headers = {"Content-Type": service.SITEMAP, **_kept(viewer, MAP_KEPT)}
    return PiecesResponse(pieces, headers=headers, first=await anext(pieces))


def _kept(viewer: Actor, seconds: int) -> dict[str, str]:
    return {"Cache-Control": "private, no-cache" if viewer.known else f"public, max-age={seconds}"}


def _conditional(request: Request, viewer: Actor, answer: service.Answer) -> Response:
    """The document, or 304 for whoever has it: by its tag, or by its time where no tag is given (RFC 9110, 13.2.2)."""
    headers = {
        "ETag": answer.etag,
        "Last-Modified": format_datetime(answer.updated, usegmt=True),
        **_kept(viewer, FEED_KEPT),
        **FOR_PAGES,
    }
    tags = request.headers.get("if-none-match")
    same = matches(tags, answer.etag) if tags is not None else _is_as_old(request, answer.updated)
    if same:
        return Response(status_code=304, headers=headers)
    return Response(answer.body, headers=headers, media_type=answer.media_type)


def _is_as_old(request: Request, updated: datetime) -> bool:
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    # Written in whole seconds, and without a time zone by some.
    return since.tzinfo is not None and updated.replace(microsecond=0) <= since
