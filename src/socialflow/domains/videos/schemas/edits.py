"""What is said and heard about edits of videos."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialflow.domains.videos.schemas.catalogue import LATEST_CHAPTER_MS
from socialflow.kernel.ids import EditId, UploadId, VideoId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.ports.editing import Place

MOST_OPERATIONS, MOST_RANGES, MOST_JOINED = 20, 100, 10


class OperationKind(StrEnum):
    """What an edit does."""

    TRIM = "trim"
    CUT = "cut"
    CONCAT = "concat"
    WATERMARK = "watermark"
    REPLACE_AUDIO = "replace_audio"
    MUTE = "mute"


# The members that each kind needs, and those that it may have besides.
_MEMBERS: dict[OperationKind, tuple[set[str], set[str]]] = {
    OperationKind.TRIM: ({"start_ms", "end_ms"}, set()),
    OperationKind.CUT: ({"ranges"}, set()),
    OperationKind.CONCAT: ({"video_ids"}, {"before"}),
    OperationKind.WATERMARK: ({"upload_id"}, {"position", "opacity", "size"}),
    OperationKind.REPLACE_AUDIO: ({"upload_id"}, set()),
    OperationKind.MUTE: (set(), set()),
}
Moment = Annotated[int, Field(ge=0, le=LATEST_CHAPTER_MS, examples=[1500])]


class EditRange(Body):
    """A part of a video, in milliseconds from its beginning."""

    start_ms: Moment
    end_ms: Moment

    @model_validator(mode="after")
    def _is_forward(self) -> "EditRange":
        if self.start_ms >= self.end_ms:
            raise PydanticCustomError("range", "a part ends after it begins")
        return self


class EditOperation(Body):
    """One thing that is done to a video; which members belong to a `kind` is said at the operation."""

    kind: Annotated[OperationKind, Field(strict=False)]
    start_ms: Moment | None = None
    end_ms: Moment | None = None
    ranges: Annotated[list[EditRange], Field(min_length=1, max_length=MOST_RANGES)] | None = None
    video_ids: Annotated[list[VideoId], Field(min_length=1, max_length=MOST_JOINED)] | None = None
    before: bool | None = Field(None, description="Put them before the video and not behind it.")
    upload_id: UploadId | None = None
    position: Annotated[Place, Field(strict=False)] | None = None
    opacity: float | None = Field(None, gt=0, le=1, examples=[0.8])
    size: float | None = Field(
        None, ge=0.02, le=1, description="How much of the picture it takes across and down at most.", examples=[0.2]
    )

    @model_validator(mode="after")
    def _fits(self) -> "EditOperation":
        needed, allowed = _MEMBERS[self.kind]
        given = {name for name in self.model_fields_set if getattr(self, name) is not None} - {"kind"}
        if not needed <= given:
            missing = ", ".join(sorted(needed - given))
            raise PydanticCustomError("operation", "{kind} needs {missing}", {"kind": self.kind, "missing": missing})
        if given - needed - allowed:
            other = ", ".join(sorted(given - needed - allowed))
            raise PydanticCustomError("operation", "{kind} takes no {other}", {"kind": self.kind, "other": other})
        if self.kind is OperationKind.TRIM and (self.start_ms or 0) >= (self.end_ms or 0):
            raise PydanticCustomError("range", "a part ends after it begins")
        return self


class EditCreate(Body):
    """What is to be made of a video, one operation after another; of marks and sounds one each."""

    operations: list[EditOperation] = Field(
        min_length=1,
        max_length=MOST_OPERATIONS,
        examples=[[{"kind": "trim", "start_ms": 2000, "end_ms": 62000}, {"kind": "mute"}]],
    )

    @model_validator(mode="after")
    def _are_few(self) -> "EditCreate":
        kinds = [each.kind for each in self.operations]
        if kinds.count(OperationKind.WATERMARK) > 1:
            raise PydanticCustomError("operations", "one mark is laid over a video")
        if kinds.count(OperationKind.REPLACE_AUDIO) + kinds.count(OperationKind.MUTE) > 1:
            raise PydanticCustomError("operations", "a video has one sound, or none")
        if sum(len(each.video_ids or ()) for each in self.operations) > MOST_JOINED:
            raise PydanticCustomError("operations", "ten videos are joined to another at most")
        return self


class EditProgress(StrEnum):
    """Where an edit stands: being made, being prepared to be watched, shown, undone, or nothing of it."""

    QUEUED = "queued"
    MAKING = "making"
    PROCESSING = "processing"
    APPLIED = "applied"
    REVERTED = "reverted"
    REPLACED = "replaced"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EditPart(Read):
    """A part of a video, in milliseconds from its beginning."""

    start_ms: int
    end_ms: int


class EditOperationRead(Read):
    """What was asked for; members that do not belong to the `kind` are null."""

    kind: OperationKind
    start_ms: int | None
    end_ms: int | None
    ranges: list[EditPart] | None
    video_ids: list[VideoId] | None
    before: bool | None
    upload_id: UploadId | None
    position: Place | None
    opacity: float | None
    size: float | None


class EditRead(Read):
    """An edit of a video."""

    id: EditId
    video_id: VideoId
    upload_id: UploadId = Field(description="The file that it becomes; the topic `upload:{id}` tells when it moves.")
    state: EditProgress
    progress: float = Field(description="How much is done, from 0 to 1.", examples=[0.4])
    seconds_left: int | None = Field(description="Seconds until all is made, once that can be told.")
    operations: list[EditOperationRead]
    duration_ms: int = Field(description="How long the video will be, or is.", examples=[60000])
    failure_code: str | None = Field(description="Stable name of what went wrong.", examples=["quota_exceeded"])
    failure_detail: str | None = Field(description="A sentence for people.")
    can_revert: bool = Field(description="Whether it is what is shown, and can be undone.")
    revert_until: datetime | None = Field(description="Until when it can be undone; null if for ever, or not.")
    created_at: datetime
    made_at: datetime | None
    shown_at: datetime | None
    reverted_at: datetime | None


class EditPage(Page[EditRead]):
    """A page of edits."""
