"""Fetch the third-party files of the web app from the npm registry and write them into the package.

Run `python tools/refresh_vendored.py` after changing a version below. It calls `npm pack` (which
checks the registry's integrity hash), copies only the files named here, and rewrites VENDORED.md
with versions, licences and SHA-256 sums; a test compares those sums with the tree.
"""

import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

WEB = Path(__file__).parent.parent / "src" / "socialflow" / "web"
VENDOR = "static/vendor"
ICONS = "templates/icons"
# Redoc fetches its badge from a CDN; the app loads nothing from another host, so the badge is an empty picture.
REDOC_BADGE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
EMPTY_PICTURE = b"data:image/gif;base64,R0lGODlhAQABAAAAACw="
# fmt: off
ICON_NAMES = (
    "activity", "airplay", "at-sign", "badge-check", "ban", "blocks", "book-open", "captions", "cast", "check",
    "chevron-down", "chevron-left", "chevron-right", "circle-alert", "circle-check", "circle-plus",
    "clapperboard", "clock", "compass", "copy", "download", "ellipsis", "eye", "eye-off", "file-video",
    "fingerprint-pattern", "gauge", "globe", "hash", "heart", "history", "hourglass", "house", "image-plus",
    "info", "key-round", "keyboard", "laptop", "link", "list-video", "loader-circle", "lock", "log-in",
    "log-out", "mail", "maximize", "message-circle", "minimize", "monitor", "moon", "pause", "pencil",
    "picture-in-picture-2", "play", "plug", "qr-code", "rectangle-horizontal", "refresh-cw", "repeat", "reply",
    "rotate-ccw", "rotate-cw", "scroll-text", "search", "settings", "share-2", "shield-check", "skip-forward",
    "smartphone", "sun", "tags", "ticket", "trash-2", "triangle-alert", "tv-minimal-play", "upload",
    "user-round", "user-round-check", "user-round-x", "users-round", "video-off", "volume-1", "volume-2",
    "volume-x", "wifi-off", "x",
)
# fmt: on


@dataclass(frozen=True)
class Package:
    """One npm package: what we take from it, as {path inside the package: path in the web folder}."""

    name: str
    version: str
    licence: str
    files: dict[str, str]
    licence_file: str = "LICENSE"
    replace: dict[bytes, bytes] = field(default_factory=dict)


PACKAGES = (
    # The full build: sound is a rendition of its own in our playlists, and the light build has none of that.
    Package("hls.js", "1.7.4", "Apache-2.0", {"dist/hls.min.mjs": f"{VENDOR}/hls.js"}),
    Package("htmx.org", "4.0.1", "0BSD", {"dist/htmx.min.js": f"{VENDOR}/htmx.js"}),
    Package("thumbhash", "0.1.1", "MIT", {"thumbhash.js": f"{VENDOR}/thumbhash.js"}, licence_file="package.json"),
    Package(
        "redoc",
        "2.5.4",
        "MIT",
        {
            "bundles/redoc.standalone.js": f"{VENDOR}/redoc.js",
            "bundles/redoc.standalone.js.LICENSE.txt": f"{VENDOR}/licences/redoc-parts.txt",
        },
        replace={REDOC_BADGE: EMPTY_PICTURE},
    ),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "Apache-2.0",
        {
            "swagger-ui-bundle.js": f"{VENDOR}/swagger-ui.js",
            "swagger-ui.css": f"{VENDOR}/swagger-ui.css",
            "swagger-ui-bundle.js.LICENSE.txt": f"{VENDOR}/licences/swagger-ui-parts.txt",
        },
    ),
    Package(
        "@fontsource-variable/instrument-sans",
        "5.3.0",
        "OFL-1.1",
        {
            "files/instrument-sans-latin-wght-normal.woff2": f"{VENDOR}/instrument-sans-latin.woff2",
            "files/instrument-sans-latin-ext-wght-normal.woff2": f"{VENDOR}/instrument-sans-latin-ext.woff2",
        },
    ),
    Package("lucide-static", "1.62.0", "ISC", {f"icons/{name}.svg": f"{ICONS}/{name}.svg" for name in ICON_NAMES}),
)


def fetch(package: Package, folder: Path) -> Path:
    """Download one package with npm and return the path of its archive."""
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / done.stdout.split()[-1]


def copy(package: Package, archive: Path) -> list[tuple[str, str]]:
    """Write the wanted files and the licence; return (our path, SHA-256) of each."""
    licence = f"{VENDOR}/licences/{package.name.replace('/', '-').lstrip('@')}.txt"
    written = []
    with tarfile.open(archive) as tar:
        for inside, ours in {**package.files, package.licence_file: licence}.items():
            member = tar.extractfile(f"package/{inside}")
            if member is None:
                raise SystemExit(f"{package.name} has no {inside}")
            data = _without_source_map(member.read())
            for old, new in package.replace.items():
                data = data.replace(old, new)
            target = WEB / ours
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            written.append((ours, hashlib.sha256(data).hexdigest()))
    return written


def _without_source_map(data: bytes) -> bytes:
    """Source maps are not shipped, so nothing may point at them."""
    marks = (b"//# sourceMappingURL=", b"/*# sourceMappingURL=")
    return b"\n".join(line for line in data.split(b"\n") if not line.startswith(marks))


def main() -> None:
    """Refresh every vendored file and VENDORED.md."""
    lines = [
        "# Vendored files",
        "",
        "Written by `tools/refresh_vendored.py`; do not edit. Nothing is changed in them, except that references to",
        "source maps are dropped and Redoc's badge, a picture on another host, is replaced by an empty one.",
        "",
        "| file | package | version | licence | SHA-256 |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            for name, digest in copy(package, fetch(package, Path(folder))):
                lines.append(f"| `{name}` | {package.name} | {package.version} | {package.licence} | `{digest}` |")
    (WEB / VENDOR / "VENDORED.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
