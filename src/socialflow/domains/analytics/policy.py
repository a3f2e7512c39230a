"""Who may see how well a video plays."""

from socialflow.domains.channels.service import Right, TeamRole, allows
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.kernel.work import Actor

SEE_ANY = "videos:see_any"


def may_see_quality(actor: Actor, role: TeamRole | None) -> None:
    """Whoever measures for its channel, and staff who see every video; raises NotYourVideo."""
    if allows(role, Right.MEASURE) or actor.permissions & {SEE_ANY, "*"}:
        return
    raise NotYourVideo
