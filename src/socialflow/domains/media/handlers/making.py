"""What each kind of task makes, out of the source or of what other tasks have put into the store."""

import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from socialflow.domains.media.models import TaskKind
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import transcodes as queries
from socialflow.domains.media.queries.transcodes import BegunRow
from socialflow.domains.media.service import assets, benches, plans
from socialflow.domains.media.service.assets import KeptFile
from socialflow.kernel import logs
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import (
    Encoder,
    EncoderFailure,
    JobFolder,
    OutputFile,
    Piece,
    Plan,
    Rendition,
    Sample,
    SourceInfo,
)
from socialflow.ports.storage import ObjectStore

PIECE_TYPE = "video/mp4"
KEPT = TypeAdapter(KeptFile)

log = logs.named(__name__)


class Stopped(Exception):
    """What is being made is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a task has made and put into the store; nothing of it is served before its row says so."""

    renditions: tuple[Rendition, ...] = ()
    files: tuple[KeptFile, ...] = ()
    thumbhash: str = ""
    pieces: tuple[dict[str, Any], ...] = ()
    samples: tuple[Sample, ...] = ()
    size: int = 0

    def to_row(self) -> dict[str, Any]:
        """As JSON values, for the tasks that follow."""
        shown = [plans.RENDITION.dump_python(plans.portable(item), mode="json") for item in self.renditions]
        samples = plans.SAMPLES.dump_python(self.samples, mode="json")
        kept = [KEPT.dump_python(portable(file), mode="json") for file in self.files]
        return {"renditions": shown, "pieces": list(self.pieces), "samples": samples, "files": kept}


def portable(kept: KeptFile) -> KeptFile:
    """The same without a path of this machine."""
    return replace(kept, file=replace(kept.file, path=Path(kept.file.name)))


def kept_of(made: Mapping[str, Any]) -> list[KeptFile]:
    """The files that a task has written down; none where an earlier release did it."""
    return [KEPT.validate_python(one) for one in made.get("files", ())]


@dataclass(slots=True)
class Making:
    """A task at work."""

    app: App
    task: BegunRow
    source: SourceInfo
    plan: Plan
    job: JobFolder
    encoder: Encoder
    store: ObjectStore
    progress: float = field(default=0.0)

    def hear(self, made: float) -> None:
        """So much of it is made, from 0 to 1."""
        self.progress = made

    async def need_source(self) -> None:
        """The source in the job's folder."""
        await benches.need_source(self.app, self.task.asset_id, self.job, self.source.size)


async def remux(making: Making) -> Result:
    """The source's own picture and sound."""
    await making.need_source()
    return await keep(making, await making.encoder.remux(making.job, making.source, making.plan))


async def audio(making: Making) -> Result:
    """One of the sounds, in all its codecs."""
    await making.need_source()
    tracks = plans.tracks_named(making.plan, making.task.rungs)
    return await keep(making, await making.encoder.audio(making.job, making.source, tracks, making.hear))


async def poster(making: Making) -> Result:
    """The still picture."""
    await making.need_source()
    made = await making.encoder.poster(making.job, making.source)
    return await keep(making, [], [made.file], thumbhash=made.thumbhash)


async def sample(making: Making) -> Result:
    """How good the rungs look in several qualities, in one span; nothing where that cannot be found out."""
    await making.need_source()
    span = making.task.first_chunk or 0
    try:
        found = await making.encoder.sample(making.job, making.source, making.plan, span, making.hear)
    except EncoderFailure as failure:
        # A ladder like everybody's is made instead: that is no reason to try again, still less to give up.
        log.warning("not_sampled", asset=str(making.task.asset_id), span=span, why=str(failure)[:300])
        return Result()
    return Result(samples=found)


async def chunks(making: Making) -> Result:
    """Some chunks of some rungs, kept where every worker finds them."""
    await making.need_source()
    task, first = making.task, making.task.first_chunk or 0
    rungs = plans.rungs_named(making.plan, task.rungs)
    wanted = making.plan.chunks[first : first + (task.chunks or 0)]
    made = await making.encoder.chunks(making.job, making.source, making.plan, rungs, wanted, making.hear)
    kept = [await _keep_piece(making, piece) for piece in made]
    return Result(pieces=tuple(kept), size=sum(item["size"] for item in kept))


async def join(making: Making) -> Result:
    """One file for each rung of a group."""
    task = making.task
    assert task.rung_group is not None
    async with making.app.work(SYSTEM) as work:
        rows = await queries.pieces(work.db, task.asset_id, task.rung_group)
    known = [item for row in rows for item in row["pieces"]]
    pieces = [await _need_piece(making, item) for item in known]
    rungs = plans.rungs_named(making.plan, task.rungs)
    return await keep(making, await making.encoder.join(making.job, making.source, making.plan, rungs, pieces))


async def storyboard(making: Making) -> Result:
    """The sprite, from the lowest rung."""
    async with making.app.work(SYSTEM) as work:
        made = await queries.made(work.db, making.task.asset_id)
        keys = {row.name: row.key for row in await asset_queries.files(work.db, making.task.asset_id)}
    # While a ready video is made anew nothing of that is served yet.
    keys |= {kept.file.name: kept.key for row in made if row.name == "join-0" for kept in kept_of(row.made)}
    low = renditions_of([row.made for row in made if row.name == "join-0"], making.job.out)[0]
    await _need(making, low.files[0].path, keys[low.files[0].name])
    return await keep(making, [], await making.encoder.storyboard(making.job, low))


def renditions_of(made: Sequence[Mapping[str, Any]], folder: Path) -> list[Rendition]:
    """Renditions as tasks have written them down, their files in a folder."""
    return [plans.placed(plans.RENDITION.validate_python(one), folder) for row in made for one in row["renditions"]]


async def keep(
    making: Making, renditions: Sequence[Rendition], files: Sequence[OutputFile] = (), *, thumbhash: str = ""
) -> Result:
    """Put into the store all that is to be served."""
    wanted = [*files, *(file for rendition in renditions for file in rendition.files)]
    kept = [await keep_file(making, file) for file in wanted]
    return Result(tuple(renditions), tuple(kept), thumbhash, size=sum(file.size for file in kept))


async def keep_file(making: Making, file: OutputFile) -> KeptFile:
    """Put a file into the store, named by its content."""
    sha256, size = await assets.digest_of(file.path)
    key = assets.key_of(making.task.asset_id, file.name, sha256, making.task.round)
    await making.store.put(key, file.path, content_type=file.content_type)
    return KeptFile(file, key, size, sha256)


async def _keep_piece(making: Making, piece: Piece) -> dict[str, Any]:
    key = assets.pieces_folder(making.task.asset_id, making.task.round) + piece.path.name
    stored = await making.store.put(key, piece.path, content_type=PIECE_TYPE)
    return {"chunk": piece.chunk, "stem": piece.stem, "name": piece.path.name, "size": stored.size}


async def _need_piece(making: Making, known: Mapping[str, Any]) -> Piece:
    path = making.job.out / known["name"]
    await _need(making, path, assets.pieces_folder(making.task.asset_id, making.task.round) + known["name"])
    return Piece(known["chunk"], known["stem"], path)


async def _need(making: Making, path: Path, key: str) -> None:
    """A file of the job's folder; what another machine has made is fetched."""
    if path.exists():
        return
    fresh = path.with_name(f".fetch-{uuid.uuid4().hex}")
    try:
        await making.store.get_file(key, fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


MAKERS: dict[str, Callable[[Making], Coroutine[Any, Any, Result]]] = {
    TaskKind.REMUX: remux,
    TaskKind.AUDIO: audio,
    TaskKind.POSTER: poster,
    TaskKind.SAMPLE: sample,
    TaskKind.CHUNKS: chunks,
    TaskKind.JOIN: join,
    TaskKind.STORYBOARD: storyboard,
}
