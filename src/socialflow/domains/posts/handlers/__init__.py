"""How posts react to events and to the clock."""

from socialflow.domains.posts.handlers.people import erase_said
from socialflow.domains.posts.handlers.previews import fetch_preview, forget_old_previews
from socialflow.domains.posts.handlers.time import (
    end_polls,
    forget_reposts_of_post,
    forget_reposts_of_video,
    forget_spare_photos,
    publish_due,
    recount,
    show_failed_photo,
    show_photo,
)

__all__ = [
    "end_polls",
    "erase_said",
    "fetch_preview",
    "forget_old_previews",
    "forget_reposts_of_post",
    "forget_reposts_of_video",
    "forget_spare_photos",
    "publish_due",
    "recount",
    "show_failed_photo",
    "show_photo",
]
