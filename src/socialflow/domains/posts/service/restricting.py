"""Keeping a post out of sight: by staff who look at it, or have decided so."""

import uuid

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.events import PostRestricted
from socialflow.domains.posts.models import Post, PostState
from socialflow.domains.posts.service import photos, publishing
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import Restriction
from socialflow.kernel.work import Work


async def restrict(work: Work, post_id: uuid.UUID, restriction: Restriction | None) -> Post:
    """Show a published post to nobody but its author and staff, or again to whom its author wants to show it."""
    if not work.actor.permissions & {policy.REMOVE_ANY, "*"}:
        raise NotPermitted(extra={"missing_permission": policy.REMOVE_ANY})
    post = await queries.locked(work.db, post_id)
    if post is None or post.state != PostState.PUBLISHED:
        raise NotFound
    if post.restriction == restriction:
        return post
    post.restriction, post.updated_at = restriction, work.now
    await work.db.flush()
    await publishing.stand_under_tags(work, post)
    await photos.open_to(work, post)
    publishing.forget(work, post)
    said = str(restriction) if restriction is not None else None
    work.emit(PostRestricted(post_id=post.id, account_id=post.account_id, restriction=said))
    work.note("post:restriction:set" if said else "post:restriction:lifted", post.account_id, restriction=said)
    return post
