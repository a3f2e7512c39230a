"""Routes of likes, comments and what one watches."""

from socialflow.domains.engagement.api.comments import comments
from socialflow.domains.engagement.api.likes import likes
from socialflow.domains.engagement.api.watching import watching

__all__ = ["comments", "likes", "watching"]
