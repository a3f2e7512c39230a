"""What stands before a route of staff."""

from typing import Any

from fastapi import Depends, Security

from socialflow.domains.accounts import policy
from socialflow.domains.accounts.api.requests import RECENT
from socialflow.domains.accounts.errors import NotPermitted, StepUpRequired
from socialflow.kernel.errors import Unauthorized
from socialflow.kernel.web import Viewer, get_actor

STAFF = (Unauthorized, NotPermitted)
DANGEROUS = (*STAFF, StepUpRequired)


def guarded(scope: str, permission: str, *, recent: bool = False) -> list[Any]:
    """The dependencies of a route of staff, in this order: scope, permission, fresh proof."""

    async def hold(viewer: Viewer) -> None:
        policy.must_hold(viewer, permission)

    return [Security(get_actor, scopes=[scope]), Depends(hold), *([RECENT] if recent else [])]
