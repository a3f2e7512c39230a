"""How a rung is encoded: the arguments of each encoder that is known, in software and in hardware.

Software encoders have one thread each: with more, the rate control of x264 and x265 depends on their timing, and what
is made twice is not the same. SVT-AV1 makes the same with any number.
"""

from collections.abc import Callable
from dataclasses import dataclass

from socialflow.ports.encoder import Plan, Rung, VideoCodec

SOFTWARE = {VideoCodec.H264: "libx264", VideoCodec.HEVC: "libx265", VideoCodec.AV1: "libsvtav1"}
PRESETS = {VideoCodec.H264: "veryfast", VideoCodec.HEVC: "veryfast", VideoCodec.AV1: "8"}
"""Where nothing else is planned; SVT-AV1's beyond 9 are not meant for eyes."""
QUALITIES = {VideoCodec.H264: 23.0, VideoCodec.HEVC: 26.0, VideoCodec.AV1: 35.0}
"""Constant rate factors that look about alike."""
X265 = "log-level=error:info=0:open-gop=0:scenecut=0:pools=none:frame-threads=1:wpp=0"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an encoder is told: constant quality, below a highest rate."""

    encoder: str
    preset: str
    quality: float
    maxrate: int
    bufsize: int
    gop: int

    @property
    def q(self) -> str:
        """The quality as ffmpeg reads it."""
        return f"{self.quality:g}"


def arguments(plan: Plan, rung: Rung) -> list[str]:
    """Arguments of ffmpeg for one rung's picture."""
    return encoding(settings_of(plan, rung))


def settings_of(plan: Plan, rung: Rung) -> Settings:
    """What is planned for a rung, and what is usual for all else."""
    return Settings(
        encoder=rung.encoder or SOFTWARE[rung.codec],
        preset=rung.preset or PRESETS[rung.codec],
        quality=QUALITIES[rung.codec] if rung.quality is None else rung.quality,
        maxrate=rung.maxrate,
        bufsize=rung.bufsize,
        gop=plan.gop_frames,
    )


def encoding(wanted: Settings) -> list[str]:
    """Arguments of ffmpeg for these settings; every keyframe is where a group of pictures begins, and nowhere else."""
    gop = ["-g", str(wanted.gop), "-keyint_min", str(wanted.gop)]
    return ["-c:v", wanted.encoder, *KNOWN[wanted.encoder](wanted), *gop]


def _x264(wanted: Settings) -> list[str]:
    quality = ["-preset", wanted.preset, "-crf", wanted.q, "-profile:v", "high", "-sc_threshold", "0"]
    return [*quality, "-pix_fmt", "yuv420p", "-threads", "1", *_rates(wanted)]


def _x265(wanted: Settings) -> list[str]:
    quality = ["-preset", wanted.preset, "-crf", wanted.q, "-x265-params", X265, "-tag:v", "hvc1"]
    return [*quality, "-pix_fmt", "yuv420p", "-threads", "1", *_rates(wanted)]


def _svt_av1(wanted: Settings) -> list[str]:
    quality = ["-preset", wanted.preset, "-crf", wanted.q, "-svtav1-params", "lp=1:scd=0"]
    return [*quality, "-pix_fmt", "yuv420p", "-maxrate", str(wanted.maxrate)]


def _nvenc(wanted: Settings) -> list[str]:
    quality = ["-preset", "p5", "-rc", "vbr", "-cq", wanted.q, "-b:v", "0", "-no-scenecut", "1", "-forced-idr", "1"]
    return [*quality, "-strict_gop", "1", *_tag(wanted), "-pix_fmt", "yuv420p", *_rates(wanted)]


def _qsv(wanted: Settings) -> list[str]:
    quality = ["-preset", "medium", "-global_quality", wanted.q, "-look_ahead", "0", "-idr_interval", "0"]
    return [*quality, *_tag(wanted), "-pix_fmt", "nv12", *_rates(wanted)]


def _vaapi(wanted: Settings) -> list[str]:
    return [
        "-rc_mode",
        "QVBR",
        "-global_quality",
        wanted.q,
        *_tag(wanted),
        "-b:v",
        str(wanted.maxrate // 2),
        *_rates(wanted),
    ]


def _videotoolbox(wanted: Settings) -> list[str]:
    # Its scale is the other way round: 100 is best.
    quality = ["-q:v", f"{max(1.0, 100 - wanted.quality * 2):g}", "-allow_sw", "0"]
    return [*quality, *_tag(wanted), "-pix_fmt", "yuv420p", *_rates(wanted)]


def _rates(wanted: Settings) -> list[str]:
    return ["-maxrate", str(wanted.maxrate), "-bufsize", str(wanted.bufsize)]


def _tag(wanted: Settings) -> list[str]:
    if wanted.encoder.startswith("h264"):
        return ["-profile:v", "high"]
    return ["-tag:v", "hvc1"] if wanted.encoder.startswith("hevc") else []


KNOWN: dict[str, Callable[[Settings], list[str]]] = {
    "libx264": _x264,
    "libx265": _x265,
    "libsvtav1": _svt_av1,
    **{f"{codec}_nvenc": _nvenc for codec in VideoCodec},
    **{f"{codec}_qsv": _qsv for codec in VideoCodec},
    **{f"{codec}_vaapi": _vaapi for codec in VideoCodec},
    **{f"{codec}_videotoolbox": _videotoolbox for codec in (VideoCodec.H264, VideoCodec.HEVC)},
}
