"""What one can do with channels."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect
from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import HandleTaken
from socialflow.domains.accounts.schemas import AccountCreate, ProviderSignUp
from socialflow.domains.channels import policy, queries
from socialflow.domains.channels.events import ChannelCreated, ChannelUpdated
from socialflow.domains.channels.models import Channel
from socialflow.domains.channels.schemas import ChannelRead, ChannelUpdate, avatar_url
from socialflow.domains.media import service as media
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

RECOUNTED = 500
NOBODY = "Erased account"


async def sign_up(
    work: Work, body: AccountCreate, *, came_by: accounts.Entrance, password_hash: str, language: str = "en"
) -> accounts.Account:
    """Make an account and its channel, or neither."""
    channel_id = ids.new()
    account = await accounts.register(
        work, body, channel_id=channel_id, came_by=came_by, password_hash=password_hash, language=language
    )
    await _open_channel(work, account)
    return account


async def join(
    work: Work, ticket: accounts.Ticket, body: ProviderSignUp, *, came_by: accounts.Entrance
) -> accounts.Account:
    """The same for a newcomer for whom another provider vouches."""
    account = await accounts.join(work, ticket, body, channel_id=ids.new(), came_by=came_by)
    await _open_channel(work, account)
    return account


async def _open_channel(work: Work, account: accounts.Account) -> None:
    work.db.add(
        Channel(
            id=account.channel_id,
            account_id=account.id,
            handle=account.handle,
            display_name=account.display_name,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    try:
        await work.db.flush()
    except IntegrityError:
        raise HandleTaken from None
    work.emit(ChannelCreated(channel_id=account.channel_id, account_id=account.id))


async def visible(work: Work, channel_id: uuid.UUID) -> Channel:
    """A channel that the actor may see; raises NotFound."""
    channel = await queries.by_id(work.db, work.actor, channel_id)
    if channel is None:
        raise NotFound
    return channel


async def owner_of(work: Work, channel_id: uuid.UUID) -> uuid.UUID | None:
    """Whose channel this is, whether or not the actor may see it: for taking back what stands between the two."""
    channel = await queries.any_by_id(work.db, channel_id)
    return channel.account_id if channel is not None else None


async def find(work: Work, reference: str) -> Channel:
    """A channel by `@handle` or id; raises NotFound."""
    if reference.startswith("@"):
        channel = await queries.by_handle(work.db, work.actor, reference.removeprefix("@"))
        if channel is None:
            raise NotFound
        return channel
    try:
        return await visible(work, ids.parse("chn", reference))
    except ids.MalformedId:
        raise NotFound from None


async def of_actor(work: Work) -> Channel:
    """The actor's own channel."""
    channel = await queries.of_account(work.db, work.actor.id) if work.actor.id else None
    if channel is None:
        raise Unauthorized
    return channel


async def edit(work: Work, channel: Channel, body: ChannelUpdate) -> Channel:
    """Change a profile; members that were not sent stay as they are."""
    policy.may_edit(work.actor, channel)
    if body.display_name is not None:
        channel.display_name = body.display_name
    if body.bio is not None:
        channel.bio = body.bio
    if "embed_domains" in body.model_fields_set:
        channel.embed_domains = body.embed_domains
    if "avatar_upload_id" in body.model_fields_set:
        await _set_avatar(work, channel, body.avatar_upload_id)
    channel.updated_at = work.now
    work.emit(ChannelUpdated(channel_id=channel.id))
    return channel


async def avatar_is_ready(work: Work, upload_id: uuid.UUID, asset_id: uuid.UUID) -> None:
    """Show a picture that has been checked on the channel that waits for it."""
    for channel in await queries.awaiting_avatar(work.db, upload_id):
        await _show_avatar(work, channel, asset_id)
        work.emit(ChannelUpdated(channel_id=channel.id))


async def adjust_followers(work: Work, channel_id: uuid.UUID, by: int) -> None:
    """Count followers that came or went."""
    await counters.adjust(work.db, Channel.follower_count, channel_id, by)


async def adjust_following(work: Work, account_id: uuid.UUID, by: int) -> None:
    """Count channels that an account follows, or follows no more."""
    channel = await queries.of_account(work.db, account_id)
    if channel is not None:
        await counters.adjust(work.db, Channel.following_count, channel.id, by)


async def adjust_videos(work: Work, channel_id: uuid.UUID, by: int) -> None:
    """Count public videos that came or went."""
    await counters.adjust(work.db, Channel.video_count, channel_id, by)


async def some(work: Work, after: uuid.UUID) -> Sequence[uuid.UUID]:
    """Some channels' ids, in order: for those who count anew."""
    return await queries.ids_after(work.db, after, RECOUNTED)


async def recount_followers(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """Set the followers of some channels to what `truth` counts for each; returns how many were wrong."""
    return await counters.recount(work.db, Channel.follower_count, channel_ids, truth)


async def recount_following(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """The same for what their owners follow."""
    return await counters.recount(work.db, Channel.following_count, channel_ids, truth)


async def recount_videos(work: Work, channel_ids: Sequence[uuid.UUID], truth: ScalarSelect[int]) -> int:
    """The same for public videos."""
    return await counters.recount(work.db, Channel.video_count, channel_ids, truth)


async def erase_of(work: Work, account_id: uuid.UUID) -> None:
    """Leave nothing of an account's channels but rows of no name: others' words hang on their ids."""
    for channel in await queries.all_of_account(work.db, account_id):
        channel.handle, channel.display_name, channel.bio = f"erased_{channel.id.hex[-22:]}", NOBODY, ""
        channel.avatar_asset_id = channel.avatar_upload_id = channel.embed_domains = None
        channel.deleted_at = channel.deleted_at or work.now
        channel.updated_at = work.now
        work.emit(ChannelUpdated(channel_id=channel.id))


def read(channel: Channel) -> ChannelRead:
    """A channel as clients see it."""
    return ChannelRead(
        id=channel.id,
        handle=channel.handle,
        display_name=channel.display_name,
        bio=channel.bio,
        avatar_url=avatar_url(channel.avatar_asset_id),
        embed_domains=channel.embed_domains,
        is_private=channel.is_private,
        follower_count=channel.follower_count,
        following_count=channel.following_count,
        video_count=channel.video_count,
        created_at=channel.created_at,
    )


async def _set_avatar(work: Work, channel: Channel, upload_id: uuid.UUID | None) -> None:
    channel.avatar_upload_id = upload_id
    if upload_id is None:
        await _show_avatar(work, channel, None)
        return
    ready = await media.image_of_upload(work, upload_id)
    if ready is not None:
        await _show_avatar(work, channel, ready)


async def _show_avatar(work: Work, channel: Channel, asset_id: uuid.UUID | None) -> None:
    former, channel.avatar_asset_id = channel.avatar_asset_id, asset_id
    channel.avatar_upload_id = None
    if former is not None and former != asset_id:
        await media.delete_asset(work, former)
