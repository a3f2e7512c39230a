"""IdentityProvider: somebody else who knows a person and says so to us.

Failures
├── IdentityRefused     what came is not a proof of who somebody is; `reason` says why, for logs and operators
├── IdentityDenied      the person, or the provider, said no
└── ProviderTrouble     the provider cannot be asked now, or does not answer as it should

An identity is an issuer and a subject; a mail address never is (OpenID Connect Core, 5.7).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class IdentityRefused(Exception):
    """What came proves nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class IdentityDenied(Exception):
    """The person does not want to, or the provider does not let them."""


class ProviderTrouble(Exception):
    """The provider does not answer, or not as it should."""


class Native(StrEnum):
    """What a provider's own software on a phone hands to an app."""

    ID_TOKEN = "id_token"  # noqa: S105  # the name of a kind
    ACCESS_TOKEN = "access_token"  # noqa: S105  # the name of a kind


@dataclass(frozen=True, slots=True)
class Challenge:
    """Secrets of one log-in (RFC 6749, 10.12; RFC 7636; OpenID Connect Core, 3.1.2.1)."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sent the browser back with."""

    code: str = ""
    error: str = ""
    # Who says so (RFC 9207), where the provider tells.
    issuer: str | None = None
    # Apple's form tells the name here, once.
    name: str | None = None


@dataclass(frozen=True, slots=True)
class NativeProof:
    """What an app got from the provider's software: one of the two, the first with its nonce."""

    id_token: str | None = None
    access_token: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, as the provider knows them. The first two are who it is; the rest is hearsay."""

    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    name: str | None = None
    picture: str | None = None
    # What may be shown only once: the token's own name, its nonce. Names are prefixed by their kind.
    once: frozenset[str] = frozenset()


class IdentityProvider(Protocol):
    """One provider, configured."""

    name: str
    kind: str
    issuer: str
    # What apps may bring; empty where there is no way for them.
    takes: frozenset[Native]

    async def authorization_url(self, challenge: Challenge) -> str:
        """Where to send the browser; raises ProviderTrouble."""
        ...

    async def exchange(self, answer: Answer, challenge: Challenge) -> Identity:
        """Who came back; raises IdentityRefused, IdentityDenied or ProviderTrouble."""
        ...

    async def verify(self, proof: NativeProof) -> Identity:
        """Whose proof an app has brought; raises IdentityRefused or ProviderTrouble."""
        ...

    async def health(self) -> str:
        """What can be said of the provider; raises ProviderTrouble."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


@dataclass(frozen=True, slots=True)
class IdentityProviders:
    """All that are configured, by key, in the operator's order."""

    by_key: Mapping[str, IdentityProvider] = field(default_factory=dict)

    async def close(self) -> None:
        """Close connections."""
        for provider in self.by_key.values():
            await provider.close()
