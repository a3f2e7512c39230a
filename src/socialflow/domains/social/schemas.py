"""What is said and heard about the graph."""

from datetime import datetime

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.kernel.ids import ChannelId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Read


class FollowRead(Read):
    """An edge of the graph."""

    channel_id: ChannelId
    created_at: datetime


class ChannelPage(Page[ChannelCard]):
    """A page of channels."""
