"""Exports: everything about a person in one archive, asked for, made, fetched and forgotten."""

import struct
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import policy
from socialflow.domains.accounts.errors import ExportGoingOn
from socialflow.domains.accounts.events import ExportAsked, ExportReady
from socialflow.domains.accounts.models import Export, ExportState
from socialflow.domains.accounts.schemas.privacy import ExportRead, HeldRead
from socialflow.kernel import crypto, ids, personal
from socialflow.kernel.crypto import BadSignature
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import App, Work
from socialflow.ports.storage import ObjectStore

FOLDER = "exports/"
PIECE_BYTES = 8 * 1024**2
PURPOSE = "export"
_HEAD = struct.Struct(">Q")
LONGEST_TOKEN = 80
LAST = uuid.UUID(int=2**128 - 1)
MOST_EXPIRED = 100


async def ask(work: Work) -> Export:
    """Begin an export of the actor's data; raises ExportGoingOn while one is being made."""
    account_id = _known(work)
    found = select(Export).where(Export.account_id == account_id).order_by(Export.id.desc()).limit(1)
    policy.may_export((await work.db.scalars(found)).one_or_none())
    export = Export(
        id=ids.new(), account_id=account_id, state=ExportState.QUEUED, progress=0, size=None, created_at=work.now
    )
    try:
        async with work.db.begin_nested():
            work.db.add(export)
    except IntegrityError:
        raise ExportGoingOn from None
    work.note("account:export:asked", account_id)
    work.emit(ExportAsked(account_id=account_id, export_id=export.id))
    return export


async def mine(work: Work, before: uuid.UUID | None, limit: int) -> Sequence[Export]:
    """The actor's exports, the latest first."""
    found = select(Export).where(Export.account_id == _known(work), Export.id < (before or LAST))
    return (await work.db.scalars(found.order_by(Export.id.desc()).limit(limit))).all()


async def one(work: Work, export_id: uuid.UUID) -> Export:
    """One of the actor's exports; raises NotFound for anybody else's."""
    export = await work.db.get(Export, export_id)
    if export is None or export.account_id != _known(work):
        raise NotFound
    return export


async def fetchable(work: Work, export_id: uuid.UUID) -> Export:
    """One that can be fetched now; raises NotFound."""
    export = await one(work, export_id)
    if export.state != ExportState.READY or export.expires_at is None or export.expires_at <= work.now:
        raise NotFound
    return export


async def give_up(work: Work, export_id: uuid.UUID) -> Export:
    """Delete one's archive before its time."""
    export = await one(work, export_id)
    if export.state in {ExportState.QUEUED, ExportState.RUNNING}:
        raise ExportGoingOn
    export.state, export.folder = ExportState.EXPIRED, None
    return export


def link(app: App, work: Work, export: Export) -> tuple[str, datetime]:
    """Path of an archive for the session that asks, and until when it leads there."""
    expires = work.now + timedelta(seconds=app.settings.privacy.export_link_s)
    head = _HEAD.pack(int(expires.timestamp()))
    token = crypto.to_text(head + app.keys.sign(PURPOSE, _signed(head, export.id, work)))
    return f"/api/v1/me/exports/{ids.show('exp', export.id)}/archive?token={token}", expires


def check_link(app: App, work: Work, export: Export, token: str) -> None:
    """Raise NotFound unless the path was made for this session and its time is not over."""
    try:
        raw = crypto.from_text(token)
        head, signature = raw[: _HEAD.size], raw[_HEAD.size :]
        app.keys.verify(PURPOSE, _signed(head, export.id, work), signature)
        (expires,) = _HEAD.unpack(head)
    except (BadSignature, ValueError, struct.error):
        raise NotFound from None
    if expires <= work.now.timestamp():
        raise NotFound


async def stream(app: App, folder: str, start: int, end: int) -> AsyncIterator[bytes]:
    """Bytes `start` to `end` of an archive, piece after piece."""
    store = app.port(ObjectStore)
    while start < end:
        number, offset = divmod(start, PIECE_BYTES)
        until = min(PIECE_BYTES, offset + end - start)
        async with aclosing(store.stream(f"{folder}{number:06}", offset, until)) as parts:
            async for part in parts:
                yield part
        start += until - offset


async def begin(work: Work, export_id: uuid.UUID) -> Export | None:
    """Start to make one; None when there is nothing left to do."""
    export = await work.db.get(Export, export_id, with_for_update=True)
    if export is None or export.state not in {ExportState.QUEUED, ExportState.RUNNING}:
        return None
    export.state, export.progress = ExportState.RUNNING, 0
    return export


async def progressed(work: Work, export_id: uuid.UUID, percent: int) -> None:
    """Say how far it is, in percent."""
    going_on = update(Export).where(Export.id == export_id, Export.state == ExportState.RUNNING)
    await work.db.execute(going_on.values(progress=percent))


async def finish(work: Work, export_id: uuid.UUID, *, folder: str, size: int, keep: timedelta) -> None:
    """It can be fetched from now on."""
    export = await begin(work, export_id)
    if export is None:
        return
    export.state, export.progress, export.folder, export.size = ExportState.READY, 100, folder, size
    export.ready_at, export.expires_at = work.now, work.now + keep
    work.emit(ExportReady(account_id=export.account_id, export_id=export.id, expires_at=export.expires_at))


async def fail(work: Work, export_id: uuid.UUID) -> None:
    """It could not be made; its owner may ask again."""
    export = await begin(work, export_id)
    if export is not None:
        export.state = ExportState.FAILED


async def expire(work: Work) -> list[uuid.UUID]:
    """Forget archives whose time is over, some at a time; their files are the caller's to delete."""
    late = (
        select(Export)
        .where(Export.state == ExportState.READY, Export.expires_at <= work.now)
        .order_by(Export.expires_at)
        .limit(MOST_EXPIRED)
        .with_for_update(skip_locked=True)
    )
    found = (await work.db.scalars(late)).all()
    for export in found:
        export.state, export.folder = ExportState.EXPIRED, None
    return [export.id for export in found]


async def unknown_folders(work: Work, export_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these exports have no archive any more, and are not being made."""
    kept = (ExportState.QUEUED, ExportState.RUNNING, ExportState.READY)
    found = select(Export.id).where(Export.id.in_(export_ids), Export.state.in_(kept))
    return set(export_ids) - set(await work.db.scalars(found))


async def held(work: Work) -> list[HeldRead]:
    """What is kept of the actor, by kind: how many, and how many bytes."""
    account_id = _known(work)
    counted = [(each, await personal.count(work, each, account_id)) for each in personal.exported()]
    return [
        HeldRead(kind=str(each.export), count=number, bytes=size, level=each.level, kept=each.kept)
        for each, (number, size) in counted
    ]


def read(export: Export) -> ExportRead:
    """An export as its owner sees it."""
    return ExportRead(
        id=export.id,
        state=ExportState(export.state),
        progress=export.progress / 100,
        size=export.size,
        created_at=export.created_at,
        ready_at=export.ready_at,
        expires_at=export.expires_at,
    )


def folder_of(export_id: uuid.UUID) -> str:
    """The folder of an export's pieces, whichever attempt made them."""
    return f"{FOLDER}{export_id}/"


def _signed(head: bytes, export_id: uuid.UUID, work: Work) -> bytes:
    session = work.actor.session_id.bytes if work.actor.session_id else b""
    return head + export_id.bytes + _known(work).bytes + session


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
