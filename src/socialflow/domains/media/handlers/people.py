"""The files of a person: handed to them in an export, deleted when they are erased."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import PurePosixPath

from socialflow.domains.media.handlers.transcode import clear
from socialflow.domains.media.queries import people as queries
from socialflow.domains.media.service import assets, dressing, uploads
from socialflow.kernel import ids, personal
from socialflow.kernel.personal import File
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore


@personal.exports_files("uploads")
async def originals(app: App, account_id: uuid.UUID) -> AsyncIterator[File]:
    """Whatever somebody uploaded, as they uploaded it, and as far as it has come."""
    async with app.work(SYSTEM) as work:
        found = await queries.uploads_of(work.db, account_id)
    for upload in found:
        async with app.work(SYSTEM) as work:
            pieces = await queries.pieces(work.db, upload.id)
        if pieces:
            name = f"{ids.show('upl', upload.id)}/{PurePosixPath(upload.filename).name or 'file'}"
            size = sum(piece.length for piece in pieces)
            yield File(name, size, _opener(app, [(piece.key, piece.length) for piece in pieces]))


@personal.exports_files("pictures")
async def pictures(app: App, account_id: uuid.UUID) -> AsyncIterator[File]:
    """Somebody's pictures: of these only what was made of them is kept."""
    async with app.work(SYSTEM) as work:
        found = await queries.pictures_of(work.db, account_id)
    for picture in found:
        yield File(
            f"{ids.show('ast', picture.asset_id)}/{picture.name}",
            picture.size,
            _opener(app, [(picture.key, picture.size)]),
        )


@personal.erases(step=40)
async def erase_files(app: App, account_id: uuid.UUID) -> None:
    """Delete every file that somebody brought, and all that was made of it: rows first, so that nobody makes more."""
    store = app.port(ObjectStore)
    async with app.work(SYSTEM) as work:
        found = await queries.files_of(work.db, account_id)
    for upload_id, asset_id, parts in found:
        async with app.work(SYSTEM) as work:
            await assets.delete_asset(work, asset_id)
            await uploads.forget(work, upload_id)
        await clear(app, asset_id)
        await dressing.clear(app, asset_id)
        for folder in (upload_id, *parts) if upload_id else parts:
            await uploads.delete_objects(store, folder)


def _opener(app: App, parts: list[tuple[str, int]]) -> personal.Opener:
    store = app.port(ObjectStore)

    async def read() -> AsyncGenerator[bytes, None]:
        for key, length in parts:
            async with aclosing(store.stream(key, 0, length)) as pieces:
                async for piece in pieces:
                    yield piece

    @asynccontextmanager
    async def opened() -> AsyncIterator[AsyncIterator[bytes]]:
        async with aclosing(read()) as reading:
            yield reading

    return opened
