"""A session that goes on under a new secret, while all else of its account ends (ASVS 7.2.4, 7.4.3)."""

from socialflow.domains.accounts.errors import SessionEnded
from socialflow.domains.accounts.models import Account, Session, SessionKind
from socialflow.domains.accounts.service import endings, sessions
from socialflow.domains.accounts.service.sessions import Credentials, Device, Signing
from socialflow.kernel.work import Work


async def renew(work: Work, account: Account, *, device: Device, signing: Signing, reason: str) -> Credentials:
    """End everything that speaks for the actor's account and give this device a new one of the same kind.

    Not a log-in: whoever asks holds a session, and keeps what it was begun by.
    """
    session = await work.db.get(Session, work.actor.session_id) if work.actor.session_id else None
    if session is None or session.revoked_at is not None:
        raise SessionEnded
    await endings.end_everything(work, account.id, reason)
    return await sessions.start(
        work,
        account,
        kind=SessionKind(session.kind),
        device=device,
        signing=signing,
        methods=session.methods.split(),
    )
