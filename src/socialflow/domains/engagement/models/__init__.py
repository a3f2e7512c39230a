"""Tables of likes and reactions, of comments, and of what people watch."""

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
from socialflow.domains.engagement.models.watching import PlayerSettings, WatchPosition

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
    "PlayerSettings",
    "Reaction",
    "ReactionCount",
    "Subject",
    "WatchPosition",
    "tally_id",
]
