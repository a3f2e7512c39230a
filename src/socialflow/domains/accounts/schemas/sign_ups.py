"""Coming in: invites, sign-ups that wait, and what was agreed to."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.accounts.models import Decision, Document
from socialflow.domains.accounts.schemas.fields import Email
from socialflow.kernel.ids import AccountId, InviteId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, PROSE

DATE_CHARACTERS = 10
LONGEST_REASON = 1_000


def _date(value: Any) -> Any:
    """A date as RFC 3339 writes it; numbers, which could mean seconds, are none."""
    if isinstance(value, str) and len(value) == DATE_CHARACTERS and value.isascii():
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif type(value) is date:
        return value
    raise PydanticCustomError("date", "a date such as 2001-02-28 is needed")


InviteToken = Annotated[str, StringConstraints(min_length=1, max_length=100), Field(examples=["sfi_..."])]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON), PROSE]
BirthDate = Annotated[
    date,
    Field(strict=False, description="Asked where there is a minimum age; not kept.", examples=["2001-02-28"]),
    BeforeValidator(_date),
]
TermsVersion = Annotated[str, StringConstraints(max_length=40), Field(examples=["2026-11"])]
Note = Annotated[str, StringConstraints(max_length=200), LINE]


class PendingRead(Read):
    """A sign-up that waits: there is an account, and it cannot log in yet."""

    state: Literal["pending"]
    handle: str
    detail: str


class InviteCreate(Body):
    """An invite; without a permission of staff it lets one person in."""

    max_uses: int = Field(1, ge=1, le=10_000, description="How many may come in by it.")
    days: int | None = Field(None, ge=1, le=365, description="How long it is good for.")
    note: Note = Field("", description="For yourself: whom it is for.")
    email: Email | None = Field(None, description="Whom we write to; the secret is then in the mail alone.")


class InviteRead(Read):
    """An invite, without its secret."""

    id: InviteId
    note: str
    max_uses: int
    uses: int
    created_by: AccountId | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class InviteMadeRead(Read):
    """A new invite; this is the only time that its secret is shown."""

    invite: InviteRead
    token: str | None = Field(description="Null where it is sent by mail.")
    link: str | None = Field(description="The sign-up page with the secret.")


class InvitePage(Page[InviteRead]):
    """Invites, the newest first."""


class SignUpRead(Read):
    """Somebody who would like to come in."""

    account_id: AccountId
    handle: str
    display_name: str
    email: str
    reason: str
    address: str
    created_at: datetime
    decision: Decision | None
    decided_at: datetime | None
    decided_by: AccountId | None
    answer: str | None


class SignUpPage(Page[SignUpRead]):
    """Sign-ups, the oldest first while they wait."""


class Rejection(Body):
    """Why a sign-up is not accepted; the applicant reads it."""

    reason: Reason = ""


class ConsentCreate(Body):
    """The version that is accepted; it must be the one in force."""

    document: Document = Field(strict=False)
    version: TermsVersion


class ConsentRead(Read):
    """What was agreed to, and when."""

    document: Document
    version: str
    at: datetime


class ConsentDueRead(Read):
    """What is to be agreed to now."""

    document: Document
    version: str
    url: str | None


class ConsentsRead(Read):
    """What one has agreed to, and what has changed since."""

    due: list[ConsentDueRead]
    given: list[ConsentRead]
