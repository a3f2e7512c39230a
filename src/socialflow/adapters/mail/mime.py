"""From a message to what goes over the wire (RFC 5322, RFC 2045), with nothing smuggled into its headers."""

import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

from socialflow.ports.mail import MailRefused, Message

# RFC 5322, 3.6.8, without what would end a line or start another header.
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
# RFC 5321, 4.5.3.1.3.
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 300
LONGEST_HEADER = 900


def compose(message: Message, *, sender: str, reply_to: str | None = None) -> EmailMessage:
    """The message as MIME, text and HTML; raises MailRefused for one that no server should be shown."""
    check(message)
    to = deliverable(message.to)
    own_name, own_address = parseaddr(sender)
    found = EmailMessage(policy=policy.SMTP if to.isascii() else policy.SMTPUTF8)
    found["From"] = _address(own_name, own_address)
    found["To"] = _address("", to)
    found["Subject"] = message.subject
    found["Date"] = format_datetime(datetime.now(UTC))
    found["Message-ID"] = message_id(message, own_address)
    # RFC 3834: nobody's holiday notice shall answer.
    found["Auto-Submitted"] = "auto-generated"
    if reply_to is not None:
        name, address = parseaddr(reply_to)
        found["Reply-To"] = _address(name, address)
    found.set_content(message.text, charset="utf-8", cte="quoted-printable")
    found.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    # Last, since setting the content sets headers, too.
    for name, value in message.headers.items():
        found[name] = value
    return found


def message_id(message: Message, own_address: str) -> str:
    """What tells this mail from all others (RFC 5322, 3.6.4); of one that is sent again the same as before."""
    domain = own_address.rpartition("@")[2]
    return make_msgid(domain=domain) if message.key is None else f"<{message.key}@{domain}>"


def deliverable(address: str) -> str:
    """The address with its domain in ASCII, as every server knows it (RFC 5890); raises MailRefused."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise MailRefused("the address is none") from None


def _address(name: str, address: str) -> Address:
    username, _, domain = address.rpartition("@")
    return Address(name, username, domain)


def check(message: Message) -> None:
    """Raise MailRefused for an address, a subject or a header that is more than one line or too long."""
    local, at, domain = message.to.rpartition("@")
    if not (local and at and domain) or len(message.to) > LONGEST_ADDRESS or not is_one_line(message.to):
        raise MailRefused("the address is none")
    if any(letter in message.to for letter in ' ,;<>()[]"\\:'):
        raise MailRefused("the address is none")
    if not is_one_line(message.subject) or len(message.subject) > LONGEST_SUBJECT:
        raise MailRefused("the subject is not one line")
    for name, value in message.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not value.isascii() or not is_one_line(value):
            raise MailRefused(f"{name!r} is no header")
        if len(value) > LONGEST_HEADER:
            raise MailRefused(f"{name} is too long")


def is_one_line(text: str) -> bool:
    """Whether the text is something, without line ends and control characters of any alphabet."""
    return bool(text.strip()) and text.isprintable()
