"""Mail by SendGrid's Mail Send API, version 3: https://www.twilio.com/docs/sendgrid/api-reference/mail-send."""

from email.utils import parseaddr
from typing import Any

import httpx2

from socialflow.adapters.mail.mime import check, deliverable
from socialflow.ports.mail import MailFailed, MailRefused, Message

# The message itself is wrong (400) or too large (413). A key that is no good (401, 403), a busy service (429)
# and a broken one (5xx) are no fault of the message.
PERMANENT = {400, 413}


class SendGridMailer:
    """Hands messages to SendGrid."""

    def __init__(
        self,
        key: str,
        *,
        sender: str,
        reply_to: str | None = None,
        url: str = "https://api.sendgrid.com",
        timeout: float = 20.0,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._key, self._url, self._timeout = key, url.rstrip("/"), timeout
        self._sender, self._reply_to = _person(sender), _person(reply_to) if reply_to else None
        self._transport = transport

    async def send(self, message: Message) -> None:
        """One request for one message."""
        check(message)
        try:
            async with httpx2.AsyncClient(timeout=self._timeout, transport=self._transport) as client:
                answer = await client.post(
                    f"{self._url}/v3/mail/send",
                    json=self._body(message),
                    headers={"Authorization": f"Bearer {self._key}"},
                )
        except httpx2.HTTPError as error:
            raise MailFailed(f"{type(error).__name__}: {error}"[:300]) from error
        if answer.status_code in PERMANENT:
            raise MailRefused(f"SendGrid: {answer.status_code} {_said(answer)}")
        if not answer.is_success:
            raise MailFailed(f"SendGrid: {answer.status_code} {_said(answer)}")

    def _body(self, message: Message) -> dict[str, Any]:
        body: dict[str, Any] = {
            "personalizations": [{"to": [{"email": deliverable(message.to)}]}],
            "from": self._sender,
            "subject": message.subject,
            # Plain text first: the order is that of RFC 2046, and SendGrid demands it.
            "content": [{"type": "text/plain", "value": message.text}, {"type": "text/html", "value": message.html}],
            "headers": {"Auto-Submitted": "auto-generated", **message.headers},
            # Links carry secrets: nobody rewrites them, nobody counts who opens what.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }
        if self._reply_to is not None:
            body["reply_to"] = self._reply_to
        return body


def _person(text: str) -> dict[str, str]:
    name, address = parseaddr(text)
    return {"email": address, "name": name} if name else {"email": address}


def _said(answer: httpx2.Response) -> str:
    """The service's words, without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in answer.text[:300])
