"""Routes of uploads and of files."""

from socialflow.domains.media.api.direct import direct_uploads
from socialflow.domains.media.api.files import delivery
from socialflow.domains.media.api.tus import protocol, states

__all__ = ["delivery", "direct_uploads", "protocol", "states"]
