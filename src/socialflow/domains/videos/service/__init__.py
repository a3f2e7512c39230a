"""What one can do with videos."""

from socialflow.domains.videos.queries import Hold, seen_by
from socialflow.domains.videos.service import captions, chapters, extras
from socialflow.domains.videos.service.catalogue import create, delete, edit, some_of, visible
from socialflow.domains.videos.service.counting import (
    adjust_comments,
    adjust_likes,
    like_count,
    recount_channels,
    recount_comments,
    recount_likes,
)
from socialflow.domains.videos.service.publishing import (
    LISTS,
    follow_asset,
    name_of,
    refresh,
    release,
    upload_is_gone,
)
from socialflow.domains.videos.service.reading import (
    Listed,
    card,
    detail,
    dump,
    own_or_shared,
    page,
    present,
    progress,
    standing,
)

__all__ = [
    "LISTS",
    "Hold",
    "Listed",
    "adjust_comments",
    "adjust_likes",
    "captions",
    "card",
    "chapters",
    "create",
    "delete",
    "detail",
    "dump",
    "edit",
    "extras",
    "follow_asset",
    "like_count",
    "name_of",
    "own_or_shared",
    "page",
    "present",
    "progress",
    "recount_channels",
    "recount_comments",
    "recount_likes",
    "refresh",
    "release",
    "seen_by",
    "some_of",
    "standing",
    "upload_is_gone",
    "visible",
]
