"""Files as they were uploaded: whose may be handed out, and which are kept though they need not be."""

import uuid
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import hidden
from socialflow.domains.media.models import Asset, AssetFile, AssetState, Purpose

FORGOTTEN = 100
# Superseded files go soon by themselves.
_LEFT = (
    select(func.coalesce(func.sum(AssetFile.size), 0))
    .where(AssetFile.asset_id == Asset.id, AssetFile.expires_at.is_(None))
    .scalar_subquery()
)
# The files of whoever is hidden are nobody's, whatever addresses there are.
_shown = select(Asset).where(Asset.id == bindparam("asset_id"), text(f"NOT {hidden('assets.account_id')}"))


async def shown(db: AsyncSession, asset_id: uuid.UUID) -> Asset | None:
    """An asset whose owner is not hidden."""
    return (await db.scalars(_shown, {"asset_id": asset_id})).one_or_none()


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
