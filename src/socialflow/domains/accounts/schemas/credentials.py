"""Passwords and addresses, as they are changed and proven."""

from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.accounts.schemas.fields import Email, Password, PresentPassword
from socialflow.kernel.schemas import Body

LinkToken = Annotated[
    str, StringConstraints(min_length=1, max_length=600), Field(description="What stands behind `token=` in the link.")
]


class PasswordChange(Body):
    """A new password, and the present one where there is one."""

    current_password: PresentPassword | None = None
    new_password: Password


class ResetAsk(Body):
    """An address whose account shall get a new password."""

    email: Email


class PasswordReset(Body):
    """A link of a mail, and the password that is wished."""

    token: LinkToken
    password: Password


class EmailChange(Body):
    """The address that one wishes to have."""

    email: Email


class LinkUse(Body):
    """A link of a mail."""

    token: LinkToken
