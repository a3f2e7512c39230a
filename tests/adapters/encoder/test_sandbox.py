"""Bars around ffmpeg: tried from inside, with ffmpeg itself, in every layer that this machine has."""

import ast
import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import psutil
import pytest
from tests.adapters.encoder.playing import JobOf
from tests.adapters.encoder.test_refusals import listening
from tests.factories.processes import running_ffmpegs

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries, process
from socialflow.adapters.encoder.ffmpeg.sandbox import Layer, Limits, Sandbox
from socialflow.ports.encoder import EncoderTrouble, FailureCode

Walls = tuple[Sandbox, Layer]
SHORT = Limits(timeout_s=20, cpu_s=20)


async def copy(layer: Walls, folder: Path, source: str, target: str = "out/copy") -> process.Finished:
    """Let ffmpeg copy raw bytes."""
    bars, name = layer
    argv = [str(bars._binaries[0]), "-v", "error", "-nostdin", "-y", "-f", "u8", "-ar", "8000", "-i", source]
    return await bars.run_in(name, [*argv, "-c", "copy", "-f", "u8", target], folder, limits=SHORT)


async def test_a_program_reads_its_input_and_writes_its_output(layer: Walls, job_of: JobOf) -> None:
    job = job_of(b"x" * 1_000)
    finished = await copy(layer, job.root, "in/source")

    assert (finished.code, finished.stderr) == (0, "")
    assert (job.out / "copy").read_bytes() == b"x" * 1_000


@pytest.mark.parametrize("where", ["neighbour", "relative", "passwd", "environ", "own"])
async def test_a_program_reads_nothing_else(layer: Walls, job_of: JobOf, tmp_path: Path, where: str) -> None:
    (tmp_path / "neighbour").write_bytes(b"secret" * 100)
    job = job_of(b"x" * 1_000)
    url = {
        "neighbour": str(tmp_path / "neighbour"),
        "relative": "in/../../neighbour",
        "passwd": "/etc/passwd",
        "environ": f"/proc/{os.getpid()}/environ",
        "own": __file__,
    }[where]
    finished = await copy(layer, job.root, url)

    assert finished.code != 0
    assert not (job.out / "copy").exists() or not (job.out / "copy").read_bytes()


async def test_a_link_in_the_input_leads_nowhere(layer: Walls, job_of: JobOf, tmp_path: Path) -> None:
    (tmp_path / "neighbour").write_bytes(b"secret" * 100)
    job = job_of(b"x")
    (job.root / "in" / "link").symlink_to(tmp_path / "neighbour")

    assert (await copy(layer, job.root, "in/link")).code != 0


@pytest.mark.parametrize("target", ["in/source", "../written", "/tmp/socialflow-written"])
async def test_a_program_writes_nowhere_else(layer: Walls, job_of: JobOf, tmp_path: Path, target: str) -> None:
    job = job_of(b"x" * 1_000)
    await copy(layer, job.root, "in/source", target)

    assert job.source.read_bytes() == b"x" * 1_000
    assert not (tmp_path / "written").exists()
    assert not Path("/tmp/socialflow-written").exists()


@pytest.mark.parametrize("scheme", ["tcp", "http", "udp", "rtmp"])
async def test_a_program_has_no_network(layer: Walls, job_of: JobOf, scheme: str) -> None:
    async with listening() as (port, visits):
        await copy(layer, job_of(b"x").root, f"{scheme}://127.0.0.1:{port}/x?timeout=500000")
    assert visits == []


async def test_a_program_knows_nothing_of_our_environment(
    job_of: JobOf, monkeypatch: pytest.MonkeyPatch, layer: Walls
) -> None:
    monkeypatch.setenv("SF_AUTH__SECRET", "canary")
    bars, name = layer
    job = job_of("silent.mp4")
    argv = [
        str(bars._binaries[0]),
        "-v",
        "quiet",
        "-nostdin",
        "-re",
        "-stream_loop",
        "-1",
        "-i",
        "in/source",
        "-f",
        "null",
        "-",
    ]
    running = asyncio.create_task(bars.run_in(name, argv, job.root, limits=SHORT))
    found = await _ffmpeg_below(os.getpid())
    environment = found.environ()
    running.cancel()
    await asyncio.wait({running})

    assert environment.keys() <= {"LC_ALL", "PWD"}


async def test_memory_is_bounded(layer: Walls, job_of: JobOf) -> None:
    bars, name = layer
    job = job_of("plain.mp4")
    argv = [
        str(bars._binaries[0]),
        "-v",
        "error",
        "-nostdin",
        "-i",
        "in/source",
        "-c:v",
        "libx264",
        "-f",
        "mp4",
        "out/x",
    ]
    small = Limits(timeout_s=20, cpu_s=20, memory=200 * 1024**2)

    assert (await bars.run_in(name, argv, job.root, limits=small)).code != 0


async def test_the_size_of_a_file_is_bounded(layer: Walls, job_of: JobOf) -> None:
    bars, name = layer
    job = job_of("plain.mp4")
    argv = [str(bars._binaries[0]), "-v", "error", "-nostdin", "-i", "in/source", "-f", "rawvideo", "out/x"]
    finished = await bars.run_in(name, argv, job.root, limits=Limits(timeout_s=20, cpu_s=20, file_size=1024**2))

    assert finished.code != 0
    assert (job.out / "x").stat().st_size <= 1024**2


async def test_time_is_bounded_and_nobody_survives(layer: Walls, job_of: JobOf) -> None:
    bars, name = layer
    argv = [
        str(bars._binaries[0]),
        "-v",
        "quiet",
        "-nostdin",
        "-re",
        "-stream_loop",
        "-1",
        "-i",
        "in/source",
        "-f",
        "null",
        "-",
    ]
    finished = await bars.run_in(name, argv, job_of("silent.mp4").root, limits=Limits(timeout_s=1))

    assert finished.timed_out
    assert not finished.crashed
    assert not await _survivors()


async def test_a_cancelled_run_leaves_nobody(layer: Walls, job_of: JobOf) -> None:
    bars, name = layer
    argv = [
        str(bars._binaries[0]),
        "-v",
        "quiet",
        "-nostdin",
        "-re",
        "-stream_loop",
        "-1",
        "-i",
        "in/source",
        "-f",
        "null",
        "-",
    ]
    running = asyncio.create_task(bars.run_in(name, argv, job_of("silent.mp4").root, limits=SHORT))
    await _ffmpeg_below(os.getpid())
    running.cancel()
    await asyncio.wait({running})

    assert running.cancelled()
    assert not await _survivors()


@pytest.mark.parametrize("layer_name", ["bubblewrap", "landlock", "none"])
async def test_a_killed_worker_takes_ffmpeg_with_it(layer_name: Layer, job_of: JobOf) -> None:
    found = await binaries.find()
    bars = Sandbox("best-effort", (found.ffmpeg, found.ffprobe))
    if bars.available(layer_name):
        pytest.skip(f"NOT TESTED: {bars.available(layer_name)}")
    job = job_of("silent.mp4")
    program = f"""
import asyncio, pathlib
from socialflow.adapters.encoder.ffmpeg.sandbox import Sandbox, Limits
ffmpeg = pathlib.Path({str(found.ffmpeg)!r})
argv = [str(ffmpeg), "-v", "quiet", "-nostdin", "-re", "-stream_loop", "-1", "-i", "in/source", "-f", "null", "-"]
asyncio.run(Sandbox("off", [ffmpeg]).run_in({layer_name!r}, argv, pathlib.Path({str(job.root)!r}), limits=Limits()))
"""
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    child = await _ffmpeg_below(worker.pid)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()

    for _ in range(100):
        if not child.is_running() or child.status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.05)
    child.kill()
    pytest.fail("ffmpeg went on without its worker")


async def test_the_self_test_finds_a_layer_or_says_why_not() -> None:
    found = await binaries.find()
    bars = Sandbox("best-effort", (found.ffmpeg, found.ffprobe))
    test = await bars.self_test()

    assert test.layer in {"bubblewrap", "landlock", "none"}
    assert test.layer != "none" or len(test.problems) == 2
    assert await bars.fault_of("none") == "it lets a program read a neighbour's file"


async def test_without_a_layer_required_refuses_and_best_effort_goes_on(job_of: JobOf) -> None:
    with pytest.raises(EncoderTrouble) as trouble:
        await FfmpegEncoder(sandbox="required", layers=()).probe(job_of("silent.mp4"))
    assert trouble.value.code is FailureCode.SANDBOX_UNAVAILABLE
    assert not (await FfmpegEncoder(sandbox="required", layers=()).health()).ready

    lenient = FfmpegEncoder(sandbox="best-effort", layers=())
    assert (await lenient.health()).ready
    assert (await lenient.probe(job_of("silent.mp4", "lenient"))).duration_s > 1.9
    off = await FfmpegEncoder(sandbox="off").health()
    assert (off.ready, off.sandbox) == (True, "none")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="this run is an ordinary user's already")
async def test_layers_work_for_an_ordinary_user_too() -> None:
    """In a user namespace in which we are nobody and have no capability at all."""
    program = """
import asyncio
from socialflow.adapters.encoder.ffmpeg import binaries
from socialflow.adapters.encoder.ffmpeg.sandbox import LAYERS, Sandbox
async def main():
    found = await binaries.find()
    bars = Sandbox("required", (found.ffmpeg, found.ffprobe))
    print([bars.available(layer) or await bars.fault_of(layer) for layer in LAYERS if not bars.available(layer)])
asyncio.run(main())
"""
    nobody = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    process = await asyncio.create_subprocess_exec(
        *nobody, sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaint = await process.communicate()
    if b"unshare" in complaint:
        pytest.skip("NOT TESTED: this machine makes no user namespaces")
    assert set(ast.literal_eval(out.decode())) <= {""}, (out, complaint)


async def _ffmpeg_below(pid: int) -> psutil.Process:
    """The running ffmpeg among the descendants of a process."""
    for _ in range(600):
        if found := running_ffmpegs(pid):
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError("ffmpeg did not start")


async def _survivors() -> list[psutil.Process]:
    for _ in range(100):
        if not running_ffmpegs(names=("ffmpeg", "bwrap")):
            break
        await asyncio.sleep(0.05)
    return running_ffmpegs(names=("ffmpeg", "bwrap"))
