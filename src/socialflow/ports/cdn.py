"""Cdn: caches of other people's that stand before our public files.

Only what everybody may have goes through them. Signed addresses stay with us: a cache that does not know
who was given which must not hold what they open.

Failures
└── CdnUnavailable     what was to be forgotten may still be given out; the same call may work later
"""

from typing import Protocol


class CdnUnavailable(Exception):
    """The CDN did not take the order."""


class Cdn(Protocol):
    """Gives out public files from near by, until it is told to forget them."""

    url: str
    """Address before the path of a public file; empty where that is our own."""

    keeps: bool
    """Whether anything is kept that would have to be forgotten."""

    async def purge(self, folder: str, tag: str) -> None:
        """Forget everything below a folder of ours, `/media/ast_.../`; its answers were marked with the tag.

        Forgetting twice is fine. Raises CdnUnavailable unless the order was taken.
        """
        ...
