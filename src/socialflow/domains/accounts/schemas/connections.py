"""Log-ins by other providers, and the connections that they make."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialflow.domains.accounts.schemas.admission import Admission
from socialflow.domains.accounts.schemas.entry import CredentialsRead
from socialflow.domains.accounts.schemas.fields import DisplayName, Email, Handle
from socialflow.kernel.ids import ConnectionId
from socialflow.kernel.schemas import Body, Read

Sealed = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]
Word = Annotated[str, StringConstraints(max_length=4_096)]


class ProviderRead(Read):
    """Somebody who may vouch for people."""

    key: str = Field(description="Its name in addresses.", examples=["google"])
    name: str = Field(description="For people.", examples=["Google"])
    kind: Literal["oidc", "google", "apple", "facebook", "x"]
    native: list[Literal["id_token", "access_token"]] = Field(description="What it takes from apps.")


class ProviderPage(Read):
    """All of them."""

    items: list[ProviderRead]
    next_cursor: str | None


class ProviderStart(Body):
    """The wish to log in by a provider."""

    next: Annotated[str, StringConstraints(max_length=1_000)] | None = Field(None, description="Comes back at the end.")


class ProviderStartRead(Read):
    """Where to send the browser, and what to keep until it comes back."""

    authorization_url: str
    transaction: str = Field(description="To be kept where only this browser or app can read it.")
    expires_in: int = Field(description="Seconds until it is good no longer.")


class ProviderReturn(Body):
    """What the browser came back with, and what was kept."""

    transaction: Sealed
    state: Word
    code: Word | None = None
    error: Word | None = None
    iss: Word | None = None
    name: DisplayName | None = Field(None, description="What Apple's form tells once.")


class NativeLogin(Body):
    """What the provider's software gave to an app: one of the two tokens, the first with its nonce."""

    id_token: Annotated[str, StringConstraints(min_length=1, max_length=16_384)] | None = None
    access_token: Annotated[str, StringConstraints(min_length=1, max_length=4_096)] | None = None
    nonce: Annotated[str, StringConstraints(min_length=16, max_length=256)] | None = Field(
        None, description="At least 16 characters, random and new each time; the token holds it, or its SHA-256 in hex."
    )
    name: DisplayName | None = Field(None, description="What Apple's software tells once.")


class UnfinishedSignUpRead(Read):
    """A newcomer, who has yet to choose a handle."""

    ticket: str = Field(description="For `POST /auth/providers/finish`.")
    expires_in: int
    provider: str
    email: str | None = Field(description="Null where the provider tells none: then one must be given.")
    email_verified: bool
    display_name: str | None


class ProviderLogInRead(Read):
    """How a log-in by a provider ended: with a session, or with a sign-up to be finished."""

    kind: Literal["session", "sign_up"]
    credentials: CredentialsRead | None
    sign_up: UnfinishedSignUpRead | None
    next: str | None


class ProviderSignUp(Admission):
    """The rest of a sign-up."""

    ticket: Sealed
    handle: Handle
    display_name: DisplayName
    email: Email | None = Field(None, description="Instead of what the provider told; must then be verified here.")


class ConnectionRead(Read):
    """A way in by another provider."""

    id: ConnectionId
    provider: str = Field(examples=["google"])
    provider_name: str = Field(examples=["Google"])
    usable: bool = Field(description="Whether the provider is still one of this installation's.")
    email: str | None
    name: str | None
    created_at: datetime
    last_used_at: datetime | None


class ConnectionPage(Read):
    """Some of them."""

    items: list[ConnectionRead]
    next_cursor: str | None
