"""Routes of uploads and of files."""

from socialflow.domains.media.api.files import delivery
from socialflow.domains.media.api.tus import protocol, states

__all__ = ["delivery", "protocol", "states"]
