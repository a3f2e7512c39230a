"""Makes the tracks of one of a source's sounds: measured once, made as loud as others, encoded in one decode."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import loudness, package, probe, validate
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, FRAGMENTED, LATER, SOON, Tool
from socialflow.ports.encoder import (
    AudioCodec,
    AudioStream,
    JobFolder,
    Loudness,
    Progress,
    SourceInfo,
    SourceRefused,
    Track,
)

FRAGMENT = ("-frag_duration", "2000000", "-movflags", FRAGMENTED, "-use_editlist", "0", "-f", "mp4")
"""Fragments of two seconds, in microseconds."""
AAC = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")
OPUS = ("-c:a", "libopus", "-b:a", "96k", "-ac", "2", "-ar", "48000")
CODECS = {AudioCodec.AAC: AAC, AudioCodec.OPUS: OPUS}
MEASURING = 0.5
"""Share of the work that is listening."""


async def make(
    tool: Tool, job: JobFolder, source: SourceInfo, tracks: Sequence[Track], progress: Progress
) -> list[tuple[Track, Packaged, Loudness | None]]:
    """Fragmented MP4 for each track; copied where the sound already is what we would make."""
    sound = source.sounds[tracks[0].stream]
    seconds = max(sound.duration_s, 0.1)
    target, found, began = tracks[0].loudness, None, 0.0
    if target is not None:
        began = MEASURING
        heard, urgent = _share(progress, 0.0, began, seconds), tracks[0].urgent
        found = await loudness.measured(tool, job, source, sound, target, heard, urgent=urgent)

    missing = [track for track in tracks if not target_of(job, track).exists()]
    if missing:
        try:
            await _encode(tool, job, source, sound, missing, found, _share(progress, began, 1.0, seconds))
        except (SourceRefused, Malformed):
            if not any(_is_copied(track, found) for track in missing):
                raise
            # What cannot be copied may still be decoded.
            tracks = [replace(track, may_copy=False) for track in tracks]
            await _encode(tool, job, source, sound, tracks, found, _share(progress, began, 1.0, seconds))
    made = [await asyncio.to_thread(package.index, target_of(job, track)) for track in tracks]
    copies = [each for track, each in zip(tracks, made, strict=True) if _is_copied(track, found)]
    if any(validate.shows_what_is_hidden(sound.duration_s, each.duration_s) for each in copies):
        tracks = [replace(track, may_copy=False) for track in tracks]
        await _encode(tool, job, source, sound, tracks, found, _share(progress, began, 1.0, seconds))
        made = [await asyncio.to_thread(package.index, target_of(job, track)) for track in tracks]
    progress(1.0)
    return [(track, packaged, found) for track, packaged in zip(tracks, made, strict=True)]


def target_of(job: JobFolder, track: Track) -> Path:
    """Where a track's file is put."""
    return job.out / f"{track.stem}.mp4"


async def _encode(
    tool: Tool,
    job: JobFolder,
    source: SourceInfo,
    sound: AudioStream,
    tracks: Sequence[Track],
    found: Loudness | None,
    heard: Callable[[float], None],
) -> None:
    pieces = [job.out / f"piece-{track.stem}.mp4" for track in tracks]
    copied = [track for track in tracks if _is_copied(track, found)]
    encoded = [track for track in tracks if track not in copied]
    graph = f"[0:{sound.index}]{loudness.filter_of(found, tracks[0].loudness)}"
    graph += f",asplit={len(encoded)}" + "".join(f"[{track.stem}]" for track in encoded)
    arguments = [*probe.input_options(source.demuxer), "-i", "in/source"]
    arguments += ["-filter_complex", graph] if encoded else []
    for track, piece in zip(tracks, pieces, strict=True):
        copying, encoding = (f"0:{sound.index}", "-c", "copy"), (f"[{track.stem}]", *CODECS[track.codec])
        arguments += ["-map", *(encoding if track in encoded else copying), *ANONYMOUS, *FRAGMENT, f"out/{piece.name}"]
    nice = SOON if tracks[0].urgent else LATER
    try:
        await tool.ffmpeg(job, arguments, pieces, timeout_s=120 + source.duration_s, nice=nice, on_seconds=heard)
        for track, piece in zip(tracks, pieces, strict=True):
            await asyncio.to_thread(package.join, [piece], target_of(job, track))
    finally:
        for piece in pieces:
            piece.unlink(missing_ok=True)


def _is_copied(track: Track, found: Loudness | None) -> bool:
    return track.may_copy and not (found and found.gain)


def _share(progress: Progress, start: float, end: float, seconds: float) -> Callable[[float], None]:
    return lambda at: progress(min(end, start + (end - start) * at / seconds))
