"""OpenID Connect, found by discovery; Google and Apple are the same with other words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any

from socialflow.adapters.identity import grants, tokens
from socialflow.adapters.identity.grants import Client, text_of
from socialflow.adapters.identity.http import Http, Json
from socialflow.adapters.identity.tokens import Clock, Expected, PublishedKeys
from socialflow.kernel.config import is_safe_url
from socialflow.ports.identity import (
    Answer,
    Challenge,
    Identity,
    IdentityRefused,
    Native,
    NativeProof,
    ProviderTrouble,
)

FRESH_SECONDS = 3_600.0
SHORTEST_NONCE = 16
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the operator's choice."""

    name: str
    issuer: str
    client_id: str
    client_secret: str | None = None
    # Native apps, whose tokens are taken as well.
    audiences: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid", "profile", "email")


@dataclass(slots=True)
class Metadata:
    """What a provider says of itself, read again after an hour."""

    http: Http
    issuer: str
    said: Json = field(default_factory=dict)
    read_at: float = float("-inf")

    async def get(self) -> Json:
        """The document; it must name the very issuer that was configured (OpenID Connect Discovery, 4.3)."""
        if monotonic() - self.read_at > FRESH_SECONDS:
            try:
                self.said = await self._read()
            except ProviderTrouble:
                # What was known is better than nothing for a while.
                if not self.said:
                    raise
            self.read_at = monotonic()
        return self.said

    async def _read(self) -> Json:
        status, said = await self.http.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != 200:
            raise ProviderTrouble(f"discovery answered {status}")
        if said.get("issuer") != self.issuer:
            raise ProviderTrouble(f"discovery names another issuer: {str(said.get('issuer'))[:200]}")
        for name in ENDPOINTS:
            if not is_safe_url(str(said.get(name, "")).partition("?")[0]):
                raise ProviderTrouble(f"discovery gives no safe {name}")
        return said


class OidcProvider:
    """Any provider that can be discovered."""

    kind = "oidc"
    takes = frozenset({Native.ID_TOKEN})
    # How the browser brings the answer, where it is not by query, and what else is asked.
    more: Mapping[str, str] = {}

    def __init__(self, terms: Terms, http: Http, *, clock: Clock = time) -> None:
        self.name, self.issuer = terms.name, terms.issuer
        self._terms = terms
        self._http = http
        self._clock = clock
        self._metadata = Metadata(http, terms.issuer)
        self._keys = PublishedKeys(http)

    async def authorization_url(self, challenge: Challenge) -> str:
        """Where to send the browser."""
        said = await self._metadata.get()
        scopes = " ".join(self._terms.scopes)
        more = {"nonce": challenge.nonce, **self.more}
        return grants.address(said["authorization_endpoint"], self._client(said), challenge, scopes, **more)

    async def exchange(self, answer: Answer, challenge: Challenge) -> Identity:
        """Who came back: the code for tokens, and from the ID token who it is."""
        said = await self._metadata.get()
        says_issuer = said.get("authorization_response_iss_parameter_supported") is True
        code = grants.check(answer, self.issuer, says_issuer=says_issuer)
        given = await grants.redeem(self._http, said["token_endpoint"], self._client(said), code, challenge)
        token = given.get("id_token")
        if not isinstance(token, str):
            raise IdentityRefused("there is no ID token")
        claims = await self._read(token, said, {self._terms.client_id}, {challenge.nonce})
        if "email" not in claims:
            claims = {**await self._userinfo(said, given, claims["sub"]), **claims}
        return self.identity(claims, answer)

    async def verify(self, proof: NativeProof) -> Identity:
        """Whose ID token an app has brought. The nonce may have been hashed on its way, as Apple's software does."""
        if proof.id_token is None or proof.nonce is None or len(proof.nonce) < SHORTEST_NONCE:
            raise IdentityRefused("an ID token and its nonce are needed")
        said = await self._metadata.get()
        clients = {self._terms.client_id, *self._terms.audiences}
        nonces = {proof.nonce, hashlib.sha256(proof.nonce.encode()).hexdigest()}
        claims = await self._read(proof.id_token, said, clients, nonces)
        return self.identity(claims, Answer(), once=tokens.once(proof.id_token, claims))

    async def health(self) -> str:
        """Discovery and keys can be read."""
        said = await self._metadata.get()
        status, _ = await self._http.get(said["jwks_uri"])
        if status != 200:
            raise ProviderTrouble(f"the keys cannot be read: {status}")
        return self.issuer

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()

    def identity(self, claims: Json, answer: Answer, *, once: frozenset[str] = frozenset()) -> Identity:
        """The person of these claims."""
        email = text_of(claims.get("email"))
        return Identity(
            issuer=self.issuer,
            subject=grants.subject_of(claims.get("sub")),
            email=email,
            email_verified=email is not None and self.vouches(claims),
            name=text_of(claims.get("name")) or answer.name,
            picture=text_of(claims.get("picture"), 2_000),
            once=once,
        )

    def vouches(self, claims: Json) -> bool:
        """Whether the provider says that the address is the person's."""
        return claims.get("email_verified") is True

    def issuers(self) -> set[str]:
        """How the issuer may be written in tokens."""
        return {self.issuer}

    def secret(self) -> str | None:
        """The client's secret at this time."""
        return self._terms.client_secret

    def _client(self, said: Json) -> Client:
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = "client_secret_basic" in methods
        return Client(self._terms.client_id, self.secret(), "basic" if basic else "post")

    async def _read(self, token: str, said: Json, clients: set[str], nonces: set[str]) -> Json:
        algorithms: Any = said.get("id_token_signing_alg_values_supported") or ["RS256"]
        expected = Expected(self.issuers(), clients, nonces, frozenset(map(str, algorithms)))
        return await tokens.read(token, self._keys, said["jwks_uri"], expected, self._clock())

    async def _userinfo(self, said: Json, given: Json, subject: str) -> Json:
        endpoint = said.get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not is_safe_url(endpoint):
            return {}
        headers = {"Authorization": f"Bearer {grants.token_of(given)}"}
        status, found = await self._http.get(endpoint, headers=headers)
        # Another person's could be put in its place (OpenID Connect Core, 5.3.4).
        if status != 200 or found.get("sub") != subject:
            return {}
        return found


class GoogleProvider(OidcProvider):
    """Google (https://developers.google.com/identity/openid-connect/openid-connect)."""

    kind = "google"
    more: Mapping[str, str] = {"prompt": "select_account"}

    def issuers(self) -> set[str]:
        """Older tokens leave the scheme out."""
        return {self.issuer, self.issuer.removeprefix("https://")}

    def vouches(self, claims: Json) -> bool:
        """Google speaks for its own mailboxes and those of its Workspace; others were verified once, long ago."""
        email = str(claims.get("email", "")).lower()
        is_hosted = email.endswith("@gmail.com") or bool(claims.get("hd"))
        return super().vouches(claims) and is_hosted
