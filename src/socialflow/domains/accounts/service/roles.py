"""What each role may do beyond its own things, as this process knows it.

Roles stand in a table and can be changed while everything runs. Who asks is decided thousands of times a
second, so a process keeps the table in memory and reads it afresh every two seconds. `admin` is the
exception: it holds the whole catalogue, whatever the table says.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.models import ALLOWANCES, BUILT_IN, PERMISSIONS, Role
from socialflow.kernel.work import Actor, Work

FRESH_SECONDS = 2.0
EVERYTHING = frozenset(PERMISSIONS)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a role gives whoever has it."""

    permissions: frozenset[str] = frozenset()
    allowances: frozenset[str] = frozenset()
    rate: float = 1.0
    quota_bytes: int | None = None
    most_channels: int | None = None


# Of a role that nobody has heard of.
NOTHING = Standing()


def standing_in(row: Mapping[str, Any]) -> Standing:
    """What a row of the table gives; permissions that are in no catalogue any more give nothing."""
    is_admin = row["name"] == Role.ADMIN
    allowed = {name for name in ALLOWANCES if row.get(name, name != "may_invite")}
    return Standing(
        permissions=EVERYTHING if is_admin else frozenset(row["permissions"]) & EVERYTHING,
        allowances=frozenset(ALLOWANCES) if is_admin else frozenset(allowed),
        rate=float(row.get("rate", 1.0)),
        quota_bytes=row.get("quota_bytes"),
        most_channels=row.get("most_channels"),
    )


class _Memory:
    """What a process remembers of the table; it serves one installation."""

    def __init__(self) -> None:
        self.standings = {str(row["name"]): standing_in(row) for row in BUILT_IN}
        self.read_at = float("-inf")

    def keep(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.standings = {row["name"]: standing_in(row) for row in rows}
        self.read_at = monotonic()


_memory = _Memory()


async def freshen(work: Work) -> None:
    """Read the table, if the last look at it was two seconds ago."""
    if monotonic() - _memory.read_at >= FRESH_SECONDS:
        await look(work)


async def look(work: Work) -> None:
    """Read the table now."""
    _memory.keep(await queries.all_roles(work.db))


def standing_of(role: str) -> Standing:
    """What a role gives; an unknown role gives nothing."""
    return _memory.standings.get(role, NOTHING)


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; an unknown role may do nothing."""
    return standing_of(role).permissions


def roles_with(permission: str) -> list[str]:
    """Every role that holds a permission, those that were made here, too."""
    return [name for name, standing in _memory.standings.items() if permission in standing.permissions]


def scopes_of(role: str) -> frozenset[str]:
    """What a first-party log-in may ask for; `security` is never given to an app or a personal token."""
    own = frozenset({"read", "write", "security"})
    return own | {"admin"} if permissions_of(role) else own


def actor_of(account_id: uuid.UUID, role: str, scopes: frozenset[str], session_id: uuid.UUID | None) -> Actor:
    """Somebody of a role, with all that it gives."""
    standing = standing_of(role)
    return Actor(
        account_id,
        scopes,
        role,
        standing.permissions,
        session_id,
        rate=standing.rate,
        allowances=standing.allowances,
        quota_bytes=standing.quota_bytes,
        most_channels=standing.most_channels,
    )
