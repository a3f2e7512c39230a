"""What one can do with uploads, assets and their files."""

from socialflow.domains.media.models import Access, Purpose
from socialflow.domains.media.service.assets import delete_asset
from socialflow.domains.media.service.cards import playback_card
from socialflow.domains.media.service.delivery import end_addresses, set_access
from socialflow.domains.media.service.images import image_of_upload
from socialflow.domains.media.service.originals import original_of
from socialflow.domains.media.service.sources import fetch_source, forget_source
from socialflow.domains.media.service.uploads import UploadCard, abandon, card, discard, drop

__all__ = [
    "Access",
    "Purpose",
    "UploadCard",
    "abandon",
    "card",
    "delete_asset",
    "discard",
    "drop",
    "end_addresses",
    "fetch_source",
    "forget_source",
    "image_of_upload",
    "original_of",
    "playback_card",
    "set_access",
]
