"""Sounds that are brought for edits."""

import uuid

from socialflow.domains.media.models import Asset, AssetState
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.service import sources
from socialflow.kernel import ids
from socialflow.kernel.work import Work


async def waiting(work: Work, asset_id: uuid.UUID) -> Asset | None:
    """A sound that nobody has looked at yet."""
    asset = await queries.locked(work.db, asset_id)
    return asset if asset is not None and asset.state not in queries.FINISHED else None


async def accept(work: Work, asset_id: uuid.UUID, seconds: float) -> None:
    """It can be heard."""
    asset = await waiting(work, asset_id)
    if asset is None:
        return
    asset.state, asset.progress = AssetState.READY, 100
    asset.duration_ms, asset.has_audio, asset.has_video = round(seconds * 1_000), True, False
    asset.updated_at = asset.ready_at = work.now
    _tell(work, asset)


async def refuse(work: Work, asset_id: uuid.UUID, code: str, detail: str) -> bool:
    """It cannot; whether that is news. Its bytes are of no use then."""
    asset = await waiting(work, asset_id)
    if asset is None:
        return False
    asset.state, asset.failure_code, asset.failure_detail = AssetState.FAILED, code, detail
    asset.updated_at = work.now
    await sources.forget_pieces(work, asset_id)
    _tell(work, asset)
    return True


def _tell(work: Work, asset: Asset) -> None:
    if asset.upload_id is not None:
        work.tell(f"upload:{ids.show('upl', asset.upload_id)}", "upload.changed", {})
