"""Accounts as staff see them, what staff do to them, and the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from socialflow.domains.accounts.models import AccountState, SessionKind
from socialflow.domains.accounts.schemas.roles import RoleName
from socialflow.kernel.ids import AccountId, AppId, ChannelId, SessionId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), Field(examples=["Spam in comments."])]


class SuspensionPut(Body):
    """Why somebody is kept out, and until when."""

    reason: Reason = Field(description="Told to the person.")
    until: Annotated[datetime, Field(strict=False)] | None = Field(
        None, description="When they are let in again; null is until staff say so."
    )


class RolePut(Body):
    """The role that somebody shall have."""

    role: RoleName


class StaffAccountCard(Read):
    """An account in a list of staff's: nothing in it that the person keeps to themselves."""

    id: AccountId
    handle: str
    display_name: str
    role: str
    state: AccountState
    suspended_until: datetime | None
    created_at: datetime


class StaffAccountPage(Page[StaffAccountCard]):
    """A page of accounts."""


class Doer(StrEnum):
    """Who did something, as the person whom it is about may know it."""

    YOU = "you"
    STAFF = "staff"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class ActivityRead(Read):
    """Something that happened around one's own account."""

    seq: int = Field(description="Its place in the log.")
    at: datetime
    kind: str = Field(description="What the fact is called, `subject:thing:action`.", examples=["account:login:failed"])
    text: str = Field(description="The same in words.")
    by: Doer
    address: str | None = Field(description="Where it came from; null where that is nobody's business or not known.")
    place: str | None = Field(description="City and country of the address, where they are known.")
    user_agent: str | None
    device: str | None = Field(description="What the user agent is called by people.", examples=["Firefox on Linux"])


class ActivityPage(Page[ActivityRead]):
    """A page of one's own activity, the latest first."""


class AuditRead(Read):
    """A fact of the audit log."""

    seq: int
    at: datetime
    tag: str
    account_id: AccountId | None
    account_handle: str | None
    actor_id: AccountId | None
    actor_handle: str | None
    actor_role: str
    details: dict[str, Any] | None = Field(description="Null when they were erased with a person.")


class AuditPage(Page[AuditRead]):
    """A page of the audit log, the latest first."""


class StaffSessionRead(Read):
    """A session of somebody. Where it is used from needs `accounts:view_private`; looking at that is noted."""

    id: SessionId
    kind: SessionKind
    app_id: AppId | None = Field(description="For an app's: whose it is.")
    device: str | None = Field(description="Browser and system, as far as they say.", examples=["Firefox on Linux"])
    place: str | None = Field(description="Roughly where the address is.")
    address: str | None
    created_at: datetime
    last_used_at: datetime = Field(description="Of a web session to the hour.")
    expires_at: datetime = Field(description="When it ends unless it is used.")
    ends_at: datetime = Field(description="When it ends however much it is used.")
    methods: list[str] = Field(description="How its owner has shown who they are (RFC 8176).", examples=[["pwd"]])


class StaffSessionPage(Page[StaffSessionRead]):
    """A page of somebody's sessions, the newest first."""


class StaffAccountRead(StaffAccountCard):
    """One account. What is null though it exists needs a permission that the asker does not hold."""

    channel_id: ChannelId
    email: str | None = Field(description="Needs `accounts:view_private`; looking at it is noted.")
    email_verified_at: datetime | None
    language: str
    has_password: bool
    has_totp: bool = Field(description="Whether codes of an authenticator app are asked for.")
    passkey_count: int
    recovery_codes_left: int
    suspended_reason: str | None
    erase_after: datetime | None
    updated_at: datetime
    session_count: int
    last_used_at: datetime | None
    may_suspend: bool = Field(description="Whether the asker may suspend this account and end its sessions.")
    may_change_role: bool
    may_reset_factors: bool = Field(description="Whether the asker may take its second factors away.")
    recent: list[AuditRead] = Field(description="The latest facts about it; empty without `audit:view`.")
