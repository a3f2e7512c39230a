"""The order of a playlist: every place is a text between two others, so that a move moves nothing else.

The list's row is held by whoever changes anything on it, so two moves at once are one after the other; and since a
place is named by a neighbour, and not by a number, the second means what it meant.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from fractional_indexing import generate_key_between, generate_n_keys_between

from socialflow.domains.shelves.errors import PlaceIsGone
from socialflow.domains.shelves.models import Playlist
from socialflow.domains.shelves.queries import items as queries
from socialflow.kernel import metrics
from socialflow.kernel.work import Work

# A place between two that were halved again and again grows by a letter every six times.
LONGEST_RANK = 48


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is to stand: behind an item, before one; behind all others when neither is named."""

    after_id: uuid.UUID | None = None
    before_id: uuid.UUID | None = None
    first: bool = False


LAST = Spot()


async def rank_at(work: Work, playlist: Playlist, spot: Spot, *, moved: uuid.UUID | None = None) -> str:
    """A place at a spot of a list that is held; raises PlaceIsGone."""
    rank = await _rank(work, playlist, spot, moved)
    if len(rank) > LONGEST_RANK:
        await give_anew(work, playlist)
        rank = await _rank(work, playlist, spot, moved)
    return rank


async def give_anew(work: Work, playlist: Playlist) -> None:
    """Give every item a short place again, in the same order."""
    order = await queries.in_order(work.db, playlist.id)
    playlist.order_epoch += 1
    await work.db.flush()
    await queries.renumber(work.db, order, _evenly(len(order)))
    metrics.PLAYLISTS_RENUMBERED.inc()


async def _rank(work: Work, playlist: Playlist, spot: Spot, moved: uuid.UUID | None) -> str:
    db, where = work.db, playlist.id
    if spot.first:
        return str(generate_key_between(None, await queries.rank_after(db, where, None, moved)))
    if spot.after_id is not None:
        left = await _rank_of(work, where, spot.after_id)
        return str(generate_key_between(left, await queries.rank_after(db, where, left, moved)))
    right = None if spot.before_id is None else await _rank_of(work, where, spot.before_id)
    return str(generate_key_between(await queries.rank_before(db, where, right, moved), right))


async def _rank_of(work: Work, playlist_id: uuid.UUID, item_id: uuid.UUID) -> str:
    item = await queries.one(work.db, playlist_id, item_id)
    if item is None:
        raise PlaceIsGone
    return item.rank


def _evenly(number: int) -> Sequence[str]:
    ranks: list[str] = generate_n_keys_between(None, None, number)
    return ranks
