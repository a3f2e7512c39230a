"""Who may follow what."""

import uuid

from socialflow.domains.social.errors import CannotFollowYourself
from socialflow.kernel.work import Actor


def may_follow(actor: Actor, owner_id: uuid.UUID) -> None:
    """Anybody follows anybody but themselves."""
    if owner_id == actor.id:
        raise CannotFollowYourself
