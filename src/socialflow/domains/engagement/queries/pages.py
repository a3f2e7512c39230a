"""Comments by the page, in threads, and one at a time: one statement each, built once."""

from enum import StrEnum
from itertools import product

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.channels.service import Right, may_for, works_for
from socialflow.domains.engagement.models import CommentState
from socialflow.domains.engagement.queries.subjects import COMMENTABLE, Commentable
from socialflow.domains.social.service import mutes, mutes_words
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER

DEEPEST, BROADEST = 5, 10


class CommentSort(StrEnum):
    """In which order; `choice` is the owner's: what they have marked with a heart, then what most like."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TOP = "top"
    CHOICE = "choice"


_AFTER = {
    CommentSort.NEWEST: "comments.id < :id",
    CommentSort.OLDEST: "comments.id > :id",
    CommentSort.TOP: "(comments.like_count, comments.id) < (:count, :id)",
    CommentSort.CHOICE: "(comments.choice, comments.like_count, comments.id) < (:choice, :count, :id)",
}
_ORDER = {
    CommentSort.NEWEST: "comments.id DESC",
    CommentSort.OLDEST: "comments.id",
    CommentSort.TOP: "comments.like_count DESC, comments.id DESC",
    CommentSort.CHOICE: "comments.choice DESC, comments.like_count DESC, comments.id DESC",
}
JUDGES = "CAST(:judges AS boolean)"
# Of whoever is hidden, or apart from the viewer.
_AWAY = f"({hidden('comments.account_id')} OR {apart('comments.account_id', VIEWER)})"
# What the viewer does not want to read, whoever may.
_UNWANTED = " ".join(
    [
        f"(comments.account_id IS DISTINCT FROM {VIEWER} AND ({mutes(VIEWER, 'comments.account_id')}",
        f"OR {mutes_words(VIEWER, 'comments.text')}))",
    ]
)
# Everybody who sees the subject is told its words. Where they are not, its place stays if something stands below.
SPEAKS = f"(comments.deleted_at IS NULL AND comments.state = 'shown' AND NOT {_AWAY} AND NOT {_UNWANTED})"
# As a case, since the planner takes so many conditions for a very rare thing, and would rather sort a whole thread than
# walk along an index until a page is full.
_STANDS = f"(CASE WHEN comments.reply_count > 0 OR {SPEAKS} THEN TRUE ELSE FALSE END)"
# Who keeps the comments on a subject in order, be it for another.
_KEEPS = " OR ".join(
    f"(comments.subject_kind = '{subject.kind}' AND EXISTS (SELECT FROM {subject.table} AS kept"
    f" WHERE kept.id = comments.subject_id AND {may_for(VIEWER, 'kept.channel_id', Right.MODERATE)}))"
    for subject in COMMENTABLE.values()
)
# Its author, the team of the channel that says it, and whoever keeps it in order see what is held or hidden.
_OWN = (
    f"({VIEWER} IN (comments.account_id, comments.owner_id) OR {works_for(VIEWER, 'comments.channel_id')} OR {_KEEPS})"
)
# By its channel: that two channels are one account's is nobody's business. Of others' comments nothing is asked.
_BY_OWNER = " OR ".join(
    f"(comments.subject_kind = '{subject.kind}' AND EXISTS (SELECT FROM {subject.table} AS about"
    " WHERE about.id = comments.subject_id AND about.channel_id = comments.channel_id))"
    for subject in COMMENTABLE.values()
)
# For whoever names it: so do those who judge.
THEIRS = f"(comments.state = 'shown' OR {JUDGES} OR {_OWN})"
_PHOTOS = """(
    SELECT jsonb_agg(jsonb_build_object(
        'upload_id', photo.upload_id, 'asset_id', photo.asset_id, 'alt', photo.alt, 'state', shown.state,
        'access', shown.access, 'access_epoch', shown.access_epoch, 'thumbhash', shown.thumbhash,
        'width', shown.width, 'height', shown.height
    ) ORDER BY photo.position)
    FROM comment_photos AS photo LEFT JOIN assets AS shown ON shown.id = photo.asset_id
    WHERE photo.comment_id = comments.id
) AS photos"""
_COLUMNS = f"""
    comments.id, comments.subject_id, comments.subject_kind, comments.owner_id, comments.parent_id, comments.thread_id,
    comments.depth, comments.account_id, comments.channel_id, comments.text, comments.facets, comments.state,
    comments.pinned_at, comments.hearted_at, comments.choice, comments.like_count, comments.reply_count,
    comments.created_at, comments.edited_at, comments.deleted_at,
    channels.handle, channels.display_name, channels.avatar_asset_id, channels.verified_at,
    comments.account_id = comments.owner_id AND ({_BY_OWNER}) AS by_owner,
    {_PHOTOS}
"""
_ABOVE = """
    AND EXISTS (
        SELECT FROM comments AS parents WHERE parents.id = CAST(:parent_id AS uuid) AND parents.subject_id = {}.id
            AND (parents.reply_count > 0 OR (parents.state = 'shown' AND parents.deleted_at IS NULL))
    )
"""


def _page(subject: Commentable, sort: CommentSort, *, answers: bool) -> Read:
    """The subject's row, if the viewer may see it, beside every comment of the page: no row at all is a 404.

    So many comments, so many answers to each of those, and so on; what is pinned stands before all others.
    """
    thread = "comments.parent_id = CAST(:parent_id AS uuid)" if answers else "comments.parent_id IS NULL"
    pinned = [
        "UNION ALL (SELECT comments.id, 1 FROM comments WHERE comments.subject_id = :subject_id",
        "AND comments.pinned_at IS NOT NULL AND CAST(:is_first AS boolean)",
        f"AND EXISTS (SELECT FROM subject WHERE mode <> 'off') AND {SPEAKS})",
    ]
    lines = [
        "WITH RECURSIVE subject AS MATERIALIZED (",
        f"SELECT {subject.mode} AS mode FROM {subject.table}",  # noqa: S608  # `subject` is of COMMENTABLE
        f"WHERE {subject.table}.id = :subject_id AND {subject.visible}",
        _ABOVE.format(subject.table) if answers else "",
        "), first AS (",
        "(SELECT comments.id, 1 AS level FROM comments WHERE comments.subject_id = :subject_id AND",
        thread,
        "AND EXISTS (SELECT FROM subject WHERE mode <> 'off') AND comments.pinned_at IS NULL AND",
        _AFTER[sort],
        "AND",
        _STANDS,
        f"ORDER BY {_ORDER[sort]} LIMIT CAST(:limit AS int))",
        *([] if answers else pinned),
        "), below AS (",
        "SELECT id, level FROM first UNION ALL SELECT child.id, below.level + 1 FROM below CROSS JOIN LATERAL (",
        "SELECT comments.id FROM comments WHERE comments.parent_id = below.id AND",
        _STANDS,
        "ORDER BY comments.id LIMIT CAST(:breadth AS int)",
        ") AS child WHERE below.level < CAST(:depth AS int)",
        ") SELECT page.* FROM subject LEFT JOIN (SELECT below.level,",
        _COLUMNS,
        ",",
        SPEAKS,
        "AS speaks FROM below JOIN comments ON comments.id = below.id",
        "JOIN channels ON channels.id = comments.channel_id) AS page ON TRUE",
    ]
    return Read(" ".join(lines))


PAGES = {
    (subject.prefix, sort, answers): _page(subject, sort, answers=answers)
    for subject, sort, answers in product(COMMENTABLE.values(), CommentSort, (False, True))
}


def _named(subject: Commentable, columns: str) -> str:
    """A comment that is asked for by its id, on a subject that the viewer may see."""
    lines = [
        f"SELECT {columns} FROM comments JOIN {subject.table}",  # noqa: S608  # constants, and COMMENTABLE's
        f"ON {subject.table}.id = comments.subject_id",
        "JOIN channels ON channels.id = comments.channel_id",
        f"WHERE comments.id = :id AND comments.subject_kind = '{subject.kind}' AND comments.deleted_at IS NULL",
        f"AND NOT {_AWAY} AND {THEIRS} AND (comments.state <> 'shown' OR {subject.mode} <> 'off'",
        f"OR {JUDGES} OR {_OWN}) AND {subject.visible}",
    ]
    return " ".join(lines)


ONE = Read(
    " UNION ALL ".join(_named(subject, f"{_COLUMNS}, TRUE AS speaks, 1 AS level") for subject in COMMENTABLE.values())
)
VERSIONS = Read("""
    SELECT number, text, facets, said_at FROM comment_versions
    WHERE comment_id = :comment_id AND number < :before ORDER BY number DESC LIMIT CAST(:limit AS int)
""")


def _unshown(subject: Commentable, state: CommentState, *, whose: str) -> str:
    of_channel = f"(CAST(:channel_id AS uuid) IS NULL OR {subject.table}.channel_id = CAST(:channel_id AS uuid))"
    subject_seen = f"{subject.table}.id = comments.subject_id AND {of_channel} AND {subject.visible}"
    seen = f"EXISTS (SELECT FROM {subject.table} WHERE {subject_seen})"
    lines = [
        f"(SELECT {_COLUMNS}, TRUE AS speaks, 1 AS level FROM comments",  # noqa: S608  # constants, and COMMENTABLE's
        "JOIN channels ON channels.id = comments.channel_id",
        f"WHERE {whose} AND comments.state = '{state}'",
        f"AND comments.deleted_at IS NULL AND comments.subject_kind = '{subject.kind}' AND comments.id < :id",
        f"AND (CASE WHEN NOT {_AWAY} AND {seen} THEN TRUE ELSE FALSE END)",
        "AND (CAST(:subject_id AS uuid) IS NULL OR comments.subject_id = CAST(:subject_id AS uuid))",
        "ORDER BY comments.id DESC LIMIT CAST(:limit AS int))",
    ]
    return " ".join(lines)


def _queue(state: CommentState, *, mine: bool) -> Read:
    whose = f"comments.account_id = {VIEWER}" if mine else "comments.owner_id = CAST(:owner_id AS uuid)"
    parts = " UNION ALL ".join(_unshown(subject, state, whose=whose) for subject in COMMENTABLE.values())
    return Read(f"""
    SELECT * FROM ({parts}) AS waiting ORDER BY id DESC LIMIT CAST(:limit AS int)
    """)  # noqa: S608  # constants, and what COMMENTABLE holds


# What waits, or was hidden: on what is an owner's, all of it or of one channel, and what the viewer has said.
QUEUES = {
    (state, mine): _queue(state, mine=mine)
    for state, mine in product((CommentState.HELD, CommentState.HIDDEN), (False, True))
}
_JUDGED = " OR ".join(
    f"(comments.subject_kind = '{subject.kind}' AND EXISTS (SELECT FROM {subject.table}"
    f" WHERE {subject.table}.id = comments.subject_id AND {subject.judged}))"
    for subject in COMMENTABLE.values()
)
JUDGED = Read(f"""
    SELECT comments.deleted_at IS NULL AND NOT {_AWAY} AND ({_JUDGED})
        AND (comments.state = 'shown' OR {_OWN}) AS fine
    FROM comment_photos JOIN comments ON comments.id = comment_photos.comment_id
    WHERE comment_photos.asset_id = :asset_id
""")  # noqa: S608  # constants, joined at import
MARKS = Read("""
    SELECT 'liked' AS mark, subject_id AS id FROM likes
    WHERE account_id = :viewer AND subject_id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT 'disliked', subject_id FROM dislikes
    WHERE account_id = :viewer AND subject_id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT 'followed', channel_id FROM follows
    WHERE follower_id = :viewer AND channel_id = ANY(CAST(:ids AS uuid[]))
    UNION ALL
    SELECT 'saved', subject_id FROM saves
    WHERE account_id = :viewer AND subject_id = ANY(CAST(:ids AS uuid[]))
""")
RULES = Read("""
    SELECT subject_id, mode FROM comment_rules WHERE subject_id = ANY(CAST(:ids AS uuid[]))
""")
