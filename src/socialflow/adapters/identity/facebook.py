"""Facebook Login: OAuth 2 and the Graph API on the web, an access token or Limited Login's ID token from apps.

https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
"""

import hashlib
import hmac
from time import time
from typing import Any

from socialflow.adapters.identity import grants
from socialflow.adapters.identity.grants import Client, text_of
from socialflow.adapters.identity.http import Http, Json
from socialflow.adapters.identity.oidc import OidcProvider, Terms
from socialflow.adapters.identity.tokens import Clock
from socialflow.ports.identity import (
    Answer,
    Challenge,
    Identity,
    IdentityRefused,
    Native,
    NativeProof,
    ProviderTrouble,
)

VERSION = "v24.0"
FIELDS = "id,name,email,picture.width(256)"


class FacebookProvider:
    """Facebook. Its addresses are hearsay: it does not say whether they were verified."""

    kind = "facebook"
    takes = frozenset({Native.ID_TOKEN, Native.ACCESS_TOKEN})

    def __init__(self, terms: Terms, http: Http, *, api_url: str, clock: Clock = time) -> None:
        self.name, self.issuer = terms.name, terms.issuer
        self._terms = terms
        self._http = http
        self._api = f"{api_url.rstrip('/')}/{VERSION}"
        self._secret = terms.client_secret or ""
        # Limited Login, whose subject is the same number as the Graph API's id.
        self._limited = OidcProvider(terms, http, clock=clock)

    async def authorization_url(self, challenge: Challenge) -> str:
        """Where to send the browser."""
        endpoint = f"{self.issuer}/{VERSION}/dialog/oauth"
        return grants.address(endpoint, Client(self._terms.client_id), challenge, ",".join(self._terms.scopes))

    async def exchange(self, answer: Answer, challenge: Challenge) -> Identity:
        """Who came back."""
        code = grants.check(answer, self.issuer, says_issuer=False)
        client = Client(self._terms.client_id, self._secret, "post")
        given = await grants.redeem(self._http, f"{self._api}/oauth/access_token", client, code, challenge)
        return await self._me(grants.token_of(given))

    async def verify(self, proof: NativeProof) -> Identity:
        """Whose token an app has brought, if it was given to one of our apps."""
        if proof.id_token is not None:
            return await self._limited.verify(proof)
        if proof.access_token is None:
            raise IdentityRefused("a token is needed")
        about = await self._inspect(proof.access_token)
        me = await self._me(proof.access_token)
        if me.subject != str(about.get("user_id")):
            raise IdentityRefused("it is of another person")
        return me

    async def health(self) -> str:
        """The app's id and secret are good for asking about the app."""
        await self._inspect_raw(f"{self._terms.client_id}|{self._secret}")
        return self._api

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()

    async def _inspect(self, token: str) -> Json:
        # A token of another's app would let that other in here: whose it is comes before who it is.
        about = await self._inspect_raw(token)
        if about.get("is_valid") is not True or about.get("type", "USER") != "USER":
            raise IdentityRefused("it is not valid")
        if str(about.get("app_id")) not in {self._terms.client_id, *self._terms.audiences}:
            raise IdentityRefused("it was given to another app")
        return about

    async def _inspect_raw(self, token: str) -> Json:
        ours = f"{self._terms.client_id}|{self._secret}"
        status, said = await self._http.get(
            f"{self._api}/debug_token",
            params={"input_token": token},
            headers={"Authorization": f"Bearer {ours}"},
        )
        data: Any = said.get("data")
        if status != 200 or not isinstance(data, dict):
            raise ProviderTrouble(f"the provider does not say whose token it is: {_error(said)}")
        return data

    async def _me(self, token: str) -> Identity:
        proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        status, said = await self._http.get(
            f"{self._api}/me",
            params={"fields": FIELDS, "appsecret_proof": proof},
            headers={"Authorization": f"Bearer {token}"},
        )
        if status != 200:
            raise IdentityRefused(f"the provider does not know the token: {_error(said)}")
        picture: Any = said.get("picture")
        data = picture.get("data") if isinstance(picture, dict) else None
        return Identity(
            issuer=self.issuer,
            subject=grants.subject_of(said.get("id")),
            email=text_of(said.get("email")),
            name=text_of(said.get("name")),
            picture=text_of(data.get("url"), 2_000) if isinstance(data, dict) else None,
        )


def _error(said: Json) -> str:
    error = said.get("error")
    return str(error.get("message") if isinstance(error, dict) else error)[:200]
