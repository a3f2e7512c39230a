"""The bytes of an upload: from the network to the store to the row, piece by piece.

A piece is first an object, durable and under a name that nobody else uses, then a row, in one
short transaction that also moves the upload's offset; no transaction is open while bytes move.
Of two requests at one offset the first to commit wins, and the other's object is deleted. What is
lost between object and row is an orphan that the sweep finds. While one piece is being flushed
to the disk the next one is taken from the network.
"""

import asyncio
import contextlib
import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from socialflow.domains.media.errors import (
    BeyondLength,
    ChecksumMismatch,
    JoinedUpload,
    QuotaExceeded,
    SentDirectly,
    UploadComplete,
    UploadExpired,
    UploadIsFetched,
    WrongOffset,
)
from socialflow.domains.media.models import Origin, Upload, UploadKind, UploadState
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service import uploads
from socialflow.kernel import faults, ids, logs, metrics
from socialflow.kernel.errors import NotFound, Problem
from socialflow.kernel.work import Actor, App, Work
from socialflow.ports.storage import ObjectStore, StoreUnavailable

# A piece of a slow sender is kept after this time although it is small, so that it is not lost with the connection.
FLUSH_SECONDS = 10.0
CONTENT_TYPE = "application/octet-stream"

log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says of the bytes of one request."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """Where an upload stands."""

    offset: int
    length: int
    expires_at: datetime
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Fetching:
    """What is different where we fetch the bytes ourselves: `guard` is called first in every transaction."""

    guard: Callable[[Work], Awaitable[None]]
    quota_bytes: int


@dataclass(slots=True)
class Piece:
    """Consecutive bytes on their way to one object."""

    start: int
    key: str
    size: int = 0
    failed: bool = False
    digest: Any = field(default_factory=hashlib.sha256)
    taken: asyncio.Event = field(default_factory=asyncio.Event)


class Incoming:
    """The bytes of one request, counted, digested and cut."""

    def __init__(self, chunks: AsyncIterator[bytes], *, room: int, checksum: Checksum | None) -> None:
        self._chunks = chunks
        self._room = room
        self._rest = b""
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm) if checksum else None

    async def more(self) -> bool:
        """Whether there is another byte."""
        while not self._rest:
            try:
                self._rest = await anext(self._chunks)
            except StopAsyncIteration:
                return False
            self._room -= len(self._rest)
            if self._room < 0:
                raise BeyondLength
            if self._digest is not None:
                self._digest.update(self._rest)
        return True

    async def cut(self, piece: Piece, size: int) -> AsyncIterator[bytes]:
        """The bytes of one piece: at most so many, and no more than come in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + FLUSH_SECONDS
        while piece.size < size and loop.time() < until and await self.more():
            part, self._rest = self._rest[: size - piece.size], self._rest[size - piece.size :]
            piece.size += len(part)
            piece.digest.update(part)
            yield part
        piece.taken.set()

    def verify(self) -> None:
        """Raise ChecksumMismatch unless the bytes are those that were sent."""
        if self._digest is not None and self._checksum is not None and self._digest.digest() != self._checksum.digest:
            raise ChecksumMismatch


async def receive(
    app: App,
    actor: Actor,
    upload_id: uuid.UUID,
    *,
    offset: int,
    chunks: AsyncIterator[bytes],
    declared: int | None = None,
    checksum: Checksum | None = None,
    closes: bool = True,
    fetching: Fetching | None = None,
) -> Position:
    """Keep the bytes of one request, which begin at `offset`, for as long as they come.

    `declared` is how many are said to come. With a checksum either all of them are kept or none;
    without, whatever arrives is kept, and a sender that broke off goes on from there. With the last byte the upload
    is complete, unless it is said that this request does not close it; one without bytes can do that later. What we
    are `fetching` ourselves may be of a length that nobody knows yet: `close` says that all has come.
    """
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
    if (upload.origin != Origin.SENT) != (fetching is not None):
        raise UploadIsFetched
    _expects(upload, offset, declared)
    most = app.settings.media.max_upload_bytes if upload.length is None else upload.length
    incoming = Incoming(chunks, room=most - offset, checksum=checksum)
    closes = closes and upload.kind == UploadKind.WHOLE
    at_once = checksum is not None
    return await Intake(app, actor, upload, incoming, at_once=at_once, closes=closes, fetching=fetching).run()


async def close(app: App, actor: Actor, upload_id: uuid.UUID, fetching: Fetching) -> None:
    """All bytes of an upload whose length nobody knew have come: it is what has come."""
    async with app.work(actor) as work:
        upload = await uploads.standing(work, upload_id)
    nothing = Incoming(_nothing(), room=0, checksum=None)
    intake = Intake(app, actor, upload, nothing, at_once=False, closes=False, fetching=fetching)
    await intake.find_all([], upload.received)
    async with app.work(actor) as work:
        await fetching.guard(work)
        await uploads.close(work, upload_id, ends_at=upload.received)


async def _nothing() -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for chunk in none:
        yield chunk


class Intake:
    """One request's way into an upload."""

    def __init__(
        self,
        app: App,
        actor: Actor,
        upload: Upload,
        incoming: Incoming,
        *,
        at_once: bool,
        closes: bool,
        fetching: Fetching | None = None,
    ) -> None:
        self.app = app
        self.actor = actor
        self.upload = upload
        self.incoming = incoming
        self.at_once = at_once
        self.closes = closes
        self.fetching = fetching
        self.store: ObjectStore = app.port(ObjectStore)
        complete = upload.state == UploadState.RECEIVED
        self.position = Position(upload.received, upload.length or 0, upload.expires_at, complete)
        self._next_start = upload.received
        self._kept: list[Piece] = []
        self._tasks: list[asyncio.Task[None]] = []
        # Objects that no row may name: deleted when this request fails.
        self._unnamed: set[str] = set()

    async def run(self) -> Position:
        """Take everything in; what failed leaves no object behind."""
        earlier: asyncio.Task[None] | None = None
        try:
            while await self.incoming.more():
                piece = self._new_piece()
                keeping = asyncio.create_task(self._keep(piece, earlier))
                self._tasks.append(keeping)
                await piece.taken.wait()
                if piece.failed:
                    await keeping
                self._next_start += piece.size
                # Two at once: one is flushed while the other is filled.
                if earlier is not None:
                    await earlier
                earlier = keeping
            if earlier is not None:
                await earlier
            self.incoming.verify()
            if self.at_once and self._kept:
                await self._commit(self._kept)
            if self.closes and self.position.offset == self.upload.length and not self.position.complete:
                await self._close()
        except BaseException as error:
            # A failure stops what comes after it; what was taken before it may still be kept.
            await self._clean_up(at_once=not isinstance(error, Exception))
            raise
        return self.position

    def _new_piece(self) -> Piece:
        key = f"{uploads.pieces_of(self.upload.id)}{self._next_start:016d}-{secrets.token_hex(8)}"
        self._unnamed.add(key)
        return Piece(self._next_start, key)

    async def _keep(self, piece: Piece, earlier: "asyncio.Task[None] | None") -> None:
        try:
            stream = self.incoming.cut(piece, self.app.settings.media.piece_bytes)
            stored = await self.store.put(piece.key, stream, content_type=CONTENT_TYPE)
        except BaseException:
            piece.failed = True
            raise
        finally:
            piece.taken.set()
        if stored.size != piece.size:
            raise StoreUnavailable
        if earlier is not None:
            await earlier
        if self.at_once:
            self._kept.append(piece)
        else:
            await self._commit([piece])

    async def _commit(self, pieces: list[Piece]) -> None:
        expected, taken = pieces[0].start, sum(piece.size for piece in pieces)
        if expected + taken == self.upload.length:
            await self.find_all(pieces, expected)

        faults.point("media.piece_kept")
        keys = {piece.key for piece in pieces}
        # From here on nobody can tell whether a failing commit has happened: rows may name the objects.
        self._unnamed -= keys
        try:
            async with self.app.work(self.actor) as work:
                self.position = await self._advance(work, pieces, expected, taken)
        except Problem:
            self._unnamed |= keys
            raise
        metrics.UPLOAD_BYTES.inc(taken)

    async def _advance(self, work: Work, pieces: list[Piece], expected: int, taken: int) -> Position:
        if self.fetching is not None:
            await self.fetching.guard(work)
        expires_at = work.now + timedelta(seconds=self.app.settings.media.upload_expiry_s)
        moved = await queries.advance(
            work.db, self.upload.id, expected=expected, taken=taken, now=work.now, expires_at=expires_at
        )
        if moved is None:
            raise await self._why_not(work)
        await queries.add_pieces(work.db, [self._row_of(piece) for piece in pieces])
        complete = self.closes and moved.received == moved.length
        if complete:
            upload = await uploads.standing(work, self.upload.id)
            await uploads.complete(work, upload)
        if self.fetching is not None:
            await self._count(work, self.fetching, taken)
        return Position(moved.received, moved.length or 0, expires_at, complete)

    async def _count(self, work: Work, fetching: Fetching, taken: int) -> None:
        """Of a length that nobody knows, what has come is what counts; and whoever waits is told."""
        quota, owner = fetching.quota_bytes, self.upload.account_id
        if self.upload.length is None and not await queries.reserve(work.db, owner, taken, quota):
            raise QuotaExceeded(extra={"quota_bytes": quota})
        work.tell(f"upload:{ids.show('upl', self.upload.id)}", "upload.changed", {})

    async def _close(self) -> None:
        """Complete an upload all of whose bytes came with requests that left it open."""
        await self.find_all([], self.position.offset)
        async with self.app.work(self.actor) as work:
            await uploads.close(work, self.upload.id)
        self.position = replace(self.position, complete=True)

    def _row_of(self, piece: Piece) -> dict[str, Any]:
        return {
            "upload_id": self.upload.id,
            "start": piece.start,
            "length": piece.size,
            "key": piece.key,
            "sha256": piece.digest.hexdigest(),
        }

    async def _why_not(self, work: Work) -> Problem:
        upload = await queries.own(work.db, self.actor.id, self.upload.id)
        if upload is None:
            return NotFound()
        return UploadExpired() if upload.state == UploadState.EXPIRED else _at_another_offset(upload)

    async def find_all(self, last: list[Piece], standing: int) -> None:
        """Before an upload is called complete, see that the store still has every piece of it."""
        async with self.app.work(self.actor) as work:
            rows = await queries.pieces(work.db, self.upload.id)
        wanted = [(row.start, row.length, row.key) for row in rows]
        wanted += [(piece.start, piece.size, piece.key) for piece in last]
        there = {info.key: info.size async for info in self.store.list(uploads.pieces_of(self.upload.id))}
        lost = [start for start, size, key in wanted if there.get(key) != size]
        if not lost:
            return

        hole = min(lost[0], standing)
        log.error("upload_pieces_lost", upload=str(self.upload.id), first=lost[0], count=len(lost))
        async with self.app.work(self.actor) as work:
            rewound = await queries.rewind(work.db, self.upload.id, seen=standing, hole=hole, now=work.now)
            if rewound and self.upload.length is None:
                await queries.release(work.db, self.upload.account_id, standing - hole)
        raise StoreUnavailable(retry_after=1)

    async def _clean_up(self, *, at_once: bool) -> None:
        for task in self._tasks if at_once else ():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # What cannot be deleted now is found by the sweep.
        with contextlib.suppress(StoreUnavailable):
            await self.store.delete(*self._unnamed)


def _expects(upload: Upload, offset: int, declared: int | None) -> None:
    if upload.kind == UploadKind.FINAL:
        raise JoinedUpload
    if upload.kind == UploadKind.DIRECT:
        raise SentDirectly
    if offset != upload.received:
        raise _at_another_offset(upload)
    if upload.state == UploadState.RECEIVED and declared != 0:
        raise UploadComplete
    if declared is not None and upload.length is not None and offset + declared > upload.length:
        raise BeyondLength


def _at_another_offset(upload: Upload) -> WrongOffset:
    return WrongOffset(headers={"Upload-Offset": str(upload.received)}, extra={"offset": upload.received})
