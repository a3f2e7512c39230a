"""Mail: one finished message to one person.

MailFailed is for what may pass: a server that is away, busy, or does not know us yet. MailRefused
is for what will not: nobody lives at that address, or the message is not one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class MailFailed(Exception):
    """The message was not taken this time; another try may help."""


class MailRefused(Exception):
    """The message will never be taken as it is: no such mailbox, or not from us."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail in both forms; subject and names are one line each, headers are ASCII.

    What is sent once more, since nobody knows whether it was taken, has the same `key` (letters and digits) as
    before: it makes the Message-ID, by which mail servers tell that they have it; a service over HTTP makes its own.
    Without a key it is a new mail.
    """

    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None


class Mailer(Protocol):
    """Hands messages to whoever delivers them."""

    async def send(self, message: Message) -> None:
        """Hand over one message; raises MailFailed or MailRefused."""
