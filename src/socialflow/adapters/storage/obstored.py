"""Objects behind obstore: what is the same whether the service is Amazon's or Microsoft's."""

import asyncio
import re
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from socialflow.adapters.storage.indirect import Indirect
from socialflow.ports.storage import (
    PIECE_BYTES,
    Content,
    InvalidKey,
    ObjectExists,
    ObjectInfo,
    ObjectMissing,
    Stored,
    StoreFull,
    StoreUnavailable,
    check_key,
    check_prefix,
)

if TYPE_CHECKING:
    from obstore import PutResult
    from obstore.store import AzureStore, BackoffConfig, ClientConfig, RetryConfig, S3Store

# Up to this size an object is one request; beyond, a multipart upload in parts of this size.
PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2
# A stream asks for this much at a time and one such window ahead: a slow reader holds no request open.
WINDOW_BYTES = 4 * 1024 * 1024
FIRST_RETRY = timedelta(milliseconds=100)
LAST_RETRY = timedelta(seconds=2)
ABANDON_SECONDS = 10.0
LIST_BATCH = 500
# No key begins with a dot, so nothing here can be mistaken for an object.
HIDDEN = ".parts"
_FULL = re.compile(r"status code: 507|QuotaExceeded|StorageFull|NotEnoughSpace", re.IGNORECASE)
_OUTSIDE = re.compile(r"status code: 416")


class ObstoreObjectStore(Indirect):
    """The ObjectStore over one of obstore's."""

    def __init__(self, store: "S3Store | AzureStore", *, delete_batch: int) -> None:
        self._store, self._delete_batch = store, delete_batch

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        """One request for what fits in a part, else a multipart upload that is aborted when it fails."""
        check_key(key)
        if isinstance(data, Path):
            size = await asyncio.to_thread(plain_size, data)
            return Stored(size, await self._send(key, data, content_type))
        if isinstance(data, bytes):
            return Stored(len(data), await self._send(key, data, content_type))

        stream = _Stream(data)
        first = await stream.first_part()
        if stream.ended:
            return Stored(len(first), await self._send(key, first, content_type))
        etag = await self._send(key, stream, content_type)
        return Stored(stream.size, etag)

    async def put_new(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """One request, with a condition."""
        check_key(key)
        with failures(key):
            done = await obstore.put_async(
                self._store, key, data, attributes={"Content-Type": content_type}, mode="create", use_multipart=False
            )
        return Stored(len(data), tag(done["e_tag"]))

    async def get(self, key: str) -> bytes:
        """One request."""
        check_key(key)
        with failures(key):
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Ranged requests, one ahead of the reader."""
        check_key(key)
        stop = (await self.head(key)).size if end is None else end
        if start > stop:
            raise ObjectMissing(key)
        windows = [(at, min(at + WINDOW_BYTES, stop)) for at in range(start, stop, WINDOW_BYTES)]
        coming = asyncio.create_task(self._window(key, *windows[0])) if windows else None
        try:
            for following in [*windows[1:], None]:
                if coming is None:
                    return
                window = await coming
                coming = asyncio.create_task(self._window(key, *following)) if following else None
                for at in range(0, len(window), PIECE_BYTES):
                    yield bytes(window[at : at + PIECE_BYTES])
        finally:
            if coming is not None:
                coming.cancel()

    async def get_file(self, key: str, path: Path) -> None:
        """Stream into a new file."""
        with await asyncio.to_thread(open, path, "xb") as file:
            try:
                async with aclosing(self.stream(key)) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(file.write, piece)
            except BaseException:
                await asyncio.to_thread(path.unlink)
                raise

    async def head(self, key: str) -> ObjectInfo:
        """One request."""
        check_key(key)
        with failures(key):
            meta = await obstore.head_async(self._store, key)
        return ObjectInfo(key, meta["size"], tag(meta["e_tag"]), meta["last_modified"])

    async def delete(self, *keys: str) -> None:
        """Many to a request; a key that the service could not delete fails the call."""
        wanted = [check_key(key) for key in keys]
        for at in range(0, len(wanted), self._delete_batch):
            batch = wanted[at : at + self._delete_batch]
            try:
                await self._delete(batch)
            except ObjectMissing:
                # Azure says so of the first that is not there, and nothing of the others.
                for key in batch:
                    with suppress(ObjectMissing):
                        await self._delete([key])

    async def delete_prefix(self, prefix: str) -> None:
        """List, then delete in batches."""
        batch: list[str] = []
        async for info in self.list(prefix):
            batch.append(info.key)
            if len(batch) == self._delete_batch:
                await self.delete(*batch)
                batch = []
        await self.delete(*batch)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Pages as they come."""
        check_prefix(prefix)
        with failures(prefix):
            listing = obstore.list(self._store, prefix=prefix or None, chunk_size=LIST_BATCH)
        while True:
            with failures(prefix):
                try:
                    page = await anext(listing)
                except StopAsyncIteration:
                    return
            for meta in page:
                if meta["path"].startswith(HIDDEN):
                    continue
                yield ObjectInfo(meta["path"], meta["size"], tag(meta["e_tag"]), meta["last_modified"])

    def local_path(self, key: str) -> Path | None:
        """Never: the bytes are elsewhere."""
        check_key(key)
        return None

    async def close(self) -> None:
        """Let go of obstore's client, which has no other end: its connections are closed with it."""
        self.__dict__.pop("_store", None)

    async def _delete(self, keys: Sequence[str]) -> None:
        with failures("delete"):
            await obstore.delete_async(self._store, keys)

    async def _send(self, key: str, data: "bytes | Path | _Stream", content_type: str) -> str:
        with failures(key):
            sending = asyncio.ensure_future(
                obstore.put_async(
                    self._store,
                    key,
                    data,
                    attributes={"Content-Type": content_type},
                    chunk_size=PART_BYTES,
                    max_concurrency=PARTS_AT_ONCE,
                    use_multipart=False if isinstance(data, bytes) and len(data) <= PART_BYTES else None,
                )
            )
            try:
                done = await asyncio.shield(sending)
            except asyncio.CancelledError:
                await _abandon(sending, data)
                raise
            except FileNotFoundError as error:
                # The bucket; or a multipart upload that could not be given up, for it was completed by a request whose
                # answer was lost.
                raise StoreUnavailable(retry_after=2) from error
        return tag(done["e_tag"])

    async def _window(self, key: str, start: int, stop: int) -> memoryview:
        with failures(key):
            window = memoryview(await obstore.get_range_async(self._store, key, start=start, end=stop))
        if len(window) != stop - start:
            raise ObjectMissing(key)
        return window


class _Stream:
    """A stream of unknown length, counted, and able to fail when its sender gives up."""

    def __init__(self, data: AsyncIterator[bytes]) -> None:
        self.size = 0
        self.ended = False
        self._data = data
        self._ready: list[bytes] = []
        self._reading: asyncio.Future[bytes] | None = None

    async def first_part(self) -> bytes:
        """What fits in one part; it is sent again by iterating unless the stream ended with it."""
        size = 0
        async for piece in self._data:
            self._ready.append(piece)
            size += len(piece)
            if size > PART_BYTES:
                self._ready.reverse()
                return b""
        self.ended = True
        return b"".join(self._ready)

    def __aiter__(self) -> "_Stream":
        return self

    async def __anext__(self) -> bytes:
        piece = self._ready.pop() if self._ready else await self._next()
        self.size += len(piece)
        return piece

    async def _next(self) -> bytes:
        self._reading = asyncio.ensure_future(anext(self._data))
        try:
            return await self._reading
        except asyncio.CancelledError:
            raise RuntimeError("abandoned") from None

    def stop(self) -> None:
        """Fail the reader, so that the multipart upload behind it is aborted."""
        if self._reading is not None:
            self._reading.cancel()


async def _abandon(sending: "asyncio.Future[PutResult]", data: object) -> None:
    if isinstance(data, _Stream):
        data.stop()
        await asyncio.wait([sending], timeout=ABANDON_SECONDS)
    sending.cancel()


@contextmanager
def failures(key: str) -> Iterator[None]:
    """Speak of the vendor's failures in the port's words; the vendor's stay as their cause, for the log."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing(key) from error
    except AlreadyExistsError as error:
        raise ObjectExists(key) from error
    except (BaseError, OSError) as error:
        if _OUTSIDE.search(str(error)):
            raise ObjectMissing(key) from error
        if _FULL.search(str(error)):
            raise StoreFull(retry_after=30) from error
        raise StoreUnavailable(retry_after=2) from error


def patience(endpoint: str | None, timeout_s: float, retries: int) -> "tuple[ClientConfig, RetryConfig]":
    """How long one request may take, and how often it is sent again.

    `timeout_s` bounds one request, so also the time that one part of 8 MiB may take.
    """
    client: ClientConfig = {
        "timeout": timedelta(seconds=timeout_s),
        "connect_timeout": timedelta(seconds=min(timeout_s, 5.0)),
        "allow_http": endpoint is not None and endpoint.startswith("http://"),
    }
    backoff: BackoffConfig = {"init_backoff": FIRST_RETRY, "max_backoff": LAST_RETRY, "base": 2}
    return client, {"max_retries": retries, "backoff": backoff, "retry_timeout": timedelta(seconds=timeout_s)}


def plain_size(path: Path) -> int:
    """The size of a file that is no link and no device; raises InvalidKey."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise InvalidKey(f"not a plain file: {path.name}")
    return found.st_size


def tag(etag: str | None) -> str:
    """An ETag without its quotes."""
    return (etag or "").strip('"')
