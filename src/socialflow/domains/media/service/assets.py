"""What becomes of an asset while it is processed, and how it goes."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from socialflow.domains.media.errors import SourceDamaged, SourceDiffers
from socialflow.domains.media.events import (
    AssetDeleted,
    AssetFailed,
    AssetPlayable,
    AssetReady,
    AssetWithdrawn,
    DuplicateFound,
    ProtectionWanted,
    RepairFailed,
)
from socialflow.domains.media.models import Asset, AssetState, Purpose, Upload
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.service import enciphering, uploads
from socialflow.domains.media.service.delivery import MASTER, POSTER
from socialflow.domains.media.service.enciphering import is_held
from socialflow.kernel import ids
from socialflow.kernel.work import App, Work
from socialflow.ports.encoder import FileKind, OutputFile, SourceInfo
from socialflow.ports.encoder import Rendition as MadeRendition

# Longer than deliveries remember where a file is.
KEEP_SUPERSEDED = timedelta(minutes=2)
# Streams that are to be enciphered wait under names that cannot be asked for.
STAGED = "plain/"
STREAMS = (".mp4", ".m3u8", ".mpd")
# Kept by caches for a moment only while an asset is being processed.
BRIEF = (".m3u8", ".mpd", ".vtt")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is in the store already and waits to be named; `sha256` in hexadecimal."""

    file: OutputFile
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What one step adds to an asset, in one transaction."""

    files: Sequence[KeptFile] = ()
    renditions: Sequence[MadeRendition] = ()
    thumbhash: str = ""
    retired: Sequence[MadeRendition] = ()
    """What stood in until now and is not offered any more."""


async def begin(work: Work, asset_id: uuid.UUID) -> Asset | None:
    """Start to process an asset, or go on with it; None when there is nothing left to do."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return None
    if asset.state == AssetState.QUEUED:
        _move(work, asset, AssetState.PROBING)
    return asset


async def identify(work: Work, asset_id: uuid.UUID, sha256: str) -> None:
    """Write down the digest of the file as it came; raises SourceDiffers where its sender gave another."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return
    given = await work.db.scalar(select(Upload.sha256).where(Upload.id == asset.upload_id))
    if given is not None and given != sha256:
        raise SourceDiffers
    if asset.sha256 is not None:
        if asset.sha256 != sha256:
            raise SourceDamaged(str(asset_id))
        return

    asset.sha256 = sha256
    if asset.upload_id is not None:
        await upload_queries.learn(work.db, asset.upload_id, sha256)
    before = await queries.earlier(work.db, asset.account_id, asset.id, sha256)
    if before is not None and asset.purpose == Purpose.VIDEO:
        work.emit(DuplicateFound(asset_id=asset.id, account_id=asset.account_id, duplicate_of=before.asset_id))
        shown = ids.show("ast", asset.id)
        data = {"asset_id": shown, "duplicate_of": ids.show("ast", before.asset_id)}
        work.tell(f"asset:{shown}", "asset.duplicate", data)


async def describe(work: Work, asset_id: uuid.UUID, source: SourceInfo) -> None:
    """Write down what the source is."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return
    asset.duration_ms = round(source.duration_s * 1_000)
    asset.has_video, asset.has_audio = source.video is not None, source.audio is not None
    if source.video is not None:
        asset.width, asset.height = source.video.width, source.video.height
        asset.frame_rate = float(source.video.frame_rate)
    if asset.state == AssetState.PROBING:
        _move(work, asset, AssetState.TRANSCODING)


def shown_name(asset: Asset, name: str) -> str:
    """The name that a file of an asset gets for the present."""
    return STAGED + name if is_held(asset) and name.endswith(STREAMS) else name


async def publish(work: Work, asset_id: uuid.UUID, made: Publication) -> Asset | None:
    """Serve some more files of an asset; the first master among them makes it playable, unless it is held.

    A poster of the owner's own choice stays, whichever was there first.
    """
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return None

    until = work.now + KEEP_SUPERSEDED
    has_poster = "poster" in asset.extras
    replaced = [
        await queries.put_file(work.db, file_row(work, asset_id, shown_name(asset, kept.file.name), kept), until=until)
        and not kept.file.name.endswith(BRIEF)
        for kept in made.files
        if not (has_poster and kept.file.name == POSTER)
    ]
    if any(replaced):
        work.emit(AssetWithdrawn(asset_id=asset_id))
    for rendition in made.renditions:
        await queries.put_rendition(work.db, rendition_row(work, asset_id, rendition))
    if not has_poster:
        asset.thumbhash = made.thumbhash or asset.thumbhash
    asset.version += 1
    asset.updated_at = work.now
    is_shown = any(kept.file.name == MASTER for kept in made.files) and not is_held(asset)
    if asset.playable_at is None and is_shown:
        asset.playable_at = work.now
        _move(work, asset, AssetState.PARTIALLY_PLAYABLE)
        work.emit(AssetPlayable(asset_id=asset.id, account_id=asset.account_id))
    return asset


async def finish(work: Work, asset_id: uuid.UUID, made: Publication, *, keep_retired: timedelta) -> Asset | None:
    """Publish the last files; from now on the asset is ready. Retired files are still served for a while.

    One that is held is ready once its streams are enciphered.
    """
    asset = await publish(work, asset_id, made)
    if asset is None:
        return None

    for rendition in made.retired:
        names = [shown_name(asset, file.name) for file in rendition.files]
        await queries.retire(work.db, asset_id, rendition.name, names, until=work.now + keep_retired)
    if is_held(asset):
        work.emit(ProtectionWanted(asset_id=asset.id, account_id=asset.account_id, replaces=None))
    else:
        complete(work, asset)
    return asset


def complete(work: Work, asset: Asset) -> None:
    """All of an asset, which the caller holds, is served."""
    if asset.playable_at is None:
        asset.playable_at = work.now
        work.emit(AssetPlayable(asset_id=asset.id, account_id=asset.account_id))
    asset.progress, asset.seconds_left = 100, None
    asset.ready_at = work.now
    _move(work, asset, AssetState.READY)
    work.emit(
        AssetReady(
            asset_id=asset.id,
            account_id=asset.account_id,
            duration_ms=asset.duration_ms or 0,
            width=asset.width,
            height=asset.height,
            has_video=bool(asset.has_video),
            has_audio=bool(asset.has_audio),
        )
    )


def is_repaired(asset: Asset) -> bool:
    """Whether an asset that was ready is being made anew: until all of it is there, what is served stays."""
    return asset.state == AssetState.PARTIALLY_PLAYABLE and asset.ready_at is not None


async def fail(work: Work, asset_id: uuid.UUID, code: str, detail: str) -> Asset | None:
    """Nothing can be made of the asset; what was made of it is withdrawn, and what people brought stays beside it.

    One that was ready before is ready again, with what it had.
    """
    asset = await queries.locked(work.db, asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return None
    if is_repaired(asset):
        await queries.forget_staged(work.db, asset_id, STAGED)
        return await _stay(work, asset, code)
    await queries.forget_made(work.db, asset_id, but=queries.BESIDE)
    asset.failure_code, asset.failure_detail = code, detail
    asset.extras = enciphering.without(asset, enciphering.HELD)
    asset.seconds_left = None
    asset.version += 1
    _move(work, asset, AssetState.FAILED)
    work.emit(AssetFailed(asset_id=asset.id, account_id=asset.account_id, code=code, detail=detail))
    work.emit(AssetWithdrawn(asset_id=asset.id))
    return asset


async def _stay(work: Work, asset: Asset, code: str) -> Asset:
    asset.progress, asset.seconds_left = 100, None
    asset.version += 1
    _move(work, asset, AssetState.READY)
    await enciphering.begin_again(work, asset)
    work.emit(RepairFailed(asset_id=asset.id, account_id=asset.account_id, code=code))
    return asset


async def delete_asset(work: Work, asset_id: uuid.UUID) -> None:
    """Forget an asset and give its room back; the caller has asked whether the actor may. Twice is once."""
    asset = await queries.locked(work.db, asset_id)
    if asset is None:
        return
    parts = await uploads.drop(work, asset)
    keys = await queries.forget_made(work.db, asset_id)
    elsewhere = tuple(key for key in keys if key.split("/")[1] != str(asset_id))
    work.emit(AssetDeleted(asset_id=asset.id, source_key=asset.source_key, source_parts=parts, elsewhere=elsewhere))
    work.emit(AssetWithdrawn(asset_id=asset.id))
    await work.db.delete(asset)


async def tell(app: App, asset: Asset) -> None:
    """Signal to whoever watches that the asset has moved."""
    await app.signals.publish(*said(asset))


async def signal(
    app: App, asset_id: uuid.UUID, state: str, progress: int, version: int, seconds_left: int | None
) -> None:
    """The same from single values; `progress` in percent."""
    await app.signals.publish(*_said(asset_id, state, progress, version, seconds_left))


def said(asset: Asset) -> tuple[str, str, dict[str, Any]]:
    """Topic, type and data of that signal."""
    return _said(asset.id, asset.state, asset.progress, asset.version, asset.seconds_left)


def _said(
    asset_id: uuid.UUID, state: str, progress: int, version: int, seconds_left: int | None
) -> tuple[str, str, dict[str, Any]]:
    shown = ids.show("ast", asset_id)
    data = {"asset_id": shown, "state": state, "progress": progress, "version": version, "seconds_left": seconds_left}
    return f"asset:{shown}", "asset.progress", data


def folder_of(asset_id: uuid.UUID) -> str:
    """The folder of an asset's files in the store."""
    return f"assets/{asset_id}/"


def pieces_folder(asset_id: uuid.UUID, round_: int | None = None) -> str:
    """The folder of what is only needed until an asset is ready; of one round, or of all."""
    return f"work/{asset_id}/" + ("" if round_ is None else f"{round_}/")


def key_of(asset_id: uuid.UUID, name: str, sha256: str, round_: int = 1) -> str:
    """An object's name: by its content, so that no two writers ever disagree about it.

    Each round has names of its own: whoever still clears away a former one takes nothing of the next.
    """
    mark = sha256[:16] if round_ == 1 else f"{sha256[:16]}-{round_}"
    return f"{folder_of(asset_id)}{mark}/{name}"


def _move(work: Work, asset: Asset, state: AssetState) -> None:
    asset.state = state
    asset.updated_at = work.now


def file_row(work: Work, asset_id: uuid.UUID, name: str, kept: KeptFile) -> dict[str, Any]:
    """The row of a file."""
    return {
        "asset_id": asset_id,
        "name": name,
        "key": kept.key,
        "content_type": kept.file.content_type,
        "size": kept.size,
        "sha256": kept.sha256,
        "created_at": work.now,
        "expires_at": None,
    }


async def digest_of(path: Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and size."""

    def read() -> tuple[str, int]:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()

    return await asyncio.to_thread(read)


def rendition_row(work: Work, asset_id: uuid.UUID, made: MadeRendition) -> dict[str, Any]:
    """The row of a rendition."""
    video = made.kind is FileKind.VIDEO
    return {
        "asset_id": asset_id,
        "name": made.name,
        "kind": made.kind.value,
        "width": made.width if video else None,
        "height": made.height if video else None,
        "frame_rate": float(made.frame_rate) if video else None,
        "codecs": made.codecs,
        "bandwidth": made.bandwidth,
        "average_bandwidth": made.average_bandwidth,
        "size": made.size,
        "language": (made.track.language or None) if made.track else None,
        "label": made.track.label if made.track else None,
        "is_default": made.track.default if made.track else False,
        "figures": _figures(made),
        "created_at": work.now,
    }


def _figures(made: MadeRendition) -> dict[str, float]:
    """What was measured, by the names that operators know."""
    if made.rung is not None:
        known = {"crf": made.rung.quality, "vmaf": made.rung.vmaf}
        return {name: value for name, value in known.items() if value is not None}
    heard = made.loudness
    if heard is None:
        return {}
    found = {"integrated_lufs": heard.integrated, "range_lu": heard.range, "true_peak_dbtp": heard.true_peak}
    return {**found, "target_lufs": heard.target, "gain_db": heard.gain}
