"""Players: how soon a video is seen and how quickly people jump in it, in a real browser, whoever wrote the player.

`python benchmarks/players.py [FILE]`. A public video goes through the pipeline of a fresh installation; hls.js, Shaka
Player, dash.js and Video.js then play its HLS and its DASH from pages of another origin, as an app's would, and our
own player plays it in its page for frames. Beside them, in the same run, what no player is needed for: Chromium with
the file of the best rendition, which has no sound. Each opens a new browser profile, so that nothing is cached, plays
for some seconds, and jumps five times to where nothing has been loaded yet; all take turns, and medians are shown.

Times count from opening the page and from asking to jump, to the frame that is presented. A stall is a wait for bytes
that nobody asked for by a jump. The browser decodes without a graphics card and shares the cores with the server: read
them beside one another.
"""

import argparse
import functools
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx2
from instance import running, sign_up
from pipeline import ffmpeg
from pipeline import product as uploaded
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

RUNS = 3
PLAYED_SECONDS = 4
JUMPS = (0.75, 0.25, 0.9, 0.5, 0.12)
"""Parts of the length, so far from one another that no player has loaded the next."""
SCRIPTS = Path(__file__).parent.parent / "tests" / "third_party"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
PAGE = """<!doctype html><meta charset="utf-8"><title>A page of somebody else's</title>
<video muted playsinline width="854" height="480"></video>{script}<script src="{name}-page.js"></script>"""
COMMON = """
const video = document.querySelector('video'), asked = new URLSearchParams(location.search);
const address = asked.get('src'), type = asked.get('type');
const fault = (text) => seen.errors.push(String(text));
"""
PAGES = {
    "hls": """
const player = new Hls();
// What is not fatal it goes on from by itself, such as loads that a jump makes needless.
player.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) fault(data.details); });
player.on(Hls.Events.MANIFEST_PARSED, () => video.play());
player.loadSource(address); player.attachMedia(video);
""",
    "shaka": """
const player = new shaka.Player();
player.addEventListener('error', (event) => fault(event.detail.code));
player.attach(video).then(() => player.load(address)).then(() => video.play()).catch(fault);
""",
    "dash": """
const player = dashjs.MediaPlayer().create();
player.on('error', (event) => fault(JSON.stringify(event.error)));
player.initialize(video, address, true);
""",
    "videojs": """
const player = videojs(video, { html5: { vhs: { overrideNative: true } } });
player.on('error', () => fault(player.error().message));
player.src({ src: address, type });
player.play();
""",
    "bare": "video.src = address; video.play().catch(fault);",
}
# In every page before its own scripts: events of media do not bubble, but are captured on their way down.
NOTES = """
window.seen = { first: null, stalls: 0, errors: [] };
const on = (name, call) => window.addEventListener(name, call, true);
on('loadstart', ({ target }) => target.requestVideoFrameCallback((now) => { seen.first ??= now; }));
on('waiting', ({ target }) => { if (seen.first !== null && !target.seeking) seen.stalls += 1; });
on('error', ({ target }) => { if (target.error) seen.errors.push(target.error.message); });
"""
WATCHED = """async ({ jumps, playedSeconds, patienceMs }) => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const until = performance.now() + patienceMs;
  const video = () => document.querySelector('video');
  while (seen.first === null) {
    if (performance.now() > until) return { ...seen, jumps: [], errors: [...seen.errors, 'no frame'] };
    await pause(20);
  }
  await pause(playedSeconds * 1000);
  const times = [];
  for (const part of jumps) {
    const element = video(), to = element.duration * part, began = performance.now();
    const there = new Promise((done) => {
      const look = (now, { mediaTime }) => {
        if (mediaTime >= to - 0.1 && mediaTime < to + 5) done(now - began);
        else element.requestVideoFrameCallback(look);
      };
      element.requestVideoFrameCallback(look);
    });
    element.currentTime = to;
    // Where one came to the end before, it has stopped.
    if (element.paused) element.play().catch(() => {});
    const took = await Promise.race([there, pause(patienceMs)]);
    if (took === undefined) seen.errors.push(`no frame at ${to}`);
    else times.push(took);
    await pause(1000);
  }
  const told = document.querySelector('.player-error:not([hidden]) [data-error]');
  return { ...seen, jumps: times, errors: [...seen.errors, ...(told ? [told.textContent] : [])] };
}"""
PATIENCE_MS = 30_000
HLS, DASH, FILE = "HLS", "DASH", "a file"
TYPES = {HLS: "application/vnd.apple.mpegurl", DASH: "application/dash+xml", FILE: "video/mp4"}


@dataclass(frozen=True, slots=True)
class Case:
    """A player and what it is given; `page` is a file name without its end, or nothing for our own player."""

    name: str
    page: str
    protocol: str


CASES = (
    Case("no player", "bare", FILE),
    Case("Social Flow's", "", HLS),
    Case("hls.js", "hls", HLS),
    Case("Shaka Player", "shaka", HLS),
    Case("Shaka Player", "shaka", DASH),
    Case("dash.js", "dash", DASH),
    Case("Video.js", "videojs", HLS),
    Case("Video.js", "videojs", DASH),
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def main() -> None:
    """Play, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as name, running() as url, chromium() as browser:
        folder = Path(name)
        client = sign_up(url)
        video = uploaded(client, asked.file or make_clip(folder)).video
        with elsewhere(folder) as origin:
            found = addresses(client, url, video)
            seen: dict[Case, list[dict[str, Any]]] = {case: [] for case in CASES}
            for _ in range(asked.runs):
                for case in CASES:
                    address = own_page(url, video) if not case.page else foreign_page(origin, case, found)
                    seen[case].append(play(browser, address))
        show(seen, browser.version)


def make_clip(folder: Path) -> Path:
    """Two minutes of 854x480: longer than any player loads ahead."""
    clip = folder / "film.mp4"
    picture = "testsrc2=size=854x480:rate=24"
    made = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330", "-t", "120", "-g", "48"]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", *made, *encoded, str(clip)], check=True)
    return clip


def addresses(client: httpx2.Client, url: str, video: dict[str, Any]) -> dict[str, str]:
    """What players are given, by protocol."""
    playback = video["playback"]
    master = client.get(playback["hls_url"]).raise_for_status().text.splitlines()
    # Pictures stand in the master from the lowest rung to the highest; sound alone may come behind them.
    best = max(at for at, line in enumerate(master) if line.startswith("#EXT-X-STREAM-INF:") and "RESOLUTION=" in line)
    playlist = urljoin(playback["hls_url"], master[best + 1])
    named = client.get(playlist).raise_for_status().text.splitlines()
    file = urljoin(playlist, next(line for line in named if line and not line.startswith("#")))
    found = {HLS: playback["hls_url"], DASH: playback["dash_url"], FILE: file}
    return {protocol: urljoin(url, path) for protocol, path in found.items()}


def own_page(url: str, video: dict[str, Any]) -> str:
    """The page with our own player alone, as it stands in frames."""
    return f"{url}/embed/{video['id']}?autoplay=1"


def foreign_page(origin: str, case: Case, found: dict[str, str]) -> str:
    """The page of another player."""
    return f"{origin}/{case.page}.html?{urlencode({'src': found[case.protocol], 'type': TYPES[case.protocol]})}"


@contextmanager
def elsewhere(folder: Path) -> Iterator[str]:
    """Another origin, with a page for each player."""
    root = folder / "elsewhere"
    root.mkdir()
    for name, script in PAGES.items():
        (root / f"{name}-page.js").write_text(COMMON + script)
        tag = f'<script src="{name}.js"></script>' if name != "bare" else ""
        (root / f"{name}.html").write_text(PAGE.format(script=tag, name=name))
        if tag:
            shutil.copyfile(SCRIPTS / f"{name}.js", root / f"{name}.js")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    names = (os.environ.get("CHROMIUM", ""), *CHROMIUM)
    program = next((path for name in names if name and (path := shutil.which(name))), None)
    if program is None:
        raise SystemExit("no Chromium: install one, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def play(browser: Browser, address: str) -> dict[str, Any]:
    """One player once, with nothing cached."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        page = context.new_page()
        page.add_init_script(NOTES)
        page.goto(address)
        wanted = {"jumps": JUMPS, "playedSeconds": PLAYED_SECONDS, "patienceMs": PATIENCE_MS}
        seen: dict[str, Any] = page.evaluate(WATCHED, wanted)
    finally:
        context.close()
    return seen


def show(seen: dict[Case, list[dict[str, Any]]], version: str) -> None:
    """Print the table."""
    table = Table(title=f"Chromium {version}, {len(next(iter(seen.values())))} runs, {os.cpu_count()} cores")
    for head in ("player", "what"):
        table.add_column(head)
    for head in ("first frame", "worst", "jump", "worst", "stalls", "errors"):
        table.add_column(head, justify="right")
    for case, runs in seen.items():
        firsts = [run["first"] for run in runs if run["first"] is not None]
        jumps = [jump for run in runs for jump in run["jumps"]]
        errors = [error for run in runs for error in run["errors"]]
        table.add_row(
            case.name,
            case.protocol,
            *(f"{of(times):.0f} ms" if times else "-" for times in (firsts, jumps) for of in (median, max)),
            str(sum(run["stalls"] for run in runs)),
            f"{len(errors)}: {errors[0][:40]}" if errors else "0",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
