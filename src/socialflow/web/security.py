"""What a page may do in a browser, said in headers, and which posts are believed to come from our own pages."""

from urllib.parse import urlsplit

from starlette.requests import Request

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
}


def policy(**changes: str) -> str:
    """The Content-Security-Policy of a page; `style_src="..."` replaces one directive."""
    changed = _POLICY | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in changed.items())


def with_files_of(origin: str) -> str:
    """The policy of a page that shows films and pictures of another origin, too."""
    changed = {name: f"{_POLICY[name]} {origin}" for name in ("img-src", "media-src", "connect-src")}
    return policy(**changed)


PAGE_POLICY = policy()
# Redoc and Swagger UI make <style> elements at run time; these two pages show no one else's text.
DOCS_POLICY = policy(style_src="'self' 'unsafe-inline'")

PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def is_same_origin(request: Request, public_url: str) -> bool:
    """Whether a post was made by one of our own pages, as the browser itself says.

    Every browser sends `Origin` with a post, most send `Sec-Fetch-Site`; neither can be forged by a
    page of another site. A request that carries neither is not believed.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"

    # Nothing of a stranger's is parsed: an origin is a scheme and a host, or it is not ours.
    host = request.headers.get("origin", "").partition("://")[2]
    return host != "" and host in {urlsplit(public_url).netloc, request.headers.get("host")}


def says_nothing(request: Request) -> bool:
    """Whether a post does not tell where it was made, as from a page that asks its browser to be silent."""
    return "sec-fetch-site" not in request.headers and request.headers.get("origin", "null") == "null"


def safe_next(target: str | None, fallback: str = "/") -> str:
    """Where to go after a log-in: a path of this site, never an address of another."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return fallback
    if any(ord(letter) < 0x20 or letter == "\\" for letter in target):
        return fallback
    return target
