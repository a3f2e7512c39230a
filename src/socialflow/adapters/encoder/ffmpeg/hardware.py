"""Encoders in hardware: never assumed, found by encoding something with them, in the sandbox in which they will run.

What is built into ffmpeg says nothing about the machine: the driver, the device or the right to open it may be missing.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from socialflow.adapters.encoder.ffmpeg import process, video
from socialflow.adapters.encoder.ffmpeg.sandbox import GIB, Limits, Sandbox
from socialflow.ports.encoder import EncoderTrouble, VideoCodec

Wanted = Literal["off", "auto", "nvenc", "qsv", "vaapi", "videotoolbox"]
Family = Literal["nvenc", "qsv", "vaapi", "videotoolbox"]
FAMILIES: tuple[Family, ...] = ("nvenc", "qsv", "vaapi", "videotoolbox")
"""In the order in which `auto` tries them."""
RENDER_NODE = "/dev/dri/renderD128"
DEVICES: dict[Family, tuple[str, ...]] = {
    "nvenc": ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"),
    "qsv": ("/dev/dri",),
    "vaapi": ("/dev/dri",),
    "videotoolbox": (),
}
MEMORY = 512 * GIB
"""Address space of a run; drivers map far more than they use."""
PICTURE = "testsrc2=size=640x360:rate=30:duration=0.5"
GOP, QUALITY, RATE = 15, 28.0, 2_000_000


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a probe found: the family in use with what it encodes, and why others are not."""

    family: Family | None = None
    codecs: frozenset[VideoCodec] = frozenset()
    problems: tuple[str, ...] = ()
    devices: tuple[str, ...] = field(default=())

    def encoder_of(self, codec: VideoCodec) -> str:
        """The name of the encoder of a codec; empty where it is one in software."""
        return f"{codec}_{self.family}" if self.family and codec in self.codecs else ""

    @property
    def said(self) -> str:
        """The family and what it encodes, for operators; empty where all is done in software."""
        return f"{self.family}: {', '.join(sorted(self.codecs))}" if self.family else ""


async def find(wanted: Wanted, bars: Sandbox, ffmpeg: Path) -> Hardware:
    """Try the families that are wanted, one after another; the first that can encode H.264 is used."""
    if wanted == "off":
        return Hardware()
    problems: list[str] = []
    for family in FAMILIES if wanted == "auto" else (wanted,):
        devices = tuple(path for path in DEVICES[family] if Path(path).exists())
        found, fault = await _try(family, bars, ffmpeg, devices)
        if VideoCodec.H264 in found:
            return Hardware(family, frozenset(found), tuple(problems), devices)
        problems.append(f"{family}: {fault}")
    return Hardware(problems=tuple(problems))


def is_hardware(encoder: str) -> bool:
    """Whether an encoder is one of these."""
    return encoder.rpartition("_")[2] in FAMILIES


def before(encoders: Sequence[str]) -> list[str]:
    """What precedes the input where these are used."""
    return ["-vaapi_device", RENDER_NODE] if any(name.endswith("_vaapi") for name in encoders) else []


def upload(encoder: str) -> str:
    """The filters by which a picture gets to the device; most encoders see to it themselves."""
    return "format=nv12,hwupload," if encoder.endswith("_vaapi") else ""


async def _try(family: Family, bars: Sandbox, ffmpeg: Path, devices: Sequence[str]) -> tuple[set[VideoCodec], str]:
    """Which codecs a family encodes, and what was wrong with the first that it does not."""
    found, fault = set(), ""
    for codec in VideoCodec:
        name = f"{codec}_{family}"
        if name in video.KNOWN:
            wrong = await fault_of(video.Settings(name, "", QUALITY, RATE, RATE, GOP), bars, ffmpeg, devices)
            found |= set() if wrong else {codec}
            fault = fault or wrong
        if not found:
            break  # without H.264 there is no use in the others
    return found, fault


async def fault_of(settings: video.Settings, bars: Sandbox, ffmpeg: Path, devices: Sequence[str]) -> str:
    """Encode half a second; what went wrong, or an empty string."""
    graph = f"{PICTURE},format=yuv420p,{upload(settings.encoder)}null"
    argv = [str(ffmpeg), "-v", "error", "-nostdin", "-y", *before([settings.encoder]), "-f", "lavfi", "-i", graph]
    argv += [*video.encoding(settings), "-f", "mp4", "out/try.mp4"]
    with tempfile.TemporaryDirectory(prefix="socialflow-hardware-") as name:
        folder = Path(name)
        for room in ("in", "out"):
            (folder / room).mkdir()
        limits = Limits(timeout_s=20, cpu_s=20, memory=MEMORY)
        try:
            finished = await bars.run(argv, folder, limits=limits, devices=devices)
        except EncoderTrouble as trouble:
            return trouble.notes
        made = folder / "out" / "try.mp4"
        size = await asyncio.to_thread(lambda: made.stat().st_size if made.exists() else 0)
    return "" if finished.code == 0 and size else _complaint(finished)


def _complaint(finished: process.Finished) -> str:
    if finished.timed_out:
        return "no answer"
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    return (lines or [f"exit code {finished.code}"])[0][:160]
