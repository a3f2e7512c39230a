"""Questions about posts; `visible_to` is the only base select, and `pages` asks by the same rule."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any

from sqlalchemy import ScalarSelect, Select, TextClause, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from socialflow.domains.media.models import Asset, Purpose
from socialflow.domains.posts.models import (
    JUDGED,
    VISIBLE,
    PollVote,
    Post,
    PostingSettings,
    PostMention,
    PostPhoto,
    PostState,
    PostVersion,
    Repost,
    visible_by,
)
from socialflow.domains.social.models import Follow
from socialflow.kernel import visibility
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Actor, App, Work

SEE_ANY = "posts:see_any"
DUE = 200


class Hold(Enum):
    """How a row is held until the transaction ends: not at all, against deletion, or against every change."""

    NOT = auto()
    KEEP = auto()
    CHANGE = auto()


def seen_by(actor: Actor) -> Mapping[str, Any]:
    """Whom the rule of visibility asks about."""
    return visibility.seen_by(actor, sees_any=sees_any(actor))


def sees_any(actor: Actor) -> bool:
    """Whether somebody sees every post, to judge it."""
    return bool(actor.permissions & {SEE_ANY, "*"})


def _asked(condition: str, actor: Actor) -> TextClause:
    """A condition with whom it asks about."""
    named = {name: value for name, value in seen_by(actor).items() if f":{name}" in condition}
    return text(condition).bindparams(**named)


def visible_to(actor: Actor) -> Select[Post]:
    """Posts that somebody may see when they name one."""
    return select(Post).where(_asked(VISIBLE, actor))


async def by_id(db: AsyncSession, actor: Actor, post_id: uuid.UUID, hold: Hold) -> Post | None:
    """One visible post."""
    found = visible_to(actor).where(Post.id == post_id)
    if hold is not Hold.NOT:
        found = found.with_for_update(of=Post, read=hold is Hold.KEEP, key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def locked(db: AsyncSession, post_id: uuid.UUID) -> Post | None:
    """One post, whoever may see it, held against every change."""
    found = select(Post).where(Post.id == post_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def is_answered(db: AsyncSession, post_id: uuid.UUID) -> bool:
    """Whether a reply stands below a post: the rows, not the counter, which may be busy."""
    replies = select(Post.id).where(Post.parent_id == post_id, Post.published_at.is_not(None))
    return bool(await db.scalar(select(replies.exists())))


async def hold_thread(db: AsyncSession, post_id: uuid.UUID) -> None:
    """Let one at a time pin something below a post."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pin:{post_id}", 0))))


async def pinned(db: AsyncSession, post_id: uuid.UUID) -> Post | None:
    """The reply that is pinned below a post, held against every change."""
    found = select(Post).where(Post.parent_id == post_id, Post.pinned_at.is_not(None)).with_for_update(key_share=True)
    return (await db.scalars(found.execution_options(populate_existing=True))).one_or_none()


async def followers_among(db: AsyncSession, channel_id: uuid.UUID, accounts: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Who of these follows a channel."""
    found = select(Follow.follower_id).where(Follow.channel_id == channel_id, Follow.follower_id.in_(accounts))
    return set(await db.scalars(found))


async def seers_among(db: AsyncSession, post_id: uuid.UUID, accounts: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Who of these may see a post, by the rule that decides what they read."""
    return set(await db.scalars(_SEERS, {"id": post_id, "accounts": list(accounts)}))


async def mention(db: AsyncSession, post_id: uuid.UUID, accounts: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Write down whom a post names; who of them was not named before."""
    if not accounts:
        return []
    rows = [{"post_id": post_id, "account_id": each} for each in sorted(accounts)]
    made = insert(PostMention).values(rows).on_conflict_do_nothing().returning(PostMention.account_id)
    return list(await db.scalars(made))


async def is_mentioned(db: AsyncSession, post_id: uuid.UUID, account_id: uuid.UUID) -> bool:
    """Whether a post names somebody."""
    found = select(PostMention.post_id).where(PostMention.post_id == post_id, PostMention.account_id == account_id)
    return (await db.execute(found)).first() is not None


async def forget_mentions(db: AsyncSession, post_id: uuid.UUID) -> None:
    """A post names nobody any more."""
    await db.execute(delete(PostMention).where(PostMention.post_id == post_id))


async def photos(db: AsyncSession, post_id: uuid.UUID) -> Sequence[PostPhoto]:
    """The photos of a post, in order."""
    found = select(PostPhoto).where(PostPhoto.post_id == post_id).order_by(PostPhoto.position)
    return (await db.scalars(found)).all()


async def post_of_photo(db: AsyncSession, asset_id: uuid.UUID) -> Post | None:
    """The post that a photo belongs to, held until the transaction ends."""
    found = select(Post).join(PostPhoto, PostPhoto.post_id == Post.id).where(PostPhoto.asset_id == asset_id)
    held = found.with_for_update(of=Post, key_share=True)
    return (await db.scalars(held.execution_options(populate_existing=True))).one_or_none()


async def spare_photos(db: AsyncSession, before: datetime, most: int) -> list[uuid.UUID]:
    """Photos that no post has taken for a while."""
    taken = select(PostPhoto.asset_id).where(PostPhoto.asset_id == Asset.id).exists()
    found = select(Asset.id).where(Asset.purpose == Purpose.PHOTO, Asset.updated_at < before, ~taken)
    return list(await db.scalars(found.order_by(Asset.id).limit(most)))


async def settings_of(db: AsyncSession, account_id: uuid.UUID) -> PostingSettings | None:
    """What somebody's posts begin with; None where they have said nothing."""
    return await db.get(PostingSettings, account_id)


async def settings_to_change(db: AsyncSession, usual: Mapping[str, Any]) -> PostingSettings:
    """The same, held until the transaction ends; made of what is usual where they have said nothing."""
    await db.execute(insert(PostingSettings).values(**usual).on_conflict_do_nothing())
    found = select(PostingSettings).where(PostingSettings.account_id == usual["account_id"]).with_for_update()
    return (await db.scalars(found)).one()


async def last_version(db: AsyncSession, post_id: uuid.UUID) -> int:
    """The number of the latest version that is kept of a post; 0 when it was never edited."""
    return await db.scalar(select(func.max(PostVersion.number)).where(PostVersion.post_id == post_id)) or 0


async def vote(work: Work, post_id: uuid.UUID, choices: Sequence[int]) -> bool:
    """Write the actor's vote down; whether it is their first."""
    made = insert(PollVote).values(
        poll_id=post_id, account_id=work.actor.id, choices=list(choices), created_at=work.now
    )
    return (await work.db.execute(made.on_conflict_do_nothing().returning(PollVote.poll_id))).first() is not None


async def vote_of(db: AsyncSession, post_id: uuid.UUID, account_id: uuid.UUID | None) -> list[int]:
    """What somebody has voted for."""
    found = select(PollVote.choices).where(PollVote.poll_id == post_id, PollVote.account_id == account_id)
    return list(await db.scalar(found) or ())


async def add_repost(work: Work, values: Mapping[str, Any]) -> bool:
    """Write a repost of the actor down; whether it is new."""
    made = insert(Repost).values(**values, account_id=work.actor.id, created_at=work.now)
    return (await work.db.execute(made.on_conflict_do_nothing().returning(Repost.id))).first() is not None


async def remove_repost(work: Work, subject_id: uuid.UUID, channel_id: uuid.UUID | None) -> Repost | None:
    """Take a repost of the actor back, or only that of a channel of theirs; what it was."""
    gone = delete(Repost).where(Repost.account_id == work.actor.id, Repost.subject_id == subject_id)
    if channel_id is not None:
        gone = gone.where(Repost.channel_id == channel_id)
    return (await work.db.scalars(gone.returning(Repost))).one_or_none()


async def forget_reposts(db: AsyncSession, subject_id: uuid.UUID, most: int) -> int:
    """Forget some reposts of something that is gone; how many."""
    some = select(Repost.id).where(Repost.subject_id == subject_id).limit(most).scalar_subquery()
    gone = await db.execute(delete(Repost).where(Repost.subject_id == subject_id, Repost.id.in_(some)))
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count


_SEERS = text(f"""
    SELECT asked.id FROM posts CROSS JOIN unnest(CAST(:accounts AS uuid[])) AS asked (id)
    WHERE posts.id = :id AND {visible_by("asked.id")}
""")  # noqa: S608  # constants, joined at import
_DUE = text("""
    SELECT publish_at, id, account_id FROM posts WHERE publish_at <= now() AND (publish_at, id) > (:at, :id)
    ORDER BY publish_at, id LIMIT :most
""")
_ENDED = text("""
    UPDATE polls SET closed_at = now() FROM posts WHERE posts.id = polls.id AND polls.id IN (
        SELECT id FROM polls WHERE closed_at IS NULL AND ends_at <= now()
        ORDER BY ends_at LIMIT :most FOR UPDATE SKIP LOCKED
    ) RETURNING polls.id, posts.account_id
""")


async def due(db: AsyncSession, after: tuple[datetime, uuid.UUID]) -> Sequence[Any]:
    """Some posts whose time has come, by the clock of the database: times, ids, and whose they are."""
    return (await db.execute(_DUE, {"at": after[0], "id": after[1], "most": DUE})).all()


async def still_due(db: AsyncSession, post_id: uuid.UUID) -> Post | None:
    """A post whose time has come, held until the transaction ends; None while somebody else holds it."""
    found = select(Post).where(Post.id == post_id, Post.publish_at <= func.now())
    return (await db.scalars(found.with_for_update(skip_locked=True, key_share=True))).one_or_none()


async def end_polls(db: AsyncSession) -> Sequence[Any]:
    """Close some polls whose time is over, each once: their ids, and whose they are."""
    return (await db.execute(_ENDED, {"most": DUE})).all()


async def ids_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some posts' ids, in order."""
    return list(await db.scalars(select(Post.id).where(Post.id > after).order_by(Post.id).limit(most)))


def replies_to_post() -> ScalarSelect[int]:
    """How many replies stand below a post, counted: those that were hidden are not among them."""
    reply = aliased(Post)
    found = select(func.count()).select_from(reply).where(reply.parent_id == Post.id, reply.published_at.is_not(None))
    return found.where(reply.state != PostState.HIDDEN).correlate(Post).scalar_subquery()


def quotes_of_post() -> ScalarSelect[int]:
    """How many posts quote a post, counted."""
    quote = aliased(Post)
    found = select(func.count()).select_from(quote)
    found = found.where(quote.quoted_post_id == Post.id, quote.state == PostState.PUBLISHED)
    return found.where(quote.quote_revoked_at.is_(None)).correlate(Post).scalar_subquery()


def reposts_of_post() -> ScalarSelect[int]:
    """How many repost a post, counted."""
    found = select(func.count()).select_from(Repost).where(Repost.subject_id == Post.id)
    return found.correlate(Post).scalar_subquery()


_JUDGED = Read(f"""
    SELECT {JUDGED} AS fine FROM post_photos JOIN posts ON posts.id = post_photos.post_id
    WHERE post_photos.asset_id = :asset_id
""")  # noqa: S608  # constants, joined at import


async def may_still(app: App, asset_id: uuid.UUID, viewer: uuid.UUID | None) -> bool | None:
    """Whether a viewer may still see what a photo belongs to; None where it is no post's."""
    row = await _JUDGED.row(app, asset_id=asset_id, viewer=viewer)
    return bool(row["fine"]) if row is not None else None
