"""What is said about uploads and playback."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from socialflow.domains.media.models import Purpose, TaskKind, TaskState, TranscodeState
from socialflow.kernel.ids import AccountId, AssetId, UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Read


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


class UploadRead(Read):
    """An upload as its owner sees it."""

    id: UploadId
    asset_id: AssetId
    purpose: Purpose
    filename: str = Field(examples=["holiday.mp4"])
    filetype: str = Field(examples=["video/mp4"])
    length: int = Field(description="Bytes of the whole file.", examples=[104857600])
    offset: int = Field(description="Bytes that have arrived and are kept, from the first on.", examples=[8388608])
    state: UploadProgress
    progress: float = Field(description="How much of the processing is done, from 0 to 1.", examples=[0.4])
    seconds_left: int | None = Field(
        description="Seconds until all is made, at the speed so far; null while nobody can tell.", examples=[40]
    )
    failure_code: str | None = Field(description="Stable name of what went wrong.", examples=["not_a_video"])
    failure_detail: str | None = Field(description="A sentence for people.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When an unfinished upload is given up; it moves with each byte.")


class UploadLimits(Read):
    """What may be uploaded."""

    max_bytes: int = Field(description="Largest video or sound file.", examples=[8589934592])
    max_avatar_bytes: int = Field(description="Largest picture of a channel.", examples=[10485760])
    quota_bytes: int = Field(description="What one account may keep.", examples=[53687091200])
    used_bytes: int = Field(description="What this account keeps, unfinished uploads in full.", examples=[104857600])
    piece_bytes: int = Field(description="A good size of one PATCH.", examples=[8388608])
    accepted_types: list[str] = Field(examples=[["video/*", "audio/*"]])
    accepted_avatar_types: list[str] = Field(examples=[["image/jpeg", "image/png"]])
    expires_after_s: int = Field(description="An upload without progress for so long is given up.", examples=[86400])
    max_duration_s: int = Field(description="Longest video.", examples=[43200])


class JobAsk(BaseModel):
    """Why a job is stopped or begun anew; kept in the audit log."""

    reason: str = Field("", max_length=500, examples=["The encoder was updated."])


class Caption(Read):
    """One text track."""

    language: str = Field(examples=["en"])
    label: str = Field(examples=["English"])
    url: str


class Playback(Read):
    """All that a player needs. Addresses are relative to the server's root, and those of private media run out."""

    hls_url: str = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/master.m3u8"])
    dash_url: str = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/manifest.mpd"])
    poster: str | None = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/poster.jpg"])
    storyboard: str | None = Field(description="WebVTT whose cues point into a sprite of small pictures.")
    thumbhash: str | None = Field(description="Some thirty bytes, base64, from which a blurred picture is drawn.")
    width: int | None
    height: int | None
    duration_ms: int | None = Field(examples=[60000])
    captions: list[Caption]
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
