"""How the catalogue reacts to what becomes of uploads, and to the clock."""

import contextlib
import uuid
from datetime import UTC, datetime

from socialflow.domains.channels.events import ChannelDeleted
from socialflow.domains.media.events import (
    AssetDressed,
    AssetFailed,
    AssetPlayable,
    AssetReady,
    EditFailed,
    ImportFailed,
    ImportRequested,
    ProcessingRequested,
    RepairFailed,
    UploadCompleted,
    UploadDiscarded,
)
from socialflow.domains.videos import queries, service
from socialflow.domains.videos.events import VideoSourceReplaced, VideoUpdated
from socialflow.kernel import counters, faults, logs, personal, visibility
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App

log = logs.named(__name__)
visibility.judges_addresses(queries.may_still)
BEFORE_ALL = (datetime(1, 1, 1, tzinfo=UTC), uuid.UUID(int=0))


@on(UploadCompleted)
async def show_processing(app: App, event: UploadCompleted) -> None:
    """The file is there, and its video is being prepared."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(ProcessingRequested)
async def show_processing_again(app: App, event: ProcessingRequested) -> None:
    """What had failed is being prepared once more."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(AssetPlayable)
async def publish_playable(app: App, event: AssetPlayable) -> None:
    """There is something to watch: publish a public video."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(AssetReady)
async def show_ready(app: App, event: AssetReady) -> None:
    """All qualities are there."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(AssetFailed)
async def show_failure(app: App, event: AssetFailed) -> None:
    """There is nothing to watch: tell the owner why."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(RepairFailed)
async def show_as_before(app: App, event: RepairFailed) -> None:
    """What was ready could not be made anew, and is watched as before."""
    async with app.work(SYSTEM) as work:
        await service.follow_asset(work, event.asset_id)


@on(AssetDressed)
async def show_dressed(app: App, event: AssetDressed) -> None:
    """Captions, chapters or pictures have changed."""
    async with app.work(SYSTEM) as work:
        await service.refresh(work, event.asset_id)


@on(AssetDressed)
async def write_lost_chapters(app: App, event: AssetDressed) -> None:
    """Chapters whose file was lost are served again."""
    await service.chapters.publish(app, asset_id=event.asset_id)


@on(VideoUpdated)
async def write_chapters(app: App, event: VideoUpdated) -> None:
    """Chapters, or the description that tells of them, may have changed."""
    await service.chapters.publish(app, video_id=event.video_id)


@on(AssetReady)
async def write_first_chapters(app: App, event: AssetReady) -> None:
    """The description may tell of chapters from the beginning; now it is known how long the last one is."""
    await service.chapters.publish(app, asset_id=event.asset_id)


@on(VideoSourceReplaced)
async def write_chapters_again(app: App, event: VideoSourceReplaced) -> None:
    """The file that is shown from now on has none beside it yet, or those of a while ago."""
    await service.chapters.publish(app, video_id=event.video_id)


@on(UploadDiscarded)
async def give_up_draft(app: App, event: UploadDiscarded) -> None:
    """The file will not come."""
    async with app.work(SYSTEM) as work:
        await service.upload_is_gone(work, event.upload_id)


@on(ImportFailed)
async def show_failed_import(app: App, event: ImportFailed) -> None:
    """The file could not be fetched: tell the owner why."""
    async with app.work(SYSTEM) as work:
        await service.upload_is_gone(work, event.upload_id, event.code, event.detail)


@on(EditFailed)
async def show_failed_edit(app: App, event: EditFailed) -> None:
    """The edit could not be made: the video stays as it is, and its owner is told why."""
    async with app.work(SYSTEM) as work:
        await service.upload_is_gone(work, event.upload_id, event.code, event.detail)


@on(ImportRequested)
async def wait_again(app: App, event: ImportRequested) -> None:
    """The file is fetched once more."""
    async with app.work(SYSTEM) as work:
        await service.upload_is_tried_again(work, event.upload_id)


@every(minutes=5)
async def collect_replaced(app: App) -> None:
    """Let files go that were replaced a while ago."""
    while True:
        async with app.work(SYSTEM) as work:
            if await service.collect(work, service.kept_for(app.settings.media.keep_unedited)) == 0:
                return


@every(minutes=2)
async def reconcile_states(app: App) -> None:
    """Catch up with assets whose events came before their videos were written."""
    async with app.work(SYSTEM) as work:
        behind = await queries.unsettled(work.db)
    for asset_id in behind:
        async with app.work(SYSTEM) as work:
            await service.follow_asset(work, asset_id)


@every(seconds=5)
async def publish_due(app: App) -> None:
    """Publish what has waited for its time."""
    after, failures = BEFORE_ALL, list[Exception]()
    while True:
        async with app.work(SYSTEM) as work:
            due = await queries.due(work.db, after)
        if not due:
            break
        for _, video_id in due:
            try:
                async with app.work(SYSTEM) as work:
                    await service.release(work, video_id)
                    faults.point("publish_due.settled")
            except Exception as failure:
                # One that cannot be published now keeps no other waiting.
                log.warning("not_published", video=str(video_id), exc_info=failure)
                failures.append(failure)
        after = due[-1]
    if failures:
        raise failures[0]


@every(hours=24)
async def recount_channels(app: App) -> None:
    """Set the number of public videos on every channel to what it counts."""
    await counters.recount_all(app, service.recount_channels)


@on(ChannelDeleted)
async def delete_with_channel(app: App, event: ChannelDeleted) -> None:
    """Delete a channel's videos as its owner would, one by one."""
    while True:
        async with app.work(SYSTEM) as work:
            found = await service.some_of_channel(work, event.channel_id)
        if not found:
            return
        for video_id in found:
            async with app.work(SYSTEM) as work:
                with contextlib.suppress(NotFound):
                    await service.delete(work, video_id)


@personal.erases(step=30)
async def erase_videos(app: App, account_id: uuid.UUID) -> None:
    """Delete somebody's videos as they would themselves."""
    while True:
        async with app.work(SYSTEM) as work:
            found = await service.some_of(work, account_id)
        if not found:
            return
        for video_id in found:
            async with app.work(SYSTEM) as work:
                with contextlib.suppress(NotFound):
                    await service.delete(work, video_id)
