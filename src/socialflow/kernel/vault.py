"""Sealed columns: values that even a whole copy of the database does not give away.

Every value has a data key of its own (AES-256-GCM), which is sealed in turn under the installation's
key; only that small wrapping is made anew when the secret is replaced. Both layers are bound to
table, column and row: a ciphertext that is moved to another row does not open.

    0x02 | number of the secret (4) | nonce (12) | wrapped data key (48) | nonce (12) | ciphertext and tag

A data key seals one value, so the limit of random nonces (2^32 values per key, NIST SP 800-38D, 8.3)
falls on the wrapping alone.

A domain declares its sealed columns beside its models, `vault.sealed("totp_secrets", "seed")`; those
that are sealed by `Keys.seal` name the purpose, `vault.sealed("totp_secrets", "seed", purpose="totp:{id}")`.
Both are found and sealed anew by `socialflow secrets rotate`.
"""

import os
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from socialflow.kernel.crypto import NONCE_BYTES, NUMBER_BYTES, BadSignature, KeyLost, Keys, number_of
from socialflow.kernel.errors import Unavailable

ENVELOPE = b"\x02"
PURPOSE = "vault"
KEY_BYTES = 32
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + 16
HEAD_BYTES = len(ENVELOPE) + NUMBER_BYTES


class SealedAway(Unavailable):
    """What was kept encrypted cannot be read at present; the operators of this site have to look into it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands: nowhere else does it open."""

    table: str
    column: str
    row: str

    @property
    def about(self) -> bytes:
        """The associated data of both layers."""
        return f"{self.table}\0{self.column}\0{self.row}".encode()


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values; `row` is the column that names a row in them, `purpose` that of `Keys.seal`."""

    table: str
    column: str
    row: str = "id"
    purpose: str | None = None

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.column}"

    def rewrapped(self, keys: Keys, row: Any, value: bytes) -> bytes:
        """The same value under the secret in force; raises BadSignature, or KeyLost."""
        if self.purpose is None:
            return rewrap(keys, Place(self.table, self.column, str(row)), value)
        purpose = self.purpose.format(**{self.row: row})
        return keys.seal(purpose, keys.unseal(purpose, value))


columns: dict[str, SealedColumn] = {}


def sealed(table: str, column: str, *, row: str = "id", purpose: str | None = None) -> None:
    """Declare a sealed column, beside the model that has it."""
    declared = SealedColumn(table, column, row, purpose)
    columns[declared.name] = declared


def seal(keys: Keys, place: Place, plain: bytes) -> bytes:
    """A value that opens at its place alone."""
    data_key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
    return _wrap(keys, place, data_key) + nonce + AESGCM(data_key).encrypt(nonce, plain, place.about)


def unseal(keys: Keys, place: Place, value: bytes) -> bytes:
    """The plain bytes; raises BadSignature for what was changed or moved, SealedAway where its secret is lost."""
    try:
        data_key = _unwrap(keys, place, value)
    except KeyLost as lost:
        raise SealedAway from lost
    rest = value[HEAD_BYTES + WRAPPED_BYTES :]
    return _decrypt(data_key, rest, place.about)


def rewrap(keys: Keys, place: Place, value: bytes) -> bytes:
    """The same ciphertext, its data key wrapped under the secret in force."""
    return _wrap(keys, place, _unwrap(keys, place, value)) + value[HEAD_BYTES + WRAPPED_BYTES :]


def sealed_under(value: bytes) -> bytes | None:
    """The number of the secret behind a value of either form; None for the oldest form, which has none."""
    if value.startswith(ENVELOPE):
        return value[len(ENVELOPE) : HEAD_BYTES]
    return number_of(value)


def _wrap(keys: Keys, place: Place, data_key: bytes) -> bytes:
    nonce, head = os.urandom(NONCE_BYTES), ENVELOPE + keys.number
    return head + nonce + AESGCM(keys.derive(PURPOSE)).encrypt(nonce, data_key, head + place.about)


def _unwrap(keys: Keys, place: Place, value: bytes) -> bytes:
    if not value.startswith(ENVELOPE) or len(value) < HEAD_BYTES + WRAPPED_BYTES:
        raise BadSignature
    head, wrapped = value[:HEAD_BYTES], value[HEAD_BYTES : HEAD_BYTES + WRAPPED_BYTES]
    return _decrypt(keys.under(head[len(ENVELOPE) :], PURPOSE), wrapped, head + place.about)


def _decrypt(key: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise BadSignature from None
