"""Log-ins by other providers: what is kept between their steps, sealed, in the hands of whoever takes them.

A *transaction* is a log-in on its way: the secrets that tie the provider's answer to this browser, to this provider and
to what was begun, be it a log-in or a link. A *ticket* is a newcomer on the way to a handle. Neither is in our tables;
what must not be used twice is entered there as a digest.
"""

import secrets
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import (
    AccountNeedsLink,
    EmailTaken,
    HandleTaken,
    InvalidTicket,
    ProofUsed,
    UnknownLogIn,
    UnknownProvider,
)
from socialflow.domains.accounts.events import AccountRegistered
from socialflow.domains.accounts.models import Account, Connection, SpentProof
from socialflow.domains.accounts.schemas import Email, ProviderSignUp
from socialflow.domains.accounts.service import entrance
from socialflow.domains.accounts.service.entrance import Entrance
from socialflow.kernel import crypto, ids
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.errors import FieldError, InvalidRequest
from socialflow.kernel.work import Work
from socialflow.ports.identity import Challenge, Identity, IdentityProvider, IdentityProviders

LOG_IN, LINK = "log_in", "link"
TRANSACTION = timedelta(minutes=10)
TICKET = timedelta(minutes=15)
# No token of a provider lives longer and is still taken.
PROOF = timedelta(hours=25)
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A log-in on its way."""

    provider: str
    purpose: str
    state: str
    nonce: str
    verifier: str
    ends_at: float
    next: str | None = None
    # Whose session a link is begun in.
    session: str | None = None

    def challenge(self, redirect_uri: str) -> Challenge:
        """Its secrets, as a provider needs them."""
        return Challenge(self.state, self.nonce, self.verifier, redirect_uri)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A newcomer on the way to a handle."""

    provider: str
    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    ends_at: float


def provider_of(providers: IdentityProviders, key: str) -> IdentityProvider:
    """A configured provider; raises UnknownProvider."""
    found = providers.by_key.get(key)
    if found is None:
        raise UnknownProvider
    return found


def redirect_uri(public_url: str, key: str) -> str:
    """Where a provider sends browsers back to. One for each provider: answers cannot be mixed up (RFC 9700, 4.4.2)."""
    return f"{public_url}/auth/providers/{key}/callback"


def begin(
    now: datetime, key: str, purpose: str, *, next_: str | None = None, session_id: uuid.UUID | None = None
) -> Transaction:
    """Fresh secrets of a log-in or a link."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    session = session_id.hex if session_id else None
    return Transaction(key, purpose, state, nonce, verifier, (now + TRANSACTION).timestamp(), next_, session)


def seal(keys: Keys, transaction: Transaction) -> str:
    """The transaction, as it is given away."""
    purpose = f"federation:{transaction.purpose}:{transaction.provider}"
    return crypto.to_text(keys.seal(purpose, orjson.dumps(asdict(transaction))))


def reopen(keys: Keys, sealed: str, now: datetime, *, key: str, purpose: str, state: str) -> Transaction:
    """The transaction that an answer belongs to; raises UnknownLogIn unless it was begun here, so, and just now."""
    try:
        raw = keys.unseal(f"federation:{purpose}:{key}", crypto.from_text(sealed))
    except (BadSignature, ValueError):
        raise UnknownLogIn from None
    transaction = Transaction(**orjson.loads(raw))
    if not secrets.compare_digest(transaction.state.encode(), state.encode()) or transaction.ends_at <= now.timestamp():
        raise UnknownLogIn
    return transaction


async def spend(work: Work, names: Collection[str], *, keep: timedelta = PROOF) -> None:
    """Note that these were shown; raises ProofUsed if one of them was before. Commit it before relying on it."""
    for name in sorted(names):
        row = {"digest": crypto.digest(name), "expires_at": work.now + keep}
        spent = insert(SpentProof).values(row).on_conflict_do_nothing().returning(SpentProof.digest)
        if await work.db.scalar(spent) is None:
            raise ProofUsed


async def forget_spent(work: Work) -> None:
    """Delete what could not be shown any more anyway."""
    await work.db.execute(delete(SpentProof).where(SpentProof.expires_at < work.now))


async def arrive(work: Work, identity: Identity) -> Account | None:
    """The account of an identity; None for a newcomer. Raises AccountNeedsLink where its address is at home here.

    An address is never enough to enter an account by: both sides may have it verified, and it may have changed hands
    in between.
    """
    connection = await queries.connection_of(work.db, identity.issuer, identity.subject)
    if connection is not None:
        # The account first, as everybody does who changes both; meanwhile it may have been taken away.
        account = await queries.account_for_update(work.db, connection.account_id)
        still = await queries.own_connection(work.db, connection.account_id, connection.id)
        if still is None:
            raise UnknownLogIn
        still.last_used_at = work.now
        still.email, still.name = identity.email, identity.name or still.name
        return account
    email = address_of(identity)
    if identity.email_verified and email is not None and await queries.is_verified_here(work.db, email):
        raise AccountNeedsLink
    return None


def address_of(identity: Identity) -> str | None:
    """The address as we would keep it; None for what is none."""
    try:
        return _EMAIL.validate_python(identity.email)
    except ValidationError:
        return None


def ticket_for(identity: Identity, key: str, now: datetime) -> Ticket:
    """What a newcomer takes along."""
    email = address_of(identity)
    verified = identity.email_verified and email is not None
    ends_at = (now + TICKET).timestamp()
    return Ticket(key, identity.issuer, identity.subject, email, verified, identity.name, ends_at)


def seal_ticket(keys: Keys, ticket: Ticket) -> str:
    """The ticket, as it is given away."""
    return crypto.to_text(keys.seal("federation:ticket", orjson.dumps(asdict(ticket))))


def read_ticket(keys: Keys, sealed: str, now: datetime, providers: IdentityProviders) -> Ticket:
    """What was sealed; raises InvalidTicket for what was not, has expired, or is of a provider that is gone."""
    try:
        ticket = Ticket(**orjson.loads(keys.unseal("federation:ticket", crypto.from_text(sealed))))
    except (BadSignature, ValueError):
        raise InvalidTicket from None
    if ticket.ends_at <= now.timestamp() or ticket.provider not in providers.by_key:
        raise InvalidTicket
    return ticket


def email_of(ticket: Ticket, body: ProviderSignUp) -> str:
    """The address that a newcomer will have; raises InvalidRequest where neither they nor the provider tells one."""
    email = body.email or ticket.email
    if email is None:
        missing = FieldError("/email", "missing", "The provider tells no address: give one.")
        raise InvalidRequest(errors=[missing])
    return email


async def join(
    work: Work, ticket: Ticket, body: ProviderSignUp, *, channel_id: uuid.UUID, came_by: Entrance
) -> Account:
    """Make the account of a newcomer, without a password; the rules of every sign-up hold."""
    policy.may_use_handle(body.handle)
    email = email_of(ticket, body)
    is_verified = ticket.email_verified and email == ticket.email
    if is_verified and await queries.is_verified_here(work.db, email):
        raise AccountNeedsLink
    if await queries.connection_of(work.db, ticket.issuer, ticket.subject) is not None:
        raise InvalidTicket
    account = Account(
        id=ids.new(),
        email=email,
        email_verified_at=work.now if is_verified else None,
        handle=body.handle,
        display_name=body.display_name,
        password_hash=None,
        state=came_by.state,
        channel_id=channel_id,
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(account)
    await _made(work)
    work.db.add(
        Connection(
            account_id=account.id,
            issuer=ticket.issuer,
            subject=ticket.subject,
            provider=ticket.provider,
            email=ticket.email,
            name=ticket.name,
            created_at=work.now,
            last_used_at=work.now,
        )
    )
    await _made(work)
    work.note("account:connection:added", account.id, provider=ticket.provider)
    work.emit(AccountRegistered(account_id=account.id))
    await entrance.settle(work, account, came_by)
    return account


async def _made(work: Work) -> None:
    from_ = {"uq_accounts_email": EmailTaken, "uq_connections": InvalidTicket}
    try:
        await work.db.flush()
    except IntegrityError as error:
        raise next((kind for name, kind in from_.items() if name in str(error.orig)), HandleTaken) from None
