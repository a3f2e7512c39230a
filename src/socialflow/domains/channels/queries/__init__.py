"""Questions about channels."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.models import Account
from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.channels.models import Channel
from socialflow.kernel.work import Actor

# The one rule of which channels there are, for every statement that reads `channels`.
VISIBLE = f"channels.deleted_at IS NULL AND NOT {hidden('channels.account_id')}"
# Where the viewer and the owner want nothing of each other.
APART = apart("channels.account_id", "CAST(:viewer AS uuid)")
MANAGE = frozenset({"accounts:manage", "*"})


def visible_to(actor: Actor) -> Select[Channel]:
    """The domain's only base select. A channel is public until it is deleted or its account is hidden.

    Who has blocked its owner, or was blocked by them, does not see it. Who manages accounts sees every one.
    """
    found = select(Channel).where(Channel.deleted_at.is_(None))
    if actor.permissions & MANAGE:
        return found
    return found.where(text(VISIBLE), text(f"NOT {APART}").bindparams(viewer=actor.id))


async def by_id(db: AsyncSession, actor: Actor, channel_id: uuid.UUID) -> Channel | None:
    """One visible channel."""
    return (await db.scalars(visible_to(actor).where(Channel.id == channel_id))).one_or_none()


async def by_handle(db: AsyncSession, actor: Actor, handle: str) -> Channel | None:
    """One visible channel by its handle."""
    return (await db.scalars(visible_to(actor).where(Channel.handle == handle.lower()))).one_or_none()


async def met(db: AsyncSession, actor: Actor, channel_ids: Sequence[uuid.UUID]) -> Sequence[Channel]:
    """Of these channels those that somebody can meet, which are no more for staff than for others."""
    return (await db.scalars(met_by(actor).where(Channel.id.in_(channel_ids)))).all()


def met_by(actor: Actor) -> Select[Channel]:
    """Channels of which somebody is told, and whom their words reach: as `visible_to`, staff not excepted."""
    return select(Channel).where(text(VISIBLE), text(f"NOT {APART}").bindparams(viewer=actor.id))


async def any_by_id(db: AsyncSession, channel_id: uuid.UUID) -> Channel | None:
    """One channel, whoever may see it."""
    return (await db.scalars(select(Channel).where(Channel.id == channel_id))).one_or_none()


async def of_account(db: AsyncSession, account_id: uuid.UUID) -> Channel | None:
    """The channel that came with an account."""
    found = (
        select(Channel)
        .join(Account, Account.channel_id == Channel.id)
        .where(Account.id == account_id, Channel.deleted_at.is_(None))
    )
    return (await db.scalars(found)).one_or_none()


async def all_of_account(db: AsyncSession, account_id: uuid.UUID) -> Sequence[Channel]:
    """Every channel of an account, deleted ones too, held until the transaction ends."""
    return (await db.scalars(select(Channel).where(Channel.account_id == account_id).with_for_update())).all()


async def awaiting_picture(db: AsyncSession, upload_id: uuid.UUID) -> list[Channel]:
    """Channels whose avatar or banner this upload is to be."""
    waits = or_(Channel.avatar_upload_id == upload_id, Channel.banner_upload_id == upload_id)
    return list(await db.scalars(select(Channel).where(waits).with_for_update()))


async def is_picture(db: AsyncSession, owner_id: uuid.UUID, asset_id: uuid.UUID) -> bool:
    """Whether a channel of an account shows a picture."""
    shows = or_(Channel.avatar_asset_id == asset_id, Channel.banner_asset_id == asset_id)
    found = select(Channel.id).where(Channel.account_id == owner_id, shows).limit(1)
    return (await db.execute(found)).first() is not None


async def held(db: AsyncSession, channel_id: uuid.UUID) -> Channel | None:
    """A channel, held until the transaction ends."""
    found = select(Channel).where(Channel.id == channel_id, Channel.deleted_at.is_(None)).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def keep(db: AsyncSession, channel_id: uuid.UUID) -> bool:
    """Let nobody delete a channel until the transaction ends; False where somebody has."""
    found = select(Channel.id).where(Channel.id == channel_id, Channel.deleted_at.is_(None))
    return (await db.scalar(found.with_for_update(read=True, key_share=True))) is not None


async def count_of(db: AsyncSession, account_id: uuid.UUID) -> int:
    """How many channels an account has."""
    found = select(func.count()).select_from(Channel)
    found = found.where(Channel.account_id == account_id, Channel.deleted_at.is_(None))
    return int((await db.execute(found)).scalar_one())


async def ids_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some channels' ids, in order."""
    return list(await db.scalars(select(Channel.id).where(Channel.id > after).order_by(Channel.id).limit(most)))
