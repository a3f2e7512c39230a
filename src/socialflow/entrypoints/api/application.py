"""The application: which routers stand where, and what surrounds them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from socialflow import web
from socialflow.domains.accounts import api as accounts
from socialflow.domains.analytics import api as analytics
from socialflow.domains.channels import api as channels
from socialflow.domains.engagement import api as engagement
from socialflow.domains.feed import api as feed
from socialflow.domains.media import api as media
from socialflow.domains.posts import api as posts
from socialflow.domains.search import api as search
from socialflow.domains.shelves import api as shelves
from socialflow.domains.social import api as social
from socialflow.domains.syndication import api as syndication
from socialflow.domains.videos import api as videos
from socialflow.domains.videos import service as video_service
from socialflow.entrypoints.api import csrf, openapi, probes
from socialflow.entrypoints.api.events import events
from socialflow.entrypoints.api.instance import instance
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import housekeeping, tasks
from socialflow.kernel.config import Settings
from socialflow.kernel.limits import Limiter
from socialflow.kernel.web import details
from socialflow.kernel.web.edge import Edge
from socialflow.kernel.web.streams import Streams
from socialflow.kernel.work import ANONYMOUS, Actor, App

PREFIX = "/api/v1"
GRANTS_COOKIE = "sf_grants"
Opener = Callable[[Settings], AbstractAsyncContextManager[App]]
# These answer with bytes that are compressed already, and stream what they are sent.
STREAMING = (f"{PREFIX}/uploads", "/media/")
SMALLEST_COMPRESSED = 1_024
# In the order of the documentation.
ROUTERS = (
    channels.sign_up,
    accounts.auth,
    accounts.lost,
    accounts.people,
    accounts.own_activity,
    accounts.sessions,
    accounts.tokens,
    accounts.passwords,
    accounts.own_password,
    accounts.addresses,
    accounts.own_address,
    accounts.steps,
    accounts.factors,
    accounts.own_sign_up,
    accounts.privacy,
    accounts.returning,
    accounts.federation,
    accounts.connections,
    accounts.apps,
    accounts.consent,
    accounts.apps_admin,
    channels.profiles,
    channels.teams,
    media.states,
    media.direct_uploads,
    media.imports,
    media.own_jobs,
    media.protocol,
    videos.videos,
    videos.sources,
    videos.downloads,
    videos.captions,
    videos.chapters,
    videos.extras,
    videos.edits,
    videos.playback,
    videos.protection,
    videos.access,
    social.follows,
    social.requests,
    social.aside,
    social.lists,
    social.transfer,
    posts.posts,
    posts.threads,
    posts.reposts,
    posts.tags,
    posts.settings,
    posts.curating,
    engagement.likes,
    engagement.reactions,
    engagement.comments,
    engagement.curating,
    engagement.rules,
    shelves.playlists,
    shelves.items,
    shelves.collaborators,
    shelves.later,
    shelves.saves,
    shelves.history,
    shelves.watching,
    analytics.quality,
    feed.feed,
    search.search,
    events,
    instance,
    accounts.admin,
    accounts.sign_up_admin,
    media.admin,
    videos.admin,
    channels.admin,
    engagement.admin,
    shelves.admin,
)


def build(settings: Settings, *, opener: Opener = open_app) -> FastAPI:
    """The API with the web app beside it; `opener` makes the App that it serves."""

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        async with opener(settings) as app:
            api.state.app = app
            api.state.limiter = Limiter(app.redis)
            api.state.streams = Streams()
            beside = {asyncio.create_task(app.cache.follow(app.signals), name="cache")}
            if settings.observability.metrics_port is not None:
                beside.add(asyncio.create_task(housekeeping.keep_measuring(app), name="gauges"))
            try:
                yield
            finally:
                await tasks.end(*beside)

    api = FastAPI(
        title="Social Flow",
        version=openapi.VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    api.state.authenticate = authenticate
    # Set when the end has begun: readiness goes first, and endless answers end.
    api.state.draining = asyncio.Event()
    details.install(api)
    # Before all others: routers are asked in turn, and files are what is asked for most.
    api.include_router(media.delivery)
    for router in ROUTERS:
        api.include_router(router, prefix=PREFIX)
    api.include_router(accounts.well_known)
    api.include_router(accounts.protocol)
    api.include_router(media.keys)
    api.include_router(media.originals)
    api.include_router(syndication.feeds)
    api.include_router(syndication.sitemaps)
    probes.install(api)
    openapi.install(api, f"{PREFIX}/openapi.json")
    web.mount(api, settings)
    _surround(api, settings)
    return api


async def authenticate(request: Request) -> Actor:
    """Who asks; a change made with the cookie must come from a page of ours."""
    actor = await accounts.authenticate(request)
    if actor is None:
        actor = ANONYMOUS
    elif "authorization" not in request.headers:
        csrf.check(request, actor)
    return _with_grants(request, actor)


def _with_grants(request: Request, actor: Actor) -> Actor:
    """Whoever asks, with what they have unlocked: by the header of apps, or the cookie of our own pages."""
    given = request.headers.get("video-grants") or request.cookies.get(GRANTS_COOKIE)
    if not given:
        return actor
    app: App = request.app.state.app
    grants = video_service.read_grants(app.keys, given, app.clock())
    return replace(actor, grants=grants) if grants else actor


def _surround(api: FastAPI, settings: Settings) -> None:
    api.add_middleware(Compressed)
    if settings.http.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.http.cors_origins),
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["*"],
            allow_credentials=False,
            max_age=600,
        )
    api.add_middleware(Edge, settings=settings, unbounded=(f"{PREFIX}/uploads",), draining=api.state.draining)


class Compressed:
    """gzip for text; media is compressed already and uploads have nothing to say."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._gzip = GZipMiddleware(app, minimum_size=SMALLEST_COMPRESSED, compresslevel=4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        streams = scope["type"] == "http" and (path.startswith(STREAMING) or path.endswith("/download"))
        chosen: Callable[[Scope, Receive, Send], Awaitable[None]] = self._plain if streams else self._gzip
        await chosen(scope, receive, send)
