"""Questions about uploads, and the few statements on which their correctness rests."""

import contextlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import (
    Asset,
    Origin,
    StorageUsage,
    Upload,
    UploadKind,
    UploadPiece,
    UploadState,
)

EXPIRE_BATCH = 200


class PieceRow(NamedTuple):
    """Consecutive bytes of an upload: first byte, length, object and digest."""

    start: int
    length: int
    key: str
    sha256: str | None


class Moved(NamedTuple):
    """Where an upload stands after its offset was moved."""

    received: int
    length: int | None


class Open(NamedTuple):
    """Unfinished uploads of an account: how many, and the bytes that they wait for."""

    number: int
    missing: int


# Whose it is, and who sends it for them.
_HOLDS = or_(Upload.account_id == bindparam("account_id"), Upload.sender_id == bindparam("account_id"))
_own = select(Upload).where(Upload.id == bindparam("id"), _HOLDS)
_own_with_asset = (
    select(Upload, Asset).outerjoin(Asset, Asset.upload_id == Upload.id).where(Upload.id == bindparam("id"), _HOLDS)
)
_receiving = (
    select(func.count(), func.coalesce(func.sum(Upload.length - Upload.received), 0))
    .select_from(Upload)
    .where(Upload.account_id == bindparam("account_id"), Upload.state == UploadState.RECEIVING)
)
# Of all who bring the bytes at an offset, one moves it.
_ADVANCE = text("""
    UPDATE uploads SET received = received + :taken, updated_at = :now, expires_at = :expires_at
    WHERE id = :id AND received = :expected AND state = 'receiving'
    RETURNING received, length
""")
_REWIND = text("""
    UPDATE uploads SET received = :hole, updated_at = :now
    WHERE id = :id AND received = :seen AND state = 'receiving' RETURNING id
""")
# The row of the account is what parallel uploads queue at; its new value is checked in the same breath.
_RESERVE = text("""
    INSERT INTO storage_usage AS mine (account_id, used)
    SELECT CAST(:account_id AS uuid), CAST(:size AS bigint) WHERE CAST(:size AS bigint) <= CAST(:quota AS bigint)
    ON CONFLICT (account_id) DO UPDATE SET used = mine.used + excluded.used
    WHERE mine.used + excluded.used <= CAST(:quota AS bigint)
    RETURNING used
""")
_RELEASE = text("UPDATE storage_usage SET used = greatest(used - :size, 0) WHERE account_id = :account_id")
_RECOUNT = text("""
    UPDATE storage_usage AS mine SET used = counted.used FROM (
        SELECT u.account_id,
            coalesce((SELECT sum(coalesce(length, received)) FROM uploads
                      WHERE account_id = u.account_id AND state = 'receiving'), 0)
            + coalesce((SELECT sum(counted) FROM assets WHERE account_id = u.account_id), 0) AS used
        FROM storage_usage AS u WHERE u.account_id = ANY(:account_ids)
    ) AS counted WHERE counted.account_id = mine.account_id AND counted.used <> mine.used
    RETURNING mine.account_id
""")
WHOLE = "whole"
"""What the one object of an upload that goes to the store is called."""
_known_keys = select(UploadPiece.key).where(UploadPiece.key.in_(bindparam("keys", expanding=True)))
_pieces = (
    select(UploadPiece.start, UploadPiece.length, UploadPiece.key, UploadPiece.sha256)
    .where(UploadPiece.upload_id == bindparam("upload_id"))
    .order_by(UploadPiece.start)
)


async def own(
    db: AsyncSession, account_id: uuid.UUID | None, upload_id: uuid.UUID, *, lock: bool = False
) -> Upload | None:
    """An upload of this account, or one that it sends for another."""
    statement = _own.with_for_update() if lock else _own
    return (await db.scalars(statement, {"id": upload_id, "account_id": account_id})).one_or_none()


async def own_with_asset(
    db: AsyncSession, account_id: uuid.UUID | None, upload_id: uuid.UUID
) -> tuple[Upload, Asset | None] | None:
    """The same, and what became of it."""
    found = (await db.execute(_own_with_asset, {"id": upload_id, "account_id": account_id})).one_or_none()
    return (found[0], found[1]) if found else None


async def forget_sender(db: AsyncSession, sender_id: uuid.UUID, owner_id: uuid.UUID | None) -> None:
    """Somebody sends nothing for an owner any more; for nobody where none is named."""
    theirs = update(Upload).where(Upload.sender_id == sender_id)
    if owner_id is not None:
        theirs = theirs.where(Upload.account_id == owner_id)
    await db.execute(theirs.values(sender_id=None))


async def locked(db: AsyncSession, upload_id: uuid.UUID) -> Upload | None:
    """An upload, whosever it is, held against others until the transaction ends."""
    return (await db.scalars(select(Upload).where(Upload.id == upload_id).with_for_update())).one_or_none()


async def forget_pieces(db: AsyncSession, upload_id: uuid.UUID) -> list[str]:
    """Forget the pieces of an upload; the names of their objects."""
    gone = delete(UploadPiece).where(UploadPiece.upload_id == upload_id).returning(UploadPiece.key)
    return list(await db.scalars(gone))


async def count_fetching(db: AsyncSession, account_id: uuid.UUID | None) -> int:
    """How many files are being fetched for an account."""
    mine = (Upload.account_id == account_id, Upload.state == UploadState.RECEIVING, Upload.origin == Origin.LINK)
    return int((await db.execute(select(func.count()).select_from(Upload).where(*mine))).scalar_one())


async def open_of(db: AsyncSession, account_id: uuid.UUID | None) -> Open:
    """The uploads of an account that are unfinished."""
    number, missing = (await db.execute(_receiving, {"account_id": account_id})).one()
    return Open(int(number), int(missing or 0))


async def parts(db: AsyncSession, account_id: uuid.UUID, part_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Upload]:
    """Parts of this account, held until the transaction ends; in the order of ids, so that nobody waits in a ring."""
    wanted = select(Upload).where(
        Upload.account_id == account_id, Upload.kind == UploadKind.PARTIAL, Upload.id.in_(part_ids)
    )
    found = await db.scalars(wanted.order_by(Upload.id).with_for_update())
    return {upload.id: upload for upload in found}


async def joined_of(db: AsyncSession, account_id: uuid.UUID, part_ids: Sequence[uuid.UUID]) -> Upload | None:
    """The upload that was joined of just these parts, in this order."""
    wanted = select(Upload).where(
        Upload.account_id == account_id, Upload.kind == UploadKind.FINAL, Upload.parts == list(part_ids)
    )
    return (await db.scalars(wanted)).one_or_none()


async def move_pieces(db: AsyncSession, part: Upload, to: uuid.UUID, *, at: int) -> None:
    """Make the pieces of a part those of another upload, from some byte on; the part itself goes."""
    its = UploadPiece.upload_id == part.id
    await db.execute(update(UploadPiece).where(its).values(upload_id=to, start=UploadPiece.start + at))
    await db.delete(part)


async def set_token(db: AsyncSession, upload_id: uuid.UUID, token: str) -> str | None:
    """Write down the store's name for a sending, unless there is one: the one that is written now."""
    mine = update(Upload).where(Upload.id == upload_id, Upload.store_token.is_(None)).values(store_token=token)
    await db.execute(mine)
    return await db.scalar(select(Upload.store_token).where(Upload.id == upload_id))


async def learn(db: AsyncSession, upload_id: uuid.UUID, sha256: str) -> None:
    """Write down the digest of a file that was sent to the store as one piece, now that it has been read."""
    unknown = UploadPiece.upload_id == upload_id, UploadPiece.sha256.is_(None)
    await db.execute(update(UploadPiece).where(*unknown).values(sha256=sha256))


async def parts_of(db: AsyncSession, upload_id: uuid.UUID) -> list[uuid.UUID]:
    """What an upload was joined of."""
    return list(await db.scalar(select(Upload.parts).where(Upload.id == upload_id)) or ())


async def advance(
    db: AsyncSession, upload_id: uuid.UUID, *, expected: int, taken: int, now: datetime, expires_at: datetime
) -> Moved | None:
    """Move an upload's offset from where it is expected to be; None when it is elsewhere."""
    values = {"id": upload_id, "expected": expected, "taken": taken, "now": now, "expires_at": expires_at}
    row = (await db.execute(_ADVANCE, values)).one_or_none()
    return Moved(*row) if row else None


async def rewind(db: AsyncSession, upload_id: uuid.UUID, *, seen: int, hole: int, now: datetime) -> bool:
    """Set an upload back to where its bytes are lost, and forget its later pieces."""
    values = {"id": upload_id, "seen": seen, "hole": hole, "now": now}
    if (await db.execute(_REWIND, values)).one_or_none() is None:
        return False
    await db.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id, UploadPiece.start >= hole))
    return True


async def add_pieces(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write down pieces."""
    await db.execute(insert(UploadPiece), rows)


async def pieces(db: AsyncSession, upload_id: uuid.UUID) -> list[PieceRow]:
    """The pieces of an upload, in order."""
    return [PieceRow(*row) for row in await db.execute(_pieces, {"upload_id": upload_id})]


async def unknown_keys(db: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Which of these objects no piece names, nor is about to."""
    wanted = set(keys)
    unknown = wanted - set(await db.scalars(_known_keys, {"keys": list(wanted)}))
    return unknown - await awaited(db, unknown)


async def awaited(db: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Which of these objects were sent to the store for uploads that nobody has completed yet.

    Some stores say that such an object is as old as its sending, which may have taken days.
    """
    sent: dict[uuid.UUID, str] = {}
    for key in keys:
        folder, _, name = key.removeprefix("uploads/").partition("/")
        if name == WHOLE:
            with contextlib.suppress(ValueError):
                sent[uuid.UUID(folder)] = key
    if not sent:
        return set()
    found = select(Upload.id).where(Upload.id.in_(sent), Upload.state == UploadState.RECEIVING)
    return {sent[upload_id] for upload_id in await db.scalars(found)}


async def reserve(db: AsyncSession, account_id: uuid.UUID, size: int, quota: int) -> bool:
    """Count bytes against an account; whether they fit."""
    values = {"account_id": account_id, "size": size, "quota": quota}
    return (await db.execute(_RESERVE, values)).one_or_none() is not None


async def release(db: AsyncSession, account_id: uuid.UUID, size: int) -> None:
    """Give bytes back to an account."""
    await db.execute(_RELEASE, {"account_id": account_id, "size": size})


async def used_by(db: AsyncSession, account_id: uuid.UUID | None) -> int:
    """What an account keeps, in bytes."""
    found = await db.scalar(select(StorageUsage.used).where(StorageUsage.account_id == account_id))
    return int(found or 0)


async def overdue(db: AsyncSession, now: datetime) -> Sequence[Upload]:
    """Unfinished uploads whose time has run out, some at a time, locked."""
    statement = (
        select(Upload)
        .where(Upload.state == UploadState.RECEIVING, Upload.expires_at < now)
        .order_by(Upload.expires_at)
        .limit(EXPIRE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return (await db.scalars(statement)).all()


async def accounts_after(db: AsyncSession, last: uuid.UUID | None, limit: int) -> Sequence[uuid.UUID]:
    """Accounts that keep something, by id, and locked, so that nothing is reserved while it is counted."""
    statement = select(StorageUsage.account_id).order_by(StorageUsage.account_id).limit(limit).with_for_update()
    if last is not None:
        statement = statement.where(StorageUsage.account_id > last)
    return (await db.scalars(statement)).all()


async def recount(db: AsyncSession, account_ids: Sequence[uuid.UUID]) -> int:
    """Set the usage of accounts to what they keep; returns how many were off."""
    return len((await db.execute(_RECOUNT, {"account_ids": list(account_ids)})).all())
