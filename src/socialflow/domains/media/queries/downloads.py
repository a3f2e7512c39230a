"""Questions about what is made for downloads."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, AssetState, Rendition

# What plays everywhere: no other codecs than H.264 and AAC, and the sound that is heard unless another is chosen.
EVERYWHERE = "^([0-9]+p|source|audio)$"
# The highest picture first, sound alone last.
_offered = (
    select(Rendition.name)
    .join(Asset, Asset.id == Rendition.asset_id)
    .where(Asset.id == bindparam("asset_id"), Asset.state == AssetState.READY)
    .where(Rendition.name.regexp_match(EVERYWHERE))
    .order_by(case((Rendition.kind == "video", 0), else_=1), Rendition.height.desc(), Rendition.bandwidth.desc())
)
_file = select(AssetFile.key, AssetFile.content_type, AssetFile.size, AssetFile.sha256).where(
    AssetFile.asset_id == bindparam("asset_id"), AssetFile.name == bindparam("name")
)


async def offered(db: AsyncSession, asset_id: uuid.UUID) -> Sequence[str]:
    """Names of what can be downloaded of an asset that is ready, the best first."""
    return list(await db.scalars(_offered, {"asset_id": asset_id}))


async def file(db: AsyncSession, asset_id: uuid.UUID, name: str) -> Any:
    """Object, type, size and digest of a file of an asset; None when there is none of the name."""
    return (await db.execute(_file, {"asset_id": asset_id, "name": name})).one_or_none()
