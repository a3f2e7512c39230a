"""Runs one program to its end: bounded output, a deadline, and no survivors."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from socialflow.kernel import texts

KEPT_STDERR = 16 * 1024
MOST_STDOUT = 4 * 1024 * 1024
CRASH_CODES = frozenset(128 + number for number in (4, 6, 7, 8, 9, 11, 24, 25, 31))
"""How bubblewrap reports that its child died by SIGILL, ABRT, BUS, FPE, KILL, SEGV, XCPU, XFSZ or SYS."""

OnLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended: exit code (negative: the signal that killed it), its output, the end of its complaints."""

    code: int
    stdout: str
    stderr: str
    timed_out: bool

    @property
    def crashed(self) -> bool:
        """It was killed by a signal rather than ending by itself."""
        return not self.timed_out and (self.code < 0 or self.code in CRASH_CODES)


async def run(argv: Sequence[str], *, timeout_s: float, on_line: OnLine | None = None) -> Finished:
    """Run `argv` in a process group of its own; when the deadline passes or we are cancelled, the group is killed.

    With `on_line`, standard output is given away line by line instead of being kept.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"LC_ALL": "C"},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    readers = asyncio.gather(_read_stdout(process.stdout, on_line), _read_tail(process.stderr))
    timed_out = False
    try:
        async with asyncio.timeout(timeout_s):
            await asyncio.wait({readers})
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        if process.returncode is None:
            _kill_group(process.pid)
        await asyncio.wait({readers})
        await asyncio.shield(process.wait())

    stdout, stderr = readers.result()
    return Finished(process.returncode or 0, stdout, stderr, timed_out)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


async def _read_stdout(stream: asyncio.StreamReader, on_line: OnLine | None) -> str:
    if on_line is not None:
        async for line in stream:
            on_line(line.decode(errors="replace").strip())
        return ""

    kept, size = [], 0
    while block := await stream.read(65_536):
        size += len(block)
        if size <= MOST_STDOUT:
            kept.append(block)
    return b"".join(kept).decode(errors="replace") if size <= MOST_STDOUT else ""


async def _read_tail(stream: asyncio.StreamReader) -> str:
    tail = b""
    while block := await stream.read(65_536):
        tail = (tail + block)[-KEPT_STDERR:]
    # Words of a stranger's file are among them, and go on to logs, rows and terminals.
    return str(texts.clean(tail.decode(errors="replace")))
