"""Questions about edits, and the statements by which they move."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, Edit, EditState, Purpose, Upload

OPEN = (EditState.QUEUED, EditState.MAKING)
SPARE_BATCH = 200


async def locked(db: AsyncSession, edit_id: uuid.UUID) -> Edit | None:
    """An edit, held against others until the transaction ends, and before it its upload.

    Always in this order: whoever ends an upload, or keeps its last byte, holds that and comes to the edit from there.
    """
    mine = select(Edit.upload_id).where(Edit.id == edit_id).scalar_subquery()
    await db.execute(select(Upload.id).where(Upload.id == mine).with_for_update())
    found = select(Edit).where(Edit.id == edit_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def between(db: AsyncSession, one: uuid.UUID, other: uuid.UUID) -> Edit | None:
    """The edit by which one of two assets was made of the other."""
    pair = (Edit.source_asset_id == one) & (Edit.asset_id == other)
    return (await db.scalars(select(Edit).where(pair))).one_or_none()


async def inputs_of(db: AsyncSession, asset_id: uuid.UUID) -> list[uuid.UUID]:
    """The assets of which an asset was made, the edited one first; none where it is no edit."""
    return list(await db.scalar(select(Edit.inputs).where(Edit.asset_id == asset_id)) or ())


async def count_open(db: AsyncSession, account_id: uuid.UUID) -> int:
    """How many edits are being made for an account."""
    mine = (Edit.account_id == account_id, Edit.state.in_(OPEN))
    return int(await db.scalar(select(func.count()).select_from(Edit).where(*mine)) or 0)


async def latest(db: AsyncSession, *, only_open: bool, limit: int) -> Sequence[Edit]:
    """Everybody's edits, the newest first."""
    found = select(Edit).order_by(Edit.id.desc()).limit(limit)
    return (await db.scalars(found.where(Edit.state.in_(OPEN)) if only_open else found)).all()


async def state_of(db: AsyncSession, edit_id: uuid.UUID) -> str | None:
    """Where an edit stands."""
    return await db.scalar(select(Edit.state).where(Edit.id == edit_id))


async def unmade(db: AsyncSession, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these are edits that are being made, or assets that such an edit will be."""
    wanted = list(ids)
    found = select(Edit.id, Edit.asset_id).where(Edit.state.in_(OPEN))
    rows = await db.execute(found.where(Edit.id.in_(wanted) | Edit.asset_id.in_(wanted)))
    return {each for row in rows for each in row}


async def tell(db: AsyncSession, edit_id: uuid.UUID, progress: int, now: datetime) -> bool:
    """Write down how far an edit is, in percent, never less than before; whether it is still wanted."""
    values = {"progress": func.greatest(Edit.progress, progress), "updated_at": now}
    moved = update(Edit).where(Edit.id == edit_id, Edit.state == EditState.MAKING).values(values)
    return (await db.execute(moved.returning(Edit.id))).first() is not None


async def end_of_upload(
    db: AsyncSession, upload_id: uuid.UUID, state: EditState, now: datetime, code: str | None, detail: str | None
) -> None:
    """The upload of an edit is over: so is the edit, unless it was before."""
    values = {"state": state, "failure_code": code, "failure_detail": detail, "updated_at": now}
    await db.execute(update(Edit).where(Edit.upload_id == upload_id, Edit.state.in_(OPEN)).values(values))


async def made(db: AsyncSession, upload_id: uuid.UUID, now: datetime) -> None:
    """The last byte of an edit is kept."""
    values = {"state": EditState.MADE, "progress": 100, "made_at": now, "updated_at": now}
    await db.execute(update(Edit).where(Edit.upload_id == upload_id).values(values))


async def forget(db: AsyncSession, asset_ids: Sequence[uuid.UUID]) -> None:
    """Forget the edits of which these assets were made."""
    await db.execute(delete(Edit).where(Edit.asset_id.in_(asset_ids)))


async def spare_material(db: AsyncSession, before: datetime) -> list[uuid.UUID]:
    """Some marks and sounds that have been left alone since a time, and that no edit waits for."""
    used = exists().where(
        (Edit.mark_asset_id == Asset.id) | (Edit.sound_asset_id == Asset.id),
        Edit.state.in_(OPEN) | (Edit.updated_at >= before),
    )
    found = select(Asset.id).where(Asset.purpose.in_((Purpose.WATERMARK, Purpose.SOUND)), Asset.updated_at < before)
    return list(await db.scalars(found.where(~used).order_by(Asset.id).limit(SPARE_BATCH)))
