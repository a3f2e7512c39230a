"""A video as one file to keep, where its owner lets people have it: with limits of bytes, and of how many at once."""

import math
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import NoSuchRendition, NotReadyForDownload, ProtectedFromDownload
from socialflow.domains.media.service import Served
from socialflow.domains.videos import service
from socialflow.domains.videos.errors import DownloadsNotAllowed, StillPreparing
from socialflow.domains.videos.schemas import DownloadState
from socialflow.kernel import limits, metrics
from socialflow.kernel.errors import NotFound, RangeNotSatisfiable, TooManyRequests
from socialflow.kernel.ids import VideoId
from socialflow.kernel.limits import Limiter, Rate
from socialflow.kernel.slots import LEASE_SECONDS, Slots
from socialflow.kernel.web import CurrentApp, Reader, client_address, problems, router
from socialflow.kernel.web.ranges import span_of
from socialflow.kernel.work import Actor, App
from socialflow.ports.storage import ObjectMissing, ObjectStore

downloads: APIRouter = router("videos", reads="video")

MIB = 1024**2
AGAIN_SECONDS = 2
LONGEST_NAME = 80
# What file systems and shells take for something else.
_ODD = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]+')
# Control, format (bidirectional overrides among them), surrogate and private characters.
_UNSEEN = {"Cc", "Cf", "Cs", "Co"}
OBJECTS = "/_objects/"
MEDIA = {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}
Wanted = Annotated[
    str | None,
    Query(
        pattern=r"^([1-9][0-9]{0,3}p|audio|source)$",
        description="Which rendition, such as `720p`, or `audio`; default: the best.",
        examples=["720p"],
    ),
]
Ready = Annotated[
    bool,
    Query(description="Nothing but the file will do, as for programs that take whatever comes: 503 until it is there."),
]


@downloads.get(
    "/videos/{video_id}/download",
    operation_id="downloadVideo",
    response_class=Response,
    responses={
        200: {"content": MEDIA},
        202: {"model": DownloadState, "description": "It is being put together: ask again after `Retry-After`."},
        206: {"content": MEDIA, "description": "The range that was asked for."},
        **problems(
            NotFound,
            NoSuchRendition,
            DownloadsNotAllowed,
            NotReadyForDownload,
            ProtectedFromDownload,
            RangeNotSatisfiable,
            TooManyRequests,
            StillPreparing,
        ),
    },
)
async def download_video(
    video_id: VideoId,
    app: CurrentApp,
    viewer: Reader,
    request: Request,
    rendition: Wanted = None,
    ready: Ready = False,  # noqa: FBT002  # a query parameter has a name
) -> Response:
    """A video with its sound as one MP4 file, for whoever may watch it, if its owner allows downloads.

    The file is put together when somebody first asks: until then the answer is 202, or with `ready` 503. Ranges are
    served, so that a download can go on where it broke off.
    """
    async with app.work(viewer) as work:
        video = await service.visible(work, video_id)
        await service.rights.may_download(app, work, video)
        title = video.title
        found = await media.download(
            app, work, video.asset_id, rendition, admit=lambda: _count_making(app, request, viewer)
        )
    if found.file is None:
        if ready:
            raise StillPreparing(retry_after=AGAIN_SECONDS)
        state = DownloadState(state="preparing", rendition=found.rendition)
        headers = {"Retry-After": str(AGAIN_SECONDS), "Cache-Control": "no-store"}
        return Response(state.model_dump_json(), 202, headers, "application/json")
    return await _send(app, request, viewer, found.file, file_name(title, found.rendition))


async def _send(app: App, request: Request, viewer: Actor, file: Served, name: str) -> Response:
    span = span_of(request.headers, etag=file.etag, size=file.size)
    start, end = span or (0, file.size)
    try:
        await app.port(ObjectStore).head(file.key)
    except ObjectMissing:
        raise NotFound from None
    address = limits.address_key(client_address(request))
    await _count(app, request, viewer, address, end - start)

    headers = {"ETag": file.etag, "Content-Disposition": name, "Cache-Control": "private, no-store"}
    headers |= {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    if app.settings.media.x_accel:
        # How many at once nginx counts, which alone knows when they end.
        headers["X-Accel-Redirect"] = OBJECTS + file.key
        return Response(None, 200, headers, file.content_type)
    held = await _slots(app, [address, *([str(viewer.id)] if viewer.id else [])])
    headers["Content-Length"] = str(end - start)
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    body = _bytes(app, file.key, start, end, held)
    return StreamingResponse(body, 200 if span is None else 206, headers, file.content_type)


async def _count_making(app: App, request: Request, viewer: Actor) -> None:
    """Count a file that is put together: strangers could else have all of everybody's videos kept twice."""
    rates = app.settings.limits
    who = str(viewer.id) if viewer.id is not None else limits.address_key(client_address(request))
    if rates.enabled:
        limiter: Limiter = request.app.state.limiter
        await limiter.demand("download_made", who, Rate.parse(rates.download_made))


async def _count(app: App, request: Request, viewer: Actor, address: str, size: int) -> None:
    """Count the bytes in advance, in mebibytes; a file larger than a whole limit takes all of it."""
    limiter: Limiter = request.app.state.limiter
    rates = app.settings.limits
    if not rates.enabled:
        return
    asked = [("download_address", address, Rate.parse(rates.download_address))]
    if viewer.id is not None:
        asked.insert(0, ("download_account", str(viewer.id), Rate.parse(rates.download_account)))
    for name, key, rate in asked:
        await limiter.demand(name, key, rate, cost=min(math.ceil(size / MIB), rate.count))


@dataclass(frozen=True, slots=True)
class Held:
    """Slots of one download."""

    slots: Slots
    taken: list[tuple[str, str]]

    async def renew(self) -> None:
        """Something goes on."""
        for key, slot in self.taken:
            await self.slots.renew(key, slot)

    async def give_back(self) -> None:
        """It is over."""
        for key, slot in self.taken:
            await self.slots.give_back(key, slot)


async def _slots(app: App, keys: list[str]) -> Held:
    """One slot of each of them, or none."""
    slots = Slots(app.redis, "downloads", app.settings.media.downloads_at_once)
    held = Held(slots, [])
    for key in keys:
        slot = await slots.take(key)
        if slot is None:
            await held.give_back()
            metrics.LIMITED.labels("downloads_at_once").inc()
            raise TooManyRequests("Too many downloads at once; wait for one to end.", retry_after=LEASE_SECONDS)
        held.taken.append((key, slot))
    return held


async def _bytes(app: App, key: str, start: int, end: int, held: Held) -> AsyncIterator[bytes]:
    sent = 0
    try:
        async with aclosing(app.port(ObjectStore).stream(key, start, end)) as pieces:
            async for piece in pieces:
                await held.renew()
                yield piece
                sent += len(piece)
    finally:
        metrics.DOWNLOADED.inc(sent)
        await held.give_back()


def file_name(title: str, rendition: str) -> str:
    """`Content-Disposition` of a film (RFC 6266): a name for everybody, and one in plain letters for old programs."""
    seen = "".join(letter for letter in _ODD.sub(" ", title) if unicodedata.category(letter) not in _UNSEEN)
    name = " ".join(seen.split()).strip(". ")[:LONGEST_NAME].strip(". ") or "video"
    full = f"{name} ({rendition}).mp4"
    # Letters of other widths become plain ones here, quotation marks and slashes among them.
    letters = unicodedata.normalize("NFKD", full).encode("ascii", "ignore").decode()
    plain = " ".join(_ODD.sub(" ", letters).split()).strip(". ") or "video.mp4"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"
