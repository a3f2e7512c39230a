"""What one can do with videos."""

from socialflow.domains.videos.queries import Hold, seen_by
from socialflow.domains.videos.service import captions, chapters, editing, extras, protection, rights
from socialflow.domains.videos.service.catalogue import create, delete, edit, some_of, some_of_channel, visible
from socialflow.domains.videos.service.counting import (
    adjust_comments,
    adjust_likes,
    like_count,
    recount_channels,
    recount_comments,
    recount_likes,
)
from socialflow.domains.videos.service.editing import kept_for
from socialflow.domains.videos.service.following import follow_asset, upload_is_gone, upload_is_tried_again
from socialflow.domains.videos.service.originals import files_of, original
from socialflow.domains.videos.service.publishing import LISTS, name_of, refresh, release
from socialflow.domains.videos.service.reading import (
    Listed,
    card,
    detail,
    dump,
    holder_for,
    own_or_shared,
    page,
    playback_by_cdn,
    present,
    progress,
    some_shown,
    standing,
)
from socialflow.domains.videos.service.replacing import collect, replace
from socialflow.domains.videos.service.restricting import restrict
from socialflow.domains.videos.service.unlocking import read_grants

__all__ = [
    "LISTS",
    "Hold",
    "Listed",
    "adjust_comments",
    "adjust_likes",
    "captions",
    "card",
    "chapters",
    "collect",
    "create",
    "delete",
    "detail",
    "dump",
    "edit",
    "editing",
    "extras",
    "files_of",
    "follow_asset",
    "holder_for",
    "kept_for",
    "like_count",
    "name_of",
    "original",
    "own_or_shared",
    "page",
    "playback_by_cdn",
    "present",
    "progress",
    "protection",
    "read_grants",
    "recount_channels",
    "recount_comments",
    "recount_likes",
    "refresh",
    "release",
    "replace",
    "restrict",
    "rights",
    "seen_by",
    "some_of",
    "some_of_channel",
    "some_shown",
    "standing",
    "upload_is_gone",
    "upload_is_tried_again",
    "visible",
]
