"""Making, changing and deleting roles. What changes is known to every process two seconds later."""

from collections.abc import Callable, Sequence

from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import RoleExists, RoleInUse, RoleIsBuiltIn
from socialflow.domains.accounts.models import PERMISSIONS, Role, RoleRow
from socialflow.domains.accounts.schemas import PermissionRead, RoleCreate, RoleRead, RoleUpdate
from socialflow.domains.accounts.service.roles import standing_in
from socialflow.domains.accounts.service.staff import at_work
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

# What is decided elsewhere than in the table, or would make staff of everybody who signs up.
FIXED = {
    Role.ADMIN: frozenset({"permissions", "may_upload", "may_go_live", "may_invite"}),
    Role.USER: frozenset({"permissions"}),
}

# Null is what everybody may.
NULLABLE = frozenset({"quota_bytes", "most_channels"})


def catalogue() -> list[PermissionRead]:
    """Every permission there is, with its sentence."""
    return [PermissionRead(name=name, description=sentence) for name, sentence in PERMISSIONS.items()]


async def list_roles(work: Work) -> Sequence[RoleRead]:
    """Every role, the built-in ones first, and how many have it."""
    policy.must_hold(work.actor, "accounts:view")
    return [_read(row, holders) for row, holders in await queries.roles_in_order(work.db)]


async def one_role(work: Work, name: str) -> RoleRead:
    """One role; raises NotFound."""
    policy.must_hold(work.actor, "accounts:view")
    return await _present(work, name)


async def make_role(work: Work, body: RoleCreate) -> RoleRead:
    """Make a role out of permissions that one holds."""
    staff = await at_work(work, "roles:manage")
    policy.may_grant(staff, frozenset(body.permissions))
    values = body.model_dump() | {"permissions": sorted(set(body.permissions))}
    work.db.add(RoleRow(**values, built_in=False, created_at=work.now, updated_at=work.now))
    try:
        await work.db.flush()
    except IntegrityError:
        raise RoleExists from None
    work.note("staff:role:made", role=body.name, permissions=values["permissions"])
    return await _present(work, body.name)


async def change_role_itself(work: Work, name: str, body: RoleUpdate, check: Callable[[RoleRead], None]) -> RoleRead:
    """Change title, permissions or policies of a role, if `check` lets it be as it is; absent members stay."""
    staff = await at_work(work, "roles:manage")
    row = await queries.role_for_update(work.db, name)
    if row is None:
        raise NotFound
    check(_read(row, await queries.holders_of(work.db, name)))
    sent = body.model_dump(exclude_unset=True)
    if sent.get("permissions") is not None:
        sent["permissions"] = sorted(set(sent["permissions"]))
    # A null is a value for these alone; elsewhere it says nothing.
    before = {key: getattr(row, key) for key in sent}
    changed = {
        key: value for key, value in sent.items() if value != before[key] and (value is not None or key in NULLABLE)
    }
    _check_fixed(row, changed)
    # What one lacks can be given to nobody, nor taken away from a role that stands above one's own.
    policy.may_grant(staff, standing_in(vars(row)).permissions | frozenset(changed.get("permissions", ())))
    for key, value in changed.items():
        setattr(row, key, value)
    if changed:
        row.updated_at = work.now
        work.note("staff:role:changed", role=name, before={key: before[key] for key in changed}, after=changed)
    await work.db.flush()
    return await _present(work, name)


async def delete_role(work: Work, name: str) -> None:
    """Delete a role that nobody has."""
    staff = await at_work(work, "roles:manage")
    row = await queries.role_for_update(work.db, name)
    if row is None:
        raise NotFound
    if row.built_in:
        raise RoleIsBuiltIn
    policy.may_grant(staff, standing_in(vars(row)).permissions)
    if await queries.holders_of(work.db, name):
        raise RoleInUse
    await work.db.delete(row)
    work.note("staff:role:deleted", role=name, permissions=row.permissions)


def _check_fixed(row: RoleRow, changed: dict[str, object]) -> None:
    fixed = FIXED.get(Role(row.name), frozenset[str]()) if row.built_in else frozenset[str]()
    if fixed & set(changed):
        raise RoleIsBuiltIn(extra={"fixed": sorted(fixed & set(changed))})


async def _present(work: Work, name: str) -> RoleRead:
    row = await queries.role_named(work.db, name)
    if row is None:
        raise NotFound
    return _read(row, await queries.holders_of(work.db, name))


def _read(row: RoleRow, holders: int) -> RoleRead:
    standing = standing_in(vars(row))
    allowed = standing.allowances
    return RoleRead(
        name=row.name,
        title=row.title,
        built_in=row.built_in,
        permissions=[name for name in PERMISSIONS if name in standing.permissions],
        quota_bytes=row.quota_bytes,
        most_channels=row.most_channels,
        rate=row.rate,
        may_upload="may_upload" in allowed,
        may_go_live="may_go_live" in allowed,
        may_invite="may_invite" in allowed,
        holders=holders,
    )
