"""What one can do with likes, reactions and comments."""

from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.engagement.service import curating, emojis, photos, reacting, rules
from socialflow.domains.engagement.service.comments import edit, post
from socialflow.domains.engagement.service.likes import dislike, like, undislike, unlike
from socialflow.domains.engagement.service.mentioning import mentionable
from socialflow.domains.engagement.service.people import (
    delete_some_of_channel,
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

__all__ = [
    "CommentSort",
    "Queue",
    "Thread",
    "curating",
    "delete_some_of_channel",
    "dislike",
    "edit",
    "emojis",
    "erase_comments_of",
    "erase_dislikes_of",
    "erase_likes_of",
    "erase_reactions_of",
    "erase_some",
    "like",
    "marks",
    "mentionable",
    "name_of",
    "one",
    "page",
    "photos",
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
]
