"""Many readers at once: wrk where there is one, else a small reader of our own in a process of its own."""

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 32
THINKING_S = (2, 8)
# Reads a file of "path<TAB>token" lines, takes one at random for every request, and prints one line at the end.
SCRIPT = """
local asked, chosen = {}, {}
for line in io.lines("%s") do
  local path, token = line:match("([^\\t]*)\\t(.*)")
  local headers = {}
  if token ~= "" then headers["Authorization"] = "Bearer " .. token end
  chosen[#chosen + 1] = wrk.format("GET", path, headers)
end
function init(args)
  math.randomseed(7)
  for line = 1, #chosen do
    asked[line] = chosen[line]:gsub("\\r\\n\\r\\n$", "\\r\\nHost: " .. wrk.host .. "\\r\\n\\r\\n")
  end
end
function request() return asked[math.random(#asked)] end
function done(summary, latency, requests)
  local bad = summary.errors
  local count = bad.connect + bad.read + bad.write + bad.status + bad.timeout
  io.write(string.format("RESULT %%d %%d %%f %%f %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), count))
end
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it; latencies in seconds."""

    requests: int
    seconds: float
    p50: float
    p95: float
    errors: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def read(url: str, asked: Sequence[tuple[str, str]], seconds: float) -> Heard:
    """Ask for random ones of (path, token) over 32 connections for so long, each as fast as it is answered."""
    return _heard(url, asked, seconds, people=0)


def think(url: str, asked: Sequence[tuple[str, str]], seconds: float, people: int) -> Heard:
    """Ask for so long as people do, each connected all the time and thinking 2 to 8 s after every answer."""
    return _heard(url, asked, seconds, people=people)


def _heard(url: str, asked: Sequence[tuple[str, str]], seconds: float, *, people: int) -> Heard:
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "asked"
        lines.write_text("".join(f"{path}\t{token}\n" for path, token in asked))
        wrk = shutil.which("wrk")
        if wrk is None or people:
            command = [sys.executable, __file__, url, str(lines), str(seconds), str(people)]
        else:
            script = Path(folder) / "script.lua"
            script.write_text(SCRIPT % lines)
            command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(script), url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT")), None)
    if result is None:
        raise SystemExit(f"no result: {done.stdout}{done.stderr}")
    _, requests, micros, p50, p95, errors = result.split()
    return Heard(int(requests), int(micros) / 1e6, float(p50) / 1e6, float(p95) / 1e6, int(errors))


async def _own(url: str, asked: Sequence[tuple[str, str]], seconds: float, people: int) -> str:
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 80)
    requests = [
        (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
            + (f"Authorization: Bearer {token}\r\n" if token else "")
            + "\r\n"
        ).encode()
        for path, token in asked
    ]
    taken: list[float] = []
    errors = 0
    until = time.perf_counter() + seconds

    async def reader() -> None:
        nonlocal errors
        source, sink = await asyncio.open_connection(host, port)
        await asyncio.sleep(random.uniform(0, THINKING_S[1]) if people else 0)
        while (began := time.perf_counter()) < until:
            sink.write(random.choice(requests))
            head = await source.readuntil(b"\r\n\r\n")
            size = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await source.readexactly(size)
            errors += b" 200 " not in head[:16]
            taken.append(time.perf_counter() - began)
            if people:
                await asyncio.sleep(random.uniform(*THINKING_S))
        sink.close()

    began = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(people or CONNECTIONS)))
    taken.sort()
    middle, late = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
    return f"RESULT {len(taken)} {(time.perf_counter() - began) * 1e6:.0f} {middle * 1e6} {late * 1e6} {errors}"


if __name__ == "__main__":
    address, file, span, crowd = sys.argv[1:]
    pairs = [tuple(line.rstrip("\n").split("\t")) for line in Path(file).read_text().splitlines()]
    print(asyncio.run(_own(address, pairs, float(span), int(crowd))))
