"""What people have allowed apps: kept, shown, and taken back."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.events import AppAuthorized
from socialflow.domains.accounts.models import Account, ClientApp
from socialflow.domains.accounts.schemas import AuthorizedAppPage, AuthorizedAppRead
from socialflow.domains.accounts.service.oauth import access, apps
from socialflow.kernel import ids, pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

LIST = "authorized_apps"


async def keep(work: Work, account: Account, app: ClientApp, scopes: Iterable[str]) -> None:
    """Keep that somebody has let an app in for these scopes, beside those of before."""
    wanted = frozenset(scopes)
    is_new = await queries.add_grant(work, account.id, app.id, access.joined(wanted))
    if not is_new:
        grant = await queries.grant_for_update(work.db, account.id, app.id)
        if grant is None or access.covers(access.split(grant.scopes), wanted):
            return
        grant.scopes = access.joined(access.split(grant.scopes) | wanted)
        grant.updated_at = work.now
    shown = ids.show("app", app.id)
    work.note("account:app:authorized", account.id, app_id=shown, name=app.name, scopes=sorted(wanted))
    work.emit(AppAuthorized(account_id=account.id, app_id=app.id, name=app.name))


async def holds(work: Work, account_id: uuid.UUID, app_id: uuid.UUID, scopes: Iterable[str]) -> bool:
    """Whether somebody has allowed an app all of this, and has not taken it back."""
    grant = await queries.grant_for_update(work.db, account_id, app_id)
    return grant is not None and access.covers(access.split(grant.scopes), scopes)


async def authorized_apps(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> AuthorizedAppPage:
    """A page of the apps that the actor has let in, the latest first."""
    account_id = _known(work)
    filters = {"of": str(account_id)}
    before = None
    if cursor:
        at, app_id = pages.unseal(keys, LIST, filters, cursor)
        before = (datetime.fromisoformat(at), uuid.UUID(app_id))
    rows, last = pages.cut(await queries.grants_of(work.db, account_id, before, limit + 1), limit)
    items = [
        AuthorizedAppRead(
            app=apps.card(app, handle),
            scopes=apps.in_words(access.split(grant.scopes)),
            authorized_at=grant.created_at,
            last_used_at=used,
        )
        for grant, app, handle, used in rows
    ]
    place = [last[0].created_at.isoformat(), str(last[0].app_id)] if last else None
    return AuthorizedAppPage(items=items, next_cursor=pages.seal(keys, LIST, filters, place) if place else None)


async def withdraw(work: Work, app_id: uuid.UUID) -> None:
    """Take back what the actor has allowed an app: its sessions end, its codes are good for nothing."""
    account_id = _known(work)
    # Codes before the grant: whoever uses a code takes these locks in the same order.
    await queries.forget_codes(work.db, app_id, account_id)
    grant = await queries.grant_for_update(work.db, account_id, app_id)
    if grant is None:
        raise NotFound
    await work.db.delete(grant)
    await apps.end_sessions(work, app_id, account_id=account_id, reason="app_withdrawn")
    work.note("account:app:withdrawn", account_id, app_id=ids.show("app", app_id))


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
