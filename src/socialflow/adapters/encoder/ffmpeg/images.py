"""Pictures of a video: the poster with its thumbhash, and the storyboard that is shown while scrubbing."""

import base64
import math
from collections.abc import Sequence

import thumbhash

from socialflow.adapters.encoder.ffmpeg import encode, probe
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, Tool
from socialflow.ports.encoder import FailureCode, JobFolder, OutputFile, Poster, SourceInfo, SourceRefused, VideoStream

POSTER_SIDE = 1_280
POSTER_AT, POSTER_LATEST_S, POSTER_SPAN_S = 0.1, 30, 20
POSTER_CHOICE = 8
HASH_SIDE = 48
CELL_SIDE = 160
COLUMNS, MOST_ROWS = 10, 16
JPEG = ("-c:v", "mjpeg", "-q:v", "4", "-f", "image2", "-update", "1")


async def poster(tool: Tool, job: JobFolder, source: SourceInfo) -> Poster:
    """The most typical of the keyframes a little after the start, as JPEG; the first frame where there are none."""
    target, raw = job.out / "poster.jpg", job.out / "poster.rgba"
    assert source.video is not None
    start = min(source.duration_s * POSTER_AT, POSTER_LATEST_S)
    near = ["-ss", f"{start:.3f}", "-t", str(POSTER_SPAN_S), "-skip_frame", "nokey"]
    try:
        await tool.ffmpeg(job, poster_arguments(tool, source, near), [target, raw], timeout_s=120)
    except SourceRefused:
        # Its turn has been: behind all that asked meanwhile, the video would wait for the whole ladder to be shown.
        await tool.ffmpeg(job, poster_arguments(tool, source, []), [target, raw], timeout_s=120, at_once=True)

    width, height = fit(source.video, HASH_SIDE)
    made = thumbhash_of(raw.read_bytes(), width, height)
    raw.unlink()
    return Poster(OutputFile(target.name, target, "image/jpeg"), made)


def poster_arguments(tool: Tool, source: SourceInfo, where: Sequence[str]) -> list[str]:
    """Arguments of ffmpeg for a JPEG and, for the thumbhash, a very small picture as raw RGBA."""
    video = source.video
    assert video is not None
    (width, height), (small, low) = fit(video, POSTER_SIDE), fit(video, HASH_SIDE)
    tonemap = encode.TONEMAP if video.hdr and tool.binaries.has_tonemap else ""
    graph = (
        f"[0:{video.index}]thumbnail=n={POSTER_CHOICE},scale={width}:{height}:out_range=pc,setsar=1,{tonemap}"
        f"split[a][b];[a]format=yuvj420p[poster];[b]scale={small}:{low},format=rgba[hash]"
    )
    arguments = [*where, "-threads", "1", *probe.source_options(source), "-i", "in/source"]
    arguments += ["-filter_complex", graph, "-map", "[poster]", "-frames:v", "1", *ANONYMOUS, *JPEG, "out/poster.jpg"]
    return [*arguments, "-map", "[hash]", "-frames:v", "1", "-f", "rawvideo", "out/poster.rgba"]


def fit(video: VideoStream, side: int) -> tuple[int, int]:
    """The largest size with the video's shape whose long side is at most `side`; both sides even."""
    shrink = min(1.0, side / max(video.width, video.height))
    width, height = (max(2, round(length * shrink / 2) * 2) for length in (video.width, video.height))
    return width, height


def thumbhash_of(rgba: bytes, width: int, height: int) -> str:
    """The thumbhash of raw pixels, in base64 (https://evanw.github.io/thumbhash)."""
    if len(rgba) < width * height * 4:
        raise SourceRefused(FailureCode.CORRUPT, notes="the poster is incomplete")
    values: list[int] = thumbhash.rgba_to_thumb_hash(width, height, list(rgba[: width * height * 4]))
    return base64.b64encode(bytes(values)).decode()


async def storyboard(tool: Tool, job: JobFolder, rung: Packaged) -> tuple[OutputFile, ...]:
    """A sprite of the rung's keyframes, at most 160 of them, and a WebVTT that says which belongs to when."""
    picture, text = job.out / "storyboard.jpg", job.out / "storyboard.vtt"
    keys = [item for item in rung.fragments if item.sync]
    step = math.ceil(len(keys) / (COLUMNS * MOST_ROWS))
    shown = keys[::step]
    rows = math.ceil(len(shown) / COLUMNS)
    columns = min(COLUMNS, len(shown))
    width, height = cell(rung.init.width, rung.init.height)
    graph = f"[0:0]select='not(mod(n,{step}))',scale={width}:{height},setsar=1,format=yuvj420p,tile={columns}x{rows}[v]"
    await tool.ffmpeg(
        job,
        [
            *("-skip_frame", "nokey", "-protocol_whitelist", "file,pipe", "-f", "mov", "-i", f"out/{rung.path.name}"),
            *("-filter_complex", graph, "-map", "[v]", "-frames:v", "1", *ANONYMOUS, *JPEG, f"out/{picture.name}"),
        ],
        [picture],
        timeout_s=120 + rung.duration_s / 4,
        at_once=True,
    )
    times = [item.time / rung.init.timescale for item in shown]
    text.write_text(vtt(picture.name, times, rung.duration_s, columns, (width, height)), encoding="utf-8")
    return OutputFile(picture.name, picture, "image/jpeg"), OutputFile(text.name, text, "text/vtt")


def cell(width: int, height: int) -> tuple[int, int]:
    """Size of one small picture: 160 pixels on the long side, both sides even."""
    shrink = CELL_SIDE / max(width, height)
    across, down = (max(2, round(length * shrink / 2) * 2) for length in (width, height))
    return across, down


def vtt(picture: str, times: Sequence[float], end_s: float, columns: int, size: tuple[int, int]) -> str:
    """WebVTT whose cues name a part of the sprite (media fragment `xywh`, in pixels)."""
    width, height = size
    lines = ["WEBVTT", ""]
    for number, (start, end) in enumerate(zip(times, [*times[1:], end_s], strict=True)):
        x, y = number % columns * width, number // columns * height
        lines += [f"{_clock(start)} --> {_clock(end)}", f"{picture}#xywh={x},{y},{width},{height}", ""]
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1_000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1_000:02}.{rest % 1_000:03}"
