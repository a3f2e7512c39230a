"""Values that stand in several bodies."""

import contextlib
import unicodedata
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, EmailStr, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.kernel.texts import STRAIGHT

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_024


def _fits(password: SecretStr) -> SecretStr:
    # Bytes are what is hashed; a password is never cut.
    if not SHORTEST_PASSWORD <= len(password.get_secret_value().encode()) <= LONGEST_PASSWORD:
        raise PydanticCustomError("password_length", "8 to 1024 bytes are needed")
    if "\0" in password.get_secret_value():
        raise PydanticCustomError("password_nul", "NUL cannot stand in a password")
    return password


def canonical(email: str) -> str:
    """An address as it is kept and compared: lower case, composed, an international domain in its own letters.

    Nothing else is made the same: dots and tags mean what the mailbox's host says they mean, and letters that
    look alike are other letters. Text that is no address comes back in lower case.
    """
    with contextlib.suppress(EmailNotValidError):
        email = validate_email(email, check_deliverability=False).normalized
    return unicodedata.normalize("NFC", email.lower())


def deliverable(email: str) -> str:
    """A kept address as mail servers know it: an international domain in ASCII."""
    found = validate_email(email, check_deliverability=False)
    return f"{found.local_part}@{found.ascii_domain}"


def _reachable(email: str) -> str:
    # Most mail servers know no other letters before the @ (RFC 6531), so nothing could be verified.
    if not email.rpartition("@")[0].isascii():
        raise PydanticCustomError("email_letters", "before the @ only ASCII letters can be used")
    return email


def _exact(password: Any) -> Any:
    # Bodies strip the ends of their texts; of a password they belong to it.
    return SecretStr(password) if isinstance(password, str) else password


# JSON has no secret strings, so these read leniently.
Password = Annotated[
    SecretStr,
    Field(strict=False, examples=["correct horse battery staple"]),
    AfterValidator(_fits),
    BeforeValidator(_exact),
]
# One that exists, and may be of any kind.
PresentPassword = Annotated[
    SecretStr,
    Field(strict=False, max_length=LONGEST_PASSWORD, examples=["correct horse battery staple"]),
    BeforeValidator(_exact),
]
Handle = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_]{3,30}$", to_lower=True, strip_whitespace=True),
    Field(description="Letters, digits and underscores; shown as @handle.", examples=["ada"]),
]
DisplayName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60, strip_whitespace=True),
    STRAIGHT,
    Field(examples=["Ada Lovelace"]),
]
Email = Annotated[
    EmailStr,
    StringConstraints(max_length=254),
    AfterValidator(canonical),
    AfterValidator(_reachable),
    Field(examples=["ada@example.org"]),
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$"),
    Field(description="Of mails: a language tag (BCP 47).", examples=["en"]),
]
