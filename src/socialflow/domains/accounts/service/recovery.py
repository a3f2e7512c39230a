"""Recovery codes: ten on paper, for who has lost a phone. Each is `4-abcd-efgh-jkmn-pqrs`: a number, and 80 bits.

80 bits are fewer than a plain hash may guard (ASVS 6.5.2), so they are hashed as passwords are. The number
in front says which of the ten hashes is meant: one is verified, whatever is sent.
"""

import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import WrongFactor
from socialflow.domains.accounts.events import RecoveryCodeUsed
from socialflow.domains.accounts.models import RecoveryCode
from socialflow.domains.accounts.service.passwords import Passwords
from socialflow.kernel.ids import ALPHABET
from socialflow.kernel.work import Actor, App, Work

CODES = 10
LETTERS = 16
GROUP = 4
_FORM = re.compile(f"([0-9])([{ALPHABET}]{{{LETTERS}}})")
# What people read for what was printed (Crockford).
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True, slots=True)
class Fresh:
    """A new code, as it is shown once, and its hash, as it is kept."""

    shown: str
    code_hash: str


async def make(passwords: Passwords) -> list[Fresh]:
    """Ten new codes. It takes no Work: hashing waits in line, and meanwhile holds no connection."""
    return [await _make(number, passwords) for number in range(CODES)]


async def _make(number: int, passwords: Passwords) -> Fresh:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    groups = [letters[at : at + GROUP] for at in range(0, LETTERS, GROUP)]
    return Fresh("-".join([str(number), *groups]), await passwords.hash(letters))


async def replace(work: Work, account_id: uuid.UUID, codes: Sequence[Fresh]) -> list[str]:
    """Put these in place of whatever codes an account had; gives them as they are shown."""
    await remove(work, account_id)
    for number, code in enumerate(codes):
        kept = {"account_id": account_id, "number": number, "code_hash": code.code_hash, "created_at": work.now}
        work.db.add(RecoveryCode(**kept))
    await work.db.flush()
    return [code.shown for code in codes]


async def remove(work: Work, account_id: uuid.UUID) -> None:
    """Make every code of an account worthless."""
    await work.db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


async def examine(app: App, account_id: uuid.UUID, code: str, *, passwords: Passwords) -> RecoveryCode:
    """The row of a right code; raises WrongFactor, after as much work, for every other text."""
    number, letters = _parts(code)
    async with app.work(Actor()) as work:
        row = await queries.unused_code(work.db, account_id, number) if number is not None else None
    right = await passwords.verify(letters, row.code_hash if row else None)
    if not right or row is None:
        raise WrongFactor
    return row


async def use(work: Work, row: RecoveryCode) -> None:
    """Burn a code; raises WrongFactor where somebody was faster."""
    burned = await work.db.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == row.account_id,
            RecoveryCode.number == row.number,
            RecoveryCode.code_hash == row.code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=work.now)
        .returning(RecoveryCode.number)
    )
    if burned.first() is None:
        raise WrongFactor
    unused = select(func.count()).where(RecoveryCode.account_id == row.account_id, RecoveryCode.used_at.is_(None))
    left = await work.db.scalar(unused) or 0
    work.note("account:recovery_code:used", row.account_id, left=left)
    work.emit(RecoveryCodeUsed(account_id=row.account_id, left=left))


def _parts(code: str) -> tuple[int | None, str]:
    """Number and letters of a code, however it was typed; no number where it cannot be one."""
    typed = re.sub(r"[\s-]", "", code).lower().translate(_MISREAD)
    found = _FORM.fullmatch(typed)
    return (int(found[1]), found[2]) if found else (None, typed)
