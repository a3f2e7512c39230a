"""Verifying the audit log from its first row to its head, batch by batch, and telling where it was touched.

What is found: a row that was edited, deleted, moved or put in; rows that are missing at the end; a head that
does not fit; details that were edited, or are missing though nobody's erasure was noted. Who can write to
the database and cuts off the end together with the head leaves a log that is whole, only shorter: that
is what anchors are for, places of the chain that were written down elsewhere (`socialflow audit head`).

A row may be tied under a former secret that is still in the settings. From one row to the next the secrets get
newer and never older, but for the time in which parts of an installation are started anew; and at last there is
one under the secret in force. So whoever knows a former secret alone cannot write on.

Rows up to the head never change, so each batch is a transaction of its own, and nobody waits meanwhile.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from socialflow.kernel import audit
from socialflow.kernel.audit import AuditDetails, AuditEvent
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import SYSTEM, App

BATCH = 1_000
MOST_FAULTS = 100
# How long parts of an installation may go on with a secret that others have replaced.
OVERLAP = timedelta(hours=1)
# The facts that take details with them.
ERASED = ("account:erasure:begun", "account:erasure:done")
VERIFIED, BROKEN = "instance:audit:verified", "instance:audit:broken"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place of the chain, as it was seen at some time: `SEQ:DIGEST`, the digest in hexadecimal."""

    seq: int
    digest: bytes

    @classmethod
    def parse(cls, words: str) -> "Anchor":
        """Read what `str()` wrote; raises ValueError for other text."""
        seq, _, digest = words.strip().partition(":")
        found = cls(int(seq), bytes.fromhex(digest))
        if found.seq < 0 or len(found.digest) != len(audit.GENESIS):
            raise ValueError(words)
        return found

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest.hex()}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the log is not as it was written: at which row, and what is wrong there."""

    seq: int
    what: str


@dataclass(slots=True)
class Report:
    """What came of a verification; the first fault is where it begins."""

    checked: int = 0
    without_details: int = 0
    head: Anchor | None = None
    faults: list[Fault] = field(default_factory=list)

    def add(self, seq: int, what: str) -> None:
        """Enter a fault, unless there are very many already."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(seq, what))


_HEAD = text("SELECT seq, digest FROM audit_heads WHERE id = 1")
_BEYOND = text("SELECT min(seq) FROM audit_events WHERE seq > coalesce((SELECT seq FROM audit_heads WHERE id = 1), 0)")
_ERASED = text("SELECT DISTINCT account_id FROM audit_events WHERE tag = ANY(:tags) AND account_id = ANY(:ids)")


async def head(app: App) -> Anchor | None:
    """The last link of the chain; None before the first fact, or where it was taken away."""
    async with app.work(SYSTEM) as work:
        row = (await work.db.execute(_HEAD)).first()
    return Anchor(row.seq, bytes(row.digest)) if row else None


async def rows(app: App, after: int, last: int, batch: int = BATCH) -> AsyncIterator[Sequence[Any]]:
    """The log behind one row and up to another, in batches, with `details` and whether there are any."""
    while True:
        found = (
            select(AuditEvent.__table__, AuditDetails.details, AuditDetails.event_id.is_not(None).label("has_details"))
            .outerjoin(AuditDetails, AuditDetails.event_id == AuditEvent.id)
            .where(AuditEvent.seq > after, AuditEvent.seq <= last)
            .order_by(AuditEvent.seq)
            .limit(batch)
        )
        async with app.work(SYSTEM) as work:
            shown = (await work.db.execute(found)).all()
        if shown:
            yield shown
        if len(shown) < batch:
            return
        after = shown[-1].seq


async def verify(app: App, *, expected: Sequence[Anchor] = (), batch: int = BATCH) -> Report:
    """Go through the whole log; `expected` are places of it that were written down before."""
    report = Report(head=await head(app))
    last = report.head.seq if report.head else 0
    walk = _Walk(app.keys, report, expected)
    async for some in rows(app, 0, last, batch):
        for row in some:
            walk.step(row)
        walk.unexcused = await _unexcused(app, walk.unexcused)
    walk.end(last)
    for seq in sorted(await _unexcused(app, walk.unexcused)):
        report.add(seq, "its details are missing, and nobody's erasure was noted")
    async with app.work(SYSTEM) as work:
        beyond = await work.db.scalar(_BEYOND)
    if beyond is not None:
        report.add(beyond, "it stands behind the head of the chain: the head was put back, or the row put in")
    report.faults.sort(key=lambda fault: fault.seq)
    return report


class _Walk:
    """Where a verification stands."""

    def __init__(self, keys: Keys, report: Report, expected: Sequence[Anchor]) -> None:
        self._keys, self._report = keys, report
        self._expected = {anchor.seq: anchor.digest for anchor in expected}
        # The digest of the row before; None behind a gap, where it is not known.
        self._before: bytes | None = audit.GENESIS
        self._seq = 0
        # The newest secret so far, by how many ago it was in force, and since when; None before the first row.
        self._age: int | None = None
        self._since = datetime.min.replace(tzinfo=UTC)
        # Rows without details: whom they are about and who did them.
        self.unexcused: dict[int, set[uuid.UUID]] = {}

    def step(self, row: Any) -> None:
        """Look at the next row."""
        if row.seq != self._seq + 1:
            self._missing(row.seq - 1)
        elif self._before is not None:
            self._look_at_link(self._before, row)
        self._look_at_details(row)
        if self._expected.get(row.seq, row.digest) != row.digest:
            self._report.add(row.seq, "the chain was another one when the anchor was written down")
        self._seq, self._before = row.seq, bytes(row.digest)
        self._report.checked += 1

    def end(self, last: int) -> None:
        """There are no more rows."""
        if self._seq < last:
            self._missing(last)
        elif self._report.head and self._before != self._report.head.digest:
            self._report.add(last, "the head of the chain is not this row's")
        elif self._age:
            self._report.add(
                last,
                "nothing was written under the secret in force: run `socialflow secrets rotate`, unless you have",
            )
        furthest = max(self._expected, default=0)
        if furthest > last:
            self._seq = last
            self._missing(furthest)

    def _missing(self, last: int) -> None:
        first = self._seq + 1
        self._report.add(first, "it is missing" if first == last else f"it and all rows to {last} are missing")
        self._before = None

    def _look_at_link(self, before: bytes, row: Any) -> None:
        age = audit.age_of_link(self._keys, before, row)
        if age is None:
            self._report.add(row.seq, "it is not what was written there: edited, or moved")
        elif self._age is None or age < self._age:
            self._age, self._since = age, row.at
        elif age > self._age and row.at > self._since + OVERLAP:
            self._report.add(row.seq, "it was written under a secret that had been replaced by then")

    def _look_at_details(self, row: Any) -> None:
        if not row.has_details:
            self._report.without_details += 1
            self.unexcused[row.seq] = {each for each in (row.account_id, row.actor_id) if each}
            return
        if not audit.are_its_details(self._keys, row, row.details):
            self._report.add(row.seq, "its details are not those that were written")


async def _unexcused(app: App, missing: dict[int, set[uuid.UUID]]) -> dict[int, set[uuid.UUID]]:
    """Those rows whose people were not erased."""
    people = set[uuid.UUID]().union(*missing.values())
    if not people:
        return missing
    async with app.work(SYSTEM) as work:
        erased = set(await work.db.scalars(_ERASED, {"tags": list(ERASED), "ids": list(people)}))
    return {seq: who for seq, who in missing.items() if not who & erased}
