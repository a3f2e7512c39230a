"""Questions about hashtags, and the statements by which they change."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ScalarSelect, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.posts.models import LISTED_TO, Hashtag, HashtagFollow, Post, PostHashtag
from socialflow.kernel import ids
from socialflow.kernel.reads import Read, begins, one_by_one
from socialflow.kernel.visibility import VIEWER
from socialflow.kernel.work import Work

_FOLLOWED = f"""EXISTS (
    SELECT FROM hashtag_follows AS mine WHERE mine.hashtag_id = hashtags.id AND mine.account_id = {VIEWER}
) AS followed"""
# Under which there is something that the viewer finds: a word that is said to few alone is told to nobody else.
_IS_SAID = f"""EXISTS (
    SELECT FROM post_hashtags AS tagged JOIN posts ON posts.id = tagged.post_id
    WHERE tagged.hashtag_id = hashtags.id AND {LISTED_TO}
)"""
_COUNTED = f"CASE WHEN {_IS_SAID} THEN post_count ELSE 0 END AS post_count"
_TAG = f"SELECT hashtags.id, name, shown, {_COUNTED}, follower_count, {_FOLLOWED}"
ONE = Read(f"{_TAG} FROM hashtags WHERE name = :tag")
# Most used first; the index of prefixes bounds what is sorted. Only of what is shown it is asked who may see it.
SUGGESTED = Read(f"""
    SELECT id, name, shown, post_count, follower_count, {_FOLLOWED} FROM (
        SELECT id, name, shown, post_count, follower_count FROM hashtags WHERE {begins("name")} AND post_count > 0
        ORDER BY post_count DESC, name OFFSET 0
    ) AS hashtags
    WHERE {one_by_one(_IS_SAID)} ORDER BY post_count DESC, name LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants of this module and of the rule of visibility
MINE = Read(f"""
    SELECT hashtag_follows.id AS place, name, shown, {_COUNTED}, follower_count, TRUE AS followed
    FROM hashtag_follows JOIN hashtags ON hashtags.id = hashtag_follows.hashtag_id
    WHERE hashtag_follows.account_id = :viewer AND hashtag_follows.id < :before
    ORDER BY hashtag_follows.id DESC LIMIT CAST(:limit AS int)
""")  # noqa: S608  # constants, joined at import


async def known(work: Work, shown: Mapping[str, str]) -> dict[str, uuid.UUID]:
    """The ids of hashtags by their folded names; those that are new are made."""
    if not shown:
        return {}
    # In one order, so that two who make the same ones do not wait for each other.
    rows = [{"id": ids.new(), "name": name, "shown": shown[name], "created_at": work.now} for name in sorted(shown)]
    await work.db.execute(insert(Hashtag).values(rows).on_conflict_do_nothing(index_elements=["name"]))
    found = select(Hashtag.name, Hashtag.id).where(Hashtag.name.in_(list(shown)))
    return {row.name: row.id for row in await work.db.execute(found)}


async def of_post(db: AsyncSession, post_id: uuid.UUID) -> set[uuid.UUID]:
    """Under which hashtags a post stands."""
    return set(await db.scalars(select(PostHashtag.hashtag_id).where(PostHashtag.post_id == post_id)))


async def put_under(db: AsyncSession, post_id: uuid.UUID, tags: Sequence[uuid.UUID], at: datetime) -> None:
    """Let a post stand under some more hashtags."""
    rows = [{"hashtag_id": each, "post_id": post_id, "published_at": at} for each in tags]
    await db.execute(insert(PostHashtag).values(rows))


async def take_from(db: AsyncSession, post_id: uuid.UUID, tags: Sequence[uuid.UUID]) -> None:
    """Let it stand under these no more."""
    await db.execute(delete(PostHashtag).where(PostHashtag.post_id == post_id, PostHashtag.hashtag_id.in_(tags)))


async def follow(work: Work, hashtag_id: uuid.UUID) -> bool:
    """Make the actor follow a hashtag; whether that is new."""
    edge = insert(HashtagFollow).values(
        id=ids.new(), account_id=work.actor.id, hashtag_id=hashtag_id, created_at=work.now
    )
    return (await work.db.execute(edge.on_conflict_do_nothing().returning(HashtagFollow.id))).first() is not None


async def unfollow(work: Work, hashtag_id: uuid.UUID) -> bool:
    """Make the actor follow it no more; whether they did."""
    edge = delete(HashtagFollow).where(
        HashtagFollow.account_id == work.actor.id, HashtagFollow.hashtag_id == hashtag_id
    )
    return (await work.db.execute(edge.returning(HashtagFollow.id))).first() is not None


async def count_follows(work: Work) -> int:
    """How many hashtags the actor follows."""
    mine = select(func.count()).select_from(HashtagFollow).where(HashtagFollow.account_id == work.actor.id)
    return await work.db.scalar(mine) or 0


async def drop_follows_of(db: AsyncSession, account_id: uuid.UUID, most: int) -> list[uuid.UUID]:
    """Forget some of the hashtags that somebody follows; which."""
    some = select(HashtagFollow.hashtag_id).where(HashtagFollow.account_id == account_id).limit(most)
    gone = delete(HashtagFollow).where(
        HashtagFollow.account_id == account_id, HashtagFollow.hashtag_id.in_(some.scalar_subquery())
    )
    return list(await db.scalars(gone.returning(HashtagFollow.hashtag_id)))


async def ids_after(db: AsyncSession, after: uuid.UUID, most: int) -> Sequence[uuid.UUID]:
    """Some hashtags' ids, in order."""
    return list(await db.scalars(select(Hashtag.id).where(Hashtag.id > after).order_by(Hashtag.id).limit(most)))


def posts_of_tag() -> ScalarSelect[int]:
    """How many posts stand under a hashtag, counted."""
    found = select(func.count()).select_from(PostHashtag).join(Post, Post.id == PostHashtag.post_id)
    return found.where(PostHashtag.hashtag_id == Hashtag.id).correlate(Hashtag).scalar_subquery()


def followers_of_tag() -> ScalarSelect[int]:
    """How many follow a hashtag, counted."""
    found = select(func.count()).select_from(HashtagFollow).where(HashtagFollow.hashtag_id == Hashtag.id)
    return found.correlate(Hashtag).scalar_subquery()
