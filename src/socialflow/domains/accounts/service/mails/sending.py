"""Handing a mail to whoever delivers it, from a handler that may try again."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from socialflow.domains.accounts.service.mails import rendering
from socialflow.domains.accounts.service.mails.kinds import Mail
from socialflow.kernel import jobs, logs, metrics
from socialflow.kernel.jobs import GiveUp
from socialflow.kernel.work import App
from socialflow.ports.mail import Mailer, MailFailed, MailRefused

log = logs.named(__name__)

REFUSED = "mail_refused"


async def send(app: App, kind: Mail, *, to: str, language: str, values: Mapping[str, str]) -> None:
    """Write one mail of a kind and hand it over; for handlers of the queue `mail`, and never within a Work.

    `values` are those that `kinds.VALUES` names, all of them, and `handle` if we know whom to greet.
    A failing server raises MailFailed, so that the job is tried again; a message that no server will
    ever take ends the job with the code `mail_refused`.
    """
    message = rendering.render(
        kind, to=to, language=language, values=values, instance=app.settings.instance_name, url=app.settings.public_url
    )
    try:
        await app.port(Mailer).send(replace(message, key=_key(kind, to)))
    except MailRefused as error:
        metrics.MAILS.labels(kind, "refused").inc()
        log.warning("mail_refused", kind=kind, error=str(error))
        raise GiveUp(REFUSED) from error
    except MailFailed:
        metrics.MAILS.labels(kind, "failed").inc()
        raise
    metrics.MAILS.labels(kind, "sent").inc()
    log.info("mail_sent", kind=kind)


def _key(kind: Mail, to: str) -> str | None:
    """The same at every attempt of a job: whoever has the mail already need not show it twice."""
    job_id = jobs.running()
    return hashlib.sha256(f"{job_id} {kind} {to}".encode()).hexdigest()[:32] if job_id else None
