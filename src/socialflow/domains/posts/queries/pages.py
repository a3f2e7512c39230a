"""Posts by the page, in threads, and one at a time: one statement each, built once."""

from enum import StrEnum
from itertools import product

from socialflow.domains.accounts.service import apart, hidden, private
from socialflow.domains.channels.service import works_for
from socialflow.domains.posts.models import (
    IN_THREADS,
    LISTED,
    LISTED_TO,
    RULE,
    VISIBLE,
    WANTED,
    WANTED_IN_LISTS,
    PostState,
)
from socialflow.domains.posts.queries.cards import COLUMNS, TABLES, VIDEO_SEEN
from socialflow.domains.social.service import does_follow
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import SEES_ANY, SHELVED, VIEWER, words

DEEPEST, BROADEST, LONGEST = 3, 5, 20
MOST_ANCESTORS = 100


class Scope(StrEnum):
    """Of which posts: all, a channel's, a hashtag's, quotes of one, one's own; `..._to` is as one viewer sees it."""

    ALL = "all"
    ALL_TO = "all_to"
    CHANNEL = "channel"
    CHANNEL_TO = "channel_to"
    TAG = "tag"
    TAG_TO = "tag_to"
    QUOTES = "quotes"
    QUOTES_TO = "quotes_to"
    MINE = "mine"
    TEAM = "team"


_TAGGED = "JOIN post_hashtags AS tagged ON tagged.post_id = posts.id"
_OF_TAG = "tagged.hashtag_id = (SELECT id FROM hashtags WHERE name = :tag)"
_QUOTES = "posts.quoted_post_id = :quoted_id AND posts.quote_revoked_at IS NULL"
_WHERE = {
    Scope.ALL: LISTED,
    Scope.ALL_TO: f"{LISTED_TO} AND {WANTED_IN_LISTS}",
    Scope.CHANNEL: f"posts.channel_id = :channel_id AND {LISTED}",
    Scope.CHANNEL_TO: f"posts.channel_id = :channel_id AND {LISTED_TO}",
    Scope.TAG: f"{_OF_TAG} AND {LISTED}",
    Scope.TAG_TO: f"{_OF_TAG} AND {LISTED_TO} AND {WANTED_IN_LISTS}",
    Scope.QUOTES: f"{_QUOTES} AND {LISTED}",
    Scope.QUOTES_TO: f"{_QUOTES} AND {LISTED_TO} AND {WANTED_IN_LISTS}",
    Scope.MINE: "posts.account_id = :viewer AND posts.state = :state",
    # Of a channel of one's own, or for which one works.
    Scope.TEAM: (
        f"posts.channel_id = :channel_id AND posts.state = :state AND (posts.account_id = {VIEWER}"
        f" OR ({works_for(VIEWER, 'posts.channel_id')} AND {RULE.shown}))"
    ),
}
_BY_TIME = ("(posts.published_at, posts.id) < (:at, :id)", "posts.published_at DESC, posts.id DESC")
_BY_TAG = ("(tagged.published_at, tagged.post_id) < (:at, :id)", "tagged.published_at DESC, tagged.post_id DESC")
# Ids are ordered by time: of what is not published that is all there is.
_BY_ID = ("posts.id < :id", "posts.id DESC")
_PLACES = {
    Scope.TAG: _BY_TAG,
    Scope.TAG_TO: _BY_TAG,
    Scope.QUOTES: _BY_ID,
    Scope.QUOTES_TO: _BY_ID,
    Scope.MINE: _BY_ID,
    Scope.TEAM: _BY_ID,
}


def _list(scope: Scope, *, replies: bool) -> Read:
    after, order = _PLACES.get(scope, _BY_TIME)
    lines = [
        "SELECT",
        COLUMNS,
        "FROM posts",
        _TAGGED if scope in {Scope.TAG, Scope.TAG_TO} else "",
        TABLES,
        "WHERE",
        _WHERE[scope],
        "AND",
        after,
        "" if replies else "AND posts.depth = 0",
        "ORDER BY",
        order,
        "LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


LISTS = {(scope, replies): _list(scope, replies=replies) for scope, replies in product(Scope, (False, True))}
_FROM = ["SELECT", COLUMNS, "FROM posts", TABLES]
ONE = Read(" ".join([*_FROM, "WHERE posts.id = :id AND", VISIBLE]))
# Of those that stand on a channel's shelf, some that are named.
ON_SHELF = Read(" ".join([*_FROM, "WHERE posts.id = ANY(CAST(:ids AS uuid[])) AND", LISTED_TO]))
# Some that are named, of those that the viewer may see.
SOME = Read(" ".join([*_FROM, "WHERE posts.id = ANY(CAST(:ids AS uuid[])) AND", VISIBLE]))
# Whether there is a place in a thread to ask about, with words or without.
PLACE = Read(f"""
    SELECT posts.id, posts.account_id FROM posts WHERE posts.id = :id AND {IN_THREADS}
""")  # noqa: S608  # constants, joined at import


# Below it stands what the viewer may see, and wants to.
# As a case, since the planner takes so many conditions for a very rare thing, and would rather sort a whole thread than
# walk along an index until a page is full.
_SHOWN = f"posts.published_at IS NOT NULL AND (CASE WHEN {IN_THREADS} AND {WANTED} THEN TRUE ELSE FALSE END)"


class ReplySort(StrEnum):
    """In which order; `choice` is that of who began the thread: their hearts, then what most like."""

    OLDEST = "oldest"
    NEWEST = "newest"
    TOP = "top"
    CHOICE = "choice"


_REPLIES = {
    ReplySort.OLDEST: ("(posts.published_at, posts.id) > (:at, :id)", "posts.published_at, posts.id"),
    ReplySort.NEWEST: ("(posts.published_at, posts.id) < (:at, :id)", "posts.published_at DESC, posts.id DESC"),
    ReplySort.TOP: ("(posts.like_count, posts.id) < (:count, :id)", "posts.like_count DESC, posts.id DESC"),
    ReplySort.CHOICE: (
        "(posts.choice, posts.like_count, posts.id) < (:choice, :count, :id)",
        "posts.choice DESC, posts.like_count DESC, posts.id DESC",
    ),
}


def _thread(sort: ReplySort) -> Read:
    """So many replies, so many to each of those, and so on; a place that is not shown shows nothing below it.

    What is pinned stands before all others.
    """
    after, order = _REPLIES[sort]
    lines = [
        "WITH RECURSIVE first AS (",
        "(SELECT posts.id, 1 AS level FROM posts WHERE posts.parent_id = :parent_id AND posts.pinned_at IS NULL AND",
        _SHOWN,
        f"AND {after} ORDER BY {order} LIMIT CAST(:limit AS int)) UNION ALL",
        "(SELECT posts.id, 1 FROM posts WHERE posts.parent_id = :parent_id AND posts.pinned_at IS NOT NULL",
        f"AND CAST(:is_first AS boolean) AND {_SHOWN})",
        "), below AS (SELECT id, level FROM first UNION ALL",
        "SELECT child.id, below.level + 1 FROM below CROSS JOIN LATERAL (",
        "SELECT posts.id FROM posts WHERE posts.parent_id = below.id AND",
        _SHOWN,
        "ORDER BY posts.published_at, posts.id LIMIT CAST(:breadth AS int)",
        ") AS child WHERE below.level < CAST(:depth AS int)",
        ") SELECT below.level,",
        COLUMNS,
        "FROM below JOIN posts ON posts.id = below.id",
        TABLES,
    ]
    return Read(" ".join(lines))


THREADS = {sort: _thread(sort) for sort in ReplySort}
ANCESTORS = Read(
    " ".join(
        [
            "WITH RECURSIVE above AS (",
            "SELECT posts.parent_id AS id, 1 AS level FROM posts WHERE posts.id = :id",
            "UNION ALL",
            "SELECT posts.parent_id, above.level + 1 FROM above JOIN posts ON posts.id = above.id",
            f"WHERE above.level < {MOST_ANCESTORS}",
            ") SELECT above.level,",
            COLUMNS,
            "FROM above JOIN posts ON posts.id = above.id",
            TABLES,
            "ORDER BY above.level DESC",
        ]
    )
)
VERSIONS = Read("""
    SELECT number, text, facets, language, mark, photos, said_at FROM post_versions
    WHERE post_id = :post_id AND number < :before ORDER BY number DESC LIMIT CAST(:limit AS int)
""")
# What a channel shows is for those who may see what it says itself: see the rule of posts.
_OWNER = "channels.account_id"
_LET_IN = f"(NOT {private(_OWNER)} OR {_OWNER} = {VIEWER} OR {does_follow(VIEWER, 'channels.id')})"
_MET = " AND ".join(
    [
        f"channels.deleted_at IS NULL AND ({SEES_ANY} OR (NOT {hidden(_OWNER)}",
        f"NOT {apart(_OWNER, VIEWER)}",
        f"{_LET_IN}))",
    ]
)
# What is not to be seen is not in there either, by its id as little as by its words; nor is what has left every list
# since, though whoever has its id still sees it.
_POST_STANDS = f"posts.reach IN ({words(SHELVED)}) AND {VISIBLE}"
_VIDEO_STANDS = f"videos.reach IN ({words(SHELVED)}) AND {VIDEO_SEEN}"
REPOSTS = Read(f"""
    SELECT reposts.id AS place, reposts.kind, reposts.subject_id, reposts.created_at FROM reposts
    JOIN channels ON channels.id = reposts.channel_id AND {_MET}
    LEFT JOIN posts ON reposts.kind = 'post' AND posts.id = reposts.subject_id
    LEFT JOIN videos ON reposts.kind = 'video' AND videos.id = reposts.subject_id
    WHERE reposts.channel_id = :channel_id AND reposts.id < :before
        AND CASE reposts.kind WHEN 'post' THEN {_POST_STANDS} ELSE {_VIDEO_STANDS} END
    ORDER BY reposts.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
SETTINGS = Read("""
    SELECT visibility, language, reply_policy, quote_policy, hold_replies, video_quote_policy FROM posting_settings
    WHERE account_id = :account_id
""")


# What waits for who began a thread, or was hidden there; and what somebody has said themselves of that.
def _queue(state: PostState, *, mine: bool) -> Read:
    whose = f"posts.account_id = {VIEWER}" if mine else "posts.curator_id = CAST(:owner_id AS uuid)"
    lines = [
        *_FROM,
        f"WHERE {whose} AND posts.state = '{state}'",
        "AND (CAST(:channel_id AS uuid) IS NULL OR EXISTS (SELECT FROM posts AS begun",
        "WHERE begun.id = posts.root_id AND begun.channel_id = CAST(:channel_id AS uuid)))",
        f"AND posts.id < :id AND (CASE WHEN {VISIBLE} THEN TRUE ELSE FALSE END)",
        "ORDER BY posts.id DESC LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


QUEUES = {
    (state, mine): _queue(state, mine=mine)
    for state, mine in product((PostState.HELD, PostState.HIDDEN), (False, True))
}
