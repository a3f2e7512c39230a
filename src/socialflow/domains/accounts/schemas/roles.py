"""Roles, as staff make and see them."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.accounts.models import PERMISSIONS
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read

# The largest number of bytes that every client can count.
MOST_BYTES = 2**53 - 1


def _known(name: str) -> str:
    if name not in PERMISSIONS:
        raise PydanticCustomError("unknown_permission", "not in the catalogue of permissions")
    return name


RoleName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,29}$"),
    Field(description="Lower-case letters, digits and underscores.", examples=["curator"]),
]
RoleTitle = Annotated[str, StringConstraints(min_length=1, max_length=60), Field(examples=["Curator"])]
Permissions = Annotated[
    list[Annotated[str, AfterValidator(_known)]], Field(max_length=100, examples=[["videos:see_any"]])
]
Quota = Annotated[
    int | None, Field(ge=0, le=MOST_BYTES, description="Bytes that a holder may keep; null is what everybody may.")
]
Channels = Annotated[
    int | None, Field(ge=1, le=1_000, description="Channels that a holder may have; null is what everybody may.")
]
Multiple = Annotated[float, Field(ge=0.1, le=100, description="Cost points as a multiple of everybody's.")]


class RoleCreate(Body):
    """A new role."""

    name: RoleName
    title: RoleTitle
    permissions: Permissions = Field(default_factory=list)
    quota_bytes: Quota = None
    most_channels: Channels = None
    rate: Annotated[Multiple, Field(strict=False)] = 1.0
    may_upload: bool = True
    may_go_live: bool = True
    may_invite: bool = False


class RoleUpdate(Body):
    """What is to change of a role; absent members stay."""

    title: RoleTitle | None = None
    permissions: Permissions | None = None
    quota_bytes: Quota = None
    most_channels: Channels = None
    rate: Annotated[Multiple, Field(strict=False)] | None = None
    may_upload: bool | None = None
    may_go_live: bool | None = None
    may_invite: bool | None = None


class RoleRead(Read):
    """A role: what its holders may do, and how much."""

    name: str
    title: str
    built_in: bool
    permissions: list[str]
    quota_bytes: int | None = Field(description="Bytes that a holder may keep; null is what everybody may.")
    most_channels: int | None = Field(description="Channels that a holder may have; null is what everybody may.")
    rate: float = Field(description="Cost points as a multiple of everybody's.")
    may_upload: bool
    may_go_live: bool
    may_invite: bool
    holders: int = Field(description="How many accounts have it.")


class RolePage(Page[RoleRead]):
    """Every role; there is one page."""


class PermissionRead(Read):
    """Something that a role can permit."""

    name: str
    description: str


class PermissionPage(Page[PermissionRead]):
    """The catalogue of permissions; there is one page."""
