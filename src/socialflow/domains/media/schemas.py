"""What is said about uploads and playback."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from socialflow.domains.media.models import (
    CaptionKind,
    Origin,
    Purpose,
    TaskKind,
    TaskState,
    TranscodeState,
    UploadKind,
)
from socialflow.kernel.ids import AccountId, AssetId, UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, SEEN

MOST_BYTES = 2**53 - 1
MOST_STORE_PARTS = 10_000
MOST_ADDRESSES = 100
PartNumber = Annotated[int, Field(ge=1, le=MOST_STORE_PARTS, examples=[1])]
LONGEST_LABEL = 60
LONGEST_CUE_MS = 100 * 3_600_000 - 1
MOST_CUES = 10_000


class UploadProgress(StrEnum):
    """Where an upload and what is made of it stand."""

    RECEIVING = "receiving"
    RECEIVED = "received"
    PROBING = "probing"
    QUEUED = "queued"
    TRANSCODING = "transcoding"
    PARTIALLY_PLAYABLE = "partially_playable"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class UploadProtocol(StrEnum):
    """By which words bytes are sent: tus 1.0, the draft of the IETF that is to follow it, or directly to the store."""

    TUS = "tus-1.0"
    RESUMABLE_DRAFT = "ietf-resumable-upload"
    DIRECT = "direct"


class Duplicate(Read):
    """What its owner brought before, byte for byte the same."""

    asset_id: AssetId
    upload_id: UploadId | None
    filename: str | None = Field(examples=["holiday.mp4"])
    created_at: datetime


class UploadImport(Body):
    """A video that is to be fetched from a link."""

    url: str = Field(
        min_length=1,
        max_length=2_048,
        description="Where the file itself is, not a page about it; public, http or https, without credentials.",
        examples=["https://media.example.com/holiday.mp4"],
    )
    filename: str = Field("", max_length=255, description="Its name; the last part of the address by default.")


class UploadRead(Read):
    """An upload as its owner sees it."""

    id: UploadId
    asset_id: AssetId
    purpose: Purpose
    kind: UploadKind = Field(description="Of a `partial` one nothing is made until it is joined with others.")
    filename: str = Field(examples=["holiday.mp4"])
    filetype: str = Field(examples=["video/mp4"])
    origin: Origin = Field(description="Whether its owner sends the bytes, or they are fetched from a link.")
    length: int | None = Field(
        description="Bytes of the whole file; null while a link has not told it.", examples=[104857600]
    )
    offset: int = Field(description="Bytes that have arrived and are kept, from the first on.", examples=[8388608])
    state: UploadProgress
    progress: float = Field(description="How much of the processing is done, from 0 to 1.", examples=[0.4])
    seconds_left: int | None = Field(
        description="Seconds until all is made, at the speed so far; null while nobody can tell.", examples=[40]
    )
    failure_code: str | None = Field(description="Stable name of what went wrong.", examples=["not_a_video"])
    failure_detail: str | None = Field(description="A sentence for people.")
    sha256: str | None = Field(
        description="Of the whole file, in hexadecimal: as its sender gave it, then as it was found to be.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    duplicate_of: Duplicate | None = Field(
        description="The earliest of your own files that is the same; known once `sha256` is."
    )
    created_at: datetime
    expires_at: datetime | None = Field(description="When an unfinished upload is given up; it moves with each byte.")


class DirectUploadCreate(Body):
    """A file whose bytes are to go to the store without passing through the API."""

    length: Annotated[int, Field(ge=0, le=MOST_BYTES, description="Bytes of the whole file.", examples=[104857600])]
    filename: Annotated[str, StringConstraints(max_length=255), Field(examples=["holiday.mp4"])] = ""
    filetype: Annotated[str, StringConstraints(max_length=100), Field(examples=["video/mp4"])] = ""
    purpose: Annotated[Purpose, Field(strict=False)] = Purpose.VIDEO
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="Of the whole file, in hexadecimal: it is compared when the file is read."
    )


class DirectUploadRead(Read):
    """How an upload is to be cut; its state is told as that of any upload."""

    id: UploadId
    asset_id: AssetId
    part_bytes: int = Field(description="Bytes of each part; the last one has the rest.", examples=[16777216])
    part_count: int = Field(examples=[7])
    expires_at: datetime = Field(description="When it is given up unless addresses are asked for or it is completed.")


class PartNumbers(Body):
    """Parts that are about to be sent, counted from 1; again for those whose addresses have run out."""

    numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=MOST_ADDRESSES)]


class PartAddress(Read):
    """The request that sends one part: this method and address, these headers, and nothing else but the bytes."""

    number: int = Field(examples=[1])
    size: int = Field(examples=[16777216])
    method: str = Field(examples=["PUT"])
    url: str
    headers: dict[str, str] = Field(examples=[{}])
    expires_at: datetime


class PartAddresses(Read):
    """Where parts go."""

    parts: list[PartAddress]


class SentPart(Body):
    """A part that the store has taken, and the `ETag` that it answered."""

    number: PartNumber
    etag: Annotated[str, StringConstraints(max_length=200)] = ""


class SentParts(Body):
    """All parts of an upload."""

    parts: Annotated[list[SentPart], Field(min_length=1, max_length=MOST_STORE_PARTS)]


class UploadLimits(Read):
    """What may be uploaded, and what room there is."""

    may_upload: bool = Field(description="Whether your role lets you upload at all.")
    max_bytes: int = Field(description="Largest video or sound file.", examples=[8589934592])
    max_avatar_bytes: int = Field(description="Largest picture of a channel.", examples=[10485760])
    quota_bytes: int = Field(description="What one account may keep.", examples=[53687091200])
    used_bytes: int = Field(description="What this account keeps, unfinished uploads in full.", examples=[104857600])
    reserved_bytes: int = Field(description="Of these: what unfinished uploads still wait for.", examples=[8388608])
    left_bytes: int = Field(description="The largest upload for which there is room.", examples=[53582233600])
    open_uploads: int = Field(description="Unfinished uploads, parts among them.", examples=[1])
    max_open_uploads: int = Field(description="Most of these at a time.", examples=[100])
    max_parts: int = Field(description="Most parts that are joined into one upload.", examples=[100])
    piece_bytes: int = Field(description="A good size of one PATCH.", examples=[8388608])
    protocols: list[UploadProtocol] = Field(examples=[["tus-1.0"]])
    accepted_types: list[str] = Field(examples=[["video/*", "audio/*"]])
    accepted_avatar_types: list[str] = Field(examples=[["image/jpeg", "image/png"]])
    expires_after_s: int = Field(description="An upload without progress for so long is given up.", examples=[86400])
    max_duration_s: int = Field(description="Longest video.", examples=[43200])
    imports: bool = Field(description="Whether videos can be imported from links.")


class JobAsk(BaseModel):
    """Why a job is stopped or begun anew; kept in the audit log."""

    reason: str = Field("", max_length=500, examples=["The encoder was updated."])


class Caption(Read):
    """One text track."""

    language: str = Field(description="A language tag (BCP 47).", examples=["en"])
    label: str = Field(examples=["English"])
    kind: CaptionKind = Field(description="`captions` tell of sounds, too; `subtitles` are of the words alone.")
    is_default: bool = Field(description="Shown unless the viewer chose otherwise.")
    automatic: bool = Field(description="Written by a program.")
    url: str = Field(description="WebVTT.")


class CaptionTrack(Read):
    """One text track as it is kept; its files follow within a moment of a change."""

    language: str = Field(description="A language tag (BCP 47).", examples=["en"])
    label: str = Field(examples=["English"])
    kind: CaptionKind
    is_default: bool = Field(description="Shown unless the viewer chose otherwise.")
    automatic: bool = Field(description="Written by a program, and by nobody since.")
    cue_count: int = Field(examples=[120])
    updated_at: datetime


class CaptionTrackPage(Page[CaptionTrack]):
    """All text tracks of a video; there is one page."""


Label = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LABEL), SEEN, LINE]


class CaptionUpdate(Body):
    """What may be changed of a text track; absent members stay."""

    label: Label | None = None
    kind: Annotated[CaptionKind, Field(strict=False)] | None = None
    is_default: bool | None = None


class Cue(Body):
    """Words for a while."""

    start_ms: int = Field(ge=0, le=LONGEST_CUE_MS, examples=[1_000])
    end_ms: int = Field(ge=1, le=LONGEST_CUE_MS, examples=[3_500])
    text: str = Field(
        max_length=1_000,
        description="WebVTT cue text: `<b>`, `<i>` and `<u>` are kept, everything else that looks like a mark goes.",
        examples=["Good morning."],
    )
    settings: str = Field(
        description="Where it stands, as in WebVTT; may be empty.", max_length=200, examples=["line:0"]
    )

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> Self:
        """A cue is shown for some time."""
        if self.end_ms <= self.start_ms:
            raise PydanticCustomError("cue", "a cue ends after it begins")
        return self


class Cues(Body):
    """All that is said in one language."""

    cues: list[Cue] = Field(max_length=MOST_CUES)


class PosterRead(Read):
    """A picture that may stand for a video."""

    number: int = Field(examples=[1])
    url: str
    at_ms: int | None = Field(description="When it is shown in the video; null for one's own.", examples=[12_000])
    thumbhash: str
    is_chosen: bool


class PosterPage(Page[PosterRead]):
    """All pictures that a video's poster may be chosen from; there is one page."""


class PosterChoice(Body):
    """Which picture is to stand for a video: one of it, or one's own."""

    number: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="Of `GET /videos/{video_id}/posters`.", examples=[2]
    )
    upload_id: UploadId | None = Field(default=None, description="An upload for the purpose `poster`.")

    @model_validator(mode="after")
    def is_one(self) -> Self:
        """Either of both."""
        if (self.number is None) == (self.upload_id is None):
            raise PydanticCustomError("choice", "either a number or an upload is needed")
        return self


class ChapterIdeasState(StrEnum):
    """How far looking for where chapters may begin has come."""

    NOT_ASKED = "not_asked"
    WORKING = "working"
    READY = "ready"


class HearingState(StrEnum):
    """How far the writing of automatic captions has come."""

    OFF = "off"
    NOT_ASKED = "not_asked"
    WORKING = "working"
    READY = "ready"
    NOTHING_SAID = "nothing_said"
    FAILED = "failed"


class AutomaticCaptions(Read):
    """Captions that a program writes."""

    state: HearingState
    progress: float = Field(description="How much has been heard, from 0 to 1.", examples=[0.4])
    language: str | None = Field(description="What is spoken, as far as it is known.", examples=["en"])


SpokenLanguage = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}$"), Field(description="Two or three letters.", examples=["en"])
]


class AutomaticCaptionsCreate(Body):
    """What is to be written down."""

    language: SpokenLanguage | None = Field(default=None, description="What is spoken; found out where it is left out.")


class ChapterIdeas(Read):
    """Where the parts of a video may begin; what they are called is for people to say."""

    state: ChapterIdeasState
    starts_ms: list[int] = Field(description="Empty when there is nothing to be told apart.", examples=[[0, 61_000]])


class Original(Read):
    """A file as it was uploaded, for its owner."""

    url: str = Field(description="From the server's root, for whoever has it, as long as it and the session last.")
    filename: str = Field(examples=["holiday.mov"])
    size: int = Field(description="Bytes.", examples=[104857600])
    expires_at: datetime = Field(description="When the address runs out.")


class Playback(Read):
    """All that a player needs. Addresses are relative to the server's root, and those of private media run out."""

    hls_url: str = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/master.m3u8"])
    dash_url: str = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/manifest.mpd"])
    poster: str | None = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/poster.jpg"])
    storyboard: str | None = Field(description="WebVTT whose cues point into a sprite of small pictures.")
    preview: str | None = Field(description="A short, small and silent MP4 of moments of the video.")
    waveform: str | None = Field(description="For sound alone: JSON whose `peaks`, from 0 to 100, are its outline.")
    thumbhash: str | None = Field(description="Some thirty bytes, base64, from which a blurred picture is drawn.")
    width: int | None
    height: int | None
    duration_ms: int | None = Field(examples=[60000])
    captions: list[Caption]
    chapters: str | None = Field(description="WebVTT whose cues are the chapters; null when there are none.")
    expires_at: datetime | None = Field(description="When the addresses run out; null when they do not.")
    cache_key: str = Field(description="Stays while signatures change, and changes with the content.")


class TaskRead(Read):
    """One small part of a job; times on the clock and of processors in seconds, of all attempts."""

    name: str = Field(examples=["chunks-1-00004"])
    kind: TaskKind
    rungs: list[str] = Field(examples=[["v480", "v720", "v1080"]])
    first_chunk: int | None
    chunks: int | None
    state: TaskState
    progress: float = Field(description="From 0 to 1.", examples=[0.4])
    attempts: int
    worker: str | None = Field(description="Host and process that had it last.", examples=["encoder-3:1517"])
    cpu_s: float
    wall_s: float
    bytes_made: int
    failure_code: str | None = Field(examples=["encoder_crashed"])
    failure_notes: str | None = Field(description="What the encoder said.")
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class MediaJobRead(Read):
    """All that is made of one upload, and what that cost."""

    id: AssetId
    account_id: AccountId
    state: TranscodeState
    round: int = Field(description="How often it was begun.", examples=[1])
    progress: float = Field(description="From 0 to 1.", examples=[0.4])
    seconds_left: int | None
    tasks: int = Field(description="Tasks of the plan; none before the file has been looked at.", examples=[17])
    tasks_done: int = Field(examples=[6])
    failure_code: str | None = Field(examples=["encoder_crashed"])
    failure_detail: str | None = Field(description="What its owner is told.")
    failure_notes: str | None = Field(description="What the encoder said.")
    source_bytes: int
    bytes_made: int
    duration_ms: int | None
    cpu_s: float = Field(description="Processor seconds of all tasks that were done.")
    work_s: float = Field(description="The same on the clock; tasks beside each other count each.")
    created_at: datetime
    finished_at: datetime | None


class MediaJobWhole(MediaJobRead):
    """A job with its tasks."""

    parts: list[TaskRead]


class MediaJobPage(Page[MediaJobRead]):
    """One page of jobs, the newest upload first."""


class QueueRead(Read):
    """Jobs of one queue."""

    name: str = Field(examples=["encode"])
    waiting: int
    running: int
    oldest_s: float | None = Field(description="How long the first of those that wait could have run.")


class WorkerRead(Read):
    """A worker that said it was there."""

    host: str
    pid: int
    queues: list[str]
    concurrency: int
    version: str
    started_at: datetime
    seen_at: datetime
    silent: bool = Field(description="It should have been heard of since.")


class AccountStorageRead(Read):
    """What one account keeps, in bytes; unfinished uploads in full."""

    account_id: AccountId
    used: int


class StorageRead(Read):
    """What is kept, in bytes."""

    sources: int = Field(description="Files as they were uploaded.")
    served: int = Field(description="What was made of them.")
    assets: int = Field(description="How many of them there are.")
    largest: list[AccountStorageRead] = Field(description="Accounts that keep most.")


class MediaOverview(Read):
    """Queues, workers and storage."""

    queues: list[QueueRead]
    workers: list[WorkerRead]
    storage: StorageRead
