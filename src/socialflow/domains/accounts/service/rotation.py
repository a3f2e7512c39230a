"""Rotation of the keys that sign access tokens: a new one signs, old ones verify until nothing of theirs is about.

The set is a private JWK Set (RFC 7517). Two members of our own stand beside those of the standard, in seconds
since 1970: `sf_made_at`, and `sf_replaced_at` of a key that signs no more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from joserfc.jwk import ECKey, OKPKey

MADE_AT, REPLACED_AT = "sf_made_at", "sf_replaced_at"
# Beyond the life of the last token: clocks differ, and processes look at the file now and then.
MARGIN = timedelta(minutes=5)


class Algorithm(StrEnum):
    """How access tokens are signed."""

    # Every JWT library knows it.
    ES256 = "ES256"
    # Shorter and quicker, and known to fewer (RFC 8037, RFC 9864).
    ED25519 = "Ed25519"


@dataclass(frozen=True, slots=True)
class KeyState:
    """One key of a set, without what is secret of it."""

    kid: str
    algorithm: str
    signs: bool
    made_at: datetime | None
    replaced_at: datetime | None


def first_keys(now: datetime, algorithm: Algorithm = Algorithm.ES256) -> str:
    """A fresh set of one key."""
    return _written([_new_key(now, algorithm)])


def rotated(keys: str, now: datetime, algorithm: Algorithm = Algorithm.ES256) -> str:
    """The set with a new key in front, which signs from now on; the others verify."""
    old = _read(keys)
    if old:
        old[0] = {**old[0], REPLACED_AT: int(now.timestamp())}
    return _written([_new_key(now, algorithm), *old])


def retired(keys: str, now: datetime, *, access_ttl: timedelta) -> tuple[str, list[str]]:
    """The set without keys whose last token has run out, and the ids of those that went; the first always stays.

    A key of which it is not known when it was replaced stays, too: `without` takes it by name.
    """
    old = (now - access_ttl - MARGIN).timestamp()
    listed = _read(keys)
    kept = listed[:1] + [key for key in listed[1:] if key.get(REPLACED_AT, now.timestamp()) > old]
    return _written(kept), [key["kid"] for key in listed if key not in kept]


def without(keys: str, kid: str) -> str:
    """The set without one key, whose tokens are refused from then on; raises ValueError unless another stays."""
    listed = _read(keys)
    kept = [key for key in listed if key["kid"] != kid]
    if len(kept) == len(listed):
        raise ValueError(f"there is no key {kid}")
    if not kept:
        raise ValueError("it is the only key: rotate first")
    return _written(kept)


def described(keys: str) -> list[KeyState]:
    """What there is to know of each key."""
    return [
        KeyState(
            key["kid"],
            Algorithm.ED25519 if key["kty"] == "OKP" else Algorithm.ES256,
            number == 0,
            _time(key.get(MADE_AT)),
            _time(key.get(REPLACED_AT)),
        )
        for number, key in enumerate(_read(keys))
    ]


def _new_key(now: datetime, algorithm: Algorithm) -> dict[str, Any]:
    if algorithm is Algorithm.ED25519:
        key: OKPKey | ECKey = OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    else:
        key = ECKey.generate_key("P-256", private=True, auto_kid=True)
    return {**key.as_dict(private=True), "use": "sig", "alg": str(algorithm), MADE_AT: int(now.timestamp())}


def _read(keys: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = orjson.loads(keys)["keys"]
    for key in listed:
        if "kid" not in key:
            kind = OKPKey if key["kty"] == "OKP" else ECKey
            key["kid"] = kind.import_key(key).thumbprint()
    return listed


def _written(listed: list[dict[str, Any]]) -> str:
    return orjson.dumps({"keys": listed}).decode()


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
