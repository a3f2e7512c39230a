"""Questions about every object that a row names, page by page."""

import uuid
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

PAGE = 200


class NamedObject(NamedTuple):
    """An object as its row has it; `owner` is an asset for a file, an upload for a piece, which begins at `start`.

    Of what was sent directly to the store the digest is not known until it has been read once.
    """

    owner: uuid.UUID
    name: str
    start: int
    key: str
    size: int
    sha256: str | None
    content_type: str

    @property
    def is_piece(self) -> bool:
        """Whether it is a part of an upload."""
        return not self.name


# What is superseded loses its object before its row, and is of no interest any more.
_FILES = text("""
    SELECT asset_id, name, 0, key, size, sha256, content_type FROM asset_files
    WHERE (asset_id, name) > (:owner, :name) AND expires_at IS NULL ORDER BY asset_id, name LIMIT :page
""")
_PIECES = text("""
    SELECT upload_id, '', start, key, length, sha256, 'application/octet-stream' FROM upload_pieces
    WHERE (upload_id, start) > (:owner, :start) ORDER BY upload_id, start LIMIT :page
""")
_BY_KEYS = text("""
    SELECT asset_id, name, 0, key, size, sha256, content_type FROM asset_files WHERE key IN :keys
    UNION ALL
    SELECT upload_id, '', start, key, length, sha256, 'application/octet-stream' FROM upload_pieces WHERE key IN :keys
""").bindparams(bindparam("keys", expanding=True))
_NOBODY = uuid.UUID(int=0)


async def files_after(db: AsyncSession, last: NamedObject | None) -> list[NamedObject]:
    """The next files that are served."""
    values = {"owner": last.owner if last else _NOBODY, "name": last.name if last else "", "page": PAGE}
    return [NamedObject(*row) for row in await db.execute(_FILES, values)]


async def pieces_after(db: AsyncSession, last: NamedObject | None) -> list[NamedObject]:
    """The next pieces of uploads."""
    values = {"owner": last.owner if last else _NOBODY, "start": last.start if last else -1, "page": PAGE}
    return [NamedObject(*row) for row in await db.execute(_PIECES, values)]


async def by_keys(db: AsyncSession, keys: Iterable[str]) -> dict[str, NamedObject]:
    """Those of these objects that a row names, superseded files too."""
    found = await db.execute(_BY_KEYS, {"keys": list(keys)})
    return {row[3]: NamedObject(*row) for row in found}
