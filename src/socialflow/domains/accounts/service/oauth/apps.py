"""Apps: registered by anybody with an account, by themselves where that is open, and looked after by staff."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import TooManyApps
from socialflow.domains.accounts.events import SessionRevoked
from socialflow.domains.accounts.models import ClientApp, Session
from socialflow.domains.accounts.schemas import (
    AppCard,
    AppCreate,
    AppPage,
    AppRead,
    AppSecretRead,
    AppStanding,
    AppUpdate,
    ScopePage,
    ScopeRead,
    StaffAppPage,
    StaffAppRead,
)
from socialflow.domains.accounts.service.oauth import access, redirects
from socialflow.domains.accounts.service.scopes import SCOPES, SECURITY, delegable, sentence_of
from socialflow.kernel import crypto, ids, pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import FieldError, InvalidRequest, NotFound, Unauthorized, Unprocessable
from socialflow.kernel.work import Work

SECRET_PREFIX = "sfcs"  # noqa: S105  # what a secret begins with
OWN_LIST, STAFF_LIST = "apps", "staff_apps"
# An app that has registered itself and that nobody has let in for so long is forgotten.
KEEP_UNUSED = timedelta(days=30)
KEEP_CODES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an app says of itself when it is registered."""

    name: str
    website: str
    redirect_uris: list[str]
    scopes: frozenset[str]
    confidential: bool
    device_flow: bool


async def create_app(work: Work, body: AppCreate, *, most: int) -> AppSecretRead:
    """Register an app of the actor's; its secret is in the answer and nowhere else."""
    owner = _known(work)
    draft = Draft(
        body.name,
        body.website,
        _redirects(body.redirect_uris),
        _scopes(work, body.scopes),
        body.confidential,
        body.device_flow,
    )
    if not (draft.redirect_uris or draft.device_flow):
        raise _fault("redirect_uris", "missing", "Without an address to come back to it needs the device flow.")
    if await queries.count_apps(work.db, owner) >= most:
        raise TooManyApps
    app, secret = await add(work, draft, owner_id=owner)
    return _with_secret(app, secret)


async def add(work: Work, draft: Draft, *, owner_id: uuid.UUID | None) -> tuple[ClientApp, str | None]:
    """Keep an app whose draft was checked; gives it with its secret, if it can keep one."""
    secret = crypto.token(SECRET_PREFIX) if draft.confidential else None
    app = ClientApp(
        id=ids.new(),
        owner_id=owner_id,
        name=draft.name,
        website=draft.website,
        redirect_uris=list(dict.fromkeys(draft.redirect_uris)),
        scopes=access.joined(draft.scopes),
        secret_digest=crypto.digest(secret) if secret else None,
        device_flow=draft.device_flow,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(app)
    await work.db.flush()
    work.note("app:client:registered", owner_id, app_id=ids.show("app", app.id), name=app.name)
    return app, secret


async def apps_of_actor(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> AppPage:
    """A page of the apps that the actor has registered, the latest first."""
    owner = _known(work)
    filters = {"of": str(owner)}
    before = uuid.UUID(pages.unseal(keys, OWN_LIST, filters, cursor)[0]) if cursor else None
    shown, last = pages.cut(await queries.apps_of(work.db, owner, before, limit + 1), limit)
    next_cursor = pages.seal(keys, OWN_LIST, filters, [str(last.id)]) if last else None
    return AppPage(items=[app_read(app) for app in shown], next_cursor=next_cursor)


async def own_app(work: Work, app_id: uuid.UUID, *, change: bool = False) -> ClientApp:
    """An app of the actor's; raises NotFound for everybody else's."""
    find = queries.app_for_update if change else queries.client_app
    app = await find(work.db, app_id)
    if app is None or app.owner_id is None or app.owner_id != work.actor.id:
        raise NotFound
    return app


async def update_app(work: Work, app_id: uuid.UUID, body: AppUpdate) -> AppRead:
    """Change an app; what was verified is not what it is now, so it is verified no more."""
    app = await own_app(work, app_id, change=True)
    before = (app.name, app.website, app.redirect_uris, access.split(app.scopes))
    app.name = body.name if body.name is not None else app.name
    app.website = body.website if body.website is not None else app.website
    app.redirect_uris = _redirects(body.redirect_uris) if body.redirect_uris is not None else app.redirect_uris
    app.scopes = access.joined(_scopes(work, body.scopes)) if body.scopes is not None else app.scopes
    app.device_flow = body.device_flow if body.device_flow is not None else app.device_flow
    if not (app.redirect_uris or app.device_flow):
        raise _fault("redirect_uris", "missing", "Without an address to come back to it needs the device flow.")
    if before != (app.name, app.website, app.redirect_uris, access.split(app.scopes)):
        app.verified_at = None
    app.updated_at = work.now
    work.note("app:client:changed", app.owner_id, app_id=ids.show("app", app.id))
    return app_read(app)


async def rotate_secret(work: Work, app_id: uuid.UUID) -> AppSecretRead:
    """Give an app of the actor's another secret; the one before is good no longer."""
    app = await own_app(work, app_id, change=True)
    if app.secret_digest is None:
        raise Unprocessable("A public app has no secret.")
    secret = crypto.token(SECRET_PREFIX)
    app.secret_digest = crypto.digest(secret)
    app.updated_at = work.now
    work.note("app:secret:rotated", app.owner_id, app_id=ids.show("app", app.id))
    return _with_secret(app, secret)


async def delete_app(work: Work, app_id: uuid.UUID) -> None:
    """Take an app of the actor's away; everybody it speaks for is rid of it."""
    app = await own_app(work, app_id, change=True)
    await end_sessions(work, app.id, reason="app_deleted")
    work.note("app:client:deleted", app.owner_id, app_id=ids.show("app", app.id), name=app.name)
    await work.db.delete(app)


async def erase_apps(work: Work, account_id: uuid.UUID) -> None:
    """Take all apps of somebody who is erased away, with what they hold of anybody."""
    # Held, so that nobody lets one in meanwhile.
    for app in await queries.apps_for_update(work.db, account_id):
        await end_sessions(work, app.id, reason="app_deleted")
        work.note("app:client:deleted", account_id, app_id=ids.show("app", app.id))
        await work.db.delete(app)


async def apps_for_staff(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> StaffAppPage:
    """A page of everybody's apps, the latest first."""
    policy.must_hold(work.actor, "apps:manage")
    before = uuid.UUID(pages.unseal(keys, STAFF_LIST, {}, cursor)[0]) if cursor else None
    shown, last = pages.cut(await queries.all_apps(work.db, before, limit + 1), limit)
    items = [StaffAppRead(**_members(app), owner=handle) for app, handle in shown]
    next_cursor = pages.seal(keys, STAFF_LIST, {}, [str(last[0].id)]) if last else None
    return StaffAppPage(items=items, next_cursor=next_cursor)


async def app_for_staff(work: Work, app_id: uuid.UUID) -> StaffAppRead:
    """Anybody's app, as it stands in the list; raises NotFound."""
    policy.must_hold(work.actor, "apps:manage")
    found = await queries.app_and_handle(work.db, app_id)
    if found is None:
        raise NotFound
    return StaffAppRead(**_members(found[0]), owner=found[1])


async def judge_app(work: Work, app_id: uuid.UUID, body: AppStanding) -> StaffAppRead:
    """Verify an app, or stop it, which ends all that it holds; or take either back."""
    policy.must_hold(work.actor, "apps:manage")
    app = await queries.app_for_update(work.db, app_id)
    if app is None:
        raise NotFound
    shown = ids.show("app", app.id)
    if body.verified is not None and body.verified != (app.verified_at is not None):
        app.verified_at = work.now if body.verified else None
        work.note("app:client:verified" if body.verified else "app:client:unverified", app.owner_id, app_id=shown)
        if not body.verified:
            # Its tokens may carry what only a verified app is given.
            await end_sessions(work, app.id, reason="app_unverified")
    if body.disabled is not None and body.disabled != (app.disabled_at is not None):
        app.disabled_at = work.now if body.disabled else None
        work.note("app:client:disabled" if body.disabled else "app:client:enabled", app.owner_id, app_id=shown)
        if body.disabled:
            await end_sessions(work, app.id, reason="app_disabled")
    app.updated_at = work.now
    return StaffAppRead(**_members(app), owner=await queries.handle_of(work.db, app.owner_id))


async def end_sessions(work: Work, app_id: uuid.UUID, *, account_id: uuid.UUID | None = None, reason: str) -> None:
    """End what an app holds: of everybody, or of one account."""
    ended = update(Session).where(Session.app_id == app_id, Session.revoked_at.is_(None))
    if account_id is not None:
        ended = ended.where(Session.account_id == account_id)
    ended = ended.values(revoked_at=work.now, revoked_reason=reason, successor=None)
    for session_id, owner in (await work.db.execute(ended.returning(Session.id, Session.account_id))).all():
        work.emit(SessionRevoked(account_id=owner, session_id=session_id, reason=reason))


async def forget_old(work: Work) -> None:
    """Delete codes that ran out, and apps that registered themselves for nothing."""
    await queries.forget_old_codes(work.db, work.now - KEEP_CODES)
    await queries.forget_unused_apps(work.db, work.now - KEEP_UNUSED)


async def card_of(work: Work, app: ClientApp) -> AppCard:
    """An app as it is shown to whom it asks."""
    return card(app, await queries.handle_of(work.db, app.owner_id))


def card(app: ClientApp, owner: str | None) -> AppCard:
    """The same, with the owner's handle at hand."""
    return AppCard(id=app.id, name=app.name, website=app.website, owner=owner, verified=app.verified_at is not None)


def in_words(scopes: Iterable[str]) -> list[ScopeRead]:
    """Scopes in the order of the table, each with its sentence."""
    given = frozenset(scopes)
    return [ScopeRead(name=scope, sentence=sentence_of(scope)) for scope in SCOPES if scope in given]


def scopes_of_apps() -> ScopePage:
    """Every scope that an app may ask for, in words."""
    return ScopePage(items=in_words(scope for scope in SCOPES if scope != SECURITY), next_cursor=None)


def scopes_for_own_apps(work: Work) -> ScopePage:
    """Those of them that the actor may register an app for: staff's as far as their role goes."""
    return ScopePage(items=in_words(delegable(work.actor.role)), next_cursor=None)


def app_read(app: ClientApp) -> AppRead:
    """An app as its owner sees it."""
    return AppRead(**_members(app))


def _with_secret(app: ClientApp, secret: str | None) -> AppSecretRead:
    return AppSecretRead(**_members(app), client_secret=secret)


def _members(app: ClientApp) -> dict[str, Any]:
    return {
        "id": app.id,
        "name": app.name,
        "website": app.website,
        "redirect_uris": app.redirect_uris,
        "scopes": sorted(access.split(app.scopes)),
        "confidential": app.secret_digest is not None,
        "device_flow": app.device_flow,
        "verified": app.verified_at is not None,
        "disabled": app.disabled_at is not None,
        "created_at": app.created_at,
    }


def _redirects(uris: list[str]) -> list[str]:
    for place, uri in enumerate(uris):
        if not redirects.is_usable(uri):
            raise _fault(
                f"redirect_uris/{place}",
                "redirect_uri",
                "It is https://..., http://127.0.0.1/..., http://[::1]/... or your.own.scheme:/...",
            )
    return list(dict.fromkeys(uris))


def _scopes(work: Work, names: list[str]) -> frozenset[str]:
    try:
        asked = access.known(names)
    except access.ScopeRefused as refused:
        raise _fault("scopes", "scope", str(refused)) from None
    beyond = sorted(asked - set(delegable(work.actor.role)))
    if beyond:
        raise _fault("scopes", "scope_not_yours", f"Your role does not permit what it is for: {', '.join(beyond)}.")
    return asked


def _fault(where: str, code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(f"/{where}", code, detail)])


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id
