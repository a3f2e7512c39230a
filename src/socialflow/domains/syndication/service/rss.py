"""RSS 2.0 with Media RSS, the tags of podcast players, and the pages of RFC 5005.

https://www.rssboard.org/rss-specification, https://www.rssboard.org/media-rss
"""

from email.utils import format_datetime

from socialflow.domains.syndication.service import markup
from socialflow.domains.syndication.service.entries import Entry, Feed
from socialflow.domains.syndication.service.markup import Element, put

MEDIA_TYPE = "application/rss+xml"
HLS = "application/vnd.apple.mpegurl"
# Minutes after which a reader may come again.
TTL = 15
GENERATOR = "Social Flow"


def write(feed: Feed) -> bytes:
    """The document."""
    root = markup.begin("rss", version="2.0")
    channel = put(root, "channel")
    put(channel, "title", feed.title)
    put(channel, "link", feed.home)
    put(channel, "description", feed.about or feed.title)
    put(channel, "lastBuildDate", format_datetime(feed.updated, usegmt=True))
    put(channel, "generator", GENERATOR)
    put(channel, "ttl", TTL)
    for rel, address in (("self", feed.own), ("first", feed.first), ("next", feed.following)):
        if address is not None:
            put(channel, "atom:link", rel=rel, href=address, type=MEDIA_TYPE)
    if feed.icon:
        image = put(channel, "image")
        put(image, "url", feed.icon)
        put(image, "title", feed.title)
        put(image, "link", feed.home)
        put(channel, "itunes:image", href=feed.icon)
    if feed.author:
        put(channel, "itunes:author", feed.author.name)
    put(channel, "itunes:explicit", "true" if any(entry.sensitive for entry in feed.entries) else "false")
    for entry in feed.entries:
        _item(channel, entry)
    return markup.written(root)


def _item(channel: Element, entry: Entry) -> None:
    item = put(channel, "item")
    put(item, "title", entry.title)
    put(item, "link", entry.url)
    put(item, "guid", entry.id, isPermaLink="true")
    put(item, "pubDate", format_datetime(entry.published, usegmt=True))
    put(item, "dc:creator", entry.author.name)
    put(item, "description", entry.html)
    for tag in entry.tags:
        put(item, "category", tag)
    if entry.enclosure:
        put(item, "enclosure", url=entry.enclosure.url, type=entry.enclosure.kind, length=entry.enclosure.size)
    if entry.sensitive:
        put(item, "media:rating", "adult", scheme="urn:simple")
    if entry.duration_ms is not None:
        _video(item, entry)
    else:
        for url, width, height in entry.pictures:
            put(item, "media:content", url=url, medium="image", width=width, height=height)


def _video(item: Element, entry: Entry) -> None:
    seconds = round((entry.duration_ms or 0) / 1000)
    put(item, "itunes:duration", seconds)
    put(item, "itunes:author", entry.author.name)
    put(item, "itunes:explicit", "true" if entry.sensitive else "false")
    group = put(item, "media:group")
    size = {"duration": seconds, "width": entry.width, "height": entry.height}
    if entry.stream:
        put(group, "media:content", url=entry.stream, type=HLS, medium="video", isDefault="true", **size)
    if entry.enclosure:
        file = {"url": entry.enclosure.url, "type": entry.enclosure.kind, "fileSize": entry.enclosure.size or None}
        put(group, "media:content", medium="video", **file, **size)
    put(group, "media:title", entry.title, type="plain")
    put(group, "media:description", entry.text, type="plain")
    put(group, "media:credit", entry.author.name, role="uploader", scheme="urn:ebu")
    for url, width, height in entry.pictures:
        put(group, "media:thumbnail", url=url, width=width, height=height)
        put(item, "itunes:image", href=url)
    if entry.player:
        put(group, "media:player", url=entry.player)
    community = put(group, "media:community")
    put(community, "media:statistics", favorites=entry.likes)
