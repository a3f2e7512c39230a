"""Whom somebody might want to follow."""

import functools
from collections.abc import Sequence
from typing import Any

from socialflow.domains.channels.models import CARD
from socialflow.domains.social.models import does_follow, mutes
from socialflow.domains.social.queries import SHOWN, VIEWER
from socialflow.kernel.reads import Read, one_by_one
from socialflow.kernel.work import Work

# So many of one's own follows, and so many of each of theirs, are looked at: the latest say most, and a page has to
# cost the same whoever asks.
_FRIENDS, _THEIRS, _POPULAR = 100, 100, 1_000
_NEW = f"""
    {SHOWN} AND channels.account_id <> {VIEWER} AND NOT {does_follow(VIEWER, "channels.id")}
    AND NOT EXISTS (SELECT FROM follow_requests WHERE follower_id = {VIEWER} AND channel_id = channels.id)
    AND NOT {mutes(VIEWER, "channels.account_id")}
"""
_NO_INTERESTS = "SELECT CAST(NULL AS uuid) AS id, 0 AS strength, CAST(NULL AS text[]) AS tags WHERE FALSE"
_interests: list[str] = []


def suggest_by(sql: str) -> None:
    """Let a part that knows what people care about suggest channels; called when the program is put together.

    SQL gives `id` of a channel, `strength`, and `tags` in words, for `VIEWER`; whom that may not see is left out here.
    """
    _interests.append(sql)


@functools.cache
def suggestions() -> Read:
    """The statement; built when it is first asked for, since whatever suggests stands above this part."""
    return Read(f"""
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
    interested AS MATERIALIZED ({" UNION ALL ".join(_interests) or _NO_INTERESTS}),
    popular AS (
        SELECT id, follower_count, (SELECT language FROM accounts WHERE accounts.id = most.account_id) AS language
        FROM (
            SELECT id, account_id, follower_count FROM channels WHERE deleted_at IS NULL
            ORDER BY follower_count DESC, id DESC LIMIT {_POPULAR}
        ) AS most
    ),
    mine AS MATERIALIZED (SELECT language FROM accounts WHERE id = {VIEWER}),
    found AS (
        SELECT id, 'friends_of_friends' AS reason, 1 AS rank, strength, known_by, NULL AS tags FROM second
        UNION ALL
        SELECT id, 'similar_interests', 2, strength, NULL, tags FROM interested
        UNION ALL
        SELECT popular.id, 'popular_in_language', 3, follower_count, NULL, NULL FROM popular, mine
        WHERE popular.language = mine.language
        UNION ALL
        SELECT popular.id, 'popular', 4, follower_count, NULL, NULL FROM popular, mine
        WHERE popular.language IS DISTINCT FROM mine.language
    ),
    best AS (SELECT DISTINCT ON (id) * FROM found ORDER BY id, rank)
    SELECT {CARD}, ranked.reason, ranked.known_by, ranked.tags FROM (
        SELECT * FROM best ORDER BY rank, strength DESC, id DESC OFFSET 0
    ) AS ranked CROSS JOIN LATERAL (SELECT * FROM channels WHERE channels.id = ranked.id LIMIT 1) AS channels
    WHERE {one_by_one(_NEW)}
    ORDER BY ranked.rank, ranked.strength DESC, ranked.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, and what `suggest_by` was given at import


_CARDS = Read(f"""
    SELECT {CARD} FROM channels WHERE channels.id = ANY(CAST(:ids AS uuid[])) AND {SHOWN}
""")  # noqa: S608  # constants, joined at import


async def some(work: Work, limit: int) -> Sequence[Any]:
    """Channels that the actor does not follow, the likeliest first."""
    return await suggestions().rows_in(work, viewer=work.actor.id, limit=limit)


async def cards(work: Work, channel_ids: Sequence[Any]) -> Sequence[Any]:
    """Some channels that the actor may see."""
    return await _CARDS.rows_in(work, viewer=work.actor.id, ids=list(channel_ids))
