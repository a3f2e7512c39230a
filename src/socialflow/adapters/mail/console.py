"""Mail for those who develop: the text is printed, and nothing is kept."""

import sys
from typing import TextIO

from socialflow.adapters.mail.mime import check
from socialflow.ports.mail import Message


class ConsoleMailer:
    """Prints every message."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    async def send(self, message: Message) -> None:
        """Print the text below a head of two lines."""
        check(message)
        lines = "\n".join(_visible(line) for line in message.text.splitlines())
        print(f"To: {message.to}\nSubject: {message.subject}\n\n{lines}\n", file=self._stream or sys.stdout, flush=True)


def _visible(line: str) -> str:
    """The line without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
