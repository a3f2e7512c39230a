"""Who may see how well a video plays."""

import uuid

from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel.work import Actor

SEE_ANY = "videos:see_any"


def may_see_quality(actor: Actor, owner_id: uuid.UUID) -> None:
    """Its owner, and staff who see every video; raises NotYourVideo."""
    if actor.id == owner_id or actor.permissions & {SEE_ANY, "*"}:
        return
    raise NotYourVideo
