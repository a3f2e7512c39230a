"""Requests, read strictly: what PostgreSQL or JSON cannot hold is refused at the door."""

import ipaddress
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from socialflow.kernel.errors import BadRequest, PreconditionFailed, UnsupportedMediaType
from socialflow.kernel.etags import edition_in

# A name or an address, and a port. https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{0,5}))?")
LARGEST_PORT = 65_535

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class StrictRequest(Request):
    """A request whose JSON is strict: no NaN, no lone surrogates, no NUL, no huge or deep things."""

    async def json(self) -> Any:
        """The body; raises JSONDecodeError for anything that is not plain JSON."""
        if not hasattr(self, "_json"):
            body = await self.body()
            kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json" and not kind.endswith("+json"):
                raise UnsupportedMediaType
            value = orjson.loads(body)
            if b"\\u0000" in body and any("\0" in text for text in _texts(value)):
                raise json.JSONDecodeError("NUL is not text", "", 0)
            self._json = value
        return self._json


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())


def check_target(scope: Scope) -> None:
    """Refuse a path or query with NUL or broken UTF-8 in it, and a Host that is none or several (RFC 9112, 3.2)."""
    query = scope.get("query_string", b"")
    if "\0" in scope["path"] or b"%00" in query or "\N{REPLACEMENT CHARACTER}" in scope["path"]:
        raise BadRequest
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1 or not all(_is_host(host) for host in hosts):
        raise BadRequest


def _is_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value)
    return found is not None and int(found[1] or 0) <= LARGEST_PORT


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Parsed CIDR texts."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def find_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """Who is on the other end: the peer, or what the nearest trusted proxies say about theirs.

    `X-Forwarded-For` is read from the right and only as far as the hops are ours; other headers of
    the kind are not believed at all.
    """
    peer = scope["client"][0] if scope.get("client") else ""
    if not trusted:
        return str(peer)
    # A proxy may add a line of its own instead of prolonging the caller's: all lines are one list (RFC 9110, 5.3).
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    hops = [hop.strip() for line in lines for hop in line.split(",") if hop.strip()]
    address = str(peer)
    while hops and _is_within(address, trusted):
        address = hops.pop()
    return address


def _is_within(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket for both families shows IPv4 callers as ::ffff:192.0.2.1.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed.version == network.version and parsed in network for network in trusted)


def client_address(request: Request) -> str:
    """The caller's address as the edge found it."""
    return str(request.scope.get("client_address", ""))


def require_edition(request: Request, edition: int) -> None:
    """Raise PreconditionFailed when `If-Match` names a state before the last edit, whatever was counted since."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return
    if str(edition) not in {edition_in(tag) for tag in header.split(",")}:
        raise PreconditionFailed


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match or If-Match field names this tag (weak comparison)."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags


def require_match(request: Request, etag: str) -> None:
    """Raise PreconditionFailed when `If-Match` names another state than the present one."""
    header = request.headers.get("if-match")
    if header is not None and not matches(header, etag):
        raise PreconditionFailed
