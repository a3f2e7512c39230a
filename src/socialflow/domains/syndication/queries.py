"""Questions of what everybody may see, by the rules of those whose rows these are."""

from sqlalchemy import text

from socialflow.domains.accounts.service import apart, hidden, private
from socialflow.domains.posts.models import LISTED as POST_LISTED
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES
from socialflow.domains.videos.models import LISTED as VIDEO_LISTED
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER

# A channel that has pages for everybody.
CHANNEL_LISTED = " AND ".join(
    [
        "channels.deleted_at IS NULL",
        f"NOT {hidden('channels.account_id')}",
        f"NOT {private('channels.account_id')}",
    ]
)
CHANNEL = "SELECT id, account_id, handle, display_name, bio, avatar_asset_id, updated_at FROM channels"
BY_ID = Read(f"{CHANNEL} WHERE id = :id AND {CHANNEL_LISTED}")
# By the handle that it bears, or bore of late: readers ask for the address that they were given once.
_BORNE = "SELECT channel_id FROM handles WHERE handles.handle = :handle AND (kept_until IS NULL OR kept_until > now())"
BY_HANDLE = Read(f"{CHANNEL} WHERE id = ({_BORNE}) AND {CHANNEL_LISTED}")
# Which of these channels are of somebody with whom the viewer wants nothing to do, or who wants nothing of them.
APART = Read(f"""
    SELECT id FROM channels WHERE id = ANY(:ids) AND {apart("channels.account_id", VIEWER)}
""")  # noqa: S608  # constants, joined at import
EMBED_DOMAINS = Read("SELECT embed_domains FROM channels WHERE id = :id")

# What a feed tells of a video beside its card: when it was changed, and how large it is as one file.
_SIZE = """(
    SELECT sum(size) FROM asset_files WHERE asset_files.asset_id = videos.asset_id AND asset_files.name IN ('a.mp4', (
        SELECT CASE name WHEN 'source' THEN 'src.mp4' ELSE 'v' || rtrim(name, 'p') || '.mp4' END FROM renditions
        WHERE renditions.asset_id = videos.asset_id AND name ~ '^([0-9]+p|source)$'
        ORDER BY height DESC, bandwidth DESC LIMIT 1
    ))
)"""
FACTS = Read(f"SELECT id, updated_at, {_SIZE} AS size FROM videos WHERE id = ANY(:ids)")  # noqa: S608  # a constant

# Pages of the sitemap. `id > :after` and an index of the same condition: no page is reached by counting.
_BETWEEN = "(CAST(:until AS uuid) IS NULL OR {0}.id <= CAST(:until AS uuid)) AND {0}.id > :after"
_TAIL = "ORDER BY {0}.id LIMIT CAST(:limit AS int)"
# What is counted: the condition of the index alone, since whose account is hidden changes from day to day.
_COUNTED = {
    "videos": ("videos", "videos.reach = 'everyone'", "videos.updated_at"),
    "posts": ("posts", "posts.reach = 'everyone' AND posts.depth = 0", "posts.updated_at"),
    "channels": ("channels", "channels.deleted_at IS NULL", "channels.updated_at"),
    "tags": ("hashtags", "hashtags.post_count > 0", "hashtags.created_at"),
}


def _count(kind: str) -> Read:
    table, condition, changed = _COUNTED[kind]
    return Read(f"""
        WITH page AS (
            SELECT id, {changed} AS changed FROM {table} WHERE {condition} AND id > :after
            ORDER BY id LIMIT CAST(:most AS int)
        )
        SELECT count(*) AS entries, max(changed) AS changed, (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last
        FROM page
    """)  # noqa: S608  # all three are of _COUNTED


COUNTS = {kind: _count(kind) for kind in _COUNTED}


_USED = "hashtags.post_count > 0"
_IS_SAID = f"""EXISTS (
    SELECT FROM post_hashtags AS tagged JOIN posts ON posts.id = tagged.post_id
    WHERE tagged.hashtag_id = hashtags.id AND {POST_LISTED}
)"""


def _page(table: str, columns: str, joined: str, condition: str) -> Read:
    lines = ["SELECT", columns, "FROM", table, joined, "WHERE", condition, "AND", _BETWEEN.format(table)]
    return Read(" ".join([*lines, _TAIL.format(table)]))


PAGES = {
    "videos": _page("videos", f"{CARD_COLUMNS}, videos.updated_at", CARD_TABLES, VIDEO_LISTED),
    "posts": _page(
        "posts",
        "posts.id, coalesce(posts.edited_at, posts.published_at) AS updated_at",
        "",
        f"posts.depth = 0 AND {POST_LISTED}",
    ),
    "channels": _page("channels", "channels.id, channels.handle, channels.updated_at", "", CHANNEL_LISTED),
    # A word that is said to few alone is told to nobody else.
    "tags": _page("hashtags", "hashtags.id, hashtags.name, NULL AS updated_at", "", f"{_USED} AND {_IS_SAID}"),
}
PARTS = Read("SELECT kind, number, changed_at FROM sitemap_parts ORDER BY kind, number LIMIT CAST(:most AS int)")
PART = Read("SELECT after_id, until_id FROM sitemap_parts WHERE kind = :kind AND number = :number")
PUT_PART = text("""
    INSERT INTO sitemap_parts (kind, number, after_id, until_id, changed_at)
    VALUES (:kind, :number, :after, :until, :changed)
    ON CONFLICT (kind, number) DO UPDATE
    SET after_id = excluded.after_id, until_id = excluded.until_id, changed_at = excluded.changed_at
""")
DROP_PARTS = text("DELETE FROM sitemap_parts WHERE kind = :kind AND number > :number")
