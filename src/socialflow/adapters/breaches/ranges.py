"""The range protocol of Pwned Passwords: the first five digits of a SHA-1 go out, all that begin so come back.

The service learns one of 16^5 ranges and no more (k-anonymity), and with padding not even from the length of
its answer. https://haveibeenpwned.com/API/v3#PwnedPasswords; a mirror of one's own speaks the same.
"""

import hashlib

import httpx2

from socialflow.ports.breaches import BreachesUnknown

TIMEOUT_SECONDS = 2.0
LARGEST_ANSWER = 1_048_576
PREFIX = 5


class RangeBreaches:
    """Asks one service, by its address without `/range/`."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout_s

    async def times_seen(self, password: str) -> int:
        """How many losses a password was part of; raises BreachesUnknown when there is no usable answer in time."""
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            text = await self._range(digest[:PREFIX])
            return _count_in(text, digest[PREFIX:])
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise BreachesUnknown(type(error).__name__) from None

    async def _range(self, prefix: str) -> str:
        headers = {"Add-Padding": "true", "User-Agent": "Social-Flow"}
        async with (
            httpx2.AsyncClient(timeout=self._timeout, trust_env=False) as client,
            client.stream("GET", f"{self._url}/range/{prefix}", headers=headers) as answer,
        ):
            answer.raise_for_status()
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise ValueError("no range is so long")
        return body.decode("ascii")


def _count_in(text: str, suffix: str) -> int:
    """The count beside a suffix; lines of padding count 0."""
    for line in text.splitlines():
        found, _, count = line.partition(":")
        if found.strip().upper() == suffix:
            return int(count)
    return 0
