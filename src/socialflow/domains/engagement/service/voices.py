"""As which channel somebody comments, and who may change what it has said."""

import uuid
from collections.abc import Sequence

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.service import TeamRole
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.models import Comment
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.schemas import CommentPhotoCreate
from socialflow.domains.engagement.service import subjects
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work


async def role_of(work: Work, comment: Comment) -> TeamRole | None:
    """What the actor is on the team of the channel that says a comment."""
    return await channels.role_in(work, comment.channel_id, comment.account_id)


async def approves(by: Work, subject: subjects.Card, channel_id: uuid.UUID, *, named: bool) -> TeamRole | None:
    """What whoever comments is where they do it, as far as what they say need not wait for approval there.

    Said as a channel that they named it need not where that has the subject. In all other cases it would tell who
    stands behind the channel.
    """
    if channel_id == subject.channel_id:
        return TeamRole.OWNER
    return None if named else await subjects.role_on(by, subject)


async def for_author(app: App, work: Work, comment: Comment, photos: Sequence[CommentPhotoCreate] | None) -> Work:
    """The work as a comment's account does it, for whoever may edit it; new photos become that account's.

    Raises NotYourComment.
    """
    policy.may_edit(await role_of(work, comment))
    had = {photo.upload_id for photo in await queries.photos(work.db, comment.id)} if photos else set()
    brought = [photo.upload_id for photo in photos or () if photo.upload_id not in had]
    return await channels.for_owner(app, work, comment.account_id, *brought)


async def sees(work: Work, subject: str, parent_id: uuid.UUID | None) -> None:
    """Whoever speaks for another sees what is commented on and answered, besides that other; raises NotFound.

    Asked first: what that other is told of it would say that there is such a thing.
    """
    await subjects.visible(work, *subjects.parse(subject))
    if parent_id is not None and await queries.named(work, parent_id) is None:
        raise NotFound
