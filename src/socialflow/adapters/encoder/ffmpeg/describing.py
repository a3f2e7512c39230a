"""What a finished rendition is, with the playlists beside its file."""

import os
from fractions import Fraction
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import manifests
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.ports.encoder import FileKind, Loudness, OutputFile, Rendition, Track
from socialflow.ports.packaging import Shield

HLS_TYPE, DASH_TYPE = "application/vnd.apple.mpegurl", "application/dash+xml"


def describe(
    made: Packaged,
    name: str,
    frame_rate: Fraction,
    track: Track | None = None,
    loudness: Loudness | None = None,
    *,
    stem: str | None = None,
    shield: Shield | None = None,
) -> Rendition:
    """Write a rendition's playlists beside its file and say what it is; `stem` is what they are called."""
    video, path = made.init.channels == 0, made.path
    stem = stem or path.stem
    files = [OutputFile(path.name, path, "video/mp4" if video else "audio/mp4")]
    files.append(write_text(path.with_name(f"{stem}.m3u8"), manifests.media_playlist(made, shield), HLS_TYPE))
    if video and manifests.has_keyframes(shield):
        keyframes = manifests.iframe_playlist(made, shield)
        files.append(write_text(path.with_name(f"{stem}-iframes.m3u8"), keyframes, HLS_TYPE))
    return Rendition(
        name=name,
        stem=stem,
        kind=FileKind.VIDEO if video else FileKind.AUDIO,
        width=made.init.width,
        height=made.init.height,
        frame_rate=frame_rate,
        channels=made.init.channels,
        sample_rate=made.init.sample_rate,
        codecs=made.init.codecs,
        bandwidth=manifests.bandwidth(made),
        average_bandwidth=manifests.average_bandwidth(made),
        iframe_bandwidth=manifests.iframe_bandwidth(made) if video else 0,
        duration_s=made.duration_s,
        index_start=made.index_start,
        index_end=made.index_end,
        files=tuple(files),
        track=track,
        loudness=loudness,
    )


def write_text(path: Path, text: str, content_type: str) -> OutputFile:
    """A small file, there at once or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)
    return OutputFile(path.name, path, content_type)
