"""Videos by the page, and one at a time: one statement each, built once."""

from enum import StrEnum
from itertools import product

from socialflow.domains.channels.models import role_on
from socialflow.domains.videos.models import (
    CARD_COLUMNS,
    CARD_TABLES,
    JUDGED,
    LISTED,
    LISTED_TO,
    RULE,
    VISIBLE,
    WANTED,
)
from socialflow.kernel.reads import MOST_ROWS, Read, one_by_one
from socialflow.kernel.visibility import VIEWER, Reach


class VideoSort(StrEnum):
    """In which order."""

    LATEST = "latest"
    POPULAR = "popular"
    OLDEST = "oldest"


class Scope(StrEnum):
    """Of which videos: all that are listed, those of a channel, one's own; `..._TO` is as one viewer sees it."""

    ALL = "all"
    ALL_TO = "all_to"
    CHANNEL = "channel"
    CHANNEL_TO = "channel_to"
    MINE = "mine"
    TEAM = "team"
    SHARED = "shared"


_SHARED = "videos.id IN (SELECT video_id FROM video_viewers WHERE account_id = :viewer)"
_BY_WORK = f"({RULE.works(VIEWER, RULE.hub)} AND {RULE.shown})"
# What the viewer is on the team of a video's channel, where they work for it.
_ROLE = f"{role_on(VIEWER, 'videos.channel_id')} AS viewer_role"
_SCOPES = {
    Scope.ALL: LISTED,
    Scope.ALL_TO: f"{LISTED} AND {WANTED}",
    Scope.CHANNEL_TO: f"{LISTED_TO} AND videos.channel_id = :channel_id",
    Scope.CHANNEL: f"{LISTED} AND videos.channel_id = :channel_id",
    Scope.SHARED: f"{_SHARED} AND {VISIBLE} AND videos.reach = 'named'",
    Scope.MINE: "videos.account_id = :viewer",
    # Of a channel of one's own, or for which one works.
    Scope.TEAM: f"videos.channel_id = :channel_id AND (videos.account_id = {VIEWER} OR {_BY_WORK})",
}
# Ids are ordered by time: for one's own videos, published or not, they are the order of making.
_AFTER = {
    VideoSort.LATEST: "(videos.published_at, videos.id) < (:at, :id)",
    VideoSort.POPULAR: "(videos.like_count, videos.id) < (:count, :id)",
    VideoSort.OLDEST: "(videos.published_at, videos.id) > (:at, :id)",
}
_ORDER = {
    VideoSort.LATEST: "videos.published_at DESC, videos.id DESC",
    VideoSort.POPULAR: "videos.like_count DESC, videos.id DESC",
    VideoSort.OLDEST: "videos.published_at, videos.id",
}
_TAG = "videos.tags @> ARRAY[CAST(:tag AS text)]"
# So many videos are looked through for a tag before its index is.
_FIRST = 5_000
_MINE_AFTER = {**_AFTER, VideoSort.LATEST: "videos.id < :id", VideoSort.OLDEST: "videos.id > :id"}
_MINE_ORDER = {**_ORDER, VideoSort.LATEST: "videos.id DESC", VideoSort.OLDEST: "videos.id"}


def _tagged(scope: Scope, sort: VideoSort) -> Read:
    """Of everybody's videos those with a tag.

    A tag that many have is found among the first videos of the order in no time, one that few have by the index of
    tags; which one it is shows when the first have been looked through. Pages are no longer than `MOST_ROWS`.
    """
    seen, after, order = _SCOPES[scope], _AFTER[sort], _ORDER[sort]
    return Read(f"""
    WITH common AS MATERIALIZED (
        SELECT * FROM (
            SELECT * FROM videos WHERE {RULE.reach} = '{Reach.EVERYONE}' AND {after} ORDER BY {order} LIMIT {_FIRST}
        ) AS videos WHERE {one_by_one(f"{_TAG} AND {seen}")} ORDER BY {order} LIMIT {MOST_ROWS}
    ),
    enough AS MATERIALIZED (SELECT count(*) >= CAST(:limit AS int) AS is_so FROM common),
    picked AS (
        SELECT * FROM common WHERE (SELECT is_so FROM enough)
        UNION ALL
        (SELECT * FROM videos WHERE NOT (SELECT is_so FROM enough) AND {seen} AND {after} AND {_TAG}
         ORDER BY {order} LIMIT {MOST_ROWS})
    )
    SELECT {CARD_COLUMNS}, NULL AS viewer_role FROM picked AS videos {CARD_TABLES}
    ORDER BY {order} LIMIT CAST(:limit AS int)
    """)  # noqa: S608  # constants of this module and of the rule of visibility


def _list(scope: Scope, sort: VideoSort, *, tagged: bool) -> Read:
    if tagged and scope in {Scope.ALL, Scope.ALL_TO}:
        return _tagged(scope, sort)
    mine = scope in {Scope.MINE, Scope.TEAM, Scope.SHARED}
    where = [_SCOPES[scope], (_MINE_AFTER if mine else _AFTER)[sort]]
    if tagged:
        where.append(_TAG)
    lines = [
        "SELECT",
        CARD_COLUMNS,
        f", {_ROLE}" if scope is Scope.TEAM else ", NULL AS viewer_role",
        "FROM videos",
        CARD_TABLES,
        "WHERE",
        " AND ".join(where),
        "ORDER BY",
        (_MINE_ORDER if mine else _ORDER)[sort],
        "LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


LISTS = {
    (scope, sort, tagged): _list(scope, sort, tagged=tagged)
    for scope, sort, tagged in product(Scope, VideoSort, (False, True))
}
_FROM = ["SELECT", CARD_COLUMNS, f", {_ROLE}", "FROM videos", CARD_TABLES]
ONE = Read(" ".join([*_FROM, "WHERE videos.id = :id AND", VISIBLE]))
# Of those that stand on a channel's shelf, some that are named.
SOME = Read(" ".join([*_FROM, "WHERE videos.id = ANY(CAST(:ids AS uuid[])) AND", LISTED_TO]))
# One that a password would open to the viewer, or has opened.
LOCKED = Read(f"""
    SELECT videos.id FROM videos WHERE videos.id = :id AND videos.reach = 'password' AND {JUDGED}
""")  # noqa: S608  # constants, joined at import
# The earliest of the same owner's videos that is made of the same bytes.
_TWIN = """(
    SELECT earlier.id FROM assets twin JOIN videos earlier ON earlier.asset_id = twin.id
    WHERE twin.account_id = assets.account_id AND twin.sha256 = assets.sha256 AND twin.id < assets.id
      AND twin.state <> 'failed'
    ORDER BY twin.id LIMIT 1
) AS duplicate_of"""
_STANDING = [
    "SELECT videos.account_id, videos.asset_id, videos.state, videos.failure_code, videos.failure_detail,",
    f"assets.progress, assets.seconds_left, {_TWIN}, {_ROLE}",
    "FROM videos LEFT JOIN assets ON assets.id = videos.asset_id WHERE videos.id = :id AND",
]
STANDING = Read(" ".join([*_STANDING, VISIBLE]))
