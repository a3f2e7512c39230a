"""Questions about second factors."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Passkey, RecoveryCode, TotpFactor


@dataclass(frozen=True, slots=True)
class FactorsOn:
    """Which second factors an account has; recovery codes are a spare of them, and none by themselves."""

    has_totp: bool
    passkeys: int
    codes_left: int

    def __bool__(self) -> bool:
        return self.has_totp or self.passkeys > 0

    @property
    def methods(self) -> list[str]:
        """What may be given, the usual first; nothing where there is no second factor."""
        if not self:
            return []
        having = (("totp", self.has_totp), ("passkey", self.passkeys > 0), ("recovery_code", self.codes_left > 0))
        return [method for method, has in having if has]


_FACTORS = text("""
    SELECT
        EXISTS (SELECT FROM totp_factors WHERE account_id = :id AND confirmed_at IS NOT NULL) AS has_totp,
        (SELECT count(*) FROM passkeys WHERE account_id = :id) AS passkeys,
        (SELECT count(*) FROM recovery_codes WHERE account_id = :id AND used_at IS NULL) AS codes_left
""")


async def factors_on(db: AsyncSession, account_id: uuid.UUID) -> FactorsOn:
    """What an account has."""
    row = (await db.execute(_FACTORS, {"id": account_id})).one()
    return FactorsOn(row.has_totp, row.passkeys, row.codes_left)


async def totp_of(db: AsyncSession, account_id: uuid.UUID) -> TotpFactor | None:
    """The authenticator app of an account, confirmed or not."""
    return await db.get(TotpFactor, account_id)


async def unused_code(db: AsyncSession, account_id: uuid.UUID, number: int) -> RecoveryCode | None:
    """A recovery code that has not been used."""
    wanted = select(RecoveryCode).where(
        RecoveryCode.account_id == account_id, RecoveryCode.number == number, RecoveryCode.used_at.is_(None)
    )
    return (await db.scalars(wanted)).one_or_none()


async def passkeys_of(db: AsyncSession, account_id: uuid.UUID) -> Sequence[Passkey]:
    """Every passkey of an account, the oldest first."""
    return (await db.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id))).all()


async def own_passkey(db: AsyncSession, account_id: uuid.UUID, passkey_id: uuid.UUID) -> Passkey | None:
    """One passkey, if it is this account's."""
    wanted = select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id)
    return (await db.scalars(wanted)).one_or_none()


async def passkey_by_credential(db: AsyncSession, credential_id: bytes) -> Passkey | None:
    """Whose passkey an authenticator names."""
    return (await db.scalars(select(Passkey).where(Passkey.credential_id == credential_id))).one_or_none()
