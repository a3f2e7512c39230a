"""Codes of an authenticator app (TOTP, RFC 6238): SHA-1, six digits, 30 seconds, one step of tolerance either way."""

import base64
import hmac
import io
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import segno
from sqlalchemy import delete, update

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import FactorAlreadyOn, WrongFactor
from socialflow.domains.accounts.models import Account, TotpFactor
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import Work

STEP_SECONDS = 30
# RFC 4226, 4: 160 bits are recommended.
SEED_BYTES = 20
TOLERANCE = (-1, 0, 1)
# Whoever mistypes the first code goes on with the same picture.
PENDING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """What an authenticator app must be told: as an address, as text to be typed, and as a picture."""

    uri: str
    secret: str
    qr_svg: str


async def begin(work: Work, account: Account, *, keys: Keys, issuer: str) -> Begun:
    """Set up an app; it counts for nothing before `confirm`. Raises FactorAlreadyOn."""
    await queries.account_for_update(work.db, account.id)
    factor = await queries.totp_of(work.db, account.id)
    if factor is not None and factor.confirmed_at is not None:
        raise FactorAlreadyOn
    if factor is None or work.now - factor.created_at > PENDING or not _is_asked_by(work, factor, keys):
        if factor is not None:
            await work.db.delete(factor)
            await work.db.flush()
        sealed = keys.seal(_purpose(account.id), secrets.token_bytes(SEED_BYTES) + _asking(work))
        factor = TotpFactor(account_id=account.id, sealed_seed=sealed, last_step=0, created_at=work.now)
        work.db.add(factor)
        await work.db.flush()
    app = _app(factor, keys)
    uri = app.provisioning_uri(name=account.handle, issuer_name=issuer)
    drawn = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False)
    return Begun(uri, app.secret, drawn.getvalue().decode())


async def confirm(work: Work, account_id: uuid.UUID, code: str, *, keys: Keys) -> None:
    """Make the app count, since it shows the right code, to the session that began; raises WrongFactor."""
    factor = await queries.totp_of(work.db, account_id)
    if factor is None:
        raise WrongFactor
    if factor.confirmed_at is not None:
        raise FactorAlreadyOn
    if not _is_asked_by(work, factor, keys):
        raise WrongFactor
    step = _step_of(_app(factor, keys), code, work.now)
    if step is None:
        raise WrongFactor
    factor.confirmed_at = work.now
    factor.last_step = step
    await work.db.flush()


async def use(work: Work, account_id: uuid.UUID, code: str, *, keys: Keys) -> None:
    """Take a code, once: of two requests with the same one the second is refused, and so is an older one later."""
    factor = await queries.totp_of(work.db, account_id)
    step = _step_of(_app(factor, keys), code, work.now) if factor is not None else None
    if step is None:
        raise WrongFactor
    taken = await work.db.execute(
        update(TotpFactor)
        .where(TotpFactor.account_id == account_id, TotpFactor.confirmed_at.is_not(None), TotpFactor.last_step < step)
        .values(last_step=step)
        .returning(TotpFactor.account_id)
    )
    if taken.first() is None:
        raise WrongFactor


async def remove(work: Work, account_id: uuid.UUID) -> bool:
    """Forget the app, confirmed or not; tells whether it counted."""
    gone = await work.db.execute(
        delete(TotpFactor).where(TotpFactor.account_id == account_id).returning(TotpFactor.confirmed_at)
    )
    row = gone.first()
    return row is not None and row.confirmed_at is not None


async def forget_pending(work: Work, account_id: uuid.UUID) -> None:
    """Forget an app that was not confirmed: whoever has begun it has seen its seed."""
    await work.db.execute(
        delete(TotpFactor).where(TotpFactor.account_id == account_id, TotpFactor.confirmed_at.is_(None))
    )


def _asking(work: Work) -> bytes:
    """The session that asks. Sealed with the seed, it keeps another from showing its owner a seed that it knows."""
    return work.actor.session_id.bytes if work.actor.session_id else b""


def _is_asked_by(work: Work, factor: TotpFactor, keys: Keys) -> bool:
    return keys.unseal(_purpose(factor.account_id), factor.sealed_seed)[SEED_BYTES:] == _asking(work)


def _purpose(account_id: uuid.UUID) -> str:
    return f"totp:{account_id}"


def _app(factor: TotpFactor, keys: Keys) -> pyotp.TOTP:
    seed = keys.unseal(_purpose(factor.account_id), factor.sealed_seed)[:SEED_BYTES]
    return pyotp.TOTP(base64.b32encode(seed).decode(), interval=STEP_SECONDS)


def _step_of(app: pyotp.TOTP, code: str, now: datetime) -> int | None:
    """The step whose code this is; every one that may be is looked at, so that time tells nothing."""
    present = app.timecode(now)
    typed = code.replace(" ", "").encode()
    shown = [present + tolerance for tolerance in TOLERANCE]
    right = [hmac.compare_digest(app.generate_otp(step).encode(), typed) for step in shown]
    # Equal codes of two steps count as the newer one.
    return max((step for step, is_it in zip(shown, right, strict=True) if is_it), default=None)
