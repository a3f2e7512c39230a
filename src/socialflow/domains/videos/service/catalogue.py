"""Making, changing and deleting videos."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from socialflow.domains.channels import service as channels
from socialflow.domains.media import service as media
from socialflow.domains.media.errors import UploadExpired
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import Purpose
from socialflow.domains.videos import policy, queries
from socialflow.domains.videos.errors import UploadAlreadyUsed
from socialflow.domains.videos.events import VideoCreated, VideoDeleted, VideoUpdated
from socialflow.domains.videos.models import Video, Visibility
from socialflow.domains.videos.queries import Hold, sources
from socialflow.domains.videos.schemas import VideoCreate, VideoUpdate
from socialflow.domains.videos.service import publishing, rights
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

ERASED_AT_ONCE = 100
# What may shut somebody out who has an address of the files.
_NARROWING = {"visibility", "mark", "password_hash", "publish_at"}


async def visible(work: Work, video_id: uuid.UUID, *, hold: Hold = Hold.NOT) -> Video:
    """A video that the actor may see; raises NotFound."""
    video = await queries.by_id(work.db, work.actor, video_id, hold)
    if video is None:
        raise NotFound
    return video


async def create(app: App, work: Work, body: VideoCreate, *, password_hash: str | None = None) -> Video:
    """Put a video of the actor's upload into the catalogue, on their channel or one that they publish for.

    It is published once it can be watched, if it is public and not to wait for its time. The password was hashed
    before the Work began.
    """
    policy.may_lock(body.visibility, has_password=password_hash is not None)
    if body.publish_at is not None:
        policy.may_schedule(body.publish_at, work.now, visibility=body.visibility, published=False)
    channel = await channels.speaking(work, body.channel_id)
    owning = await channels.for_owner(app, work, channel.account_id, body.upload_id)
    upload = await media.card(owning, body.upload_id, Purpose.VIDEO, hold=True)
    if upload.state == UploadProgress.EXPIRED:
        raise UploadExpired
    if await sources.is_upload_used(work.db, upload.id):
        raise UploadAlreadyUsed

    video = Video(
        id=ids.new(),
        account_id=channel.account_id,
        channel_id=channel.id,
        upload_id=upload.id,
        asset_id=upload.asset_id,
        title=body.title,
        description=body.description,
        tags=body.tags,
        visibility=body.visibility,
        mark=body.mark,
        password_hash=password_hash,
        allow_download=body.allow_download,
        embed_domains=body.embed_domains,
        publish_at=body.publish_at,
        created_at=work.now,
        updated_at=work.now,
    )
    try:
        async with work.db.begin_nested():
            work.db.add(video)
    except IntegrityError:
        raise UploadAlreadyUsed from None
    work.emit(VideoCreated(video_id=video.id, channel_id=video.channel_id, account_id=video.account_id))
    await publishing.catch_up(work, video)
    return video


async def edit(work: Work, video: Video, body: VideoUpdate, *, password_hash: str | None = None) -> Video:
    """Change what an editor may change; the caller holds the video's lock, and has hashed the password."""
    await rights.demand(work, video)
    has_password = password_hash is not None or video.password_hash is not None
    policy.may_lock(body.visibility or Visibility(video.visibility), has_password=has_password)
    apart = {"publish_at", "embed_domains", "password"}
    sent = body.model_dump(exclude_none=True, exclude=apart) | _schedule(work, video, body)
    if password_hash is not None:
        sent |= {"password_hash": password_hash, "password_edition": video.password_edition + 1}
    if "embed_domains" in body.model_fields_set:
        sent["embed_domains"] = body.embed_domains
    changed = {name: value for name, value in sent.items() if getattr(video, name) != value}
    if not changed:
        return video

    was_listed, was_open = video.is_listed, video.is_open
    for name, value in changed.items():
        setattr(video, name, value)
    video.edition += 1
    video.updated_at = work.now
    work.emit(VideoUpdated(video_id=video.id))
    if was_open and changed.keys() & _NARROWING and not video.is_listed:
        for asset_id in (video.asset_id, *await sources.retired_assets(work.db, video.id)):
            await media.end_addresses(work, asset_id)
    await publishing.settle(work, video, was_listed=was_listed)
    return video


async def delete(work: Work, video_id: uuid.UUID) -> None:
    """Delete a video and its files; what others have hung on it goes with the event."""
    video = await visible(work, video_id, hold=Hold.CHANGE)
    await rights.may_delete(work, video)
    await publishing.withdraw(work, video)
    await media.edits.forget(work, await sources.assets_of(work.db, video.id))
    for source in await sources.spare(work.db, video.id):
        await media.abandon(work, source.upload_id)
        await media.delete_asset(work, source.asset_id)
    # Without an asset yet there is an upload on its way, which nobody waits for any more, whoever deletes the video.
    await media.abandon(work, video.upload_id)
    await media.delete_asset(work, video.asset_id)
    work.emit(
        VideoDeleted(
            video_id=video.id, channel_id=video.channel_id, account_id=video.account_id, asset_id=video.asset_id
        )
    )
    await channels.unpin(work, video.id)
    await work.db.delete(video)


async def some_of_channel(work: Work, channel_id: uuid.UUID) -> list[uuid.UUID]:
    """Some videos of a channel, in whatever state."""
    return list(await work.db.scalars(select(Video.id).where(Video.channel_id == channel_id).limit(ERASED_AT_ONCE)))


async def some_of(work: Work, account_id: uuid.UUID) -> list[uuid.UUID]:
    """Some videos of an account, in whatever state."""
    return list(await work.db.scalars(select(Video.id).where(Video.account_id == account_id).limit(ERASED_AT_ONCE)))


def _schedule(work: Work, video: Video, body: VideoUpdate) -> dict[str, datetime | None]:
    """What becomes of the time that a video waits for: it may be set, moved and taken away before it has come."""
    visibility = body.visibility or Visibility(video.visibility)
    if "publish_at" not in body.model_fields_set:
        # Nobody would see a private video then: it does not wait any more.
        return {"publish_at": None} if visibility == Visibility.PRIVATE else {}
    if body.publish_at is not None and (body.publish_at != video.publish_at or visibility == Visibility.PRIVATE):
        seen = video.published_at is not None or video.is_open
        policy.may_schedule(body.publish_at, work.now, visibility=visibility, published=seen)
    return {"publish_at": body.publish_at}
