"""Mail by SMTP submission (RFC 6409), on a connection of its own for each message: they are few."""

import ssl
from pathlib import Path
from typing import Literal

import aiosmtplib

from socialflow.adapters.mail.mime import compose
from socialflow.ports.mail import MailFailed, MailRefused, Message

PORTS = {"starttls": 587, "implicit": 465, "none": 25}
# Answers to a recipient or to the content that mean 'never' (RFC 5321, 4.2.1); 5xx before that is about us.
PERMANENT = range(500, 600)
# 530, 535, 538: not without a log-in, or a stronger one. The operator can help, so the message waits.
ABOUT_US = {521, 530, 534, 535, 538}


class SmtpMailer:
    """Hands messages to a mail server."""

    def __init__(
        self,
        host: str,
        *,
        sender: str,
        reply_to: str | None = None,
        port: int | None = None,
        tls: Literal["starttls", "implicit", "none"] = "starttls",
        ca_file: Path | None = None,
        user: str | None = None,
        password: str | None = None,
        timeout: float = 20.0,
    ) -> None:
        self._host, self._port, self._tls = host, port or PORTS[tls], tls
        self._sender, self._reply_to = sender, reply_to
        self._ca_file, self._timeout = ca_file, timeout
        self._user, self._password = user, password

    async def send(self, message: Message) -> None:
        """Connect, log in, hand over, leave."""
        composed = compose(message, sender=self._sender, reply_to=self._reply_to)
        try:
            context = None if self._tls == "none" else ssl.create_default_context(cafile=self._ca_file)
            async with self._client(context) as client:
                await client.send_message(composed)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPDataError as error:
            raise _verdict(error.code, error.message) from error
        except aiosmtplib.SMTPNotSupported as error:
            # An address beyond ASCII, and a server without RFC 6531; or no STARTTLS, which is the operator's to mend.
            raise (MailFailed if message.to.isascii() else MailRefused)(str(error)) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailFailed(f"{type(error).__name__}: {error}"[:300]) from error

    def _client(self, context: ssl.SSLContext | None) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            timeout=self._timeout,
            use_tls=self._tls == "implicit",
            start_tls=self._tls == "starttls",
            tls_context=context,
        )


def _verdict(code: int, said: str) -> Exception:
    text = f"{code} {said}"[:300]
    return MailRefused(text) if code in PERMANENT and code not in ABOUT_US else MailFailed(text)
