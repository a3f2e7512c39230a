"""Lists: keyset pages and the signed cursors between them.

A cursor holds the sort values of the last row shown. It is signed and bound to the list and its
filters, so it cannot be made up or carried over to another list.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, Field

from socialflow.kernel.crypto import BadSignature, Keys, from_text, to_text
from socialflow.kernel.errors import InvalidCursor

LARGEST = 100
SIGNATURE_BYTES = 16
CURSOR_CHARACTERS = 512

Limit = Annotated[int, Field(ge=1, le=LARGEST, description="Items on a page.")]
Cursor = Annotated[
    str | None, Field(max_length=CURSOR_CHARACTERS, description="`next_cursor` of the page before; none for the first.")
]

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


def seal(keys: Keys, name: str, filters: Mapping[str, Any], values: Sequence[Any]) -> str:
    """The cursor behind a row whose sort values are `values` (JSON values, UUIDs or datetimes)."""
    body = orjson.dumps(values)
    return to_text(keys.sign("cursor", _bound(name, filters, body)) + body)


def unseal(keys: Keys, name: str, filters: Mapping[str, Any], cursor: str) -> list[Any]:
    """The sort values again; raises InvalidCursor for a cursor of another list or other filters."""
    try:
        raw = from_text(cursor)
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        keys.verify("cursor", _bound(name, filters, body), signature)
        values: list[Any] = orjson.loads(body)
    except (BadSignature, ValueError):
        raise InvalidCursor from None
    return values


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Split `limit + 1` fetched rows into those shown and, if there are more, the last one shown."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], rows[limit - 1]


def _bound(name: str, filters: Mapping[str, Any], body: bytes) -> bytes:
    return orjson.dumps([name, filters], option=orjson.OPT_SORT_KEYS, default=str) + body
