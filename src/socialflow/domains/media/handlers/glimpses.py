"""What is shown of a finished video elsewhere: pictures to choose from, a preview, the outline of its sound."""

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

from socialflow.domains.media.events import AssetReady, ChapterIdeasWanted, ImageReady, PosterChosen
from socialflow.domains.media.models import Purpose
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import assets, benches, dressing, glimpses, playlists, streams
from socialflow.domains.media.service import extras as extras_of
from socialflow.domains.media.service.delivery import MASTER, POSTER
from socialflow.domains.media.service.dressing import Dress
from socialflow.domains.media.service.extras import OWN
from socialflow.domains.media.service.streams import Made
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.encoder import EncoderFailure, JobFolder
from socialflow.ports.glimpses import Glimpses
from socialflow.ports.storage import ObjectMissing, ObjectStore

CANDIDATES = 4
MOST_FRAMES = 240
GLIMPSED = queries.GLIMPSED
LATE = timedelta(hours=1)
PEAKS = 200

log = logs.named(__name__)


@on(AssetReady, queue="media")
async def take_glimpses(app: App, event: AssetReady) -> None:
    """Make what is shown of a video on cards and to its owner; without it a video is watched just as well."""
    await _take(app, event.asset_id, has_video=event.has_video)


@every(hours=1, queue="media")
async def take_missing_glimpses(app: App) -> None:
    """The same for videos that became ready before there were any, some at a time."""
    async with app.work(SYSTEM) as work:
        found = await queries.without_glimpses(work.db, work.now - LATE)
    for asset_id, has_video in found:
        await _take(app, asset_id, has_video=has_video)


@on(PosterChosen)
async def change_poster(app: App, event: PosterChosen) -> None:
    """Serve the picture that the owner has chosen; of two choices the later one stays."""
    async with app.work(SYSTEM) as work:
        asset = await queries.locked(work.db, event.asset_id)
        kept = {row.name: row.key for row in await queries.files(work.db, event.asset_id)}
    chosen = _chosen(asset.extras if asset else {}, event.edition)
    picture_id = uuid.UUID(chosen["upload"]) if chosen and "upload" in chosen else None
    if picture_id is not None:
        dress = await _of_own(app, event, picture_id)
    elif chosen is not None and chosen["name"] in kept:
        data = await app.port(ObjectStore).get(kept[chosen["name"]])
        extras = {"poster": event.edition}
        dress = Dress({POSTER: (data, "image/jpeg")}, extras=extras, thumbhash=chosen["thumbhash"])
    else:
        return
    if dress is None:
        return

    async def agrees(work: Work) -> bool:
        now = await queries.locked(work.db, event.asset_id)
        return now is not None and _chosen(now.extras, event.edition) is not None

    taken = await dressing.put_on(app, event.asset_id, dress, agrees=agrees)
    if taken and picture_id is not None:
        # What was brought is kept with the video from now on.
        async with app.work(SYSTEM) as work:
            await assets.delete_asset(work, picture_id)


@on(ImageReady)
async def take_poster(app: App, event: ImageReady) -> None:
    """The owner's own picture can be shown."""
    if event.purpose == Purpose.POSTER:
        async with app.work(SYSTEM) as work:
            await extras_of.poster_arrived(work, event.account_id, event.asset_id)


async def _of_own(app: App, event: PosterChosen, picture_id: uuid.UUID) -> Dress | None:
    async with app.work(SYSTEM) as work:
        picture = await queries.locked(work.db, picture_id)
        kept = {row.name: row.key for row in await queries.files(work.db, picture_id)}
    if picture is None or POSTER not in kept:
        return None
    file = (await app.port(ObjectStore).get(kept[POSTER]), "image/jpeg")
    own = {"name": OWN, "at_ms": None, "thumbhash": picture.thumbhash, "edition": event.edition}
    chosen = {"name": OWN, "thumbhash": picture.thumbhash, "edition": event.edition}
    told = {"poster": event.edition, "own": own, "chosen": chosen}
    return Dress({POSTER: file, OWN: file}, extras=told, thumbhash=picture.thumbhash)


async def forget_ideas(app: App, event: ChapterIdeasWanted, code: str) -> None:
    """The last attempt has failed: the owner may ask again."""
    del code
    await dressing.put_on(app, event.asset_id, Dress(extras={"chapter_ideas": None}))


@on(ChapterIdeasWanted, queue="media", on_dead=forget_ideas)
async def think_of_chapters(app: App, event: ChapterIdeasWanted) -> None:
    """Look and listen for where parts of a video may begin."""
    made = await streams.made_of(app, event.asset_id)
    if made is None:
        return
    port = app.port(Glimpses)
    low, sound = playlists.variants(made.master), playlists.sound(made.master)
    scenes: list[tuple[float, float]] = []
    pauses: list[tuple[float, float]] = []
    async with benches.scratch(app) as job:
        try:
            if low:
                await made.whole(low[0].playlist, job.source)
                scenes = await port.scenes(job)
            if sound:
                await made.whole(sound, job.source)
                pauses = await port.pauses(job)
        except (EncoderFailure, ObjectMissing) as failure:
            log.warning("no_chapter_ideas", asset=str(event.asset_id), why=str(failure)[:300])
    starts = glimpses.parts_of(event.duration_ms / 1_000, scenes, pauses)
    ideas = {"state": "ready", "starts_ms": [round(at * 1_000) for at in starts]}
    await dressing.put_on(app, event.asset_id, Dress(extras={"chapter_ideas": ideas}))


async def _take(app: App, asset_id: uuid.UUID, *, has_video: bool) -> None:
    try:
        made = await streams.made_of(app, asset_id, unless=GLIMPSED)
    except ObjectMissing as lost:
        # For who looks after files; no other video waits for that.
        log.warning("no_glimpses", asset=str(asset_id), why=str(lost)[:300])
        return
    if made is None:
        return
    async with benches.scratch(app) as job:
        try:
            dress = await (_of_picture(made, job) if has_video else _of_sound(made, job))
        except (EncoderFailure, ObjectMissing) as failure:
            log.warning("no_glimpses", asset=str(asset_id), why=str(failure)[:300])
            dress = Dress(extras={GLIMPSED: 0})
    await dressing.put_on(app, asset_id, dress)


async def _of_picture(made: Made, job: JobFolder) -> Dress:
    port = made.app.port(Glimpses)
    rungs = playlists.variants(made.master)
    if not rungs:
        raise ObjectMissing(MASTER)
    low, best = rungs[0], rungs[-1]
    await made.whole(low.playlist, job.source)
    frames = await port.frames(job, most=MOST_FRAMES)
    # Out of segments that are enciphered as a whole no keyframe is had alone.
    listed = best.keyframes if best.keyframes in made.keys else best.playlist
    layout = playlists.layout(await made.text(listed))
    length = await made.seconds(low.playlist)
    files: dict[str, tuple[Any, str]] = {
        "preview.mp4": (await port.preview(job, glimpses.spans(length)), "video/mp4"),
    }
    posters = []
    for number, frame in enumerate(await asyncio.to_thread(glimpses.telling, frames, CANDIDATES), 1):
        if layout is None:
            break
        at_s = await made.part(layout, frame.at_s, job)
        still = await port.still(job, width=best.width, height=best.height)
        name = f"poster-{number}.jpg"
        files[name] = (still.jpeg, "image/jpeg")
        posters.append({"name": name, "at_ms": round(at_s * 1_000), "thumbhash": still.thumbhash})
    return Dress(files, extras={GLIMPSED: 1, "preview": 1, "posters": posters})


async def _of_sound(made: Made, job: JobFolder) -> Dress:
    playlist = playlists.sound(made.master)
    if playlist is None:
        raise ObjectMissing(MASTER)
    await made.whole(playlist, job.source)
    peaks = await made.app.port(Glimpses).peaks(job, count=PEAKS)
    outline = json.dumps({"peaks": peaks}, separators=(",", ":")).encode()
    return Dress({"waveform.json": (outline, "application/json")}, extras={GLIMPSED: 1, "waveform": 1})


def _chosen(extras: dict[str, Any], edition: int) -> dict[str, Any] | None:
    """The picture that was chosen in an edition; None where another was chosen since."""
    chosen = extras.get("chosen")
    return chosen if chosen is not None and chosen["edition"] == edition else None
