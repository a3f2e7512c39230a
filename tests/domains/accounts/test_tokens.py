"""Access tokens: only what we signed, for us, of this kind and in time, speaks for anybody."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey
from tests.factories.tokens import part

from socialflow.domains.accounts.errors import InvalidToken
from socialflow.domains.accounts.service import AccessTokens, Claims, new_signing_keys
from socialflow.kernel import crypto, ids

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEYS = new_signing_keys()
TOKENS = AccessTokens(KEYS, issuer="here", ttl_seconds=900)


def issued(tokens: AccessTokens = TOKENS) -> str:
    """A good token."""
    claims = Claims(ids.new(), ids.new(), "user", frozenset({"read"}), NOW + tokens.ttl)
    return tokens.issue(claims, NOW)


def signed(header: dict[str, Any], said: dict[str, Any], key: Any = None) -> str:
    """A token of our own key, or another's, with anything in it."""
    ours = KeySet.import_key_set(orjson.loads(KEYS)).keys[0]
    return jws.serialize_compact(header, orjson.dumps(said), key or ours, algorithms=["ES256", "Ed25519"])


def unsigned(header: dict[str, Any], token: str, signature: bytes) -> str:
    """The token's words under another header and signature."""
    return ".".join([crypto.to_text(orjson.dumps(header)), token.split(".")[1], crypto.to_text(signature)])


def test_a_good_token_is_read_in_its_time_only() -> None:
    token = issued()
    assert TOKENS.read(token, NOW).role == "user"
    assert TOKENS.read(token, NOW + timedelta(seconds=899)).scopes == {"read"}
    for moment in (NOW + timedelta(seconds=900), NOW - timedelta(minutes=1)):
        with pytest.raises(InvalidToken):
            TOKENS.read(token, moment)


def test_the_algorithm_is_that_of_our_key_whatever_the_token_says() -> None:
    token = issued()
    header = part(token, 0)
    public = orjson.dumps(TOKENS.public()[0])
    message = f"{crypto.to_text(orjson.dumps({**header, 'alg': 'HS256'}))}.{token.split('.')[1]}".encode()
    forged = [
        unsigned({**header, "alg": "none"}, token, b""),
        unsigned({**header, "alg": "HS256"}, token, hmac.new(public, message, hashlib.sha256).digest()),
        unsigned(header, token, bytes(64)),
    ]
    for text in forged:
        with pytest.raises(InvalidToken):
            TOKENS.read(text, NOW)


@pytest.mark.parametrize("change", [{"typ": "JWT"}, {"kid": "other"}, {"cty": "JWT"}, {"jku": "https://evil.example"}])
def test_a_header_must_be_exactly_ours(change: dict[str, Any]) -> None:
    token = issued()
    header = {**part(token, 0), **change}
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(header, part(token, 1)), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "there"},
        {"aud": "there"},
        {"exp": None},
        {"exp": "9999999999"},
        {"sub": "vid_x"},
        {"sid": 7},
        {"jti": ""},
    ],
)
def test_nothing_may_be_missing_or_of_another_kind(change: dict[str, Any]) -> None:
    token = issued()
    said = {name: value for name, value in {**part(token, 1), **change}.items() if value is not None}
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(part(token, 0), said), NOW)


def test_another_key_signs_for_nobody() -> None:
    token = issued()
    stranger = ECKey.generate_key("P-256", private=True)
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(part(token, 0), part(token, 1), stranger), NOW)


def test_keys_are_rotated_by_order_and_of_two_kinds() -> None:
    old = KeySet.import_key_set(orjson.loads(KEYS)).keys[0]
    new = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True, auto_kid=True)
    both = orjson.dumps(KeySet([new, old]).as_dict(private=True)).decode()
    rotated = AccessTokens(both, issuer="here", ttl_seconds=900)

    assert rotated.read(issued(), NOW)
    assert part(issued(rotated), 0)["alg"] == "Ed25519"
    assert rotated.read(issued(rotated), NOW)
    assert len(rotated.public()) == 2
    assert not any("d" in key for key in rotated.public())
    with pytest.raises(InvalidToken):
        TOKENS.read(issued(rotated), NOW)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c", "....", "é.é.é", "x" * 5_000])
def test_other_text_is_no_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        TOKENS.read(text, NOW)
