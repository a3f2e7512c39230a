"""Videos by the page, and one at a time: one statement each, built once."""

from enum import StrEnum
from itertools import product

from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES, LISTED, VISIBLE
from socialflow.kernel.reads import Read


class VideoSort(StrEnum):
    """In which order."""

    LATEST = "latest"
    POPULAR = "popular"
    OLDEST = "oldest"


class Scope(StrEnum):
    """Of which videos: all that are listed, those of a channel, or one's own in every state."""

    ALL = "all"
    CHANNEL = "channel"
    MINE = "mine"


_SCOPES = {
    Scope.ALL: LISTED,
    Scope.CHANNEL: f"{LISTED} AND videos.channel_id = :channel_id",
    Scope.MINE: (
        "videos.account_id = :viewer"
        " AND (CAST(:channel_id AS uuid) IS NULL OR videos.channel_id = CAST(:channel_id AS uuid))"
    ),
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
_MINE_AFTER = {**_AFTER, VideoSort.LATEST: "videos.id < :id", VideoSort.OLDEST: "videos.id > :id"}
_MINE_ORDER = {**_ORDER, VideoSort.LATEST: "videos.id DESC", VideoSort.OLDEST: "videos.id"}


def _list(scope: Scope, sort: VideoSort, *, tagged: bool) -> Read:
    mine = scope is Scope.MINE
    where = [_SCOPES[scope], (_MINE_AFTER if mine else _AFTER)[sort]]
    if tagged:
        where.append("videos.tags @> ARRAY[CAST(:tag AS text)]")
    lines = [
        "SELECT",
        CARD_COLUMNS,
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
_FROM = ["SELECT", CARD_COLUMNS, "FROM videos", CARD_TABLES]
ONE = Read(" ".join([*_FROM, "WHERE videos.id = :id AND", VISIBLE]))
# The earliest of the same owner's videos that is made of the same bytes.
_TWIN = """(
    SELECT earlier.id FROM assets twin JOIN videos earlier ON earlier.asset_id = twin.id
    WHERE twin.account_id = assets.account_id AND twin.sha256 = assets.sha256 AND twin.id < assets.id
      AND twin.state <> 'failed'
    ORDER BY twin.id LIMIT 1
) AS duplicate_of"""
_STANDING = [
    "SELECT videos.account_id, videos.asset_id, videos.state, videos.failure_code, videos.failure_detail,",
    f"assets.progress, assets.seconds_left, {_TWIN}",
    "FROM videos LEFT JOIN assets ON assets.id = videos.asset_id WHERE videos.id = :id AND",
]
STANDING = Read(" ".join([*_STANDING, VISIBLE]))
