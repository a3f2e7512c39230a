"""Invites: a secret, shown once and kept as a digest, that lets so many people in."""

import uuid
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import update

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import InviteInvalid, TooManyInvites
from socialflow.domains.accounts.events import InviteAsked
from socialflow.domains.accounts.models import Account, Invite
from socialflow.domains.accounts.schemas import InviteCreate, InviteMadeRead, InvitePage, InviteRead
from socialflow.kernel import crypto, ids, pages
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

PREFIX = "sfi"


async def invite(work: Work, body: InviteCreate, *, settings: Settings) -> InviteMadeRead:
    """Make an invite; people without a permission of staff invite one at a time, and so many."""
    policy.may_invite(work.actor, body.max_uses)
    if not policy.manages_accounts(work.actor):
        # Whoever has too many open ones asks twice at once in vain: the account's row is the lock.
        await queries.lock_account(work.db, work.actor.id)
        if await queries.open_invites(work.db, work.actor.id, work.now) >= settings.sign_up.invites_each:
            raise TooManyInvites
    token = None if body.email else crypto.token(PREFIX)
    made = Invite(
        id=ids.new(),
        token_digest=crypto.digest(token) if token else None,
        created_by=work.actor.id,
        note=body.note,
        send_to=body.email,
        max_uses=body.max_uses,
        uses=0,
        created_at=work.now,
        expires_at=work.now + timedelta(days=body.days or settings.sign_up.invite_days),
    )
    work.db.add(made)
    work.note("account:invite:made", work.actor.id, invite=str(made.id), uses=body.max_uses)
    if token is None:
        work.emit(InviteAsked(invite_id=made.id))
    link = link_of(token, settings) if token else None
    return InviteMadeRead(invite=InviteRead.model_validate(made), token=token, link=link)


def link_of(token: str, settings: Settings) -> str:
    """The sign-up page with the secret of an invite."""
    return f"{settings.public_url}/signup?invite={quote(token)}"


async def use(work: Work, token: str) -> uuid.UUID:
    """Take one use of an invite, the last one once; raises InviteInvalid."""
    # One statement: whoever comes second waits for the first one's row, and sees its count.
    taken: uuid.UUID | None = await work.db.scalar(
        update(Invite)
        .where(
            Invite.token_digest == crypto.digest(token),
            Invite.revoked_at.is_(None),
            Invite.expires_at > work.now,
            Invite.uses < Invite.max_uses,
        )
        .values(uses=Invite.uses + 1)
        .returning(Invite.id)
    )
    if taken is None:
        raise InviteInvalid
    return taken


async def revoke(work: Work, invite_id: uuid.UUID, *, own: bool) -> None:
    """End an invite; one that has ended stays as it is. Other people's are not found by `own`."""
    found = await queries.invite_for_update(work.db, invite_id)
    if found is None or (own and found.created_by != work.actor.id):
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = work.now
        work.note("account:invite:revoked", found.created_by, invite=str(invite_id))


async def one(work: Work, invite_id: uuid.UUID, *, own: bool) -> InviteRead:
    """One invite, ended or not, as it stands in the list; other people's are not found by `own`."""
    found = await queries.invite(work.db, invite_id)
    if found is None or (own and found.created_by != work.actor.id):
        raise NotFound
    return InviteRead.model_validate(found)


async def listed(work: Work, keys: Keys, *, own: bool, limit: int, cursor: str | None) -> InvitePage:
    """Invites, the newest first: one's own, or everybody's."""
    by = work.actor.id if own else None
    filters = {"by": str(by)}
    after = uuid.UUID(str(pages.unseal(keys, "invites", filters, cursor)[0])) if cursor else None
    shown, last = pages.cut(await queries.invites(work.db, by, after, limit + 1), limit)
    return InvitePage(
        items=[InviteRead.model_validate(each) for each in shown],
        next_cursor=pages.seal(keys, "invites", filters, [str(last.id)]) if last else None,
    )


async def secret_for_mail(work: Work, invite_id: uuid.UUID) -> tuple[Invite, str, Account | None] | None:
    """A fresh secret of an invite that is to be mailed, and who invites; None when it has been sent or has ended."""
    found = await queries.invite_for_update(work.db, invite_id)
    if found is None or found.send_to is None or found.revoked_at is not None:
        return None
    token = crypto.token(PREFIX)
    found.token_digest = crypto.digest(token)
    by = await queries.by_id(work.db, found.created_by) if found.created_by else None
    return found, token, by


async def was_mailed(work: Work, invite_id: uuid.UUID) -> None:
    """Forget the address of somebody who may never come."""
    found = await queries.invite_for_update(work.db, invite_id)
    if found is not None:
        found.send_to = None
