"""Questions that are asked with every letter: each looks at so many rows at most, however many there are."""

from socialflow.domains.accounts.service import apart, hidden
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER

# Rows that each way of finding gives at most, and how many of the most followed are looked through: those whom most
# people mean by one letter or two.
_MOST, _POPULAR = 200, 2_000
_FOLLOWS = f"EXISTS (SELECT FROM follows WHERE follower_id = {VIEWER} AND follows.channel_id = channels.id)"
PEOPLE = Read(f"""
    WITH found AS (
        (SELECT id FROM channels WHERE handle LIKE :prefix ORDER BY handle LIMIT {_MOST})
        UNION
        (SELECT id FROM channels WHERE lower(display_name) LIKE :prefix LIMIT {_MOST})
        UNION
        (SELECT id FROM channels WHERE to_tsvector('simple', display_name) @@ to_tsquery('simple', :words)
         LIMIT {_MOST})
        UNION
        (SELECT id FROM (
            SELECT id, handle, display_name FROM channels WHERE deleted_at IS NULL
            ORDER BY follower_count DESC, id DESC LIMIT {_POPULAR}
        ) AS popular WHERE handle LIKE :prefix OR lower(display_name) LIKE :prefix)
    )
    SELECT channels.id AS channel_id, handle, display_name, avatar_asset_id, verified_at, follower_count,
        {_FOLLOWS} AS following
    FROM found JOIN channels ON channels.id = found.id
    WHERE channels.deleted_at IS NULL AND NOT {hidden("channels.account_id")}
        AND NOT {apart("channels.account_id", VIEWER)}
    ORDER BY handle = :exact DESC, {_FOLLOWS} DESC, follower_count DESC, channels.id DESC
    LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
