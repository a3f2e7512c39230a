"""Files as they were uploaded: handed to their owners, and kept for as long as the operator says."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.models import Asset
from socialflow.domains.media.queries import originals as queries
from socialflow.domains.media.queries import uploads as pieces
from socialflow.domains.media.queries.uploads import PieceRow
from socialflow.domains.media.schemas import Original
from socialflow.domains.media.service import delivery, sources
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.storage import ObjectStore

PURPOSE = "address of an original"
ALWAYS, UNTIL_READY = "always", "until_ready"
# Of what has failed by a fault of ours the original is what the next attempt is made of.
KEEP_FAILED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was uploaded, in pieces; `etag` is strong."""

    name: str
    size: int
    etag: str
    pieces: Sequence[PieceRow]


async def original_of(app: App, work: Work, asset_id: uuid.UUID) -> Original:
    """Where an asset's original is had, by whoever asks; the caller has asked whether they may. Raises NotFound."""
    asset = await work.db.get(Asset, asset_id)
    if asset is None or asset.source_key is None:
        raise NotFound
    expires_at = delivery.expiry(app, work.now)
    token = delivery.sign(
        app,
        asset_id,
        asset.access_epoch,
        expires_at,
        holder=delivery.Holder.of(work.actor, trusted=True),
        purpose=PURPOSE,
    )
    return Original(
        url=f"/media/originals/~{token}/{ids.show('ast', asset_id)}",
        filename=asset.source_name or "video",
        size=asset.source_size,
        expires_at=expires_at,
    )


async def find(app: App, asset_id: uuid.UUID, token: str) -> Kept:
    """An original for the holder of an address; raises NotFound or MediaLinkExpired."""
    async with app.work(SYSTEM) as work:
        asset = await queries.shown(work.db, asset_id)
        found = await pieces.pieces(work.db, asset.upload_id) if asset and asset.upload_id else []
    if asset is None:
        raise NotFound
    holder = delivery.check(app, asset_id, asset.access_epoch, token, purpose=PURPOSE)
    if holder.session_id is not None and await app.port(accounts.Authenticator).has_ended(holder.session_id):
        raise NotFound
    if sum(piece.length for piece in found) != asset.source_size or not found:
        raise NotFound
    return Kept(asset.source_name or "video", asset.source_size, f'"{asset_id.hex}-o"', found)


async def read(store: ObjectStore, kept: Kept, start: int, end: int) -> AsyncGenerator[bytes, None]:
    """The bytes of an original from `start` to before `end`."""
    for piece in kept.pieces:
        first, last = max(start, piece.start), min(end, piece.start + piece.length)
        if first < last:
            async with aclosing(store.stream(piece.key, first - piece.start, last - piece.start)) as parts:
                async for part in parts:
                    yield part


async def forget_due(work: Work, policy: str) -> list[uuid.UUID]:
    """Forget originals whose time is over, some at once; the uploads whose objects may go.

    What is left of an asset counts in its owner's account from then on, and never for more than before.
    """
    if policy == ALWAYS:
        return []
    kept = timedelta() if policy == UNTIL_READY else timedelta(days=int(policy.removesuffix("d")))
    forgotten: list[uuid.UUID] = []
    for asset, left in await queries.due(work.db, ready=work.now - kept, failed=work.now - max(kept, KEEP_FAILED)):
        counted = min(asset.counted, left)
        await pieces.release(work.db, asset.account_id, asset.counted - counted)
        asset.counted = counted
        if asset.upload_id is not None:
            forgotten.append(asset.upload_id)
        await work.db.flush()
        await sources.forget_pieces(work, asset.id)
    return forgotten
