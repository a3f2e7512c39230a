"""Feeds by the page: one statement each, built once."""

from sqlalchemy import text as sql

from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES, FOLLOWED, LISTED, LISTED_TO, WANTED
from socialflow.kernel.reads import Read, paged

# Above so many followed channels it is quicker to walk through what is new than to look at every channel.
MANY_FOLLOWS = 500
_BEFORE = "(videos.published_at, videos.id) < (:at, :id)"
_LATEST_FIRST = "ORDER BY videos.published_at DESC, videos.id DESC"


def _recent_of(channel: str, wanted: str) -> str:
    """The newest of one channel."""
    rows = [
        "SELECT videos.id, videos.published_at FROM videos WHERE videos.channel_id =",
        channel,
        *("AND", wanted, "AND", WANTED, "AND", _BEFORE, _LATEST_FIRST),
    ]
    return f"({paged(' '.join(rows))}) AS recent"


# Channel by channel: the newest of each, then the newest of those.
_BY_CHANNEL = [
    "SELECT recent.id FROM follows CROSS JOIN LATERAL",
    _recent_of("follows.channel_id", FOLLOWED),
    "WHERE follows.follower_id = :viewer AND NOT (SELECT so FROM many)",
    "ORDER BY recent.published_at DESC, recent.id DESC",
]
# Video by video, until there are enough that come from a followed channel.
_BY_VIDEO = [
    "SELECT videos.id FROM videos WHERE (SELECT so FROM many)",
    *("AND", FOLLOWED, "AND", WANTED, "AND", _BEFORE),
    "AND (SELECT TRUE FROM follows WHERE follower_id = :viewer AND channel_id = videos.channel_id)",
    _LATEST_FIRST,
]
_PICKED = [
    "WITH many AS (SELECT count(*) > CAST(:many AS int) AS so FROM",
    "(SELECT FROM follows WHERE follower_id = :viewer LIMIT CAST(:many AS int) + 1) counted),",
    *("picked AS ((", paged(" ".join(_BY_CHANNEL)), ") UNION ALL (", paged(" ".join(_BY_VIDEO)), "))"),
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
            FOLLOWED,
            _LATEST_FIRST,
        ]
    )
)


def _latest(wanted: str) -> Read:
    lines = [*_CARDS, "FROM videos", CARD_TABLES, "WHERE", wanted, "AND", _BEFORE, _LATEST_FIRST]
    return Read(" ".join([*lines, "LIMIT CAST(:limit AS int)"]))


def _trending(wanted: str) -> Read:
    """The snapshot named by the cursor, or the last one made; what is not for everybody any more is left out."""
    lines = [
        *_CARDS,
        ", snapshot.id AS snapshot_id, place.number AS place",
        "FROM (SELECT * FROM feed_snapshots WHERE name = 'trending' AND",
        "(id = CAST(:snapshot AS uuid) OR CAST(:snapshot AS uuid) IS NULL) ORDER BY id DESC LIMIT 1) snapshot",
        "CROSS JOIN LATERAL unnest(snapshot.video_ids) WITH ORDINALITY AS place (video_id, number)",
        "JOIN videos ON videos.id = place.video_id",
        CARD_TABLES,
        "WHERE",
        wanted,
        "AND place.number > CAST(:place AS int) ORDER BY place.number LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


# `..._TO` as one viewer sees it, who is apart from somebody or has muted something.
LATEST, LATEST_TO = _latest(LISTED), _latest(f"{LISTED} AND {WANTED}")
TRENDING, TRENDING_TO = _trending(LISTED), _trending(f"{LISTED} AND {WANTED}")
_LISTED_PEOPLE = [
    "WITH picked AS (SELECT recent.id FROM people_list_members CROSS JOIN LATERAL",
    _recent_of("people_list_members.channel_id", LISTED_TO),
    "WHERE people_list_members.list_id = :list_id",
    "ORDER BY recent.published_at DESC, recent.id DESC LIMIT CAST(:limit AS int))",
    *_CARDS,
    "FROM picked JOIN videos ON videos.id = picked.id",
    CARD_TABLES,
    _LATEST_FIRST,
]
# Of people on a list, whether or not one follows them.
OF_LIST = Read(" ".join(_LISTED_PEOPLE))
LIST_IS_OWN = Read("SELECT id FROM people_lists WHERE id = :list_id AND account_id = :viewer")
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
