"""What one can do with uploads, assets and their files."""

from socialflow.domains.media.models import Access, Purpose
from socialflow.domains.media.service.assets import delete_asset
from socialflow.domains.media.service.cards import playback_card
from socialflow.domains.media.service.delivery import Served, end_addresses, set_access
from socialflow.domains.media.service.downloads import download
from socialflow.domains.media.service.images import image_of_upload
from socialflow.domains.media.service.sources import fetch_source, forget_source
from socialflow.domains.media.service.uploads import UploadCard, card, discard, drop

__all__ = [
    "Access",
    "Purpose",
    "Served",
    "UploadCard",
    "card",
    "delete_asset",
    "discard",
    "download",
    "drop",
    "end_addresses",
    "fetch_source",
    "forget_source",
    "image_of_upload",
    "playback_card",
    "set_access",
]
