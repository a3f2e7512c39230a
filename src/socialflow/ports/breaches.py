"""Breaches: passwords that are known from other sites' losses."""

from typing import Protocol


class BreachesUnknown(Exception):
    """Nobody could tell this time."""


class Breaches(Protocol):
    """Knows the passwords that were lost elsewhere, and is never told one."""

    async def times_seen(self, password: str) -> int:
        """How many losses a password was part of, 0 for none; raises BreachesUnknown."""
