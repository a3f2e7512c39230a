"""Facts about uploads and assets."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCompleted(Event):
    """The last byte is on the disk, and there is an asset to be made of them."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequested(Event):
    """A file is to be fetched from a link, for the first time or once more."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFailed(Event):
    """A file could not be fetched from a link; `detail` is a sentence for its owner, who may have it tried again."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDiscarded(Event):
    """An upload was given up by its owner or by time: its bytes may go, and its asset will never be."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReady(Event):
    """A picture has been checked and made anew, and can be shown."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFailed(Event):
    """An upload was not a picture that we can show."""

    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequested(Event):
    """Somebody wants something else to be made of an asset; it may wait until `due_by`."""

    edit_id: uuid.UUID
    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    due_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFailed(Event):
    """An edit could not be made; `detail` is a sentence for its owner."""

    edit_id: uuid.UUID
    upload_id: uuid.UUID
    asset_id: uuid.UUID
    account_id: uuid.UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFound(Event):
    """An account has brought the same bytes before: `duplicate_of` is the earlier asset, of the same account."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    duplicate_of: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingRequested(Event):
    """Somebody asks for an asset to be processed anew, the `round`th time."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueued(Event):
    """A small part of a transcode may be done, quick ones soon: after `due_by` before all that came later."""

    task_id: uuid.UUID
    asset_id: uuid.UUID
    due_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunksQueued(Event):
    """The same for chunks that are to be encoded, which takes a core for some seconds."""

    task_id: uuid.UUID
    asset_id: uuid.UUID
    due_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPlayable(Event):
    """For the first time something of an asset can be played."""

    asset_id: uuid.UUID
    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetReady(Event):
    """Everything that is made of an asset has been made; no width and height for sound alone."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    duration_ms: int
    width: int | None
    height: int | None
    has_video: bool
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFailed(Event):
    """Nothing can be made of an asset; `detail` is a sentence for its owner."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadWanted(Event):
    """Somebody wants a rendition as one file, which is not there."""

    asset_id: uuid.UUID
    rendition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionWanted(Event):
    """An asset's streams are to be written anew: under another key than this one, or none, as the asset says."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    replaces: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairFailed(Event):
    """A ready asset could not be made anew, and is served as it was; `code` is for staff, and it is tried again."""

    asset_id: uuid.UUID
    account_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetWithdrawn(Event):
    """Some of an asset's files were everybody's and are not any more, or are others under the same names."""

    asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsChanged(Event):
    """Text tracks of an asset were added, changed or taken away; their files are to follow."""

    asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterChosen(Event):
    """The owner has chosen another picture to stand for a video; `edition` counts such choices."""

    asset_id: uuid.UUID
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsWanted(Event):
    """The owner would like captions that a program writes, in the language that is spoken, known or not."""

    asset_id: uuid.UUID
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterIdeasWanted(Event):
    """The owner would like to know where the parts of a video may begin."""

    asset_id: uuid.UUID
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDressed(Event):
    """What is served beside an asset's streams has changed: captions, chapters, pictures."""

    asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetDeleted(Event):
    """An asset is gone, and its objects may go; `source_parts` are the uploads that its source was joined of.

    `elsewhere` are objects in the folders of others, which had them before.
    """

    asset_id: uuid.UUID
    source_key: str | None
    source_parts: tuple[uuid.UUID, ...] = ()
    elsewhere: tuple[str, ...] = ()
