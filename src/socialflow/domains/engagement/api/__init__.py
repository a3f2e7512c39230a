"""Routes of likes and comments."""

from socialflow.domains.engagement.api.comments import comments
from socialflow.domains.engagement.api.likes import likes

__all__ = ["comments", "likes"]
