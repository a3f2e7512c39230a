"""The ladder: which renditions are made of a source. Pure functions of what the probe found.

Rungs are named by their short side, so that 1080 x 1920 held upright is "1080p" too. A rung is
never larger than the source; one a little short of a step (1072 lines) still bears its name.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from statistics import median

from socialflow.adapters.encoder.ffmpeg import sounds
from socialflow.adapters.encoder.ffmpeg.hardware import Hardware
from socialflow.adapters.encoder.ffmpeg.sounds import Wishes as SoundWishes
from socialflow.ports.encoder import Chunk, Plan, Rung, Sampling, SourceInfo, VideoCodec, VideoStream

STEPS = (360, 480, 720, 1080, 1440, 2160)
NEARLY = 0.95
ROOM_FOR_ONE_MORE = 1.25
SMALLEST_SIDE = 16
GOP_S = 2
FULL_HD_BITS = 5_000_000
FULL_HD_PIXELS = 1920 * 1080
POWER = 0.75
FAST_FROM = 40
FAST_FACTOR = 1.5
LEAST_BITS = 150_000
BITS = {VideoCodec.H264: 1.0, VideoCodec.HEVC: 0.7, VideoCodec.AV1: 0.6}
"""What a codec needs of them, for a picture that is about as good."""
CHUNK_S = ((12, 2), (30, 4), (120, 6), (600, 10), (math.inf, 20))
"""(up to this length in seconds, so long is a chunk at least)."""
SHORTEST, LONGEST = 0.5, 1.5
UNEVEN = 0.1
CLOCK_S = 0.002

WEB_PIXELS = frozenset({"yuv420p", "yuvj420p"})
WEB_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
WEB_SIDE = 1080
WEB_BITS = 12_000_000
WEB_KEYFRAMES_S = 10.5
"""Just above x264's default of 250 frames at 24 frames per second."""
TOGETHER_S = 0.05


SPANS = ((300, 3), (1_200, 4), (3_600, 6), (math.inf, 8))
"""(up to this length in seconds, so many spans of one group of pictures are sampled)."""


@dataclass(frozen=True, slots=True)
class Titles:
    """How a ladder becomes a title's own: the VMAF to reach, x264's preset, and from what length in seconds."""

    target: float = 92.0
    preset: str = "medium"
    from_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator wants to be made."""

    sounds: SoundWishes = field(default_factory=SoundWishes)
    codecs: tuple[VideoCodec, ...] = ()
    """Beside H.264."""
    titles: Titles | None = None
    """None makes the same ladder of every title."""


def plan(source: SourceInfo, wishes: Wishes | None = None, hardware: Hardware | None = None) -> Plan:
    """All that will be made of a source; one that cannot be entered anywhere is a single chunk."""
    wishes = wishes or Wishes()
    video = source.video
    tracks = sounds.tracks(source, wishes.sounds)
    early = sounds.early(source, tracks)
    tracks = tuple(replace(track, urgent=track.default and early is None) for track in tracks)
    # What would be copied as it is needs nobody to stand in for it.
    stand_in = early is None and bool(tracks) and tracks[0].may_copy and tracks[0].loudness is not None
    if video is None:
        return Plan((), Fraction(0), 0, (), tracks, False, stand_in, early_sound=early)

    rate = video.frame_rate
    gop = max(1, round(rate * GOP_S))
    frames = max(1, round(video.duration_s * rate))
    pieces = chunks(frames, gop, rate, source.keyframes_s) if source.indexed else (Chunk(0, 0, frames, last=True),)
    may_remux = web_safe(video) and bool(source.keyframes_s) and _longest_gap(source) <= WEB_KEYFRAMES_S
    ladder = every_codec(rungs(video), wishes.codecs, hardware or Hardware())
    made = Plan(ladder, rate, gop, pieces, tracks, may_remux, stand_in, early_sound=early)
    return with_samples(source, made, wishes.titles) if wishes.titles else made


def with_samples(source: SourceInfo, plan: Plan, titles: Titles) -> Plan:
    """The plan with spans to be sampled, evenly over the source; as it is where that is not worth its while.

    A slower preset is planned for what will be chosen of samples. The lowest rung is made at once, as ever.
    """
    frames = sum(chunk.frames for chunk in plan.chunks)
    if not source.indexed or source.duration_s < titles.from_s or len(plan.groups) < 2 or frames < 2 * plan.gop_frames:
        return plan
    count = next(number for limit, number in SPANS if source.duration_s <= limit)
    latest = (frames - plan.gop_frames) // plan.gop_frames
    places = (min(latest, round((at + 0.5) / count * frames / plan.gop_frames)) for at in range(count))
    spans = tuple(sorted({place * plan.gop_frames for place in places}))
    slow = {rung.stem for group in plan.groups[1:] for rung in group if rung.codec is VideoCodec.H264}
    slower = tuple(replace(rung, preset=titles.preset) if rung.stem in slow else rung for rung in plan.rungs)
    return replace(plan, rungs=slower, sampling=Sampling(titles.target, spans, plan.gop_frames))


def rungs(video: VideoStream) -> tuple[Rung, ...]:
    """The steps that fit, lowest first; one of the source's own size where no step is near it."""
    short = min(video.width, video.height)
    names = [step for step in STEPS if short >= step * NEARLY]
    if not names or (short > names[-1] * ROOM_FOR_ONE_MORE and names[-1] < STEPS[-1]):
        names.append(even(short))
    return tuple(rung(video, name) for name in names)


def rung(video: VideoStream, name: int) -> Rung:
    """One step: the short side becomes `name` lines or the source's own, the long side follows."""
    short, long = sorted((video.width, video.height))
    side = even(min(name, short))
    other = 2 * round(long * side / short / 2) if side < even(short) else even(long)
    width, height = (other, side) if video.width >= video.height else (side, other)
    rate = maxrate(width * height, video.frame_rate)
    return Rung(f"{name}p", f"v{name}", width, height, rate, rate)


def every_codec(plain: Sequence[Rung], wished: Sequence[VideoCodec], hardware: Hardware) -> tuple[Rung, ...]:
    """The same steps in H.264 and in each codec that is wished; those that are newer need fewer bits."""
    made = [replace(rung, encoder=hardware.encoder_of(VideoCodec.H264)) for rung in plain]
    for codec in (codec for codec in VideoCodec if codec in wished and codec is not VideoCodec.H264):
        for rung in plain:
            rate = max(LEAST_BITS, round(rung.maxrate * BITS[codec] / 10_000) * 10_000)
            name, stem = f"{rung.name}-{codec}", f"{rung.stem}-{codec}"
            encoder = hardware.encoder_of(codec)
            other = replace(rung, name=name, stem=stem, maxrate=rate, bufsize=rate, codec=codec, encoder=encoder)
            made.append(other)
    return tuple(made)


def even(side: int) -> int:
    """The side without its odd pixel: 4:2:0 pictures have pairs."""
    return max(SMALLEST_SIDE, side - side % 2)


def maxrate(pixels: int, rate: Fraction) -> int:
    """Highest bit rate of a picture size, in bits per second.

    5 Mbit/s at 1920 x 1080; other sizes follow the 0.75 power of their pixels, which gives the
    usual 1.0, 2.7, 7.7 and 14 Mbit/s for 360, 720, 1440 and 2160 lines.
    """
    bits: float = FULL_HD_BITS * (pixels / FULL_HD_PIXELS) ** POWER * (FAST_FACTOR if rate > FAST_FROM else 1)
    return max(LEAST_BITS, round(bits / 10_000) * 10_000)


def chunks(frames: int, gop: int, rate: Fraction, keyframes_s: Sequence[float]) -> tuple[Chunk, ...]:
    """Cut `frames` into chunks of whole groups of pictures.

    A chunk's first frames cost the decoding of all that precedes them since the source's last
    keyframe, so cuts are made just behind keyframes, and not closer than these usually are.
    """
    seconds = frames / rate
    usual = median([later - earlier for earlier, later in pairwise(keyframes_s)] or [0])
    target = max(next(length for limit, length in CHUNK_S if seconds <= limit), min(usual, CHUNK_S[-1][1]))
    length = gop * max(1, round(target * rate / gop))

    starts = [0]
    while frames - starts[-1] > length * LONGEST:
        starts.append(_best_cut(starts[-1], length, gop, rate, keyframes_s))
    ends = [*starts[1:], frames]
    return tuple(
        Chunk(index, first, end - first, last=end == frames)
        for index, (first, end) in enumerate(zip(starts, ends, strict=True))
    )


def _best_cut(start: int, length: int, gop: int, rate: Fraction, keyframes_s: Sequence[float]) -> int:
    """The frame after `start`, about `length` later, with least to decode before it."""

    def cost(frame: int) -> tuple[float, int]:
        at = float(frame / rate)
        before = bisect_right(keyframes_s, at + CLOCK_S)
        wasted = at - keyframes_s[before - 1] if before else 0.0
        return wasted + abs(frame - start - length) / float(rate) * UNEVEN, frame

    steps = range(max(1, round(length * SHORTEST / gop)), max(1, int(length * LONGEST / gop)) + 1)
    return min((start + step * gop for step in steps), key=cost)


def web_safe(video: VideoStream) -> bool:
    """Every browser of the last ten years decodes it as it is: 8-bit H.264 up to 1080 lines, upright, progressive."""
    return (
        video.codec == "h264"
        and video.profile in WEB_PROFILES
        and video.pixel_format in WEB_PIXELS
        and min(video.width, video.height) <= WEB_SIDE
        and video.bit_rate <= WEB_BITS
        and abs(video.start_s) <= TOGETHER_S
        and not (video.rotated or video.interlaced or video.hdr)
    )


def _longest_gap(source: SourceInfo) -> float:
    """Longest time without a keyframe, in seconds."""
    end = source.video.duration_s if source.video else 0.0
    return max((later - earlier for earlier, later in pairwise([*source.keyframes_s, end])), default=0.0)
