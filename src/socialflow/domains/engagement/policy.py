"""Who may do what to a comment that they can see, and who may react how."""

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.channels.service import Right, TeamRole, allows
from socialflow.domains.engagement.errors import (
    CommentNotShown,
    CommentsOff,
    NotPinnable,
    NotYourComment,
    NotYourSubject,
)
from socialflow.domains.engagement.models import REMOVE_ANY, Comment, CommentMode, CommentState
from socialflow.kernel.work import Actor

MANAGE_EMOJIS = "emojis:manage"


def may_edit(voice: TeamRole | None) -> None:
    """Who publishes for the channel that says it, and nobody else puts words into its mouth; raises NotYourComment."""
    if not allows(voice, Right.PUBLISH):
        raise NotYourComment


def may_delete(actor: Actor, *, voice: TeamRole | None, role: TeamRole | None) -> None:
    """They take it back; whoever keeps comments in order where it stands, or everywhere, takes it away.

    `voice` is what the actor is on the team of the channel that says it, `role` on that of the channel below whose
    video it stands.
    """
    if allows(voice, Right.PUBLISH) or allows(role, Right.MODERATE) or actor.permissions & {REMOVE_ANY, "*"}:
        return
    raise NotYourComment


def may_comment(mode: CommentMode) -> None:
    """Where comments are off nobody comments, the owner not excepted; raises CommentsOff."""
    if mode == CommentMode.OFF:
        raise CommentsOff


def is_held(mode: CommentMode, role: TeamRole | None) -> bool:
    """Whether a new comment waits for approval: who approves needs nobody's."""
    return mode == CommentMode.HELD and not allows(role, Right.MODERATE)


def may_curate(role: TeamRole | None) -> None:
    """Who keeps a channel's comments in order decides what is pinned, liked by heart, hidden and approved there."""
    if not allows(role, Right.MODERATE):
        raise NotYourSubject


def may_answer(comment: Comment) -> None:
    """What others do not see is not answered; raises CommentNotShown."""
    if comment.state != CommentState.SHOWN:
        raise CommentNotShown


def may_pin(comment: Comment) -> None:
    """What begins a thread, and is shown; raises NotPinnable, CommentNotShown."""
    may_answer(comment)
    if comment.parent_id is not None:
        raise NotPinnable


def may_manage_emojis(actor: Actor) -> None:
    """Staff choose the pictures that everybody may react by; raises NotPermitted."""
    if not actor.permissions & {MANAGE_EMOJIS, "*"}:
        raise NotPermitted(extra={"missing_permission": MANAGE_EMOJIS})
