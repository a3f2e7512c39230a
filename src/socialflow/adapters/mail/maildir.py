"""Mail into a Maildir, which mail programs read: https://cr.yp.to/proto/maildir.html."""

import asyncio
import mailbox
from pathlib import Path

from socialflow.adapters.mail.mime import compose
from socialflow.kernel import logs
from socialflow.ports.mail import MailFailed, Message

log = logs.named(__name__)


class MaildirMailer:
    """Keeps every message as a file of its own, readable by this user alone."""

    def __init__(self, folder: Path, *, sender: str, reply_to: str | None = None) -> None:
        self.folder = folder
        self._sender = sender
        self._reply_to = reply_to

    async def send(self, message: Message) -> None:
        """Write the message into `new/`."""
        raw = compose(message, sender=self._sender, reply_to=self._reply_to).as_bytes()
        try:
            path = await asyncio.to_thread(self._keep, raw)
        except OSError as error:
            raise MailFailed(f"{self.folder}: {error.strerror}") from error
        log.info("mail_kept", path=str(path))

    def _keep(self, raw: bytes) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("tmp", "new", "cur"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        path = self.folder / "new" / mailbox.Maildir(self.folder).add(raw)
        path.chmod(0o600)
        return path.absolute()
