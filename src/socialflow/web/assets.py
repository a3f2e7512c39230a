"""Static files: read once at start, named by their content, served for ever.

`app.css` is served as `/static/app.3f9c02a1.css`. A file's references to its neighbours
(`import "./api.js"`, `url("../img/x.svg")`) are rewritten to the hashed names before its own hash is
taken, so a change anywhere below changes every name above and no bundler is needed.
"""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response

URL_PREFIX = "/static"
IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
TEXTUAL = {".css", ".js", ".svg"}
REFERENCE = re.compile(r"""(\bfrom\s*|\bimport\s*\(?\s*|\burl\(\s*|\basset\(\s*)(["'])(\.{1,2}/[\w./-]+)\2""")
IMPORT = re.compile(r"""\b(?:from|import)\s*["'](\.{1,2}/[\w./-]+)["']""")
SMALLEST_COMPRESSED = 800
HASH_LENGTH = 10
LOOK_SECONDS = 0.5


class UnknownAsset(LookupError):
    """A template or a file names an asset that is not there."""


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    name: str
    hashed: str
    body: bytes
    media_type: str

    @cached_property
    def gzipped(self) -> bytes | None:
        """The body compressed, or None where that gains nothing."""
        if posixpath.splitext(self.name)[1] not in TEXTUAL or len(self.body) < SMALLEST_COMPRESSED:
            return None
        return gzip.compress(self.body, compresslevel=9, mtime=0)


class Assets:
    """Every static file, by plain and by hashed name; `watched` reads them again after a change."""

    def __init__(self, root: Path, *, watched: bool = False) -> None:
        self._root = root
        self._watched = watched
        self._read()

    def _read(self) -> None:
        self._looked_at = monotonic()
        self._changed_at = self._newest()
        self._by_name: dict[str, Asset] = {}
        self._modules: dict[str, list[str]] = {}
        self._open: list[str] = []
        for name in self._names():
            self._load(name)
        self._by_hash = {asset.hashed: asset for asset in self._by_name.values()}

    def _newest(self) -> int:
        return max((path.stat().st_mtime_ns for path in self._root.rglob("*")), default=0)

    def _look(self) -> None:
        if not self._watched or monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        if self._newest() != self._changed_at:
            self._read()

    def _names(self) -> Iterator[str]:
        for path in sorted(self._root.rglob("*")):
            if path.is_file() and path.suffix in TYPES:
                yield path.relative_to(self._root).as_posix()

    def _load(self, name: str) -> Asset:
        if name in self._by_name:
            return self._by_name[name]
        if name in self._open:
            raise UnknownAsset(f"{' -> '.join([*self._open, name])}: files refer to each other in a circle")
        path = self._root / name
        if not path.is_file():
            raise UnknownAsset(f"{name}, named by {self._open[-1] if self._open else 'a template'}, does not exist")

        stem, suffix = posixpath.splitext(name)
        body = path.read_bytes()
        if suffix in {".css", ".js"} and not name.startswith("vendor/"):
            self._open.append(name)
            body = REFERENCE.sub(lambda found: self._rewrite(name, found), body.decode()).encode()
            self._open.pop()
        digest = hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
        asset = Asset(name, f"{stem}.{digest}{suffix}", body, TYPES[suffix])
        self._by_name[name] = asset
        return asset

    def _rewrite(self, name: str, found: "re.Match[str]") -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[3]))
        return f"{found[1]}{found[2]}{URL_PREFIX}/{self._load(target).hashed}{found[2]}"

    def url(self, name: str) -> str:
        """Address of a file, for templates."""
        self._look()
        try:
            return f"{URL_PREFIX}/{self._by_name[name].hashed}"
        except KeyError:
            raise UnknownAsset(name) from None

    def modules(self, name: str) -> list[str]:
        """Addresses of every module that a module needs at once, itself last: what a page may fetch early."""
        self._look()
        if name not in self._modules:
            found: dict[str, None] = {}
            self._collect(name, found)
            self._modules[name] = [self.url(module) for module in found]
        return self._modules[name]

    def _collect(self, name: str, found: dict[str, None]) -> None:
        if name.startswith("vendor/") or name in found:
            found.setdefault(name)
            return
        for target in IMPORT.findall((self._root / name).read_text(encoding="utf-8")):
            self._collect(posixpath.normpath(posixpath.join(posixpath.dirname(name), target)), found)
        found.setdefault(name)

    def get(self, name: str) -> Asset | None:
        """A file by its plain or hashed name."""
        return self._by_hash.get(name) or self._by_name.get(name)

    def answer(self, name: str, request: Request) -> Response | None:
        """The response for one file: compressed where the client takes it, 304 where it has it."""
        asset = self.get(name)
        if asset is None:
            return None

        headers = {
            "Cache-Control": IMMUTABLE if name == asset.hashed else SHORT,
            "ETag": f'"{asset.hashed}"',
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        body, compressed = asset.body, asset.gzipped
        if compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = compressed
        return Response(body, headers=headers, media_type=asset.media_type)
