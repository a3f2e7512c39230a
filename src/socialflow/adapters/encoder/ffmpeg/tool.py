"""ffmpeg and ffprobe inside the sandbox: argv in, files by rename out, failures with a code."""

import asyncio
import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import hardware, probe
from socialflow.adapters.encoder.ffmpeg.binaries import Binaries
from socialflow.adapters.encoder.ffmpeg.hardware import Hardware
from socialflow.adapters.encoder.ffmpeg.process import Finished, OnLine
from socialflow.adapters.encoder.ffmpeg.sandbox import GIB, Limits, Sandbox
from socialflow.ports.encoder import EncoderFailure, EncoderTrouble, FailureCode, JobFolder, SourceRefused

TOO_MANY_ERRORS = 69
"""ffmpeg's exit code when most of what it decoded was damaged (-max_error_rate)."""
QUIET = ("-hide_banner", "-v", "error", "-nostdin", "-y", "-progress", "pipe:1", "-stats_period", "0.5")
ANONYMOUS = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags", "+bitexact")
FRAGMENTED = "+empty_moov+default_base_moof+negative_cts_offsets+skip_trailer"
FREE_SPACE = 256 * 1024 * 1024
SOON, LATER = 5, 10
"""Niceness: what makes a video playable goes before what makes it better, also where that is another job's."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What every verb of the encoder needs."""

    binaries: Binaries
    sandbox: Sandbox
    threads: int
    """Processes at once, but for short ones that wait for no turn."""
    turns: asyncio.Semaphore
    """One for each of these processes; whoever asks first has the first turn."""
    hardware: Hardware = field(default_factory=Hardware)

    async def ffmpeg(
        self,
        job: JobFolder,
        arguments: Sequence[str],
        outputs: Sequence[Path],
        *,
        timeout_s: float,
        may_be_empty: bool = False,
        at_once: bool = False,
        nice: int = SOON,
        on_seconds: Callable[[float], None] | None = None,
        on_hardware: bool = False,
    ) -> None:
        """Run ffmpeg when it is its turn, so that all of `outputs` appear, complete, or none.

        `arguments` names them as `out/NAME`; they are written under scratch names and renamed at
        the end. `on_seconds` is told how far into its output ffmpeg is. What is short and shall not
        wait for those that asked earlier runs `at_once`, beside them.
        """
        run = uuid.uuid4().hex[:12]
        scratch = {f"out/{path.name}": f"out/.{run}.{path.name}" for path in outputs}
        argv = [str(self.binaries.ffmpeg), *QUIET, *(scratch.get(word, word) for word in arguments)]
        limits, devices = _limits(job, timeout_s, self.threads, nice), self.hardware.devices if on_hardware else ()
        if on_hardware:
            limits = replace(limits, memory=hardware.MEMORY)
        heard = _progress(on_seconds)
        try:
            async with nullcontext() if at_once else self.turns:
                finished = await self.sandbox.run(argv, job.root, limits=limits, on_line=heard, devices=devices)
            if failure := failure_of(finished, job):
                raise failure
            for name in scratch.values():
                if not (job.root / name).exists():
                    if not may_be_empty:
                        raise SourceRefused(FailureCode.CORRUPT, notes=f"nothing came out; {finished.stderr[-300:]}")
                    (job.root / name).touch()
            for path in outputs:
                (job.root / scratch[f"out/{path.name}"]).replace(path)
        finally:
            for name in scratch.values():
                (job.root / name).unlink(missing_ok=True)

    async def ffmpeg_report(
        self,
        job: JobFolder,
        arguments: Sequence[str],
        *,
        timeout_s: float,
        nice: int = SOON,
        on_seconds: Callable[[float], None] | None = None,
    ) -> str:
        """Run ffmpeg when it is its turn, for what its filters say at the end of their work."""
        argv = [str(self.binaries.ffmpeg), *QUIET, "-v", "info", "-nostats", *arguments]
        limits = _limits(job, timeout_s, self.threads, nice)
        async with self.turns:
            finished = await self.sandbox.run(argv, job.root, limits=limits, on_line=_progress(on_seconds))
        if failure := failure_of(finished, job):
            raise failure
        return finished.stderr

    async def ffmpeg_text(self, job: JobFolder, arguments: Sequence[str], *, timeout_s: float, on_line: OnLine) -> None:
        """Run ffmpeg for what it writes on its standard output, line by line."""
        argv = [str(self.binaries.ffmpeg), *arguments]
        limits = Limits(timeout_s=timeout_s, cpu_s=int(timeout_s))
        if failure := failure_of(await self.sandbox.run(argv, job.root, limits=limits, on_line=on_line), job):
            raise failure

    async def ffprobe(self, job: JobFolder, demuxer: str) -> str:
        """What ffprobe writes about the source."""
        argv = probe.command(str(self.binaries.ffprobe), demuxer)
        finished = await self.sandbox.run(argv, job.root, limits=Limits(timeout_s=60, cpu_s=60, memory=4 * GIB))
        if failure := failure_of(finished, job):
            raise failure
        return finished.stdout


def failure_of(finished: Finished, job: JobFolder) -> EncoderFailure | None:
    """What the end of a run means; None when it went well."""
    notes = finished.stderr.strip()[-600:]
    if finished.timed_out:
        return EncoderTrouble(FailureCode.TIMED_OUT, notes=notes)
    if finished.code == 0:
        return None
    free = os.statvfs(job.out)
    if "No space left" in finished.stderr or free.f_bavail * free.f_frsize < FREE_SPACE:
        return EncoderTrouble(FailureCode.DISK_FULL, notes=notes)
    if finished.crashed:
        return EncoderTrouble(FailureCode.ENCODER_CRASHED, notes=f"exit code {finished.code}; {notes}")
    if finished.code == TOO_MANY_ERRORS:
        return SourceRefused(FailureCode.CORRUPT, notes=notes)
    return SourceRefused(probe.refusal_in(finished.stderr), notes=f"exit code {finished.code}; {notes}")


def _limits(job: JobFolder, timeout_s: float, threads: int, nice: int) -> Limits:
    given = sum(path.stat().st_size for path in job.source.parent.iterdir()) if job.source.parent.is_dir() else 0
    file_size = max(2 * GIB, 8 * given)
    return Limits(timeout_s=timeout_s, cpu_s=int(timeout_s * max(2, threads)), file_size=file_size, nice=nice)


def _progress(on_seconds: Callable[[float], None] | None) -> OnLine:
    def read(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.isdigit() and on_seconds is not None:
            on_seconds(int(value) / 1_000_000)

    return read
