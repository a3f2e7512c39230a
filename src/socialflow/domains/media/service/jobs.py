"""What is made of everybody's uploads, as staff see it; and what they, and owners, may do about it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from socialflow.domains.media import policy
from socialflow.domains.media.models import Asset, TranscodeState
from socialflow.domains.media.queries import jobs as queries
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.schemas import (
    AccountStorageRead,
    MediaJobPage,
    MediaJobRead,
    MediaJobWhole,
    MediaOverview,
    QueueRead,
    StorageRead,
    TaskRead,
    WorkerRead,
)
from socialflow.domains.media.service import assets, transcodes
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import QUEUES
from socialflow.kernel.presence import Worker
from socialflow.kernel.work import Work

LIST = "media-jobs"


async def page(work: Work, keys: Keys, *, state: TranscodeState | None, limit: int, cursor: str | None) -> MediaJobPage:
    """Jobs, the newest upload first."""
    policy.may_manage_jobs(work.actor)
    filters = {"state": state}
    before = uuid.UUID(pages.unseal(keys, LIST, filters, cursor)[0]) if cursor else None
    rows, last = pages.cut(await queries.jobs(work.db, state, before, limit + 1), limit)
    following = pages.seal(keys, LIST, filters, [str(last.id)]) if last is not None else None
    return MediaJobPage(items=[_read(row) for row in rows], next_cursor=following)


async def one(work: Work, asset_id: uuid.UUID) -> MediaJobWhole:
    """A job with its tasks."""
    policy.may_manage_jobs(work.actor)
    row = await queries.job(work.db, asset_id)
    if row is None:
        raise NotFound
    parts = [TaskRead.model_validate(task) for task in await queries.tasks(work.db, asset_id)]
    return MediaJobWhole(**_read(row).model_dump(), parts=parts)


async def overview(work: Work, workers: Sequence[Worker]) -> MediaOverview:
    """Queues, workers and storage."""
    policy.may_manage_jobs(work.actor)
    found = await queries.queues(work.db)
    sources, served, count = await queries.storage(work.db)
    return MediaOverview(
        queues=[
            QueueRead.model_validate(found[name])
            if name in found
            else QueueRead(name=name, waiting=0, running=0, oldest_s=None)
            for name in QUEUES
        ],
        workers=[_worker(each) for each in workers],
        storage=StorageRead(
            sources=sources,
            served=served,
            assets=count,
            largest=[AccountStorageRead.model_validate(row) for row in await queries.largest(work.db)],
        ),
    )


async def stop(work: Work, asset_id: uuid.UUID, *, reason: str = "") -> None:
    """Stop what is being made of somebody's upload."""
    policy.may_manage_jobs(work.actor)
    asset = await transcodes.cancel(work, asset_id)
    _tell(work, asset)
    work.note("media:job:cancelled", asset.account_id, asset_id=str(asset_id), reason=reason)


async def begin_again(work: Work, asset_id: uuid.UUID, *, reason: str = "") -> None:
    """Begin anew with somebody's upload that failed or was stopped."""
    policy.may_manage_jobs(work.actor)
    asset = await transcodes.retry(work, asset_id, repairs=True)
    _tell(work, asset)
    work.note("media:job:retried", asset.account_id, asset_id=str(asset_id), reason=reason)


async def stop_own(work: Work, upload_id: uuid.UUID) -> None:
    """Stop what is being made of one's own upload."""
    _tell(work, await transcodes.cancel(work, await _own_asset(work, upload_id)))


async def begin_own_again(work: Work, upload_id: uuid.UUID) -> None:
    """Begin anew with one's own upload, as somebody who may upload."""
    policy.may_upload(work.actor)
    _tell(work, await transcodes.retry(work, await _own_asset(work, upload_id)))


async def _own_asset(work: Work, upload_id: uuid.UUID) -> uuid.UUID:
    found = await upload_queries.own_with_asset(work.db, work.actor.id, upload_id)
    if found is None or found[1] is None:
        raise NotFound
    return found[1].id


def _tell(work: Work, asset: Asset) -> None:
    work.tell(*assets.said(asset))


def _read(row: object) -> MediaJobRead:
    read = MediaJobRead.model_validate(row)
    return read.model_copy(update={"progress": read.progress / 100})


def _worker(worker: Worker) -> WorkerRead:
    return WorkerRead(
        host=worker.host,
        pid=worker.pid,
        queues=list(worker.queues),
        concurrency=worker.concurrency,
        version=worker.version,
        started_at=datetime.fromtimestamp(worker.started_at, UTC),
        seen_at=datetime.fromtimestamp(worker.seen_at, UTC),
        silent=worker.is_silent,
    )
