"""The mark by which staff vouch for the name of a channel."""

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.channels import policy
from socialflow.domains.channels.events import ChannelUnverified, ChannelVerified
from socialflow.domains.channels.models import Channel
from socialflow.domains.channels.service.finding import find
from socialflow.kernel.work import Work


def must_verify(work: Work) -> None:
    """Raise NotPermitted for whoever does not vouch for channels; asked before anything is read."""
    if not work.actor.may(policy.VERIFY):
        raise NotPermitted(extra={"missing_permission": policy.VERIFY})


async def verify(work: Work, reference: str, reason: str) -> Channel:
    """Vouch for a channel under the name that it has now; doing it twice is doing it once."""
    must_verify(work)
    channel = await find(work, reference)
    if channel.verified_at is None:
        channel.verified_at = channel.updated_at = work.now
        work.emit(ChannelVerified(channel_id=channel.id, account_id=channel.account_id))
        work.note("channel:verification:given", channel.account_id, **_facts(channel, reason))
    return channel


async def unverify(work: Work, reference: str, reason: str) -> Channel:
    """Vouch for a channel no more; it need not have been so."""
    must_verify(work)
    channel = await find(work, reference)
    if channel.verified_at is not None:
        _take(work, channel)
        work.note("channel:verification:taken", channel.account_id, **_facts(channel, reason))
    return channel


async def name_changed(work: Work, channel: Channel) -> None:
    """Nobody has vouched for the new name."""
    if channel.verified_at is not None:
        _take(work, channel)
        work.note("channel:verification:lost", channel.account_id, **_facts(channel, "renamed"))


def _take(work: Work, channel: Channel) -> None:
    channel.verified_at, channel.updated_at = None, work.now
    work.emit(ChannelUnverified(channel_id=channel.id, account_id=channel.account_id))


def _facts(channel: Channel, reason: str) -> dict[str, str]:
    return {"channel_id": str(channel.id), "handle": channel.handle, "reason": reason}
