"""Taking posts back: all of one goes, and where others have answered its place stays."""

import uuid

from sqlalchemy import delete as remove_rows

from socialflow.domains.channels import service as channels
from socialflow.domains.posts import queries
from socialflow.domains.posts.events import PostDeleted
from socialflow.domains.posts.models import Post, PostState, PostVersion
from socialflow.domains.posts.service import photos, polls, publishing, quoting, replying, rights
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work


async def delete(work: Work, post_id: uuid.UUID) -> None:
    """Take a post back: its author or a moderator may."""
    if await queries.by_id(work.db, work.actor, post_id, queries.Hold.NOT) is None:
        raise NotFound
    # Against replies that are being written to it, too: each is there before, and keeps its place, or finds none.
    post = await queries.locked(work.db, post_id)
    if post is None or post.state == PostState.DELETED:
        raise NotFound
    await rights.may_delete(work, post)
    await remove(work, post)


async def remove(work: Work, post: Post) -> None:
    """The same once it is clear that it may be; the caller holds the post's lock."""
    was_said = post.state in {PostState.PUBLISHED, PostState.HIDDEN}
    was_counted = post.state == PostState.PUBLISHED
    publishing.forget(work, post)
    work.emit(
        PostDeleted(
            post_id=post.id,
            channel_id=post.channel_id,
            account_id=post.account_id,
            by_id=work.actor.id,
            was_published=was_said,
        )
    )
    await photos.drop_all(work, post)
    await channels.unpin(work, post.id)
    if was_counted:
        await quoting.recount(work, post, -1)
        await publishing.leave_tags(work, post)
    elif was_said:
        # What was hidden is not counted above it: its place is, and so is what goes at once below.
        await replying.count(work, post, 1)
    if was_said and await queries.is_answered(work.db, post.id):
        await _leave_place(work, post)
        return
    parent_id = post.parent_id if was_said else None
    await work.db.delete(post)
    await work.db.flush()
    await _leave_thread(work, parent_id)


async def _leave_place(work: Work, post: Post) -> None:
    await polls.drop(work, post)
    await queries.forget_mentions(work.db, post.id)
    await work.db.execute(remove_rows(PostVersion).where(PostVersion.post_id == post.id))
    post.text, post.facets, post.language = "", [], None
    post.quoted_post_id = post.quoted_video_id = post.quote_revoked_at = post.preview_id = None
    post.state, post.deleted_at, post.updated_at = PostState.DELETED, work.now, work.now
    await work.db.flush()


async def _leave_thread(work: Work, parent_id: uuid.UUID | None) -> None:
    """One reply less; a deleted post whose last reply goes, goes too, and so on upwards."""
    while parent_id is not None:
        parent = await queries.locked(work.db, parent_id) if await _is_tombstone(work, parent_id) else None
        if parent is None or await queries.is_answered(work.db, parent_id):
            await replying.lost_one(work, parent_id)
            return
        above = parent.parent_id
        await work.db.delete(parent)
        await work.db.flush()
        parent_id = above


async def _is_tombstone(work: Work, post_id: uuid.UUID) -> bool:
    found = await work.db.get(Post, post_id, populate_existing=True)
    return found is not None and found.state == PostState.DELETED
