"""Logging in and what it gives."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialflow.domains.accounts.schemas.fields import PresentPassword
from socialflow.domains.accounts.schemas.people import AccountRead
from socialflow.kernel.ids import SessionId
from socialflow.kernel.schemas import Body, Read


class Login(Body):
    """A log-in by e-mail address or handle."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=254, to_lower=True), Field(examples=["ada"])]
    password: PresentPassword


class Refresh(Body):
    """A refresh token to be exchanged for a new pair."""

    refresh_token: Annotated[str, StringConstraints(max_length=200)]


class CredentialsRead(Read):
    """What a log-in gives: a pair of tokens, or a cookie and its CSRF token."""

    user: AccountRead
    token_type: Literal["Bearer", "Cookie"]
    access_token: str | None = Field(description="For `Authorization: Bearer`; null with a cookie.")
    refresh_token: str | None = Field(description="Good once, for the next pair; null with a cookie.")
    expires_in: int = Field(description="Seconds that the access token, or the unused cookie, lives.")
    csrf_token: str | None = Field(description="For `X-CSRF-Token` on every change made with the cookie.")


class SessionRead(Read):
    """Who one is at present."""

    id: SessionId
    user: AccountRead
    csrf_token: str | None
    permissions: list[str] = Field(description="What one's role permits beyond one's own things; empty for most.")
    allowances: list[str] = Field(
        description="What one's role lets one do with one's own things.", examples=[["may_go_live", "may_upload"]]
    )


class JwkSetRead(Read):
    """The public keys of access tokens (RFC 7517)."""

    keys: list[dict[str, str]]
