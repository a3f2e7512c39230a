"""Who may do what to a comment that they can see."""

import uuid

from socialflow.domains.engagement.errors import NotYourComment
from socialflow.domains.engagement.models import Comment
from socialflow.kernel.work import Actor

REMOVE_ANY = "comments:remove_any"


def may_edit(actor: Actor, comment: Comment) -> None:
    """Nobody puts words into another's mouth."""
    if comment.account_id != actor.id:
        raise NotYourComment


def may_delete(actor: Actor, comment: Comment, *, subject_owner: uuid.UUID) -> None:
    """Its author, the owner of what it was said about, or a moderator."""
    if actor.id in {comment.account_id, subject_owner} or actor.permissions & {REMOVE_ANY, "*"}:
        return
    raise NotYourComment
