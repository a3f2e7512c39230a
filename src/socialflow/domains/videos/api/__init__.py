"""Routes of videos and their files, and the topic under which their preparation is watched."""

from socialflow.domains.videos.api.routes import videos
from socialflow.domains.videos.api.sources import sources
from socialflow.domains.videos.api.topics import open_video

__all__ = ["open_video", "sources", "videos"]
