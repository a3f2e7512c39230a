"""What is made of uploads, for owners and staff."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.media.models import (
    TaskKind,
    TaskState,
    TranscodeState,
)
from socialflow.kernel.ids import AccountId, AssetId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE


class JobAsk(Body):
    """Why a job is stopped or begun anew; kept in the audit log."""

    reason: Annotated[str, StringConstraints(max_length=500), LINE] = Field("", examples=["The encoder was updated."])


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
    account_handle: str = Field(examples=["ada"])
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
    account_handle: str = Field(examples=["ada"])
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
