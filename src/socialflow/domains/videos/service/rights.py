"""Who may do something to a video that they can see: as its channel says."""

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.service import Right
from socialflow.domains.videos import policy
from socialflow.domains.videos.errors import NotYourVideo
from socialflow.domains.videos.models import Video
from socialflow.kernel.work import App, Work


async def demand(work: Work, video: Video, right: Right = Right.PUBLISH) -> None:
    """The actor has a right on the channel of a video; raises NotYourVideo."""
    await channels.demand(work, video.channel_id, video.account_id, right, NotYourVideo)


async def may_delete(work: Work, video: Video) -> None:
    """As `policy.can_delete`; raises NotYourVideo."""
    role = await channels.role_in(work, video.channel_id, video.account_id)
    if not policy.can_delete(work.actor, role):
        raise NotYourVideo


async def may_download(app: App, work: Work, video: Video) -> None:
    """As `policy.can_download`; raises DownloadsNotAllowed."""
    role = await channels.role_in(work, video.channel_id, video.account_id)
    policy.may_download(role, allowed=video.allow_download, offered=app.settings.media.downloads)
