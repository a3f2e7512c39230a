"""What is done with replies by who began their thread, or looks after it: pin, heart, hide, show again, approve."""

import uuid
from dataclasses import replace

from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.errors import NotADirectReply
from socialflow.domains.posts.events import ReplyHearted, ReplyHidden, ReplyPinned, ReplyShown
from socialflow.domains.posts.models import Post, PostState
from socialflow.domains.posts.service import photos, publishing, quoting, replying
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, Work


async def pin(work: Work, post_id: uuid.UUID) -> Post:
    """Put a reply to the first post before all others, in place of any that was there."""
    post = await _of_own_thread(work, post_id)
    policy.may_mark(post)
    if post.depth != 1 or post.parent_id is None:
        raise NotADirectReply
    if post.pinned_at is not None:
        return post
    await queries.hold_thread(work.db, post.parent_id)
    former = await queries.pinned(work.db, post.parent_id)
    if former is not None:
        former.pinned_at = None
        await work.db.flush()
    post.pinned_at = work.now
    work.emit(ReplyPinned(post_id=post.id, account_id=post.account_id))
    return await _forget(work, post)


async def unpin(work: Work, post_id: uuid.UUID) -> Post:
    """Let it stand where it belongs; it need not have been pinned."""
    post = await _of_own_thread(work, post_id)
    post.pinned_at = None
    return await _forget(work, post)


async def heart(work: Work, post_id: uuid.UUID) -> Post:
    """Mark a reply with a heart; twice is once."""
    post = await _of_own_thread(work, post_id)
    policy.may_mark(post)
    if post.hearted_at is None:
        post.hearted_at = work.now
        work.emit(ReplyHearted(post_id=post.id, account_id=post.account_id))
    return await _forget(work, post)


async def unheart(work: Work, post_id: uuid.UUID) -> Post:
    """Take the heart back; there need not have been one."""
    post = await _of_own_thread(work, post_id)
    post.hearted_at = None
    return await _forget(work, post)


async def hide(work: Work, post_id: uuid.UUID) -> Post:
    """Show a reply to nobody but its author: one that was published, or one that waits for approval."""
    post = await _of_own_thread(work, post_id)
    if post.state == PostState.HIDDEN:
        return post
    was_said = post.state == PostState.PUBLISHED
    post.state, post.pinned_at, post.hearted_at = PostState.HIDDEN, None, None
    post.updated_at = work.now
    await work.db.flush()
    if was_said:
        await replying.count(work, post, -1)
        await quoting.recount(work, post, -1)
        await publishing.leave_tags(work, post)
    await photos.open_to(work, post)
    work.emit(ReplyHidden(post_id=post.id, account_id=post.account_id))
    return await _forget(work, post)


async def unhide(work: Work, post_id: uuid.UUID) -> Post:
    """Show a hidden reply again; one that was refused while it waited is said now."""
    post = await _of_own_thread(work, post_id)
    if post.state != PostState.HIDDEN:
        return post
    if post.published_at is None:
        return await _say(work, post)
    post.state, post.updated_at = PostState.PUBLISHED, work.now
    await work.db.flush()
    await replying.count(work, post, 1)
    await quoting.recount(work, post, 1)
    await publishing.stand_under_tags(work, post)
    await photos.open_to(work, post)
    work.emit(ReplyShown(post_id=post.id, account_id=post.account_id))
    return await _forget(work, post)


async def approve(work: Work, post_id: uuid.UUID) -> Post:
    """Say a reply that waits; what is said already, or was hidden, stays as it is."""
    post = await _of_own_thread(work, post_id)
    return await _say(work, post) if post.state == PostState.HELD else post


async def _say(work: Work, post: Post) -> Post:
    """Publish what somebody else has written, as their own act: whom they name is whom they can meet."""
    await publishing.say(replace(work, actor=Actor(id=post.account_id)), post)
    return post


async def _of_own_thread(work: Work, post_id: uuid.UUID) -> Post:
    """A reply in a thread that the actor looks after, held against other changes; raises NotFound, NotYourThread."""
    post = await queries.by_id(work.db, work.actor, post_id, queries.Hold.CHANGE)
    if post is None or post.state in {PostState.DRAFT, PostState.SCHEDULED}:
        raise NotFound
    policy.may_curate(await replying.role_in_thread(work, post))
    return post


async def _forget(work: Work, post: Post) -> Post:
    publishing.forget(work, post)
    await work.db.flush()
    return post
