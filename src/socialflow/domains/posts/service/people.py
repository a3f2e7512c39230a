"""What somebody said, voted, reposted and followed goes with them; what others said in answer stays."""

import uuid

from sqlalchemy import ColumnElement, delete, select

from socialflow.domains.posts import queries
from socialflow.domains.posts.models import Hashtag, Poll, PollOption, PollVote, Post, PostState, Repost
from socialflow.domains.posts.queries import tags
from socialflow.domains.posts.service.removing import remove
from socialflow.kernel import counters
from socialflow.kernel.work import Work

AT_ONCE = 50


async def erase_posts_of(work: Work, account_id: uuid.UUID) -> int:
    """Delete some of somebody's posts as they would themselves; returns how many, 0 when none is left."""
    found = select(Post.id).where(Post.account_id == account_id, Post.state != PostState.DELETED).limit(AT_ONCE)
    wanted = list(await work.db.scalars(found))
    for post_id in wanted:
        post = await queries.locked(work.db, post_id)
        if post is not None and post.state != PostState.DELETED:
            await remove(work, post)
    return len(wanted)


async def delete_some_of_channel(work: Work, channel_id: uuid.UUID) -> int:
    """Delete some posts of a channel, and take its reposts back; returns how many, 0 when none is left."""
    found = select(Post.id).where(Post.channel_id == channel_id, Post.state != PostState.DELETED).limit(AT_ONCE)
    wanted = list(await work.db.scalars(found))
    for post_id in wanted:
        post = await queries.locked(work.db, post_id)
        if post is not None and post.state != PostState.DELETED:
            await remove(work, post)
    return len(wanted) + await _take_reposts(work, Repost.channel_id == channel_id)


async def erase_votes_of(work: Work, account_id: uuid.UUID) -> int:
    """Take some of somebody's votes out of polls; returns how many."""
    some = select(PollVote.poll_id).where(PollVote.account_id == account_id).limit(AT_ONCE).scalar_subquery()
    gone = delete(PollVote).where(PollVote.account_id == account_id, PollVote.poll_id.in_(some))
    rows = (await work.db.execute(gone.returning(PollVote.poll_id, PollVote.choices))).all()
    for row in rows:
        chosen = select(PollOption.id).where(PollOption.poll_id == row.poll_id, PollOption.number.in_(row.choices))
        for option_id in list(await work.db.scalars(chosen)):
            await counters.adjust(work.db, PollOption.vote_count, option_id, -1)
        await counters.adjust(work.db, Poll.voter_count, row.poll_id, -1)
    return len(rows)


async def erase_reposts_of(work: Work, account_id: uuid.UUID) -> int:
    """Take some of somebody's reposts back; returns how many."""
    return await _take_reposts(work, Repost.account_id == account_id)


async def _take_reposts(work: Work, whose: ColumnElement[bool]) -> int:
    some = select(Repost.id).where(whose).limit(AT_ONCE).scalar_subquery()
    gone = delete(Repost).where(Repost.id.in_(some)).returning(Repost.kind, Repost.subject_id)
    rows = (await work.db.execute(gone)).all()
    for row in rows:
        if row.kind == "post":
            await counters.adjust(work.db, Post.repost_count, row.subject_id, -1)
    return len(rows)


async def erase_follows_of(work: Work, account_id: uuid.UUID) -> int:
    """Let somebody follow some hashtags less; returns how many."""
    gone = await tags.drop_follows_of(work.db, account_id, AT_ONCE)
    for hashtag_id in gone:
        await counters.adjust(work.db, Hashtag.follower_count, hashtag_id, -1)
    return len(gone)
