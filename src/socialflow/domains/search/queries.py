"""Questions that are asked with every letter: each looks at so many rows at most, however many there are."""

from socialflow.domains.accounts.service import apart, hidden
from socialflow.kernel.reads import Read, begins, one_by_one
from socialflow.kernel.visibility import VIEWER

# Rows that each way of finding gives at most, and how many of the most followed are looked through: those whom most
# people mean by one letter or two.
_MOST, _POPULAR = 100, 1_000
_COLUMNS = "id, account_id, handle, display_name, avatar_asset_id, verified_at, follower_count"
_ALL = f"SELECT {_COLUMNS} FROM channels WHERE deleted_at IS NULL"  # noqa: S608  # a constant of this module
_FOLLOWS = f"EXISTS (SELECT FROM follows WHERE follower_id = {VIEWER} AND follows.channel_id = found.id)"
PEOPLE = Read(f"""
    WITH found AS (
        ({_ALL} AND {begins("handle")} ORDER BY handle USING ~<~ LIMIT {_MOST})
        UNION
        ({_ALL} AND {begins("lower(display_name)")} ORDER BY lower(display_name) USING ~<~ LIMIT {_MOST})
        UNION
        ({_ALL} AND to_tsvector('simple', display_name) @@ to_tsquery('simple', :words) LIMIT {_MOST})
        UNION
        (SELECT * FROM ({_ALL} ORDER BY follower_count DESC, id DESC LIMIT {_POPULAR}) AS popular
         WHERE {begins("handle")} OR {begins("lower(display_name)")})
    )
    SELECT id AS channel_id, {_COLUMNS}, following FROM (
        SELECT *, handle = :beginning AS is_it, {_FOLLOWS} AS following FROM found
        ORDER BY is_it DESC, following DESC, follower_count DESC, id DESC OFFSET 0
    ) AS ranked
    WHERE {one_by_one(f"NOT {hidden('ranked.account_id')} AND NOT {apart('ranked.account_id', VIEWER)}")}
    ORDER BY is_it DESC, following DESC, follower_count DESC, id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import
