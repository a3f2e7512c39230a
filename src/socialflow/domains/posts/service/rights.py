"""Who may do something to a post that they can see: as its channel says."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.service import Right
from socialflow.domains.posts import policy, queries
from socialflow.domains.posts.errors import NotYourPost
from socialflow.domains.posts.models import Post
from socialflow.domains.posts.queries import Hold
from socialflow.domains.posts.schemas import PhotoCreate
from socialflow.domains.videos import service as videos
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work


async def demand(work: Work, post: Post) -> None:
    """The actor publishes for the channel of a post; raises NotYourPost."""
    await channels.demand(work, post.channel_id, post.account_id, Right.PUBLISH, NotYourPost)


async def may_delete(work: Work, post: Post) -> None:
    """As `policy.can_delete`; raises NotYourPost."""
    role = await channels.role_in(work, post.channel_id, post.account_id)
    if not policy.can_delete(work.actor, role):
        raise NotYourPost


async def for_owner(app: App, work: Work, post: Post, photos: list[PhotoCreate] | None) -> Work:
    """The work as the owner of a post's channel does it; photos that it has not got yet become the owner's."""
    had = {photo.upload_id for photo in await queries.photos(work.db, post.id)} if photos else set()
    brought = [photo.upload_id for photo in photos or () if photo.upload_id not in had]
    return await channels.for_owner(app, work, post.account_id, *brought)


async def sees(work: Work, *post_ids: uuid.UUID | None, video_id: uuid.UUID | None = None) -> None:
    """Whoever speaks for another sees what is answered and quoted, besides that other; raises NotFound.

    Asked first: what that other is told of it would say that there is such a thing.
    """
    for post_id in post_ids:
        if post_id is not None and await queries.by_id(work.db, work.actor, post_id, Hold.NOT) is None:
            raise NotFound
    if video_id is not None:
        await videos.visible(work, video_id)
