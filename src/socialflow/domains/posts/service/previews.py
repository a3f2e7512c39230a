"""Previews of links: what a page says of itself, fetched in a job, through the guarded door, once for everybody."""

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from itertools import islice

from socialflow.domains.posts.events import PreviewWanted
from socialflow.domains.posts.models import Post, PreviewState
from socialflow.domains.posts.queries import previews as queries
from socialflow.kernel import texts
from socialflow.kernel.work import Work

STALE = timedelta(days=7)
UNUSED = timedelta(days=30)
FORGOTTEN_AT_ONCE = 1_000
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_SITE = 300, 1_000, 100
MOST_METAS, LONGEST_META = 200, 4_000
_BODY = re.compile(r"<body[\s>]|</head\s*>", re.IGNORECASE)
_META = re.compile(r"<meta(?=[\s/])", re.IGNORECASE)
_TAG = re.compile(r"""(?:"[^"]*"|'[^']*'|[^'">])*""")
_PAIR = re.compile(r"""([A-Za-z:-]{1,40})\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s"'>]+)""")
_TITLE = re.compile(r"<title(?:\s[^<>]{0,500})?>([^<]{0,2000})", re.IGNORECASE)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Open Graph, Twitter's cards and plain HTML, by what is said best first.
_TITLES = ("og:title", "twitter:title", "title")
_DESCRIPTIONS = ("og:description", "twitter:description", "description")
_SITES = ("og:site_name", "application-name")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of itself, as plain text."""

    title: str
    description: str | None
    site_name: str | None


async def settle(work: Work, post: Post, links: list[str]) -> None:
    """Let a post have the preview of its first link, and have that fetched if nobody has lately."""
    if not links:
        post.preview_id = None
        return
    preview_id, is_wanted = await queries.of_url(work, links[0], work.now - STALE)
    post.preview_id = preview_id
    if is_wanted:
        work.emit(PreviewWanted(preview_id=preview_id))


async def asked(work: Work, preview_id: uuid.UUID) -> str | None:
    """The address of a preview that is wanted; None when nobody wants it any more."""
    preview = await queries.by_id(work.db, preview_id)
    return preview.url if preview is not None else None


async def keep(work: Work, preview_id: uuid.UUID, page: Page | None) -> None:
    """Write down what a page says, or that nothing is to be had of it; what was had before is kept then."""
    preview = await queries.by_id(work.db, preview_id)
    if preview is None:
        return
    preview.fetched_at = work.now
    if page is None:
        preview.state = PreviewState.READY if preview.title else PreviewState.FAILED
        return
    preview.state = PreviewState.READY
    preview.title, preview.description, preview.site_name = page.title, page.description, page.site_name
    work.forget("posts")


async def forget_spare(work: Work) -> int:
    """Forget some previews that no post has any more; returns how many."""
    return await queries.forget_spare(work.db, work.now - UNUSED, FORGOTTEN_AT_ONCE)


def page_of(html: str) -> Page | None:
    """What an HTML page says of itself in its head; None where it has no title. Nothing of it but text is kept.

    Whoever wrote the page may mean harm: every step looks at a bounded piece, and each piece is looked at once.
    """
    said = _said(html)
    title = _first(said, _TITLES, LONGEST_TITLE)
    if title is None:
        return None
    description = _first(said, _DESCRIPTIONS, LONGEST_DESCRIPTION)
    return Page(title, description, _first(said, _SITES, LONGEST_SITE))


def _said(html: str) -> dict[str, str]:
    """What `meta` and `title` say, by name; the first of a name counts."""
    end = _BODY.search(html)
    head = html[: end.start()] if end else html
    said: dict[str, str] = {}
    for start in islice(_META.finditer(head), MOST_METAS):
        tag = _TAG.match(head, start.end(), start.end() + LONGEST_META)
        pairs = [(found[1].lower(), found[2]) for found in _PAIR.finditer(tag[0])] if tag else []
        attributes = {name: unescape(_unquoted(value)) for name, value in reversed(pairs)}
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        if name and attributes.get("content"):
            said.setdefault(name, attributes["content"])
    title = _TITLE.search(head)
    if title:
        said["title"] = unescape(title[1])
    return said


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in {'"', "'"} else value


def _first(said: dict[str, str], names: tuple[str, ...], most: int) -> str | None:
    for name in names:
        if words := texts.clean_line(_TURNING.sub("", said.get(name, ""))):
            return str(words[:most].rstrip())
    return None
