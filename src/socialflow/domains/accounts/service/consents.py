"""What people have agreed to: a ledger, a row for each version."""

from sqlalchemy.dialects.postgresql import insert

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import TermsNotAccepted
from socialflow.domains.accounts.models import Consent, Document
from socialflow.domains.accounts.schemas import ConsentCreate, ConsentDueRead, ConsentRead, ConsentsRead
from socialflow.domains.accounts.service.people import me
from socialflow.kernel import ids
from socialflow.kernel.config import SignUpSettings
from socialflow.kernel.work import Work


async def consents(work: Work, rules: SignUpSettings) -> ConsentsRead:
    """What the actor has agreed to, the latest first, and what has changed since."""
    account = await me(work)
    given = await queries.consents_of(work.db, account.id)
    accepted = {each.version for each in given if each.document == Document.TERMS}
    due = []
    if rules.terms_version is not None and rules.terms_version not in accepted:
        due.append(ConsentDueRead(document=Document.TERMS, version=rules.terms_version, url=rules.terms_url))
    return ConsentsRead(due=due, given=[ConsentRead.model_validate(each) for each in given])


async def agree(work: Work, body: ConsentCreate, rules: SignUpSettings, *, address: str) -> ConsentsRead:
    """Agree to the terms in force; agreeing twice is agreeing once."""
    account = await me(work)
    if body.document != Document.TERMS or body.version != rules.terms_version:
        raise TermsNotAccepted(
            "This is not the version that is in force.", extra={"terms_version": rules.terms_version}
        )
    row = {"id": ids.new(), "account_id": account.id, "document": body.document, "version": body.version}
    added = await work.db.execute(
        insert(Consent).values(**row, at=work.now, address=address).on_conflict_do_nothing().returning(Consent.id)
    )
    if added.first() is not None:
        work.note("account:terms:accepted", account.id, version=body.version)
    return await consents(work, rules)
