"""Routes of uploads and of files, and the topic under which an upload is watched."""

from socialflow.domains.media.api.direct import direct_uploads
from socialflow.domains.media.api.files import delivery
from socialflow.domains.media.api.imports import imports
from socialflow.domains.media.api.jobs import admin, own_jobs
from socialflow.domains.media.api.keys import keys
from socialflow.domains.media.api.originals import originals
from socialflow.domains.media.api.topics import open_upload
from socialflow.domains.media.api.tus import protocol, states

__all__ = [
    "admin",
    "delivery",
    "direct_uploads",
    "imports",
    "keys",
    "open_upload",
    "originals",
    "own_jobs",
    "protocol",
    "states",
]
