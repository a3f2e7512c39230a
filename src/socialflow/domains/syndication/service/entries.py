"""A feed and its entries, of whatever format: made of what the API tells nobody in particular."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from socialflow.domains.syndication.service import markup

LONGEST_TITLE = 80
MP4 = "video/mp4"


@dataclass(frozen=True, slots=True)
class Author:
    """Who has made something."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an entry; `size` in bytes, 0 where it is not known."""

    url: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A video or a post."""

    id: str
    url: str
    title: str
    html: str
    text: str
    author: Author
    published: datetime
    updated: datetime
    tags: Sequence[str] = ()
    language: str | None = None
    sensitive: bool = False
    # An address, its width and height.
    pictures: Sequence[tuple[str, int | None, int | None]] = ()
    # Of videos.
    duration_ms: int | None = None
    stream: str | None = None
    player: str | None = None
    width: int | None = None
    height: int | None = None
    likes: int | None = None
    enclosure: Enclosure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A page of a feed."""

    id: str
    title: str
    about: str
    home: str
    own: str
    first: str
    following: str | None
    author: Author | None
    icon: str | None
    updated: datetime
    entries: Sequence[Entry] = field(default_factory=tuple)


def video_entry(site: str, video: Mapping[str, Any], facts: Mapping[str, Any], *, offered: bool) -> Entry:
    """Of a `VideoRead`. `offered` is whether this installation lets people download at all."""
    playback = video["playback"] or {}
    poster = playback.get("poster")
    shown = markup.whole(site, poster) if poster else None
    url = f"{site}/watch/{video['id']}"
    size = (playback.get("width"), playback.get("height"))
    frame = None if video["embeddable_on"] == [] else f"{site}/embed/{video['id']}"
    parts = [markup.picture(shown, video["title"], *size)] if shown else []
    return Entry(
        id=url,
        url=url,
        title=video["title"],
        html=str(Markup("").join([*parts, markup.paragraphs(video["description"])])),
        text=video["description"],
        author=author_of(site, video["channel"]),
        published=datetime.fromisoformat(video["published_at"]),
        updated=max(facts["updated_at"], datetime.fromisoformat(video["published_at"])),
        tags=video["tags"],
        sensitive=video["mark"] != "none",
        pictures=[(shown, *size)] if shown else (),
        duration_ms=video["duration_ms"],
        stream=_stream(site, playback),
        player=frame,
        width=size[0],
        height=size[1],
        likes=video["like_count"],
        enclosure=_enclosure(site, video, facts, offered=offered),
    )


def _stream(site: str, playback: Mapping[str, Any]) -> str | None:
    """A stream that anybody may play for as long as it is there: no signature that ends."""
    if not playback or playback["protection"] is not None or playback["expires_at"] is not None:
        return None
    return markup.whole(site, playback["hls_url"])


def _enclosure(site: str, video: Mapping[str, Any], facts: Mapping[str, Any], *, offered: bool) -> Enclosure | None:
    """The video as one file, where people may have it."""
    playback = video["playback"]
    if not (offered and video["allow_download"] and video["state"] == "ready" and playback):
        return None
    if playback["protection"] is not None:
        return None
    return Enclosure(f"{site}/api/v1/videos/{video['id']}/download?ready=true", MP4, int(facts["size"] or 0))


def post_entry(site: str, post: Mapping[str, Any]) -> Entry:
    """Of a `PostRead` that is available."""
    url = f"{site}/post/{post['id']}"
    seen = [photo for photo in post["photos"] if photo["url"]]
    pictures = [(markup.whole(site, photo["url"]), photo["width"], photo["height"]) for photo in seen]
    parts = [markup.faceted(post["text"], post["facets"], site)]
    parts += [markup.picture(url, photo["alt"], *size) for (url, *size), photo in zip(pictures, seen, strict=True)]
    parts += _quoted(site, post["quote"])
    said = datetime.fromisoformat(post["published_at"])
    return Entry(
        id=url,
        url=url,
        title=title_of(post),
        html=str(Markup("").join(parts)),
        text=post["text"],
        author=author_of(site, post["author"]),
        published=said,
        updated=datetime.fromisoformat(post["edited_at"]) if post["edited_at"] else said,
        tags=list(dict.fromkeys(facet["tag"] for facet in post["facets"] if facet["kind"] == "hashtag")),
        language=post["language"],
        sensitive=post["mark"] != "none",
        pictures=pictures,
    )


def _quoted(site: str, quote_of: Mapping[str, Any] | None) -> list[Markup]:
    if quote_of is None or quote_of["state"] != "shown":
        return []
    place = f"post/{quote_of['post_id']}" if quote_of["kind"] == "post" else f"watch/{quote_of['video_id']}"
    words = quote_of["text"] or quote_of["title"] or ""
    said = Markup('<blockquote cite="{}"><p>{}</p><p><a href="{}">{}</a></p></blockquote>')
    url = f"{site}/{place}"
    return [said.format(url, markup.broken(words), url, quote_of["author"]["display_name"])]


def title_of(post: Mapping[str, Any]) -> str:
    """A name for what has none: how it begins, unless that is nothing to be shown unasked."""
    if post["mark"] != "none":
        return f"A post by {post['author']['display_name']}, marked as {post['mark']}"
    line = " ".join(post["text"].split())
    if not line:
        return f"A post by {post['author']['display_name']}"
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def author_of(site: str, channel: Mapping[str, Any]) -> Author:
    """Of a `ChannelCard`."""
    return Author(channel["display_name"], f"{site}/@{channel['handle']}")


def tag_page(site: str, kind: str, tag: str) -> str:
    """The page of a tag of videos, or of a hashtag of posts."""
    return f"{site}/{'tag' if kind == 'videos' else 'tags'}/{quote(tag, safe='')}"
