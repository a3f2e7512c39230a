"""Polls: what is asked, who has answered, and when it is over."""

import uuid

from sqlalchemy import select

from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.errors import AlreadyVoted, NotSaidYet
from socialflow.domains.posts.events import PollEnded, PollVoted
from socialflow.domains.posts.models import Poll, PollOption, Post, PostState
from socialflow.domains.posts.queries import Hold
from socialflow.domains.posts.schemas import PollCreate
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work


async def put(work: Work, post: Post, wanted: PollCreate | None) -> None:
    """Give a post that nobody has seen yet this poll, or none."""
    before = await work.db.get(Poll, post.id)
    if before is not None:
        await work.db.delete(before)
        await work.db.flush()
    if wanted is None:
        return
    work.db.add(Poll(id=post.id, multiple=wanted.multiple, duration_s=wanted.duration_s))
    await work.db.flush()
    for number, words in enumerate(wanted.options):
        work.db.add(PollOption(id=ids.new(), poll_id=post.id, number=number, text=words))
    await work.db.flush()


async def vote(work: Work, post_id: uuid.UUID, choices: list[int]) -> None:
    """Let the actor vote: once, however many ask at the same time; the same vote again changes nothing."""
    if work.actor.id is None:
        raise Unauthorized
    post = await queries.by_id(work.db, work.actor, post_id, Hold.KEEP)
    poll = await work.db.get(Poll, post_id) if post is not None else None
    if post is None or poll is None:
        raise NotFound
    if post.state != PostState.PUBLISHED:
        raise NotSaidYet
    options = {
        option.number: option.id
        for option in await work.db.scalars(select(PollOption).where(PollOption.poll_id == post_id))
    }
    policy.may_choose(choices, options=len(options), multiple=poll.multiple)
    if set(await queries.vote_of(work.db, post_id, work.actor.id)) == set(choices):
        return
    policy.may_vote(poll.ends_at, work.now)
    if not await queries.vote(work, post_id, sorted(choices)):
        if set(await queries.vote_of(work.db, post_id, work.actor.id)) == set(choices):
            return
        raise AlreadyVoted
    for number in sorted(choices):
        await counters.adjust(work.db, PollOption.vote_count, options[number], 1)
    await counters.adjust(work.db, Poll.voter_count, post_id, 1)
    work.emit(PollVoted(post_id=post_id, account_id=work.actor.id))


async def end_polls(work: Work) -> int:
    """Tell of some polls whose time is over, of each once; returns how many."""
    ended = await queries.end_polls(work.db)
    for row in ended:
        work.emit(PollEnded(post_id=row.id, account_id=row.account_id))
        work.forget("posts", f"post:{ids.show('pst', row.id)}")
    return len(ended)


async def drop(work: Work, post: Post) -> None:
    """Forget the poll of a post that goes, and who voted."""
    await put(work, post, None)
