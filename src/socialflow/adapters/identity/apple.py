"""Sign in with Apple: the answer comes as a form, the client's secret is a token that we sign.

https://developer.apple.com/documentation/signinwithapple
"""

from collections.abc import Mapping
from time import time

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from socialflow.adapters.identity.grants import Client
from socialflow.adapters.identity.http import Http, Json
from socialflow.adapters.identity.oidc import OidcProvider, Terms
from socialflow.adapters.identity.tokens import Clock

# Apple takes half a year; what is made for each exchange need not live longer than it.
SECRET_SECONDS = 300


class AppleProvider(OidcProvider):
    """Apple."""

    kind = "apple"
    # Asked for name or address, Apple answers by form only.
    more: Mapping[str, str] = {"response_mode": "form_post"}

    def __init__(
        self, terms: Terms, http: Http, *, team_id: str, key_id: str, private_key: str, clock: Clock = time
    ) -> None:
        """Read the key; raises ValueError for one that is none of Apple's kind."""
        super().__init__(terms, http, clock=clock)
        self._team_id, self._key_id = team_id, key_id
        try:
            self._key = ECKey.import_key(private_key)
        except (JoseError, ValueError, TypeError):
            raise ValueError("the private key is not one of an elliptic curve, in PEM") from None
        if not self._key.is_private or self._key.curve_name != "P-256":
            raise ValueError("the private key is not one of P-256")

    def secret(self) -> str:
        """A fresh secret: who we are, signed with our key."""
        now = int(self._clock())
        claims = {
            "iss": self._team_id,
            "sub": self._terms.client_id,
            "aud": self.issuer,
            "iat": now,
            "exp": now + SECRET_SECONDS,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key_id}, claims, self._key, algorithms=["ES256"])

    def vouches(self, claims: Json) -> bool:
        """Apple writes the answer as text at times."""
        return claims.get("email_verified") in (True, "true")

    def _client(self, said: Json) -> Client:  # noqa: ARG002  # Apple takes it in one way, whatever it says
        return Client(self._terms.client_id, self.secret(), "post")
