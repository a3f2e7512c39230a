"""Uploads over the API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.media.models import (
    Origin,
    Purpose,
    UploadKind,
)
from socialflow.kernel.ids import AssetId, UploadId
from socialflow.kernel.schemas import Body, Read

MOST_BYTES = 2**53 - 1


MOST_STORE_PARTS = 10_000


MOST_ADDRESSES = 100


PartNumber = Annotated[int, Field(ge=1, le=MOST_STORE_PARTS, examples=[1])]


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
    origin: Origin = Field(
        description="Whether its owner sends the bytes, or they are fetched from a link, or made by an edit."
    )
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
