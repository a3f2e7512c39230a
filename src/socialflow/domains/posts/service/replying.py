"""To what one may reply, and what that does to the thread."""

import uuid
from dataclasses import replace
from typing import NamedTuple

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.channels.service import TeamRole
from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.models import Post, PostState
from socialflow.domains.posts.queries import Hold
from socialflow.kernel import counters
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import Visibility
from socialflow.kernel.work import Actor, Work

# Of a thread for few, replies are for the same few: nobody's words are told to others by an answer to them.
_NARROW = frozenset({Visibility.FOLLOWERS, Visibility.MEMBERS, Visibility.PRIVATE})


class Place(NamedTuple):
    """Where a new post stands: below another, or by itself."""

    parent_id: uuid.UUID | None
    root_id: uuid.UUID | None
    depth: int
    audience_id: uuid.UUID
    visibility: Visibility


def by_itself(channel_id: uuid.UUID, visibility: Visibility) -> Place:
    """The place of a post that replies to nothing."""
    return Place(None, None, 0, channel_id, visibility)


async def check(work: Work, parent_id: uuid.UUID | None) -> Post | None:
    """The post that is replied to, kept from being deleted meanwhile; raises NotFound, RepliesNotAllowed.

    Who began a thread decides on all of it, besides whoever is replied to: who is apart from them says nothing there.
    """
    if parent_id is None:
        return None
    parent = await queries.by_id(work.db, work.actor, parent_id, Hold.KEEP)
    if parent is None or parent.state != PostState.PUBLISHED:
        raise NotFound
    for post_id in dict.fromkeys((parent.id, parent.root_id or parent.id)):
        asked = parent if post_id == parent.id else await work.db.get(Post, post_id)
        if asked is not None and asked.state == PostState.PUBLISHED:
            await _may(work, asked)
    return parent


async def below(work: Work, parent: Post, channel_id: uuid.UUID, visibility: Visibility) -> Place:
    """The place of a reply: for nobody who could not see what it replies to."""
    narrow, audience = visibility, channel_id
    if (parent.visibility, visibility) == (Visibility.UNLISTED, Visibility.PUBLIC):
        # It names what it replies to, and would tell everybody where that is.
        narrow = Visibility.UNLISTED
    if visibility == Visibility.PRIVATE:
        # Its author's alone, whoever else is in the thread.
        return Place(parent.id, parent.root_id or parent.id, parent.depth + 1, channel_id, visibility)
    if parent.visibility in _NARROW:
        narrow = Visibility(parent.visibility)
        audience = channel_id if narrow == Visibility.PRIVATE else parent.audience_id
    elif await _is_closed(work, parent):
        narrow, audience = Visibility.FOLLOWERS, parent.channel_id
    return Place(parent.id, parent.root_id or parent.id, parent.depth + 1, audience, narrow)


async def check_kept(work: Work, post: Post) -> None:
    """Judge a reply that was kept anew: it is for no more people than one that is written now.

    What it replies to may be gone by now, and its author's account be private; raises NotFound, RepliesNotAllowed.
    """
    parent = await check(work, post.parent_id)
    if parent is not None:
        place = await below(work, parent, post.channel_id, Visibility(post.visibility))
        post.visibility, post.audience_id = place.visibility, place.audience_id
    elif post.depth > 0:
        raise NotFound


async def curator_of(work: Work, parent: Post | None) -> uuid.UUID | None:
    """Who began the thread in which a reply to `parent` stands; nobody once that post is gone."""
    if parent is None:
        return None
    if parent.root_id is None:
        return parent.account_id
    root = await work.db.get(Post, parent.root_id)
    return root.account_id if root is not None and root.state != PostState.DELETED else None


async def role_in_thread(work: Work, post: Post) -> TeamRole | None:
    """What the actor is on the team of the channel that began a reply's thread; nothing once that post is gone."""
    if work.actor.id is None or post.root_id is None or post.curator_id is None:
        return None
    if post.curator_id == work.actor.id:
        return TeamRole.OWNER
    root = await work.db.get(Post, post.root_id)
    owner = await accounts.account_of(work, post.curator_id)
    if root is None or root.deleted_at is not None or owner is None or owner.state != accounts.AccountState.ACTIVE:
        return None
    return await channels.role_in(work, root.channel_id, post.curator_id)


async def has_to_wait(work: Work, post: Post) -> bool:
    """Whether a post is a reply by somebody else in a thread in which replies wait for approval."""
    if post.root_id is None or post.curator_id is None or post.curator_id == post.account_id:
        return False
    root = await work.db.get(Post, post.root_id, populate_existing=True)
    if root is None or root.state != PostState.PUBLISHED or not root.hold_replies:
        return False
    # Who approves needs nobody's approval.
    author = replace(work, actor=Actor(id=post.account_id))
    return not policy.can_curate(await role_in_thread(author, post))


async def count(work: Work, post: Post, by: int) -> None:
    """Count a reply that came or went."""
    if post.parent_id is not None:
        await counters.adjust(work.db, Post.reply_count, post.parent_id, by)


async def lost_one(work: Work, parent_id: uuid.UUID) -> None:
    """A reply to this is gone."""
    await counters.adjust(work.db, Post.reply_count, parent_id, -1)


async def _is_closed(work: Work, parent: Post) -> bool:
    """Whether it is for followers since its author's account is private; of one's own replies one decides oneself."""
    return parent.account_id != work.actor.id and await accounts.is_private(work, parent.account_id)


async def _may(work: Work, asked: Post) -> None:
    if work.actor.id is None or asked.account_id == work.actor.id:
        return
    if await accounts.are_apart(work, work.actor.id, asked.account_id):
        raise NotFound
    follows = await queries.followers_among(work.db, asked.channel_id, [work.actor.id])
    mentioned = await queries.is_mentioned(work.db, asked.id, work.actor.id)
    policy.may_reply(asked.reply_policy, own=False, follows=bool(follows), mentioned=mentioned)
