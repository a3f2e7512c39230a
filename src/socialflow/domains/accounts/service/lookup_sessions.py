"""Sessions of others, as staff see them: that they are is for whoever sees accounts, from where is private."""

import uuid

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.models import Session
from socialflow.domains.accounts.schemas import StaffSessionPage, StaffSessionRead
from socialflow.domains.accounts.service.devices import name_of
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work
from socialflow.ports.places import Places

LIST = "staff_sessions"


async def sessions_for_staff(
    work: Work, keys: Keys, places: Places, account_id: uuid.UUID, *, limit: int, cursor: str | None
) -> StaffSessionPage:
    """A page of somebody's living sessions, the newest first; raises NotFound where there is no such account."""
    await _look(work, account_id)
    of = {"of": str(account_id)}
    before = uuid.UUID(pages.unseal(keys, LIST, of, cursor)[0]) if cursor else None
    rows = await queries.sessions_of(work.db, account_id, work.now, before=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    return StaffSessionPage(
        items=[_read(work, session, places) for session in shown],
        next_cursor=pages.seal(keys, LIST, of, [str(last.id)]) if last else None,
    )


async def session_for_staff(
    work: Work, places: Places, account_id: uuid.UUID, session_id: uuid.UUID
) -> StaffSessionRead:
    """One living session of somebody; raises NotFound for one of somebody else's, too."""
    await _look(work, account_id)
    found = await queries.session_of(work.db, account_id, session_id, work.now)
    if found is None:
        raise NotFound
    return _read(work, found, places)


async def _look(work: Work, account_id: uuid.UUID) -> None:
    policy.must_hold(work.actor, "accounts:view")
    if await queries.by_id(work.db, account_id) is None:
        raise NotFound
    if work.actor.may("accounts:view_private") and account_id != work.actor.id:
        work.note("staff:account:viewed", account_id)


def _read(work: Work, session: Session, places: Places) -> StaffSessionRead:
    private = work.actor.may("accounts:view_private")
    return StaffSessionRead(
        id=session.id,
        kind=session.kind,
        app_id=session.app_id,
        device=name_of(session.user_agent) if private else None,
        place=places.of(session.address) if private else None,
        address=session.address if private else None,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        ends_at=session.ends_at,
        methods=session.methods.split(),
    )
