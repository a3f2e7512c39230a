"""Questions about all that one person keeps here."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, Purpose, Upload
from socialflow.domains.media.queries.uploads import pieces as pieces

OWN_POSTER = "poster-own.jpg"


async def uploads_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[Upload]:
    """Everything that somebody uploaded, the oldest first."""
    return (await db.scalars(select(Upload).where(Upload.account_id == account_id).order_by(Upload.id))).all()


async def pictures_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[AssetFile]:
    """The files of somebody's pictures."""
    found = select(AssetFile).join(Asset, Asset.id == AssetFile.asset_id)
    brought = (Asset.purpose != Purpose.VIDEO) | (AssetFile.name == OWN_POSTER)
    mine = found.where(Asset.account_id == account_id, brought)
    return (await db.scalars(mine.order_by(AssetFile.asset_id, AssetFile.name))).all()


async def files_of(db: AsyncSession, account_id: uuid.UUID) -> list[tuple[uuid.UUID | None, uuid.UUID]]:
    """Uploads and assets of an account in pairs; an asset may have outlived its upload."""
    begun = select(Upload.id, Upload.asset_id).where(Upload.account_id == account_id)
    made = select(Asset.upload_id, Asset.id).where(Asset.account_id == account_id)
    return [(row[0], row[1]) for row in await db.execute(begun.union(made))]
