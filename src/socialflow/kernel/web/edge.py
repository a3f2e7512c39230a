"""The edge: what every request passes first and every answer last, as one plain ASGI layer."""

import asyncio
import re
import time
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from socialflow.kernel import faults, ids, logs, metrics, origin
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import BadRequest, InternalError, Problem, RequestTimeout, TooLarge
from socialflow.kernel.web.details import problem_response
from socialflow.kernel.web.requests import check_target, find_address, networks

REQUEST_ID = re.compile(r"[A-Za-z0-9_.\-]{8,64}")
QUIET = {"/livez", "/readyz", "/startupz"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Digits of a Content-Length; nobody has a longer body.
LONGEST_LENGTH = 18
# A part of a path that begins with a tilde is a token: whoever reads the log must not be able to use it.
TOKEN_IN_PATH = re.compile("/~[^/]*")
LONGEST_PATH = 200
API_CSP = "default-src 'none'; frame-ancestors 'none'"

log = logs.named("socialflow.access")


class Edge:
    """Request ids, caller's address, body limit, security headers, bugs, access log and metrics.

    `unbounded` are path prefixes whose bodies are streamed and bounded by their own routes. Once
    `draining` is set, every answer asks its client to come back by a new connection.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        *,
        unbounded: tuple[str, ...] = (),
        draining: asyncio.Event | None = None,
    ) -> None:
        self.app = app
        self.draining = draining or asyncio.Event()
        self.largest = settings.http.max_body_bytes
        self.body_seconds = settings.http.body_timeout_seconds
        self.unbounded = unbounded
        self.trusted = networks(settings.http.trusted_proxies)
        self.headers = _security_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        scope["request_id"] = given if REQUEST_ID.fullmatch(given) else ids.show("req", ids.new())
        scope["client_address"] = find_address(scope, self.trusted)
        answer = _Answer(scope, send, {**self.headers, "X-Request-Id": scope["request_id"]}, self.draining)
        caller = origin.bound(scope["client_address"], headers.get("user-agent", ""))
        with logs.bound(request_id=scope["request_id"]), caller:
            try:
                with metrics.IN_FLIGHT.track_inprogress():
                    await self._serve(scope, receive, answer)
                _point(scope, "after_reply")
            finally:
                self._note(scope, answer.status, time.perf_counter() - started)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            check_target(scope)
            limited = self._limited(scope, receive)
        except Problem as problem:
            await problem_response(problem, scope["request_id"])(scope, receive, answer.send)
            return
        try:
            await self.app(scope, limited, answer.send)
        except Exception:
            log.exception("unhandled", path=_path(scope))
            # After the first byte nothing true can be said any more: the server breaks the connection off.
            if not answer.begun:
                await problem_response(InternalError(), scope["request_id"])(scope, receive, answer.send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        if scope["path"].startswith(self.unbounded):
            return receive
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal():
            raise BadRequest
        if len(declared) > LONGEST_LENGTH or int(declared) > self.largest:
            raise TooLarge
        got, whole, until = 0, False, asyncio.get_running_loop().time() + self.body_seconds

        async def counted() -> Message:
            nonlocal got, whole
            try:
                # After the body only the end of the connection is waited for, and that may be long.
                async with asyncio.timeout_at(None if whole else until):
                    message = await receive()
            except TimeoutError:
                raise RequestTimeout(headers={"Connection": "close"}) from None
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if got > self.largest:
                raise TooLarge
            return message

        return counted

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", None) or "unmatched"
        method = scope["method"] if scope["method"] in METHODS else "other"
        metrics.REQUESTS.labels(method, route, status).observe(seconds)
        if scope["path"] not in QUIET:
            log.info("request", method=scope["method"], path=_path(scope), status=status, ms=round(seconds * 1000, 1))


class _Answer:
    """Adds our headers to an answer, without replacing what a route has said itself."""

    def __init__(self, scope: Scope, send: Send, headers: Mapping[str, str], draining: asyncio.Event) -> None:
        self._scope = scope
        self._send = send
        self._headers = headers
        self._draining = draining
        self.begun = False
        self.status = 499

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            _point(self._scope, "after_commit")
            self.begun = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                # Where a page says by itself who may frame it, the older header would say otherwise.
                if name != "X-Frame-Options" or not _is_framed(headers):
                    headers.setdefault(name, value)
            if self._draining.is_set():
                headers["Connection"] = "close"
        await self._send(message)


def _is_framed(headers: MutableHeaders) -> bool:
    policy = headers.get("content-security-policy", "")
    return "frame-ancestors " in policy and "frame-ancestors 'none'" not in policy


def _path(scope: Scope) -> str:
    return TOKEN_IN_PATH.sub(f"/~{logs.HIDDEN}", scope["path"])[:LONGEST_PATH]


def _point(scope: Scope, moment: str) -> None:
    faults.point(f"{getattr(scope.get('route'), 'operation_id', None)}.{moment}")


def _security_headers(settings: Settings) -> dict[str, str]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=()",
        "Content-Security-Policy": API_CSP,
    }
    if settings.http.hsts and settings.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
