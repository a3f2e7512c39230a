"""Routes of staff: accounts, roles and the audit log.

Each asks first for the scope, then for the permission, and only then, where it is dangerous, for a fresh
proof of who asks: what is refused by scope or permission has cost the database nothing.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from socialflow.domains.accounts import service
from socialflow.domains.accounts.api.guards import DANGEROUS, STAFF, guarded
from socialflow.domains.accounts.errors import (
    CannotActOnYourself,
    CannotGrant,
    LastAdmin,
    NotSuspendable,
    RankTooLow,
    RoleExists,
    RoleInUse,
    RoleIsBuiltIn,
    UnknownRole,
)
from socialflow.domains.accounts.models import AccountState
from socialflow.domains.accounts.queries import Facts
from socialflow.domains.accounts.schemas import (
    AuditPage,
    PermissionPage,
    RoleCreate,
    RolePage,
    RolePut,
    RoleRead,
    RoleUpdate,
    StaffAccountPage,
    StaffAccountRead,
    StaffSessionPage,
    StaffSessionRead,
    SuspensionPut,
)
from socialflow.kernel.errors import FieldError, InvalidCursor, InvalidRequest, NotFound, PreconditionFailed
from socialflow.kernel.ids import AccountId, SessionId
from socialflow.kernel.pages import Cursor, Limit
from socialflow.kernel.web import CurrentApp, InWork, etag_of, port_of, problems, require_match, router
from socialflow.ports.places import Places

admin = router("admin", reads="staff")

PageLimit = Annotated[Limit, Query()]
PageCursor = Annotated[Cursor, Query()]
InPlaces = Annotated[Places, Depends(port_of(Places))]
Search = Annotated[
    str | None,
    Query(max_length=254, description="The beginning of a handle, or of an e-mail address if there is an @ in it."),
]
# An unknown one is found nowhere; it need not be a good name.
RoleWord = Annotated[str | None, Query(max_length=30, description="Those of a role.")]
Name = Annotated[str, Path(max_length=30, description="The role's name.", examples=["moderator"])]
Tag = Annotated[str | None, Query(max_length=80, description="What the fact is called.")]
Since = Annotated[datetime | None, Query(description="From then on.")]
Until = Annotated[datetime | None, Query(description="Before then.")]


@admin.get(
    "/admin/accounts",
    operation_id="listAccounts",
    response_model=StaffAccountPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=guarded("admin:accounts", "accounts:view"),
)
async def list_accounts(
    work: InWork,
    app: CurrentApp,
    q: Search = None,
    role: RoleWord = None,
    state: Annotated[AccountState | None, Query()] = None,
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> StaffAccountPage:
    """Accounts, the newest first; by name where one looks for a name."""
    return await service.find_accounts(work, app.keys, q=q, role=role, state=state, limit=limit, cursor=cursor)


@admin.get(
    "/admin/accounts/{account_id}",
    operation_id="getAccount",
    response_model=StaffAccountRead,
    responses=problems(*STAFF, NotFound),
    dependencies=guarded("admin:accounts", "accounts:view"),
)
async def get_account(account_id: AccountId, work: InWork) -> StaffAccountRead:
    """One account; who may see its e-mail address leaves a note that the person can read."""
    return await service.account_for_staff(work, account_id)


@admin.put(
    "/admin/accounts/{account_id}/suspension",
    operation_id="suspendAccount",
    response_model=StaffAccountRead,
    responses=problems(*DANGEROUS, NotFound, RankTooLow, CannotActOnYourself, LastAdmin, NotSuspendable),
    dependencies=guarded("admin:accounts", "accounts:suspend", recent=True),
)
async def suspend_account(account_id: AccountId, body: SuspensionPut, work: InWork) -> StaffAccountRead:
    """Keep somebody out, for a time or for good; their sessions end."""
    if body.until is not None and (body.until.tzinfo is None or body.until <= work.now):
        fault = FieldError("/until", "not_in_the_future", "A time to come is needed, with its offset from UTC.")
        raise InvalidRequest(errors=[fault])
    await service.suspend(work, account_id, reason=body.reason, until=body.until)
    return await service.account_for_staff(work, account_id)


@admin.delete(
    "/admin/accounts/{account_id}/suspension",
    operation_id="unsuspendAccount",
    response_model=StaffAccountRead,
    responses=problems(*DANGEROUS, NotFound, RankTooLow, CannotActOnYourself),
    dependencies=guarded("admin:accounts", "accounts:suspend", recent=True),
)
async def unsuspend_account(account_id: AccountId, work: InWork) -> StaffAccountRead:
    """Let somebody in again."""
    await service.unsuspend(work, account_id)
    return await service.account_for_staff(work, account_id)


@admin.get(
    "/admin/accounts/{account_id}/sessions",
    operation_id="listAccountSessions",
    response_model=StaffSessionPage,
    responses=problems(*STAFF, NotFound, InvalidCursor),
    dependencies=guarded("admin:accounts", "accounts:view"),
)
async def list_account_sessions(
    account_id: AccountId,
    work: InWork,
    app: CurrentApp,
    places: InPlaces,
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> StaffSessionPage:
    """Somebody's living sessions, those of apps among them; who may see from where leaves a note for the person."""
    return await service.sessions_for_staff(work, app.keys, places, account_id, limit=limit, cursor=cursor)


@admin.get(
    "/admin/accounts/{account_id}/sessions/{session_id}",
    operation_id="getAccountSession",
    response_model=StaffSessionRead,
    responses=problems(*STAFF, NotFound),
    dependencies=guarded("admin:accounts", "accounts:view"),
)
async def get_account_session(
    account_id: AccountId, session_id: SessionId, work: InWork, places: InPlaces
) -> StaffSessionRead:
    """One living session of somebody."""
    return await service.session_for_staff(work, places, account_id, session_id)


@admin.delete(
    "/admin/accounts/{account_id}/sessions",
    operation_id="signAccountOut",
    status_code=204,
    responses=problems(*DANGEROUS, NotFound, RankTooLow, CannotActOnYourself),
    dependencies=guarded("admin:accounts", "accounts:suspend", recent=True),
)
async def sign_account_out(account_id: AccountId, work: InWork) -> Response:
    """End every session of somebody."""
    await service.sign_out(work, account_id)
    return Response(status_code=204)


@admin.delete(
    "/admin/accounts/{account_id}/factors",
    operation_id="resetAccountFactors",
    status_code=204,
    responses=problems(*DANGEROUS, NotFound, RankTooLow, CannotActOnYourself),
    dependencies=guarded("admin:accounts", "accounts:manage", recent=True),
)
async def reset_account_factors(account_id: AccountId, work: InWork) -> Response:
    """Take every second factor from somebody who has lost them all; their sessions end and they are told by mail."""
    await service.reset_factors(work, account_id)
    return Response(status_code=204)


@admin.delete(
    "/admin/sessions",
    operation_id="signEverybodyOut",
    status_code=204,
    responses=problems(*DANGEROUS, CannotActOnYourself),
    dependencies=guarded("admin:accounts", "accounts:manage", recent=True),
)
async def sign_everybody_out(work: InWork) -> Response:
    """End every session there is but the one that asks, as after a leak; it takes some seconds."""
    await service.sign_out_everybody(work)
    return Response(status_code=204)


@admin.put(
    "/admin/accounts/{account_id}/role",
    operation_id="changeAccountRole",
    response_model=StaffAccountRead,
    responses=problems(*DANGEROUS, NotFound, UnknownRole, RankTooLow, CannotGrant, LastAdmin),
    dependencies=guarded("admin:roles", "accounts:manage", recent=True),
)
async def change_account_role(account_id: AccountId, body: RolePut, work: InWork) -> StaffAccountRead:
    """Give somebody a role; they log in anew."""
    await service.change_role_of(work, account_id, body.role)
    return await service.account_for_staff(work, account_id)


@admin.get(
    "/admin/permissions",
    operation_id="listPermissions",
    response_model=PermissionPage,
    responses=problems(*STAFF),
    dependencies=guarded("admin:roles", "accounts:view"),
)
async def list_permissions() -> PermissionPage:
    """Everything that a role can permit."""
    return PermissionPage(items=service.catalogue(), next_cursor=None)


@admin.get(
    "/admin/roles",
    operation_id="listRoles",
    response_model=RolePage,
    responses=problems(*STAFF),
    dependencies=guarded("admin:roles", "accounts:view"),
)
async def list_roles(work: InWork) -> RolePage:
    """Every role, those that come with the product first."""
    return RolePage(items=list(await service.list_roles(work)), next_cursor=None)


@admin.post(
    "/admin/roles",
    operation_id="createRole",
    status_code=201,
    response_model=RoleRead,
    responses=problems(*DANGEROUS, CannotGrant, RoleExists, InvalidRequest),
    dependencies=guarded("admin:roles", "roles:manage", recent=True),
)
async def create_role(body: RoleCreate, work: InWork) -> RoleRead:
    """Make a role out of permissions that one holds."""
    return await service.make_role(work, body)


@admin.get(
    "/admin/roles/{name}",
    operation_id="getRole",
    response_model=RoleRead,
    responses=problems(*STAFF, NotFound),
    dependencies=guarded("admin:roles", "accounts:view"),
)
async def get_role(name: Name, work: InWork) -> RoleRead:
    """One role."""
    return await service.one_role(work, name)


@admin.patch(
    "/admin/roles/{name}",
    operation_id="updateRole",
    response_model=RoleRead,
    responses=problems(*DANGEROUS, NotFound, CannotGrant, RoleIsBuiltIn, InvalidRequest, PreconditionFailed),
    dependencies=guarded("admin:roles", "roles:manage", recent=True),
)
async def update_role(name: Name, body: RoleUpdate, work: InWork, request: Request) -> RoleRead:
    """Change a role; its holders notice within seconds."""

    def check(present: RoleRead) -> None:
        require_match(request, etag_of(present.model_dump_json().encode()))

    return await service.change_role_itself(work, name, body, check)


@admin.delete(
    "/admin/roles/{name}",
    operation_id="deleteRole",
    status_code=204,
    responses=problems(*DANGEROUS, NotFound, CannotGrant, RoleIsBuiltIn, RoleInUse),
    dependencies=guarded("admin:roles", "roles:manage", recent=True),
)
async def delete_role(name: Name, work: InWork) -> Response:
    """Delete a role that nobody has."""
    await service.delete_role(work, name)
    return Response(status_code=204)


async def wanted_facts(
    account_id: Annotated[AccountId | None, Query(description="Whom they are about.")] = None,
    actor_id: Annotated[AccountId | None, Query(description="Who did them.")] = None,
    tag: Tag = None,
    since: Since = None,
    until: Until = None,
) -> Facts:
    """The filters of the audit log."""
    for name, value in (("since", since), ("until", until)):
        if value is not None and value.tzinfo is None:
            raise InvalidRequest(errors=[FieldError(f"/query/{name}", "no_offset", "An offset from UTC is needed.")])
    return Facts(account_id, actor_id, tag, since, until)


@admin.get(
    "/admin/audit",
    operation_id="listAuditEvents",
    response_model=AuditPage,
    responses=problems(*STAFF, InvalidCursor),
    dependencies=guarded("admin:audit", "audit:view"),
)
async def list_audit_events(
    work: InWork,
    app: CurrentApp,
    wanted: Annotated[Facts, Depends(wanted_facts)],
    limit: PageLimit = 20,
    cursor: PageCursor = None,
) -> AuditPage:
    """The audit log, the latest first."""
    return await service.audit_page(work, app.keys, wanted, limit=limit, cursor=cursor)
