"""From the last byte to a picture: the whole product beside one bare ffmpeg making the same ladder.

Uploads a clip by tus to a fresh installation and watches the upload's state; then runs ffmpeg once
on the same file with the same rungs (one decode, a split, the same cores), and prints both, for one
encoding worker on one core and for two on two. Wall times on a shared machine are noise: read the
ratios. `python benchmarks/pipeline.py [FILE...]`; without a file a minute of 1080p is made.
"""

import asyncio
import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
from instance import running, sign_up
from ladder import unthreaded
from rich.console import Console
from rich.table import Table

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, binaries, video
from socialflow.adapters.encoder.ffmpeg.sound import AAC
from socialflow.ports.encoder import JobFolder, Plan, SourceInfo

PIECE = 8 * 1024**2
PATIENCE_SECONDS = 900
# Looking costs a little of what is measured.
OFTEN, SELDOM = 0.05, 0.25
WORKERS = (1, 2)
TUS = {"Tus-Resumable": "1.0.0"}
PLAYLIST, PART = re.compile(r"[\w-]+\.m3u8"), re.compile(r"[\w-]+\.mp4")


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a file: when it could be played and when all was over, in seconds from the last byte's answer."""

    playable_s: float | None
    ended_s: float
    video: dict[str, Any]


def main(files: list[Path]) -> None:
    """Measure each file with each number of workers, and print one table."""
    names = ("clip", "size", "rungs", "workers", "first playable", "ready", "bare ffmpeg", "ready / bare")
    table = Table(title="From the last byte to a picture")
    for column in (*names, "CPU", "bare CPU", "CPU / bare", "stored"):
        table.add_column(column, justify="left" if column in {"clip", "rungs"} else "right")
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        given = files or [make_clip(Path(folder))]
        for workers in (number for number in WORKERS if number <= len(cores)):
            os.sched_setaffinity(0, cores[:workers])
            with running(SF_MEDIA__CONCURRENCY=str(workers)) as url:
                client = sign_up(url)
                for file in given:
                    table.add_row(*measure(client, file, workers, Path(folder)))
    Console(width=170).print(table)


def measure(client: httpx2.Client, file: Path, workers: int, folder: Path) -> list[str]:
    """One row of the table."""
    before = spent()
    seen = product(client, file)
    cpu = spent() - before
    if seen.video["state"] == "failed":
        raise SystemExit(f"{file.name}: {seen.video['failure']}")
    playable, ready = seen.playable_s or seen.ended_s, seen.ended_s
    rungs, bare, bare_cpu = asyncio.run(alone(file, folder))
    stored = sum(rendition_sizes(client, seen.video).values())
    return [
        file.name,
        f"{file.stat().st_size / 1e6:.1f} MB",
        " ".join(rungs),
        str(workers),
        f"{playable:.2f} s",
        f"{ready:.2f} s",
        f"{bare:.2f} s",
        f"{ready / bare:.2f}",
        f"{cpu:.1f} s",
        f"{bare_cpu:.1f} s",
        f"{cpu / bare_cpu:.2f}",
        f"{stored / 1e6:.1f} MB",
    ]


def spent() -> float:
    """Processor seconds of the whole installation so far: everything that runs, and what these have waited for."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def make_clip(folder: Path) -> Path:
    """A minute of 1920x1080, 30 frames a second, H.264 and AAC, as a phone would hand over."""
    clip = folder / "made-1080p-60s.mp4"
    picture = "mandelbrot=size=1920x1080:rate=30:maxiter=400"
    made = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330", "-t", "60", "-g", "60"]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "6M", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", *made, *encoded, str(clip)], check=True)
    return clip


def product(
    client: httpx2.Client, file: Path, patience_s: float = PATIENCE_SECONDS, *, visibility: str = "public"
) -> Seen:
    """Upload the file and make a video of it, as a person does, and watch it until nothing more happens."""
    address = begin(client, file)
    body = {"upload_id": address.rpartition("/")[2], "title": file.name, "visibility": visibility}
    video = client.post("/api/v1/videos", json=body).raise_for_status().json()
    send(client, address, file)
    return watch(client, video, patience_s)


def begin(client: httpx2.Client, file: Path, **metadata: str) -> str:
    """The address of a new upload."""
    headers = {**TUS, "Upload-Length": str(file.stat().st_size)}
    if metadata:
        pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
        headers["Upload-Metadata"] = ",".join(pairs)
    address: str = client.post("/api/v1/uploads", headers=headers).raise_for_status().headers["Location"]
    return address


def send(client: httpx2.Client, address: str, file: Path) -> None:
    """Every byte, in pieces."""
    with file.open("rb") as source:
        offset = 0
        while piece := source.read(PIECE):
            headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            client.patch(address, headers=headers, content=piece).raise_for_status()
            offset += len(piece)


def watch(client: httpx2.Client, video: dict[str, Any], patience_s: float) -> Seen:
    """Look at the video until it is ready or has failed."""
    began, playable = time.monotonic(), None
    while time.monotonic() - began < patience_s:
        video = client.get(f"/api/v1/videos/{video['id']}").raise_for_status().json()
        passed = time.monotonic() - began
        if video["state"] in {"partially_playable", "ready"} and playable is None:
            playable = passed
        if video["state"] in {"ready", "failed"}:
            return Seen(playable, passed, video)
        time.sleep(OFTEN if playable is None else SELDOM)
    raise SystemExit(f"{video['title']} is {video['state']} after {patience_s} seconds")


async def alone(file: Path, folder: Path) -> tuple[list[str], float, float]:
    """Names of the rungs, and the seconds that one ffmpeg needs for them: on the clock, and of processors."""
    encoder = FfmpegEncoder()
    job = JobFolder(folder / "probe", "benchmark")
    job.create()
    job.source.unlink(missing_ok=True)
    shutil.copyfile(file, job.source)
    source = await encoder.probe(job)
    plan = encoder.plan(source)
    arguments = bare_arguments(source, plan, file, folder)
    began, before = time.monotonic(), os.times()
    await asyncio.to_thread(subprocess.run, arguments, check=True)
    passed, after = time.monotonic() - began, os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    return [rung.name for rung in plan.rungs] or ["audio"], passed, used


def bare_arguments(source: SourceInfo, plan: Plan, file: Path, folder: Path) -> list[str]:
    """One ffmpeg, one decode, every rung and the sound."""
    arguments = [ffmpeg(), "-v", "error", "-nostdin", "-y", "-i", str(file)]
    if plan.rungs and source.video is not None:
        rate, count = plan.frame_rate, len(plan.rungs)
        labels = "".join(f"[s{n}]" for n in range(count))
        graph = [f"[0:{source.video.index}]fps={rate.numerator}/{rate.denominator},split={count}{labels}"]
        graph += [f"[s{n}]scale={r.width}:{r.height},setsar=1,format=yuv420p[v{n}]" for n, r in enumerate(plan.rungs)]
        arguments += ["-filter_complex", ";".join(graph)]
    for number, rung in enumerate(plan.rungs):
        arguments += ["-map", f"[v{number}]", *unthreaded(video.arguments(plan, rung))]
        arguments += [str(folder / f"bare-{number}.mp4")]
    if source.audio is not None:
        codec = ("-c:a", "copy") if plan.tracks[0].may_copy else AAC
        arguments += ["-map", f"0:{source.audio.index}", "-vn", *codec, str(folder / "bare-a.mp4")]
    return arguments


def rendition_sizes(client: httpx2.Client, video: dict[str, Any]) -> dict[str, int]:
    """Bytes of each file of pictures or sound into which the playlists point, by asking for it."""
    master = video["playback"]["hls_url"]
    folder = master.rpartition("/")[0]
    playlists = set(PLAYLIST.findall(client.get(master).raise_for_status().text))
    texts = [client.get(f"{folder}/{name}").raise_for_status().text for name in sorted(playlists)]
    files = sorted({name for text in texts for name in PART.findall(text)})
    answers = {name: client.head(f"{folder}/{name}").raise_for_status() for name in files}
    return {name: int(answer.headers["content-length"]) for name, answer in answers.items()}


def ffmpeg() -> str:
    """The ffmpeg that the product brings."""
    found = binaries.bundled_ffmpeg()
    if found is None:
        raise SystemExit("no bundled ffmpeg")
    return str(found)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
