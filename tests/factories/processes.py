"""Looking at running programs that may end while one looks."""

import contextlib
import os

import psutil


def running_ffmpegs(pid: int | None = None, names: tuple[str, ...] = ("ffmpeg",)) -> list[psutil.Process]:
    """The running ffmpegs among the descendants of a process; of this one if none is named."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid or os.getpid()).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name().startswith(names) and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
    return found
