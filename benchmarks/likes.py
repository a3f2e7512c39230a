"""A like storm on one video, beside the plain ways of counting, and pages of a thread.

`python benchmarks/likes.py [SECONDS]`. Every way of counting is a script of pgbench at 16 connections, on a video of
its own in one installation, so long (default 5): each transaction is one like by another account. *UPDATE*: the
counter's row is moved by every like, and all wait for whoever moves it. *append*: nothing is moved, nobody adds up.
*ours*: the row is moved when nobody is at it; otherwise the change is appended, and folded in every five seconds by the
installation itself, which runs meanwhile. `owner waits` is how long an edit of the same row takes during the storm.
`exact`: after it the number on the row, and what waits for it, is how many rows of likes there are. The last rows are
whole requests, by 32 people at once, and threads read through the API.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
from api import Installation, installation, processor_seconds, spent
from instance import sign_up
from rich.console import Console
from rich.table import Table
from support import dataset, load

from socialflow.entrypoints.engines.postgres import find_binaries
from socialflow.kernel import ids

CONNECTIONS, PEOPLE, FANS = 16, 300_000, 32
THREADS, DEEP, LOOK_SECONDS = 200, 3, 0.05
LIKE = """
INSERT INTO likes (account_id, subject_id, kind, created_at)
    SELECT id, '{video}', 'video', now() FROM bench_people WHERE n = (SELECT nextval('bench_next'));
"""
COUNTED = "counter = 'videos.like_count' AND row_id = '{video}'"
APPEND = (
    "INSERT INTO count_changes (id, counter, row_id, by)"
    " VALUES (gen_random_uuid(), 'videos.like_count', '{video}', 1);\n"
)
# As `socialflow.kernel.counters.adjust` asks.
TRY = f"""
WITH moved AS (
    UPDATE videos SET like_count = like_count + 1 WHERE id = (
        SELECT id FROM videos WHERE id = '{{video}}' AND NOT EXISTS (SELECT FROM count_changes WHERE {COUNTED})
        FOR NO KEY UPDATE SKIP LOCKED
    ) RETURNING id
) SELECT count(*) AS moved FROM moved \\gset
\\if :moved = 0
{APPEND}\\endif
"""
WAYS = {
    "UPDATE of the row": LIKE + "UPDATE videos SET like_count = like_count + 1 WHERE id = '{video}';\n",
    "append alone": LIKE + APPEND,
    "ours: the row if it is free, else append": LIKE + TRY,
}


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of one way."""

    likes: int
    seconds: float
    cpu: float
    waits: Sequence[float]
    exact: bool


async def prepare(url: str) -> None:
    """Somebody for every like."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"""
        CREATE TABLE bench_people AS
            SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS channel_id FROM generate_series(1, {PEOPLE}) AS n;
        CREATE UNIQUE INDEX ON bench_people (n);
        INSERT INTO accounts (id, email, handle, display_name, password_hash, channel_id, created_at, updated_at)
            SELECT id, 'fan' || n || '@example.org', 'fan' || n, 'Fan', 'none', channel_id, now(), now()
            FROM bench_people;
        CREATE SEQUENCE bench_next;
        ANALYZE bench_people; ANALYZE accounts;
    """)
    await connection.close()


def begin(command: Sequence[str | Path]) -> "subprocess.Popen[str]":
    """A program that runs beside this one."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


async def storm(where: Installation, script: str, video: uuid.UUID, seconds: float) -> Storm:
    """Likes for so long, while the video's owner edits it now and then."""
    watcher = await asyncpg.connect(where.database_url)
    await watcher.execute("SELECT setval('bench_next', 1, false)")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write("BEGIN;\n" + script.format(video=video) + "COMMIT;\n")
        file.flush()
        command = [find_binaries() / "pgbench", "-n", "-c", str(CONNECTIONS), "-j", "1", "-M", "prepared"]
        asked = [*command, "-T", f"{seconds:g}", "-f", file.name, where.database_url]
        before, began = processor_seconds(where.process), time.perf_counter()
        running = begin(asked)
        waits, cpu = [], 0.0
        while running.poll() is None:
            look = time.perf_counter()
            await watcher.execute("UPDATE videos SET updated_at = updated_at WHERE id = $1", video)
            waits.append(time.perf_counter() - look)
            # The backends of pgbench take their time with them.
            cpu = max(cpu, spent(before, processor_seconds(where.process)))
            await asyncio.sleep(LOOK_SECONDS)
        took = time.perf_counter() - began
        said = running.stdout.read() if running.stdout else ""
    if running.returncode or not re.search(r"tps = ", said):
        raise SystemExit(f"pgbench failed:\n{said}")
    exact, likes = await check(watcher, video)
    await watcher.close()
    return Storm(likes, took, cpu, sorted(waits), exact)


async def check(connection: asyncpg.Connection, video: uuid.UUID) -> tuple[bool, int]:
    """Whether the number is exact, in one look, and how many likes there are."""
    row = await connection.fetchrow(
        f"""
        SELECT (SELECT count(*) FROM likes WHERE subject_id = $1) AS likes,
            (SELECT like_count FROM videos WHERE id = $1)
            + (SELECT coalesce(sum(by), 0) FROM count_changes WHERE {COUNTED.format(video=video)}) AS counted
        """,  # an id of ours
        video,
    )
    assert row is not None
    return row["likes"] == row["counted"], int(row["likes"])


async def requests(url: str, tokens: Sequence[str], path: str, seconds: float) -> tuple[int, int]:
    """Likes and their taking back by everybody at once: how many requests, and how many failed."""
    until, done, failed = time.monotonic() + seconds, 0, 0

    async def fan(token: str) -> None:
        nonlocal done, failed
        async with httpx2.AsyncClient(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
            while time.monotonic() < until:
                for method in ("PUT", "DELETE"):
                    answer = await http.request(method, path)
                    done, failed = done + 1, failed + (not answer.is_success)

    await asyncio.gather(*(fan(token) for token in tokens))
    return done, failed


async def thread(url: str, town: dataset.Town) -> uuid.UUID:
    """A video on which people talk: comments, answers to each, and answers to those."""
    connection = await asyncpg.connect(url)
    video = town.videos[-1]
    owner = await connection.fetchval("SELECT account_id FROM videos WHERE id = $1", video)
    above: list[tuple[uuid.UUID | None, uuid.UUID | None]] = [(None, None)] * THREADS
    for depth in range(DEEP):
        rows = []
        for number, (parent, root) in enumerate(above * (1 if depth == 0 else 3)):
            who = number % len(town.accounts)
            made = (ids.new(), video, "video", owner, parent, root, depth)
            rows.append(
                (*made, town.accounts[who], town.channels[who], "Where was that?", 0 if depth == DEEP - 1 else 3)
            )
        names = ["id", "subject_id", "subject_kind", "owner_id", "parent_id", "thread_id", "depth"]
        await connection.executemany(
            f"INSERT INTO comments ({', '.join(names)}, account_id, channel_id, text, reply_count, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())",
            rows,
        )
        above = [(row[0], row[5] or row[0]) for row in rows]
    await connection.execute("ANALYZE comments")
    await connection.close()
    return video


def main(seconds: float) -> int:
    """Measure everything and print two tables; exit code 1 when a number was wrong or a request failed."""
    console, wrong = Console(width=140), 0
    with installation() as where:
        town = dataset.fill(where.database_url)
        asyncio.run(prepare(where.database_url))
        table = Table(title=f"likes of one video, {CONNECTIONS} connections, {seconds:g} s each")
        for head in ("way", "likes/s", "likes/core-s", "owner waits p50", "p95", "longest", "exact"):
            table.add_column(head, justify="left" if head == "way" else "right")
        for number, (name, script) in enumerate(WAYS.items()):
            found = asyncio.run(storm(where, script, town.videos[number], seconds))
            wrong += not found.exact
            at = [found.waits[int(len(found.waits) * part)] for part in (0.5, 0.95)] + [found.waits[-1]]
            table.add_row(
                name,
                f"{found.likes / found.seconds:,.0f}",
                f"{found.likes / found.cpu:,.0f}" if found.cpu else "",
                *(f"{each * 1_000:.1f} ms" for each in at),
                "yes" if found.exact else "NO",
            )
        console.print(table)
        wrong += whole_requests(console, where, town, seconds)
    return int(wrong > 0)


def whole_requests(console: Console, where: Installation, town: dataset.Town, seconds: float) -> int:
    """The same through the API, and threads; how many failed."""
    tokens = [
        sign_up(where.url, f"liker_{number}").headers["Authorization"].removeprefix("Bearer ") for number in range(FANS)
    ]
    path = f"/api/v1/likes/{ids.show('vid', town.videos[-2])}"
    table = Table(title="through the API")
    for head in ("what", "r/s", "r/core-s", "p95", "failed"):
        table.add_column(head, justify="left" if head == "what" else "right")
    before, began = processor_seconds(where.process), time.perf_counter()
    done, failed = asyncio.run(requests(where.url, tokens, path, seconds))
    took, cpu = time.perf_counter() - began, spent(before, processor_seconds(where.process))
    table.add_row(
        f"PUT and DELETE /likes/{{id}}, {FANS} people", f"{done / took:,.0f}", f"{done / cpu:,.0f}", "", str(failed)
    )
    subject = ids.show("vid", asyncio.run(thread(where.database_url, town)))
    for query in ("", "&sort=choice", "&depth=3&breadth=3", "&depth=3&breadth=10&sort=top"):
        asked = f"/api/v1/comments?subject_id={subject}{query}"
        pages = [(asked, token) for token in tokens[:8]] if "depth" in query else [(asked, "")]
        before = processor_seconds(where.process)
        heard = load.read(where.url, pages, seconds)
        cpu = spent(before, processor_seconds(where.process))
        failed += heard.errors
        table.add_row(
            f"GET /comments{query or ', newest'}",
            f"{heard.rate:,.0f}",
            f"{heard.requests / cpu:,.0f}",
            f"{heard.p95 * 1_000:.1f} ms",
            str(heard.errors),
        )
    console.print(table)
    return failed


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
