"""What is shown of an asset, and what stands beside it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from socialflow.domains.media.models import (
    CaptionKind,
)
from socialflow.kernel.ids import UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, SEEN
from socialflow.ports.packaging import Protection

LONGEST_LABEL = 60


LONGEST_CUE_MS = 100 * 3_600_000 - 1


MOST_CUES = 10_000


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


class ProtectionState(StrEnum):
    """How far what is wanted has come."""

    DONE = "done"
    WORKING = "working"
    FAILED = "failed"


class ProtectionRead(Read):
    """How a video's streams are enciphered."""

    protection: Protection = Field(description="What is wanted; `none` is in the clear.")
    in_force: Protection = Field(description="What is served now.")
    state: ProtectionState
    key_id: str | None = Field(
        description="The key in force, as files and players call it; 32 hexadecimal digits.",
        examples=["01a22ba3a9b770508e8cf9e830c653c7"],
    )
    key_since: datetime | None


class ProtectionUpdate(Body):
    """How a video's streams are to be enciphered."""

    protection: Annotated[Protection, Field(strict=False)]


class PlaybackProtection(Read):
    """What a player of a protected video needs; the addresses run out with the others."""

    protection: Protection
    key_id: str = Field(examples=["01a22ba3a9b770508e8cf9e830c653c7"])
    key_url: str = Field(description="The key itself, 16 bytes. HLS playlists name it, too.")
    license_url: str | None = Field(
        description="`clearkey`: for `org.w3.clearkey`, a POST with the JSON of the browser is answered with keys."
    )


class Playback(Read):
    """All that a player needs. Addresses are relative to the server's root, and those of private media run out."""

    hls_url: str = Field(examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/master.m3u8"])
    dash_url: str | None = Field(
        description="Null where a video's protection is for HLS alone.",
        examples=["/media/ast_01jdxyz7q4e5v8w9r0t1y2p3a4/manifest.mpd"],
    )
    protection: PlaybackProtection | None = Field(description="Null where the streams are in the clear.")
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
