"""Personal tokens: made by their owner, shown once, good for some scopes, some time and some networks."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.events import TokenLeaked, TokenRevoked
from socialflow.domains.accounts.models import Account, PersonalToken
from socialflow.domains.accounts.schemas.sessions import TokenCreate
from socialflow.domains.accounts.service import pat, people
from socialflow.domains.accounts.service.scopes import delegable, without_children
from socialflow.domains.accounts.service.sessions import KEEP_ENDED
from socialflow.kernel import crypto, ids, pages
from socialflow.kernel.config import AuthSettings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

LIST = "tokens"


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was just made: the only time that its secret is known."""

    token: PersonalToken
    secret: str


async def create(work: Work, body: TokenCreate, settings: AuthSettings) -> Issued:
    """Make a token for the actor, who must be somebody."""
    account = await people.me(work)
    longest = timedelta(seconds=settings.token_ttl_s)
    expires_at = body.expires_at or work.now + longest
    scopes = without_children(body.scopes)
    policy.may_make_token(scopes=scopes, delegable=delegable(work.actor.role))
    policy.may_last_until(expires_at, now=work.now, longest=longest)
    policy.may_have_another_token(await queries.count_tokens(work.db, account.id, work.now), settings.most_tokens)

    secret = pat.new()
    token = PersonalToken(
        id=ids.new(),
        account_id=account.id,
        name=body.name,
        digest=crypto.digest(secret),
        scopes=" ".join(sorted(scopes)),
        networks=" ".join(dict.fromkeys(body.networks)),
        created_at=work.now,
        expires_at=expires_at,
    )
    work.db.add(token)
    work.note("account:token:created", account.id, token=ids.show("pat", token.id), scopes=sorted(scopes))
    return Issued(token, secret)


async def mine(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> tuple[Sequence[PersonalToken], str | None]:
    """A page of the actor's living tokens, and where the next one begins."""
    if work.actor.id is None:
        raise Unauthorized
    of = {"of": str(work.actor.id)}
    before = uuid.UUID(pages.unseal(keys, LIST, of, cursor)[0]) if cursor else None
    rows = await queries.own_tokens(work.db, work.actor.id, work.now, before=before, limit=limit + 1)
    shown, last = pages.cut(rows, limit)
    return shown, pages.seal(keys, LIST, of, [str(last.id)]) if last else None


async def one(work: Work, token_id: uuid.UUID) -> PersonalToken:
    """One of the actor's living tokens; raises NotFound for everybody else's."""
    found = await queries.living_token(work.db, work.actor.id, token_id, work.now) if work.actor.id else None
    if found is None:
        raise NotFound
    return found


async def revoke(work: Work, token_id: uuid.UUID) -> None:
    """End one of the actor's tokens; raises NotFound for everybody else's."""
    token = await queries.own_token(work.db, work.actor.id, token_id) if work.actor.id else None
    if token is None:
        raise NotFound
    _end(work, token, "revoked")


async def give_up(work: Work, secret: str) -> None:
    """End the token that is shown (RFC 7009): whoever holds it could use it, so they may end it. Others end nothing."""
    token = await _shown(work, secret)
    if token is not None:
        _end(work, token, "given_up")


async def leaked(work: Work, secret: str, *, url: str) -> bool:
    """End a token that was found in public and let its owner be told; False for what is no token of ours."""
    token = await _shown(work, secret)
    if token is None:
        return False
    if token.revoked_at is None:
        _end(work, token, "leaked", url=url)
        work.emit(TokenLeaked(account_id=token.account_id, token_id=token.id))
    return True


async def owner_of(work: Work, token_id: uuid.UUID) -> tuple[PersonalToken, Account] | None:
    """A token and whose it is; None once either is gone."""
    token = await work.db.get(PersonalToken, token_id)
    owner = await queries.by_id(work.db, token.account_id) if token else None
    return (token, owner) if token and owner else None


async def end_all_tokens(work: Work, account_id: uuid.UUID, *, reason: str) -> None:
    """End every personal token of an account."""
    ended = await work.db.execute(
        update(PersonalToken)
        .where(PersonalToken.account_id == account_id, PersonalToken.revoked_at.is_(None))
        .values(revoked_at=work.now, revoked_reason=reason)
        .returning(PersonalToken.id)
    )
    for (token_id,) in ended:
        work.emit(TokenRevoked(account_id=account_id, token_id=token_id, reason=reason))


async def forget_old_tokens(work: Work) -> None:
    """Delete tokens that ended or ran out long ago."""
    old = work.now - KEEP_ENDED
    await work.db.execute(
        delete(PersonalToken).where(or_(PersonalToken.expires_at < old, PersonalToken.revoked_at < old))
    )


async def _shown(work: Work, secret: str) -> PersonalToken | None:
    if not pat.is_well_formed(secret):
        return None
    return await queries.token_by_digest(work.db, crypto.digest(secret))


def _end(work: Work, token: PersonalToken, reason: str, **details: str) -> None:
    if token.revoked_at is not None:
        return
    token.revoked_at = work.now
    token.revoked_reason = reason
    shown = ids.show("pat", token.id)
    work.note("account:token:ended", token.account_id, token=shown, reason=reason, **details)
    work.emit(TokenRevoked(account_id=token.account_id, token_id=token.id, reason=reason))
