"""A channel's avatar and banner: shown once they were made anew."""

import uuid
from dataclasses import dataclass

from socialflow.domains.channels import queries
from socialflow.domains.channels.events import ChannelUpdated
from socialflow.domains.channels.models import Channel
from socialflow.domains.media import service as media
from socialflow.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the pictures of a channel: for what it is uploaded, and in which columns it stands."""

    purpose: media.Purpose
    asset: str
    upload: str
    thumbhash: str


AVATAR = Picture(media.Purpose.AVATAR, "avatar_asset_id", "avatar_upload_id", "avatar_thumbhash")
BANNER = Picture(media.Purpose.BANNER, "banner_asset_id", "banner_upload_id", "banner_thumbhash")
ALL = (AVATAR, BANNER)


async def set_picture(work: Work, channel: Channel, picture: Picture, upload_id: uuid.UUID | None) -> None:
    """Show an upload of the owner's as soon as it has been looked at; None shows nothing."""
    setattr(channel, picture.upload, upload_id)
    if upload_id is None:
        await _show(work, channel, picture, None)
        return
    ready = await media.image_of_upload(work, upload_id, picture.purpose)
    if ready is not None:
        await _show(work, channel, picture, ready)


async def picture_is_ready(work: Work, upload_id: uuid.UUID, asset_id: uuid.UUID) -> None:
    """Show a picture that has been checked on the channels that wait for it."""
    for channel in await queries.awaiting_picture(work.db, upload_id):
        for picture in ALL:
            if getattr(channel, picture.upload) == upload_id:
                await _show(work, channel, picture, asset_id)
        work.emit(ChannelUpdated(channel_id=channel.id))


async def clear(work: Work, channel: Channel) -> None:
    """Show no pictures any more, and delete what nothing else shows."""
    for picture in ALL:
        setattr(channel, picture.upload, None)
        await _show(work, channel, picture, None)


async def _show(work: Work, channel: Channel, picture: Picture, asset_id: uuid.UUID | None) -> None:
    former = getattr(channel, picture.asset)
    setattr(channel, picture.asset, asset_id)
    setattr(channel, picture.upload, None)
    setattr(channel, picture.thumbhash, await media.thumbhash_of(work, asset_id) if asset_id else None)
    if former is None or former == asset_id:
        return
    await work.db.flush()
    # Another channel of the same account may show the same picture.
    if not await queries.is_picture(work.db, channel.account_id, former):
        await media.delete_asset(work, former)
