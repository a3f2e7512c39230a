"""What is said about uploads and playback."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from socialflow.domains.media.models import Purpose
from socialflow.kernel.ids import AssetId, UploadId
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
