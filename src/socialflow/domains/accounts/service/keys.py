"""Access tokens: signed JWTs (RFC 9068) that are checked without a look at the database.

The algorithm comes from our key, never from the token; `typ`, `iss`, `aud`, `exp`, `iat`, `sub`,
`sid` and `jti` must all be there, and the words be as we would write them, or the token is none.
Keys that are kept in a file are read again when that changes, so that they are rotated while all runs.
"""

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from socialflow.domains.accounts.errors import InvalidToken
from socialflow.domains.accounts.service import rotation
from socialflow.kernel import ids, logs

TYPE = "at+jwt"
# RFC 9864 names the curve; `EdDSA` alone is deprecated.
ALGORITHMS = {"OKP": "Ed25519", "EC": "ES256"}
LONGEST_TOKEN = 4_096
MOST_REMEMBERED = 10_000
LOOK_SECONDS = 1.0
# What of a public key is for others.
PUBLISHED = ("kty", "crv", "x", "y", "kid", "use", "alg")
SKEW = timedelta(seconds=5)
# What text that is no token of ours can end in; a time far beyond all years is an OSError.
UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError, OSError)

log = logs.named(__name__)


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    account_id: uuid.UUID
    session_id: uuid.UUID
    role: str
    scopes: frozenset[str]
    expires_at: datetime
    # The app that it was given to; None for a log-in of our own.
    app_id: uuid.UUID | None = None


def new_signing_keys() -> str:
    """A fresh private JWK Set with one P-256 key, which every JWT library knows."""
    return rotation.first_keys(datetime.now(UTC))


class AccessTokens:
    """Issues and reads access tokens. The first key of the set signs; all of them verify."""

    def __init__(
        self, signing_keys: str, *, issuer: str, ttl_seconds: int, changed: Callable[[], str | None] = lambda: None
    ) -> None:
        """Read the private keys; raises ValueError for text that holds none that will do.

        `changed` gives other keys when there are some since it was last asked; it must not block.
        """
        self._changed = changed
        self._looked_at = time.monotonic()
        self._registry = jws.JWSRegistry(algorithms=sorted(ALGORITHMS.values()))
        self._issuer = issuer
        self.ttl = timedelta(seconds=ttl_seconds)
        # A signature is checked once per process and token: a quarter of a millisecond each time is dear.
        self._verified: OrderedDict[str, tuple[int, Claims]] = OrderedDict()
        self._use(_usable(signing_keys))

    def issue(self, claims: Claims, now: datetime) -> str:
        """The compact form of a new token."""
        self._look()
        header = {"alg": ALGORITHMS[self._signer.key_type], "kid": self._signer.kid, "typ": TYPE}
        payload = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": ids.show("acc", claims.account_id),
            "sid": ids.show("ses", claims.session_id),
            "jti": ids.show("jti", ids.new()),
            "iat": int(now.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
            "scope": " ".join(sorted(claims.scopes)),
            "role": claims.role,
        }
        if claims.app_id is not None:
            payload["client_id"] = ids.show("app", claims.app_id)
        return jws.serialize_compact(header, orjson.dumps(payload), self._signer, registry=self._registry)

    def read(self, token: str, now: datetime) -> Claims:
        """What a token says; raises InvalidToken unless everything about it is right."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken
        self._look()
        try:
            begins, claims = self._verified.get(token) or self._verify(token)
        except UNREADABLE:
            raise InvalidToken from None
        if not begins - SKEW.seconds <= now.timestamp() < claims.expires_at.timestamp():
            self._verified.pop(token, None)
            raise InvalidToken
        return claims

    def public(self) -> list[dict[str, str]]:
        """The public halves, for verifiers elsewhere."""
        self._look()
        halves = [key.as_dict(private=False) for key in self._keys.keys]
        return [{name: str(half[name]) for name in PUBLISHED if name in half} for half in halves]

    def _use(self, keys: KeySet) -> None:
        self._keys = keys
        self._by_kid = {key.kid: key for key in keys.keys}
        self._signer = keys.keys[0]
        # What a key said that is no more is said no more.
        self._verified.clear()

    def _look(self, *, at_once: bool = False) -> None:
        """Read keys that have changed."""
        if not at_once and time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        found = self._changed()
        if found is None:
            return
        try:
            self._use(_usable(found))
        except ValueError as error:
            log.warning("signing_keys_unusable", error=str(error))
            return
        log.info("signing_keys_read", kids=list(self._by_kid))

    def _verify(self, token: str) -> tuple[int, Claims]:
        parsed = jws.extract_compact(token.encode("ascii"))
        header = parsed.headers()
        if header["kid"] not in self._by_kid:
            # Another process may have read new keys, and signed with them, a moment before this one.
            self._look(at_once=True)
        key = self._by_kid[header["kid"]]
        if header != {"alg": ALGORITHMS[key.key_type], "kid": key.kid, "typ": TYPE}:
            raise InvalidToken
        jws.deserialize_compact(token, key, registry=self._registry)

        said = orjson.loads(parsed.payload)
        # A name that stands there twice, or in another spelling, would mean one thing here and another elsewhere.
        if orjson.dumps(said) != parsed.payload:
            raise InvalidToken
        known = _claims(said, self._issuer)
        self._verified[token] = known
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return known


def _usable(signing_keys: str) -> KeySet:
    try:
        keys = KeySet.import_key_set(orjson.loads(signing_keys))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("it is not a JWK Set") from None
    curves = {("EC", "P-256"), ("OKP", "Ed25519")}
    if not keys.keys or any((key.key_type, key.get("crv")) not in curves or not key.is_private for key in keys.keys):
        raise ValueError("private keys of P-256 or Ed25519 are needed")
    for key in keys.keys:
        key.ensure_kid()
    return keys


def _claims(said: dict[str, Any], issuer: str) -> tuple[int, Claims]:
    """From when a token holds and what it says; nothing may be missing or of another type."""
    issued, expires = said["iat"], said["exp"]
    begins = said.get("nbf", issued)
    if said["iss"] != issuer or said["aud"] != issuer or not said["jti"]:
        raise InvalidToken
    if {type(issued), type(begins), type(expires)} != {int}:
        raise InvalidToken
    return max(issued, begins), Claims(
        ids.parse("acc", said["sub"]),
        ids.parse("ses", said["sid"]),
        str(said["role"]),
        frozenset(said["scope"].split()),
        datetime.fromtimestamp(expires, tz=UTC),
        ids.parse("app", said["client_id"]) if "client_id" in said else None,
    )
