"""How a channel presents itself."""

import uuid
from collections.abc import Sequence
from typing import Any

from socialflow.domains.channels.events import ChannelUpdated
from socialflow.domains.channels.models import Channel, PinKind
from socialflow.domains.channels.policy import Right
from socialflow.domains.channels.queries import pins, team
from socialflow.domains.channels.schemas import (
    ChannelCard,
    ChannelLinkRead,
    ChannelRead,
    ChannelUpdate,
    avatar_url,
    banner_of,
)
from socialflow.domains.channels.service import pictures, verifying
from socialflow.domains.channels.service.finding import demand, for_owner
from socialflow.kernel.work import App, Work


async def edit(app: App, work: Work, channel: Channel, body: ChannelUpdate) -> Channel:
    """Change a profile; members that were not sent stay as they are."""
    await demand(work, channel.id, channel.account_id, Right.PRESENT)
    if body.display_name is not None and body.display_name != channel.display_name:
        channel.display_name = body.display_name
        await verifying.name_changed(work, channel)
    if body.bio is not None:
        channel.bio = body.bio
    if body.links is not None:
        channel.links = [link.model_dump() for link in body.links]
    if "embed_domains" in body.model_fields_set:
        channel.embed_domains = body.embed_domains
    for picture in pictures.ALL:
        if picture.upload in body.model_fields_set:
            upload_id = getattr(body, picture.upload)
            owning = await for_owner(app, work, channel.account_id, upload_id)
            await pictures.set_picture(owning, channel, picture, upload_id)
    channel.updated_at = work.now
    work.emit(ChannelUpdated(channel_id=channel.id))
    return channel


async def pinned(work: Work, channel_id: uuid.UUID) -> Sequence[tuple[PinKind, uuid.UUID]]:
    """What stands first on a channel's page, in its order, whoever may see it."""
    return [(PinKind(row.kind), row.subject_id) for row in await pins.of_channel(work.db, channel_id)]


async def pin(work: Work, channel: Channel, chosen: Sequence[tuple[PinKind, uuid.UUID]]) -> None:
    """Let these stand first on a channel's page, and nothing else; the caller has seen that they are the channel's."""
    await demand(work, channel.id, channel.account_id, Right.PUBLISH)
    await team.hold(work.db, channel.id)
    if await pinned(work, channel.id) == list(chosen):
        return
    await pins.put(work, channel.id, chosen)
    work.emit(ChannelUpdated(channel_id=channel.id))


async def unpin(work: Work, subject_id: uuid.UUID) -> None:
    """What is gone is pinned nowhere."""
    await pins.drop(work.db, subject_id)


def read(channel: Channel) -> ChannelRead:
    """A channel as clients see it."""
    return ChannelRead(
        id=channel.id,
        handle=channel.handle,
        display_name=channel.display_name,
        verified=channel.is_verified,
        bio=channel.bio,
        links=[ChannelLinkRead(**link) for link in channel.links],
        avatar_url=avatar_url(channel.avatar_asset_id),
        avatar_thumbhash=channel.avatar_thumbhash,
        banner=banner_of(channel.banner_asset_id, channel.banner_thumbhash),
        embed_domains=channel.embed_domains,
        is_private=channel.is_private,
        follower_count=channel.follower_count,
        following_count=channel.following_count,
        video_count=channel.video_count,
        created_at=channel.created_at,
    )


def card(row: Any) -> ChannelCard:
    """A channel as it stands beside its things: of a row with the columns of `CARD`."""
    return ChannelCard(
        id=row["id"],
        handle=row["handle"],
        display_name=row["display_name"],
        avatar_url=avatar_url(row["avatar_asset_id"]),
        verified=row["verified_at"] is not None,
    )
