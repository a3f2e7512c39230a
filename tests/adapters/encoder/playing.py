"""Plays what the encoder made, by reading manifests and boxes as a player does."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import boxes
from socialflow.adapters.encoder.ffmpeg.encoder import FfmpegEncoder
from socialflow.ports.encoder import FileKind, JobFolder, Plan, Progress, Rendition, Rung, SourceInfo

JobOf = Callable[..., JobFolder]
"""Makes a job folder around a clip, a path or bytes."""
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


def ignore(_: float) -> None:
    """Progress that nobody watches."""


async def make_all(encoder: FfmpegEncoder, job: JobFolder) -> tuple[SourceInfo, Plan, list[Rendition]]:
    """Every step of the port, in the order of the pipeline."""
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    made: list[Rendition] = []
    for tracks in plan.sounds:
        made += await encoder.audio(job, source, tracks, ignore)
    made += await encoder.remux(job, source, plan)
    if source.video:
        await encoder.poster(job, source)
    for group in plan.groups:
        made += await encode(encoder, job, source, plan, group)
    lowest = next((item for item in made if item.stem.startswith("v")), None)
    if lowest is not None:
        await encoder.storyboard(job, lowest)
    encoder.masters(job, made)
    return source, plan, made


async def encode(
    encoder: FfmpegEncoder,
    job: JobFolder,
    source: SourceInfo,
    plan: Plan,
    group: Sequence[Rung],
    progress: Progress = ignore,
) -> tuple[Rendition, ...]:
    """A group of rungs, all chunks in one call, and joined."""
    pieces = await encoder.chunks(job, source, plan, group, plan.chunks, progress)
    return await encoder.join(job, source, plan, group, pieces)


def check(out: Path, renditions: list[Rendition]) -> None:
    """Whatever a manifest names exists, and every byte range is whole fragments that begin with a keyframe."""
    master = (out / "master.m3u8").read_text()
    lines = master.splitlines()
    assert lines[0] == "#EXTM3U"
    variants = [line for line in lines if line and not line.startswith("#")]
    offered = re.findall(r'^#EXT-X-STREAM-INF:.*CODECS="(\w{4})[^"]*",RESOLUTION=(\d+)x', master, re.MULTILINE)
    assert offered == sorted(offered, key=lambda each: (["avc1", "hvc1", "av01"].index(each[0]), int(each[1])))
    named = {*variants, *re.findall(r'URI="([^"]+)"', master)}
    assert all((out / name).is_file() for name in named)
    for rendition in renditions:
        _check_rendition(out, rendition)
        assert f"{rendition.stem}.m3u8" in named
    _check_dash(out, renditions)


def _check_rendition(out: Path, rendition: Rendition) -> None:
    media = out / f"{rendition.stem}.mp4"
    found = boxes.fragments(media)
    starts = {fragment.offset: fragment for fragment in found}
    at, seconds = rendition.index_end + 1, 0.0
    for duration, size, offset in _ranges(out / f"{rendition.stem}.m3u8"):
        assert offset == at
        assert starts[offset].sync
        at, seconds = offset + size, seconds + duration
    assert at == media.stat().st_size
    assert abs(seconds - rendition.duration_s) < 0.01
    times = [fragment.time for fragment in found]
    assert times[0] == 0
    assert times == [sum(fragment.duration for fragment in found[:n]) for n in range(len(found))]
    assert rendition.average_bandwidth <= rendition.bandwidth
    if rendition.kind is FileKind.VIDEO:
        frames = list(_ranges(out / f"{rendition.stem}-iframes.m3u8"))
        assert [offset for _, _, offset in frames] == [fragment.offset for fragment in found if fragment.sync]
        assert all(size <= starts[offset].size for _, size, offset in frames)


def _ranges(playlist: Path) -> list[tuple[float, int, int]]:
    """(seconds, bytes, offset) of each segment."""
    text = playlist.read_text()
    target = int(re.findall(r"TARGETDURATION:(\d+)", text)[0])
    assert text.endswith("#EXT-X-ENDLIST\n")
    found = [
        (float(s), int(n), int(o)) for s, n, o in re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)", text)
    ]
    assert found
    assert all(seconds <= target for seconds, _, _ in found)
    return found


def _check_dash(out: Path, renditions: list[Rendition]) -> None:
    tree = ET.parse(out / "manifest.mpd")
    rows = {row.get("id"): row for row in tree.iter(f"{MPD}Representation")}
    assert rows.keys() == {rendition.stem for rendition in renditions}
    for rendition in renditions:
        base = rows[rendition.stem].find(f"{MPD}SegmentBase")
        name = rows[rendition.stem].findtext(f"{MPD}BaseURL")
        first, last = (int(part) for part in base.get("indexRange").split("-"))
        data = (out / name).read_bytes()
        assert data[first + 4 : first + 8] == b"sidx"
        assert int.from_bytes(data[first : first + 4], "big") == last - first + 1
        assert data[last + 5 : last + 9] == b"moof"
        assert base.find(f"{MPD}Initialization").get("range") == f"0-{first - 1}"
