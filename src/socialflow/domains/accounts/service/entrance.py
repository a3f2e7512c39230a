"""The gate: who may sign up here and now, and with what kind of account they come out."""

import ipaddress
import uuid
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from socialflow.domains.accounts import policy
from socialflow.domains.accounts.errors import (
    EmailNotAccepted,
    HandleReserved,
    InviteInvalid,
    InviteNeeded,
    RegistrationClosed,
    SignUpRefused,
    TermsNotAccepted,
    TooYoung,
)
from socialflow.domains.accounts.events import SignUpWaits
from socialflow.domains.accounts.models import Account, AccountState, Consent, Document, SignUp
from socialflow.domains.accounts.schemas import Admission
from socialflow.domains.accounts.service import invites
from socialflow.kernel.config import Settings, SignUpSettings
from socialflow.kernel.errors import FieldError, InvalidRequest
from socialflow.kernel.work import Work

OLDEST = 130
# What a sign-up can be answered with, beside what is wrong with its form.
SIGN_UP_PROBLEMS = (
    RegistrationClosed,
    InviteNeeded,
    InviteInvalid,
    SignUpRefused,
    TooYoung,
    EmailNotAccepted,
    TermsNotAccepted,
    HandleReserved,
)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the gate has found: the state of the new account, and what is to be written down with it."""

    state: AccountState = AccountState.ACTIVE
    invite_id: uuid.UUID | None = None
    consents: tuple[tuple[Document, str], ...] = ()
    reason: str = ""
    address: str = ""


# The command line's people.
BY_STAFF = Entrance()


async def enter_by(work: Work, body: Admission, *, email: str, settings: Settings, address: str) -> Entrance:
    """Let a sign-up through the gate, or raise the problem that says why not; an invite is used up by it.

    What the connection tells is looked at before what the form says, and the invite last: whoever is
    refused has not used one.
    """
    rules = settings.sign_up
    policy.may_sign_up(settings.auth.registration, invited=body.invite is not None)
    refuse_network(address, rules)
    refuse_domain(email, rules)
    consents = (*_age(body.birth_date, rules, work.now.date()), *_terms(body.accept_terms, rules))
    invite_id = await invites.use(work, body.invite) if body.invite is not None else None
    waits = settings.auth.registration == "approval" and invite_id is None
    state = AccountState.PENDING if waits else AccountState.ACTIVE
    return Entrance(state, invite_id, consents, body.reason, address)


async def settle(work: Work, account: Account, entrance: Entrance) -> None:
    """Write down how somebody came in."""
    for document, version in entrance.consents:
        work.db.add(
            Consent(account_id=account.id, document=document, version=version, at=work.now, address=entrance.address)
        )
    if entrance.invite_id is not None:
        work.note("account:invite:used", account.id, invite=str(entrance.invite_id))
    if entrance.state == AccountState.PENDING:
        work.db.add(
            SignUp(account_id=account.id, reason=entrance.reason, address=entrance.address, created_at=work.now)
        )
        work.note("account:sign_up:waits", account.id)
        work.emit(SignUpWaits(account_id=account.id))


def refuse_network(address: str, rules: SignUpSettings) -> None:
    """Raise SignUpRefused, which does not say why, for a caller from a blocked network."""
    if not rules.blocked_networks:
        return
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    for text in rules.blocked_networks:
        network = ipaddress.ip_network(text)
        if parsed.version == network.version and parsed in network:
            raise SignUpRefused


def refuse_domain(email: str, rules: SignUpSettings) -> None:
    """Raise EmailNotAccepted for an address of a domain that is blocked, or not among those allowed."""
    domain = email.rpartition("@")[2].lower()
    labels = domain.split(".")
    # `mail.example.org` is of `mail.example.org`, of `example.org` and of `org`.
    parents = {".".join(labels[start:]) for start in range(len(labels))}
    refused = bool(parents & {*rules.blocked_email_domains, *disposable(rules.disposable_list)})
    if refused or (rules.allowed_email_domains and not parents & set(rules.allowed_email_domains)):
        fault = FieldError("/email", EmailNotAccepted.code(), EmailNotAccepted.__doc__ or "")
        raise EmailNotAccepted(errors=[fault])


@lru_cache(maxsize=4)
def disposable(path: Path | None) -> frozenset[str]:
    """The domains of a list; lines that begin with # are remarks. It is read once by each process."""
    if path is None:
        return frozenset()
    lines = (line.strip().lower() for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _age(birth: date | None, rules: SignUpSettings, today: date) -> tuple[tuple[Document, str], ...]:
    if not rules.minimum_age:
        return ()
    if birth is None:
        raise InvalidRequest(errors=[FieldError("/birth_date", "missing", "The date of birth is needed.")])
    if not 0 <= years_between(birth, today) <= OLDEST:
        raise InvalidRequest(errors=[FieldError("/birth_date", "date", "Nobody can be born then.")])
    policy.may_be_so_young(years_between(birth, today), rules.minimum_age)
    return ((Document.MINIMUM_AGE, str(rules.minimum_age)),)


def years_between(birth: date, today: date) -> int:
    """Age in years: who is born on the 29th of February is a year older on the 1st of March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _terms(accepted: str | None, rules: SignUpSettings) -> tuple[tuple[Document, str], ...]:
    if rules.terms_version is None:
        return ()
    if accepted != rules.terms_version:
        fault = FieldError("/accept_terms", TermsNotAccepted.code(), "Please accept the terms.")
        raise TermsNotAccepted(errors=[fault], extra={"terms_version": rules.terms_version})
    return ((Document.TERMS, rules.terms_version),)
