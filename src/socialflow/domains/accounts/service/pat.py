"""The form of personal tokens: `sf_pat_`, 256 random bits, and a check that anybody can make without asking us.

All in base 62, the random part of 43 characters and the CRC-32 of it of 6: a scanner of source code can tell
a token from text that only looks like one, and never has to send us what it found in order to know.
"""

import re
import secrets
import string
import zlib

PREFIX = "sf_pat_"
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_BITS, RANDOM_LENGTH, CHECK_LENGTH = 256, 43, 6
_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{RANDOM_LENGTH}}})([0-9A-Za-z]{{{CHECK_LENGTH}}})")


def new() -> str:
    """A fresh token."""
    body = _written(secrets.randbits(RANDOM_BITS), RANDOM_LENGTH)
    return f"{PREFIX}{body}{check_of(body)}"


def check_of(body: str) -> str:
    """The six characters that follow a random part."""
    return _written(zlib.crc32(body.encode()), CHECK_LENGTH)


def is_well_formed(text: str) -> bool:
    """Whether this could be a personal token: its form and its check are right."""
    found = _FORM.fullmatch(text)
    return found is not None and check_of(found[1]) == found[2]


def _written(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits
