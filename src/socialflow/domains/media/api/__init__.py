"""Routes of uploads and of files."""

from socialflow.domains.media.api.files import delivery
from socialflow.domains.media.api.jobs import admin, own_jobs
from socialflow.domains.media.api.tus import protocol, states

__all__ = ["admin", "delivery", "own_jobs", "protocol", "states"]
