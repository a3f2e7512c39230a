"""What the rows say that is kept, compared with what the store has."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from socialflow.domains.media.queries import inventory as queries
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.queries.assets import BESIDE
from socialflow.domains.media.queries.inventory import NamedObject
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectInfo, ObjectMissing, ObjectStore

AT_ONCE = 8
ORPHAN_BATCH = 500
GRACE = timedelta(hours=24)
"""An object younger than this may belong to a row that is about to be committed."""
FOLDERS = ("uploads/", "assets/", BESIDE)


class Fault(StrEnum):
    """What is wrong with an object."""

    MISSING = "missing"
    DAMAGED = "damaged"
    ORPHAN = "orphan"


@dataclass(slots=True)
class Finding:
    """An object that is not as it should be; `row` is None for an orphan. `done` tells what a repair came to."""

    fault: Fault
    key: str
    size: int
    row: NamedObject | None = None
    repaired: bool = False
    done: str = ""


@dataclass(slots=True)
class Report:
    """What was looked at, in objects and bytes, and what is wrong."""

    objects: int = 0
    size: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong any more."""
        return all(finding.repaired for finding in self.findings)


async def everything_named(app: App) -> AsyncIterator[list[NamedObject]]:
    """Every object that a row names, in pages; no transaction is open while a page is looked at."""
    for after in (queries.pieces_after, queries.files_after):
        last: NamedObject | None = None
        while True:
            async with app.work(SYSTEM) as work:
                page = await after(work.db, last)
            if not page:
                break
            yield page
            last = page[-1]


async def verify(
    app: App, *, quick: bool = False, grace: timedelta = GRACE, tell: Callable[[Report], None] | None = None
) -> Report:
    """Compare rows and objects in both directions; `quick` compares sizes and not contents.

    Raises StoreUnavailable when the store cannot be asked: that says nothing about the objects.
    """
    report, store = Report(), app.port(ObjectStore)
    async for page in everything_named(app):
        faults = await at_once([fault_of(store, row, quick=quick) for row in page])
        wrong = [(row, fault) for row, fault in zip(page, faults, strict=True) if fault]
        if wrong:
            # What was deleted while we looked is not missing.
            async with app.work(SYSTEM) as work:
                still = await queries.by_keys(work.db, [row.key for row, _ in wrong])
            report.findings += [Finding(fault, row.key, row.size, row) for row, fault in wrong if row.key in still]
        report.objects += len(page)
        report.size += sum(row.size for row in page)
        if tell is not None:
            tell(report)
    report.findings += [Finding(Fault.ORPHAN, info.key, info.size) async for info in _orphans(app, grace)]
    return report


async def fault_of(store: ObjectStore, row: NamedObject, *, quick: bool = False) -> Fault | None:
    """What is wrong with one object."""
    try:
        info = await store.head(row.key)
        if info.size != row.size:
            return Fault.DAMAGED
        if quick or row.sha256 is None or await digest_of(store, row.key) == row.sha256:
            return None
    except ObjectMissing:
        return Fault.MISSING
    return Fault.DAMAGED


async def digest_of(store: ObjectStore, key: str) -> str:
    """SHA-256 of an object, in hexadecimal, as it can be read now."""
    digest = hashlib.sha256()
    async with aclosing(store.stream(key)) as pieces:
        async for piece in pieces:
            await asyncio.to_thread(digest.update, piece)
    return digest.hexdigest()


async def at_once(calls: "Sequence[Awaitable[Fault | None]]") -> "list[Fault | None]":
    """The answers in the order of the questions, of which some are asked at the same time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: "Awaitable[Fault | None]") -> "Fault | None":
        async with gate:
            return await call

    answers = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


async def _orphans(app: App, grace: timedelta) -> AsyncIterator[ObjectInfo]:
    """Objects of uploads and assets that no row names, and that are old enough to be sure."""
    before = app.clock() - grace
    for folder in FOLDERS:
        batch: list[ObjectInfo] = []
        async for info in app.port(ObjectStore).list(folder):
            if info.modified_at < before:
                batch.append(info)
            if len(batch) == ORPHAN_BATCH:
                for orphan in await _unknown(app, batch):
                    yield orphan
                batch = []
        for orphan in await _unknown(app, batch):
            yield orphan


async def _unknown(app: App, batch: list[ObjectInfo]) -> list[ObjectInfo]:
    if not batch:
        return []
    async with app.work(SYSTEM) as work:
        known = await queries.by_keys(work.db, [info.key for info in batch])
        awaited = await upload_queries.awaited(work.db, [info.key for info in batch])
    return [info for info in batch if info.key not in known and info.key not in awaited]
