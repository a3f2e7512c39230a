"""The topic `video:{id}`: how far the preparation of a video is."""

import uuid

from socialflow.domains.videos import service
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.realtime import State, Topic, topic
from socialflow.kernel.work import Actor, App


@topic("video")
async def open_video(app: App, actor: Actor, name: str) -> Topic:
    """State, progress and, for the owner, failure of a video that the listener may see."""
    try:
        video_id = ids.parse("vid", name.partition(":")[2])
    except ids.MalformedId:
        raise NotFound from None
    row = await service.standing(app, actor, video_id)
    channels = frozenset({name, f"asset:{ids.show('ast', row['asset_id'])}"})
    return Topic(name, channels, lambda: _state(app, actor, video_id))


async def _state(app: App, actor: Actor, video_id: uuid.UUID) -> State:
    return State("video.progress", await service.progress(app, actor, video_id))
