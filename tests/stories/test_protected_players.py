"""Protected videos in players that we did not write, and in ours: with the key they play, without it nothing does.

The page with the players stands on another origin, as an app's would.
"""

import functools
import threading
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.stories.test_players import COMMON, PAGE, THIRD_PARTY, WATCHED, Quiet, _ready_video

PAGES = {
    "hls": COMMON
    + """
const licence = new URLSearchParams(location.search).get('licence');
const player = new Hls(licence
  ? { emeEnabled: true, drmSystems: { 'org.w3.clearkey': { licenseUrl: licence } } } : {});
player.on(Hls.Events.MANIFEST_PARSED, () => video.play());
player.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) say('error', data.details); });
player.loadSource(address); player.attachMedia(video);
""",
    "shaka": COMMON
    + """
const licence = new URLSearchParams(location.search).get('licence');
const player = new shaka.Player();
player.addEventListener('error', (event) => say('error', String(event.detail.code)));
if (licence) player.configure({ drm: { servers: { 'org.w3.clearkey': licence } } });
player.attach(video).then(() => player.load(address)).then(() => video.play())
  .catch((fault) => say('error', String(fault.code || fault)));
""",
}

pytestmark = [pytest.mark.xdist_group("players"), pytest.mark.timeout(400), pytest.mark.browser]


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """A public video for each protection, ready, in an installation of its own; addresses are absolute."""
    folder = tmp_path_factory.mktemp("protected")
    with Instance(folder / "data", "--no-demo") as instance:
        instance.wait_ready()
        form = {"email": "ada@example.org", "password": "a long enough one", "handle": "ada", "display_name": "Ada"}
        with httpx2.Client(base_url=instance.url, timeout=30) as client:
            given = client.post("/api/v1/auth/register", json=form).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {given['access_token']}"
            found = {}
            for kind in ("clearkey", "aes128"):
                video = _ready_video(client, clips.clip("wide.mp4"))
                path = f"/api/v1/videos/{video['id']}"
                client.put(f"{path}/protection", json={"protection": kind}).raise_for_status()
                until = time.monotonic() + 120
                while client.get(f"{path}/protection").json()["in_force"] != kind:
                    assert time.monotonic() < until, client.get(f"{path}/protection").json()
                    time.sleep(0.3)
                playback = client.get(path).json()["playback"]
                found[kind] = {
                    "hls": f"{instance.url}{playback['hls_url']}",
                    "dash": f"{instance.url}{playback['dash_url']}" if playback["dash_url"] else "",
                    "licence": f"{instance.url}{playback['protection']['license_url'] or ''}",
                    "key": f"{instance.url}{playback['protection']['key_url']}",
                    "watch": f"{instance.url}/watch/{video['id']}",
                }
            yield found


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
    ("player", "kind", "manifest", "asks"),
    [
        ("hls", "aes128", "hls", False),
        ("shaka", "aes128", "hls", False),
        ("hls", "clearkey", "hls", True),
        ("shaka", "clearkey", "dash", True),
    ],
)
def test_a_player_with_the_key_begins_seeks_and_goes_on(
    protected: dict[str, dict[str, Any]], elsewhere: str, player: str, kind: str, manifest: str, *, asks: bool
) -> None:
    film = protected[kind]
    with chromium() as browser:
        page = browser.new_page()
        keys: list[str] = []
        page.on("request", lambda request: keys.append(request.url) if _is_key(request.url) else None)
        licence = f"&licence={film['licence']}" if asks else ""
        page.goto(f"{elsewhere}/{player}.html?src={film[manifest]}{licence}")
        seen = page.evaluate(WATCHED)
        assert seen["error"] == "", seen
        assert keys, "it has asked for the key"
        encrypted = page.evaluate("document.querySelector('video').mediaKeys !== null")
        assert encrypted is (kind == "clearkey"), "the browser's own decryption module has the key"


@pytest.mark.parametrize(
    ("player", "kind", "manifest"),
    [("hls", "aes128", "hls"), ("hls", "clearkey", "hls"), ("shaka", "clearkey", "dash")],
)
def test_a_player_that_is_refused_the_key_shows_nothing(
    protected: dict[str, dict[str, Any]], elsewhere: str, player: str, kind: str, manifest: str
) -> None:
    film = protected[kind]
    with chromium() as browser:
        page = browser.new_page()
        page.route(_is_key, lambda route: route.fulfill(status=404))
        licence = f"&licence={film['licence']}" if kind == "clearkey" else ""
        page.goto(f"{elsewhere}/{player}.html?src={film[manifest]}{licence}")
        expect(page.locator("#error")).not_to_have_text("", timeout=60_000)
        assert page.evaluate("document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames") == 0


@pytest.mark.parametrize("kind", ["clearkey", "aes128"])
def test_our_own_player_plays_it(protected: dict[str, dict[str, Any]], kind: str) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(protected[kind]["watch"])
        page.locator("sf-player video").evaluate("video => { video.muted = true; }")
        page.get_by_role("button", name="Play").first.click()
        page.wait_for_function("() => document.querySelector('sf-player video').currentTime > 1.5", timeout=60_000)
        assert page.locator("[data-error]").inner_text() == ""


def _is_key(url: str) -> bool:
    path = urlsplit(url).path
    return path.startswith("/media/~") and ("/keys/" in path or path.endswith("/license"))
