"""oEmbed: how another page can show a video or a post. https://oembed.com."""

import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson
from markupsafe import Markup

from socialflow.domains.posts import service as posts
from socialflow.domains.syndication import queries
from socialflow.domains.syndication.errors import FormatNotOffered, NotEmbeddable
from socialflow.domains.syndication.schemas import OembedRead
from socialflow.domains.syndication.service import entries, feeds, markup
from socialflow.domains.videos import service as videos
from socialflow.domains.videos.errors import PasswordNeeded
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import ANONYMOUS, Actor, App

JSON, XML = "application/json", "text/xml"
FORMATS = {"json": JSON, "xml": XML}
CACHE_AGE = 3_600
VIDEO_BOX, POST_BOX = (640, 640), (550, 480)
_PATH = re.compile(r"/(?:watch/(?P<video>vid_\w{26})|post/(?P<post>pst_\w{26})|embed/(?P<any>(?:vid|pst)_\w{26}))/?")
_FRAME = Markup(
    '<iframe src="{}" width="{}" height="{}" title="{}" allow="fullscreen; picture-in-picture" allowfullscreen'
    ' loading="lazy" style="border:0"></iframe>'
)


@dataclass(frozen=True, slots=True)
class Asked:
    """About which address, in which format, and how much room there is."""

    url: str
    form: str = "json"
    max_width: int | None = None
    max_height: int | None = None

    def fitted(self, width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
        """The largest size of the same shape that the room allows, or `box` where nothing is said."""
        most = (
            self.max_width or max(box[0], self.max_height or 0),
            self.max_height or max(box[1], self.max_width or 0),
        )
        scale = min(most[0] / width, most[1] / height)
        return max(math.floor(width * scale), 1), max(math.floor(height * scale), 1)

    def has_room(self, width: int | None, height: int | None) -> bool:
        """Whether a picture is within what was asked for."""
        if not width or not height:
            return False
        return width <= (self.max_width or width) and height <= (self.max_height or height)


async def oembed(app: App, viewer: Actor, asked: Asked) -> tuple[bytes, str]:
    """The answer and its media type; raises FormatNotOffered, NotFound, or NotEmbeddable.

    Of what not everybody who knows the address may see there is nothing to tell, as of what does not exist.
    """
    if asked.form not in FORMATS:
        raise FormatNotOffered
    kind, subject_id = _subject(app, asked.url)
    read = await (_video if kind == "vid" else _post)(app, viewer, subject_id, asked)
    if asked.form == "json":
        return orjson.dumps(read.model_dump(exclude_none=True)), JSON
    root = markup.begin("oembed")
    for name, value in read.model_dump(exclude_none=True).items():
        markup.put(root, name, value)
    return markup.written(root), XML


def _subject(app: App, url: str) -> tuple[str, uuid.UUID]:
    """What an address is of; raises NotFound for what is none of ours."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise NotFound from None
    ours = urlsplit(app.settings.public_url).netloc.lower()
    found = _PATH.fullmatch(parts.path)
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != ours or found is None:
        raise NotFound
    text = found["video"] or found["post"] or found["any"]
    try:
        return text[:3], ids.parse(text[:3], text)
    except ids.MalformedId:
        raise NotFound from None


async def _video(app: App, viewer: Actor, video_id: uuid.UUID, asked: Asked) -> OembedRead:
    try:
        shared = await videos.detail(app, ANONYMOUS, video_id)
    except PasswordNeeded:
        raise NotFound from None
    video = orjson.loads(shared.body)
    playback = video["playback"]
    if playback is None or await _is_apart(app, viewer, video["channel"]):
        raise NotFound
    if video["embeddable_on"] == []:
        raise NotEmbeddable
    shape = (playback["width"] or 16, playback["height"] or 9)
    width, height = asked.fitted(*shape, VIDEO_BOX)
    site = app.settings.public_url
    # A signed address would end before this answer does.
    poster = playback["poster"] if playback["expires_at"] is None else None
    thumbnail = None
    if poster and asked.has_room(playback["width"], playback["height"]):
        thumbnail = (markup.whole(site, poster), playback["width"], playback["height"])
    frame = _FRAME.format(f"{site}/embed/{video['id']}", width, height, video["title"])
    return _read(
        app, "video", video["title"], video["channel"], html=frame, width=width, height=height, thumbnail=thumbnail
    )


async def _post(app: App, viewer: Actor, post_id: uuid.UUID, asked: Asked) -> OembedRead:
    post = orjson.loads((await posts.detail(app, ANONYMOUS, post_id)).body)
    if not post["available"] or await _is_apart(app, viewer, post["author"]):
        raise NotFound
    if await domains_of(app, ids.parse("chn", post["author"]["id"])) == []:
        raise NotEmbeddable
    site, title = app.settings.public_url, entries.title_of(post)
    width, height = min(asked.max_width or POST_BOX[0], POST_BOX[0]), min(asked.max_height or POST_BOX[1], POST_BOX[1])
    shown = next(
        (photo for photo in post["photos"] if photo["url"] and asked.has_room(photo["width"], photo["height"])), None
    )
    thumbnail = (markup.whole(site, shown["url"]), shown["width"], shown["height"]) if shown else None
    if post["visibility"] != "public" or post["mark"] != "none":
        # Signed for a while only, or nothing to be shown unasked.
        thumbnail = None
    frame = _FRAME.format(f"{site}/embed/{post['id']}", width, height, title)
    return _read(app, "rich", title, post["author"], html=frame, width=width, height=height, thumbnail=thumbnail)


def _read(
    app: App,
    kind: Literal["video", "rich"],
    title: str,
    channel: Mapping[str, Any],
    *,
    html: str,
    width: int,
    height: int,
    thumbnail: tuple[str, int, int] | None,
) -> OembedRead:
    site = app.settings.public_url
    author = entries.author_of(site, channel)
    picture = thumbnail or (None, None, None)
    return OembedRead(
        type=kind,
        version="1.0",
        title=title,
        author_name=author.name,
        author_url=author.url,
        provider_name=app.settings.instance_name,
        provider_url=site,
        cache_age=CACHE_AGE,
        html=str(html),
        width=width,
        height=height,
        thumbnail_url=picture[0],
        thumbnail_width=picture[1],
        thumbnail_height=picture[2],
    )


async def domains_of(app: App, channel_id: uuid.UUID) -> list[str] | None:
    """Whose pages may show what a channel says in a frame; None for everybody's."""
    row = await queries.EMBED_DOMAINS.row(app, id=channel_id)
    if row is not None and row["embed_domains"] is not None:
        return list(row["embed_domains"])
    return None if app.settings.media.embedding == "everybody" else []


async def _is_apart(app: App, viewer: Actor, channel: Mapping[str, Any]) -> bool:
    return bool(await feeds.apart_from(app, viewer, [ids.parse("chn", channel["id"])]))
