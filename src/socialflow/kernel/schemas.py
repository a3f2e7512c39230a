"""Bases of what clients send and get."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

# RFC 3339, section 5.6: `date-time`, which says how far it is from UTC.
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE)


def date_time(value: Any) -> Any:
    """A time as text with its offset from UTC: neither a number nor a time of no particular place."""
    if value is None or (isinstance(value, str) and _DATE_TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("date_time", "a time is written with its offset, such as 2027-01-31T18:30:00+01:00")


class Body(BaseModel):
    """Base of what clients send: unknown fields are refused, and `true` is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class Read(BaseModel):
    """Base of what clients get: every key is always there."""

    model_config = ConfigDict(from_attributes=True)
