"""Following and unfollowing, beside the same rows written by hand, in the same run.

`python benchmarks/follows.py [SECONDS]`. So many people follow a channel and unfollow it again for SECONDS (default 5)
each: all the same channel, whose counter they all want, and then each another one. *by hand* is a script of pgbench
with as many connections that writes the edge and moves the counter's row, without asking who may follow whom and
without an event. *r/core-s* is how many requests, or single changes by hand, one second of processor time of the
installation pays for; p95 is of one request, and as the client sees it, which shares the processors. `exact`: after it
the channels' numbers, with what waits for them, are how many edges there are.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import httpx2
from api import Installation, installation, processor_seconds, spent
from instance import sign_up
from rich.console import Console
from rich.table import Table
from support import dataset

from socialflow.entrypoints.engines.postgres import find_binaries
from socialflow.kernel import ids

PEOPLE = 32
LOOK_SECONDS = 0.05
# One transaction each, as a request is.
BY_HAND = """
BEGIN;
INSERT INTO follows (follower_id, channel_id, id, created_at)
    SELECT id, {channel}, gen_random_uuid(), now() FROM bench_fans WHERE n = :client_id;
UPDATE channels SET follower_count = follower_count + 1 WHERE id = {channel};
COMMIT;
BEGIN;
DELETE FROM follows WHERE channel_id = {channel}
    AND follower_id = (SELECT id FROM bench_fans WHERE n = :client_id);
UPDATE channels SET follower_count = follower_count - 1 WHERE id = {channel};
COMMIT;
"""
ONE = "'{channel}'"
OWN = "(SELECT channel_id FROM bench_fans WHERE n = :client_id)"
COUNTS = """
    SELECT count(*) FROM channels WHERE id = ANY($1) AND
        follower_count + (SELECT coalesce(sum(by), 0) FROM count_changes
            WHERE counter = 'channels.follower_count' AND row_id = channels.id)
        <> (SELECT count(*) FROM follows WHERE channel_id = channels.id)
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one way."""

    changes: int
    seconds: float
    cpu: float
    latencies: Sequence[float]
    failed: int


async def by_requests(url: str, tokens: Sequence[str], channels: Sequence[str], seconds: float) -> Done:
    """Everybody follows a channel and unfollows it, again and again."""
    until, took, failed = time.monotonic() + seconds, list[float](), 0

    async def fan(token: str, channel: str) -> None:
        nonlocal failed
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=url, timeout=60, headers=headers, trust_env=False) as http:
            while time.monotonic() < until:
                for method in ("PUT", "DELETE"):
                    began = time.perf_counter()
                    answer = await http.request(method, f"/api/v1/follows/{channel}")
                    took.append(time.perf_counter() - began)
                    failed += not answer.is_success

    began = time.perf_counter()
    await asyncio.gather(*(fan(token, channel) for token, channel in zip(tokens, channels, strict=True)))
    return Done(len(took), time.perf_counter() - began, 0.0, sorted(took), failed)


def by_hand(where: Installation, script: str, seconds: float) -> Done:
    """The same by pgbench."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [find_binaries() / "pgbench", "-n", "-c", str(PEOPLE), "-j", "1", "-M", "prepared"]
        before, began = processor_seconds(where.process), time.perf_counter()
        running = subprocess.Popen(
            [*command, "-T", f"{seconds:g}", "-f", file.name, where.database_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        cpu = 0.0
        while running.poll() is None:
            # The backends of pgbench end with it, and their time with them.
            cpu = max(cpu, spent(before, processor_seconds(where.process)))
            time.sleep(LOOK_SECONDS)
        took = time.perf_counter() - began
        said = running.stdout.read() if running.stdout else ""
    found = re.search(r"actually processed: (\d+)", said)
    if running.returncode or found is None:
        raise SystemExit(f"pgbench failed:\n{said}")
    # A transaction of pgbench is the whole script: two changes.
    return Done(2 * int(found[1]), took, cpu, (), 0)


async def prepare(database_url: str, fans: Sequence[uuid.UUID], channels: Sequence[uuid.UUID]) -> None:
    """Who follows what, for the script; and nobody follows these channels yet."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE bench_fans (n int PRIMARY KEY, id uuid, channel_id uuid)")
    rows = [(number, fan, channel) for number, (fan, channel) in enumerate(zip(fans, channels, strict=True))]
    await connection.executemany("INSERT INTO bench_fans VALUES ($1, $2, $3)", rows)
    await connection.execute("DELETE FROM follows WHERE channel_id = ANY($1)", list(channels))
    await connection.execute("UPDATE channels SET follower_count = 0 WHERE id = ANY($1)", list(channels))
    await connection.execute("VACUUM ANALYZE follows")
    await connection.close()


async def inexact(database_url: str, channels: Sequence[uuid.UUID]) -> int:
    """How many channels have another number than followers, in one look."""
    connection = await asyncpg.connect(database_url)
    wrong = await connection.fetchval(COUNTS, list(channels))
    await connection.close()
    return int(wrong)


def main(seconds: float) -> int:
    """Measure every way and print a table; exit code 1 when a number was wrong or a request failed."""
    table = Table(title=f"{PEOPLE} people, {seconds:g} s each, {os.cpu_count()} cores")
    for head in ("what", "changes/s", "per core-s", "p50", "p95", "failed", "exact"):
        table.add_column(head, justify="left" if head == "what" else "right")
    bad = 0
    with installation() as where:
        town = dataset.fill(where.database_url)
        clients = [sign_up(where.url, f"fan_{number}") for number in range(PEOPLE)]
        fans = [ids.parse("acc", client.get("/api/v1/me").json()["id"]) for client in clients]
        tokens = [client.headers["Authorization"].removeprefix("Bearer ") for client in clients]
        channels = town.channels[:PEOPLE]
        asyncio.run(prepare(where.database_url, fans, channels))
        for name, chosen, hand in (
            ("all one channel", [channels[0]] * PEOPLE, ONE.format(channel=channels[0])),
            ("each another", channels, OWN),
        ):
            shown = [ids.show("chn", channel) for channel in chosen]
            before = processor_seconds(where.process)
            found = asyncio.run(by_requests(where.url, tokens, shown, seconds))
            cpu = spent(before, processor_seconds(where.process))
            wrong = asyncio.run(inexact(where.database_url, channels))
            bad += found.failed + wrong
            at = [found.latencies[int(len(found.latencies) * part)] * 1_000 for part in (0.5, 0.95)]
            table.add_row(
                f"PUT and DELETE /follows, {name}",
                f"{found.changes / found.seconds:,.0f}",
                f"{found.changes / cpu:,.0f}",
                *(f"{each:.1f} ms" for each in at),
                str(found.failed),
                "NO" if wrong else "yes",
            )
            plain = by_hand(where, BY_HAND.format(channel=hand), seconds)
            rate = (f"{plain.changes / plain.seconds:,.0f}", f"{plain.changes / plain.cpu:,.0f}" if plain.cpu else "")
            table.add_row(f"by hand, {name}", *rate, "", "", "", "")
    Console(width=140).print(table)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
