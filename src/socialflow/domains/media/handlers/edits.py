"""An edit is made by one worker after another: parts of the picture, then the whole, then its bytes as an upload.

A part is in the store as soon as it is made, under a name that depends on all that its bytes depend on: whoever goes on
after a crash makes what is missing. With the last byte the edit is made, in one transaction that begins at the job's
fence, and what follows is what follows any upload.
"""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from socialflow.domains.media.errors import QuotaExceeded, SourceDamaged, UploadExpired
from socialflow.domains.media.events import EditRequested
from socialflow.domains.media.models import Edit
from socialflow.domains.media.queries import edits as queries
from socialflow.domains.media.service import assets, benches, edits, intake, materials, uploads
from socialflow.domains.media.service.intake import Fetching
from socialflow.domains.media.service.materials import MaterialGone
from socialflow.kernel import faults, ids, logs
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.jobs import GiveUp, JobRun
from socialflow.kernel.work import SYSTEM, Actor, App
from socialflow.ports.editing import Editor, EditPlan, Script, Sound, input_of, mark_of, track_of
from socialflow.ports.encoder import (
    SENTENCES,
    Encoder,
    EncoderTrouble,
    FailureCode,
    JobFolder,
    SourceInfo,
    SourceRefused,
)
from socialflow.ports.storage import ObjectMissing, ObjectStore

TICK_S = 1.0
READ_BYTES = 1024**2
PART_TYPE = "video/mp4"
FETCHED, ENCODED, ASSEMBLED = 0.05, 0.8, 0.9
"""How much of the whole is done by then."""
FAILED = "edit_failed"
SENTENCES_OF_EDITS = {
    FAILED: "The video could not be edited because of a fault on our side. Try again, or ask for help.",
    "material_gone": "Something that this edit is made of is not there any more.",
    "quota_exceeded": "There is not enough room left in your account for the edited video.",
}

log = logs.named(__name__)


class Stopped(Exception):
    """The edit is not wanted any more."""


@dataclass(slots=True)
class Cutting:
    """An edit at work."""

    app: App
    run: JobRun
    edit: Edit
    job: JobFolder
    progress: float = field(default=0.0)

    @property
    def folder(self) -> str:
        """Where its parts are kept in the store."""
        return f"{assets.pieces_folder(self.edit.asset_id)}edit/"

    @property
    def script(self) -> Script:
        """What is to be made."""
        return Script(edits.timeline_of(self.edit).spans, edits.mark_of(self.edit), Sound(self.edit.sound))

    async def keep_on(self) -> None:
        """The lease holds, and the edit is still wanted."""
        async with self.app.work(SYSTEM) as work:
            await self.run.fence(work)
            if not await edits.go_on(work, self.edit.id, int(self.progress * 100)):
                raise Stopped


async def give_up(app: App, event: EditRequested, code: str) -> None:
    """The last attempt has failed: tell the owner."""
    known = code in set(FailureCode)
    shown, detail = (code, SENTENCES[FailureCode(code)]) if known else (FAILED, SENTENCES_OF_EDITS[FAILED])
    await _fail(app, event, shown, detail, None)


@on(EditRequested, queue="encode", on_dead=give_up)
async def make_edit(app: App, event: EditRequested, run: JobRun) -> None:
    """Make what somebody wants of their videos; what cannot be made is told them."""
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        edit = await edits.begin(work, event.edit_id)
    try:
        if edit is not None:
            async with benches.bench(app, edit.id) as job:
                await _make_while_wanted(Cutting(app, run, edit, job))
    except (Stopped, NotFound, UploadExpired):
        log.info("edit_stopped", edit=str(event.edit_id))
    except (SourceRefused, SourceDamaged) as failure:
        code, detail = FAILED, SENTENCES_OF_EDITS[FAILED]
        if isinstance(failure, SourceRefused):
            code, detail = failure.code.value, failure.detail
        await _fail(app, event, code, detail, run, why=failure)
    except (MaterialGone, QuotaExceeded) as failure:
        code = "material_gone" if isinstance(failure, MaterialGone) else "quota_exceeded"
        await _fail(app, event, code, SENTENCES_OF_EDITS[code], run, why=failure)
    except EncoderTrouble as failure:
        if run.is_last:
            raise GiveUp(failure.code.value) from failure
        raise
    await _tidy(app, event)


async def _make_while_wanted(cutting: Cutting) -> None:
    work = asyncio.create_task(_make(cutting))
    watching = asyncio.create_task(_watch(cutting))
    try:
        await asyncio.wait({work, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Stopped
        work.result()
    finally:
        for each in (work, watching):
            each.cancel()
        await asyncio.gather(work, watching, return_exceptions=True)


async def _watch(cutting: Cutting) -> None:
    """Tell every second how far it is; ends when it is not wanted any more. What cannot be told now is told later."""
    app, edit = cutting.app, cutting.edit
    while True:
        await asyncio.sleep(TICK_S)
        try:
            async with app.work(SYSTEM) as work:
                wanted = await queries.tell(work.db, edit.id, int(cutting.progress * 100), work.now)
                work.tell(f"upload:{ids.show('upl', edit.upload_id)}", "upload.changed", {})
        except Exception as error:
            log.warning("progress_not_told", edit=str(edit.id), error=str(error)[:200])
            continue
        if not wanted:
            # The last byte ends it as well, and whoever keeps that is about to be done.
            async with app.work(SYSTEM) as work:
                if await queries.state_of(work.db, edit.id) == "made":
                    continue
            return


async def _make(cutting: Cutting) -> None:
    job, script, editor = cutting.job, cutting.script, cutting.app.port(Editor)
    inputs, track = await _lay_out(cutting)
    cutting.progress = FETCHED
    faults.point("edit.fetched")
    plan = editor.plan(script, inputs)
    copied = await editor.copy(job, inputs) if plan.may_copy else None
    picture = [copied] if copied is not None else await _parts(cutting, script, inputs, plan)
    cutting.progress = ENCODED
    made = await editor.assemble(
        job, script, inputs, plan, picture, track, lambda done: _hear(cutting, ENCODED, ASSEMBLED, done)
    )
    faults.point("edit.assembled")
    await _hand_in(cutting, made.path)
    faults.point("edit.handed_in")


async def _lay_out(cutting: Cutting) -> tuple[list[SourceInfo], SourceInfo | None]:
    """Everything that is needed in the job's folder, and what it is."""
    app, edit, job = cutting.app, cutting.edit, cutting.job
    inputs = []
    for number, asset_id in enumerate(edit.inputs):
        path, source = await _film(cutting, f"film-{number}", asset_id)
        await asyncio.to_thread(_link, path, input_of(job, number))
        inputs.append(source)
    if edit.mark_asset_id is not None:
        await materials.need_mark(app, edit.mark_asset_id, mark_of(job))
    track = None
    if edit.sound_asset_id is not None:
        path, track = await _film(cutting, "track", edit.sound_asset_id)
        await asyncio.to_thread(_link, path, track_of(job))
    return inputs, track


async def _film(cutting: Cutting, name: str, asset_id: uuid.UUID) -> tuple[Path, SourceInfo]:
    looking = JobFolder(cutting.job.root / name, str(asset_id))
    await asyncio.to_thread(looking.create)
    await materials.need_film(cutting.app, asset_id, looking)
    return looking.source, await cutting.app.port(Encoder).probe(looking)


async def _parts(cutting: Cutting, script: Script, inputs: Sequence[SourceInfo], plan: EditPlan) -> list[Path]:
    """The parts of the picture: those that are in the store are fetched, the others made and put there."""
    editor, store, job = cutting.app.port(Editor), cutting.app.port(ObjectStore), cutting.job
    there = {info.key async for info in store.list(cutting.folder)}
    made: list[Path] = []
    for number, part in enumerate(plan.parts):
        name = await editor.name_of(job, script, inputs, plan, part)
        key, path = f"{cutting.folder}{name}", job.out / name
        if key in there and not path.exists():
            with suppress(ObjectMissing):
                await _fetch(store, key, path)
        if not path.exists():
            await editor.part(job, script, inputs, plan, part)
            faults.point("edit.part_made")
        if key not in there:
            await store.put(key, path, content_type=PART_TYPE)
            faults.point("edit.part_kept")
        made.append(path)
        _hear(cutting, FETCHED, ENCODED, (number + 1) / len(plan.parts))
        await cutting.keep_on()
    return made


async def _hand_in(cutting: Cutting, path: Path) -> None:
    """The bytes of the file become those of the upload, from where an earlier attempt has come to."""
    app, edit = cutting.app, cutting.edit
    sha256, size = await asyncio.to_thread(_digest, path)
    async with app.work(SYSTEM) as work:
        await cutting.run.fence(work)
        offset, useless = await edits.fit(work, edit.id, size, sha256)
    await app.port(ObjectStore).delete(*useless)
    faults.point("edit.fitted")
    fetching = Fetching(cutting.run.fence, edit.quota_bytes)
    await intake.receive(
        app,
        Actor(id=edit.account_id),
        edit.upload_id,
        offset=offset,
        chunks=_bytes(cutting, path, offset, size),
        declared=size - offset,
        fetching=fetching,
    )


async def _bytes(cutting: Cutting, path: Path, offset: int, size: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := await asyncio.to_thread(file.read, READ_BYTES):
            offset += len(chunk)
            _hear(cutting, ASSEMBLED, 1.0, offset / size)
            yield chunk


async def _fail(
    app: App, event: EditRequested, code: str, detail: str, run: JobRun | None, *, why: Exception | None = None
) -> None:
    log.info("edit_failed", edit=str(event.edit_id), code=code, error=f"{type(why).__name__}: {why}"[:500])
    async with app.work(SYSTEM) as work:
        if run is not None:
            await run.fence(work)
        useless = await edits.fail(work, event.edit_id, code, detail)
    await app.port(ObjectStore).delete(*useless)
    if run is None:
        await _tidy(app, event)


async def _tidy(app: App, event: EditRequested) -> None:
    """Remove what was only needed on the way, here and in the store."""
    await asyncio.to_thread(benches.retire, benches.folder(app, event.edit_id).root)
    await app.port(ObjectStore).delete_prefix(f"{assets.pieces_folder(event.asset_id)}edit/")
    async with app.work(SYSTEM) as work:
        state = await queries.state_of(work.db, event.edit_id)
    if state not in {*queries.OPEN, "made"}:
        # What a process had put there when it was killed, and no row names.
        await uploads.delete_objects(app.port(ObjectStore), event.upload_id)


def _hear(cutting: Cutting, start: float, end: float, done: float) -> None:
    cutting.progress = max(cutting.progress, start + (end - start) * done)


async def _fetch(store: ObjectStore, key: str, path: Path) -> None:
    fresh = path.with_name(f".fetch-{path.name}")
    try:
        await store.get_file(key, fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _link(path: Path, target: Path) -> None:
    if not target.exists():
        os.link(path, target)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
