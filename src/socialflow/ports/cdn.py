"""Cdn: caches of other people's that stand before our public files.

Only what everybody may have goes through them, unless the CDN checks signatures itself (`signs`). Signed addresses of
ours stay with us: a cache that does not know who was given which must not hold what they open.

Failures
└── CdnUnavailable     what was to be forgotten may still be given out; the same call may work later
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class CdnUnavailable(Exception):
    """The CDN did not take the order."""


class Cdn(Protocol):
    """Gives out public files from near by, until it is told to forget them."""

    url: str
    """Address before the path of a public file; empty where that is our own."""

    keeps: bool
    """Whether anything is kept that would have to be forgotten."""

    @property
    def signs(self) -> bool:
        """Whether it gives out what is not everybody's, to who has what `permit` made."""
        ...

    def permit(self, folder: str, until: datetime) -> Mapping[str, str]:
        """What opens everything below a folder of ours, `/media/signed/ast_.../`, at the CDN until a time, by name.

        Each is sent as a cookie of that name, or as `query_of` says in the query of an address. Empty where the CDN
        does not sign. It cannot be called back before that time.
        """
        ...

    def query_of(self, permit: Mapping[str, str]) -> str:
        """The same as the query of an address."""
        ...

    async def purge(self, folder: str, tag: str) -> None:
        """Forget everything below a folder of ours, `/media/ast_.../`; its answers were marked with the tag.

        Forgetting twice is fine. Raises CdnUnavailable unless the order was taken.
        """
        ...
