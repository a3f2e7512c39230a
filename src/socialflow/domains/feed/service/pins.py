"""What a channel lets stand first on its page: videos and posts of its own."""

import uuid
from collections.abc import Sequence

from socialflow.domains.channels import service as channels
from socialflow.domains.channels.errors import NotYourChannel, PinNotOfChannel
from socialflow.domains.channels.service import PinKind, Right
from socialflow.domains.feed.errors import TooManyPins
from socialflow.domains.posts import service as posts
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

_KINDS = {"vid": PinKind.VIDEO, "pst": PinKind.POST}


async def pinned(app: App, work: Work, reference: str) -> bytes:
    """What stands first on a channel's page, in its order, of that what the actor may see; raises NotFound."""
    channel = await channels.find(work, reference)
    chosen = await channels.pinned(work, channel.id)
    shown_videos = await videos.some_shown(app, work, [each for kind, each in chosen if kind is PinKind.VIDEO])
    shown_posts = await posts.some_shown(app, work, [each for kind, each in chosen if kind is PinKind.POST])
    items = [
        {"kind": kind, "video": shown_videos.get(subject_id), "post": shown_posts.get(subject_id)}
        for kind, subject_id in chosen
        if subject_id in shown_videos or subject_id in shown_posts
    ]
    return videos.dump({"items": items, "next_cursor": None})


async def pin(work: Work, reference: str, subjects: Sequence[str], *, most: int) -> None:
    """Let these stand first on a channel's page, in this order, and nothing else.

    Raises NotFound for what the actor may not see, PinNotOfChannel for what is another channel's, TooManyPins, and
    NotYourChannel.
    """
    channel = await channels.find(work, reference)
    await channels.demand(work, channel.id, channel.account_id, Right.PUBLISH, NotYourChannel)
    wanted = [_parse(subject) for subject in dict.fromkeys(subjects)]
    if len(wanted) > most:
        raise TooManyPins(extra={"most": most})
    for kind, subject_id in wanted:
        of = await (_channel_of_video if kind is PinKind.VIDEO else _channel_of_post)(work, subject_id)
        if of != channel.id:
            raise PinNotOfChannel
    await channels.pin(work, channel, wanted)


async def _channel_of_video(work: Work, video_id: uuid.UUID) -> uuid.UUID:
    return (await videos.visible(work, video_id, hold=videos.Hold.KEEP)).channel_id


async def _channel_of_post(work: Work, post_id: uuid.UUID) -> uuid.UUID:
    return (await posts.visible(work, post_id, hold=posts.Hold.KEEP)).channel_id


def _parse(subject: str) -> tuple[PinKind, uuid.UUID]:
    prefix = subject.partition("_")[0]
    if prefix not in _KINDS:
        raise NotFound
    try:
        return _KINDS[prefix], ids.parse(prefix, subject)
    except ids.MalformedId:
        raise NotFound from None
