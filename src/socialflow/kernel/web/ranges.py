"""The one range of a file that is asked for (RFC 9110, 14)."""

import re

from starlette.datastructures import Headers

from socialflow.kernel.errors import RangeNotSatisfiable

LONGEST = 64
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def span_of(headers: Headers, *, etag: str, size: int) -> tuple[int, int] | None:
    """The range as (start, end); None for the whole file. Raises RangeNotSatisfiable."""
    header = headers.get("range")
    if header is None or not header.startswith("bytes="):
        return None
    if headers.get("if-range", etag) != etag:
        return None

    found = _RANGE.fullmatch(header) if len(header) <= LONGEST else None
    span = _clip(found[1], found[2], size) if found else None
    if span is None:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return span


def _clip(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first:
        start, end = max(size - int(last or 0), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None
