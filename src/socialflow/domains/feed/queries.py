"""Feeds by the page: one statement each, built once."""

from sqlalchemy import text as sql

from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES, LISTED
from socialflow.kernel.reads import Read

# Above so many followed channels it is quicker to walk through what is new than to look at every channel.
MANY_FOLLOWS = 500
_BEFORE = "(videos.published_at, videos.id) < (:at, :id)"
_LATEST_FIRST = "ORDER BY videos.published_at DESC, videos.id DESC"

_PICKED = [
    "WITH many AS (SELECT count(*) > CAST(:many AS int) AS so FROM",
    "(SELECT FROM follows WHERE follower_id = :viewer LIMIT CAST(:many AS int) + 1) counted),",
    "picked AS (",
    # Channel by channel: the newest of each, then the newest of those.
    "(SELECT recent.id FROM follows CROSS JOIN LATERAL (",
    "SELECT videos.id, videos.published_at FROM videos WHERE videos.channel_id = follows.channel_id AND",
    LISTED,
    "AND",
    _BEFORE,
    _LATEST_FIRST,
    "LIMIT CAST(:limit AS int)) recent",
    "WHERE follows.follower_id = :viewer AND NOT (SELECT so FROM many)",
    "ORDER BY recent.published_at DESC, recent.id DESC LIMIT CAST(:limit AS int))",
    "UNION ALL",
    # Video by video, until there are enough that come from a followed channel.
    "(SELECT videos.id FROM videos WHERE (SELECT so FROM many) AND",
    LISTED,
    "AND",
    _BEFORE,
    "AND (SELECT TRUE FROM follows WHERE follower_id = :viewer AND channel_id = videos.channel_id)",
    _LATEST_FIRST,
    "LIMIT CAST(:limit AS int))",
    ")",
]
_CARDS = ["SELECT", CARD_COLUMNS]

FOLLOWING = Read(
    " ".join(
        [
            *_PICKED,
            *_CARDS,
            "FROM picked JOIN videos ON videos.id = picked.id",
            CARD_TABLES,
            "WHERE",
            LISTED,
            _LATEST_FIRST,
        ]
    )
)
LATEST = Read(
    " ".join(
        [
            *_CARDS,
            "FROM videos",
            CARD_TABLES,
            "WHERE",
            LISTED,
            "AND",
            _BEFORE,
            _LATEST_FIRST,
            "LIMIT CAST(:limit AS int)",
        ]
    )
)
# The snapshot named by the cursor, or the last one made. What is not for everybody any more is left out.
TRENDING = Read(
    " ".join(
        [
            *_CARDS,
            ", snapshot.id AS snapshot_id, place.number AS place",
            "FROM (SELECT * FROM feed_snapshots WHERE name = 'trending' AND",
            "(id = CAST(:snapshot AS uuid) OR CAST(:snapshot AS uuid) IS NULL) ORDER BY id DESC LIMIT 1) snapshot",
            "CROSS JOIN LATERAL unnest(snapshot.video_ids) WITH ORDINALITY AS place (video_id, number)",
            "JOIN videos ON videos.id = place.video_id",
            CARD_TABLES,
            "WHERE",
            LISTED,
            "AND place.number > CAST(:place AS int) ORDER BY place.number LIMIT CAST(:limit AS int)",
        ]
    )
)
SNAPSHOT_EXISTS = Read("SELECT id FROM feed_snapshots WHERE id = :snapshot")

# Most liked of late; of two with as many likes the newer one.
RANK = sql("""
    INSERT INTO feed_snapshots (id, name, video_ids, created_at)
    SELECT :id, 'trending', coalesce(array_agg(ranked.id ORDER BY ranked.likes DESC, ranked.id DESC), '{}'), :now
    FROM (
        SELECT videos.id, count(*) AS likes FROM likes JOIN videos ON videos.id = likes.subject_id
        WHERE likes.kind = 'video' AND likes.created_at > :since AND videos.reach = 'everyone'
        GROUP BY videos.id ORDER BY likes DESC, videos.id DESC LIMIT :most
    ) ranked
""")
PRUNE = sql("DELETE FROM feed_snapshots WHERE created_at < :before")
