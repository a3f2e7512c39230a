"""E-mail addresses: an address is a claim until whoever reads its mail has shown that it is theirs.

Several accounts may claim one address, one may have verified it. Claims of a verified address count for nothing:
nobody logs in by them, no mail follows them. So signing up tells nobody whether an address is known here.
"""

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import EmailTaken, InvalidLink
from socialflow.domains.accounts.events import (
    EmailChangeAsked,
    EmailChanged,
    EmailRestored,
    EmailVerified,
    VerificationAsked,
)
from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.service import endings, former_addresses, links, newcomers
from socialflow.domains.accounts.service.links import Link, Purpose
from socialflow.domains.accounts.service.people import me
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import FieldError, InvalidRequest
from socialflow.kernel.work import Work


async def ask_verification(work: Work) -> None:
    """Have another link sent to the actor's address; nothing to do where it is verified."""
    account = await me(work)
    if account.email_verified_at is None:
        work.emit(VerificationAsked(account_id=account.id))


async def verify_email(work: Work, token: str, *, keys: Keys) -> None:
    """Use a link: the address is its account's; raises InvalidLink, or EmailTaken where another was quicker."""
    account, _ = await _opened(work, Purpose.VERIFY, token, keys)
    await own(work, account, account.email)
    work.note("account:email:verified", account.id, by="link")
    work.emit(EmailVerified(account_id=account.id))


async def ask_email_change(work: Work, email: str, *, keys: Keys) -> None:
    """Wish for another address, which takes effect when it is confirmed; a newer wish replaces an older one."""
    account = await me(work)
    if account.email == email:
        raise InvalidRequest(errors=[FieldError("/email", "email_same", "This is your address already.")])
    account.pending_email = email
    account.pending_email_at = account.updated_at = work.now
    work.note("account:email:change_asked", account.id)
    # The present address may take that back for seven days.
    sealed = former_addresses.seal(keys, account.id, account.email)
    work.emit(EmailChangeAsked(account_id=account.id, sealed=sealed, known=account.email_verified, at=work.now))


async def forget_email_change(work: Work) -> None:
    """Keep the present address after all; the link that was sent is good no more."""
    account = await me(work)
    account.pending_email = account.pending_email_at = None
    account.updated_at = work.now


async def confirm_email_change(work: Work, token: str, *, keys: Keys) -> None:
    """Use a link: the wished address takes the place of the old one."""
    account, _ = await _opened(work, Purpose.CHANGE, token, keys)
    before, was_verified, wished = account.email, account.email_verified, account.pending_email
    if wished is None:
        raise InvalidLink
    await own(work, account, wished)
    work.note("account:email:changed", account.id)
    sealed = former_addresses.seal(keys, account.id, before)
    work.emit(EmailChanged(account_id=account.id, sealed=sealed, known=was_verified))


async def undo_email_change(work: Work, token: str, *, keys: Keys) -> None:
    """Use a link: the address before is the account's again, what is wished for is not, and everything ends.

    Whatever lets anybody in and was added since the link was made may be the thief's, and goes.
    """
    account, link = await _opened(work, Purpose.UNDO, token, keys)
    if not link.before or (account.email == link.before and account.pending_email is None):
        raise InvalidLink
    await own(work, account, link.before)
    account.email_restored = links.restored_by(link, account, now=work.now)
    await endings.end_everything(work, account.id, "email_restored")
    gone = await newcomers.remove(work, account.id, since=link.issued_at)
    work.note("account:email:restored", account.id, removed=gone)
    work.emit(EmailRestored(account_id=account.id, at=work.now))


async def _opened(work: Work, purpose: Purpose, token: str, keys: Keys) -> tuple[Account, Link]:
    link = links.read(token)
    account = await queries.account_for_update(work.db, link.account_id)
    return links.check(keys, purpose, link, account, now=work.now), link


async def own(work: Work, account: Account, email: str) -> None:
    """Make an address this account's alone; what others wish for or claim of it is worth nothing from here on."""
    account.email = email
    account.email_verified_at = account.updated_at = work.now
    account.pending_email = account.pending_email_at = None
    try:
        await work.db.flush()
    except IntegrityError:
        raise EmailTaken from None
    wished = update(Account).where(Account.pending_email == email, Account.id != account.id)
    await work.db.execute(wished.values(pending_email=None, pending_email_at=None))
