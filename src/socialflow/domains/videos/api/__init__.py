"""Routes of videos and their files, and the topic under which their preparation is watched."""

from socialflow.domains.videos.api.access import access, admin
from socialflow.domains.videos.api.captions import captions
from socialflow.domains.videos.api.chapters import chapters
from socialflow.domains.videos.api.downloads import downloads
from socialflow.domains.videos.api.edits import edits
from socialflow.domains.videos.api.extras import extras
from socialflow.domains.videos.api.playback import playback
from socialflow.domains.videos.api.protection import protection
from socialflow.domains.videos.api.routes import videos
from socialflow.domains.videos.api.sources import sources
from socialflow.domains.videos.api.topics import open_video

__all__ = [
    "access",
    "admin",
    "captions",
    "chapters",
    "downloads",
    "edits",
    "extras",
    "open_video",
    "playback",
    "protection",
    "sources",
    "videos",
]
