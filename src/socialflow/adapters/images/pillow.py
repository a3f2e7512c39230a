"""Pictures by Pillow, in a process of its own behind the same bars as the encoder."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import PIL

from socialflow.adapters.encoder.ffmpeg import binaries
from socialflow.adapters.encoder.ffmpeg.images import thumbhash_of
from socialflow.adapters.encoder.ffmpeg.sandbox import Limits, Mode, Sandbox
from socialflow.ports.encoder import EncoderTrouble
from socialflow.ports.images import MOST_PIXELS, Crops, ImageFault, ImageRefused, ImageTrouble, Picture

HASH_SIDE = 48
CHILD = Path(__file__).with_name("child.py")
# 40 million pixels take 160 MB, and there are some copies of them on the way.
LIMITS = Limits(timeout_s=30, cpu_s=20, memory=2 * 1024**3, file_size=16 * 1024**2, open_files=64)


class PillowImages:
    """The ImageMaker on Pillow. Cheap to make: the sandbox is looked at on first use."""

    def __init__(
        self, *, sandbox: Mode = "best-effort", ffmpeg: Path | None = None, ffprobe: Path | None = None
    ) -> None:
        self._mode: Mode = sandbox
        self._wanted = (ffmpeg, ffprobe)
        self._sandbox: Sandbox | None = None

    async def crops(self, source: Path, sizes: Sequence[tuple[int, int]]) -> Crops:
        """One child process per picture; the thumbhash is made of pixels that the child has written."""
        with tempfile.TemporaryDirectory(prefix="socialflow-image-") as name:
            folder = Path(name)
            await asyncio.to_thread(_lay_out, folder, source)
            await self._run(folder, [HASH_SIDE, *(length for size in sizes for length in size)])
            (raw,) = (folder / "out").glob("*.rgba")
            made = {size: (folder / "out" / f"{size[0]}x{size[1]}.webp").read_bytes() for size in sizes}
            return Crops(made, thumbhash_of(raw.read_bytes(), *_size_of(raw)))

    async def picture(self, source: Path, side: int) -> Picture:
        """The same; the thumbhash is made of pixels that the child has written."""
        with tempfile.TemporaryDirectory(prefix="socialflow-image-") as name:
            folder = Path(name)
            await asyncio.to_thread(_lay_out, folder, source)
            await self._run(folder, [side, HASH_SIDE], "whole")
            (raw,) = (folder / "out").glob("*.rgba")
            (jpeg,) = (folder / "out").glob("*.jpg")
            made = thumbhash_of(raw.read_bytes(), *_size_of(raw))
            return Picture(jpeg.read_bytes(), made, *_size_of(jpeg))

    async def mark(self, source: Path, side: int) -> bytes:
        """One child process as well."""
        with tempfile.TemporaryDirectory(prefix="socialflow-image-") as name:
            folder = Path(name)
            await asyncio.to_thread(_lay_out, folder, source)
            await self._run(folder, [side], "mark")
            return (folder / "out" / "mark.png").read_bytes()

    async def _run(self, folder: Path, sizes: Sequence[int], *wanted: str) -> None:
        argv = [sys.executable, "-I", "-B", str(CHILD), str(MOST_PIXELS), *wanted, *map(str, sizes)]
        try:
            finished = await (await self._found()).run(argv, folder, limits=LIMITS)
        except EncoderTrouble as trouble:
            raise ImageTrouble(trouble.notes or str(trouble)) from trouble
        if finished.timed_out or finished.crashed:
            raise ImageRefused(ImageFault.TOO_MUCH_WORK)
        if finished.code != 0:
            raise ImageTrouble(finished.stderr.strip()[-500:])
        if finished.stdout != "ok":
            raise ImageRefused(ImageFault(finished.stdout))

    async def _found(self) -> Sandbox:
        if self._sandbox is None:
            # The sandbox tries itself out with ffmpeg, the first of the programs it lets in.
            found = await binaries.find(*self._wanted)
            self._sandbox = Sandbox(self._mode, [found.ffmpeg, *_python()])
        return self._sandbox


def _python() -> list[Path]:
    """What an interpreter needs to see in order to start and to import Pillow."""
    wanted = (sys.base_prefix, sys.prefix, Path(PIL.__file__).parents[1], CHILD)
    return list(dict.fromkeys(Path(path).absolute() for path in wanted))


def _lay_out(folder: Path, source: Path) -> None:
    for room in ("in", "out"):
        (folder / room).mkdir()
    shutil.copyfile(source, folder / "in" / "source", follow_symlinks=False)


def _size_of(file: Path) -> tuple[int, int]:
    """Width and height, which the child writes into a file's name."""
    width, height = map(int, file.stem.split("x"))
    return width, height
