"""What can go wrong with an encoder: stable codes, and a sentence for people.

EncoderFailure
├── SourceRefused     the file is at fault; trying again cannot help
└── EncoderTrouble    we are at fault; trying again may help
"""

from enum import StrEnum


class FailureCode(StrEnum):
    """Why a source was refused or could not be encoded; stable, part of the public API."""

    EMPTY_FILE = "empty_file"
    NOT_A_VIDEO = "not_a_video"
    PLAYLIST_REFUSED = "playlist_refused"
    UNSUPPORTED_CONTAINER = "unsupported_container"
    UNSUPPORTED_CODEC = "unsupported_codec"
    NO_STREAMS = "no_streams"
    TOO_MANY_STREAMS = "too_many_streams"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_LARGE_PICTURE = "too_large_picture"
    FRAME_RATE = "frame_rate"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    TIMED_OUT = "timed_out"
    ENCODER_CRASHED = "encoder_crashed"
    ENCODER_UNAVAILABLE = "encoder_unavailable"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    DISK_FULL = "disk_full"


SENTENCES: dict[FailureCode, str] = {
    FailureCode.EMPTY_FILE: "The file is empty.",
    FailureCode.NOT_A_VIDEO: "The file is not a video or sound recording.",
    FailureCode.PLAYLIST_REFUSED: "The file is a playlist that points at other files; upload the video itself.",
    FailureCode.UNSUPPORTED_CONTAINER: "This kind of file is not supported; MP4, MOV, MKV and WebM always work.",
    FailureCode.UNSUPPORTED_CODEC: "The video is stored in a format that cannot be decoded here; H.264 always works.",
    FailureCode.NO_STREAMS: "The file holds neither picture nor sound.",
    FailureCode.TOO_MANY_STREAMS: "The file holds more tracks than are accepted.",
    FailureCode.TOO_LONG: "The video is longer than allowed.",
    FailureCode.TOO_SHORT: "The video is too short to be played.",
    FailureCode.TOO_LARGE_PICTURE: "The picture has more pixels than are accepted; 4096 on a side is the most.",
    FailureCode.FRAME_RATE: "The video has more frames in a second than are accepted.",
    FailureCode.CORRUPT: "The file is damaged and cannot be decoded.",
    FailureCode.TRUNCATED: "The file ends too early: part of the video is missing. Upload the whole file again.",
    FailureCode.TIMED_OUT: "The video took too long to process.",
    FailureCode.ENCODER_CRASHED: "The encoder stopped unexpectedly while reading this file.",
    FailureCode.ENCODER_UNAVAILABLE: "Videos cannot be processed at the moment.",
    FailureCode.SANDBOX_UNAVAILABLE: "Videos cannot be processed safely on this machine at the moment.",
    FailureCode.DISK_FULL: "There is no room left to process the video.",
}


class EncoderFailure(Exception):
    """Base of everything that goes wrong: a stable code, a sentence for people, and notes for operators."""

    def __init__(self, code: FailureCode, *, detail: str = "", notes: str = "") -> None:
        self.code = code
        self.detail = detail or SENTENCES[code]
        self.notes = notes
        super().__init__(f"{code.value}: {self.detail}" + (f" [{notes}]" if notes else ""))


class SourceRefused(EncoderFailure):
    """The uploaded file cannot become a video, today or tomorrow."""


class EncoderTrouble(EncoderFailure):
    """The machinery failed; the same file may succeed another time."""
