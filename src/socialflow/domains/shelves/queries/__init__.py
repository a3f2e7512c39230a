"""Questions about what people put aside, one file a subject."""

import uuid
from collections.abc import Mapping
from typing import Any

from socialflow.kernel import visibility
from socialflow.kernel.work import Actor

SEE_ANY = "videos:see_any"
LAST_ID = uuid.UUID(int=2**128 - 1)
FIRST_ID = uuid.UUID(int=0)


def seen_by(actor: Actor) -> Mapping[str, Any]:
    """Whom the rules of lists and of videos ask about: who judges videos judges lists of them, too."""
    return visibility.seen_by(actor, sees_any=bool(actor.permissions & {SEE_ANY, "*"}))
