"""Where the present request comes from, for what is noted about it far below the edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """Address and program of the caller; empty for what the clock or the command line does."""

    address: str = ""
    user_agent: str = ""


NOBODY = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOBODY)


def current() -> Origin:
    """The caller of the request that is being answered."""
    return _origin.get()


@contextmanager
def bound(address: str, user_agent: str) -> Iterator[None]:
    """Remember the caller for as long as the block runs."""
    marker = _origin.set(Origin(address, user_agent[:LONGEST_AGENT]))
    try:
        yield
    finally:
        _origin.reset(marker)
