"""Pages of rows that are ordered by the ids of what joins them."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from socialflow.domains.channels.service import card as card
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.work import Work

# Asks for the rows before a place, so many at most; each has its own `place`.
Ask = Callable[[uuid.UUID | None, int], Awaitable[Sequence[Any]]]


async def page(
    keys: Keys, name: str, of: Any, ask: Ask, *, limit: int, cursor: str | None
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page, and the cursor of the next."""
    filters = {"of": str(of)}
    before = uuid.UUID(pages.unseal(keys, name, filters, cursor)[0]) if cursor else None
    rows, last = pages.cut(await ask(before, limit + 1), limit)
    return rows, pages.seal(keys, name, filters, [str(last["place"])]) if last else None


def known(work: Work) -> uuid.UUID:
    """Who acts; raises Unauthorized."""
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
