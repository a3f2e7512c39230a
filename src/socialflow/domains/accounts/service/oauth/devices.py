"""Programs where nobody can type (RFC 8628): they show a code, and somebody allows it on another device."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import GrantRefused, UnknownUserCode
from socialflow.domains.accounts.models import ClientApp, DeviceCode, DeviceState
from socialflow.domains.accounts.schemas import DeviceAuthorizationRead, DeviceRequestRead
from socialflow.domains.accounts.service import people
from socialflow.domains.accounts.service.oauth import access, apps, grants, tokens
from socialflow.domains.accounts.service.oauth.tokens import Given
from socialflow.domains.accounts.service.sessions import Device, Signing
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import Work

CODE_PREFIX = "sfdc"
PURPOSE = "device-code"
# Consonants alone make no words, and none of them is taken for another (RFC 8628, 6.1): 34.5 bits in eight.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
# Seconds that the interval grows by when it is not kept (RFC 8628, 3.5), and how much too early is forgiven.
SLOWER_BY = 5
EARLY = timedelta(milliseconds=500)


async def begin(
    work: Work, app: ClientApp, scope: str | None, *, device: Device, keys: Keys, settings: Settings
) -> DeviceAuthorizationRead:
    """Give a device its two codes."""
    if not app.device_flow:
        raise GrantRefused("unauthorized_client", "This app is not registered for the device flow.")
    try:
        scopes = access.askable(app, scope)
    except access.ScopeRefused as refused:
        raise GrantRefused("invalid_scope", str(refused)) from None
    device_code, user_code = crypto.token(CODE_PREFIX), "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    rules = settings.oauth
    work.db.add(
        DeviceCode(
            id=ids.new(),
            device_digest=crypto.digest(device_code),
            user_code_mac=_mac(keys, user_code),
            app_id=app.id,
            scopes=access.joined(scopes),
            state=DeviceState.WAITING,
            interval_s=rules.device_interval_s,
            address=device.address,
            created_at=work.now,
            expires_at=work.now + timedelta(seconds=rules.device_ttl_s),
        )
    )
    await work.db.flush()
    shown = f"{user_code[: LENGTH // 2]}-{user_code[LENGTH // 2 :]}"
    page = f"{settings.public_url}/device"
    return DeviceAuthorizationRead(
        device_code=device_code,
        user_code=shown,
        verification_uri=page,
        verification_uri_complete=f"{page}?user_code={shown}",
        expires_in=rules.device_ttl_s,
        interval=rules.device_interval_s,
    )


async def look(work: Work, user_code: str, *, keys: Keys, settings: Settings) -> DeviceRequestRead:
    """What the device with this code asks the actor for; raises UnknownUserCode."""
    row, app = await _waiting(work, user_code, keys)
    scopes = access.givable(app, await people.me(work), access.split(row.scopes))
    letters = _letters(user_code)
    return DeviceRequestRead(
        user_code=f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}",
        app=await apps.card_of(work, app),
        scopes=apps.in_words(scopes),
        lifetime_s=settings.auth.session_ttl_s,
        address=row.address,
        created_at=row.created_at,
    )


async def decide(work: Work, user_code: str, *, allow: bool, keys: Keys) -> None:
    """Let the device with this code in, or not; a code is decided on once."""
    account = await people.me(work)
    row, app = await _waiting(work, user_code, keys)
    scopes = access.givable(app, account, access.split(row.scopes))
    row.account_id = account.id
    row.state = DeviceState.ALLOWED if allow and scopes else DeviceState.DENIED
    if row.state == DeviceState.DENIED:
        work.note("account:app:denied", account.id, app_id=ids.show("app", app.id), name=app.name)
        return
    row.scopes = access.joined(scopes)
    await grants.keep(work, account, app, scopes)


async def by_device(
    work: Work, app: ClientApp, form: Mapping[str, str], *, device: Device, signing: Signing
) -> Given | GrantRefused:
    """Tokens for a device's code, once somebody has allowed it."""
    row = await queries.device_for_update(work.db, crypto.digest(form.get("device_code", "")))
    if row is None or row.app_id != app.id or row.state == DeviceState.USED:
        raise GrantRefused("invalid_grant", "The device code is not one of this app's, or it was used.")
    if row.expires_at <= work.now:
        raise GrantRefused("expired_token", "The device code has run out; begin again.")

    polled, row.polled_at = row.polled_at, work.now
    if polled is not None and work.now - polled + EARLY < timedelta(seconds=row.interval_s):
        row.interval_s += SLOWER_BY
        return GrantRefused("slow_down", f"Ask every {row.interval_s} seconds and not more often.")
    if row.state == DeviceState.WAITING:
        return GrantRefused("authorization_pending", "Nobody has decided yet.")
    if row.state == DeviceState.DENIED or row.account_id is None:
        return GrantRefused("access_denied", "The person has said no.")
    row.state = DeviceState.USED
    return await tokens.start(work, app, row.account_id, access.split(row.scopes), device=device, signing=signing)


async def _waiting(work: Work, user_code: str, keys: Keys) -> tuple[DeviceCode, ClientApp]:
    letters = _letters(user_code)
    row = await queries.device_by_user_code(work.db, _mac(keys, letters)) if len(letters) == LENGTH else None
    if row is None or row.state != DeviceState.WAITING or row.expires_at <= work.now:
        raise UnknownUserCode
    app = await queries.client_app(work.db, row.app_id)
    if app is None or app.disabled_at is not None:
        raise UnknownUserCode
    return row, app


def _letters(user_code: str) -> str:
    """The code without what people put between its letters, in capitals."""
    return "".join(letter for letter in user_code.upper() if letter in LETTERS)


def _mac(keys: Keys, user_code: str) -> bytes:
    return keys.sign(PURPOSE, user_code.encode())
