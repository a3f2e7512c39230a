"""Addresses of Google Cloud Storage, and objects sent to it in parts.

Addresses are signed with the key of a service account. Every part is an object out of sight, whatever
its order; completing composes them, thirty-two at a time, without a byte passing through us.
"""

import base64
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from google.cloud.storage import Blob

from socialflow.adapters.storage.gcs import GcsObjectStore
from socialflow.adapters.storage.obstored import HIDDEN
from socialflow.adapters.storage.parts import checked, compare, completed_before, size_of
from socialflow.kernel import ids
from socialflow.ports.storage import (
    Address,
    Direct,
    NotDirect,
    ObjectExists,
    ObjectMissing,
    Part,
    PartsId,
    PartsMismatch,
    Stored,
    Unfinished,
    check_key,
    check_prefix,
)

GIB = 1024**3
TOGETHER = 32
"""Objects that one request composes."""
LIMITS = Direct(least_part=1, largest_part=5 * GIB, most_parts=TOGETHER**2, largest_put=5 * GIB)
NOTE = "note"
NOBODYS = "parts/of-nobody"
"""The key of parts that came after their sending was over: an address outlives it by an hour."""


class DirectGcsObjectStore(GcsObjectStore):
    """A GcsObjectStore that hands out addresses; it has the key of a service account."""

    @property
    def direct(self) -> Direct | None:
        """Our own limits, well below Google's."""
        return LIMITS

    async def address_to_get(self, key: str, *, lasts: timedelta) -> Address:
        """Signed on this machine."""
        return await self._address("GET", check_key(key), lasts, {})

    async def address_to_put(self, key: str, *, size: int, content_type: str, lasts: timedelta) -> Address:
        """Signed together with the size and the type, so that others are refused."""
        headers = {"Content-Length": str(size), "Content-Type": content_type}
        return await self._address("PUT", check_key(key), lasts, headers)

    async def start_parts(self, key: str, *, content_type: str) -> PartsId:
        """Keep a note of it, beside which the parts will be."""
        parts = PartsId(check_key(key), ids.new().hex)
        note = json.dumps({"key": key, "content_type": content_type}).encode()
        await self.send(key, self.blob(_folder_of(parts) + NOTE), note, "application/json")
        return parts

    async def part_address(self, parts: PartsId, number: int, *, size: int, lasts: timedelta) -> Address:
        """Signed together with the size."""
        check_key(parts.key)
        key = f"{_folder_of(parts)}{number:05}"
        return await self._address("PUT", key, lasts, {"Content-Length": str(size)})

    async def complete_parts(
        self, parts: PartsId, sent: Sequence[Part], *, size: int, sha256: str | None = None
    ) -> Stored:
        """Look at the parts, compose them, delete them."""
        check_key(parts.key)
        try:
            note = await self._note(parts)
        except ObjectMissing:
            return await checked(self, parts, await completed_before(self, parts, size=size), sha256)
        blobs = {int(name): blob for name, blob in await self._beside(parts) if name.isdecimal()}
        compare(sent, {number: _part(number, blob) for number, blob in blobs.items()}, size=size)
        await self._compose(parts, [blobs[number] for number in sorted(blobs)], note["content_type"])
        info = await self.head(parts.key)
        stored = await checked(self, parts, Stored(info.size, info.etag), sha256)
        await self.abort_parts(parts)
        return stored

    async def abort_parts(self, parts: PartsId) -> None:
        """Delete the parts, then the note, which names them."""
        check_key(parts.key)
        try:
            if parts.key != NOBODYS:
                await self._note(parts)
        except ObjectMissing:
            return
        beside = await self._beside(parts)
        await self.delete_blobs([blob for name, blob in beside if name != NOTE])
        await self.delete_blobs([self.blob(_folder_of(parts) + NOTE)])

    async def sent_bytes(self, parts: PartsId) -> int:
        """The object, and what is beside the note."""
        beside = await self._beside(parts)
        sizes = [int(blob.size) for name, blob in beside if name != NOTE]
        return sum(sizes) + await size_of(self, parts.key)

    async def purge_parts(self, parts: PartsId) -> None:
        """Everything beside the note, the note, and the object."""
        await self.abort_parts(parts)
        await self.delete_blobs([blob for _, blob in await self._beside(parts)])
        await self.delete(parts.key)

    async def unfinished_parts(self, prefix: str) -> AsyncIterator[Unfinished]:
        """From the notes; among all of them also parts beside which there is no note any more."""
        check_prefix(prefix)
        sendings: dict[str, list[Blob]] = {}
        async for blob in self.blobs(f"{HIDDEN}/"):
            sendings.setdefault(blob.name.split("/")[-2], []).append(blob)
        for token, blobs in sendings.items():
            key = await self._key_of(blobs) or ("" if prefix else NOBODYS)
            if key and key.startswith(prefix):
                yield Unfinished(PartsId(key, token), min(blob.time_created for blob in blobs))

    async def _key_of(self, blobs: list[Blob]) -> str | None:
        """What a sending becomes, by its note."""
        note = next((blob for blob in blobs if blob.name.endswith(f"/{NOTE}")), None)
        if note is None:
            return None
        try:
            return str(json.loads(await self.run(HIDDEN, self._read, note, None, None))["key"])
        except ObjectMissing:
            return None

    async def _note(self, parts: PartsId) -> dict[str, str]:
        blob = self.blob(_folder_of(parts) + NOTE)
        note: dict[str, str] = json.loads(await self.run(parts.key, self._read, blob, None, None))
        if note["key"] != parts.key:
            raise ObjectMissing(parts.key)
        return note

    async def _beside(self, parts: PartsId) -> list[tuple[str, Blob]]:
        return [(blob.name.rpartition("/")[2], blob) async for blob in self.blobs(_folder_of(parts))]

    async def _compose(self, parts: PartsId, blobs: list[Blob], content_type: str) -> None:
        """As a tree of two levels where they are many; the middle one is named beside the parts."""
        if len(blobs) > TOGETHER:
            groups = [blobs[at : at + TOGETHER] for at in range(0, len(blobs), TOGETHER)]
            middle = [self.blob(f"{_folder_of(parts)}group-{number:05}") for number in range(len(groups))]
            for blob, group in zip(middle, groups, strict=True):
                await self._join(parts, blob, group, content_type)
            blobs = middle
        await self._join(parts, self.blob(parts.key), blobs, content_type)

    async def _join(self, parts: PartsId, whole: Blob, blobs: list[Blob], content_type: str) -> None:
        whole.content_type = content_type
        # A part that was replaced since we looked is not what was compared.
        generations = [blob.generation for blob in blobs]
        try:
            await self.run(
                parts.key,
                whole.compose,
                blobs,
                if_source_generation_match=generations,
                timeout=self._timeout,
                retry=self._retry,
            )
        except (ObjectMissing, ObjectExists) as error:
            raise PartsMismatch("a part was replaced meanwhile") from error

    async def _address(self, method: str, key: str, lasts: timedelta, headers: dict[str, str]) -> Address:
        if self.signer is None:
            raise NotDirect(key)
        expires_at = datetime.now(UTC) + lasts
        url = await self.run(
            key,
            self.blob(key).generate_signed_url,
            version="v4",
            method=method,
            expiration=lasts,
            credentials=self.signer,
            headers={name.lower(): value for name, value in headers.items()} or None,
            api_access_endpoint=self.endpoint or "https://storage.googleapis.com",
        )
        return Address(method, url, headers, expires_at)


def _folder_of(parts: PartsId) -> str:
    # A token comes back from the database or from a client: nothing but our own kind makes a path.
    try:
        return f"{HIDDEN}/{uuid.UUID(hex=parts.token).hex}/"
    except ValueError as error:
        raise ObjectMissing(parts.key) from error


def _part(number: int, blob: Blob) -> Part:
    return Part(number, blob.size, base64.b64decode(blob.md5_hash).hex() if blob.md5_hash else "")
