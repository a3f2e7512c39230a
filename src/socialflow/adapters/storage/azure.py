"""Objects in a container of Azure Blob Storage.

Objects in parts are blocks: https://learn.microsoft.com/rest/api/storageservices/put-block-list. The service
has no request that begins them and none that gives them up, so we keep a note of each sending, out of sight;
blocks that nobody commits vanish by themselves after a week.
"""

import base64
import json
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx2
import obstore
from obstore.store import AzureStore

from socialflow.adapters.storage.obstored import HIDDEN, ObstoreObjectStore, failures, patience, tag
from socialflow.adapters.storage.parts import checked, compare, completed_before, size_of
from socialflow.kernel import ids
from socialflow.ports.storage import (
    Address,
    Direct,
    ObjectMissing,
    Part,
    PartsId,
    PartsMismatch,
    Stored,
    StoreFull,
    StoreUnavailable,
    Unfinished,
    check_key,
    check_prefix,
)

if TYPE_CHECKING:
    from obstore import HTTP_METHOD
    from obstore.store import AzureConfig

MIB = 1024**2
# https://learn.microsoft.com/azure/storage/blobs/scalability-targets
LIMITS = Direct(least_part=1, largest_part=4_000 * MIB, most_parts=50_000, largest_put=5_000 * MIB, binds_size=False)
DELETE_BATCH = 256
OWN_ADDRESS = timedelta(minutes=10)
_BLOCK = re.compile(r"<Block><Name>([^<]+)</Name><Size>(\d+)</Size></Block>")


class AzureObjectStore(ObstoreObjectStore):
    """The ObjectStore of a container."""

    def __init__(
        self,
        container: str,
        *,
        account: str,
        account_key: str | None = None,
        endpoint: str | None = None,
        prefix: str = "",
        timeout_s: float = 30.0,
        retries: int = 4,
    ) -> None:
        """Without a key the machine's managed identity is asked."""
        client, retry = patience(endpoint, timeout_s, retries)
        config: AzureConfig = {"account_name": account}
        if endpoint:
            config["endpoint"] = endpoint
        if account_key:
            config["account_key"] = account_key
        store = AzureStore(
            container,
            prefix=prefix.strip("/") or None,
            config=config,
            client_options=client,
            retry_config=retry,
        )
        super().__init__(store, delete_batch=DELETE_BATCH)
        self._azure, self._retries = store, retries
        self._timeout = httpx2.Timeout(timeout_s, connect=min(timeout_s, 5.0))
        self._client: httpx2.AsyncClient | None = None

    @property
    def direct(self) -> Direct | None:
        """Microsoft's limits."""
        return LIMITS

    async def address_to_get(self, key: str, *, lasts: timedelta) -> Address:
        """A shared access signature for reading one blob."""
        return await self._address("GET", check_key(key), lasts, {})

    async def address_to_put(self, key: str, *, size: int, content_type: str, lasts: timedelta) -> Address:
        """One for writing it; the size is no part of what is signed."""
        headers = {"Content-Length": str(size), "Content-Type": content_type, "x-ms-blob-type": "BlockBlob"}
        return await self._address("PUT", check_key(key), lasts, headers)

    async def start_parts(self, key: str, *, content_type: str) -> PartsId:
        """Keep a note of it."""
        parts = PartsId(check_key(key), ids.new().hex)
        note = json.dumps({"key": key, "content_type": content_type}).encode()
        with failures(key):
            await obstore.put_async(self._store, _note_of(parts), note, use_multipart=False)
        return parts

    async def part_address(self, parts: PartsId, number: int, *, size: int, lasts: timedelta) -> Address:
        """A block whose name tells of which sending it is."""
        block = quote(_block_of(parts, number), safe="")
        address = await self._address("PUT", check_key(parts.key), lasts, {"Content-Length": str(size)})
        return Address("PUT", f"{address.url}&comp=block&blockid={block}", address.headers, address.expires_at)

    async def complete_parts(
        self, parts: PartsId, sent: Sequence[Part], *, size: int, sha256: str | None = None
    ) -> Stored:
        """Look at the blocks, commit the list of them, forget the note."""
        check_key(parts.key)
        try:
            note = await self._note(parts)
            there = await self._blocks(parts)
            if not there:
                raise ObjectMissing(parts.key)
        except ObjectMissing:
            stored = await completed_before(self, parts, size=size)
        else:
            compare(sent, there, size=size)
            blocks = [_block_of(parts, part.number) for part in sent]
            answer = await self._commit(parts.key, blocks, {"x-ms-blob-content-type": note["content_type"]})
            if answer.status_code == 400:
                raise PartsMismatch("blocks are missing")
            stored = Stored(size, tag(self._good(answer).headers.get("ETag")))
        stored = await checked(self, parts, stored, sha256)
        await self._forget(parts)
        return stored

    async def abort_parts(self, parts: PartsId) -> None:
        """Commit nothing where nothing is, which lets go of the blocks, and delete that; never a whole object."""
        check_key(parts.key)
        try:
            await self._note(parts)
        except ObjectMissing:
            return
        answer = await self._commit(parts.key, [], {"If-None-Match": "*"})
        if answer.status_code not in {409, 412}:
            address = await self._address("DELETE", parts.key, OWN_ADDRESS, {})
            gone = await self._ask("DELETE", address.url, headers={"If-Match": self._good(answer).headers["ETag"]})
            if gone.status_code not in {404, 412}:
                self._good(gone)
        await self._forget(parts)

    async def sent_bytes(self, parts: PartsId) -> int:
        """The blob, and all blocks that are not committed to it, whoever named them."""
        sizes = [int(size) for _, size in _BLOCK.findall(await self._uncommitted(parts.key))]
        return sum(sizes) + await size_of(self, parts.key)

    async def purge_parts(self, parts: PartsId) -> None:
        """Commit nothing over whatever is there, which lets go of all blocks, and delete that."""
        check_key(parts.key)
        self._good(await self._commit(parts.key, [], {}))
        await self.delete(parts.key)
        await self._forget(parts)

    async def unfinished_parts(self, prefix: str) -> AsyncIterator[Unfinished]:
        """From the notes."""
        check_prefix(prefix)
        with failures(prefix):
            notes = [meta async for page in obstore.list(self._store, prefix=HIDDEN) for meta in page]
        for meta in notes:
            try:
                with failures(prefix):
                    answer = await obstore.get_async(self._store, meta["path"])
                    note = json.loads(bytes(await answer.bytes_async()))
            except ObjectMissing:
                continue
            if note["key"].startswith(prefix):
                parts = PartsId(note["key"], meta["path"].rpartition("/")[2])
                yield Unfinished(parts, meta["last_modified"])

    async def close(self) -> None:
        """Both names of it, and connections of our own."""
        client, self._client = self._client, None
        try:
            if client is not None:
                await client.aclose()
        finally:
            await super().close()
            self.__dict__.pop("_azure", None)

    async def _note(self, parts: PartsId) -> dict[str, str]:
        with failures(parts.key):
            answer = await obstore.get_async(self._store, _note_of(parts))
            note: dict[str, str] = json.loads(bytes(await answer.bytes_async()))
        if note["key"] != parts.key:
            raise ObjectMissing(parts.key)
        return note

    async def _forget(self, parts: PartsId) -> None:
        try:
            with failures(parts.key):
                await obstore.delete_async(self._store, [_note_of(parts)])
        except ObjectMissing:
            return

    async def _blocks(self, parts: PartsId) -> dict[int, Part]:
        """The blocks of this sending that are not committed."""
        found = {}
        for name, size in _BLOCK.findall(await self._uncommitted(parts.key)):
            token, _, number = base64.b64decode(name).decode("ascii", "replace").partition("-")
            if token == parts.token:
                found[int(number)] = Part(int(number), int(size))
        return found

    async def _uncommitted(self, key: str) -> str:
        address = await self._address("GET", check_key(key), OWN_ADDRESS, {})
        answer = await self._ask("GET", f"{address.url}&comp=blocklist&blocklisttype=uncommitted")
        return "" if answer.status_code == 404 else self._good(answer).text

    async def _commit(self, key: str, blocks: Sequence[str], headers: dict[str, str]) -> httpx2.Response:
        address = await self._address("PUT", key, OWN_ADDRESS, {})
        listed = "".join(f"<Uncommitted>{escape(block)}</Uncommitted>" for block in blocks)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        return await self._ask("PUT", f"{address.url}&comp=blocklist", content=body.encode(), headers=headers)

    async def _address(self, method: "HTTP_METHOD", key: str, lasts: timedelta, headers: dict[str, str]) -> Address:
        with failures(key):
            url = await obstore.sign_async(self._azure, method, key, lasts)
        return Address(method, url, headers, datetime.now(UTC) + lasts)

    async def _ask(
        self, method: str, url: str, *, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """One request, sent again when the service is away; a signature of our own is in the address."""
        # Made when it is first needed: most processes never send a request of this kind.
        self._client = client = self._client or httpx2.AsyncClient(timeout=self._timeout)
        for left in range(self._retries, -1, -1):
            try:
                answer = await client.request(method, url, content=content, headers=headers)
            except httpx2.HTTPError as error:
                if not left:
                    raise StoreUnavailable(retry_after=2) from error
                continue
            if answer.status_code < 500 or not left:
                break
        return answer

    def _good(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code == 507:
            raise StoreFull(retry_after=30)
        if not answer.is_success:
            raise StoreUnavailable(retry_after=2)
        return answer


def _note_of(parts: PartsId) -> str:
    # A token comes back from the database or from a client: nothing but our own kind makes a path.
    try:
        return f"{HIDDEN}/{uuid.UUID(hex=parts.token).hex}"
    except ValueError as error:
        raise ObjectMissing(parts.key) from error


def _block_of(parts: PartsId, number: int) -> str:
    """All names of blocks of one blob have one length."""
    return base64.b64encode(f"{parts.token}-{number:05}".encode()).decode()
