"""What one can do with posts."""

from socialflow.domains.posts.queries import Hold, seen_by
from socialflow.domains.posts.service import curating
from socialflow.domains.posts.service.counting import adjust_likes, like_count, recount_likes
from socialflow.domains.posts.service.facets import FacetKind, Parsed, channels_in, fold, parse, tag_of
from socialflow.domains.posts.service.people import (
    delete_some_of_channel,
    erase_follows_of,
    erase_posts_of,
    erase_reposts_of,
    erase_votes_of,
)
from socialflow.domains.posts.service.photos import arrived, forget_spare_photos
from socialflow.domains.posts.service.polls import end_polls, vote
from socialflow.domains.posts.service.previews import Page as PreviewPage
from socialflow.domains.posts.service.previews import asked as preview_asked
from socialflow.domains.posts.service.previews import forget_spare as forget_spare_previews
from socialflow.domains.posts.service.previews import keep as keep_preview
from socialflow.domains.posts.service.previews import page_of
from socialflow.domains.posts.service.publishing import LISTS, name_of, release
from socialflow.domains.posts.service.quoting import revoke
from socialflow.domains.posts.service.reading import (
    Listed,
    Thread,
    Unshown,
    ancestors,
    cards_of,
    detail,
    page,
    present,
    reposts,
    some_shown,
    thread,
    unshown,
    versions,
)
from socialflow.domains.posts.service.removing import delete
from socialflow.domains.posts.service.reposting import forget_reposts, repost, withdraw
from socialflow.domains.posts.service.restricting import restrict
from socialflow.domains.posts.service.tags import (
    follow_tag,
    followed_tags,
    named_tag,
    one_tag,
    suggest_tags,
    unfollow_tag,
)
from socialflow.domains.posts.service.upkeep import recount_posts, recount_tags
from socialflow.domains.posts.service.writing import change_settings, create, edit, publish, settings, visible

__all__ = [
    "LISTS",
    "FacetKind",
    "Hold",
    "Listed",
    "Parsed",
    "PreviewPage",
    "Thread",
    "Unshown",
    "adjust_likes",
    "ancestors",
    "arrived",
    "cards_of",
    "change_settings",
    "channels_in",
    "create",
    "curating",
    "delete",
    "delete_some_of_channel",
    "detail",
    "edit",
    "end_polls",
    "erase_follows_of",
    "erase_posts_of",
    "erase_reposts_of",
    "erase_votes_of",
    "fold",
    "follow_tag",
    "followed_tags",
    "forget_reposts",
    "forget_spare_photos",
    "forget_spare_previews",
    "keep_preview",
    "like_count",
    "name_of",
    "named_tag",
    "one_tag",
    "page",
    "page_of",
    "parse",
    "present",
    "preview_asked",
    "publish",
    "recount_likes",
    "recount_posts",
    "recount_tags",
    "release",
    "repost",
    "reposts",
    "restrict",
    "revoke",
    "seen_by",
    "settings",
    "some_shown",
    "suggest_tags",
    "tag_of",
    "thread",
    "unfollow_tag",
    "unshown",
    "versions",
    "visible",
    "vote",
    "withdraw",
]
