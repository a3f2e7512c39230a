"""Keys by purpose, signatures and digests. One secret in the settings, one derived key per use.

The secret can be replaced: what was signed or sealed under a previous one is still read as long as
that one is kept in the settings. A sealed value begins with its form and the number of its secret,

    0x01 | number of the secret (4 bytes) | nonce (12 bytes) | ciphertext and tag

so that it is known which secret is missing when one is. Values from before there were numbers are
nonce and ciphertext alone; they are opened by trying.

NIST SP 800-38D, 8.3: a key with random nonces may seal 2^32 values. A purpose that names a row
or a token, `f"totp:{id}"`, has a key of its own and never comes near; what is sealed by the million
under one key belongs into `kernel/vault.py`, where every value has its own.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
NUMBER_BYTES = 4
DERIVED = b"\x01"


class BadSignature(ValueError):
    """The value was not made by us, or was changed."""


class KeyLost(BadSignature):
    """The value was sealed under a secret that is not among those in the settings."""

    def __init__(self, number: bytes) -> None:
        self.number = number.hex()
        super().__init__(
            f"sealed under secret {self.number}, which is not here: put it into SF_AUTH__PREVIOUS_SECRETS again"
        )


class Keys:
    """Derives one independent 256-bit key per purpose from the installation's secret (HKDF-SHA256, RFC 5869).

    `previous` are former secrets, the latest first: nothing new is made with them.
    """

    def __init__(self, secret: str, previous: Sequence[str] = ()) -> None:
        self._secrets = [each.encode() for each in dict.fromkeys((secret, *previous))]
        self._of = lru_cache(maxsize=256)(self._derive)
        self.numbers = [self._of("number of a secret", at)[:NUMBER_BYTES] for at in range(len(self._secrets))]

    @property
    def number(self) -> bytes:
        """Which secret is in force: four bytes that tell it from others, and nothing about it."""
        return self.numbers[0]

    def derive(self, purpose: str) -> bytes:
        """The key of a purpose under the secret in force."""
        return self._of(purpose, 0)

    def under(self, number: bytes, purpose: str) -> bytes:
        """The key of a purpose under the secret of this number; raises KeyLost."""
        if number not in self.numbers:
            raise KeyLost(number)
        return self._of(purpose, self.numbers.index(number))

    def ever(self, purpose: str) -> Iterator[bytes]:
        """The keys of a purpose under every known secret, the one in force first."""
        return (self._of(purpose, at) for at in range(len(self._secrets)))

    def _derive(self, purpose: str, at: int) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=b"social-flow", info=purpose.encode()).derive(self._secrets[at])

    def sign(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA256 of a message, cut to 128 bits."""
        return _signature(self.derive(purpose), message)

    def verify(self, purpose: str, message: bytes, signature: bytes) -> None:
        """Raise BadSignature unless `sign` made this signature, under this secret or a previous one.

        A signature says for how long it holds, in what is signed: a former secret prolongs nothing.
        """
        good = [hmac.compare_digest(_signature(key, message), signature) for key in self.ever(purpose)]
        if not any(good):
            raise BadSignature

    def seal(self, purpose: str, plain: bytes, about: bytes = b"") -> bytes:
        """AES-256-GCM: only `unseal` with the same purpose, and about the same thing, reads it."""
        nonce, head = os.urandom(NONCE_BYTES), DERIVED + self.number
        return head + nonce + AESGCM(self.derive(purpose)).encrypt(nonce, plain, head + about)

    def unseal(self, purpose: str, sealed: bytes, about: bytes = b"") -> bytes:
        """The plain bytes again; raises BadSignature for what is not ours, KeyLost where its secret is gone."""
        end = len(DERIVED) + NUMBER_BYTES
        head, number = sealed[:end], number_of(sealed)
        if number in self.numbers:
            plain = _opened(self.under(number, purpose), sealed[end:], head + about)
            if plain is not None:
                return plain
        # One old value in 256 begins as the new ones do.
        for key in self.ever(purpose):
            plain = _opened(key, sealed, about or None)
            if plain is not None:
                return plain
        if number is not None and number not in self.numbers:
            raise KeyLost(number)
        raise BadSignature


def number_of(sealed: bytes) -> bytes | None:
    """Which secret a value was sealed under; None for one of the old form."""
    if not sealed.startswith(DERIVED):
        return None
    return sealed[len(DERIVED) : len(DERIVED) + NUMBER_BYTES]


def _signature(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()[:16]


def _opened(key: bytes, sealed: bytes, about: bytes | None) -> bytes | None:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        return None


def token(prefix: str) -> str:
    """A fresh 256-bit bearer secret, `sfr_...`."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> bytes:
    """SHA-256 of a bearer secret: what the database keeps. Secrets of 256 bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def to_text(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Bytes of base64url without padding; raises ValueError for other text."""
    if not text.isascii() or not {"+", "/", "="}.isdisjoint(text):
        raise ValueError("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
