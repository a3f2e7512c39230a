"""Comments by the page, and marks: one statement each, built once."""

from enum import StrEnum
from itertools import product

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.social.service import mutes, mutes_words
from socialflow.domains.videos.models import VISIBLE
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER


class CommentSort(StrEnum):
    """In which order."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TOP = "top"


_AFTER = {
    CommentSort.NEWEST: "comments.id < :id",
    CommentSort.OLDEST: "comments.id > :id",
    CommentSort.TOP: "(comments.like_count, comments.id) < (:count, :id)",
}
_ORDER = {
    CommentSort.NEWEST: "id DESC",
    CommentSort.OLDEST: "id",
    CommentSort.TOP: "like_count DESC, id DESC",
}
# Of whoever is hidden, or apart from the viewer, or muted by them, and what they do not want to read.
_IS_HIDDEN = "({})".format(
    " OR ".join(
        [
            hidden("comments.account_id"),
            apart("comments.account_id", VIEWER),
            mutes(VIEWER, "comments.account_id"),
            f"(comments.account_id IS DISTINCT FROM {VIEWER} AND {mutes_words(VIEWER, 'comments.text')})",
        ]
    )
)
_ABOVE = """
    AND EXISTS (
        SELECT 1 FROM comments parents WHERE parents.id = CAST(:parent_id AS uuid) AND parents.subject_id = videos.id
    )
"""


def _page(sort: CommentSort, *, answers: bool) -> Read:
    """The video's row, if the viewer may see it, beside every comment of the page: no row at all is a 404."""
    thread = "comments.parent_id = CAST(:parent_id AS uuid)" if answers else "comments.parent_id IS NULL"
    lines = [
        "SELECT page.*",
        "FROM videos LEFT JOIN LATERAL (",
        "SELECT comments.*, channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at,",
        _IS_HIDDEN,
        "AS is_hidden",
        "FROM comments JOIN channels ON channels.id = comments.channel_id",
        # What somebody said who is hidden stands without words, where others have answered, or not at all.
        "WHERE comments.subject_id = videos.id AND (comments.reply_count > 0 OR NOT",
        _IS_HIDDEN,
        ") AND",
        thread,
        "AND",
        _AFTER[sort],
        "ORDER BY",
        ", ".join(f"comments.{term}" for term in _ORDER[sort].split(", ")),
        "LIMIT CAST(:limit AS int)",
        ") page ON TRUE",
        "WHERE videos.id = :subject_id AND",
        VISIBLE,
        _ABOVE if answers else "",
        "ORDER BY",
        ", ".join(f"page.{term}" for term in _ORDER[sort].split(", ")),
    ]
    return Read(" ".join(lines))


PAGES = {(sort, answers): _page(sort, answers=answers) for sort, answers in product(CommentSort, (False, True))}
ONE = Read("""
    SELECT comments.*, channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at,
        FALSE AS is_hidden
    FROM comments JOIN channels ON channels.id = comments.channel_id WHERE comments.id = :id
""")
MARKS = Read("""
    SELECT TRUE AS liked, subject_id AS id FROM likes
    WHERE account_id = :viewer AND subject_id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT FALSE, channel_id FROM follows
    WHERE follower_id = :viewer AND channel_id = ANY(CAST(:ids AS uuid[]))
""")
