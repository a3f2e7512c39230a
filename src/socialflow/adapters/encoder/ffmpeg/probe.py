"""Asks ffprobe, in the sandbox, what a file is, and believes only what fits a narrow schema."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from socialflow.adapters.encoder.ffmpeg import rates, sniff, sounds
from socialflow.ports.encoder import AudioStream, FailureCode, Role, SourceInfo, SourceRefused, VideoStream

MOST_STREAMS = 32
MOST_PICTURES, MOST_SOUNDS = 4, 16
MOST_PIXELS = 35_389_440
FASTEST = 300
SHORTEST_S = 0.04
NEARLY_SQUARE = 0.02
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
WANTED = (
    "format=duration,start_time,size:stream=index,codec_type,codec_name,profile,width,height,pix_fmt,"
    "sample_aspect_ratio,r_frame_rate,avg_frame_rate,bit_rate,field_order,color_transfer,channels,sample_rate,"
    "start_time,duration:stream_tags=DURATION,language,title:"
    "stream_disposition=attached_pic,timed_thumbnails,default,dub,comment,visual_impaired:stream_side_data=rotation"
)

# fmt: off
VIDEO_CODECS = frozenset((
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mpeg1video", "h263", "theora", "mjpeg", "prores",
    "dnxhd", "wmv1", "wmv2", "wmv3", "vc1", "msmpeg4v2", "msmpeg4v3", "flv1", "gif", "dvvideo", "ffv1", "svq3", "rv40",
))
AUDIO_CODECS = frozenset((
    "aac", "mp3", "mp2", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "wmav1", "wmav2", "wmapro", "amr_nb",
    "amr_wb", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be",
    "pcm_s32le", "pcm_f32le", "pcm_u8", "pcm_s8", "pcm_mulaw", "pcm_alaw", "pcm_bluray", "dts",
))
# fmt: on
# ffprobe opens a decoder for every stream, wanted or not: subtitles and covers are no reason to refuse a file.
BYSTANDERS = (
    *("mov_text", "srt", "subrip", "ass", "ssa", "webvtt", "text", "ttml", "dvbsub", "dvdsub", "pgssub", "xsub"),
    *("cc_dec", "png", "bmp"),
)
# Codecs by their names, which most decoders share; after them the decoders that are called otherwise.
DECODERS = (
    *sorted(VIDEO_CODECS | AUDIO_CODECS),
    "libdav1d",
    "flv",
    "msmpeg4",
    "mp3float",
    "mp2float",
    "amrnb",
    "amrwb",
    "dca",
    "libopus",
)


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Disposition(_Row):
    attached_pic: int = 0
    timed_thumbnails: int = 0
    default: int = 0
    dub: int = 0
    comment: int = 0
    visual_impaired: int = 0


class _Tags(_Row):
    duration: str = Field("", alias="DURATION", max_length=40)
    language: str = ""
    title: str = ""


class _SideData(_Row):
    rotation: float = Field(0, ge=-3_600, le=3_600)


class _Stream(_Row):
    index: int = Field(ge=0, le=100_000)
    codec_type: str = Field("", max_length=40)
    codec_name: str = Field("", max_length=60)
    profile: str = Field("", max_length=80)
    width: int = Field(0, ge=0, le=1_000_000)
    height: int = Field(0, ge=0, le=1_000_000)
    pix_fmt: str = Field("", max_length=40)
    sample_aspect_ratio: str = Field("1:1", max_length=40)
    r_frame_rate: str = Field("0/0", max_length=40)
    avg_frame_rate: str = Field("0/0", max_length=40)
    bit_rate: int = Field(0, ge=0)
    field_order: str = Field("", max_length=20)
    color_transfer: str = Field("", max_length=40)
    channels: int = Field(0, ge=0, le=255)
    sample_rate: int = Field(0, ge=0, le=10_000_000)
    start_time: float = Field(0, allow_inf_nan=False)
    duration: float = Field(0, ge=0, allow_inf_nan=False)
    tags: _Tags = _Tags()
    disposition: _Disposition = _Disposition()
    side_data_list: tuple[_SideData, ...] = ()


class _Format(_Row):
    duration: float = Field(0, ge=0, allow_inf_nan=False)
    start_time: float = Field(0, allow_inf_nan=False)
    size: int = Field(0, ge=0)


class Probe(_Row):
    """What ffprobe wrote, as far as it is believed."""

    streams: tuple[_Stream, ...] = Field((), max_length=MOST_STREAMS)
    format: _Format = _Format()


def input_options(demuxer: str, decoders: Sequence[str] = DECODERS) -> list[str]:
    """What precedes every `-i` of an upload: one demuxer, local bytes only, few decoders, bounded pictures."""
    whitelists = ["-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer]
    whitelists += ["-codec_whitelist", ",".join(decoders)]
    return [*whitelists, "-max_pixels", str(MOST_PIXELS), "-max_streams", str(MOST_STREAMS), "-f", demuxer]


def source_options(source: SourceInfo) -> list[str]:
    """The same for a source whose picture may be entered anywhere.

    x264 before build 151 wrote 4:4:4 in a way of its own; ffmpeg knows of it by the first packet alone, and shows
    nothing but noise to who has not begun there and does not say so.
    """
    build = source.video.x264_build if source.video else 0
    return [*(["-x264_build", str(build)] if build else []), *input_options(source.demuxer)]


def command(ffprobe: str, demuxer: str) -> list[str]:
    """The argv that describes `in/source` as JSON."""
    return [
        *(ffprobe, "-v", "error", "-probesize", "10M", "-analyzeduration", "10M"),
        *(
            *input_options(demuxer, (*DECODERS, *BYSTANDERS)),
            "-show_entries",
            WANTED,
            "-of",
            "json=compact=1",
            "-i",
            "in/source",
        ),
    ]


def parse(text: str) -> Probe:
    """Read ffprobe's JSON; raises SourceRefused when it is not what a probe looks like."""
    try:
        return Probe.model_validate_json(text)
    except ValidationError as error:
        too_many = any(item["type"] == "too_long" and item["loc"] == ("streams",) for item in error.errors())
        code = FailureCode.TOO_MANY_STREAMS if too_many else FailureCode.CORRUPT
        raise SourceRefused(code, notes=str(error)[:500]) from None


def refusal_in(stderr: str) -> FailureCode:
    """What ffprobe's or ffmpeg's complaint means for the person who uploaded the file."""
    signs = (
        ("max_streams", FailureCode.TOO_MANY_STREAMS),
        ("not on whitelist", FailureCode.UNSUPPORTED_CODEC),
        ("not in allowed list", FailureCode.UNSUPPORTED_CODEC),
        ("moov atom not found", FailureCode.TRUNCATED),
        ("Picture size", FailureCode.TOO_LARGE_PICTURE),
    )
    return next((code for sign, code in signs if sign in stderr), FailureCode.CORRUPT)


def judge(found: Probe, demuxer: str, size: int, *, max_duration_s: float, max_side_px: int) -> SourceInfo:
    """Choose the picture and the sound, and refuse what is over a limit."""
    real = [row for row in found.streams if not row.disposition.attached_pic and not row.disposition.timed_thumbnails]
    videos = [row for row in real if row.codec_type == "video"]
    audios = [row for row in real if row.codec_type == "audio"]
    if not videos and not audios:
        raise SourceRefused(FailureCode.NO_STREAMS)
    if len(videos) > MOST_PICTURES or len(audios) > MOST_SOUNDS:
        raise SourceRefused(FailureCode.TOO_MANY_STREAMS, notes=f"{len(videos)} video, {len(audios)} audio")
    if found.format.duration > max_duration_s:
        raise SourceRefused(FailureCode.TOO_LONG, notes=f"{found.format.duration:.0f} s")

    video = _video(videos[0], found.format, max_side_px) if videos else None
    heard = _audios(audios, found.format)
    audio = heard[0] if heard else None
    indexed = demuxer in sniff.INDEXED and found.format.duration > 0
    duration = max(_end(stream, found.format) for stream in (video, audio) if stream is not None)
    return SourceInfo(demuxer, indexed, size, duration, found.format.start_time, video, audio, (), tuple(heard[1:]))


def with_duration(source: SourceInfo, duration_s: float) -> SourceInfo:
    """The same source once its length was found by reading it through."""
    video = replace(source.video, duration_s=duration_s) if source.video else None
    audio = replace(source.audio, duration_s=duration_s) if source.audio else None
    others = tuple(replace(sound, duration_s=duration_s) for sound in source.other_sounds)
    return replace(source, duration_s=duration_s, video=video, audio=audio, other_sounds=others)


def _end(stream: VideoStream | AudioStream, whole: _Format) -> float:
    """When a stream is over, from the start of the file.

    One that begins late ends later by as much, but not later than the file: the length that Matroska tells of a stream
    has its beginning in it.
    """
    return max(stream.duration_s, min(stream.start_s + stream.duration_s, whole.duration))


def _duration(row: _Stream, whole: _Format) -> float:
    """A stream's own length where the container tells it (Matroska: in a tag, as 00:00:29.970), else the file's."""
    parts = row.tags.duration.split(":")
    if not row.duration and len(parts) == 3 and all(part.replace(".", "", 1).isdigit() for part in parts):
        return float(parts[0]) * 3_600 + float(parts[1]) * 60 + float(parts[2])
    return row.duration or whole.duration


def _video(row: _Stream, whole: _Format, max_side_px: int) -> VideoStream:
    if row.codec_name not in VIDEO_CODECS:
        raise SourceRefused(FailureCode.UNSUPPORTED_CODEC, notes=row.codec_name)
    if row.width < 2 or row.height < 2:
        raise SourceRefused(FailureCode.CORRUPT, notes=f"{row.width}x{row.height}")
    if max(row.width, row.height) > max_side_px or row.width * row.height > MOST_PIXELS:
        raise SourceRefused(
            FailureCode.TOO_LARGE_PICTURE,
            detail=f"The picture is {row.width} x {row.height}; {max_side_px} pixels on a side is the most.",
        )
    average, base = rates.parse(row.avg_frame_rate), rates.parse(row.r_frame_rate)
    if max(average, min(base, average * 2)) > FASTEST:
        raise SourceRefused(FailureCode.FRAME_RATE, notes=f"{float(average):.0f} frames per second")

    rotated = any(round(item.rotation) % 180 == 90 for item in row.side_data_list)
    width, height = _square_pixels(row, max_side_px)
    return VideoStream(
        index=row.index,
        codec=row.codec_name,
        profile=row.profile,
        pixel_format=row.pix_fmt,
        width=height if rotated else width,
        height=width if rotated else height,
        rotated=any(round(item.rotation) % 360 for item in row.side_data_list),
        frame_rate=rates.constant(average, base),
        bit_rate=row.bit_rate,
        start_s=row.start_time - whole.start_time,
        duration_s=_duration(row, whole),
        interlaced=row.field_order in ("tt", "bb", "tb", "bt"),
        hdr=row.color_transfer in HDR_TRANSFERS,
    )


def _square_pixels(row: _Stream, max_side_px: int) -> tuple[int, int]:
    """Size as shown, before rotation: oblong pixels (DVDs, DV) are widened.

    Ratios that are absurd, or as good as square, are ignored.
    """
    across, _, down = row.sample_aspect_ratio.partition(":")
    if not (across.isdigit() and down.isdigit() and int(across) and int(down)):
        return row.width, row.height
    ratio = Fraction(int(across), int(down))
    width = round(row.width * ratio)
    square = abs(ratio - 1) < NEARLY_SQUARE
    if square or not Fraction(1, 4) <= ratio <= 4 or width > max_side_px:
        return row.width, row.height
    return width, row.height


def _audios(rows: Sequence[_Stream], whole: _Format) -> list[AudioStream]:
    """The sounds that can be decoded, the container's default first; raises SourceRefused where none can."""
    known = [row for row in rows if row.codec_name in AUDIO_CODECS and row.channels and row.sample_rate]
    if rows and not known:
        raise SourceRefused(FailureCode.UNSUPPORTED_CODEC, notes=rows[0].codec_name)
    first = next((row for row in known if row.disposition.default and not row.disposition.comment), None)
    return [_audio(row, whole) for row in sorted(known, key=lambda row: row is not first)]


def _audio(row: _Stream, whole: _Format) -> AudioStream:
    return AudioStream(
        index=row.index,
        codec=row.codec_name,
        profile=row.profile,
        channels=row.channels,
        sample_rate=row.sample_rate,
        bit_rate=row.bit_rate,
        start_s=row.start_time - whole.start_time,
        duration_s=_duration(row, whole),
        language=sounds.language_of(row.tags.language),
        title=sounds.title_of(row.tags.title),
        role=_role(row.disposition),
    )


def _role(said: _Disposition) -> Role:
    if said.visual_impaired:
        return Role.DESCRIPTION
    if said.comment:
        return Role.COMMENTARY
    return Role.DUB if said.dub else Role.MAIN
