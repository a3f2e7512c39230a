"""Who may do what to a channel."""

from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.channels.models import Channel
from socialflow.kernel.work import Actor


def may_edit(actor: Actor, channel: Channel) -> None:
    """Only its owner changes a channel."""
    if channel.account_id != actor.id:
        raise NotYourChannel
