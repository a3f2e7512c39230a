"""With whom a video is shared by name."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.videos.errors import TooManyViewers
from socialflow.domains.videos.events import VideoShared, VideoUnshared
from socialflow.domains.videos.models import Video
from socialflow.domains.videos.queries import Hold
from socialflow.domains.videos.queries import viewers as queries
from socialflow.domains.videos.schemas import ViewerPage
from socialflow.domains.videos.service import publishing, rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import Work

MOST_VIEWERS = 500
LIST = "viewers"


async def share(work: Work, video_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    """Let the owner of a channel see a video whose visibility is `named`; doing it twice is doing it once."""
    # Whoever shares it at the same time waits here, and is counted after us.
    video = await _own(work, video_id, hold=Hold.CHANGE)
    viewer = await channels.visible(work, channel_id)
    if not await queries.add(work, video.id, viewer.account_id):
        return
    if await queries.count(work.db, video.id) > MOST_VIEWERS:
        raise TooManyViewers
    work.emit(VideoShared(video_id=video.id, account_id=viewer.account_id))
    publishing.announce(work, video, in_lists=False)


async def unshare(work: Work, video_id: uuid.UUID, channel_id: uuid.UUID) -> None:
    """Let them see it no more: neither the video nor by the addresses of its files; it need not have been shared."""
    video = await _own(work, video_id)
    account_id = await channels.owner_of(work, channel_id)
    if account_id is not None and await queries.remove(work.db, video.id, account_id):
        work.emit(VideoUnshared(video_id=video.id, account_id=account_id))
        publishing.announce(work, video, in_lists=False)


async def viewers(work: Work, keys: Keys, video_id: uuid.UUID, *, limit: int, cursor: str | None) -> ViewerPage:
    """With whom one's video is shared by name, the latest first."""
    video = await _own(work, video_id)
    filters = {"video": str(video.id)}
    before = uuid.UUID(pages.unseal(keys, LIST, filters, cursor)[0]) if cursor else None
    rows, last = pages.cut(await queries.page(work, video.id, before, limit + 1), limit)
    items = [channels.card(row) for row in rows]
    next_cursor = pages.seal(keys, LIST, filters, [str(last["place"])]) if last else None
    return ViewerPage(items=items, next_cursor=next_cursor)


async def _own(work: Work, video_id: uuid.UUID, *, hold: Hold = Hold.NOT) -> Video:
    video = await visible(work, video_id)
    await rights.demand(work, video)
    # Held for whoever may change it alone.
    return await visible(work, video_id, hold=hold) if hold is not Hold.NOT else video
