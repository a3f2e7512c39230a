"""Sealed columns: a value opens at its place, under the secret it was sealed with, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.kernel import vault
from socialflow.kernel.crypto import BadSignature, KeyLost, Keys, number_of
from socialflow.kernel.vault import Place, SealedAway

OLD, NEW = "the secret of the first year", "the secret of the second year"
KEYS = Keys(OLD)
HERE = Place("seeds", "seed", "1")


@given(st.binary(max_size=300))
def test_a_sealed_value_opens_at_its_place_alone(plain: bytes) -> None:
    value = vault.seal(KEYS, HERE, plain)

    assert vault.unseal(KEYS, HERE, value) == plain
    assert vault.seal(KEYS, HERE, plain) != value
    for elsewhere in (Place("seeds", "seed", "2"), Place("seeds", "other", "1"), Place("others", "seed", "1")):
        with pytest.raises(BadSignature):
            vault.unseal(KEYS, elsewhere, value)


@given(st.data())
def test_a_value_that_was_changed_anywhere_does_not_open(data: st.DataObject) -> None:
    value = bytearray(vault.seal(KEYS, HERE, b"a seed"))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((BadSignature, SealedAway)):
        vault.unseal(KEYS, HERE, bytes(value))


@pytest.mark.parametrize("value", [b"", b"\x02", b"\x02" * 40, b"\x02" + bytes(200)])
def test_what_is_no_sealed_value_is_refused(value: bytes) -> None:
    with pytest.raises((BadSignature, SealedAway)):
        vault.unseal(KEYS, HERE, value)


def test_wrapping_anew_leaves_the_ciphertext_and_changes_the_key_around_it() -> None:
    value = vault.seal(KEYS, HERE, b"a seed")
    both = Keys(NEW, [OLD])
    fresh = vault.rewrap(both, HERE, value)

    assert fresh[vault.HEAD_BYTES + vault.WRAPPED_BYTES :] == value[vault.HEAD_BYTES + vault.WRAPPED_BYTES :]
    assert vault.sealed_under(fresh) == both.number != vault.sealed_under(value)
    assert vault.unseal(Keys(NEW), HERE, fresh) == b"a seed"
    with pytest.raises(BadSignature):
        vault.rewrap(both, Place("seeds", "seed", "2"), value)


def test_each_value_has_a_key_of_its_own() -> None:
    head = slice(vault.HEAD_BYTES, vault.HEAD_BYTES + vault.WRAPPED_BYTES)
    one, two = vault.seal(KEYS, HERE, b"one"), vault.seal(KEYS, HERE, b"two")
    mixed = one[: head.stop] + two[head.stop :]
    with pytest.raises(BadSignature):
        vault.unseal(KEYS, HERE, mixed)


def test_old_values_open_after_the_secret_was_replaced_twice() -> None:
    signed = KEYS.sign("cursor", b"page 2")
    sealed = KEYS.seal("totp:1", b"a seed")
    third = Keys("the secret of the third year", [NEW, OLD])

    third.verify("cursor", b"page 2", signed)
    assert third.unseal("totp:1", sealed) == b"a seed"
    assert third.sign("cursor", b"page 2") != signed
    assert len(set(third.numbers)) == 3


def test_values_from_before_there_were_numbers_still_open() -> None:
    unnumbered = KEYS.seal("totp:1", b"a seed")
    old_form = _as_before(KEYS, "totp:1", b"a seed")
    assert len(old_form) == len(unnumbered) - 5
    for keys in (KEYS, Keys(NEW, [OLD])):
        assert keys.unseal("totp:1", old_form) == b"a seed"
    with pytest.raises(BadSignature):
        Keys(NEW).unseal("totp:1", old_form)


def test_an_old_value_that_begins_like_a_new_one_opens_too() -> None:
    first = next(
        value for value in (_as_before(KEYS, "a", b"x", bytes([1, *number.to_bytes(11)])) for number in range(1))
    )
    assert number_of(first) is not None
    assert KEYS.unseal("a", first) == b"x"


def test_what_it_is_about_is_part_of_what_is_sealed() -> None:
    sealed = KEYS.seal("a", b"x", about=b"row 1")
    assert KEYS.unseal("a", sealed, about=b"row 1") == b"x"
    for about in (b"", b"row 2"):
        with pytest.raises(BadSignature):
            KEYS.unseal("a", sealed, about=about)


def test_a_lost_secret_is_named() -> None:
    sealed = KEYS.seal("a", b"x")
    with pytest.raises(KeyLost, match=rf"secret {KEYS.number.hex()}, which is not here.*SF_AUTH__PREVIOUS_SECRETS"):
        Keys(NEW).unseal("a", sealed)
    with pytest.raises(SealedAway):
        vault.unseal(Keys(NEW), HERE, vault.seal(KEYS, HERE, b"x"))


def _as_before(keys: Keys, purpose: str, plain: bytes, nonce: bytes = b"n" * 12) -> bytes:
    return nonce + vault.AESGCM(keys.derive(purpose)).encrypt(nonce, plain, None)
