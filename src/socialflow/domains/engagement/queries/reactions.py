"""Likes, dislikes and reactions: rows and counts, and the pictures that one can react by."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.accounts.service import apart, hidden
from socialflow.domains.engagement.models import (
    DISLIKE,
    CustomEmoji,
    Dislike,
    Like,
    Reaction,
    ReactionCount,
    Subject,
    tally_id,
)
from socialflow.domains.engagement.queries.pages import THEIRS
from socialflow.domains.engagement.queries.subjects import COMMENTABLE
from socialflow.domains.media.models import Asset, AssetState
from socialflow.domains.posts.models import VISIBLE as POST_VISIBLE
from socialflow.domains.videos.models import VISIBLE
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work


async def hold_own(work: Work, subject_id: uuid.UUID) -> None:
    """Let the actor do one thing at a time with a subject; others are not waited for."""
    key = func.hashtextextended(f"{work.actor.id}:{subject_id}", 0)
    await work.db.execute(select(func.pg_advisory_xact_lock(key)))


async def add_like(work: Work, kind: Subject, subject_id: uuid.UUID) -> bool:
    """Make the actor like something; whether that is new."""
    like = insert(Like).values(account_id=work.actor.id, subject_id=subject_id, kind=kind, created_at=work.now)
    made = await work.db.execute(like.on_conflict_do_nothing().returning(Like.subject_id))
    return made.first() is not None


async def remove_like(work: Work, subject_id: uuid.UUID) -> bool:
    """Make the actor like it no more; whether they did."""
    like = delete(Like).where(Like.account_id == work.actor.id, Like.subject_id == subject_id)
    return (await work.db.execute(like.returning(Like.subject_id))).first() is not None


async def add_dislike(work: Work, kind: Subject, subject_id: uuid.UUID) -> bool:
    """Make the actor dislike something; whether that is new."""
    row = insert(Dislike).values(account_id=work.actor.id, subject_id=subject_id, kind=kind, created_at=work.now)
    made = await work.db.execute(row.on_conflict_do_nothing().returning(Dislike.subject_id))
    return made.first() is not None


async def remove_dislike(work: Work, subject_id: uuid.UUID) -> bool:
    """Make the actor dislike it no more; whether they did."""
    row = delete(Dislike).where(Dislike.account_id == work.actor.id, Dislike.subject_id == subject_id)
    return (await work.db.execute(row.returning(Dislike.subject_id))).first() is not None


async def own_reaction(work: Work, subject_id: uuid.UUID) -> str | None:
    """By which emoji the actor reacts to something."""
    found = select(Reaction.emoji).where(Reaction.account_id == work.actor.id, Reaction.subject_id == subject_id)
    return await work.db.scalar(found)


async def put_reaction(work: Work, kind: Subject, subject_id: uuid.UUID, emoji: str) -> None:
    """Let the actor react by an emoji, in place of any other."""
    made = insert(Reaction).values(
        account_id=work.actor.id, subject_id=subject_id, kind=kind, emoji=emoji, created_at=work.now
    )
    changed = {"emoji": made.excluded.emoji, "created_at": made.excluded.created_at}
    await work.db.execute(made.on_conflict_do_update(index_elements=["account_id", "subject_id"], set_=changed))


async def remove_reaction(work: Work, subject_id: uuid.UUID) -> str | None:
    """Let the actor react to it no more; by which emoji they did."""
    row = delete(Reaction).where(Reaction.account_id == work.actor.id, Reaction.subject_id == subject_id)
    return await work.db.scalar(row.returning(Reaction.emoji))


async def begin_tally(db: AsyncSession, subject_id: uuid.UUID, symbol: str) -> None:
    """Make sure that there is a row to count on."""
    made = insert(ReactionCount).values(id=tally_id(subject_id, symbol), subject_id=subject_id, symbol=symbol)
    await db.execute(made.on_conflict_do_nothing())


async def tallies_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some counts' ids, in order."""
    found = select(ReactionCount.id).where(ReactionCount.id > after).order_by(ReactionCount.id).limit(most)
    return list(await db.scalars(found))


def reactions_of_tally() -> ScalarSelect[int]:
    """How many a count counts, counted: dislikes, or reactions by its emoji."""
    disliked = select(func.count()).select_from(Dislike).where(Dislike.subject_id == ReactionCount.subject_id)
    reacted = select(func.count()).select_from(Reaction)
    reacted = reacted.where(Reaction.subject_id == ReactionCount.subject_id, Reaction.emoji == ReactionCount.symbol)
    by_kind = [scalar.correlate(ReactionCount).scalar_subquery() for scalar in (disliked, reacted)]
    chosen = func.coalesce(
        select(by_kind[0]).where(ReactionCount.symbol == DISLIKE).correlate(ReactionCount).scalar_subquery(),
        by_kind[1],
    )
    return select(chosen).correlate(ReactionCount).scalar_subquery()


async def is_offered(db: AsyncSession, emoji: str) -> bool:
    """Whether an emoji is a picture that can be chosen."""
    found = select(CustomEmoji.id).join(Asset, Asset.id == CustomEmoji.asset_id)
    found = found.where(CustomEmoji.offered, Asset.state == AssetState.READY)
    return (await db.execute(found.where(func.concat(":", CustomEmoji.name, ":") == emoji))).first() is not None


_OFFERED = "custom_emojis.offered AND assets.state = 'ready'"
OFFERED = Read(f"""
    SELECT custom_emojis.name, custom_emojis.alt, custom_emojis.asset_id
    FROM custom_emojis JOIN assets ON assets.id = custom_emojis.asset_id WHERE {_OFFERED}
    ORDER BY custom_emojis.name LIMIT 500
""")  # noqa: S608  # a constant of this module
EMOJIS = Read("""
    SELECT custom_emojis.id, custom_emojis.name, custom_emojis.alt, custom_emojis.offered, custom_emojis.created_at,
        custom_emojis.asset_id, assets.state
    FROM custom_emojis LEFT JOIN assets ON assets.id = custom_emojis.asset_id WHERE custom_emojis.id < :id
    ORDER BY custom_emojis.id DESC LIMIT CAST(:limit AS int)
""")
_AWAY = f"{hidden('comments.account_id')} OR {apart('comments.account_id', VIEWER)}"
_ON = " UNION ALL ".join(
    f"SELECT comments.id, comments.account_id FROM comments JOIN {subject.table}"  # noqa: S608  # of COMMENTABLE
    f" ON {subject.table}.id = comments.subject_id WHERE comments.id = ANY(CAST(:ids AS uuid[]))"
    f" AND comments.subject_kind = '{subject.kind}' AND comments.deleted_at IS NULL AND NOT ({_AWAY}) AND {THEIRS}"
    f" AND {subject.mode} <> 'off' AND {subject.visible}"
    for subject in COMMENTABLE.values()
)
# What a viewer may not see is not among them, by its numbers as little as by its words.
OF_MANY = Read(f"""
    WITH seen AS (
        SELECT videos.id, videos.account_id FROM videos WHERE videos.id = ANY(CAST(:ids AS uuid[])) AND {VISIBLE}
        UNION ALL
        SELECT posts.id, posts.account_id FROM posts WHERE posts.id = ANY(CAST(:ids AS uuid[]))
            AND {POST_VISIBLE.replace(":sees_any", ":sees_any_post")}
        UNION ALL
        {_ON}
    )
    SELECT seen.id, seen.account_id = {VIEWER} AS is_owner,
        coalesce((SELECT number FROM reaction_counts AS tally
            WHERE tally.subject_id = seen.id AND tally.symbol = '{DISLIKE}'), 0) AS dislikes,
        (SELECT own.emoji FROM reactions AS own
            WHERE own.subject_id = seen.id AND own.account_id = {VIEWER}) AS own,
        EXISTS (SELECT FROM dislikes AS own WHERE own.subject_id = seen.id AND own.account_id = {VIEWER}) AS disliked,
        (SELECT jsonb_agg(jsonb_build_object('symbol', tally.symbol, 'number', tally.number,
            'asset_id', picture.asset_id, 'alt', picture.alt) ORDER BY tally.number DESC, tally.symbol)
            FROM reaction_counts AS tally
            LEFT JOIN custom_emojis AS picture ON ':' || picture.name || ':' = tally.symbol
            WHERE tally.subject_id = seen.id AND tally.number > 0 AND tally.symbol <> '{DISLIKE}') AS tallies
    FROM seen
""")  # noqa: S608  # constants, joined at import


async def state_of_picture(db: AsyncSession, asset_id: uuid.UUID) -> str | None:
    """Whether a picture can be shown; None before it has arrived."""
    return await db.scalar(select(Asset.state).where(Asset.id == asset_id))
