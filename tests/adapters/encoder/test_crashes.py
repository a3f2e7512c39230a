"""Killed at any moment, the next attempt makes only what is missing, and the same bytes."""

import asyncio
import signal

import psutil
import pytest
from tests.adapters.encoder.playing import JobOf
from tests.adapters.encoder.playing import encode as produce
from tests.factories.processes import running_ffmpegs

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, encode, process
from socialflow.adapters.encoder.ffmpeg.process import Finished
from socialflow.adapters.encoder.ffmpeg.tool import failure_of
from socialflow.ports.encoder import EncoderFailure, EncoderTrouble, FailureCode, JobFolder, SourceRefused


def pieces(job: JobFolder) -> set[str]:
    return {path.name for path in job.out.iterdir() if path.name.startswith("c0")}


async def until_one_chunk_is_done_and_ffmpeg_runs(job: JobFolder, task: asyncio.Task[object]) -> list[psutil.Process]:
    while not task.done():
        if pieces(job) and (found := running_ffmpegs()):
            return found
        await asyncio.sleep(0.005)
    raise AssertionError("it was over too soon")


@pytest.fixture
def slow() -> FfmpegEncoder:
    return FfmpegEncoder(sandbox="best-effort", concurrency=1)


async def test_a_poster_at_its_second_try_does_not_wait_for_the_ladder(slow: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("wide.mp4")
    source = await slow.probe(job)
    assert source.keyframes_s == (0.0,), "none after the start, where the first try looks"
    plan = slow.plan(source)

    poster = asyncio.create_task(slow.poster(job, source))
    await asyncio.sleep(0)
    ladder = [asyncio.create_task(produce(slow, job, source, plan, group)) for group in plan.groups]
    await poster
    assert not any(task.done() for task in ladder)
    for task in ladder:
        task.cancel()
    await asyncio.gather(*ladder, return_exceptions=True)


@pytest.mark.parametrize("who", ["ffmpeg", "attempt"])
async def test_only_missing_chunks_are_made_again_and_the_result_is_the_same(
    slow: FfmpegEncoder, job_of: JobOf, who: str
) -> None:
    clean, killed = job_of("long.mp4", "clean"), job_of("long.mp4", "killed")
    source = await slow.probe(clean)
    plan = slow.plan(source)
    assert len(plan.chunks) >= 3
    (expected,) = await produce(slow, clean, source, plan, plan.groups[0])

    task = asyncio.create_task(produce(slow, killed, source, plan, plan.groups[0]))
    running = await until_one_chunk_is_done_and_ffmpeg_runs(killed, task)
    if who == "ffmpeg":
        running[0].send_signal(signal.SIGKILL)
        with pytest.raises(EncoderTrouble) as trouble:
            await task
        assert trouble.value.code is FailureCode.ENCODER_CRASHED
    else:
        task.cancel()
        await asyncio.wait({task})
    kept = pieces(killed)
    assert 0 < len(kept) < len(plan.chunks)
    assert not [path.name for path in killed.out.iterdir() if path.name.startswith(".")]

    told: list[float] = []
    (again,) = await produce(slow, killed, source, plan, plan.groups[0], told.append)
    assert told[0] >= len(kept) / len(plan.chunks) / 2, "what was kept counts as done"
    assert again.files[0].path.read_bytes() == expected.files[0].path.read_bytes()
    assert pieces(killed) == set()


async def test_a_finished_rung_is_not_made_again(slow: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("silent.mp4")
    source = await slow.probe(job)
    plan = slow.plan(source)
    (first,) = await produce(slow, job, source, plan, plan.groups[0])
    stamp = first.files[0].path.stat().st_mtime_ns
    (second,) = await produce(slow, job, source, plan, plan.groups[0])

    assert second == first
    assert second.files[0].path.stat().st_mtime_ns == stamp


async def test_a_chunk_is_named_by_all_it_depends_on(slow: FfmpegEncoder, job_of: JobOf) -> None:
    job = job_of("long.mp4")
    source = await slow.probe(job)
    plan = slow.plan(source)
    tool = await slow._ready_tool()
    low = plan.groups[0]

    names = {path.name for chunk in plan.chunks for path in encode.chunk_files(tool, job, source, plan, low, chunk)}
    assert len(names) == len(plan.chunks)
    other = type(job)(job.root, "another source")
    assert names.isdisjoint(
        path.name for chunk in plan.chunks for path in encode.chunk_files(tool, other, source, plan, low, chunk)
    )


@pytest.mark.parametrize(
    ("code", "stderr", "timed_out", "kind", "expected"),
    [
        (228, "av_interleaved_write_frame(): No space left on device", False, EncoderTrouble, FailureCode.DISK_FULL),
        (-11, "", False, EncoderTrouble, FailureCode.ENCODER_CRASHED),
        (139, "", False, EncoderTrouble, FailureCode.ENCODER_CRASHED),
        (-9, "", True, EncoderTrouble, FailureCode.TIMED_OUT),
        (69, "", False, SourceRefused, FailureCode.CORRUPT),
        (183, "moov atom not found", False, SourceRefused, FailureCode.TRUNCATED),
        (1, "Invalid data found", False, SourceRefused, FailureCode.CORRUPT),
    ],
)
def test_the_end_of_a_run_is_told_by_code(
    job_of: JobOf, code: int, stderr: str, timed_out: object, kind: type[EncoderFailure], expected: FailureCode
) -> None:
    failure = failure_of(Finished(code, "", stderr, bool(timed_out)), job_of(b""))

    assert type(failure) is kind
    assert failure.code is expected


def test_a_run_that_went_well_is_no_failure(job_of: JobOf) -> None:
    assert failure_of(Finished(0, "", "a warning", timed_out=False), job_of(b"")) is None


async def test_what_a_program_complains_of_cannot_speak_to_a_terminal() -> None:
    words = r"one\033]0;title\007\033[2Jtwo\r\nthree\000\233four"
    finished = await process.run(["/bin/sh", "-c", f"printf '{words}' >&2; exit 3"], timeout_s=10)
    assert finished.code == 3
    assert finished.stderr == "one]0;title[2Jtwo\nthree\ufffdfour"
