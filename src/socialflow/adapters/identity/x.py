"""X: OAuth 2 with PKCE, and who one is from the API; no address.

There is no way to ask for which app an access token was made, so none is taken from apps: one of another's app would
let that other in. https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
"""

from typing import Any

from socialflow.adapters.identity import grants
from socialflow.adapters.identity.grants import Client, text_of
from socialflow.adapters.identity.http import Http
from socialflow.adapters.identity.oidc import Terms
from socialflow.ports.identity import (
    Answer,
    Challenge,
    Identity,
    IdentityRefused,
    Native,
    NativeProof,
    ProviderTrouble,
)


class XProvider:
    """X, once Twitter."""

    kind = "x"
    takes: frozenset[Native] = frozenset()

    def __init__(self, terms: Terms, http: Http, *, api_url: str) -> None:
        self.name, self.issuer = terms.name, terms.issuer
        self._terms = terms
        self._http = http
        self._api = f"{api_url.rstrip('/')}/2"
        self._client = Client(terms.client_id, terms.client_secret, "basic")

    async def authorization_url(self, challenge: Challenge) -> str:
        """Where to send the browser."""
        scopes = " ".join(self._terms.scopes)
        return grants.address(f"{self.issuer}/i/oauth2/authorize", self._client, challenge, scopes)

    async def exchange(self, answer: Answer, challenge: Challenge) -> Identity:
        """Who came back."""
        code = grants.check(answer, self.issuer, says_issuer=False)
        given = await grants.redeem(self._http, f"{self._api}/oauth2/token", self._client, code, challenge)
        headers = {"Authorization": f"Bearer {grants.token_of(given)}"}
        fields = {"user.fields": "id,name,username,profile_image_url"}
        status, said = await self._http.get(f"{self._api}/users/me", params=fields, headers=headers)
        data: Any = said.get("data")
        if status != 200 or not isinstance(data, dict):
            raise ProviderTrouble(f"the provider does not say who it is: {status}")
        return Identity(
            issuer=self.issuer,
            subject=grants.subject_of(data.get("id")),
            name=text_of(data.get("name")) or text_of(data.get("username")),
            picture=text_of(data.get("profile_image_url"), 2_000),
        )

    async def verify(self, proof: NativeProof) -> Identity:  # noqa: ARG002  # the port's
        """Always refused: nothing ties a token to an app."""
        raise IdentityRefused("nothing that an app could bring is a proof")

    async def health(self) -> str:
        """The API answers; without a person's token it says no more than that."""
        status, _ = await self._http.get(f"{self._api}/users/me")
        if status not in {401, 403, 429}:
            raise ProviderTrouble(f"the API answered {status}")
        return self._api

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()
