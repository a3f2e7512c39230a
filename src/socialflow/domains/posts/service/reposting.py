"""Reposts: showing one's followers what another has said, unchanged, and once."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import service as channels
from socialflow.domains.posts import queries
from socialflow.domains.posts.errors import CannotRepost
from socialflow.domains.posts.events import Reposted, RepostWithdrawn
from socialflow.domains.posts.models import Post, PostState
from socialflow.domains.posts.queries import Hold
from socialflow.domains.posts.schemas import RepostRead
from socialflow.domains.videos import service as videos
from socialflow.kernel import counters, ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import Reach
from socialflow.kernel.work import App, Work

_KINDS = {"pst": "post", "vid": "video"}
OPEN = frozenset({Reach.EVERYONE, Reach.KNOWN})
FORGOTTEN_AT_ONCE = 5_000


async def repost(app: App, by: Work, subject: str, channel_id: uuid.UUID | None = None) -> RepostRead:
    """Repost a post or a video as a channel that the actor publishes for; doing it twice is doing it once.

    An account does so once, as the first of its channels that did.
    """
    kind, subject_id = _parse(subject)
    channel = await channels.speaking(by, channel_id)
    work = await channels.for_owner(app, by, channel.account_id)
    if work is not by:
        await _visible(by, kind, subject_id)
    author_id, reach = await _visible(work, kind, subject_id)
    if reach not in OPEN or await accounts.is_private(work, author_id):
        raise CannotRepost
    values = {"id": ids.new(), "subject_id": subject_id, "kind": kind, "channel_id": channel.id}
    if await queries.add_repost(work, values):
        await _count(work, kind, subject_id, 1)
        work.emit(
            Reposted(
                account_id=channel.account_id,
                channel_id=channel.id,
                subject_id=subject_id,
                subject_kind=kind,
                author_id=author_id,
            )
        )
    return RepostRead(subject_id=subject, reposted=True)


async def withdraw(app: App, by: Work, subject: str, channel_id: uuid.UUID | None = None) -> RepostRead:
    """Repost it no more; it need not have been, nor need it be there any more.

    What is the actor's own goes as whichever of their channels it was reposted; where one is named, what that one did.
    """
    _, subject_id = _parse(subject)
    channel = await channels.speaking(by, channel_id)
    work = await channels.for_owner(app, by, channel.account_id)
    gone = await queries.remove_repost(work, subject_id, channel_id)
    if gone is not None:
        await _count(work, gone.kind, subject_id, -1)
        work.emit(
            RepostWithdrawn(
                account_id=gone.account_id,
                channel_id=gone.channel_id,
                subject_id=subject_id,
                subject_kind=gone.kind,
            )
        )
    return RepostRead(subject_id=subject, reposted=False)


async def forget_reposts(work: Work, subject_id: uuid.UUID) -> int:
    """Forget some reposts of what is gone; returns how many, 0 when none is left."""
    return await queries.forget_reposts(work.db, subject_id, FORGOTTEN_AT_ONCE)


async def _visible(work: Work, kind: str, subject_id: uuid.UUID) -> tuple[uuid.UUID, Reach]:
    if kind == "video":
        video = await videos.visible(work, subject_id, hold=videos.Hold.KEEP)
        return video.account_id, Reach(video.reach)
    post = await queries.by_id(work.db, work.actor, subject_id, Hold.KEEP)
    if post is None or post.state != PostState.PUBLISHED:
        raise NotFound
    return post.account_id, Reach(post.reach)


async def _count(work: Work, kind: str, subject_id: uuid.UUID, by: int) -> None:
    if kind == "post":
        await counters.adjust(work.db, Post.repost_count, subject_id, by)


def _parse(subject: str) -> tuple[str, uuid.UUID]:
    prefix = subject.partition("_")[0]
    try:
        return _KINDS[prefix], ids.parse(prefix, subject)
    except (KeyError, ids.MalformedId):
        raise NotFound from None
