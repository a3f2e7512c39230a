"""Routes of staff who vouch for channels."""

from typing import Annotated, Any

from fastapi import Depends, Query, Security

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.channels import policy, service
from socialflow.domains.channels.api.profiles import Reference
from socialflow.domains.channels.schemas import ChannelRead, VerificationUpdate
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.web import InWork, Viewer, get_actor, problems, router

admin = router("admin")

Reason = Annotated[str, Query(max_length=500, description="For the audit log.")]


async def _vouch(viewer: Viewer) -> None:
    if not viewer.may(policy.VERIFY):
        raise NotPermitted(extra={"missing_permission": policy.VERIFY})


GUARDED: list[Any] = [Security(get_actor, scopes=["admin:moderation"]), Depends(_vouch)]


@admin.put(
    "/admin/channels/{reference}/verification",
    operation_id="verifyChannel",
    response_model=ChannelRead,
    responses=problems(Unauthorized, NotPermitted, NotFound),
    dependencies=GUARDED,
)
async def verify_channel(reference: Reference, body: VerificationUpdate, work: InWork) -> ChannelRead:
    """Vouch for a channel under the name that it has: a mark says so wherever the channel is shown."""
    return service.read(await service.verifying.verify(work, reference, body.reason))


@admin.delete(
    "/admin/channels/{reference}/verification",
    operation_id="unverifyChannel",
    response_model=ChannelRead,
    responses=problems(Unauthorized, NotPermitted, NotFound),
    dependencies=GUARDED,
)
async def unverify_channel(reference: Reference, work: InWork, reason: Reason = "") -> ChannelRead:
    """Vouch for a channel no more."""
    return service.read(await service.verifying.unverify(work, reference, reason))
