"""What is asked of other people's servers, at addresses that somebody else has given us.

FetchFailure
├── AddressRefused     nothing may be fetched from there, or there is no such place: which of the two is not told
├── Unreachable        no connection, or one that broke: another time it may be there
├── TimedOut           too slow in one way or another
├── AnswerRefused      an answer of a kind that is not read, such as a compressed one or one redirect too many
└── AnswerTooLarge     more bytes than were asked for

Whoever adapts this port keeps these promises, whatever the address says: only http and https, only on ports and
networks that the operator lets be reached, and a connection to the very address that was judged; the same again for
every redirect. No credentials, cookies or proxies of the environment go along.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


class FetchFailure(Exception):
    """Base of all failures; the text is for operators, not for whoever gave the address."""


class AddressRefused(FetchFailure):
    """Nothing is fetched from this address."""


class Unreachable(FetchFailure):
    """There was no connection, or it broke."""


class TimedOut(FetchFailure):
    """The other side was too slow."""


class AnswerRefused(FetchFailure):
    """The answer is of a kind that is not read."""


class AnswerTooLarge(FetchFailure):
    """The answer has more bytes than were asked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request and its bounds; the defaults suit something small.

    `head_seconds` is the time for redirects and the head of the answer, `total_seconds` for everything,
    `stall_seconds` without a byte are too many, and so is, once these have passed, an average below `least_rate`
    bytes per second.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    max_bytes: int = 1_048_576
    max_redirects: int = 3
    head_seconds: float = 10.0
    stall_seconds: float = 10.0
    total_seconds: float = 10.0
    least_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, in whatever status; names of headers are lower case. `chunks` are read once and may fail."""

    url: str
    status: int
    headers: Mapping[str, str]
    length: int | None
    """Bytes of the body as it is said; None when it is not."""
    chunks: AsyncIterator[bytes]


class Fetcher(Protocol):
    """Gets what stands at an address."""

    def vet(self, url: str) -> str:
        """The address in its plain form; raises AddressRefused for what could never be fetched, asking nobody."""
        ...

    def open(self, ask: Ask) -> AbstractAsyncContextManager[Answer]:
        """The answer to a request, while the block lasts; raises a FetchFailure."""
        ...
