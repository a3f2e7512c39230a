"""Tables of posts, and the rule of who may see one."""

from socialflow.domains.posts.models import holdings as holdings
from socialflow.domains.posts.models.parts import (
    LinkPreview,
    Poll,
    PollOption,
    PollVote,
    PostMention,
    PostPhoto,
    PostVersion,
    PreviewState,
)
from socialflow.domains.posts.models.posts import (
    ALLOWED,
    Allowed,
    Post,
    PostingSettings,
    PostState,
    PostVisibility,
    Repost,
)
from socialflow.domains.posts.models.rule import (
    IN_THREADS,
    JUDGED,
    LISTED,
    LISTED_TO,
    RULE,
    SPEAKS,
    VISIBLE,
    WANTED,
    rule_of,
    there,
    visible_by,
)
from socialflow.domains.posts.models.tags import Hashtag, HashtagFollow, PostHashtag

__all__ = [
    "ALLOWED",
    "IN_THREADS",
    "JUDGED",
    "LISTED",
    "LISTED_TO",
    "RULE",
    "SPEAKS",
    "VISIBLE",
    "WANTED",
    "Allowed",
    "Hashtag",
    "HashtagFollow",
    "LinkPreview",
    "Poll",
    "PollOption",
    "PollVote",
    "Post",
    "PostHashtag",
    "PostMention",
    "PostPhoto",
    "PostState",
    "PostVersion",
    "PostVisibility",
    "PostingSettings",
    "PreviewState",
    "Repost",
    "holdings",
    "rule_of",
    "there",
    "visible_by",
]
