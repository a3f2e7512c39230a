"""What is found."""

from pydantic import Field

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.posts.schemas import HashtagRead
from socialflow.kernel.schemas import Read


class PersonFound(Read):
    """Somebody whose handle or name begins so."""

    channel: ChannelCard
    follower_count: int
    following: bool = Field(description="Whether the caller follows them.")


class Suggestions(Read):
    """What may be meant; the best first."""

    people: list[PersonFound]
    tags: list[HashtagRead]
