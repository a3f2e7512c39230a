"""Whom somebody may want to mention: one statement, whose parts are each bounded by an index and a limit."""

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.engagement.queries.pages import SPEAKS
from socialflow.domains.engagement.queries.subjects import COMMENTABLE, Commentable
from socialflow.domains.posts.models import VISIBLE as POST_VISIBLE
from socialflow.kernel.reads import Read, begins
from socialflow.kernel.visibility import VIEWER

_SUBJECT = "CAST(:subject_id AS uuid)"
# Of those who take part in a talk, only the latest are looked at.
_MOST = 300


def _talk(subject: Commentable) -> list[str]:
    table = subject.table
    author = [
        f"SELECT {table}.channel_id, 1 AS place FROM {table}",  # noqa: S608  # `subject` is of COMMENTABLE
        f"WHERE {table}.id = {_SUBJECT} AND {subject.visible}",
    ]
    taking_part = [
        f"SELECT comments.channel_id, 2 FROM comments JOIN {table}",  # noqa: S608  # `subject` is of COMMENTABLE
        f"ON {table}.id = comments.subject_id",
        f"WHERE comments.subject_id = {_SUBJECT} AND {subject.visible} AND {SPEAKS}",
        f"ORDER BY comments.id DESC LIMIT {_MOST}",
    ]
    return [" ".join(author), " ".join(taking_part)]


_PARTS = [
    *(part for subject in COMMENTABLE.values() for part in _talk(subject)),
    f"""
    SELECT posts.channel_id, 1 FROM posts WHERE posts.id = {_SUBJECT} AND {POST_VISIBLE}
    """,  # noqa: S608  # constants, joined at import
    f"""
    SELECT posts.channel_id, 2 FROM posts WHERE posts.parent_id = {_SUBJECT} AND posts.published_at IS NOT NULL
        AND {POST_VISIBLE} ORDER BY posts.published_at, posts.id LIMIT {_MOST}
    """,  # noqa: S608  # constants, joined at import
    f"""
    SELECT edge.channel_id, 3 FROM follows AS edge JOIN channels AS followed ON followed.id = edge.channel_id
        WHERE edge.follower_id = {VIEWER} AND {begins("followed.handle")} LIMIT {_MOST}
    """,  # noqa: S608  # constants, joined at import
    f"""
    SELECT other.id, 4 FROM channels AS other WHERE {begins("other.handle")}
        AND other.deleted_at IS NULL ORDER BY other.handle USING ~<~ LIMIT 50
    """,  # noqa: S608  # constants, joined at import
]
_NEAR = " UNION ALL ".join(f"({part})" for part in _PARTS)
MENTIONABLE = Read(f"""
    WITH near AS (
        SELECT channel_id, min(place) AS place FROM ({_NEAR}) AS found GROUP BY channel_id
    )
    SELECT channels.id AS channel_id, channels.handle, channels.display_name, channels.avatar_asset_id,
        channels.verified_at,
        (ARRAY['author', 'participant', 'followed', 'other'])[near.place] AS reason
    FROM near JOIN channels ON channels.id = near.channel_id
    WHERE {begins("channels.handle")} AND channels.deleted_at IS NULL
        AND channels.account_id <> {VIEWER} AND NOT {hidden("channels.account_id")}
        AND NOT {apart("channels.account_id", VIEWER)}
    ORDER BY near.place, channels.handle LIMIT CAST(:most AS int)
""")  # noqa: S608  # constants, joined at import
