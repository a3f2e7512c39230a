"""Who may do what to a comment that they can see, and which positions are worth keeping."""

from socialflow.domains.channels.service import Right, TeamRole, allows
from socialflow.domains.engagement.errors import NotYourComment
from socialflow.domains.engagement.models import Comment
from socialflow.kernel.work import Actor

REMOVE_ANY = "comments:remove_any"
# Who has seen less has not begun.
BEGUN_MS = 5_000
# Who has seen so much has finished: what follows is credits and farewells.
OVER = 0.95


def may_edit(actor: Actor, comment: Comment) -> None:
    """Nobody puts words into another's mouth."""
    if comment.account_id != actor.id:
        raise NotYourComment


def may_delete(actor: Actor, comment: Comment, *, role: TeamRole | None) -> None:
    """Its author, whoever keeps the comments of the channel in order below which it stands, or a moderator."""
    if actor.id == comment.account_id or allows(role, Right.MODERATE) or actor.permissions & {REMOVE_ANY, "*"}:
        return
    raise NotYourComment


def is_worth_keeping(position_ms: int, duration_ms: int) -> bool:
    """Whether somebody would want to go on from here: neither at the beginning nor near the end."""
    return BEGUN_MS <= position_ms < duration_ms * OVER
