"""Ends: of one's own log-ins one by one, of all others, and of everything that speaks for an account."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.models import Session, SessionKind
from socialflow.domains.accounts.service import sessions, tokens, totp
from socialflow.kernel import ids, pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

LIST = "sessions"


async def my_sessions(
    work: Work, keys: Keys, *, limit: int, cursor: str | None
) -> tuple[Sequence[Session], str | None]:
    """A page of the actor's own living log-ins, and where the next one begins; apps' are shown elsewhere."""
    if work.actor.id is None:
        raise Unauthorized
    of = {"of": str(work.actor.id)}
    before = uuid.UUID(pages.unseal(keys, LIST, of, cursor)[0]) if cursor else None
    rows = await queries.own_sessions(work.db, work.actor.id, work.now, before=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    return shown, pages.seal(keys, LIST, of, [str(last.id)]) if last else None


async def my_session(work: Work, session_id: uuid.UUID) -> Session:
    """One of the actor's own living log-ins; raises NotFound for everybody else's, and for an app's."""
    found = await queries.session_of(work.db, work.actor.id, session_id, work.now) if work.actor.id else None
    if found is None or found.kind == SessionKind.APP:
        raise NotFound
    return found


async def end_mine(work: Work, session_id: uuid.UUID, *, recent: timedelta) -> None:
    """End one of the actor's log-ins: the present one at once, another after a fresh proof; NotFound for others'."""
    session = await queries.session_for_update(work.db, session_id)
    if session is None or session.account_id != work.actor.id or session.kind == SessionKind.APP:
        raise NotFound
    if session.id != work.actor.session_id:
        await sessions.demand_recent(work, within=recent)
    if session.revoked_at is None:
        await sessions.end(work, session.id, reason="ended_by_owner")
        work.note("account:session:ended", session.account_id, session=ids.show("ses", session.id))


async def end_others(work: Work) -> None:
    """End all of the actor's log-ins but the one that asks; what apps and tokens hold goes on."""
    if work.actor.id is None:
        raise Unauthorized
    others = (Session.id != work.actor.session_id, Session.kind != SessionKind.APP)
    ended = await sessions.end_where(work, work.actor.id, *others, reason="ended_by_owner")
    work.note("account:sessions:ended", work.actor.id, count=len(ended))


async def end_everything(work: Work, account_id: uuid.UUID, reason: str) -> None:
    """End all that speaks for an account: log-ins, apps, personal tokens, and the streams and addresses of each.

    For a change of password, a suspension and a deletion. It holds in every process within five seconds. Codes that
    an app has not exchanged yet would begin anew what is ended: they go, too, as does an authenticator app that was
    begun and not confirmed.
    """
    await queries.lock_account(work.db, account_id)
    await queries.forget_all_codes(work.db, account_id)
    await totp.forget_pending(work, account_id)
    await sessions.end_all(work, account_id, reason=reason)
    await tokens.end_all_tokens(work, account_id, reason=reason)
    work.note("account:everything:ended", account_id, reason=reason)
