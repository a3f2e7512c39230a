"""The Route: limits, idempotency, entity tags and bytes out, the same for every endpoint."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, cast

from fastapi import APIRouter
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from socialflow.kernel import faults, idempotency, limits
from socialflow.kernel.cache import Shared
from socialflow.kernel.etags import etag_of
from socialflow.kernel.idempotency import Answer, Claim
from socialflow.kernel.limits import Rate, Verdict
from socialflow.kernel.web.auth import authenticated
from socialflow.kernel.web.requests import StrictRequest, client_address, matches
from socialflow.kernel.work import Actor, App, Work

READ_POINTS = 1
WRITE_POINTS = 5
SAFE = {"GET", "HEAD", "OPTIONS"}
# What is about accounts and credentials is kept by no browser either; of what one likes it may remember.
SENSITIVE, HARMLESS = ("/me", "/auth", "/admin"), ("/me/marks",)
JSON = "application/json"
# What of an answer's headers is part of it, and comes again with it.
KEPT_HEADERS = {"content-type", "location", "set-cookie", "etag"}

_claim: ContextVar[tuple[App, Claim] | None] = ContextVar("idempotency_claim", default=None)
_operation: ContextVar[str | None] = ContextVar("operation", default=None)


class Route(APIRoute):
    """An endpoint of the API."""

    reads: str | None = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = dict(options.pop("openapi_extra", None) or {})
        methods = set(options.get("methods") or {"GET"})
        extra.setdefault("x-points", READ_POINTS if methods <= SAFE else WRITE_POINTS)
        if methods <= SAFE and self.reads is not None:
            extra.setdefault("x-visibility", self.reads)
        extra.setdefault("x-idempotent", methods != {"POST"} or "work" in inspect.signature(endpoint).parameters)
        self.points: int = extra["x-points"]
        self.takes_keys: bool = methods == {"POST"} and extra["x-idempotent"]
        # What every path of this route contains, whatever is put before it.
        self.stem = path.partition("{")[0]
        self._is_sensitive = path.startswith(SENSITIVE) and not path.startswith(HARMLESS)
        super().__init__(path, _bytes_out(endpoint, options), openapi_extra=extra, **options)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As the framework, after a look that refuses most paths without its machinery."""
        if self.stem not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler between our first and last words."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            actor = await authenticated(strict)
            verdict = await self._limit(strict, actor)
            marker = _claim.set(await self._claimed(strict, actor))
            try:
                response = await inner(strict)
            finally:
                _claim.reset(marker)
            if self._is_sensitive:
                response.headers["Cache-Control"] = "no-store"
            return _finished(strict, response, actor, verdict)

        return handle

    async def _limit(self, request: Request, actor: Actor) -> Verdict | None:
        app = cast("App", request.app.state.app)
        settings = app.settings.limits
        if not settings.enabled:
            return None

        limiter: limits.Limiter = request.app.state.limiter
        rate = Rate.parse(settings.account).times(actor.rate) if actor.known else Rate.parse(settings.anonymous)
        key = str(actor.id) if actor.known else limits.address_key(client_address(request))
        if request.method in SAFE:
            # Reads are counted by this process alone: a shared count would cost more than the read.
            verdict = limiter.local.take(f"read:{key}", rate, self.points)
        else:
            verdict = await limiter.take("write", key, rate, self.points)
        limits.refuse("account" if actor.known else "anonymous", verdict)
        return verdict

    async def _claimed(self, request: Request, actor: Actor) -> tuple[App, Claim] | None:
        key = request.headers.get("idempotency-key")
        if key is None or not self.takes_keys:
            return None
        idempotency.check_key(key)
        target = f"{request.url.path}?{request.url.query}"
        claim = Claim(str(actor.id or "anonymous"), self.path_format, key, target, await request.body())
        return cast("App", request.app.state.app), claim


def shows(what: str) -> dict[str, Any]:
    """The part of `openapi_extra` that says whose things a read shows, and so by which rule: see the leak matrix."""
    return {"x-visibility": what}


class Router(APIRouter):
    """A domain's router: a look at it as a whole, since the framework takes longer over each route than most reads."""

    _stems: frozenset[str] = frozenset()
    _looked_at = 0

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As the framework, after a look that refuses the paths of all other domains at once."""
        if self._looked_at != len(self.routes):
            self._stems = frozenset(route.stem if isinstance(route, Route) else "" for route in self.routes)
            self._looked_at = len(self.routes)
        path = scope["path"]
        if not any(stem in path for stem in self._stems):
            return Match.NONE, {}
        return super().matches(scope)


def router(tag: str, *, reads: str | None = None, **options: Any) -> APIRouter:
    """A domain's router; its operations carry one tag. `reads` is what its reads show that do not say it themselves."""
    kind: type[Route] = type("Route", (Route,), {"reads": reads}) if reads else Route
    return Router(tags=[tag], route_class=kind, redirect_slashes=False, **options)


def shared_response(shared: Shared, viewer: Actor) -> Response:
    """An answer from the cache of shared ones; with what is kept here it is two seconds old at most."""
    headers = {"ETag": shared.etag}
    if not viewer.known and not viewer.grants:
        headers["Cache-Control"] = "public, max-age=1"
    return Response(shared.body, headers=headers, media_type=JSON)


def _bytes_out(endpoint: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Awaitable[Any]]:
    """Wrap an endpoint so that it answers with bytes and keeps its answer under an idempotency key."""
    model = options.get("response_model")
    status = options.get("status_code") or 200
    adapter = None if model is None or isinstance(model, DefaultPlaceholder) else TypeAdapter[Any](model)

    def respond(result: Any) -> Response:
        if isinstance(result, Response):
            return result
        if isinstance(result, bytes):
            return Response(result, status, media_type=JSON)
        if adapter is None:
            if result is not None:
                raise TypeError(f"{options.get('operation_id')} has no response_model for what it answers")
            return Response(b"", status)
        return Response(
            adapter.dump_json(adapter.validate_python(result, from_attributes=True)), status, media_type=JSON
        )

    @functools.wraps(endpoint)
    async def answering(*args: Any, **kwargs: Any) -> Response:
        _operation.set(options.get("operation_id"))
        work = next((value for value in kwargs.values() if isinstance(value, Work)), None)
        claimed = _claim.get()
        if work is None or claimed is None:
            response = respond(await endpoint(*args, **kwargs))
        else:
            response = await _once(work, *claimed, lambda: _responded(respond, endpoint(*args, **kwargs)))
        _about_to_commit()
        return response

    return answering


async def answered_before(app: App, actor: Actor) -> Response | None:
    """The first answer under this request's idempotency key; nothing is held while one goes on without it."""
    claimed = _claim.get()
    if claimed is None:
        return None
    async with app.work(actor) as work:
        before = await idempotency.begin(work.db, app.keys, claimed[1])
    return _replayed(before) if before is not None else None


async def once(app: App, actor: Actor, act: Callable[[Work], Awaitable[Response]]) -> Response:
    """`act` in a Work of its own, and its answer kept there under the request's idempotency key.

    For endpoints that have something long to do before their Work; they say `"x-idempotent": True`.
    """
    async with app.work(actor) as work:
        claimed = _claim.get()
        response = await (act(work) if claimed is None else _once(work, *claimed, lambda: act(work)))
        _about_to_commit()
        return response


def _about_to_commit() -> None:
    """Where `<operationId>.before_commit` strikes: once in a request, in the Work that it is about."""
    operation = _operation.get()
    if operation is not None:
        _operation.set(None)
        faults.point(f"{operation}.before_commit")


async def _responded(respond: Callable[[Any], Response], result: Awaitable[Any]) -> Response:
    return respond(await result)


async def _once(work: Work, app: App, claim: Claim, act: Callable[[], Awaitable[Response]]) -> Response:
    before = await idempotency.begin(work.db, app.keys, claim)
    if before is not None:
        return _replayed(before)
    response = await act()
    await work.db.flush()
    headers = [(name, value) for name, value in response.headers.items() if name in KEPT_HEADERS]
    await idempotency.finish(work.db, app.keys, claim, Answer(response.status_code, headers, bytes(response.body)))
    return response


def _replayed(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, {"Idempotency-Replayed": "true"})
    for name, value in answer.headers:
        response.headers.append(name, value)
    return response


def _finished(request: Request, response: Response, actor: Actor, verdict: Verdict | None) -> Response:
    headers = response.headers
    if verdict is not None:
        headers.update(verdict.headers())
    if request.method not in SAFE:
        headers.setdefault("Cache-Control", "no-store")
        return response

    # `Cookie` and `Authorization` decide who is asking: a shared cache must not mix the answers.
    own = actor.known or actor.grants
    headers.setdefault("Cache-Control", "private, no-cache" if own else "public, max-age=2")
    headers.add_vary_header("Authorization, Cookie, Video-Grants")
    if response.status_code == 200 and hasattr(response, "body") and response.media_type == JSON:
        etag = headers.get("ETag") or etag_of(bytes(response.body))
        headers["ETag"] = etag
        if matches(request.headers.get("if-none-match", ""), etag):
            return Response(
                status_code=304,
                headers={k: v for k, v in headers.items() if k not in ("content-length", "content-type")},
            )
    return response
