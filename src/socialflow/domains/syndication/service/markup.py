"""XML and HTML made of people's words, by writers that know what must be escaped."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

# What XML 1.0 cannot hold, escaped or not. https://www.w3.org/TR/xml/#charsets
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINES = re.compile(r"\r\n?|\n")

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
}
for _prefix, _name in NAMESPACES.items():
    ET.register_namespace(_prefix, _name)

Element = ET.Element


def named(name: str) -> str:
    """`media:title` as the writer wants it."""
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local


def begin(name: str, **attributes: str) -> Element:
    """A document's first element."""
    return Element(named(name), attributes)


def put(parent: Element, name: str, value: Any = None, **attributes: Any) -> Element:
    """An element below another, with a text; attributes that are None are left out. `_` behind a name is dropped."""
    given = {key.rstrip("_"): writable(str(each)) for key, each in attributes.items() if each is not None}
    made = ET.SubElement(parent, named(name), given)
    if value is not None:
        made.text = writable(str(value))
    return made


def written(root: Element) -> bytes:
    """The document."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + fragment(root)


def fragment(root: Element) -> bytes:
    """An element without a declaration."""
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return text


def writable(text: str) -> str:
    """Without the letters that XML has no way to write."""
    return _UNWRITABLE.sub("", text)


def paragraphs(text: str) -> Markup:
    """Plain text as HTML: escaped, lines kept."""
    return Markup("<p>{}</p>").format(broken(text)) if text.strip() else Markup("")


def broken(text: str) -> Markup:
    """Plain text within a paragraph."""
    return Markup("<br>").join(escape(line) for line in _LINES.split(text))


def faceted(text: str, facets: Sequence[Mapping[str, Any]], site: str) -> Markup:
    """A post's text as HTML for a page of another site: links are whole addresses. Offsets count UTF-16 code units."""
    units = text.encode("utf-16-le", "surrogatepass")
    parts, at = [], 0
    for facet in facets:
        start, end = 2 * facet["start"], 2 * facet["end"]
        if not at <= start < end <= len(units):
            continue
        words = _decoded(units[start:end])
        parts += [broken(_decoded(units[at:start])), _linked(words, facet, site)]
        at = end
    inner = Markup("").join([*parts, broken(_decoded(units[at:]))])
    return Markup("<p>{}</p>").format(inner) if text.strip() else Markup("")


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")


def _linked(words: str, facet: Mapping[str, Any], site: str) -> Markup:
    target = {
        "mention": f"{site}/{words}",
        "hashtag": f"{site}/tags/{facet['tag']}",
        "link": facet["url"],
    }[facet["kind"]]
    return Markup('<a href="{}" rel="nofollow ugc noopener">{}</a>').format(target, words)


def picture(address: str, alt: str, width: int | None = None, height: int | None = None) -> Markup:
    """An image as HTML."""
    size = Markup(' width="{}" height="{}"').format(width, height) if width and height else Markup("")
    return Markup('<p><img src="{}" alt="{}"{}></p>').format(address, alt, size)


def whole(site: str, address: str) -> str:
    """An address of ours with the host in front; one that has a host already stays."""
    return urljoin(f"{site}/", address)
