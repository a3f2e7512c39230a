"""The file that somebody uploaded, put together again from its pieces."""

import asyncio
import hashlib
import uuid
from contextlib import aclosing
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import delete, select, update

from socialflow.domains.media.errors import SourceDamaged
from socialflow.domains.media.models import Asset, UploadPiece
from socialflow.domains.media.queries import uploads as queries
from socialflow.domains.media.service.uploads import pieces_of
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectMissing, ObjectStore

SOURCE_DAMAGED = "source_damaged"
DAMAGED = "The uploaded file was damaged while it was kept here. Upload it again."
SOURCE_DIFFERS = "sha256_mismatch"
DIFFERS = "The file that arrived is not the one whose SHA-256 was given when its upload began. Upload it again."


async def fetch_source(app: App, asset_id: uuid.UUID, path: Path) -> str:
    """Write an asset's bytes, as they were uploaded, to a new file; raises SourceDamaged.

    Every piece is compared with the digest that was taken while it arrived, unless it did not come through us.
    Returns that of the whole, SHA-256 in hexadecimal, which is taken in the same pass; of a single piece it is that.
    """
    async with app.work(SYSTEM) as work:
        asset = await work.db.get(Asset, asset_id)
        if asset is None:
            raise NotFound
        pieces = await queries.pieces(work.db, asset.upload_id) if asset.upload_id else []
    at, digest = 0, ""
    whole = hashlib.sha256() if len(pieces) > 1 else None
    try:
        with path.open("xb") as file:
            for start, length, key, sha256 in pieces:
                digest = await _append(app.port(ObjectStore), key, length, file, whole)
                if start != at or sha256 not in (None, digest):
                    raise SourceDamaged(key)
                at += length
        if at != asset.source_size:
            raise SourceDamaged(f"{at} of {asset.source_size} bytes")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return whole.hexdigest() if whole is not None else digest


async def forget_source(app: App, asset_id: uuid.UUID) -> None:
    """Give up the bytes as they were uploaded; the asset can then not be processed again."""
    async with app.work(SYSTEM) as work:
        upload_id = await work.db.scalar(select(Asset.upload_id).where(Asset.id == asset_id))
        await forget_pieces(work, asset_id)
    if upload_id is not None:
        await delete_pieces(app, upload_id)


async def delete_pieces(app: App, upload_id: uuid.UUID) -> None:
    """Delete the objects of an upload, whose row is still there, and of whatever it was joined of."""
    async with app.work(SYSTEM) as work:
        parts = await queries.parts_of(work.db, upload_id)
    for folder in (upload_id, *parts):
        await app.port(ObjectStore).delete_prefix(pieces_of(folder))


async def forget_pieces(work: Work, asset_id: uuid.UUID) -> None:
    """Forget the pieces of an asset; their objects are orphans then, which the sweep deletes at the latest."""
    upload_id = await work.db.scalar(
        update(Asset).where(Asset.id == asset_id).values(source_key=None).returning(Asset.upload_id)
    )
    if upload_id is not None:
        await work.db.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id))


async def _append(store: ObjectStore, key: str, length: int, file: BinaryIO, whole: Any) -> str:
    digest = hashlib.sha256()
    try:
        async with aclosing(store.stream(key, 0, length)) as parts:
            async for part in parts:
                await asyncio.to_thread(_take, part, digest, whole, file)
    except ObjectMissing as error:
        raise SourceDamaged(key) from error
    return digest.hexdigest()


def _take(part: bytes, digest: Any, whole: Any, file: BinaryIO) -> None:
    digest.update(part)
    if whole is not None:
        whole.update(part)
    file.write(part)
