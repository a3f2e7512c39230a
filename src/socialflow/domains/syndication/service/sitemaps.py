"""The sitemap: an index, and files of at most fifty thousand pages, written while they are read.

https://www.sitemaps.org/protocol.html, with https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps
"""

import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from socialflow.domains.syndication import queries
from socialflow.domains.syndication.schemas import MapKind
from socialflow.domains.syndication.service import markup
from socialflow.domains.syndication.service.markup import Element, put
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

MEDIA_TYPE = "application/xml"
MOST_PARTS = 50_000
# Pages in a part, and at how many it is cut: what becomes public in its midst before it is counted again has room.
# A file is of 50,000 pages and 50 MiB at most, and what is told of a video may be 2,500 bytes.
MOST_PAGES = {MapKind.VIDEOS: 20_000, MapKind.POSTS: 50_000, MapKind.CHANNELS: 50_000, MapKind.TAGS: 50_000}
CUT = {kind: most * 9 // 10 for kind, most in MOST_PAGES.items()}
# Rows read and written at once: a few milliseconds, in which nobody else is answered.
STEP = 500
LONGEST_DESCRIPTION = 200
# Seconds; longer ones may not be told.
LONGEST_VIDEO = 28_800
MOST_TAGS = 8
FIRST_ID = uuid.UUID(int=0)
_OPEN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    b' xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">\n'
)
_CLOSE = b"</urlset>\n"


async def index(app: App) -> bytes:
    """Where the parts are; before anything was counted, the first of each kind."""
    rows = await queries.PARTS.rows(app, most=MOST_PARTS)
    found = [(row["kind"], row["number"], row["changed_at"]) for row in rows] or [(kind, 1, None) for kind in MapKind]
    root = markup.begin("sitemapindex", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for kind, number, changed in found:
        made = put(root, "sitemap")
        put(made, "loc", f"{app.settings.public_url}/sitemaps/{kind}/{number}.xml")
        if changed is not None:
            put(made, "lastmod", _time(changed))
    return markup.written(root)


async def part(
    app: App, kind: MapKind, number: int, *, step: int = STEP, most: int | None = None
) -> AsyncGenerator[bytes, None]:
    """One part, in pieces; raises NotFound for one that is not there."""
    row = await queries.PART.row(app, kind=kind, number=number)
    if row is None and number != 1:
        raise NotFound
    after, until = (row["after_id"], row["until_id"]) if row is not None else (FIRST_ID, None)
    return _pieces(app, kind, after, until, step, most or MOST_PAGES[kind])


async def _pieces(
    app: App, kind: MapKind, after: uuid.UUID, until: uuid.UUID | None, step: int, left: int
) -> AsyncGenerator[bytes, None]:
    yield _OPEN
    write = WRITERS[kind]
    while left > 0:
        rows = await queries.PAGES[kind].rows(app, after=after, until=until, limit=min(step, left), viewer=None)
        if not rows:
            break
        yield b"".join(markup.fragment(write(app, row)) + b"\n" for row in rows)
        after, left = rows[-1]["id"], left - len(rows)
    yield _CLOSE


async def count(work: Work, kind: MapKind, most: int | None = None) -> int:
    """Find out where the parts of a kind begin, of `most` pages each; returns how many there are."""
    number, after, most = 0, FIRST_ID, most or CUT[kind]
    while True:
        (row,) = await queries.COUNTS[kind].rows_in(work, after=after, most=most)
        number += 1
        is_last = row["entries"] < most
        values = {"kind": kind, "number": number, "after": after, "until": None if is_last else row["last"]}
        await work.db.execute(queries.PUT_PART, {**values, "changed": row["changed"]})
        if is_last or number == MOST_PARTS:
            break
        after = row["last"]
    await work.db.execute(queries.DROP_PARTS, {"kind": kind, "number": number})
    return number


def _url(address: str, changed: datetime | None) -> Element:
    made = markup.begin("url")
    put(made, "loc", address)
    if changed is not None:
        put(made, "lastmod", _time(changed))
    return made


def _video(app: App, row: Mapping[str, Any]) -> Element:
    site = app.settings.public_url
    video = videos.card(app, row, app.clock())
    made = _url(f"{site}/watch/{video['id']}", row["updated_at"])
    playback = video["playback"]
    if playback is None or not playback["poster"] or playback["expires_at"] is not None:
        return made
    told = put(made, "video:video")
    put(told, "video:thumbnail_loc", markup.whole(site, playback["poster"]))
    put(told, "video:title", video["title"])
    put(told, "video:description", (video["description"] or video["title"])[:LONGEST_DESCRIPTION])
    if video["embeddable_on"] == []:
        put(told, "video:content_loc", markup.whole(site, playback["hls_url"]))
    else:
        put(told, "video:player_loc", f"{site}/embed/{video['id']}")
    seconds = round((video["duration_ms"] or 0) / 1000)
    if 1 <= seconds <= LONGEST_VIDEO:
        put(told, "video:duration", seconds)
    put(told, "video:publication_date", _time(video["published_at"]))
    put(told, "video:family_friendly", "yes" if video["mark"] == "none" else "no")
    channel = video["channel"]
    put(told, "video:uploader", channel["display_name"], info=f"{site}/@{channel['handle']}")
    put(told, "video:live", "no")
    for tag in video["tags"][:MOST_TAGS]:
        put(told, "video:tag", tag)
    return made


def _post(app: App, row: Mapping[str, Any]) -> Element:
    return _url(f"{app.settings.public_url}/post/{_shown('pst', row)}", row["updated_at"])


def _channel(app: App, row: Mapping[str, Any]) -> Element:
    return _url(f"{app.settings.public_url}/@{row['handle']}", row["updated_at"])


def _tag(app: App, row: Mapping[str, Any]) -> Element:
    return _url(f"{app.settings.public_url}/tags/{quote(row['name'], safe='')}", row["updated_at"])


WRITERS: dict[MapKind, Callable[[App, Mapping[str, Any]], Element]] = {
    MapKind.VIDEOS: _video,
    MapKind.POSTS: _post,
    MapKind.CHANNELS: _channel,
    MapKind.TAGS: _tag,
}


def _shown(prefix: str, row: Mapping[str, Any]) -> str:
    return ids.show(prefix, row["id"])


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
