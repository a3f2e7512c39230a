"""Bases of what clients send and get."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of what clients send: unknown fields are refused, and `true` is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class Read(BaseModel):
    """Base of what clients get: every key is always there."""

    model_config = ConfigDict(from_attributes=True)
