"""When a video can be watched, and by whom: the one place where it is published and withdrawn."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.media import service as media
from socialflow.domains.media.service import Access
from socialflow.domains.videos import queries
from socialflow.domains.videos.events import VideoPublished, VideoShelved, VideoUnpublished
from socialflow.domains.videos.models import Video, VideoState
from socialflow.domains.videos.queries import sources
from socialflow.kernel import ids
from socialflow.kernel.work import Work

LISTS = "videos"
# An asset's states of the same names; in every other one it is being prepared.
_SAME = frozenset({VideoState.PARTIALLY_PLAYABLE, VideoState.READY, VideoState.FAILED})


def name_of(video_id: uuid.UUID) -> str:
    """Under which name shared answers about a video are kept, and its signals sent."""
    return f"video:{ids.show('vid', video_id)}"


async def catch_up(work: Work, video: Video) -> None:
    """Bring a video to where its asset stands."""
    asset = await queries.asset(work.db, video.asset_id)
    if asset is None:
        return
    was_listed = video.is_listed
    video.state = VideoState(asset.state) if asset.state in _SAME else VideoState.PROCESSING
    video.failure_code, video.failure_detail = asset.failure_code, asset.failure_detail
    await settle(work, video, was_listed=was_listed)


async def refresh(work: Work, asset_id: uuid.UUID) -> None:
    """What is served of a video has changed: answers that tell of it are not given any more."""
    video = await queries.of_asset(work.db, asset_id)
    if video is not None:
        announce(work, video, in_lists=video.is_listed)


async def release(work: Work, video_id: uuid.UUID) -> None:
    """Let a video go that has waited for its time: whoever takes the time away, in the same transaction, publishes it.

    One that cannot be watched yet follows as any other does, once it can.
    """
    video = await queries.still_due(work.db, video_id)
    if video is None:
        return
    video.publish_at = None
    await settle(work, video, was_listed=False)


async def settle(work: Work, video: Video, *, was_listed: bool) -> None:
    """After any change to a video: publish or withdraw it, and open or close its files."""
    is_first = video.is_shelved and video.published_at is None
    if is_first:
        video.published_at = work.now
    changed = video in work.db.dirty or video in work.db.new
    await work.db.flush()

    who = {"video_id": video.id, "channel_id": video.channel_id, "account_id": video.account_id}
    if video.is_listed and not was_listed:
        await channels.adjust_videos(work, video.channel_id, 1)
        work.emit(VideoPublished(**who, first=is_first))
    elif is_first:
        work.emit(VideoShelved(**who, reach=video.reach))
    if was_listed and not video.is_listed:
        await channels.adjust_videos(work, video.channel_id, -1)
        work.emit(VideoUnpublished(**who))

    asset = await queries.asset(work.db, video.asset_id)
    if asset is not None:
        changed = await _open_files(work, video, asset.access) or changed
    if changed:
        announce(work, video, in_lists=was_listed or video.is_listed)


async def withdraw(work: Work, video: Video) -> None:
    """Take a video out of everything for good: it is about to be deleted."""
    if video.is_listed:
        await channels.adjust_videos(work, video.channel_id, -1)
        work.emit(VideoUnpublished(video_id=video.id, channel_id=video.channel_id, account_id=video.account_id))
    announce(work, video, in_lists=video.is_listed)


async def _open_files(work: Work, video: Video, access: str) -> bool:
    """Everybody gets the files of a listed video; of others, whoever was given a signed address."""
    wanted = Access.CLOSED
    if video.is_playable:
        wanted = Access.OPEN if video.is_listed else Access.SIGNED
    if access == wanted:
        return False
    # Those who still watch a file that was replaced are not shut out, or let in, in another way.
    for asset_id in (video.asset_id, *await sources.retired_assets(work.db, video.id)):
        await media.set_access(work, asset_id, wanted)
    return True


def announce(work: Work, video: Video, *, in_lists: bool) -> None:
    """Have answers about a video made anew, and tell whoever watches it."""
    name = name_of(video.id)
    work.forget(name, *([LISTS] if in_lists else []))
    work.tell(name, "video.changed", {})
