"""A zip archive that is written while it is made: pieces of one length in the object store, little in memory.

Rows become JSON Lines, one file a kind, deflated; files are stored as they are. The central directory
comes last, sizes stand behind what they count (Zip64), so nothing is ever read or written twice.
docs/reference/export-format.md describes what is inside.
"""

import asyncio
import hashlib
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import orjson

from socialflow.domains.accounts.service.exports import PIECE_BYTES
from socialflow.kernel.personal import File
from socialflow.ports.storage import ObjectMissing, ObjectStore

FORMAT, VERSION = "social-flow-export", 1
LINES_BYTES = 256 * 1024
_UNSAFE = re.compile(r"[^\w.\- ]+")


class _Sink:
    """Where the zip writes to: it only grows at one end, and is taken away at the other."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes) -> int:
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


class Archive:
    """An archive under a folder of the object store."""

    def __init__(self, store: ObjectStore, folder: str, made_at: datetime, *, piece_bytes: int = PIECE_BYTES) -> None:
        self._store = store
        self._folder = folder
        self._made_at = made_at
        self._piece_bytes = piece_bytes
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]  # a zip that cannot seek writes and flushes, no more
        self._pieces = 0
        self._sent = 0
        self.index: dict[str, Any] = {"format": FORMAT, "version": VERSION, "made_at": made_at.isoformat()}

    async def add_rows(self, kind: str, rows: AsyncIterator[dict[str, Any]]) -> None:
        """Add the rows of a kind, if there are any."""
        name, number = f"{kind}.jsonl", 0
        lines = bytearray()
        with self._zip.open(self._entry(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as entry:
            async for row in rows:
                lines += orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
                number += 1
                if len(lines) >= LINES_BYTES:
                    await asyncio.to_thread(entry.write, bytes(lines))
                    lines.clear()
                    await self._send()
            await asyncio.to_thread(entry.write, bytes(lines))
        self.index.setdefault("kinds", []).append({"kind": kind, "file": name, "records": number})

    async def add_file(self, kind: str, file: File) -> None:
        """Add a file; one that the store has lost is named in the index as incomplete, and is no reason to stop."""
        name = f"media/{kind}/{safe(file.name)}"
        digest, size, is_whole = hashlib.sha256(), 0, True
        with self._zip.open(self._entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as entry:
            try:
                async with file.open() as parts:
                    async for part in parts:
                        await asyncio.to_thread(entry.write, part)
                        digest.update(part)
                        size += len(part)
                        await self._send()
            except ObjectMissing:
                is_whole = False
        said = {"file": name, "bytes": size, "sha256": digest.hexdigest(), "complete": is_whole and size == file.size}
        self.index.setdefault("media", []).append(said)

    async def close(self) -> int:
        """Write the index and the directory; returns the bytes of the archive."""
        written = orjson.dumps(self.index, option=orjson.OPT_INDENT_2)
        self._zip.writestr(self._entry("index.json", zipfile.ZIP_DEFLATED), written)
        self._zip.close()
        await self._send(to_the_end=True)
        return self._sent

    def _entry(self, name: str, method: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._made_at.timetuple()[:6])
        entry.compress_type = method
        entry.external_attr = 0o600 << 16
        return entry

    async def _send(self, *, to_the_end: bool = False) -> None:
        held = self._sink.held
        while len(held) >= self._piece_bytes or (to_the_end and held):
            piece = bytes(held[: self._piece_bytes])
            del held[: self._piece_bytes]
            key = f"{self._folder}{self._pieces:06}"
            await self._store.put(key, piece, content_type="application/octet-stream")
            self._pieces += 1
            self._sent += len(piece)


def safe(name: str) -> str:
    """A path inside an archive that no program unpacks to anywhere else (zip slip), whatever its owner called it."""
    parts = [_UNSAFE.sub("_", part).strip(". ") for part in name.split("/")]
    return "/".join(part[:120] or "_" for part in parts)
