"""Whom somebody might want to follow."""

from collections.abc import Sequence
from typing import Any

from socialflow.domains.channels.models import CARD
from socialflow.domains.social.models import does_follow, mutes
from socialflow.domains.social.queries import SHOWN, VIEWER
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

# So many of one's own follows, and so many of each of theirs, are looked at: the latest say most, and a page has to
# cost the same whoever asks.
_FRIENDS, _THEIRS, _POPULAR = 100, 100, 1_000
_NEW = f"""
    {SHOWN} AND channels.account_id <> {VIEWER} AND NOT {does_follow(VIEWER, "channels.id")}
    AND NOT EXISTS (SELECT FROM follow_requests WHERE follower_id = {VIEWER} AND channel_id = channels.id)
    AND NOT {mutes(VIEWER, "channels.account_id")}
"""
SUGGESTIONS = Read(f"""
    WITH friends AS MATERIALIZED (
        SELECT known.account_id, known.id AS channel_id FROM (
            SELECT channel_id FROM follows WHERE follower_id = {VIEWER} ORDER BY id DESC LIMIT {_FRIENDS}
        ) mine JOIN channels known ON known.id = mine.channel_id
        WHERE NOT EXISTS (SELECT FROM accounts WHERE accounts.id = known.account_id AND accounts.is_private)
    ),
    second AS MATERIALIZED (
        SELECT theirs.channel_id AS id, count(*) AS strength, (array_agg(friends.channel_id))[1:3] AS known_by
        FROM friends CROSS JOIN LATERAL (
            SELECT channel_id FROM follows WHERE follower_id = friends.account_id ORDER BY id DESC LIMIT {_THEIRS}
        ) theirs GROUP BY theirs.channel_id
    ),
    popular AS MATERIALIZED (
        SELECT channels.id, channels.account_id, channels.follower_count FROM channels
        WHERE channels.deleted_at IS NULL ORDER BY channels.follower_count DESC, channels.id DESC LIMIT {_POPULAR}
    ),
    found AS (
        SELECT id, 'friends_of_friends' AS reason, 1 AS rank, strength, known_by FROM second
        UNION ALL
        SELECT popular.id, 'popular_in_language', 2, follower_count, NULL FROM popular
        JOIN accounts ON accounts.id = popular.account_id
        WHERE accounts.language = (SELECT language FROM accounts WHERE id = {VIEWER})
        UNION ALL
        SELECT id, 'popular', 3, follower_count, NULL FROM popular
    ),
    best AS (SELECT DISTINCT ON (id) * FROM found ORDER BY id, rank)
    SELECT {CARD}, best.reason, best.known_by FROM best JOIN channels ON channels.id = best.id
    WHERE {_NEW} ORDER BY best.rank, best.strength DESC, best.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # our own words
_CARDS = Read(f"SELECT {CARD} FROM channels WHERE channels.id = ANY(CAST(:ids AS uuid[])) AND {SHOWN}")  # noqa: S608  # our own words


async def some(work: Work, limit: int) -> Sequence[Any]:
    """Channels that the actor does not follow, the likeliest first."""
    return await SUGGESTIONS.rows_in(work, viewer=work.actor.id, limit=limit)


async def cards(work: Work, channel_ids: Sequence[Any]) -> Sequence[Any]:
    """Some channels that the actor may see."""
    return await _CARDS.rows_in(work, viewer=work.actor.id, ids=list(channel_ids))
