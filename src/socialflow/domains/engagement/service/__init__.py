"""What one can do with likes, reactions, comments and what one watches."""

from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.engagement.service import curating, emojis, photos, reacting, rules
from socialflow.domains.engagement.service.comments import edit, post
from socialflow.domains.engagement.service.likes import dislike, like, undislike, unlike
from socialflow.domains.engagement.service.mentioning import mentionable
from socialflow.domains.engagement.service.people import (
    erase_comments_of,
    erase_dislikes_of,
    erase_likes_of,
    erase_reactions_of,
)
from socialflow.domains.engagement.service.reading import (
    Queue,
    Thread,
    marks,
    name_of,
    one,
    page,
    present,
    queue,
    versions,
)
from socialflow.domains.engagement.service.upkeep import (
    erase_some,
    recount_comments,
    recount_posts,
    recount_reactions,
    recount_videos,
)
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
    "CommentSort",
    "Queue",
    "Thread",
    "change_player_settings",
    "curating",
    "dislike",
    "edit",
    "emojis",
    "erase_comments_of",
    "erase_dislikes_of",
    "erase_likes_of",
    "erase_reactions_of",
    "erase_some",
    "forget_old_positions",
    "forget_position",
    "forget_positions",
    "keep_position",
    "like",
    "marks",
    "mentionable",
    "name_of",
    "one",
    "page",
    "photos",
    "player_settings",
    "positions",
    "post",
    "present",
    "queue",
    "reacting",
    "recount_comments",
    "recount_posts",
    "recount_reactions",
    "recount_videos",
    "rules",
    "undislike",
    "unlike",
    "versions",
    "watching",
]
