"""Handles: claimed once, kept for a time when they are given up."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import HandleTaken
from socialflow.domains.channels import policy, queries
from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.channels.events import ChannelRenamed
from socialflow.domains.channels.models import Channel
from socialflow.domains.channels.policy import Right
from socialflow.domains.channels.queries import handles
from socialflow.domains.channels.service import verifying
from socialflow.domains.channels.service.finding import demand
from socialflow.kernel.config import ChannelSettings
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work


async def claim(work: Work, channel: Channel) -> None:
    """Make the handle of a new channel its own; raises HandleTaken."""
    try:
        await work.db.flush()
    except IntegrityError:
        raise HandleTaken from None
    if not await handles.claim(work.db, channel.handle, channel.id, work.now):
        raise HandleTaken


async def rename(work: Work, channel: Channel, handle: str, settings: ChannelSettings) -> Channel:
    """Give a channel another handle; the former one leads to it for a time, and is nobody else's meanwhile.

    The channel that came with an account takes the account's name with it, which is what its owner logs in by. Raises
    HandleTaken, HandleReserved, RenamedTooOften, and NotYourChannel. Renaming to the same is nothing.
    """
    await demand(work, channel.id, channel.account_id, Right.MANAGE)
    held = await queries.held(work.db, channel.id)
    if held is None:
        raise NotFound
    former = held.handle
    if handle == former:
        return held
    main = await queries.of_account(work.db, held.account_id)
    is_main = main is not None and main.id == held.id
    if is_main and held.account_id != work.actor.id:
        # It is what somebody logs in by, too.
        raise NotYourChannel
    accounts.may_use_handle(handle)
    kept = await handles.count_kept(work.db, held.id, work.now, but=handle)
    policy.may_be_renamed(kept, settings.former_handles)
    if not await handles.claim(work.db, handle, held.id, work.now):
        raise HandleTaken
    await give_up(work, held, settings)
    held.handle, held.updated_at = handle, work.now
    try:
        await work.db.flush()
    except IntegrityError:
        # One that is borne without a claim.
        raise HandleTaken from None
    if is_main:
        await accounts.rename(work, held.account_id, handle)
    await verifying.name_changed(work, held)
    work.emit(ChannelRenamed(channel_id=held.id, account_id=held.account_id))
    work.note("channel:handle:changed", held.account_id, channel_id=str(held.id), before=former, after=handle)
    return held


async def give_up(work: Work, channel: Channel, settings: ChannelSettings) -> None:
    """Keep the handle that a channel bears so far from everybody else for a time."""
    until = work.now + timedelta(seconds=settings.handle_kept_s)
    await handles.keep(work.db, channel.handle, channel.id, until=until, now=work.now)


async def drop_over(work: Work) -> int:
    """Forget some former handles whose time is over; how many."""
    return await handles.drop_over(work.db, work.now)
