"""Log-ins and personal tokens, as their owner sees them."""

import ipaddress
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.domains.accounts.models import SessionKind
from socialflow.domains.accounts.schemas.apps import ScopeRead
from socialflow.kernel.ids import SessionId, TokenId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE

MOST_NETWORKS = 20
MOST_SCOPES = 50
LONGEST_SCOPE = 50
MOST_LEAKS = 1_000


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise PydanticCustomError("network", "not an address or a range of addresses such as 192.0.2.0/24") from None


Network = Annotated[
    str, StringConstraints(max_length=50), AfterValidator(_network), Field(examples=["192.0.2.0/24", "2001:db8::/32"])
]
Scope = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SCOPE), Field(examples=["write:videos"])]


class DeviceSession(Read):
    """One log-in on one device."""

    id: SessionId
    kind: SessionKind
    device: str = Field(description="Browser and system, as far as they say.", examples=["Firefox on Linux"])
    place: str | None = Field(description="Roughly where the address is; null where that is not known.")
    address: str
    created_at: datetime
    last_used_at: datetime = Field(description="Of a web session to the hour.")
    expires_at: datetime = Field(description="When it ends unless it is used.")
    ends_at: datetime = Field(description="When it ends however much it is used.")
    methods: list[str] = Field(description="How its owner has shown who they are (RFC 8176).", examples=[["pwd"]])
    current: bool = Field(description="Whether it is the one that asks.")


class DeviceSessionPage(Page[DeviceSession]):
    """A page of log-ins, the newest first."""


class TokenCreate(Body):
    """A personal token to be made."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True), LINE] = Field(
        examples=["Backup script"]
    )
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=MOST_SCOPES)] = Field(
        description="What it may ask for; never `security`."
    )
    expires_at: Annotated[datetime | None, Field(strict=False)] = Field(
        None, description="When it ends; the longest time that is allowed where nothing is said."
    )
    networks: Annotated[list[Network], Field(max_length=MOST_NETWORKS)] = Field(
        default_factory=list, description="Addresses that it is good from (CIDR); any when empty."
    )


class PersonalTokenRead(Read):
    """A personal token; its secret is never shown again."""

    id: TokenId
    name: str
    scopes: list[str]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the hour.")


class PersonalTokenPage(Page[PersonalTokenRead]):
    """A page of personal tokens, the newest first."""


class NewPersonalToken(PersonalTokenRead):
    """A personal token with its secret, which is shown this once."""

    token: str = Field(examples=["sf_pat_..."])


class TokenOptions(Read):
    """What the caller may choose from for a personal token."""

    scopes: list[ScopeRead]
    longest_days: int = Field(description="For how long a token may be good at most.")


class TokenRevoke(Body):
    """A personal token to be given up."""

    token: Annotated[SecretStr, Field(strict=False, max_length=200)]


class TokenLeak(Body):
    """Something that looks like one of our tokens, and where it was found."""

    token: Annotated[SecretStr, Field(strict=False, max_length=200)]
    type: Annotated[str, StringConstraints(max_length=100)]
    url: Annotated[str | None, StringConstraints(max_length=2_000)] = None
    source: Annotated[str | None, StringConstraints(max_length=100)] = None


class TokenLeakVerdict(Read):
    """Whether what was found was a token of ours."""

    token_hash: str = Field(description="SHA-256 of what was reported, in hexadecimal.")
    token_type: str
    label: str = Field(description="`true_positive` or `false_positive`.")
