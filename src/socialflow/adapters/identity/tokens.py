"""ID tokens, checked wholly (OpenID Connect Core, 3.1.3.7; RFC 8725).

The algorithm must be one that the provider says it signs with and one of ours, which are all asymmetric; the key is
found by `kid`, and read afresh when it is unknown, but not more often than every half minute.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from socialflow.adapters.identity.grants import subject_of
from socialflow.adapters.identity.http import Http, Json
from socialflow.ports.identity import IdentityRefused, ProviderTrouble

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
LONGEST_TOKEN = 16_384
SHORTEST_RSA = 2_048
SKEW_SECONDS = 60
# Whoever takes tokens once must remember them as long as they may come.
OLDEST_SECONDS = 86_400
FRESH_SECONDS = 3_600.0
REST_SECONDS = 30.0
UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)

Clock = Callable[[], float]
PublicKey = RSAKey | ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say. `clients` are those that it may be for, `nonces` the words one of which it must repeat."""

    issuers: Collection[str]
    clients: Collection[str]
    nonces: Collection[str]
    algorithms: Collection[str] = ("RS256",)


class PublishedKeys:
    """The keys of a provider, kept for an hour."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._keys: list[PublicKey] = []
        self._url = ""
        self._read_at = self._missed_at = float("-inf")

    async def find(self, url: str, kid: str | None, kind: str) -> PublicKey:
        """The key of a name and kind; without a name the only one of the kind. Raises IdentityRefused."""
        now = monotonic()
        if url != self._url or now - self._read_at > FRESH_SECONDS:
            await self._read(url)
        found = self._pick(kid, kind)
        if found is None and now - self._missed_at > REST_SECONDS:
            # The provider may have a new key; that somebody makes names up must not make us ask all the time.
            self._missed_at = now
            await self._read(url)
            found = self._pick(kid, kind)
        if found is None:
            raise IdentityRefused("it is signed by an unknown key")
        return found

    async def _read(self, url: str) -> None:
        try:
            status, said = await self._http.get(url)
            if status != 200:
                raise ProviderTrouble(f"the keys cannot be read: {status}")
            keys = KeySet.import_key_set({"keys": said["keys"]}).keys
        except UNREADABLE:
            raise ProviderTrouble("the keys cannot be read") from None
        except ProviderTrouble:
            # What was known goes on being good for whoever was known.
            if url != self._url or not self._keys:
                raise
            self._read_at = monotonic()
            return
        self._keys = [key for key in keys if isinstance(key, RSAKey | ECKey | OKPKey) and _may_sign(key)]
        self._url, self._read_at = url, monotonic()

    def _pick(self, kid: str | None, kind: str) -> PublicKey | None:
        fitting = [key for key in self._keys if key.key_type == kind and (kid is None or key.kid == kid)]
        return fitting[0] if len(fitting) == 1 else None


async def read(token: str, keys: PublishedKeys, url: str, expected: Expected, now: float) -> Json:
    """What a token says; raises IdentityRefused unless all of it is right."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise IdentityRefused("it is no token")
    try:
        parsed = jws.extract_compact(token.encode())
        header = parsed.headers()
        algorithm, kid = header["alg"], header.get("kid")
    except UNREADABLE:
        raise IdentityRefused("it is no token") from None
    if not _is_one_of(algorithm, ALGORITHMS) or algorithm not in expected.algorithms:
        raise IdentityRefused("its algorithm is not one of the provider's")
    # Another sort of token, signed by the same key, is not about who somebody is (RFC 8725, 3.11).
    if str(header.get("typ", "JWT")).upper() != "JWT" or not isinstance(kid, str | None):
        raise IdentityRefused("it is another sort of token")

    key = await keys.find(url, kid, KINDS[algorithm[:2]])
    if key.get("alg") not in (None, algorithm):
        raise IdentityRefused("its algorithm is not that of the key")
    try:
        jws.deserialize_compact(token, key, algorithms=[algorithm])
        said = orjson.loads(parsed.payload)
    except UNREADABLE:
        raise IdentityRefused("its signature is wrong") from None
    if not isinstance(said, dict):
        raise IdentityRefused("it says nothing")
    for rule in (_issuer, _audience, _times, _nonce):
        rule(said, expected, now)
    subject_of(said.get("sub"))
    return said


def once(token: str, said: Json) -> frozenset[str]:
    """What of a token may be shown only once."""
    named = {f"{name}:{said[name]}" for name in ("jti", "nonce") if isinstance(said.get(name), str)}
    return frozenset({f"token:{hashlib.sha256(token.encode()).hexdigest()}", *named})


def _issuer(said: Json, expected: Expected, _: float) -> None:
    if not _is_one_of(said.get("iss"), expected.issuers):
        raise IdentityRefused("it is of another issuer")


def _audience(said: Json, expected: Expected, _: float) -> None:
    audience, party = said.get("aud"), said.get("azp")
    meant = [audience] if isinstance(audience, str) else audience
    # Not a single one may be a stranger: whoever else it is meant for could bring it here.
    if not isinstance(meant, list) or not meant or not all(_is_one_of(each, expected.clients) for each in meant):
        raise IdentityRefused("it is not meant for us")
    if (party is None and len(meant) > 1) or (party is not None and not _is_one_of(party, expected.clients)):
        raise IdentityRefused("it was given to somebody else")


def _times(said: Json, _: Expected, now: float) -> None:
    ends, began = _time(said.get("exp")), _time(said.get("iat"))
    begins = _time(said.get("nbf", began))
    if ends + SKEW_SECONDS <= now or began + OLDEST_SECONDS <= now:
        raise IdentityRefused("it has expired")
    if max(began, begins) - SKEW_SECONDS > now:
        raise IdentityRefused("it does not hold yet")


def _nonce(said: Json, expected: Expected, _: float) -> None:
    if not _is_one_of(said.get("nonce"), expected.nonces):
        raise IdentityRefused("its nonce is another")


def _is_one_of(value: Any, known: Collection[str]) -> bool:
    # Lists and objects have no place in a set, and are none of ours.
    return isinstance(value, str) and value in known


def _time(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e11:
        raise IdentityRefused("it does not say when it holds")
    return float(value)


def _may_sign(key: PublicKey) -> bool:
    if key.get("use") not in (None, "sig"):
        return False
    return not isinstance(key, RSAKey) or key.raw_value.key_size >= SHORTEST_RSA
