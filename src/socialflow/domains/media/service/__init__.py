"""What one can do with uploads, assets and their files."""

from socialflow.domains.media.models import Access, CaptionKind, Purpose
from socialflow.domains.media.service import captions, edits, extras, hearing, protection, timelines
from socialflow.domains.media.service.assets import delete_asset
from socialflow.domains.media.service.cards import ByCdn, photo_url, playback_by_cdn, playback_card
from socialflow.domains.media.service.cues import Cue, to_srt, to_vtt
from socialflow.domains.media.service.cues import read as read_captions
from socialflow.domains.media.service.delivery import NOBODY, Holder, Served, end_addresses, set_access
from socialflow.domains.media.service.downloads import download
from socialflow.domains.media.service.dressing import Dress, put_on, put_text
from socialflow.domains.media.service.entrusting import entrust, forget_sender
from socialflow.domains.media.service.heirs import hand_over
from socialflow.domains.media.service.images import emoji_url, image_of_upload, thumbhash_of
from socialflow.domains.media.service.originals import original_of
from socialflow.domains.media.service.remapping import Passage
from socialflow.domains.media.service.sources import fetch_source, forget_source
from socialflow.domains.media.service.uploads import UploadCard, abandon, card, drop

__all__ = [
    "NOBODY",
    "Access",
    "ByCdn",
    "CaptionKind",
    "Cue",
    "Dress",
    "Holder",
    "Passage",
    "Purpose",
    "Served",
    "UploadCard",
    "abandon",
    "captions",
    "card",
    "delete_asset",
    "download",
    "drop",
    "edits",
    "emoji_url",
    "end_addresses",
    "entrust",
    "extras",
    "fetch_source",
    "forget_sender",
    "forget_source",
    "hand_over",
    "hearing",
    "image_of_upload",
    "original_of",
    "photo_url",
    "playback_by_cdn",
    "playback_card",
    "protection",
    "put_on",
    "put_text",
    "read_captions",
    "set_access",
    "thumbhash_of",
    "timelines",
    "to_srt",
    "to_vtt",
]
