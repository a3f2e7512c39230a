"""Tables of likes and reactions, and of comments."""

from socialflow.domains.engagement.models.comments import (
    REMOVE_ANY,
    Comment,
    CommentMention,
    CommentMode,
    CommentPhoto,
    CommentRule,
    CommentState,
    CommentVersion,
)
from socialflow.domains.engagement.models.reactions import (
    DISLIKE,
    CustomEmoji,
    Dislike,
    Like,
    Reaction,
    ReactionCount,
    Subject,
    tally_id,
)

__all__ = [
    "DISLIKE",
    "REMOVE_ANY",
    "Comment",
    "CommentMention",
    "CommentMode",
    "CommentPhoto",
    "CommentRule",
    "CommentState",
    "CommentVersion",
    "CustomEmoji",
    "Dislike",
    "Like",
    "Reaction",
    "ReactionCount",
    "Subject",
    "tally_id",
]
