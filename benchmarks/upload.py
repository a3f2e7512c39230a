"""Uploads: 100 MB into the product, beside a copy of the same file and beside servers that do nothing else.

`python benchmarks/upload.py [MEGABYTES]`. Beside them, in the same run and from the same sender: @tus/server, the
reference server of the protocol, with its file store, where npm is there to install it; it neither looks at the bytes
nor flushes them to the disk, and knows no accounts. A sender on the same machine shares its cores with what it
measures, so read the ratios and the CPU per megabyte. CPU is that of the serving side as a whole: for the
product the API and PostgreSQL. Memory is how much the serving process grew at its peak. Every byte that the
product acknowledges has been flushed to the disk.
"""

import argparse
import base64
import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2
import psutil
import uvicorn
from instance import running, sign_up
from rich.console import Console
from rich.table import Table
from starlette.types import Receive, Scope, Send

MB = 1_000_000
MIB = 1024**2
PIECE = 8 * MIB
PROGRAMS = Path(__file__).parent.parent / "tests" / "third_party" / "tus"
SAMPLE_SECONDS = 0.01
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True, slots=True)
class Result:
    """One way of moving the bytes."""

    name: str
    seconds: float
    cpu_seconds: float
    grown_bytes: int | None = None
    count: int = 1


def main() -> None:
    """Measure every way and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int, nargs="?", default=100)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sink is not None:
        serve_sink(asked.sink, asked.into)
        return
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as name:
        source = Path(name, "source")
        source.write_bytes(os.urandom(asked.megabytes * MB))
        results = [*copies(source), *sinks(source), *reference(source), *product(source)]
    show(results, asked.megabytes)


def copies(source: Path) -> Iterator[Result]:
    """The floor: a file beside a file."""
    for name, flushed in (("copy of a file", False), ("copy of a file, flushed to the disk", True)):
        target = source.with_name("copy")
        started, cpu = time.perf_counter(), time.process_time()
        with source.open("rb") as taken, target.open("wb") as made:
            shutil.copyfileobj(taken, made, MIB)
            if flushed:
                made.flush()
                os.fsync(made.fileno())
        yield Result(name, time.perf_counter() - started, time.process_time() - cpu)
        target.unlink()


def sinks(source: Path) -> Iterator[Result]:
    """Servers that know nothing: uvicorn with a plain ASGI function."""
    for name, into in (("raw ASGI, bytes dropped", None), ("raw ASGI, bytes to a file", source.with_name("sunk"))):
        with sink(into) as (url, process):
            address = urlsplit(url)
            yield watched(name, [process], process, partial(put, address, source.read_bytes()))


def reference(source: Path) -> Iterator[Result]:
    """The same uploads into @tus/server."""
    if shutil.which("npm") is None:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(PROGRAMS)]
    subprocess.run(command, check=True, capture_output=True)
    data, folder = source.read_bytes(), source.with_name("reference")
    folder.mkdir()
    served = subprocess.Popen(["node", str(PROGRAMS / "server.mjs"), str(folder)], stdout=subprocess.PIPE)
    assert served.stdout is not None
    url = f"http://127.0.0.1:{int(served.stdout.readline())}"
    process = psutil.Process(served.pid)
    try:
        with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:

            def upload(piece: int) -> Callable[[], None]:
                return lambda: tus(client, url, data, piece=piece, checked=False, collection="/files")

            tus(client, url, data[:MB], piece=PIECE, checked=False, collection="/files")
            yield watched("@tus/server, PATCHes of 8 MiB", [process], process, threaded(upload(PIECE)))
            yield watched("@tus/server, one PATCH", [process], process, threaded(upload(len(data))))
            yield watched(
                "@tus/server, four such uploads at once", [process], process, threaded(upload(PIECE), 4), count=4
            )
    finally:
        served.terminate()
        served.wait()
        shutil.rmtree(folder)


def product(source: Path) -> Iterator[Result]:
    """Uploads as clients make them."""
    data = source.read_bytes()
    with running() as url:
        client = sign_up(url)
        api, database = processes(urlsplit(url).port or 0)
        served = [api, *database]

        def upload(piece: int, *, checked: bool = False) -> Callable[[], None]:
            return lambda: tus(client, url, data, piece=piece, checked=checked)

        # Opens connections to the database and the like, and is too small to show in memory.
        tus(client, url, data[:MB], piece=PIECE, checked=False)
        yield watched("product, PATCHes of 8 MiB", served, api, threaded(upload(PIECE)))
        yield watched("product, one PATCH", served, api, threaded(upload(len(data))))
        yield watched("product, PATCHes of 8 MiB with SHA-1", served, api, threaded(upload(PIECE, checked=True)))
        yield watched("product, four such uploads at once", served, api, threaded(upload(PIECE), 4), count=4)


def watched(
    name: str, served: list[psutil.Process], main_process: psutil.Process, act: Callable[[], None], *, count: int = 1
) -> Result:
    """Run something and see what it costs the processes that serve it."""
    before, resting = cpu_of(served), main_process.memory_info().rss
    over, peak = threading.Event(), [resting]

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], main_process.memory_info().rss)

    sampler = threading.Thread(target=sample)
    sampler.start()
    started = time.perf_counter()
    try:
        act()
        seconds = time.perf_counter() - started
    finally:
        over.set()
        sampler.join()
    return Result(name, seconds, cpu_of(served) - before, peak[0] - resting, count)


def threaded(act: Callable[[], None], count: int = 1) -> Callable[[], None]:
    """The same thing several times at once."""

    def run() -> None:
        threads = [threading.Thread(target=act) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def cpu_of(processes_: list[psutil.Process]) -> float:
    """CPU seconds that processes have used so far."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes_))


def processes(port: int) -> tuple[psutil.Process, list[psutil.Process]]:
    """The API that listens on a port, and the PostgreSQL that was started beside it."""
    api = next(
        psutil.Process(found.pid)
        for found in psutil.net_connections("tcp4")
        if found.pid and found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port
    )
    siblings = psutil.Process(api.ppid()).children(recursive=True)
    return api, [process for process in siblings if process.name().startswith("postgres")]


def tus(
    client: httpx2.Client, url: str, data: bytes, *, piece: int, checked: bool, collection: str = "/api/v1/uploads"
) -> None:
    """Upload by tus over one plain connection."""
    created = client.post(collection, headers={**TUS, "Upload-Length": str(len(data))})
    created.raise_for_status()
    address = urlsplit(urljoin(url, created.headers["location"]))
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    headers = {**TUS, "Content-Type": "application/offset+octet-stream"}
    if "authorization" in client.headers:
        headers["Authorization"] = client.headers["authorization"]
    for start in range(0, len(data), piece):
        part = data[start : start + piece]
        if checked:
            headers["Upload-Checksum"] = "sha1 " + base64.b64encode(hashlib.sha1(part).digest()).decode()
        connection.request("PATCH", address.path, part, {**headers, "Upload-Offset": str(start)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == http.HTTPStatus.NO_CONTENT, answer.status
    connection.close()


def put(address: SplitResult, data: bytes) -> None:
    """Send everything in one request."""
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("PUT", "/", data)
    connection.getresponse().read()
    connection.close()


@contextmanager
def sink(into: Path | None) -> Iterator[tuple[str, psutil.Process]]:
    """A sink as a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, __file__, "--sink", str(port), *(["--into", str(into)] if into else [])]
    process = subprocess.Popen(command)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def serve_sink(port: int, into: Path | None) -> None:
    """Take bodies and drop them, or write them to a file."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        with (into or Path(os.devnull)).open("wb") as file:
            more = True
            while more:
                message = await receive()
                file.write(message.get("body", b""))
                more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", lifespan="off", log_level="error", access_log=False)


def show(results: list[Result], megabytes: int) -> None:
    """Print the table."""
    table = Table(title=f"{megabytes} MB in")
    for column in ("way", "MB/s", "CPU ms/MB", "memory grew by"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for result in results:
        moved = megabytes * result.count
        grown = "" if result.grown_bytes is None else f"{result.grown_bytes / MIB:.1f} MiB"
        table.add_row(result.name, f"{moved / result.seconds:.0f}", f"{result.cpu_seconds / moved * 1000:.2f}", grown)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
