"""Mails, as their readers find them in the Maildir."""

import email
import re
from dataclasses import dataclass
from email import policy
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that has arrived."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]

    @property
    def link(self) -> str:
        """The first address that stands alone in a line: where the button leads."""
        found = re.search(r"^(https?://\S+)$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]


def read_letters(folder: Path) -> list[Letter]:
    """What lies in a Maildir, the oldest first."""
    paths = sorted(folder.glob("new/*"), key=lambda path: path.stat().st_mtime_ns)
    return [parse(path.read_bytes()) for path in paths]


def parse(raw: bytes) -> Letter:
    """A mail as it went over the wire."""
    found = email.message_from_bytes(raw, policy=policy.default)
    text, html = found.get_body(("plain",)), found.get_body(("html",))
    assert text is not None
    assert html is not None
    headers = {name.lower(): str(value) for name, value in found.items()}
    plain, page = (part.get_content().replace("\r\n", "\n") for part in (text, html))
    return Letter(headers["to"], headers["subject"], plain, page, headers)
