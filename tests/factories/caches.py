"""A shared cache over HTTP that keeps whatever it may, until it is told to forget: what Varnish does, in small."""

import json
from dataclasses import dataclass, field

import httpx2
from starlette.types import Receive, Scope, Send

TOKEN = "a token of the cache"


@dataclass
class SharedCache:
    """An ASGI application before an origin. PURGE forgets below a path, BAN what bears a mark."""

    origin: httpx2.AsyncClient
    kept: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    broken: int = 0
    orders: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one request."""
        path, method = scope["path"], scope["method"]
        if method == "GET":
            status, headers, body = await self._get(path)
        else:
            given = {name.decode(): value.decode() for name, value in scope["headers"]}
            status, headers, body = self._order(method, path, given), {}, b"{}"
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def _get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path not in self.kept:
            answer = await self.origin.get(path)
            names = ("content-type", "cache-control", "surrogate-key", "content-length")
            headers = {name: answer.headers[name] for name in names if name in answer.headers}
            found = (answer.status_code, headers, answer.content)
            if not headers.get("cache-control", "").startswith("public"):
                return found
            self.kept[path] = found
        return self.kept[path]

    def _order(self, method: str, path: str, headers: dict[str, str]) -> int:
        self.orders.append((method, path))
        if self.broken:
            return self.broken
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 403
        mark = headers.get("surrogate-key", "")
        gone = [
            key
            for key, (_, said, _) in self.kept.items()
            if (key.startswith(path) if method == "PURGE" else mark and said.get("surrogate-key") == mark)
        ]
        for key in gone:
            del self.kept[key]
        return 200 if gone else 404


async def serve_marked(scope: Scope, receive: Receive, send: Send) -> None:
    """An origin of which everything below `/media/<mark>/` bears that mark."""
    mark = scope["path"].split("/")[2]
    headers = [(b"cache-control", b"public, max-age=86400"), (b"surrogate-key", mark.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(scope["path"]).encode()})
