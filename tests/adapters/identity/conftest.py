"""Every provider, each with somebody on the other side who speaks its words."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from tests.factories.issuers import CLIENT, SECRET, Facebook, Issuer, X, introduce, provider_mock, serving

from socialflow.adapters.identity import choosing
from socialflow.kernel import crypto
from socialflow.kernel.config import ProviderSettings
from socialflow.ports.identity import Challenge, IdentityProvider

ADA, BOB = "1001", "1002"
KINDS = ("oidc", "google", "apple", "facebook", "x")


@dataclass(frozen=True, slots=True)
class Known:
    """A provider under test, and what may be expected of it."""

    kind: str
    provider: IdentityProvider
    issuer: str
    tells_email: bool
    tells_verified: bool


@pytest.fixture(scope="session")
def real() -> Iterator[str]:
    """A real OpenID provider."""
    with provider_mock() as issuer:
        introduce(issuer, ADA, email="ada@gmail.com", email_verified=True, name="Ada Lovelace")
        introduce(issuer, BOB, email="bob@example.org", email_verified=False, name="Bob")
        yield issuer


def settings_of(kind: str, issuer: str, **more: Any) -> ProviderSettings:
    """The settings of a provider that is served at an address."""
    secret = {} if kind == "apple" else {"client_secret": SECRET}
    return ProviderSettings.model_validate({"kind": kind, "client_id": CLIENT, "issuer": issuer, **secret, **more})


def challenge() -> Challenge:
    """Fresh secrets of a log-in."""
    state, nonce, verifier = (crypto.token(name) for name in ("state", "nonce", "verifier"))
    return Challenge(state, nonce, verifier, "http://testserver/auth/providers/x/callback")


@pytest.fixture(params=KINDS)
async def known(request: pytest.FixtureRequest, real: str) -> AsyncIterator[Known]:
    """One provider after the other."""
    kind = request.param
    with ExitStack() as stack:
        issuer, more = real, {}
        people = {ADA: {"email": "ada@gmail.com", "name": "Ada Lovelace"}, BOB: {"name": "Bob"}}
        if kind == "apple":
            issuer, more = stack.enter_context(apple(people))
        elif kind in {"facebook", "x"}:
            other = Facebook(people) if kind == "facebook" else X(people)
            issuer = stack.enter_context(serving(other.app()))
            if isinstance(other, Facebook):
                other.limited.address = issuer
            more = {"api_url": issuer}
        provider = choosing.provider("test", settings_of(kind, issuer, **more))
        yield Known(kind, provider, issuer, tells_email=kind != "x", tells_verified=kind not in {"x", "facebook"})
        await provider.close()


class apple:  # noqa: N801  # used as a function
    """Apple's side: the answer by form, verified as text, and the secret a token signed by the team's key."""

    def __init__(self, people: dict[str, dict[str, Any]]) -> None:
        key = ECKey.generate_key("P-256", auto_kid=True)
        verified = {subject: {**said, "email_verified": "true"} for subject, said in people.items()}
        self.issuer = Issuer(verified, check_secret=lambda secret: self.is_ours(secret, key))
        self.more = {"team_id": "TEAM", "key_id": "KEY", "private_key": key.as_pem(private=True).decode()}

    def __enter__(self) -> tuple[str, dict[str, Any]]:
        self.server = serving(self.issuer.app())
        self.issuer.address = self.server.__enter__()
        return self.issuer.address, self.more

    def __exit__(self, *_: object) -> None:
        self.server.__exit__(None, None, None)

    def is_ours(self, secret: str, key: ECKey) -> bool:
        """As Apple looks at it."""
        try:
            token = jwt.decode(secret, key, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        said = {"iss": "TEAM", "sub": CLIENT, "aud": self.issuer.address}
        return token.header["kid"] == "KEY" and {name: token.claims[name] for name in said} == said
