"""Who may do what to a post that they can see."""

from datetime import datetime, timedelta

from socialflow.domains.channels.service import Right, TeamRole, allows
from socialflow.domains.posts.errors import (
    AlreadySaid,
    NotYourThread,
    PollIsOver,
    QuotesNotAllowed,
    RepliesNotAllowed,
    ReplyNotShown,
    UnusableChoices,
    UnusablePostTime,
)
from socialflow.domains.posts.models import Allowed, Post, PostState
from socialflow.kernel.errors import FieldError
from socialflow.kernel.work import Actor

REMOVE_ANY = "posts:remove_any"
# What was in the future when it was chosen may arrive a little late.
GRACE = timedelta(minutes=1)
# Two years, with their leap day.
LATEST = timedelta(days=2 * 365 + 1)


def can_edit(role: TeamRole | None) -> bool:
    """Who publishes for a channel edits its posts, and nobody else puts words into its mouth; None is nobody's role."""
    return allows(role, Right.PUBLISH)


def can_delete(actor: Actor, role: TeamRole | None) -> bool:
    """They take back what is the channel's; staff may delete what should not be here."""
    return can_edit(role) or bool(actor.permissions & {REMOVE_ANY, "*"})


def can_curate(role: TeamRole | None) -> bool:
    """Who keeps the comments of a channel in order looks after the threads that it has begun."""
    return allows(role, Right.MODERATE)


def may_curate(role: TeamRole | None) -> None:
    """As `can_curate`; raises NotYourThread."""
    if not can_curate(role):
        raise NotYourThread


def may_mark(post: Post) -> None:
    """What others do not see is neither pinned nor marked with a heart; raises ReplyNotShown."""
    if post.state != PostState.PUBLISHED:
        raise ReplyNotShown


def is_let(policy: str, *, own: bool, follows: bool, mentioned: bool) -> bool:
    """Whether somebody is one of those whom an author lets; authors let themselves, and whom they name answer them."""
    if own:
        return True
    return {
        Allowed.EVERYBODY: True,
        Allowed.FOLLOWERS: follows or mentioned,
        Allowed.MENTIONED: mentioned,
        Allowed.NOBODY: False,
    }[Allowed(policy)]


def may_reply(policy: str, *, own: bool, follows: bool, mentioned: bool) -> None:
    """As `is_let`; raises RepliesNotAllowed."""
    if not is_let(policy, own=own, follows=follows, mentioned=mentioned):
        raise RepliesNotAllowed


def may_quote(policy: str, *, own: bool, follows: bool) -> None:
    """As `is_let`, where nobody is mentioned; raises QuotesNotAllowed."""
    if not is_let(policy, own=own, follows=follows, mentioned=False):
        raise QuotesNotAllowed


def may_wait(publish_at: datetime, now: datetime) -> None:
    """A time suits a post that nobody has seen yet; raises UnusablePostTime."""
    if not now - GRACE <= publish_at <= now + LATEST:
        plain = UnusablePostTime()
        raise UnusablePostTime(errors=[FieldError("/publish_at", plain.code(), plain.detail)])


def may_still_change(post: Post) -> None:
    """Before it was published everything may; raises AlreadySaid."""
    if post.state == PostState.PUBLISHED:
        raise AlreadySaid


def may_choose(choices: list[int], *, options: int, multiple: bool) -> None:
    """Answers that there are, each once, and one unless several may be chosen; raises UnusableChoices."""
    fits = choices and len(set(choices)) == len(choices) and all(0 <= choice < options for choice in choices)
    if not fits or (len(choices) > 1 and not multiple):
        plain = UnusableChoices()
        raise UnusableChoices(errors=[FieldError("/choices", plain.code(), plain.detail)])


def is_running(ends_at: datetime | None, now: datetime) -> bool:
    """Whether a poll still takes votes."""
    return ends_at is not None and now < ends_at


def may_vote(ends_at: datetime | None, now: datetime) -> None:
    """As `is_running`; raises PollIsOver."""
    if not is_running(ends_at, now):
        raise PollIsOver
