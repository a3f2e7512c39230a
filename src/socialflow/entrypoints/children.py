"""Child processes of the supervisor: tied to its life, started again when they end, asked before they are killed."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass

from socialflow.entrypoints.printer import Printer
from socialflow.entrypoints.starters import Handle, Starter

FAILED = 1
BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h
FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_AFTER = 0.3, 15.0, 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Part:
    """One child: its name on the screen, its arguments to `socialflow`, and whether it is started again."""

    name: str
    arguments: tuple[str, ...]
    stays: bool = True


class Unusable(Exception):
    """A part refuses its settings and has said why; starting it again cannot help."""


class Child:
    """One part at run."""

    def __init__(self, part: Part, starter: Starter, printer: Printer) -> None:
        self.part = part
        self._starter = starter
        self._printer = printer
        self._handle: Handle | None = None
        self._stopping = asyncio.Event()

    async def once(self) -> int:
        """Run it to its end; returns the exit code."""
        read_end, write_end = os.pipe()
        talk = asyncio.create_task(self._listen(read_end), name=f"{self.part.name} talk")
        try:
            handle = self._handle = await self._starter.start(self.part.name, self.part.arguments, write_end)
        except OSError as error:
            self._printer.say(f"{self.part.name} could not be started: {error}")
            return FAILED
        finally:
            os.close(write_end)
        if self._stopping.is_set():
            handle.signal(signal.SIGTERM)
        try:
            return await asyncio.shield(handle.ended)
        finally:
            # What outlives it with its end of the pipe open, such as an encoder, must not keep us.
            await asyncio.wait({talk}, timeout=1.0)
            talk.cancel()

    async def keep(self) -> None:
        """Run it, and again whenever it ends unasked, a little later each time."""
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self.once()
            if self._stopping.is_set() or not self.part.stays:
                return
            if code == BAD_SETTINGS:
                raise Unusable
            if time.monotonic() - started > HEALTHY_AFTER:
                pause = FIRST_PAUSE
            self._printer.say(f"{self.part.name} ended ({describe(code)}); it starts again in {pause:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def stop(self, patience: float) -> None:
        """Ask it to end, and make it end after `patience` seconds."""
        self._stopping.set()
        handle = self._handle
        if handle is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if handle.ended.done():
                return
            handle.signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(handle.ended), patience)

    async def _listen(self, read_end: int) -> None:
        stream = asyncio.StreamReader()
        with os.fdopen(read_end, "rb", buffering=0) as pipe:
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(stream), pipe
            )
            try:
                await self._printer.follow(self.part.name, stream)
            finally:
                transport.close()


def describe(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
