"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""

from typing import Any

import orjson

from socialflow.domains.syndication.service.entries import Author, Entry, Feed

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def write(feed: Feed) -> bytes:
    """The document."""
    body = {
        "version": VERSION,
        "title": feed.title,
        "description": feed.about or None,
        "home_page_url": feed.home,
        "feed_url": feed.own,
        "next_url": feed.following,
        "icon": feed.icon,
        "authors": [_author(feed.author)] if feed.author else None,
        "items": [_item(entry) for entry in feed.entries],
    }
    return orjson.dumps(_without_nothing(body), option=orjson.OPT_UTC_Z)


def _item(entry: Entry) -> dict[str, Any]:
    return _without_nothing(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.html,
            "content_text": entry.text,
            "image": entry.pictures[0][0] if entry.pictures else None,
            "date_published": entry.published,
            "date_modified": entry.updated,
            "authors": [_author(entry.author)],
            "tags": list(entry.tags) or None,
            "language": entry.language,
            "attachments": _attachments(entry) or None,
        }
    )


def _attachments(entry: Entry) -> list[dict[str, Any]]:
    if entry.enclosure is None:
        return []
    file = {
        "url": entry.enclosure.url,
        "mime_type": entry.enclosure.kind,
        "size_in_bytes": entry.enclosure.size or None,
        "duration_in_seconds": round((entry.duration_ms or 0) / 1000),
    }
    return [_without_nothing(file)]


def _author(author: Author) -> dict[str, str]:
    return {"name": author.name, "url": author.url}


def _without_nothing(body: dict[str, Any]) -> dict[str, Any]:
    """The format knows no null: what is not there is left out."""
    return {key: value for key, value in body.items() if value is not None}
