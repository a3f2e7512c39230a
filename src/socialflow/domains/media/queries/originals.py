"""Which files are kept as they were uploaded, though they need not be."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, AssetState, Purpose

FORGOTTEN = 100
# Superseded files go soon by themselves.
_LEFT = (
    select(func.coalesce(func.sum(AssetFile.size), 0))
    .where(AssetFile.asset_id == Asset.id, AssetFile.expires_at.is_(None))
    .scalar_subquery()
)


async def due(db: AsyncSession, *, ready: datetime, failed: datetime) -> list[tuple[Asset, int]]:
    """Assets that were ready, or failed, before a time and still have their originals: and the size of what is served.

    They are held until the transaction ends.
    """
    settled = or_(
        and_(Asset.state == AssetState.READY, func.coalesce(Asset.ready_at, Asset.updated_at) <= ready),
        and_(Asset.state == AssetState.FAILED, Asset.updated_at <= failed),
    )
    found = (
        select(Asset, _LEFT)
        .where(Asset.source_key.is_not(None), Asset.purpose == Purpose.VIDEO, settled)
        .order_by(Asset.updated_at)
        .limit(FORGOTTEN)
        .with_for_update(of=Asset, skip_locked=True)
    )
    return [(row[0], int(row[1])) for row in await db.execute(found)]
