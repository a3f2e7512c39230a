"""What is known of people in these tables."""

from socialflow.kernel import personal
from socialflow.kernel.personal import Erasure, Level

_THEIRS = "(SELECT id FROM posts WHERE account_id = CAST(:account AS uuid))"
_OF_POST = f"post_id IN {_THEIRS}"

personal.PREFIXES.update(
    {"post_id": "pst", "poll_id": "pst", "root_id": "pst", "quoted_post_id": "pst"}
    | {"quoted_video_id": "vid", "audience_id": "chn"}
)
personal.holds(
    "posts",
    by="account_id",
    level=Level.PUBLIC,
    text=("text", "language"),
    kept="until its author deletes it",
    erasure=Erasure.CLEAR,
    why="where others have answered, its place stays, without words or author",
    export="posts",
    hidden=("restriction", "preview_id", "curator_id", "choice"),
    prefix="pst",
)
personal.holds(
    "post_versions",
    by=_OF_POST,
    level=Level.PUBLIC,
    text=("text", "facets", "language", "photos"),
    kept="as long as the post",
    export="post_versions",
)
personal.holds(
    "post_photos", by=_OF_POST, level=Level.PUBLIC, text=("alt",), kept="as long as the post", export="post_photos"
)
personal.holds(
    "polls", by=f"id IN {_THEIRS}", level=Level.PUBLIC, kept="as long as the post", export="polls", prefix="pst"
)
personal.holds(
    "poll_options",
    by=f"poll_id IN {_THEIRS}",
    level=Level.PUBLIC,
    text=("text",),
    kept="as long as the post",
    export="poll_options",
    hidden=("id",),
)
personal.holds("poll_votes", by="account_id", level=Level.PERSONAL, kept="as long as the poll", export="poll_votes")
personal.holds("post_mentions", by="account_id", level=Level.PERSONAL, kept="as long as the post", export="mentions")
personal.holds("link_previews", level=Level.INTERNAL, kept="until no post links there any more")
personal.holds(
    "reposts", by="account_id", level=Level.PUBLIC, kept="until it is taken back", export="reposts", hidden=("id",)
)
personal.holds(
    "posting_settings",
    by="account_id",
    level=Level.PERSONAL,
    text=("language",),
    kept="until the account is erased",
    export="posting_settings",
)
personal.holds("hashtags", level=Level.PUBLIC, kept="for good")
personal.holds("post_hashtags", level=Level.PUBLIC, kept="as long as the post")
personal.holds(
    "hashtag_follows",
    by="account_id",
    level=Level.PERSONAL,
    kept="until it is taken back",
    export="followed_hashtags",
    hidden=("id",),
)
