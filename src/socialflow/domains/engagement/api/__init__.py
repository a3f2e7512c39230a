"""Routes of likes, reactions and comments."""

from socialflow.domains.engagement.api.comments import comments
from socialflow.domains.engagement.api.curating import curating
from socialflow.domains.engagement.api.emojis import admin
from socialflow.domains.engagement.api.likes import likes
from socialflow.domains.engagement.api.reactions import reactions
from socialflow.domains.engagement.api.rules import rules

__all__ = ["admin", "comments", "curating", "likes", "reactions", "rules"]
