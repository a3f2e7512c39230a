"""What one can do with likes and comments."""

from socialflow.domains.engagement.service.comments import delete, edit, post
from socialflow.domains.engagement.service.likes import like, unlike
from socialflow.domains.engagement.service.people import erase_comments_of, erase_likes_of
from socialflow.domains.engagement.service.reading import Thread, marks, page, present
from socialflow.domains.engagement.service.upkeep import erase_some, recount_comments, recount_videos

__all__ = [
    "Thread",
    "delete",
    "edit",
    "erase_comments_of",
    "erase_likes_of",
    "erase_some",
    "like",
    "marks",
    "page",
    "post",
    "present",
    "recount_comments",
    "recount_videos",
    "unlike",
]
