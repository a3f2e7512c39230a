"""What is in a feed, and what stands first on a channel's page."""

from socialflow.domains.feed.service.feeds import following, latest, of_list, rank, trending
from socialflow.domains.feed.service.pins import pin, pinned

__all__ = ["following", "latest", "of_list", "pin", "pinned", "rank", "trending"]
