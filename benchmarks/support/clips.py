"""Files as people have them, and as they break: made by the product's ffmpeg, for the table of benchmarks/clips.py.

Those of the tests (tests/factories/clips.py) are as small as a test can do with; these are large enough to be watched.
"""

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import binaries

SECONDS = 8
PQ, HLG = "smpte2084", "arib-std-b67"
DAMAGE = 64 * 1024
SEED = 7


@dataclass(frozen=True, slots=True)
class Clip:
    """How a file is made: ffmpeg's arguments before its name, or another clip's bytes and what happens to them."""

    name: str
    arguments: tuple[str, ...] = ()
    of: str = ""
    before: tuple[str, ...] = ()
    """Options of reading the other clip."""
    spoil: Callable[[bytes], bytes] | None = None
    is_long: bool = False
    """Takes minutes to be made or prepared."""


def picture(size: str, seconds: float = SECONDS, rate: str = "30") -> tuple[str, ...]:
    """A moving test picture as an input of ffmpeg."""
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def sound(seconds: float = SECONDS, frequency: int = 440, rate: int = 48_000) -> tuple[str, ...]:
    """A tone as an input of ffmpeg."""
    return ("-f", "lavfi", "-i", f"sine=frequency={frequency}:sample_rate={rate}:duration={seconds}")


def hdr(transfer: str) -> tuple[str, ...]:
    """Ten bits of BT.2020, in HEVC, as phones film it."""
    tags = f"format=yuv420p10le,setparams=color_trc={transfer}:color_primaries=bt2020:colorspace=bt2020nc"
    return ("-vf", tags, "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=none")


def half(data: bytes) -> bytes:
    """The first half."""
    return data[: len(data) // 2]


def most(data: bytes) -> bytes:
    """All but the last fiftieth."""
    return data[: -(len(data) // 50)]


def holed(data: bytes) -> bytes:
    """Noise in the middle."""
    middle = len(data) // 2
    noise = random.Random(SEED).randbytes(DAMAGE)
    return data[: middle - DAMAGE // 2] + noise + data[middle + DAMAGE // 2 :]


def without_sense(data: bytes) -> bytes:
    """Noise where the index says how large each frame is."""
    at = data.index(b"stsz") + 16
    return data[:at] + random.Random(SEED).randbytes(600) + data[at + 600 :]


H264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "60")
AAC = ("-c:a", "aac")
VARIABLE = ("-vf", "select='gt(random(1),0.4)'", "-fps_mode", "vfr")
ODD = ("-vf", "scale=361:203,format=yuv444p", "-c:v", "libx264", "-preset", "veryfast")
INTERLACED = ("-vf", "tinterlace=4", "-flags", "+ilme+ildct")
EACH = ("-map", "0", "-map", "1", "-map", "2")
LANGUAGES = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu")
COVER = ("-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-c:a", "libmp3lame")
FAST = ("-movflags", "+faststart")
# A lesson at some 50 kbit/s: a minute, again and again.
MINUTE = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=5:duration=60", *sound(60, rate=16_000))
LOW = (*H264, "-g", "50", "-preset", "ultrafast", "-crf", "38", *AAC, "-b:a", "24k")
REPEATED = ("-stream_loop", "119")

CLIPS = (
    Clip("plain.mp4", (*picture("1280x720"), *sound(), *H264, *AAC)),
    Clip("rotated.mp4", ("-c", "copy"), of="plain.mp4", before=("-display_rotation", "90")),
    Clip("trimmed-by-edit-list.mp4", ("-c", "copy"), of="plain.mp4", before=("-ss", "3")),
    Clip("vertical.mp4", (*picture("1080x1920"), *sound(), *H264, *AAC)),
    Clip("variable-frame-rate.mp4", (*picture("1280x720"), *sound(), *VARIABLE, *H264, *AAC)),
    Clip("odd-size.mp4", (*picture("360x202"), *sound(), *ODD, *AAC)),
    Clip("hdr-pq.mp4", (*picture("1280x720"), *sound(), *hdr(PQ), *AAC)),
    Clip("hdr-hlg-vertical.mov", (*picture("720x1280"), *sound(), *hdr(HLG), *AAC)),
    Clip("interlaced.ts", (*picture("720x576", rate="50"), *sound(), *INTERLACED, *H264, *AAC)),
    Clip("vp9-opus.webm", (*picture("640x360"), *sound(), "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus")),
    Clip("two-languages.mkv", (*picture("640x360"), *sound(), *sound(frequency=660), *EACH, *H264, *AAC, *LANGUAGES)),
    Clip("moving.gif", picture("320x240", rate="10")),
    Clip("no-audio.mp4", (*picture("640x360"), *H264)),
    Clip("audio-only.m4a", (*sound(30), *AAC)),
    Clip("audio-with-cover.mp3", (*sound(30), *picture("300x300", 0.04, "25"), *COVER)),
    Clip("one-minute.mp4", (*MINUTE, *LOW)),
    Clip("one-frame.mp4", (*picture("640x360", 0.04, "25"), *H264)),
    Clip("16-pixels.mp4", (*picture("16x16"), *H264)),
    Clip("4k.mp4", (*picture("3840x2160"), *sound(), *H264, "-preset", "ultrafast", *AAC), is_long=True),
    Clip("two-hours.mp4", ("-c", "copy"), of="one-minute.mp4", before=REPEATED, is_long=True),
    Clip("truncated-index-first.mp4", ("-c", "copy", *FAST), of="plain.mp4", spoil=half),
    Clip("truncated-index-last.mp4", of="plain.mp4", spoil=half),
    Clip("truncated-half.mkv", ("-c", "copy"), of="plain.mp4", spoil=half),
    Clip("truncated-a-little.mkv", ("-c", "copy"), of="plain.mp4", spoil=most),
    Clip("truncated.ts", ("-c", "copy"), of="plain.mp4", spoil=half),
    Clip("corrupt-middle.mp4", of="plain.mp4", spoil=holed),
    Clip("corrupt-index.mp4", of="plain.mp4", spoil=without_sense),
    Clip("empty.mp4", of="plain.mp4", spoil=lambda _: b""),
)


def make(folder: Path, *, long: bool) -> list[Path]:
    """All of them, or all but those that take minutes."""
    return [_make(folder, clip) for clip in CLIPS if long or not clip.is_long]


def _make(folder: Path, clip: Clip) -> Path:
    target = folder / clip.name
    source = folder / clip.of
    if clip.arguments:
        ffmpeg(*((*clip.before, "-i", str(source)) if clip.of else ()), *clip.arguments, str(target))
    if clip.spoil is not None:
        whole = target if clip.arguments else source
        target.write_bytes(clip.spoil(whole.read_bytes()))
    return target


def complaints_about(address: str) -> list[str]:
    """Lines that ffmpeg writes while it reads every stream of a playlist to its end."""
    return ffmpeg("-i", address, "-map", "0", "-f", "null", "-").splitlines()


def ffmpeg(*arguments: str) -> str:
    """Run the ffmpeg that the product brings; what it complained of."""
    found = binaries.bundled_ffmpeg()
    if found is None:
        raise SystemExit("no bundled ffmpeg")
    command = [str(found), "-v", "error", "-nostdin", "-y", *arguments]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True).stderr
