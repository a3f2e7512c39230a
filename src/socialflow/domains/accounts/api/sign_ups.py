"""Routes of coming in: invites, sign-ups that wait, and what people agree to."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response, Security

from socialflow.domains.accounts import policy
from socialflow.domains.accounts.api.guards import STAFF, guarded
from socialflow.domains.accounts.errors import SignUpDecided, TermsNotAccepted, TooManyInvites
from socialflow.domains.accounts.models import Decision
from socialflow.domains.accounts.schemas import (
    ConsentCreate,
    ConsentsRead,
    InviteCreate,
    InviteMadeRead,
    InvitePage,
    InviteRead,
    Rejection,
    SignUpPage,
    SignUpRead,
)
from socialflow.domains.accounts.service import approval, consents, invites
from socialflow.kernel.errors import Forbidden, InvalidCursor, NotFound, Unauthorized
from socialflow.kernel.ids import AccountId, InviteId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, Viewer, client_address, get_actor, problems, router

own_sign_up = router("me", reads="own")
sign_up_admin = router("admin", reads="staff")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]


async def invites_somebody(viewer: Viewer) -> None:
    """Refuse whoever may not invite, before anything is read."""
    policy.may_invite(viewer, 1)


STAFF_ONLY = guarded("admin:accounts", "accounts:manage")
# An invite is a way in: it is made by a log-in of one's own, never by an app.
INVITING = [Security(get_actor, scopes=["security"]), Depends(invites_somebody)]


@own_sign_up.get(
    "/me/consents",
    operation_id="getConsents",
    response_model=ConsentsRead,
    responses=problems(Unauthorized),
    dependencies=[Security(get_actor, scopes=["read"])],
)
async def get_consents(work: InWork, app: CurrentApp) -> ConsentsRead:
    """What one has agreed to, and what has changed since."""
    return await consents.consents(work, app.settings.sign_up)


@own_sign_up.post(
    "/me/consents",
    operation_id="giveConsent",
    status_code=201,
    response_model=ConsentsRead,
    responses=problems(Unauthorized, TermsNotAccepted),
    dependencies=[Security(get_actor, scopes=["security"])],
)
async def give_consent(body: ConsentCreate, work: InWork, app: CurrentApp, request: Request) -> ConsentsRead:
    """Agree to the terms in force."""
    return await consents.agree(work, body, app.settings.sign_up, address=client_address(request))


@own_sign_up.get(
    "/me/invites",
    operation_id="listOwnInvites",
    response_model=InvitePage,
    responses=problems(Unauthorized, Forbidden, InvalidCursor),
    dependencies=INVITING,
)
async def list_own_invites(
    work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None
) -> InvitePage:
    """Invites that one has made, the newest first."""
    return await invites.listed(work, app.keys, own=True, limit=limit, cursor=cursor)


@own_sign_up.post(
    "/me/invites",
    operation_id="makeOwnInvite",
    status_code=201,
    response_model=InviteMadeRead,
    responses=problems(Unauthorized, Forbidden, TooManyInvites),
    dependencies=INVITING,
)
async def make_own_invite(body: InviteCreate, work: InWork, app: CurrentApp) -> InviteMadeRead:
    """Invite somebody, where one's role lets one; the secret is shown once."""
    return await invites.invite(work, body, settings=app.settings)


@own_sign_up.get(
    "/me/invites/{invite_id}",
    operation_id="getOwnInvite",
    response_model=InviteRead,
    responses=problems(Unauthorized, Forbidden, NotFound),
    dependencies=INVITING,
)
async def get_own_invite(invite_id: InviteId, work: InWork) -> InviteRead:
    """One of the invites that one has made; its secret is not shown again."""
    return await invites.one(work, invite_id, own=True)


@own_sign_up.delete(
    "/me/invites/{invite_id}",
    operation_id="revokeOwnInvite",
    status_code=204,
    responses=problems(Unauthorized, Forbidden, NotFound),
    dependencies=INVITING,
)
async def revoke_own_invite(invite_id: InviteId, work: InWork) -> Response:
    """End an invite of one's own."""
    await invites.revoke(work, invite_id, own=True)
    return Response(status_code=204)


@sign_up_admin.get(
    "/admin/invites",
    operation_id="listInvites",
    response_model=InvitePage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=STAFF_ONLY,
)
async def list_invites(work: InWork, app: CurrentApp, limit: PageLimit = 20, cursor: PageCursor = None) -> InvitePage:
    """Everybody's invites, the newest first."""
    return await invites.listed(work, app.keys, own=False, limit=limit, cursor=cursor)


@sign_up_admin.post(
    "/admin/invites",
    operation_id="makeInvite",
    status_code=201,
    response_model=InviteMadeRead,
    responses=problems(*STAFF),
    dependencies=STAFF_ONLY,
)
async def make_invite(body: InviteCreate, work: InWork, app: CurrentApp) -> InviteMadeRead:
    """Invite one or many; the secret is shown once."""
    return await invites.invite(work, body, settings=app.settings)


@sign_up_admin.get(
    "/admin/invites/{invite_id}",
    operation_id="getInvite",
    response_model=InviteRead,
    responses=problems(*STAFF, NotFound),
    dependencies=STAFF_ONLY,
)
async def get_invite(invite_id: InviteId, work: InWork) -> InviteRead:
    """Anybody's invite."""
    return await invites.one(work, invite_id, own=False)


@sign_up_admin.delete(
    "/admin/invites/{invite_id}",
    operation_id="revokeInvite",
    status_code=204,
    responses=problems(*STAFF, NotFound),
    dependencies=STAFF_ONLY,
)
async def revoke_invite(invite_id: InviteId, work: InWork) -> Response:
    """End anybody's invite."""
    await invites.revoke(work, invite_id, own=False)
    return Response(status_code=204)


@sign_up_admin.get(
    "/admin/sign-ups",
    operation_id="listSignUps",
    response_model=SignUpPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=STAFF_ONLY,
)
async def list_sign_ups(
    work: InWork,
    app: CurrentApp,
    decision: Annotated[Decision | None, Query(description="Those decided on so; none for those that wait.")] = None,
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> SignUpPage:
    """Sign-ups that wait, the oldest first; or those that were decided on, the newest first."""
    return await approval.waiting(work, app.keys, decision=decision, limit=limit, cursor=cursor)


@sign_up_admin.get(
    "/admin/sign-ups/{account_id}",
    operation_id="getSignUp",
    response_model=SignUpRead,
    responses=problems(*STAFF, NotFound),
    dependencies=STAFF_ONLY,
)
async def get_sign_up(account_id: AccountId, work: InWork) -> SignUpRead:
    """One sign-up that waits or was decided on."""
    return await approval.one(work, account_id)


@sign_up_admin.post(
    "/admin/sign-ups/{account_id}/approve",
    operation_id="approveSignUp",
    response_model=SignUpRead,
    responses=problems(*STAFF, NotFound, SignUpDecided),
    dependencies=STAFF_ONLY,
)
async def approve_sign_up(account_id: AccountId, work: InWork) -> SignUpRead:
    """Let somebody in; they are told by mail."""
    return await approval.approve(work, account_id)


@sign_up_admin.post(
    "/admin/sign-ups/{account_id}/reject",
    operation_id="rejectSignUp",
    response_model=SignUpRead,
    responses=problems(*STAFF, NotFound, SignUpDecided),
    dependencies=STAFF_ONLY,
)
async def reject_sign_up(account_id: AccountId, body: Rejection, work: InWork) -> SignUpRead:
    """Turn somebody away; they are told why by mail, and their account is deleted."""
    return await approval.reject(work, account_id, body.reason)
