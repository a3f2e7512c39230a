"""Atom (RFC 4287) with Media RSS and the pages of RFC 5005."""

from datetime import UTC, datetime

from socialflow.domains.syndication.service import markup
from socialflow.domains.syndication.service.entries import Author, Entry, Feed
from socialflow.domains.syndication.service.markup import Element, put
from socialflow.domains.syndication.service.rss import GENERATOR, HLS

MEDIA_TYPE = "application/atom+xml"


def write(feed: Feed) -> bytes:
    """The document."""
    root = markup.begin("atom:feed")
    put(root, "atom:id", feed.id)
    put(root, "atom:title", feed.title)
    if feed.about:
        put(root, "atom:subtitle", feed.about)
    put(root, "atom:updated", _time(feed.updated))
    put(root, "atom:generator", GENERATOR)
    put(root, "atom:link", rel="alternate", type="text/html", href=feed.home)
    for rel, address in (("self", feed.own), ("first", feed.first), ("next", feed.following)):
        if address is not None:
            put(root, "atom:link", rel=rel, type=MEDIA_TYPE, href=address)
    if feed.icon:
        put(root, "atom:icon", feed.icon)
    if feed.author:
        _author(root, feed.author)
    for entry in feed.entries:
        _entry(root, entry)
    return markup.written(root)


def _entry(root: Element, entry: Entry) -> None:
    made = put(root, "atom:entry")
    put(made, "atom:id", entry.id)
    put(made, "atom:title", entry.title)
    put(made, "atom:link", rel="alternate", type="text/html", href=entry.url)
    put(made, "atom:published", _time(entry.published))
    put(made, "atom:updated", _time(entry.updated))
    _author(made, entry.author)
    for tag in entry.tags:
        put(made, "atom:category", term=tag)
    content = put(made, "atom:content", entry.html, type="html")
    if entry.language:
        content.set("{http://www.w3.org/XML/1998/namespace}lang", entry.language)
    if entry.enclosure:
        size = entry.enclosure.size or None
        put(made, "atom:link", rel="enclosure", type=entry.enclosure.kind, href=entry.enclosure.url, length=size)
    if entry.stream:
        put(made, "media:content", url=entry.stream, type=HLS, medium="video", width=entry.width, height=entry.height)
    for url, width, height in entry.pictures:
        put(made, "media:thumbnail", url=url, width=width, height=height)
    if entry.sensitive:
        put(made, "media:rating", "adult", scheme="urn:simple")


def _author(parent: Element, author: Author) -> None:
    made = put(parent, "atom:author")
    put(made, "atom:name", author.name)
    put(made, "atom:uri", author.url)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
