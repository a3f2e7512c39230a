"""Keys by purpose: what is signed or sealed for one is nothing to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.kernel import crypto
from socialflow.kernel.crypto import BadSignature, Keys

KEYS = Keys("an installation's secret")


@given(st.binary(max_size=200))
def test_what_is_sealed_is_read_only_for_its_purpose_and_by_its_installation(plain: bytes) -> None:
    sealed = KEYS.seal("a", plain)

    assert KEYS.unseal("a", sealed) == plain
    assert sealed != KEYS.seal("a", plain)
    for keys, purpose, text in (
        (KEYS, "b", sealed),
        (Keys("another"), "a", sealed),
        (KEYS, "a", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(BadSignature):
            keys.unseal(purpose, text)


@pytest.mark.parametrize("sealed", [b"", b"short", b"\0" * 12, b"\0" * 27])
def test_what_is_too_short_to_be_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(BadSignature):
        KEYS.unseal("a", sealed)


def test_a_signature_is_of_one_purpose_and_one_message() -> None:
    signature = KEYS.sign("a", b"message")

    KEYS.verify("a", b"message", signature)
    for purpose, message, other in (("b", b"message", signature), ("a", b"massage", signature), ("a", b"message", b"")):
        with pytest.raises(BadSignature):
            KEYS.verify(purpose, message, other)


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {crypto.token("sfr") for _ in range(100)}

    assert len(tokens) == 100
    assert all(token.startswith("sfr_") and len(token) >= 47 for token in tokens)
    assert crypto.digest("a") != crypto.digest("b")


@given(st.binary(max_size=64))
def test_base64url_goes_there_and_back(raw: bytes) -> None:
    assert crypto.from_text(crypto.to_text(raw)) == raw


@pytest.mark.parametrize("text", ["a", "\u00e4\u00e4", "a+b/", "ab=c", "****", "a b c d"])
def test_other_text_is_not_base64url(text: str) -> None:
    with pytest.raises(ValueError):
        crypto.from_text(text)
