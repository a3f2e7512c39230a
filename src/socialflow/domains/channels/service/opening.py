"""Channels that come and go."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.schemas import AccountCreate, ProviderSignUp
from socialflow.domains.channels import policy, queries
from socialflow.domains.channels.events import ChannelCreated, ChannelDeleted, ChannelUpdated
from socialflow.domains.channels.models import Channel
from socialflow.domains.channels.queries import pins, team
from socialflow.domains.channels.schemas import ChannelCreate
from socialflow.domains.channels.service import handles, pictures, teams
from socialflow.domains.media import service as media
from socialflow.kernel import ids
from socialflow.kernel.config import ChannelSettings
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

NOBODY = "Erased account"
DELETED = "Deleted channel"


async def sign_up(
    work: Work, body: AccountCreate, *, came_by: accounts.Entrance, password_hash: str, language: str = "en"
) -> accounts.Account:
    """Make an account and its channel, or neither."""
    channel_id = ids.new()
    account = await accounts.register(
        work, body, channel_id=channel_id, came_by=came_by, password_hash=password_hash, language=language
    )
    await _open(work, account.channel_id, account.id, account.handle, account.display_name)
    return account


async def join(
    work: Work, ticket: accounts.Ticket, body: ProviderSignUp, *, came_by: accounts.Entrance
) -> accounts.Account:
    """The same for a newcomer for whom another provider vouches."""
    account = await accounts.join(work, ticket, body, channel_id=ids.new(), came_by=came_by)
    await _open(work, account.channel_id, account.id, account.handle, account.display_name)
    return account


async def create(work: Work, body: ChannelCreate, settings: ChannelSettings) -> Channel:
    """Make another channel of the actor's account; raises HandleTaken, HandleReserved or TooManyChannels."""
    account_id = work.actor.id
    if account_id is None:
        raise Unauthorized
    accounts.may_use_handle(body.handle)
    await accounts.hold_own(work)
    most = policy.most_channels(work.actor, settings.per_account)
    policy.may_open_another(await queries.count_of(work.db, account_id), most)
    channel = await _open(work, ids.new(), account_id, body.handle, body.display_name)
    channel.bio = body.bio
    await work.db.flush()
    await work.db.refresh(channel)
    return channel


async def delete(work: Work, channel: Channel, settings: ChannelSettings) -> None:
    """Delete one of the actor's channels, and all that it has published; what its handle was is kept for a time.

    Raises Forbidden for others', and MainChannel for the one that came with the account.
    """
    policy.may_delete(work.actor, channel)
    policy.may_be_deleted(channel, await queries.of_account(work.db, channel.account_id))
    held = await queries.held(work.db, channel.id)
    if held is None:
        raise NotFound
    work.note("channel:deleted", held.account_id, channel_id=str(held.id), handle=held.handle)
    await handles.give_up(work, held, settings)
    for member in await team.all_on(work.db, held.id):
        await teams.part(work, held, member, by=work.actor.id)
    await pins.put(work, held.id, ())
    await pictures.clear(work, held)
    _empty(work, held, f"deleted_{held.id.hex[-22:]}", DELETED)
    work.emit(ChannelDeleted(channel_id=held.id, account_id=held.account_id))


async def erase_of(work: Work, account_id: uuid.UUID) -> None:
    """Leave nothing of an account's channels but rows of no name: others' words hang on their ids."""
    for channel in await queries.all_of_account(work.db, account_id):
        for member in await team.all_on(work.db, channel.id):
            await teams.part(work, channel, member, by=None)
        channel.avatar_asset_id = channel.banner_asset_id = None
        channel.avatar_upload_id = channel.banner_upload_id = None
        _empty(work, channel, f"erased_{channel.id.hex[-22:]}", NOBODY)
        work.emit(ChannelUpdated(channel_id=channel.id))


async def leave_all(work: Work, account_id: uuid.UUID) -> int:
    """Somebody who is gone works for nobody; some of the channels at a time, how many."""
    found = await team.some_of(work.db, account_id)
    for member in found:
        channel = await queries.any_by_id(work.db, member.channel_id)
        if channel is not None:
            await teams.part(work, channel, member, by=None)
    await media.forget_sender(work, account_id)
    return len(found)


async def _open(work: Work, channel_id: uuid.UUID, account_id: uuid.UUID, handle: str, name: str) -> Channel:
    channel = Channel(
        id=channel_id,
        account_id=account_id,
        handle=handle,
        display_name=name,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(channel)
    await handles.claim(work, channel)
    work.emit(ChannelCreated(channel_id=channel_id, account_id=account_id))
    return channel


def _empty(work: Work, channel: Channel, handle: str, name: str) -> None:
    channel.handle, channel.display_name, channel.bio, channel.links = handle, name, "", []
    channel.avatar_thumbhash = channel.banner_thumbhash = channel.embed_domains = channel.verified_at = None
    channel.deleted_at = channel.deleted_at or work.now
    channel.updated_at = work.now
