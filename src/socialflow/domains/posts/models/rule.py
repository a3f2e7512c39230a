"""The one rule of who may see a post, for every statement that reads `posts`; `kernel/visibility.py` says the rest."""

from dataclasses import replace

from socialflow.domains.accounts.service import apart, hidden, private
from socialflow.domains.channels.service import Right, may_for, works_for
from socialflow.domains.social.service import does_follow, mutes, mutes_thread, mutes_words
from socialflow.kernel.visibility import SEES_ANY, VIEWER, Relation, Rule, nobody, reach_of


def _owns(viewer: str, channel: str) -> str:
    return f"EXISTS (SELECT FROM channels AS own WHERE own.id = {channel} AND own.account_id = {viewer})"


def _member(viewer: str, channel: str) -> str:
    """Who is a member of whose channel is for whoever will sell memberships: until then it is its owner alone."""
    return f"({nobody(viewer, channel)} OR {_owns(viewer, channel)})"


def _follows(owner: str, own_channel: str) -> Relation:
    """Followers, and who keeps what is followed in order: a reply in a thread for followers is for who began it, too.

    What somebody says whose account is private is for their own followers besides, whoever's thread it stands in.
    """

    def follows(viewer: str, channel: str) -> str:
        let_in = f"(NOT {private(owner)} OR {does_follow(viewer, own_channel)})"
        keeps = f"({_owns(viewer, channel)} OR {may_for(viewer, channel, Right.MODERATE)})"
        return f"(({does_follow(viewer, channel)} OR {keeps}) AND {let_in})"

    return follows


def rule_of(table: str) -> Rule:
    """The rule for `posts` under this name in a statement."""
    owner = f"{table}.account_id"
    return Rule(
        id=f"{table}.id",
        owner=owner,
        hub=f"{table}.audience_id",
        reach=f"{table}.reach",
        hidden=hidden,
        private=private,
        apart=apart,
        follows=_follows(owner, f"{table}.channel_id"),
        member=_member,
        # Whose audience it is need not be whose words they are.
        works=lambda viewer, _: works_for(viewer, f"{table}.channel_id"),
        mark=f"{table}.mark",
    )


def there(table: str, condition: str) -> str:
    """The condition, of what was not taken back: that nobody sees, its author not excepted."""
    return f"({table}.deleted_at IS NULL AND {condition})"


def _keeps(table: str) -> str:
    """Who keeps threads in order for the channel that began this one, which is another's in good standing."""
    moderates = may_for(VIEWER, "root.channel_id", Right.MODERATE)
    # A value, and not whether there is one: the planner would look through all posts once to find those threads.
    root = f"root.id = {table}.root_id AND root.deleted_at IS NULL AND NOT {hidden('root.account_id')}"
    return f"coalesce((SELECT {moderates} FROM posts AS root WHERE {root}), FALSE)"  # noqa: S608  # `table` is a constant to whoever calls `visible_as`


def _curated(table: str) -> str:
    """Who looks after a thread sees what waits for them in it, and what was hidden: nobody else but its author does."""
    owner = f"{table}.account_id"
    looks = f"({table}.curator_id = {VIEWER} OR ({table}.curator_id IS NOT NULL AND {_keeps(table)}))"
    waits = f"{table}.state IN ('held', 'hidden') AND {looks}"
    return f"({waits} AND NOT {hidden(owner)} AND NOT {apart(owner, VIEWER)})"


def visible_as(table: str) -> str:
    """Somebody who names it may see it."""
    return there(table, f"({rule_of(table).visible} OR {_curated(table)})")


def visible_by(account: str) -> str:
    """The same of an account of the statement in place of the viewer, whatever staff it is of."""
    return VISIBLE.replace(VIEWER, account).replace(SEES_ANY, "FALSE")


RULE = rule_of("posts")
VISIBLE = visible_as("posts")
# For everybody alike, and for one viewer who looks at a channel or a hashtag.
LISTED, LISTED_TO = RULE.listed, RULE.listed_to
# For whoever holds a signed address of a photo.
JUDGED = there("posts", f"({RULE.judged} OR {_curated('posts')})")
_TAGS = "ARRAY(SELECT part ->> 'tag' FROM jsonb_array_elements(posts.facets) AS part WHERE part ->> 'tag' IS NOT NULL)"
# What one viewer wants to see of what others say: nothing of whom, or of what, they have muted.
WANTED = " ".join(
    [
        f"(posts.account_id IS NOT DISTINCT FROM {VIEWER} OR NOT ({mutes(VIEWER, 'posts.account_id')}",
        f"OR {mutes_words(VIEWER, 'posts.text', _TAGS)}))",
    ]
)
# In lists, besides, nothing of a thread that they have muted: who opens it finds it whole.
WANTED_IN_LISTS = f"{WANTED} AND NOT {mutes_thread(VIEWER, 'posts.id', 'posts.root_id')}"
# In threads there also stands what is not told in lists; what was taken back, was hidden, or is of somebody who is
# hidden, keeps its place without words where others have answered: for those who could see it while it was there.
SPEAKS = VISIBLE
_STOOD = replace(RULE, reach=f"({reach_of('posts.restriction IS NOT NULL')})", hidden=lambda _: "FALSE").visible
_GONE = f"(posts.state IN ('deleted', 'hidden') OR {hidden('posts.account_id')})"
_EMPTY_PLACE = f"(posts.reply_count > 0 AND {_GONE} AND {_STOOD})"
IN_THREADS = f"(posts.published_at IS NOT NULL AND ({VISIBLE} OR {_EMPTY_PLACE}))"
