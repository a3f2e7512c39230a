"""Reads of the API at 32 connections, beside a framework that does nothing and a database that does nothing else.

`python benchmarks/api.py [SECONDS]`. Every row is measured for so long (default 4) on a data set of 200 channels,
2,000 videos and 20,000 follows, likes and comments each. The number to look at is requests per core-second: how many
requests one second of processor time pays for, counting every process of the installation (API, PostgreSQL, Valkey,
workers, relay, scheduler), without the one that asks. Times depend on what else the machine does. `hot`: everybody
asks for the same, which the API reads once a second; `cold`: everybody asks for another one. The last row is a thousand
people who are connected all the time and think 2 to 8 s after every answer; there p95 is the number to look at.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil
import uvicorn
from fastapi import FastAPI
from instance import _await_ready, sign_up
from rich.console import Console
from rich.table import Table
from support import dataset, load
from support.dataset import Town

from socialflow.domains.engagement.queries import pages as comments
from socialflow.domains.feed import queries as feeds
from socialflow.domains.videos.queries import lists
from socialflow.domains.videos.queries.lists import Scope, VideoSort
from socialflow.domains.videos.service import reading as feed_places
from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.postgres import find_binaries
from socialflow.entrypoints.ports import choose, is_free
from socialflow.kernel import ids
from socialflow.kernel.reads import Read

VIEWERS, FOLLOWED = 8, 40
PEOPLE, PEOPLE_SECONDS = 1_000, 30
COLD_PAGES = 500
PAGE = 20
# What shared reads should reach, in requests per core-second.
WANTED = {"list": 840, "detail": 1_050, "comments": 610}


@dataclass(frozen=True, slots=True)
class Installation:
    """A running one."""

    url: str
    process: psutil.Process
    database_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `sql` is the statement behind it and `names` what it is asked with."""

    name: str
    asked: Sequence[tuple[str, str]]
    wanted: str = ""
    sql: Read | None = None
    values: dict[str, Any] | None = None
    people: int = 0


@contextmanager
def installation() -> Iterator[Installation]:
    """Start everything in a folder of its own, with limits so high that they never refuse; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sf-bench-"))
    port = choose("127.0.0.1", None, 8300)
    limits = {f"SF_LIMITS__{name}": "100000000/60" for name in ("ANONYMOUS", "ACCOUNT", "REGISTER_ADDRESS")}
    command = [sys.executable, "-m", "socialflow", "run", "--port", str(port), "--data-dir", str(folder), "--no-demo"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **limits}, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _await_ready(url, process, folder / "log")
        yield Installation(url, psutil.Process(process.pid), folders.recall(folder)["database_url"])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def hello() -> Iterator[Installation]:
    """A FastAPI application that only says hello, served with the same settings of uvicorn."""
    port = choose("127.0.0.1", None, 8400)
    process = subprocess.Popen([sys.executable, __file__, "--hello", str(port)])
    try:
        url = f"http://127.0.0.1:{port}"
        while process.poll() is None and is_free("127.0.0.1", port):
            time.sleep(0.1)
        yield Installation(url, psutil.Process(process.pid), "")
    finally:
        process.terminate()
        process.wait(10)


def serve_hello(port: int) -> None:
    """The application of `hello`, in a process of its own."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def greet() -> dict[str, str]:
        return {"hello": "world"}

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_config=None, server_header=False)


def processor_seconds(family: psutil.Process) -> dict[int, float]:
    """Processor time of a process and all below it so far, by process id."""
    found = {}
    for process in [family, *family.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found[process.pid] = times.user + times.system
    return found


def spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Processor time between two looks; what ended in between is not counted."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def measure(where: Installation, row: Row, seconds: float) -> tuple[load.Heard, float]:
    """Warm up for a moment, then measure; gives what was heard and the processor time it took."""
    load.read(where.url, row.asked, 1)
    before = processor_seconds(where.process)
    if row.people:
        heard = load.think(where.url, row.asked, PEOPLE_SECONDS, row.people)
    else:
        heard = load.read(where.url, row.asked, seconds)
    return heard, spent(before, processor_seconds(where.process))


def by_pgbench(where: Installation, row: Row, seconds: float) -> float:
    """Transactions per core-second of PostgreSQL for the row's statement, without pgbench's own time."""
    statement = written(row)
    if statement is None:
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "statement.sql"
        script.write_text(" ".join(statement.split()) + ";\n")
        command = [find_binaries() / "pgbench", "-n", "-c", "8", "-j", "1", "-M", "prepared", "-T", f"{seconds:g}"]
        before = processor_seconds(where.process)
        began = subprocess.Popen([*command, "-f", script, where.database_url], stdout=subprocess.PIPE, text=True)
        time.sleep(max(seconds - 0.5, 0.5))
        # The backends of pgbench end with it, and their time with them: look while they are there.
        cpu = spent(before, processor_seconds(where.process))
        said, _ = began.communicate()
    found = re.search(r"tps = ([\d.]+)", said)
    return float(found[1]) * max(seconds - 0.5, 0.5) / cpu if found and cpu else 0.0


def written(row: Row) -> str | None:
    """The row's statement with its values in it; None where there is none."""
    if row.sql is None:
        return None
    statement = row.sql.sql
    for number, name in enumerate(row.sql._names, start=1):
        statement = re.sub(rf"\${number}\b", literal((row.values or {})[name]), statement)
    return statement


def literal(value: Any) -> str:
    """A value as SQL text."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "CAST(ARRAY[] AS text[])"
    if isinstance(value, bool | int):
        return str(value)
    kind = {uuid.UUID: "::uuid", datetime: "::timestamptz"}.get(type(value), "")
    return f"'{value}'{kind}"


def rows(pages: Sequence[str], town: Town, tokens: Sequence[str], viewer: uuid.UUID) -> list[Row]:
    """What is measured; `pages` are some of the list of videos."""
    first = {"at": feed_places.LAST_TIME, "id": feed_places.LAST_ID, "limit": PAGE + 1}
    nobody: dict[str, Any] = {"viewer": None, "sees_any": False, "grants": []}
    detail = [f"/api/v1/videos/{ids.show('vid', video)}" for video in town.videos]
    talks = [f"/api/v1/comments?subject_id={ids.show('vid', video)}" for video in town.discussed]
    newest = {"subject_id": town.discussed[0], "parent_id": None, "limit": PAGE + 1, "depth": 1, "breadth": 3}
    newest |= {"is_first": True, "judges": False}
    talk_sql = comments.PAGES["vid", comments.CommentSort.NEWEST, False]
    list_sql = lists.LISTS[Scope.ALL, VideoSort.LATEST, False]
    feed = {**first, "viewer": viewer, "many": feeds.MANY_FOLLOWS}
    return [
        Row("GET /videos, hot", [("/api/v1/videos", "")], "list"),
        Row("GET /videos, cold", [(path, "") for path in pages], "list", list_sql, first),
        Row(
            "GET /feed/following",
            [("/api/v1/feed/following", token) for token in tokens],
            "",
            feeds.FOLLOWING,
            feed,
        ),
        Row("GET /videos/{id}, hot", [(detail[0], "")], "detail"),
        Row(
            "GET /videos/{id}, cold, with a token",
            [(path, tokens[0]) for path in detail],
            "detail",
            lists.ONE,
            {"id": town.videos[0], **nobody},
        ),
        Row("GET /comments, hot", [(talks[0], "")], "comments"),
        Row(
            "GET /comments, cold",
            [(f"{path}{sort}", "") for path in talks for sort in ("", "&sort=oldest", "&sort=top")],
            "comments",
            talk_sql,
            {**newest, **nobody, "id": feed_places.LAST_ID},
        ),
    ]


def everything(read: Sequence[Row]) -> Row:
    """All that the other rows ask for, as often from each, by a thousand people who think."""
    most = max(len(row.asked) for row in read)
    asked = [pair for row in read for pair in (list(row.asked) * most)[:most]]
    return Row(f"all of these, {PEOPLE:,} people who think", asked, people=PEOPLE)


def places(url: str) -> list[str]:
    """Pages of twenty that begin at different videos, by two orders."""
    found = []
    with httpx2.Client(base_url=url, timeout=30) as client:
        for sort in ("latest", "popular"):
            cursor = None
            for _ in range(COLD_PAGES):
                given = {"sort": sort, "limit": 1} | ({"cursor": cursor} if cursor else {})
                cursor = client.get("/api/v1/videos", params=given).raise_for_status().json()["next_cursor"]
                found.append(f"/api/v1/videos?sort={sort}&limit={PAGE}&cursor={cursor}")
    return found


def main(seconds: float) -> int:
    """Measure every row and print one table; exit code 1 when any answer was an error."""
    table = Table(
        title=f"{load.CONNECTIONS} connections, {seconds:g} s each, {os.cpu_count()} cores, {sys.version.split()[0]}"
    )
    for head in ("what", "r/s", "p50", "p95", "CPU a request", "r/core-s", "wanted", "same SQL: tx/core-s", "errors"):
        table.add_column(head, justify="left" if head == "what" else "right")
    errors = 0
    with hello() as bare:
        errors += add(table, bare, Row("a bare FastAPI 'hello'", [("/", "")]), seconds)
    with installation() as where:
        town = dataset.fill(where.database_url)
        clients = [sign_up(where.url, f"viewer_{number}") for number in range(VIEWERS)]
        people = [ids.parse("acc", client.get("/api/v1/me").json()["id"]) for client in clients]
        dataset.follow(where.database_url, people, town, FOLLOWED)
        tokens = [client.headers["Authorization"].removeprefix("Bearer ") for client in clients]
        read = rows(places(where.url), town, tokens, people[0])
        for row in [*read, everything(read)]:
            errors += add(table, where, row, seconds)
    Console(width=140).print(table)
    return int(errors > 0)


def add(table: Table, where: Installation, row: Row, seconds: float) -> int:
    """Measure one row, put it into the table, and give the number of errors."""
    heard, cpu = measure(where, row, seconds)
    sql = by_pgbench(where, row, 3)
    table.add_row(
        row.name,
        f"{heard.rate:,.0f}",
        f"{heard.p50 * 1000:.1f} ms",
        f"{heard.p95 * 1000:.1f} ms",
        f"{cpu / heard.requests * 1000:.2f} ms",
        f"{heard.requests / cpu:,.0f}",
        f"{WANTED[row.wanted]:,}" if row.wanted else "",
        f"{sql:,.0f}" if sql else "",
        str(heard.errors),
    )
    return heard.errors


if __name__ == "__main__":
    if sys.argv[1:2] == ["--hello"]:
        serve_hello(int(sys.argv[2]))
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0))
