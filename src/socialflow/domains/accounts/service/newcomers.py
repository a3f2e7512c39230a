"""Ways in that are new: what somebody may have added to an account while it was not in its owner's hands."""

import uuid
from datetime import datetime

from sqlalchemy import delete, or_

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.events import FactorRemoved
from socialflow.domains.accounts.models import AppGrant, Connection, Passkey, RecoveryCode, TotpFactor
from socialflow.kernel.work import Work


async def remove(work: Work, account_id: uuid.UUID, *, since: datetime) -> list[str]:
    """Delete factors, connections and what apps were allowed since; the account is held. Gives what kinds went."""
    gone = await _factors(work, account_id, since)
    elsewhere = delete(Connection).where(Connection.account_id == account_id, Connection.created_at >= since)
    gone += sorted(await work.db.scalars(elsewhere.returning(Connection.provider)))
    # One that was widened since is not what its owner has given.
    given = delete(AppGrant).where(AppGrant.account_id == account_id, AppGrant.updated_at >= since)
    gone += ["app" for _ in await work.db.scalars(given.returning(AppGrant.app_id))]
    return gone


async def _factors(work: Work, account_id: uuid.UUID, since: datetime) -> list[str]:
    new = or_(TotpFactor.confirmed_at.is_(None), TotpFactor.confirmed_at >= since)
    apps = delete(TotpFactor).where(TotpFactor.account_id == account_id, new).returning(TotpFactor.confirmed_at)
    keys = delete(Passkey).where(Passkey.account_id == account_id, Passkey.created_at >= since).returning(Passkey.id)
    gone = ["totp" for confirmed_at in await work.db.scalars(apps) if confirmed_at is not None]
    gone += ["passkey" for _ in await work.db.scalars(keys)]
    codes = delete(RecoveryCode).where(RecoveryCode.account_id == account_id)
    if await queries.factors_on(work.db, account_id):
        codes = codes.where(RecoveryCode.created_at >= since)
    await work.db.execute(codes)
    for factor in dict.fromkeys(gone):
        work.emit(FactorRemoved(account_id=account_id, factor=factor))
    return gone
