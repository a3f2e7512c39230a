"""What staff ask about transcodes: which there are, their tasks, how much waits, who keeps how much."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account
from socialflow.domains.media.models import Asset, AssetFile, StorageUsage, TaskState, Transcode, TranscodeTask

MOST_TASKS = 2_000
LARGEST = 10
_QUEUES = text("""
    SELECT queue AS name, count(*) FILTER (WHERE state = 'queued' AND run_after <= now()) AS waiting,
        count(*) FILTER (WHERE state = 'running') AS running,
        extract(epoch FROM now() - min(run_after) FILTER (WHERE state = 'queued' AND run_after <= now())) AS oldest_s
    FROM jobs WHERE state IN ('queued', 'running') GROUP BY queue
""")
_jobs = (
    select(
        Transcode.asset_id.label("id"),
        Asset.account_id,
        Account.handle.label("account_handle"),
        Transcode.state,
        Transcode.round,
        Asset.progress,
        Asset.seconds_left,
        select(func.count())
        .where(TranscodeTask.asset_id == Transcode.asset_id)
        .correlate(Transcode)
        .scalar_subquery()
        .label("tasks"),
        select(func.count())
        .where(TranscodeTask.asset_id == Transcode.asset_id, TranscodeTask.state == TaskState.DONE)
        .correlate(Transcode)
        .scalar_subquery()
        .label("tasks_done"),
        Transcode.failure_code,
        Asset.failure_detail,
        Transcode.failure_notes,
        Asset.source_size.label("source_bytes"),
        Transcode.bytes_made,
        Asset.duration_ms,
        Transcode.cpu_s,
        Transcode.work_s,
        Transcode.created_at,
        Transcode.finished_at,
    )
    .join(Asset, Asset.id == Transcode.asset_id)
    .join(Account, Account.id == Asset.account_id)
    .order_by(Transcode.asset_id.desc())
)


async def jobs(db: AsyncSession, state: str | None, before: uuid.UUID | None, limit: int) -> Sequence[Any]:
    """A page of jobs, the newest upload first."""
    found = _jobs.limit(limit)
    if state is not None:
        found = found.where(Transcode.state == state)
    if before is not None:
        found = found.where(Transcode.asset_id < before)
    return (await db.execute(found)).all()


async def job(db: AsyncSession, asset_id: uuid.UUID) -> Any | None:
    """One job."""
    return (await db.execute(_jobs.where(Transcode.asset_id == asset_id))).one_or_none()


async def tasks(db: AsyncSession, asset_id: uuid.UUID) -> Sequence[TranscodeTask]:
    """The tasks of a job: those that failed first, then by name."""
    found = select(TranscodeTask).where(TranscodeTask.asset_id == asset_id)
    found = found.order_by((TranscodeTask.state == TaskState.FAILED).desc(), TranscodeTask.name).limit(MOST_TASKS)
    return (await db.scalars(found)).all()


async def queues(db: AsyncSession) -> dict[str, Any]:
    """Name -> how many jobs wait and run, and for how long the first could have run."""
    return {row.name: row for row in await db.execute(_QUEUES)}


async def storage(db: AsyncSession) -> tuple[int, int, int]:
    """Bytes of sources, bytes that are served, and the number of assets."""
    sources, count = (await db.execute(select(func.coalesce(func.sum(Asset.source_size), 0), func.count()))).one()
    served = await db.scalar(select(func.coalesce(func.sum(AssetFile.size), 0)))
    return int(sources), int(served or 0), int(count)


async def largest(db: AsyncSession) -> Sequence[Any]:
    """The accounts that keep most."""
    found = (
        select(StorageUsage.account_id, Account.handle.label("account_handle"), StorageUsage.used)
        .join(Account, Account.id == StorageUsage.account_id)
        .where(StorageUsage.used > 0)
        .order_by(StorageUsage.used.desc())
        .limit(LARGEST)
    )
    return (await db.execute(found)).all()
