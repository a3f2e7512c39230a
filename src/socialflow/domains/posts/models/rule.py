"""The one rule of who may see a post, for every statement that reads `posts`; `kernel/visibility.py` says the rest."""

from socialflow.domains.accounts.service import hidden
from socialflow.kernel.visibility import Rule, nobody


def _all_are_open(_owner: str) -> str:
    return "FALSE"


def _follows(viewer: str, channel: str) -> str:
    """Followers, and the owner of what is followed: a reply in a thread for followers is for who began it, too."""
    lines = [
        f"(EXISTS (SELECT FROM follows AS edge WHERE edge.follower_id = {viewer} AND edge.channel_id = {channel})",
        f"OR EXISTS (SELECT FROM channels AS own WHERE own.id = {channel} AND own.account_id = {viewer}))",
    ]
    return " ".join(lines)


def rule_of(table: str) -> Rule:
    """The rule for `posts` under this name in a statement."""
    return Rule(
        id=f"{table}.id",
        owner=f"{table}.account_id",
        hub=f"{table}.audience_id",
        reach=f"{table}.reach",
        hidden=hidden,
        private=_all_are_open,
        apart=nobody,
        follows=_follows,
        mark=f"{table}.mark",
    )


def visible_as(table: str) -> str:
    """Somebody who names it may see it; what was taken back, nobody may, its author not excepted."""
    return f"({table}.deleted_at IS NULL AND {rule_of(table).visible})"


RULE = rule_of("posts")
VISIBLE = visible_as("posts")
# For everybody alike, and for one viewer who looks at a channel or a hashtag.
LISTED, LISTED_TO = RULE.listed, RULE.listed_to
# In threads there also stands what is not told in lists; what was taken back, or is of somebody who is hidden, keeps
# its place without words where others have answered.
SPEAKS = VISIBLE
_EMPTY_PLACE = f"(posts.reply_count > 0 AND (posts.deleted_at IS NOT NULL OR {hidden('posts.account_id')}))"
IN_THREADS = f"(posts.published_at IS NOT NULL AND ({VISIBLE} OR {_EMPTY_PLACE}))"
