"""Roles: named sets of permissions, and the room that each gives its holders."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import String

from socialflow.kernel.db import Base


class Role(StrEnum):
    """The roles that every installation has; more can be made."""

    USER = "user"
    CREATOR = "creator"
    MODERATOR = "moderator"
    ADMIN = "admin"


# The closed catalogue: what can be permitted at all, and what it means. `admin` holds all of it, always.
PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "videos:see_any": "See videos whatever their visibility.",
        "videos:remove_any": "Delete other people's videos.",
        "channels:verify": "Vouch for the name of a channel, and take that back.",
        "posts:see_any": "See posts whatever their visibility.",
        "posts:remove_any": "Delete other people's posts.",
        "comments:remove_any": "Delete other people's comments.",
        "emojis:manage": "Choose the pictures that people can react by.",
        "accounts:view": "Look up accounts: handle, state, role, number of sessions.",
        "accounts:view_private": "See people's e-mail addresses and where they came from, and search by address.",
        "accounts:suspend": "Suspend accounts, take that back, and end their sessions.",
        "accounts:manage": "Change people's roles, reset their second factors, decide on sign-ups and invites.",
        "apps:manage": "See everybody's apps, verify them and stop them.",
        "roles:manage": "Make, change and delete roles.",
        "audit:view": "Read the audit log.",
        "jobs:manage": "See how videos are processed, and stop or restart that.",
    }
)
# What a role's policies may allow beside; names of `Actor.allowances`.
ALLOWANCES = ("may_upload", "may_go_live", "may_invite")


class RoleRow(Base):
    """One role. What `admin` may do is not read from here: it cannot be weakened."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    built_in: Mapped[bool] = mapped_column(default=False, server_default="false")
    permissions: Mapped[list[str]] = mapped_column(ARRAY(String))
    # Bytes that a holder may keep; None is what the installation gives everybody.
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    # Channels that a holder may have; None is what the installation gives everybody.
    most_channels: Mapped[int | None]
    # Cost points of a holder, as a multiple of everybody's.
    rate: Mapped[float] = mapped_column(default=1.0, server_default="1")
    may_upload: Mapped[bool] = mapped_column(default=True, server_default="true")
    may_go_live: Mapped[bool] = mapped_column(default=True, server_default="true")
    may_invite: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{1,29}$'", name="name"),
        CheckConstraint("quota_bytes >= 0", name="quota_bytes"),
        CheckConstraint("most_channels >= 1", name="most_channels"),
        CheckConstraint("rate BETWEEN 0.1 AND 100", name="rate"),
    )


_GIB = 1024**3
# What the migration put there: for tests, which empty all tables, and for what is known before the first look.
BUILT_IN: tuple[Mapping[str, Any], ...] = (
    {"name": Role.USER, "title": "User", "permissions": []},
    {
        "name": Role.CREATOR,
        "title": "Creator",
        "permissions": [],
        "quota_bytes": 200 * _GIB,
        "rate": 2.0,
        "may_invite": True,
    },
    {
        "name": Role.MODERATOR,
        "title": "Moderator",
        "permissions": [
            "videos:see_any",
            "posts:see_any",
            "posts:remove_any",
            "comments:remove_any",
            "emojis:manage",
            "accounts:view",
            "accounts:suspend",
        ],
        "rate": 2.0,
    },
    {
        "name": Role.ADMIN,
        "title": "Administrator",
        "permissions": sorted(PERMISSIONS),
        "quota_bytes": None,
        "rate": 5.0,
        "may_invite": True,
    },
)
