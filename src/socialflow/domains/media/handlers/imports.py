"""From a link to an upload: the file is fetched piece by piece, and goes on where an attempt was cut off.

A piece is kept as those that people send: durable, counted, and in a transaction that begins at the
job's fence. Whoever goes on asks for the rest alone, provided that the file is still the same one
(RFC 9110, 13.1.5 and 14); a server that cannot tell is asked for the whole again.

Imports take turns, by account (`kernel.turns`), so that slow servers hold up nobody but who asked for them. What can
go on later makes way after its turn. What cannot is begun anew where its account has more than others have; else it
has a last time, after which it is given up if somebody waits.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from socialflow.domains.media.errors import BeyondLength, QuotaExceeded, UploadExpired, UploadTooLarge
from socialflow.domains.media.events import ImportRequested
from socialflow.domains.media.service import imports, intake
from socialflow.domains.media.service.imports import Facts, Standing
from socialflow.domains.media.service.intake import Fetching
from socialflow.kernel import logs, turns
from socialflow.kernel.config import ImportSettings
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.jobs import HandedOn, JobRun
from socialflow.kernel.work import SYSTEM, Actor, App
from socialflow.ports.encoder import Encoder
from socialflow.ports.fetching import (
    AddressRefused,
    Answer,
    AnswerRefused,
    AnswerTooLarge,
    Ask,
    Fetcher,
    FetchFailure,
    TimedOut,
    Unreachable,
)
from socialflow.ports.storage import ObjectStore

HEAD_BYTES = 4_096
HEAD_SECONDS = 20.0
MOST_REDIRECTS = 5
LOOK_SECONDS = 5.0
"""How often an import whose turn is over looks whether anybody waits."""
LONGEST_VALIDATOR = 200
FAILED = "import_failed"
SENTENCES = {
    "import_refused_address": "There is nothing at this address that may be fetched. It has to be a public one.",
    "import_unreachable": "The other server could not be reached, or broke off again and again. Try again later.",
    "import_timed_out": "The other server was too slow. Try again later, or upload the file.",
    "import_not_found": "There is no file at this address.",
    "import_not_allowed": "The other server does not give the file to everybody who has this address.",
    "import_unexpected_answer": "The other server answered with something other than a file.",
    "import_not_a_video": "What is at this address is no video. Give the address of the file itself, not of a page.",
    "import_too_large": "The file is larger than videos may be here.",
    "import_quota_exceeded": "There is not enough room left in your account for this file.",
    FAILED: "The file could not be fetched because of a fault on our side. Try again, or ask for help.",
}
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)", re.ASCII)

log = logs.named(__name__)


class NotAVideo(Exception):
    """The first bytes say so."""


class NoFile(Exception):
    """A status that is final; the argument is the code."""


class OtherFile(Exception):
    """What is here is of another version of the file."""


@dataclass(slots=True)
class Turn:
    """How long one attempt may go on; times in seconds of the loop's clock."""

    run: JobRun
    bounds: ImportSettings
    began: float
    looked: float
    resumable: bool = False
    is_over: bool = False

    @classmethod
    def begun(cls, app: App, run: JobRun) -> "Turn":
        """From now on."""
        now = asyncio.get_running_loop().time()
        return cls(run, app.settings.imports, now, now)

    async def end(self) -> HandedOn | TimedOut | None:
        """Why it ends now; None while it goes on."""
        now = asyncio.get_running_loop().time()
        if (
            now - self.looked < min(self.bounds.turn_seconds, LOOK_SECONDS)
            or now - self.began < self.bounds.turn_seconds
        ):
            return None
        self.looked = now
        waiting = await turns.waiting_for(self.run)
        if waiting.poorer or (self.resumable and waiting.anybody):
            return HandedOn("others wait")
        if waiting.others and not self.resumable and now - self.began > self.bounds.longest_turn_seconds:
            self.is_over = True
            return TimedOut("others wait, and it cannot go on later")
        return None


@dataclass(slots=True)
class Incoming:
    """The bytes of an answer; a failure is the end of them, and told afterwards, so that what came before is kept."""

    chunks: AsyncIterator[bytes]
    turn: Turn
    head: bytes = b""
    failure: FetchFailure | HandedOn | None = None

    async def look(self) -> bytes:
        """The first bytes; they come again with the others."""
        async for chunk in self._safely():
            self.head += chunk
            if len(self.head) >= HEAD_BYTES:
                break
        return self.head[:HEAD_BYTES]

    async def all(self) -> AsyncIterator[bytes]:
        """Every byte."""
        if self.head:
            yield self.head
        if self.failure is None:
            async for chunk in self._safely():
                yield chunk

    async def _safely(self) -> AsyncIterator[bytes]:
        while True:
            try:
                chunk = await anext(self.chunks)
            except StopAsyncIteration:
                return
            except FetchFailure as failure:
                self.failure = failure
                return
            yield chunk
            self.failure = await self.turn.end()
            if self.failure is not None:
                return


async def give_up(app: App, event: ImportRequested, code: str) -> None:
    """The last attempt has failed: tell the owner."""
    del code
    async with app.work(SYSTEM) as work:
        useless = await imports.fail(work, event.upload_id, FAILED, SENTENCES[FAILED])
    await app.port(ObjectStore).delete(*useless)


@on(ImportRequested, queue="imports", on_dead=give_up, shares="account_id")
async def fetch_link(app: App, event: ImportRequested, run: JobRun) -> None:
    """Fetch a file from a link; one that cannot be had becomes an upload that has failed, and can be tried again."""
    try:
        await _fetch_until_there(app, event, run)
    except (NotFound, UploadExpired):
        # Given up by its owner or by time meanwhile.
        return
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        log.info("import_failed", upload=str(event.upload_id), code=code, error=f"{type(error).__name__}: {error}")
        async with app.work(SYSTEM) as work:
            await run.fence(work)
            useless = await imports.fail(work, event.upload_id, code, SENTENCES[code])
        await app.port(ObjectStore).delete(*useless)


async def _fetch_until_there(app: App, event: ImportRequested, run: JobRun) -> None:
    """As many connections as it takes, as long as every few of them bring something."""
    misses, reached = 0, -1
    turn = Turn.begun(app, run)
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        await imports.take_turn(work, event.upload_id)
    while True:
        standing = await imports.standing(app, event.upload_id)
        if standing is None:
            return
        misses = 0 if standing.received > reached else misses + 1
        reached = max(standing.received, reached)
        if misses >= app.settings.imports.tries:
            raise Unreachable("nothing more comes")
        over = await turn.end()
        if over is not None:
            raise over
        try:
            await _fetch(app, run, standing, turn)
        except (Unreachable, TimedOut, OtherFile) as error:
            log.info("import_interrupted", upload=str(event.upload_id), at=reached, error=str(error))
            is_over = turn.is_over or _seconds_left(app, standing) <= 0
            if misses + 1 >= app.settings.imports.tries or is_over:
                raise
            if isinstance(error, OtherFile):
                await _learn(app, run, standing, Facts(None, None, fresh=True))
            await asyncio.sleep(app.settings.jobs.retry_base_s * 2**misses / 2)


async def _fetch(app: App, run: JobRun, standing: Standing, turn: Turn) -> None:
    """One connection: the rest of the file, or as much as comes of it."""
    fetching = Fetching(run.fence, standing.quota_bytes)
    owner = Actor(id=standing.account_id)
    if _seconds_left(app, standing) <= 0:
        raise TimedOut("the time for the whole import is over")
    async with app.port(Fetcher).open(_ask(app, standing)) as answer:
        offset, facts = _place(answer, standing)
        turn.resumable = facts.validator is not None and _goes_on(answer)
        incoming = Incoming(answer.chunks, turn)
        if offset == 0 and app.port(Encoder).refusal_of(await incoming.look()) is not None:
            raise incoming.failure or NotAVideo("by its first bytes")
        await _learn(app, run, standing, facts)
        if answer.status != 416:
            await intake.receive(
                app, owner, standing.upload_id, offset=offset, chunks=incoming.all(), fetching=fetching
            )
        if incoming.failure is not None:
            raise incoming.failure
    if facts.length is None:
        await intake.close(app, owner, standing.upload_id, fetching)


async def _learn(app: App, run: JobRun, standing: Standing, facts: Facts) -> None:
    async with app.work(SYSTEM) as work:
        await run.fence(work)
        useless = await imports.learn(work, standing.upload_id, facts, app.settings.media)
    await app.port(ObjectStore).delete(*useless)


def _ask(app: App, standing: Standing) -> Ask:
    bounds = app.settings.imports
    resuming = standing.received > 0 and standing.validator is not None
    headers = {"Range": f"bytes={standing.received}-", "If-Range": standing.validator or ""} if resuming else {}
    return Ask(
        standing.url,
        headers=headers,
        max_bytes=app.settings.media.max_upload_bytes,
        max_redirects=MOST_REDIRECTS,
        head_seconds=HEAD_SECONDS,
        stall_seconds=bounds.stall_seconds,
        total_seconds=_seconds_left(app, standing),
        least_rate=float(bounds.least_rate),
    )


def _seconds_left(app: App, standing: Standing) -> float:
    return app.settings.imports.max_seconds - (app.clock() - standing.begun_at).total_seconds()


def _place(answer: Answer, standing: Standing) -> tuple[int, Facts]:
    """Where the bytes of an answer belong, and what it says of the file; raises where it has none."""
    if answer.status == 200:
        return 0, Facts(answer.length, _validator(answer), fresh=standing.received > 0 or standing.length is not None)
    if answer.status in {206, 416} and standing.received > 0:
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        start, total = (found[1], found[2]) if found else (None, None)
        length = int(total) if total and total != "*" else None
        at = length if answer.status == 416 else int(start) if start else None
        fits = answer.status == 416 or length is None or length > standing.received
        if fits and at == standing.received and (standing.length is None or standing.length == length):
            # Where nothing is left to come, nobody but `close` ends it.
            known = length if answer.status == 206 else standing.length
            return standing.received, Facts(known, standing.validator, fresh=False)
        raise OtherFile("its parts do not fit together")
    if answer.status in {404, 410}:
        raise NoFile("import_not_found")
    if answer.status in {401, 402, 403, 407, 451}:
        raise NoFile("import_not_allowed")
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"status {answer.status}")
    raise AnswerRefused(f"status {answer.status}")


def _goes_on(answer: Answer) -> bool:
    """Whether the other side says that it gives parts of the file."""
    return answer.status in {206, 416} or answer.headers.get("accept-ranges", "").strip().lower() == "bytes"


def _validator(answer: Answer) -> str | None:
    """By what the rest of this very file can be asked for: a strong tag, or a time."""
    etag = answer.headers.get("etag", "")
    found = etag if etag.startswith('"') else answer.headers.get("last-modified")
    # It is sent back as it is: nothing but what a header may hold.
    fits = found and len(found) <= LONGEST_VALIDATOR and found.isascii() and found.isprintable()
    return found if fits else None


def _code_of(error: Exception) -> str | None:
    """What the owner is told; None for what is our own fault."""
    if isinstance(error, NoFile):
        return str(error)
    for kinds, code in (
        (AddressRefused, "import_refused_address"),
        (TimedOut, "import_timed_out"),
        (Unreachable, "import_unreachable"),
        ((AnswerTooLarge, UploadTooLarge, BeyondLength), "import_too_large"),
        ((AnswerRefused, OtherFile), "import_unexpected_answer"),
        (NotAVideo, "import_not_a_video"),
        (QuotaExceeded, "import_quota_exceeded"),
    ):
        if isinstance(error, kinds):
            return code
    return None
