"""Questions about all that one person keeps here."""

import uuid
from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, Purpose, Upload
from socialflow.domains.media.queries.uploads import pieces as pieces

OWN_POSTER = "poster-own.jpg"

_begun = select(Upload.id, Upload.asset_id, Upload.parts).where(Upload.account_id == bindparam("account_id"))
_made = select(Asset.upload_id, Asset.id).where(Asset.account_id == bindparam("account_id"))


async def uploads_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[Upload]:
    """Everything that somebody uploaded, the oldest first."""
    return (await db.scalars(select(Upload).where(Upload.account_id == account_id).order_by(Upload.id))).all()


async def pictures_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[AssetFile]:
    """The files of somebody's pictures."""
    found = select(AssetFile).join(Asset, Asset.id == AssetFile.asset_id)
    brought = (Asset.purpose != Purpose.VIDEO) | (AssetFile.name == OWN_POSTER)
    mine = found.where(Asset.account_id == account_id, brought)
    return (await db.scalars(mine.order_by(AssetFile.asset_id, AssetFile.name))).all()


async def files_of(
    db: AsyncSession, account_id: uuid.UUID
) -> list[tuple[uuid.UUID | None, uuid.UUID, list[uuid.UUID]]]:
    """Uploads and assets of an account in pairs, with what the upload was joined of.

    An asset may have outlived its upload.
    """
    uploads = {row[0]: row for row in await db.execute(_begun, {"account_id": account_id})}
    assets = {row[1]: row for row in await db.execute(_made, {"account_id": account_id})}
    lasting = [(row[0], row[1], list[uuid.UUID]()) for row in assets.values() if row[0] not in uploads]
    return [*((row[0], row[1], list(row[2])) for row in uploads.values()), *lasting]
