"""Questions asked when files are served."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, case, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import hidden, private
from socialflow.domains.media.models import Access, Asset, AssetFile, Purpose

Rows = Sequence[Any]
JUDGED = (Purpose.VIDEO, Purpose.PHOTO)

_files = (
    select(
        # The files of whoever is hidden are nobody's, whatever their rows say.
        # The videos and photos of a private account are for its followers, who get signed addresses; its own picture is
        # for everybody.
        case(
            (text(hidden("assets.account_id")), Access.CLOSED),
            (
                and_(Asset.access == Access.OPEN, Asset.purpose.in_(JUDGED), text(private("assets.account_id"))),
                Access.SIGNED,
            ),
            else_=Asset.access,
        ).label("access"),
        Asset.access_epoch,
        Asset.state,
        Asset.version,
        AssetFile.name,
        AssetFile.key,
        AssetFile.content_type,
        AssetFile.size,
        AssetFile.sha256,
        AssetFile.created_at,
    )
    .outerjoin(AssetFile, AssetFile.asset_id == Asset.id)
    .where(Asset.id == bindparam("asset_id"))
)


async def asset_and_files(db: AsyncSession, asset_id: uuid.UUID) -> Rows:
    """One row per file of an asset, with the asset's own columns; one without a file when it has none yet."""
    return (await db.execute(_files, {"asset_id": asset_id})).all()
