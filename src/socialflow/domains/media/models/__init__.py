"""Tables of media, one file a subject."""

from socialflow.domains.media.models import holdings as holdings
from socialflow.domains.media.models.assets import Access, Asset, AssetFile, AssetState, Rendition, RenditionKind
from socialflow.domains.media.models.captions import CaptionKind, Captions
from socialflow.domains.media.models.edits import Edit, EditState
from socialflow.domains.media.models.protection import AssetKey
from socialflow.domains.media.models.transcodes import TaskKind, TaskState, Transcode, TranscodeState, TranscodeTask
from socialflow.domains.media.models.uploads import (
    LinkImport,
    Origin,
    Purpose,
    StorageUsage,
    Upload,
    UploadKind,
    UploadPiece,
    UploadState,
    WatchedSending,
)

__all__ = [
    "Access",
    "Asset",
    "AssetFile",
    "AssetKey",
    "AssetState",
    "CaptionKind",
    "Captions",
    "Edit",
    "EditState",
    "LinkImport",
    "Origin",
    "Purpose",
    "Rendition",
    "RenditionKind",
    "StorageUsage",
    "TaskKind",
    "TaskState",
    "Transcode",
    "TranscodeState",
    "TranscodeTask",
    "Upload",
    "UploadKind",
    "UploadPiece",
    "UploadState",
    "WatchedSending",
]
