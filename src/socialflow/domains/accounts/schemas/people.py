"""Accounts, as they are made, changed and shown to their owners."""

from datetime import datetime

from pydantic import Field

from socialflow.domains.accounts.schemas.admission import Admission
from socialflow.domains.accounts.schemas.fields import DisplayName, Email, Handle, Language, Password
from socialflow.kernel.ids import AccountId, ChannelId
from socialflow.kernel.schemas import Body, Read


class AccountCreate(Admission):
    """A sign-up."""

    email: Email
    password: Password
    handle: Handle
    display_name: DisplayName


class AccountUpdate(Body):
    """What one may change about one's own account; absent members stay."""

    display_name: DisplayName | None = None
    language: Language | None = None
    is_private: bool | None = Field(
        None,
        description=(
            "Whether one decides who follows one, and shows what one has made to followers alone. Whoever waits to be"
            " let in is, once this ends."
        ),
    )


class AccountRead(Read):
    """One's own account."""

    id: AccountId
    handle: str
    display_name: str
    email: str
    email_verified: bool = Field(description="Whether the address has been shown to be theirs.")
    pending_email: str | None = Field(description="The address that replaces it once it is confirmed.")
    language: str
    has_password: bool
    is_private: bool = Field(description="Whether it shows what it has made to followers alone.")
    role: str
    channel_id: ChannelId
    created_at: datetime
