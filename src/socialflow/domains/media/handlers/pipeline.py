"""One attempt at one asset, step by step, each step published as soon as it is there."""

import asyncio
import hashlib
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import assets, sources
from socialflow.domains.media.service.assets import KeptFile, Publication
from socialflow.kernel import faults, logs
from socialflow.kernel.jobs import JobRun, LeaseLost
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.encoder import Encoder, JobFolder, OutputFile, Plan, Rendition, SourceInfo
from socialflow.ports.storage import ObjectStore

TICK_S = 0.5
PROBED, QUICK = 0.02, 0.05
"""Shares of the whole at which the source is probed, and at which all is made that needs no encoding of the picture."""
LEAST_GRACE = timedelta(hours=1)

log = logs.named(__name__)


@dataclass(slots=True)
class Share:
    """A part of the work: its share of the whole, and how much of it is made, both from 0 to 1."""

    weight: float
    made: float = 0.0

    def hear(self, made: float) -> None:
        """So much is made now."""
        self.made = made


class Pipeline:
    """Makes renditions of one source and publishes them; a second attempt goes on where the first stopped."""

    def __init__(self, app: App, run: JobRun, asset_id: uuid.UUID) -> None:
        self.app = app
        self.lease = run
        self.asset_id = asset_id
        self.encoder = app.port(Encoder)
        self.store = app.port(ObjectStore)
        self.job = JobFolder(app.settings.work_dir / str(asset_id), str(asset_id))
        self.renditions: list[Rendition] = []
        self.kept: dict[str, str] = {}
        self._shares: list[Share] = []
        self._publishing = asyncio.Lock()

    @property
    def done(self) -> float:
        """Share of the whole that is made, from 0 to 1."""
        return sum(share.weight * share.made for share in self._shares)

    async def run(self) -> None:
        """All steps, while progress is told beside them."""
        telling = asyncio.create_task(self._tell_progress())
        try:
            await self._steps()
        finally:
            telling.cancel()
            await asyncio.wait({telling})
        await self._tidy()

    async def _steps(self) -> None:
        await self._fetch()
        faults.point("transcode.fetched")
        source = await self.encoder.probe(self.job)
        plan = self.encoder.plan(source)
        async with self.app.work(SYSTEM) as work:
            await self.lease.fence(work)
            await assets.describe(work, self.asset_id, source)
            self.kept = {row.name: row.key for row in await queries.files(work.db, self.asset_id)}
        faults.point("transcode.probed")

        known, swift, *groups = self._shares = _shares(source, plan)
        known.made = 1
        # The ladder is encoded beside what is quick and after it in turn; it is shown after it, too.
        quick = asyncio.create_task(self._quick(source, plan, swift))
        ladder = asyncio.create_task(self._ladder(source, plan, groups, after=quick))
        try:
            stand_in = await quick
            faults.point("transcode.quick")
            await ladder
        finally:
            await _stop(quick, ladder)
        await self._finish(source, [stand_in] if stand_in and plan.rungs else [])

    async def _fetch(self) -> None:
        """The source as one file, and its digest; one fetched by an earlier attempt is used again."""
        await asyncio.to_thread(self.job.create)
        if self.job.source.exists():
            sha256, _ = await asyncio.to_thread(_digest, self.job.source)
        else:
            fresh = self.job.source.with_name(f"fetch-{uuid.uuid4().hex}")
            sha256 = await sources.fetch_source(self.app, self.asset_id, fresh)
            fresh.replace(self.job.source)
        async with self.app.work(SYSTEM) as work:
            await self.lease.fence(work)
            await assets.identify(work, self.asset_id, sha256)

    async def _quick(self, source: SourceInfo, plan: Plan, share: Share) -> Rendition | None:
        """What needs no encoding of the picture: the source's own picture if it is fit, sound, poster.

        Returns the rendition that stands in until the ladder is there.
        """
        picture = asyncio.create_task(self.encoder.remux(self.job, source, plan))
        sound = asyncio.create_task(self.encoder.audio(self.job, source, plan, share.hear))
        still = asyncio.create_task(self.encoder.poster(self.job, source)) if source.video else None
        tasks: list[asyncio.Task[Any]] = [task for task in (picture, sound, still) if task is not None]
        try:
            await asyncio.gather(*tasks)
        finally:
            await _stop(*tasks)

        made = [item for item in (sound.result(), picture.result()) if item is not None]
        poster = still.result() if still else None
        playable = picture.result() is not None or source.video is None
        files = [poster.file] if poster else []
        await self._publish(made, files, master=playable, thumbhash=poster.thumbhash if poster else "")
        share.made = 1
        return picture.result()

    async def _ladder(
        self, source: SourceInfo, plan: Plan, shares: Sequence[Share], *, after: asyncio.Task[Any]
    ) -> None:
        """The rungs, the lowest first; the storyboard is made of it while the others are encoded."""
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self.encoder.video(self.job, source, plan, group, share.hear))
            for group, share in zip(plan.groups, shares, strict=True)
        ]
        encoded: list[asyncio.Task[tuple[Rendition, ...]]] = [*tasks]
        try:
            for number, task in enumerate(encoded):
                made = await task
                faults.point("transcode.encoded")
                await asyncio.shield(after)
                await self._publish(made, [], master=True)
                if number == 0:
                    tasks.append(asyncio.create_task(self._storyboard(made[0])))
            await asyncio.gather(*tasks)
        finally:
            await _stop(*tasks)

    async def _storyboard(self, rung: Rendition) -> None:
        await self._publish([], await self.encoder.storyboard(self.job, rung), master=False)

    async def _publish(
        self, made: Sequence[Rendition], files: Sequence[OutputFile], *, master: bool, thumbhash: str = ""
    ) -> None:
        """Serve more files; with `master`, the manifests are written anew over all renditions so far."""
        async with self._publishing:
            self.renditions += made
            publication = await self._kept(made, files, self.renditions if master else [], thumbhash=thumbhash)
            faults.point("transcode.stored")
            async with self.app.work(SYSTEM) as work:
                await self.lease.fence(work)
                asset = await assets.publish(work, self.asset_id, publication)
            if asset is None:
                raise LeaseLost
            faults.point("transcode.published")
            await assets.tell(self.app, asset)

    async def _finish(self, source: SourceInfo, retired: Sequence[Rendition]) -> None:
        """The last manifests, without what only stood in; now the asset is ready."""
        lasting = [item for item in self.renditions if item not in retired]
        publication = await self._kept([], [], lasting, retired=retired)
        grace = max(LEAST_GRACE, 2 * timedelta(seconds=source.duration_s))
        async with self.app.work(SYSTEM) as work:
            await self.lease.fence(work)
            asset = await assets.finish(work, self.asset_id, publication, keep_retired=grace)
        if asset is None:
            raise LeaseLost
        faults.point("transcode.finished")
        await assets.tell(self.app, asset)

    async def _kept(
        self,
        made: Sequence[Rendition],
        files: Sequence[OutputFile],
        listed: Sequence[Rendition],
        *,
        thumbhash: str = "",
        retired: Sequence[Rendition] = (),
    ) -> Publication:
        """Put into the store all that one publication names."""
        wanted = [*files, *(file for rendition in made for file in rendition.files)]
        if listed:
            wanted += await asyncio.to_thread(self.encoder.masters, self.job, listed)
        return Publication([await self._keep(file) for file in wanted], made, thumbhash, retired)

    async def _keep(self, file: OutputFile) -> KeptFile:
        """Put a file into the store, unless it is there."""
        sha256, size = await asyncio.to_thread(_digest, file.path)
        key = assets.key_of(self.asset_id, file.name, sha256)
        if self.kept.get(file.name) != key:
            await self.store.put(key, file.path, content_type=file.content_type)
            self.kept[file.name] = key
        return KeptFile(file, key, size, sha256)

    async def _tell_progress(self) -> None:
        """Twice a second, if there is news; what cannot be told now is told with the next."""
        told = 0
        while True:
            await asyncio.sleep(TICK_S)
            percent = min(99, int(self.done * 100))
            if percent <= told:
                continue
            try:
                async with self.app.work(SYSTEM) as work:
                    await self.lease.fence(work)
                    moved = await queries.set_progress(work.db, self.asset_id, percent, work.now)
            except LeaseLost:
                return
            except Exception as error:
                log.warning("progress_not_told", asset=str(self.asset_id), error=str(error)[:200])
                continue
            told = percent
            if moved is not None:
                await assets.signal(self.app, self.asset_id, moved[0], percent, moved[1])

    async def _tidy(self) -> None:
        """Remove the work folder, and objects of this asset that no row names: a killed attempt's."""
        await asyncio.to_thread(shutil.rmtree, self.job.root, ignore_errors=True)
        there = [info.key async for info in self.store.list(assets.folder_of(self.asset_id))]
        async with self.app.work(SYSTEM) as work:
            orphans = await queries.unknown_file_keys(work.db, there)
        await self.store.delete(*orphans)


def _shares(source: SourceInfo, plan: Plan) -> list[Share]:
    """The probe, what is quick, and each group of rungs: by pixels encoded, and a fifth of the pixels decoded."""
    if source.video is None:
        return [Share(PROBED), Share(1 - PROBED)]
    decoding = source.video.width * source.video.height / 5
    costs = [decoding + sum(rung.width * rung.height for rung in group) for group in plan.groups]
    return [Share(PROBED), Share(QUICK - PROBED), *(Share((1 - QUICK) * cost / sum(costs)) for cost in costs)]


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs and wait for its end; how it ended is of no interest any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
