"""A film in three codecs and two languages, as players that we did not write and our own choose among them."""

import functools
import os
import re
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.stories.test_players import THIRD_PARTY, Quiet, _ready_video

PAGE = """<!doctype html><meta charset="utf-8"><title>A page of somebody else's</title>
<video muted playsinline></video><output id="at">0</output><output id="error"></output>
<output id="codec"></output><output id="offered"></output><output id="sounds"></output><output id="heard"></output>
<script src="{player}.js"></script><script src="{player}-page.js"></script>"""
# What a browser cannot decode it refuses; `without` makes it refuse more, as browsers of other makers do.
COMMON = """
const video = document.querySelector('video'), say = (id, text) => { document.getElementById(id).textContent = text; };
const asked = new URLSearchParams(location.search), without = (asked.get('without') || '-').split(' ');
const can = (type) => !without.some((codec) => type.includes(codec));
const real = MediaSource.isTypeSupported.bind(MediaSource);
MediaSource.isTypeSupported = (type) => can(type) && real(type);
const info = navigator.mediaCapabilities.decodingInfo.bind(navigator.mediaCapabilities);
navigator.mediaCapabilities.decodingInfo = async (what) => {
  const types = [what.video?.contentType, what.audio?.contentType].filter(Boolean);
  return types.every(can) ? info(what) : { supported: false, smooth: false, powerEfficient: false };
};
const address = asked.get('src');
video.addEventListener('timeupdate', () => say('at', String(Math.floor(video.currentTime * 10))));
"""
PAGES = {
    "hls": COMMON
    + """
const player = new Hls();
const tell = () => { const level = player.levels[player.currentLevel]; if (level) say('codec', level.videoCodec); };
player.on(Hls.Events.MANIFEST_PARSED, (_, data) => {
  say('offered', data.levels.map((level) => `${level.height} ${level.videoCodec}`).join(', ')); video.play(); });
player.on(Hls.Events.AUDIO_TRACKS_UPDATED, (_, data) => {
  say('sounds', data.audioTracks.map((each) => `${each.lang} ${each.name}`).join(', ')); });
player.on(Hls.Events.AUDIO_TRACK_SWITCHED, (_, data) => say('heard', `${data.name} ${data.groupId}`));
player.on(Hls.Events.LEVEL_SWITCHED, tell);
player.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) say('error', data.details); });
player.loadSource(address); player.attachMedia(video);
""",
    "shaka": COMMON
    + """
const player = new shaka.Player();
player.addEventListener('error', (event) => say('error', String(event.detail.code)));
player.attach(video).then(() => player.load(address)).then(() => {
  say('offered', player.getVariantTracks().map((each) => each.videoCodec).join(', '));
  say('sounds', player.getAudioTracks().map((each) => `${each.language} ${each.label}`).join(', '));
  const now = player.getVariantTracks().find((each) => each.active);
  say('codec', now.videoCodec); say('heard', now.audioCodec); return video.play();
}).catch((fault) => say('error', String(fault)));
""",
}

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("players"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A public video in H.264, HEVC and AV1, with German, English and a commentary in AAC and Opus."""
    wanted = {"SF_MEDIA__CODECS": "hevc, av1", "SF_MEDIA__OPUS": "true"}
    with Instance(tmp_path_factory.mktemp("codecs") / "data", "--no-demo", **wanted) as instance:
        instance.wait_ready()
        form = {"email": "ada@example.org", "password": "a long enough one", "handle": "ada", "display_name": "Ada"}
        with httpx2.Client(base_url=instance.url, timeout=30) as client:
            given = client.post("/api/v1/auth/register", json=form).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {given['access_token']}"
            video = _ready_video(client, clips.clip("languages.mkv"))
        addresses = {name: f"{instance.url}{video['playback'][name]}" for name in ("hls_url", "dash_url")}
        yield {**addresses, "watch": f"{instance.url}/watch/{video['id']}"}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another origin, with a page for each player."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name, script in PAGES.items():
        (folder / f"{name}.js").write_bytes((THIRD_PARTY / f"{name}.js").read_bytes())
        (folder / f"{name}-page.js").write_text(script)
        (folder / f"{name}.html").write_text(PAGE.format(player=name))
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("player", "manifest", "without", "codec"),
    [
        ("hls", "hls_url", "hvc1", "av01"),
        ("hls", "hls_url", "av01 hvc1", "avc1"),
        ("hls", "hls_url", "av01 hvc1 opus", "avc1"),
        ("shaka", "hls_url", "av01 hvc1", "avc1"),
        ("shaka", "dash_url", "hvc1", "av01"),
        ("shaka", "dash_url", "av01 hvc1 opus", "avc1"),
    ],
)
def test_a_player_takes_a_newer_codec_where_it_can_and_h264_where_it_cannot(
    film: dict[str, Any], elsewhere: str, player: str, manifest: str, without: str, codec: str
) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{elsewhere}/{player}.html?src={film[manifest]}&without={without}")
        assert reaches(page, tenths=25), page.locator("#error").inner_text()

        expect(page.locator("#error")).to_have_text("")
        expect(page.locator("#codec")).to_have_text(re.compile(codec))
        offered = page.locator("#offered").inner_text()
        assert not [name for name in without.split() if name in offered], offered


@pytest.mark.parametrize(("player", "manifest"), [("hls", "hls_url"), ("shaka", "hls_url"), ("shaka", "dash_url")])
def test_a_player_lists_the_languages_and_begins_with_the_default(
    film: dict[str, Any], elsewhere: str, player: str, manifest: str
) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{elsewhere}/{player}.html?src={film[manifest]}")
        assert reaches(page, tenths=15), page.locator("#error").inner_text()

        listed = page.locator("#sounds").inner_text().split(", ")
        assert {"de Deutsch", "en English", "en The 'director' speaks"} <= set(listed)
        if player == "hls":
            expect(page.locator("#heard")).to_have_text(re.compile("^Deutsch sound"))


def test_our_own_player_offers_the_languages_and_changes_them_while_it_plays(film: dict[str, Any]) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(film["watch"])
        page.locator("sf-player video").evaluate("video => { video.muted = true; video.loop = true; }")
        page.get_by_role("button", name="Play").first.click()
        expect(page.locator("sf-player video")).to_have_js_property("paused", value=False)
        page.get_by_role("button", name="Settings").first.click()
        page.get_by_role("menuitem", name="Sound Deutsch").click()
        expect(page.get_by_role("menuitemradio")).to_have_text(["Deutsch", "English", "The 'director' speaks"])
        expect(page.get_by_role("menuitemradio", name="Deutsch")).to_have_attribute("aria-checked", "true")
        page.get_by_role("menuitemradio", name="English").click()
        expect(page.get_by_role("menuitem", name="Sound English")).to_be_visible()
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=str(Path(folder) / "sounds.png"))
        before = float(page.locator("sf-player video").evaluate("video => video.currentTime"))
        page.wait_for_timeout(1_500)
        assert float(page.locator("sf-player video").evaluate("video => video.currentTime")) != before


def reaches(page: Page, *, tenths: int) -> bool:
    """Whether it has played so far, in tenths of a second, within half a minute."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if int(page.locator("#at").inner_text()) >= tenths:
            return True
        time.sleep(0.2)
    return False
