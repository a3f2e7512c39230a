"""Films as one file to keep: put together of what players are served, when somebody first asks, and kept for a week."""

import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import RedisError

from socialflow.domains.media.errors import NoSuchRendition, NotReadyForDownload, ProtectedFromDownload
from socialflow.domains.media.events import DownloadWanted
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.queries import assets, protection
from socialflow.domains.media.queries import downloads as queries
from socialflow.domains.media.service.delivery import Served
from socialflow.kernel.errors import Problem
from socialflow.kernel.work import App, Work

# No address of files has a slash in its name: what is here is had by the download's own route, with its limits.
FOLDER, _OBJECT = "get/", "get-"
KEPT = timedelta(days=7)
# Whoever asks again meanwhile begins nothing.
ASKED_SECONDS = 60
SOUND, AUDIO_FILE = "audio", "a.mp4"
CONTENT_TYPE = "video/mp4"


@dataclass(frozen=True, slots=True)
class Download:
    """What was chosen; no file where it has still to be made."""

    rendition: str
    file: Served | None


@dataclass(frozen=True, slots=True)
class Parts:
    """Objects of which a download is made: picture, and sound if there is any; or sound alone."""

    first: str
    sound: str | None


async def download(
    app: App, work: Work, asset_id: uuid.UUID, wanted: str | None, *, admit: Callable[[], Awaitable[None]]
) -> Download:
    """A rendition as one file, the best unless one is named; has it made where it is not there.

    `admit` is asked before something is made, and may raise: that is work and room, whoever asks. Raises
    NotReadyForDownload or NoSuchRendition.
    """
    offered = await queries.offered(work.db, asset_id)
    if not offered:
        raise NotReadyForDownload
    if await protection.is_wanted(work.db, asset_id):
        raise ProtectedFromDownload
    chosen = wanted or offered[0]
    if chosen not in offered:
        raise NoSuchRendition(f"There is no such rendition of this video; there are: {', '.join(offered)}.")
    row = await queries.file(work.db, asset_id, name_of(chosen))
    if row is not None:
        return Download(chosen, Served(row.key, row.content_type, row.size, f'"{row.sha256[:32]}"'))
    if await _is_first(app, asset_id, chosen):
        try:
            await admit()
        except Problem:
            # Whoever is refused stands in nobody's way.
            await _is_last(app, asset_id, chosen)
            raise
        work.emit(DownloadWanted(asset_id=asset_id, rendition=chosen))
    return Download(chosen, None)


async def parts(work: Work, asset_id: uuid.UUID, rendition: str) -> Parts | None:
    """What a download is to be made of; None when it is there, or cannot be any more."""
    if await protection.is_wanted(work.db, asset_id):
        return None
    if rendition not in await queries.offered(work.db, asset_id):
        return None
    if await queries.file(work.db, asset_id, name_of(rendition)) is not None:
        return None
    return await _parts(work, asset_id, rendition)


async def _parts(work: Work, asset_id: uuid.UUID, rendition: str) -> Parts | None:
    sound = await queries.file(work.db, asset_id, AUDIO_FILE)
    if rendition == SOUND:
        return Parts(sound.key, None) if sound else None
    picture = await queries.file(work.db, asset_id, f"v{rendition.removesuffix('p')}.mp4")
    if picture is None:
        # The source's own picture, where nothing was encoded.
        picture = await queries.file(work.db, asset_id, "src.mp4")
    return Parts(picture.key, sound.key if sound else None) if picture else None


async def keep(work: Work, asset_id: uuid.UUID, rendition: str, *, key: str, size: int, sha256: str) -> bool:
    """Offer a download that is in the store already; not if the asset is gone meanwhile."""
    asset = await assets.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY:
        return False
    until = work.now + KEPT
    row = {"asset_id": asset_id, "name": name_of(rendition), "key": key, "content_type": CONTENT_TYPE}
    row |= {"size": size, "sha256": sha256, "created_at": work.now, "expires_at": until}
    await assets.put_file(work.db, row, until=work.now)
    return True


def name_of(rendition: str) -> str:
    """The name of a download among an asset's files."""
    return f"{FOLDER}{rendition}.mp4"


def object_of(rendition: str) -> str:
    """The last part of the name of a download's object."""
    return f"{_OBJECT}{rendition}.mp4"


def is_download(key: str) -> bool:
    """Whether an object is a download's."""
    return key.rpartition("/")[2].startswith(_OBJECT)


async def _is_first(app: App, asset_id: uuid.UUID, rendition: str) -> bool:
    """Whether nobody has asked lately; without Redis everybody is the first, and the handler sees."""
    try:
        return bool(await app.redis.set(_asked(asset_id, rendition), b"1", nx=True, ex=ASKED_SECONDS))
    except (RedisError, OSError):
        return True


async def _is_last(app: App, asset_id: uuid.UUID, rendition: str) -> None:
    """Whoever asks next is the first."""
    with contextlib.suppress(RedisError, OSError):
        await app.redis.delete(_asked(asset_id, rendition))


def _asked(asset_id: uuid.UUID, rendition: str) -> str:
    return f"sf:download:{asset_id}:{rendition}"
