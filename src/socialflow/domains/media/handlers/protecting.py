"""Streams are written anew under a key: fetched, enciphered, put into the store, and shown in one transaction.

What was there is served until then, and its media files and key for a while after it: whoever plays goes on. A worker
that dies has shown nothing; what it put into the store has no name, and is swept.
"""

import re
import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pydantic import TypeAdapter

from socialflow.domains.media.events import ProtectionWanted
from socialflow.domains.media.handlers.transcode import give_up_asset, tidy_if_over
from socialflow.domains.media.models import AssetFile, AssetState, Rendition, RenditionKind
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import protection as queries
from socialflow.domains.media.queries import transcodes as transcode_queries
from socialflow.domains.media.service import assets, benches, playlists, protection
from socialflow.domains.media.service.assets import STAGED, KeptFile
from socialflow.domains.media.service.protection import Shielded
from socialflow.kernel import faults, logs
from socialflow.kernel.events import on
from socialflow.kernel.jobs import JobRun
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import AudioCodec, JobFolder, OutputFile, Role, Track
from socialflow.ports.packaging import Packager, Protection, Shield, Stream
from socialflow.ports.storage import ObjectMissing, ObjectStore

STEMS = {"source": "src", "source-audio": "as"}
TRACK = TypeAdapter(Track)
_SOUND = re.compile(r"audio(?:-(\d+))?(-[a-z]\w*)?")
_RUNG = re.compile(r"^(\d+)p")
ONLY = "Sound"
RATES = 1_001
"""Largest denominator of a frame rate."""

log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is, and what is wanted of it."""

    was_ready: bool
    wanted: Protection
    renditions: list[Rendition]
    files: dict[str, AssetFile]
    former: Shield | None
    tracks: dict[str, Track]
    """Of sounds, by the names of their renditions."""


async def give_up(app: App, event: ProtectionWanted, code: str) -> None:
    """The last attempt has failed: what is ready stays as it is; what is not is never shown in the clear."""
    async with app.work(SYSTEM) as work:
        stays = await protection.give_up(work, event.asset_id)
    if not stays:
        await give_up_asset(app, event.asset_id, code)


@on(ProtectionWanted, queue="media", on_dead=give_up)
async def protect(app: App, event: ProtectionWanted, run: JobRun) -> None:
    """Write an asset's streams as is wanted of them."""
    found = await _look(app, event, run)
    if found is None:
        return
    shield = protection.new_shield(found.wanted)
    async with benches.scratch(app) as job:
        streams, taken = await _fetch(app, found, job)
        renditions = await app.port(Packager).package(streams, job.out, shield)
        manifests = app.port(Packager).manifests(renditions, job.out, shield)
        files = [file for rendition in renditions for file in rendition.files]
        kept = [await _keep(app, event.asset_id, file) for file in (*files, *manifests)]
        faults.point("protect.stored")
        async with app.work(SYSTEM) as work:
            await run.fence(work)
            asset = await asset_queries.locked(work.db, event.asset_id)
            if asset is not None:
                await protection.put_on(app, work, asset, Shielded(found.was_ready, shield, renditions, kept, taken))
    if asset is None:
        await app.port(ObjectStore).delete(*(each.key for each in kept))
        return
    log.info("streams_written_anew", asset=str(event.asset_id), protection=found.wanted.value)
    await assets.tell(app, asset)
    await tidy_if_over(app, event.asset_id)


@every(hours=1)
async def forget_keys(app: App) -> None:
    """Forget keys under which nothing is served any more."""
    async with app.work(SYSTEM) as work:
        gone = await queries.forget_ended(work.db, work.now - protection.KEEP_KEYS)
    if gone:
        log.info("keys_forgotten", count=gone)


async def _look(app: App, event: ProtectionWanted, run: JobRun) -> Standing | None:
    """None where there is nothing to do any more."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        asset = await asset_queries.locked(work.db, event.asset_id)
        key = await queries.in_force(work.db, event.asset_id)
        renditions, files = await queries.streams(work.db, event.asset_id)
        left = await transcode_queries.tasks_left(work.db, event.asset_id)
        tracks = [TRACK.validate_python(each) for each in await queries.tracks(work.db, event.asset_id)]
    if asset is None or asset.state == AssetState.FAILED:
        return None
    is_staged = any(name.startswith(STAGED) for name in files)
    if asset.state == AssetState.READY and (is_staged or (key.id if key else None) != event.replaces):
        return None
    if asset.state != AssetState.READY and (not is_staged or left):
        # It is begun anew, and whoever ends that asks for it again.
        return None
    former = protection.shield_of(app.keys, key) if key else None
    was_ready, wanted = asset.state == AssetState.READY, Protection(asset.protection or Protection.NONE)
    return Standing(was_ready, wanted, renditions, files, former, {each.name: each for each in tracks})


async def _fetch(app: App, found: Standing, job: JobFolder) -> tuple[list[Stream], dict[str, str]]:
    """The media files in the job's folder; and the objects that are replaced, by their names.

    What cannot be enciphered as is wanted is left out, and not served any more.
    """
    streams: list[Stream] = []
    taken: dict[str, str] = {}
    store = app.port(ObjectStore)
    for rendition in found.renditions:
        stem = stem_of(rendition.name)
        staged = f"{STAGED}{stem}.m3u8" in found.files
        prefix = STAGED if staged else ""
        playlist = found.files.get(f"{prefix}{stem}.m3u8")
        layout = playlists.layout((await store.get(playlist.key)).decode()) if playlist else None
        media = found.files.get(prefix + layout.file) if layout else None
        if playlist is None or layout is None or media is None:
            raise ObjectMissing(stem)
        taken |= {playlist.name: playlist.key, media.name: media.key}
        if not app.port(Packager).takes(rendition.codecs, found.wanted):
            continue
        path = job.source.with_name(f"{stem}.mp4")
        await store.get_file(media.key, path)
        rate = Fraction(rendition.frame_rate or 0).limit_denominator(RATES)
        ranges = tuple((each.offset, each.size) for each in layout.segments)
        shield = None if staged else found.former
        track = _track(found, rendition, stem)
        streams.append(Stream(rendition.name, stem, rate, path, layout.head, ranges, shield, track))
    return streams, taken


def stem_of(name: str) -> str:
    """What the files of a rendition are called: `v720` of `720p`, `v720-av1` of `720p-av1`, `a2-opus` of the second."""
    sound = _SOUND.fullmatch(name)
    if sound is not None:
        return f"a{sound[1] or ''}{sound[2] or ''}"
    return STEMS.get(name) or "v" + _RUNG.sub(r"\1", name)


def _track(found: Standing, rendition: Rendition, stem: str) -> Track | None:
    """What a sound was made for; the only one of a film that an earlier release has made needs no name."""
    if rendition.kind != RenditionKind.AUDIO:
        return None
    language, label = rendition.language or "", rendition.label or ONLY
    only = Track(stem, rendition.name, 0, AudioCodec.AAC, False, label, language, Role.MAIN, True)
    return found.tracks.get(rendition.name, only)


async def _keep(app: App, asset_id: uuid.UUID, file: OutputFile) -> KeptFile:
    """An object of its own each time: one that was replaced, and waits for its end, is never taken up again."""
    sha256, size = await assets.digest_of(Path(file.path))
    key = f"{assets.folder_of(asset_id)}{uuid.uuid4().hex[:16]}/{file.name}"
    await app.port(ObjectStore).put(key, file.path, content_type=file.content_type)
    return KeptFile(file, key, size, sha256)
