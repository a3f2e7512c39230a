"""Objects in a bucket of Google Cloud Storage, by Google's own client.

The client waits, so its calls run in threads of their own. Objects in parts are objects out of sight that
are composed in the end: https://cloud.google.com/storage/docs/composing-objects.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from google.api_core.exceptions import (
    GoogleAPICallError,
    NotFound,
    PreconditionFailed,
    RequestRangeNotSatisfiable,
    RetryError,
)
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud.storage import Blob, Client
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2.service_account import Credentials
from requests import Response
from requests.exceptions import RequestException

from socialflow.adapters.storage.indirect import Indirect
from socialflow.adapters.storage.obstored import HIDDEN, plain_size
from socialflow.ports.storage import (
    PIECE_BYTES,
    Content,
    ObjectExists,
    ObjectInfo,
    ObjectMissing,
    Stored,
    StoreFull,
    StoreUnavailable,
    check_key,
    check_prefix,
)

T = TypeVar("T")

# Up to this size an object is one request; beyond, a resumable upload in chunks of this size.
CHUNK_BYTES = 8 * 1024 * 1024
WINDOW_BYTES = 4 * 1024 * 1024
THREADS = 16
LIST_BATCH = 200
SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
FULL = ("quotaExceeded", "storageFull", "insufficientStorage")


class GcsObjectStore(Indirect):
    """The ObjectStore of a bucket, which hands out no addresses: a machine without a key cannot sign them."""

    def __init__(
        self,
        bucket: str,
        *,
        credentials: str | None = None,
        endpoint: str | None = None,
        prefix: str = "",
        timeout_s: float = 30.0,
        retries: int = 4,
    ) -> None:
        """`credentials` are the key of a service account, in JSON; without them the machine's identity is taken.

        Raises ValueError for a key that cannot be read, and for a machine without an identity.
        """
        self.signer = _account(credentials) if credentials else None
        self._timeout = (min(timeout_s, 5.0), timeout_s)
        # Google's retries are counted in time: the pauses double from a tenth of a second on.
        self._retry = DEFAULT_RETRY.with_delay(initial=0.1, maximum=2.0).with_timeout(
            min(timeout_s, sum(min(0.1 * 2**turn, 2.0) for turn in range(retries)) + 1.0)
        )
        project = self.signer.project_id if self.signer else None
        try:
            client = Client(
                project=project or "-",
                credentials=self.signer,
                client_options={"api_endpoint": endpoint} if endpoint else None,
            )
        except DefaultCredentialsError as error:
            raise ValueError("there is none, and this machine has no identity at Google") from error
        # Else it asks for the bucket in threads of its own, by its own patience, on first use and again when an object
        # is missing, to put the answer into traces that we do not take.
        client._bucket_metadata_cache = None
        self._client = client
        # Made here: made by the first requests, of several at once all but one would be lost with its connection.
        client._http.hooks["response"].append(_read_refusal)
        self.bucket, self.endpoint = client.bucket(bucket), endpoint
        self.folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gcs")

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        """One request for what fits in a chunk, else a resumable upload that is cancelled when it fails."""
        check_key(key)
        blob = self.blob(key)
        if isinstance(data, Path):
            size = await asyncio.to_thread(plain_size, data)
            await self.run(key, self._send_file, blob, data, content_type)
            return Stored(size, _tag(blob))
        if isinstance(data, bytes):
            await self.send(key, blob, data, content_type)
            return Stored(len(data), _tag(blob))
        return await self._send_stream(key, data, content_type)

    async def put_new(self, key: str, data: bytes, *, content_type: str) -> Stored:
        """One request, with a condition."""
        blob = self.blob(check_key(key))
        await self.send(key, blob, data, content_type, new=True)
        return Stored(len(data), _tag(blob))

    async def get(self, key: str) -> bytes:
        """One request; what arrived is compared with the service's checksum."""
        return await self.run(key, self._read, self.blob(check_key(key)), None, None)

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
                window = memoryview(await coming)
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
        blob = self.blob(check_key(key))
        await self.run(key, blob.reload, timeout=self._timeout, retry=self._retry)
        return self._info(blob)

    async def delete(self, *keys: str) -> None:
        """One request each, some at once; a key that the service could not delete fails the call."""
        blobs = [self.blob(check_key(key)) for key in keys]
        await self.delete_blobs(blobs)

    async def delete_prefix(self, prefix: str) -> None:
        """List, then delete."""
        batch: list[Blob] = []
        async for info in self.list(prefix):
            batch.append(self.blob(info.key))
            if len(batch) == LIST_BATCH:
                await self.delete_blobs(batch)
                batch = []
        await self.delete_blobs(batch)

    async def list(self, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Pages as they come."""
        async for blob in self.blobs(check_prefix(prefix)):
            info = self._info(blob)
            if not info.key.startswith(HIDDEN):
                yield info

    def local_path(self, key: str) -> Path | None:
        """Never: the bytes are elsewhere."""
        check_key(key)
        return None

    async def close(self) -> None:
        """Wait for what the threads are at, give up what waits for one, and close the client's connections."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._client.close()

    def blob(self, key: str) -> Blob:
        """Google's handle of an object."""
        return self.bucket.blob(self.folder + key, chunk_size=None)

    async def blobs(self, prefix: str) -> AsyncIterator[Blob]:
        """Every object below a folder, those out of sight too."""
        listing = iter(
            self.bucket.list_blobs(
                prefix=self.folder + prefix, page_size=LIST_BATCH, timeout=self._timeout, retry=self._retry
            )
        )
        while batch := await self.run(prefix, _some, listing):
            for blob in batch:
                yield blob

    async def delete_blobs(self, blobs: Sequence[Blob]) -> None:
        """Delete, some at once; what is not there is fine."""
        for at in range(0, len(blobs), THREADS):
            gone = (self.run("delete", self._delete_one, blob) for blob in blobs[at : at + THREADS])
            results = await asyncio.gather(*gone, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result

    async def send(self, key: str, blob: Blob, data: bytes, content_type: str, *, new: bool = False) -> None:
        """Keep bytes; with `new`, only where nothing is."""
        await self.run(
            key,
            blob.upload_from_string,
            data,
            content_type=content_type,
            if_generation_match=0 if new else None,
            timeout=self._timeout,
            retry=self._retry,
            checksum="crc32c",
        )

    async def run(self, key: str, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Call in a thread, and speak of the vendor's failures in the port's words.

        A cancelled caller leaves only when the thread is done, so that nothing happens behind its back.
        """
        call = asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*arguments, **named))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait([call])
            raise
        except (NotFound, RequestRangeNotSatisfiable) as error:
            raise ObjectMissing(key) from error
        except PreconditionFailed as error:
            raise ObjectExists(key) from error
        except (GoogleAPICallError, GoogleAuthError, InvalidResponse, DataCorruption, RetryError, OSError) as error:
            raise _failure(key, error) from error

    async def _send_stream(self, key: str, data: AsyncIterator[bytes], content_type: str) -> Stored:
        head, size = [], 0
        async for piece in data:
            head.append(piece)
            size += len(piece)
            if size > CHUNK_BYTES:
                break
        blob = self.blob(key)
        if size <= CHUNK_BYTES:
            await self.send(key, blob, b"".join(head), content_type)
            return Stored(size, _tag(blob))

        writer = self._writer(blob, content_type)
        try:
            await self.run(key, writer.write, b"".join(head))
            async for piece in data:
                await self.run(key, writer.write, piece)
                size += len(piece)
            await self.run(key, writer.close)
        except BaseException:
            await self.run(key, _give_up, writer)
            raise
        await self.run(key, blob.reload, timeout=self._timeout, retry=self._retry)
        return Stored(size, _tag(blob))

    def _send_file(self, blob: Blob, path: Path, content_type: str) -> None:
        blob.chunk_size = CHUNK_BYTES
        blob.upload_from_filename(
            str(path), content_type=content_type, timeout=self._timeout, retry=self._retry, checksum="crc32c"
        )

    def _writer(self, blob: Blob, content_type: str) -> Any:
        return blob.open(
            "wb",
            chunk_size=CHUNK_BYTES,
            ignore_flush=True,
            content_type=content_type,
            timeout=self._timeout,
            retry=self._retry,
        )

    def _read(self, blob: Blob, start: int | None, end: int | None) -> bytes:
        """Bytes from `start` to `end`, which Google counts inclusively."""
        content: bytes = blob.download_as_bytes(start=start, end=end, timeout=self._timeout, retry=self._retry)
        return content

    async def _window(self, key: str, start: int, stop: int) -> bytes:
        window = await self.run(key, self._read, self.blob(key), start, stop - 1)
        if len(window) != stop - start:
            raise ObjectMissing(key)
        return window

    def _delete_one(self, blob: Blob) -> None:
        try:
            blob.delete(timeout=self._timeout, retry=self._retry)
        except NotFound:
            return

    def _info(self, blob: Blob) -> ObjectInfo:
        return ObjectInfo(blob.name.removeprefix(self.folder), blob.size, _tag(blob), blob.updated)


def _account(text: str) -> Credentials:
    try:
        account: Credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]  # half typed
            json.loads(text), scopes=[SCOPE]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("not the key of a service account in JSON") from error
    return account


def _read_refusal(response: Response, **_: Any) -> None:
    """Read what a failed request was answered, which hands its connection back.

    Google's client reads downloads piece by piece, and drops an answer that is no download without reading or closing
    it (`google.cloud.storage._media.requests.download.Download.consume`): its socket stayed open until the garbage
    collector came by.
    """
    if not response.ok:
        response.content  # noqa: B018  # the property reads


def _some(listing: Iterator[Blob]) -> list[Blob]:
    return list(itertools.islice(listing, LIST_BATCH))


def _tag(blob: Blob) -> str:
    """Every content of a name has its own generation."""
    return str(blob.generation)


def _give_up(writer: Any) -> None:
    try:
        writer.terminate()
    except (GoogleAPICallError, GoogleAuthError, InvalidResponse, DataCorruption, RequestException, ValueError):
        # The session is forgotten by the service within a week.
        return


def _failure(key: str, error: Exception) -> Exception:
    if isinstance(error, OSError) and not isinstance(error, RequestException | ConnectionError | TimeoutError):
        return error
    said = str(error)
    if getattr(error, "code", None) == 507 or any(word in said for word in FULL):
        return StoreFull(retry_after=30)
    if isinstance(error, InvalidResponse) and error.response.status_code in {404, 416}:
        return ObjectMissing(key)
    return StoreUnavailable(retry_after=2)
