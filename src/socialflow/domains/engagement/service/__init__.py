"""What one can do with likes, comments and what one watches."""

from socialflow.domains.engagement.service.comments import delete, edit, post
from socialflow.domains.engagement.service.likes import like, unlike
from socialflow.domains.engagement.service.people import erase_comments_of, erase_likes_of
from socialflow.domains.engagement.service.reading import Thread, marks, page, present
from socialflow.domains.engagement.service.upkeep import erase_some, recount_comments, recount_videos
from socialflow.domains.engagement.service.watching import (
    change_player_settings,
    forget_old_positions,
    forget_position,
    forget_positions,
    keep_position,
    player_settings,
    positions,
    watching,
)

__all__ = [
    "Thread",
    "change_player_settings",
    "delete",
    "edit",
    "erase_comments_of",
    "erase_likes_of",
    "erase_some",
    "forget_old_positions",
    "forget_position",
    "forget_positions",
    "keep_position",
    "like",
    "marks",
    "page",
    "player_settings",
    "positions",
    "post",
    "present",
    "recount_comments",
    "recount_videos",
    "unlike",
    "watching",
]
