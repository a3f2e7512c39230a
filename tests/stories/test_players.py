"""Players that we did not write play what we serve: four in Chromium, ffprobe and ffmpeg from a shell.

The page with the players stands on another origin, as an app's would.
"""

import functools
import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance

from socialflow.adapters.encoder.ffmpeg import binaries

PROBE = ("-show_streams", "-show_format", "-of", "json")
THIRD_PARTY = Path(__file__).parents[1] / "third_party"
TUS = {"Tus-Resumable": "1.0.0"}
PAGE = """<!doctype html><meta charset="utf-8"><title>A page of somebody else's</title>
<video muted playsinline></video><output id="at">0</output><output id="error"></output>
<output id="heights"></output><output id="texts"></output><output id="cues"></output>
<script src="{player}.js"></script><script src="{player}-page.js"></script>"""
FRAME = """<!doctype html><meta charset="utf-8"><title>A page of somebody else's</title>
<iframe width="640" height="360" allow="autoplay; fullscreen"></iframe><script src="frame.js"></script>"""
FRAMING = "document.querySelector('iframe').src = new URLSearchParams(location.search).get('src');"
COMMON = """
const video = document.querySelector('video'), say = (id, text) => { document.getElementById(id).textContent = text; };
const address = new URLSearchParams(location.search).get('src');
video.addEventListener('timeupdate', () => say('at', String(Math.floor(video.currentTime * 10))));
"""
PAGES = {
    "hls": COMMON
    + """
const player = new Hls();
player.on(Hls.Events.MANIFEST_PARSED, (_, data) => {
  say('heights', data.levels.map((level) => level.height).join(' ')); video.play(); });
player.on(Hls.Events.SUBTITLE_TRACKS_UPDATED, (_, data) => {
  say('texts', data.subtitleTracks.map((each) => each.lang).join(' ')); player.subtitleTrack = 0; });
player.on(Hls.Events.CUES_PARSED, () => {
  say('cues', [...video.textTracks].flatMap((each) => [...(each.cues ?? [])]).map((cue) => cue.text).join('|')); });
player.on(Hls.Events.SUBTITLE_FRAG_PROCESSED, () => {
  say('cues', [...video.textTracks].flatMap((each) => [...(each.cues ?? [])]).map((cue) => cue.text).join('|')); });
player.on(Hls.Events.ERROR, (_, data) => say('error', data.details));
player.loadSource(address); player.attachMedia(video);
""",
    "dash": COMMON
    + """
const player = dashjs.MediaPlayer().create();
player.on('error', (event) => say('error', JSON.stringify(event.error)));
player.on('streamInitialized', () => say('heights',
  player.getRepresentationsByType('video').map((each) => each.height).sort((a, b) => a - b).join(' ')));
player.on('allTextTracksAdded', (event) => {
  say('texts', event.tracks.map((each) => each.lang).join(' ')); player.setTextTrack(0); });
setInterval(() => {
  const cues = [...video.textTracks].flatMap((each) => [...(each.cues ?? [])]).map((cue) => cue.text);
  if (cues.length) say('cues', cues.join('|')); }, 200);
player.updateSettings({ streaming: { text: { defaultEnabled: true } } });
player.initialize(video, address, true);
""",
    "shaka": COMMON
    + """
const player = new shaka.Player();
player.addEventListener('error', (event) => say('error', String(event.detail.code)));
player.attach(video).then(() => player.load(address)).then(() => video.play())
  .catch((fault) => say('error', String(fault)));
""",
    "videojs": COMMON
    + """
const player = videojs(video, { html5: { vhs: { overrideNative: true } } });
player.on('error', () => say('error', player.error().message));
player.src({ src: address, type: 'application/vnd.apple.mpegurl' });
player.play();
""",
}
# Milliseconds to the first frame and of a seek, and how often a player waited for bytes after it had begun.
WATCHED = """async () => {
  const video = document.querySelector('video');
  const when = (holds) => new Promise((done, fail) => {
    const until = performance.now() + 20000;
    const look = () => {
      if (holds()) return done(performance.now());
      if (performance.now() > until) return fail(new Error(`stuck at ${video.currentTime}`));
      setTimeout(look, 10);
    };
    look();
  });
  const first = await when(() => video.readyState >= 2 && video.currentTime > 0);
  let stalls = 0;
  const note = () => { if (!video.seeking) stalls += 1; };
  video.addEventListener('waiting', note);
  await when(() => video.currentTime > 1.2);
  video.removeEventListener('waiting', note);
  const asked = performance.now();
  video.currentTime = 4;
  const there = await when(() => !video.seeking && video.currentTime > 4.05);
  await when(() => video.currentTime > 5);
  return { first, seek: there - asked, stalls, error: document.getElementById('error').textContent };
}"""

pytestmark = [pytest.mark.xdist_group("players"), pytest.mark.timeout(240)]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def playback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A public video of two rungs and sound, ready, in an installation of its own; addresses are absolute."""
    folder = tmp_path_factory.mktemp("players")
    with Instance(folder / "data", "--no-demo") as instance:
        instance.wait_ready()
        form = {"email": "ada@example.org", "password": "a long enough one", "handle": "ada", "display_name": "Ada"}
        with httpx2.Client(base_url=instance.url, timeout=30) as client:
            given = client.post("/api/v1/auth/register", json=form).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {given['access_token']}"
            video = _ready_video(client, clips.clip("wide.mp4"))
            found = video["playback"]

            def change(**body: Any) -> None:
                client.patch(f"/api/v1/videos/{video['id']}", json=body).raise_for_status()

            names = ("hls_url", "dash_url", "poster", "storyboard")
            addresses = {name: f"{instance.url}{found[name]}" for name in names}
            kept = {"id": video["id"], "api": f"{instance.url}/api/v1/videos/{video['id']}", "change": change}
            yield {**addresses, **kept, "url": instance.url, "token": given["access_token"]}


@pytest.fixture(scope="module")
def captioned(playback: dict[str, Any]) -> dict[str, Any]:
    """The same video with captions in two languages, as soon as its manifests list them."""
    words = b"1\n00:00:00,500 --> 00:00:03,000\nGood <i>morning</i>\n\n2\n00:00:03,500 --> 00:00:05,500\nGood night\n"
    with httpx2.Client(timeout=30, headers={"Authorization": f"Bearer {playback['token']}"}) as client:
        for language, default in (("en", "true"), ("pt-BR", "false")):
            path = f"{playback['api']}/captions/{language}?is_default={default}"
            client.put(path, content=words).raise_for_status()
        for _ in range(150):
            if client.get(f"{playback['hls_url']}?{time.time()}").text.count("TYPE=SUBTITLES") == 2:
                return playback
            time.sleep(0.1)
    raise AssertionError("the manifest lists no captions")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another origin, with a page for each player."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "frame.html").write_text(FRAME)
    (folder / "frame.js").write_text(FRAMING)
    for name, script in PAGES.items():
        (folder / f"{name}.js").write_bytes((THIRD_PARTY / f"{name}.js").read_bytes())
        (folder / f"{name}-page.js").write_text(script)
        (folder / f"{name}.html").write_text(PAGE.format(player=name))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(("player", "manifest"), [("hls", "hls_url"), ("dash", "dash_url")])
def test_a_third_party_player_plays_every_rung_from_another_origin(
    playback: dict[str, Any], elsewhere: str, player: str, manifest: str
) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{elsewhere}/{player}.html?src={playback[manifest]}")

        expect(page.locator("#heights")).to_have_text("360 480", timeout=20_000)
        assert _reaches(page, tenths=35), page.locator("#error").inner_text()
        expect(page.locator("#error")).to_have_text("")


@pytest.mark.browser
@pytest.mark.adversary
def test_players_of_four_makers_begin_seek_and_go_on_without_an_error_or_a_stall(
    playback: dict[str, Any], elsewhere: str
) -> None:
    tried = [
        ("hls", "hls_url"),
        ("shaka", "hls_url"),
        ("videojs", "hls_url"),
        ("shaka", "dash_url"),
        ("dash", "dash_url"),
    ]
    with chromium() as browser:
        for player, manifest in tried:
            page = browser.new_page()
            page.goto(f"{elsewhere}/{player}.html?src={playback[manifest]}")
            seen = page.evaluate(WATCHED)
            print(f"{player} {manifest}: first frame {seen['first']:.0f} ms, seek {seen['seek']:.0f} ms")
            assert (seen["stalls"], seen["error"]) == (0, ""), (player, manifest, seen)
            page.close()


@pytest.mark.browser
def test_the_page_for_frames_plays_in_a_page_of_somebody_else_s_and_only_where_it_may(
    playback: dict[str, Any], elsewhere: str
) -> None:
    elsewhere_too = elsewhere.replace("127.0.0.1", "localhost")
    playback["change"](embed_domains=[elsewhere.removeprefix("http://")])
    address = f"{playback['url']}/embed/{playback['id']}"
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{elsewhere}/frame.html?src={address}?autoplay=1")
        video = page.frame_locator("iframe").locator("sf-player video")
        expect(video).to_have_js_property("muted", value=True)
        frame = next(each for each in page.frames if each.url.startswith(address))
        frame.wait_for_function("() => document.querySelector('sf-player video')?.currentTime > 1", timeout=20_000)

        page.goto(f"{elsewhere_too}/frame.html?src={address}")
        page.wait_for_timeout(500)
        assert not [each for each in page.frames if each.url.startswith(address)]


@pytest.mark.browser
def test_a_visitor_downloads_what_its_owner_allows(playback: dict[str, Any], tmp_path: Path) -> None:
    playback["change"](allow_download=True)
    with chromium() as browser:
        page = browser.new_page(accept_downloads=True)
        page.goto(f"{playback['url']}/watch/{playback['id']}")
        with page.expect_download(timeout=60_000) as coming:
            page.get_by_role("link", name="Download").click()
        assert coming.value.suggested_filename == "For everybody (480p).mp4"
        coming.value.save_as(tmp_path / "film.mp4")
    found = json.loads(clips.ffprobe(*PROBE, str(tmp_path / "film.mp4")))
    assert {stream["codec_name"] for stream in found["streams"]} == {"h264", "aac"}


def test_ffprobe_reads_streams_and_length_of_hls(playback: dict[str, Any]) -> None:
    found = json.loads(_run(binaries.bundled_ffprobe(), *PROBE, playback["hls_url"]).stdout)

    kinds = {stream["codec_name"] for stream in found["streams"]}
    assert {"h264", "aac"} <= kinds
    assert {stream["height"] for stream in found["streams"] if "height" in stream} == {360, 480}
    assert abs(float(found["format"]["duration"]) - 6) < 0.2


def test_ffmpeg_decodes_all_of_hls_without_a_complaint(playback: dict[str, Any]) -> None:
    done = _run(binaries.bundled_ffmpeg(), "-i", playback["hls_url"], "-map", "0", "-f", "null", "-")

    assert done.stderr == ""


def test_ffmpeg_decodes_every_rung_of_dash(playback: dict[str, Any]) -> None:
    # The bundled ffprobe has no DASH; ffmpeg has, and tells what it found.
    arguments = ("-v", "info", "-i", playback["dash_url"], "-map", "0", "-f", "null", "-")
    done = _run(binaries.bundled_ffmpeg(), *arguments)

    assert {int(height) for height in re.findall(r"Video: h264.*?, \d+x(\d+)", done.stderr)} == {360, 480}
    assert "Audio: aac" in done.stderr
    assert re.findall(r"time=00:00:0([56])\.", done.stderr), done.stderr[-2_000:]


@pytest.mark.browser
@pytest.mark.parametrize(("player", "manifest"), [("hls", "hls_url"), ("dash", "dash_url")])
def test_a_third_party_player_finds_the_captions_in_the_manifest(
    captioned: dict[str, Any], elsewhere: str, player: str, manifest: str
) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{elsewhere}/{player}.html?src={captioned[manifest]}?{time.time()}")

        expect(page.locator("#texts")).to_have_text("en pt-BR", timeout=20_000)
        expect(page.locator("#cues")).to_have_text("Good <i>morning</i>|Good night", timeout=20_000)
        expect(page.locator("#error")).to_have_text("")


@pytest.mark.browser
def test_our_own_player_shows_the_captions_once(captioned: dict[str, Any]) -> None:
    address = captioned["api"].replace("/api/v1/videos/", "/watch/")
    with chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        page.locator("sf-player video").evaluate("video => { video.muted = true; }")
        page.get_by_role("button", name="Play").first.click()
        expect(page.locator(".player-captions")).to_have_text("Good morning", timeout=20_000)
        expect(page.locator('[data-act="captions"]')).to_have_attribute("aria-pressed", "true")
        labels = page.evaluate("[...document.querySelector('sf-player video').textTracks].map((track) => track.label)")
        assert labels == ["English", "Portugu\u00eas (Brasil)"]


def _ready_video(client: httpx2.Client, file: Path) -> dict[str, Any]:
    data = file.read_bytes()
    answer = client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": str(len(data))}).raise_for_status()
    address = answer.headers["Location"]
    body = {"upload_id": address.rpartition("/")[2], "title": "For everybody", "visibility": "public"}
    video = client.post("/api/v1/videos", json=body).raise_for_status().json()
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    client.patch(address, headers=headers, content=data).raise_for_status()
    until = time.monotonic() + 120
    while video["state"] != "ready":
        assert time.monotonic() < until, video
        assert video["state"] != "failed", video
        time.sleep(0.2)
        video = client.get(f"/api/v1/videos/{video['id']}").raise_for_status().json()
    return dict(video)


def _reaches(page: Page, *, tenths: int) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if int(page.locator("#at").inner_text()) >= tenths:
            return True
        time.sleep(0.2)
    return False


def _run(program: Path | None, *arguments: str) -> "subprocess.CompletedProcess[str]":
    assert program is not None
    command = [str(program), "-v", "error", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
