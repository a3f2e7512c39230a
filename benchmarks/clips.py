"""What becomes of files: those that people have, those that are broken, and those that were made to do harm.

Makes odd files (see benchmarks/support/clips.py), adds what lies in `../shared/media/clips` and
`../shared/media/hostile` (`SF_SHARED` names another folder than `../shared`), uploads each by tus to a fresh
installation, one after another, and prints what came of it: the qualities, the seconds from the last byte to a picture
and to the end, and the bytes of all renditions. Pictures among the hostile files go in as videos, avatars and posters.

`python benchmarks/clips.py [FILE...]` takes these files instead. `--skip-long` leaves out 4K and two hours,
`--markdown` prints a table for a document, `--read` has ffmpeg read every stream to its end and counts the lines in
which it complains. Wall times on a shared machine are noise.
"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from instance import running, sign_up
from pipeline import begin, product, rendition_sizes, send
from rich.console import Console
from rich.table import Table
from support import clips

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder
from socialflow.ports.encoder import EncoderFailure, JobFolder, SourceInfo

SHARED = Path(os.environ.get("SF_SHARED") or Path(__file__).parents[2] / "shared") / "media"
PICTURES = {".png", ".svg"}
PURPOSES = ("avatar", "poster")
PATIENCE_SECONDS, OFTEN = 3_600, 0.05
TOKEN_SECONDS = 86_400
"""One log-in is to last as long as the run."""
COLUMNS = ("file", "size", "lasts", "picture", "codecs", "outcome", "plays for", "qualities", "first picture", "end")
RESOLUTION = re.compile(r"^#EXT-X-STREAM-INF:.*RESOLUTION=(\d+x\d+)", re.MULTILINE)
GROUP = re.compile(r'^#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="([^"]+)"', re.MULTILINE)
NOTHING = "-"
REFUSALS = {413, 415, 422}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: the file, what became of it, and what is read of it."""

    file: str
    size: int
    source: SourceInfo | None
    outcome: str
    ended_s: float
    playable_s: float | None = None
    plays_s: float | None = None
    qualities: tuple[str, ...] = ()
    stored: int | None = None
    complaints: int | None = None


def main() -> None:
    """Read the command line, upload all, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--skip-long", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--read", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sf-clips-") as name:
        folder = Path(name)
        made = [] if asked.files else clips.make(folder, long=not asked.skip_long)
        files = asked.files or [*shared("clips"), *made, *shared("hostile")]
        rows = []
        with running(SF_AUTH__ACCESS_TTL_S=str(TOKEN_SECONDS)) as url:
            for row in outcomes(sign_up(url), files, folder, read=asked.read):
                rows.append(row)
                print(*cells(row), sep="  ", file=sys.stderr, flush=True)
            show(rows, asked)


def outcomes(client: httpx2.Client, files: list[Path], folder: Path, *, read: bool) -> Iterator[Row]:
    """One after another, and pictures in each way in that there is."""
    for file in files:
        yield as_video(client, file, folder, read=read)
        for purpose in PURPOSES if file.suffix in PICTURES else ():
            yield as_picture(client, file, purpose)


def shared(folder: str) -> list[Path]:
    """The files that lie there, if any do."""
    return sorted(path for path in (SHARED / folder).glob("*") if path.is_file())


def as_video(client: httpx2.Client, file: Path, folder: Path, *, read: bool) -> Row:
    """Upload it for a video."""
    size, source = file.stat().st_size, asyncio.run(probed(file, folder))
    try:
        seen = product(client, file, PATIENCE_SECONDS)
    except httpx2.HTTPStatusError as error:
        return Row(file.name, size, source, refused(error), 0)
    if seen.video["state"] == "failed":
        outcome = f"refused: {seen.video['failure']['code']}"
        return Row(file.name, size, source, outcome, seen.ended_s, seen.playable_s)
    playback = seen.video["playback"]
    master = client.get(playback["hls_url"]).raise_for_status().text
    return Row(
        file.name,
        size,
        source,
        "ready",
        seen.ended_s,
        seen.playable_s,
        playback["duration_ms"] / 1_000,
        (*dict.fromkeys(RESOLUTION.findall(master)), *sounds_in(master)),
        sum(rendition_sizes(client, seen.video).values()),
        len(clips.complaints_about(f"{client.base_url}{playback['hls_url']}")) if read else None,
    )


def sounds_in(master: str) -> list[str]:
    """How many sounds there are to choose from, as a cell says it."""
    groups = Counter(GROUP.findall(master))
    count = max(groups.values(), default=0 if RESOLUTION.search(master) else 1)
    return [] if count == 0 else ["sound" if count == 1 else f"{count} sounds"]


def as_picture(client: httpx2.Client, file: Path, purpose: str) -> Row:
    """Upload it for a picture, and call it a PNG whatever it is, as an attacker would."""
    name, size, began = f"{file.name} as {purpose}", file.stat().st_size, time.monotonic()
    try:
        address = begin(client, file, filename=file.name, filetype="image/png", purpose=purpose)
        send(client, address, file)
        began = time.monotonic()
        while (upload := state_of(client, address))["state"] not in {"ready", "failed"}:
            time.sleep(OFTEN)
    except httpx2.HTTPStatusError as error:
        return Row(name, size, None, refused(error), 0)
    outcome = "ready" if upload["state"] == "ready" else f"refused: {upload['failure_code']}"
    return Row(name, size, None, outcome, time.monotonic() - began)


def state_of(client: httpx2.Client, address: str) -> dict[str, Any]:
    """What is told of an upload."""
    answer = client.get(f"/api/v1/uploads/{address.rpartition('/')[2]}").raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def refused(error: httpx2.HTTPStatusError) -> str:
    """A request that was answered with a problem: its status and code; raises it where the file is not at fault."""
    if error.response.status_code not in REFUSALS:
        raise error
    return f"refused: {error.response.status_code} {error.response.json()['code']}"


async def probed(file: Path, folder: Path) -> SourceInfo | None:
    """What the product's probe says of the file, in its sandbox; None where it would not take it."""
    job = JobFolder(folder / "probe", "benchmark")
    job.create()
    job.source.unlink(missing_ok=True)
    shutil.copyfile(file, job.source)
    try:
        return await FfmpegEncoder().probe(job)
    except EncoderFailure:
        return None


def show(rows: list[Row], asked: argparse.Namespace) -> None:
    """Print the table, for people or for a document."""
    columns = [*COLUMNS, "stored", *(["complaints"] if asked.read else [])]
    lines = [cells(row)[: len(columns)] for row in rows]
    if asked.markdown:
        for line in (columns, ["---"] * len(columns), *lines):
            print(f"| {' | '.join(line)} |")
        return
    table = Table(title="What becomes of files")
    for column in columns:
        left = column in {"file", "picture", "codecs", "outcome", "qualities"}
        table.add_column(column, justify="left" if left else "right")
    for line in lines:
        table.add_row(*line)
    Console(width=200).print(table)


def cells(row: Row) -> list[str]:
    """What a line says of a file."""
    source, video = row.source, row.source.video if row.source else None
    rate = f" {float(video.frame_rate):.4g} fps" if video else ""
    streams = [stream.codec for stream in (video, *source.sounds) if stream] if source else []
    return [
        row.file,
        f"{row.size / 1e6:.2f} MB" if row.size >= 10_000 else f"{row.size} B",
        seconds(source.duration_s if source else None),
        f"{video.width}x{video.height}{rate}" if video else NOTHING,
        ", ".join(streams) or NOTHING,
        row.outcome,
        seconds(row.plays_s),
        " ".join(row.qualities) or NOTHING,
        seconds(row.playable_s),
        seconds(row.ended_s),
        f"{row.stored / 1e6:.2f} MB" if row.stored is not None else NOTHING,
        str(row.complaints) if row.complaints is not None else NOTHING,
    ]


def seconds(value: float | None) -> str:
    """A length or a time."""
    return NOTHING if value is None else f"{value:.2f} s"


if __name__ == "__main__":
    main()
