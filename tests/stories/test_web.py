"""The whole story in a real browser, against a whole installation: nothing here is a stand-in."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.factories import clips
from tests.factories.browser import chromium
from tests.factories.instance import Instance, until
from tests.web.pages import Watched, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("web"), pytest.mark.timeout(300)]

# Moves the time to publish of the video with this id to a few seconds from now.
SOON = """async (id) => {
  const headers = {
    "Content-Type": "application/json",
    "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content,
  };
  const body = JSON.stringify({ publish_at: new Date(Date.now() + 3000).toISOString() });
  return (await fetch(`/api/v1/videos/${id}`, { method: "PATCH", headers, body })).status;
}"""
PASSWORD = "correct horse battery"
DESKTOP = {"viewport": {"width": 1280, "height": 820}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PATIENCE = 90_000
SLOW_UPLINK = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 3_000_000}

DROP = """text => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "drop.mp4", { type: "video/mp4" }));
  document.dispatchEvent(new DragEvent("dragenter", { dataTransfer: transfer }));
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("web") / "data"
    room = {"SF_MEDIA__QUOTA_BYTES": "100000000"}
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false", **room) as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


@contextmanager
def person(chrome: Browser, running: Instance, handle: str, **options: object) -> Iterator[Watched]:
    """Somebody who has just signed up with the form."""
    with opened(chrome, running.url, cookie=None, **(options or DESKTOP)) as watched:
        page = watched.page
        page.goto("/signup")
        page.get_by_label("Name", exact=True).fill(f"{handle.title()} Fjord")
        page.get_by_label("Handle").fill(handle)
        page.get_by_label("E-mail").fill(f"{handle}@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign up").click()
        expect(page).to_have_url(f"{running.url}/")
        yield watched


def upload(page: Page, path: Path, title: str, visibility: str = "Public") -> str:
    """Upload a file with the page, publish it, and give the address of its page once it can be watched."""
    page.goto("/upload")
    page.get_by_label("Choose files").set_input_files(path)
    card = page.locator(".up-card")
    card.get_by_label("Title").fill(title)
    card.get_by_label(re.compile(f"^{visibility}")).check()
    card.locator("[data-save]").click()
    expect(card.locator("[data-saved]")).to_contain_text("Saved", timeout=PATIENCE)
    expect(card.locator("[data-save]")).to_have_text("Save")
    watch = card.get_by_role("link", name="Watch")
    expect(watch).to_be_visible(timeout=PATIENCE)
    return str(watch.get_attribute("href"))


def seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def plays(page: Page, beyond: float = 0.5) -> None:
    """Wait until the video has got so far."""
    expect(page.locator("sf-player")).to_have_class(re.compile("begun"))
    for _ in range(100):
        if seconds(page) > beyond:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"stands at {seconds(page)} s")


def test_from_a_phones_video_to_a_followers_feed(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "wilma") as wilma, person(chrome, running, "noor", **PHONE) as noor:
        address = upload(wilma.page, clips.clip("wide.mp4"), "A walk by the sea")
        wilma.page.get_by_role("link", name="Watch").click()
        plays(wilma.page)

        page = noor.page
        page.goto("/following")
        expect(page.get_by_role("heading", name="Your feed starts with a follow")).to_be_visible()
        page.get_by_role("button", name="Follow Wilma Fjord").click()
        expect(page.get_by_role("button", name="Follow Wilma Fjord")).to_have_attribute("aria-pressed", "true")
        page.goto("/following")
        page.get_by_role("link", name="A walk by the sea").first.click()
        expect(page).to_have_url(re.compile(address))
        plays(page)
        page.locator(".watch-bar .like").click()
        expect(page.locator(".watch-bar .like")).to_have_accessible_name("Like, 1 like")
        page.get_by_label("Your comment", exact=True).fill("What a sea!")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.locator("#comment-list")).to_contain_text("What a sea!")

        wilma.page.goto(address)
        thread = wilma.page.locator("#comment-list > .comment").first
        expect(thread).to_contain_text("Noor Fjord")
        thread.get_by_text("Reply", exact=True).first.click()
        thread.get_by_label("Your reply").fill("Come along")
        thread.get_by_role("button", name="Reply", exact=True).click()
        expect(thread.locator(".comment")).to_contain_text("Come along")
        wilma.page.goto("/@wilma")
        expect(wilma.page.locator(".channel-head")).to_contain_text("1 follower")


def test_the_player_does_what_a_player_does(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "kino") as kino:
        page = kino.page
        address = upload(page, clips.clip("long.mp4"), "Thirteen seconds")
        page.goto("/my/videos")
        expect(page.locator(".badge", has_text="Ready")).to_be_visible(timeout=PATIENCE)
        page.goto(address)
        player = page.locator("sf-player")
        page.get_by_role("button", name="Play (k)").first.click()
        plays(page)

        page.keyboard.press("k")
        expect(player).not_to_have_class(re.compile("playing"))
        page.keyboard.press("5")
        assert 6 < seconds(page) < 7
        page.keyboard.press("j")
        assert seconds(page) == 0
        page.keyboard.press("l")
        page.keyboard.press("m")
        expect(player).to_have_attribute("data-sound", "mute")

        page.get_by_role("button", name="Playback settings").click()
        page.get_by_role("menuitem", name="Speed").click()
        page.get_by_role("menuitemradio", name=re.compile(r"^1\.5")).click()
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.5
        page.get_by_role("menuitem", name="Quality").click()
        expect(page.get_by_role("menuitemradio", name="360p")).to_be_visible()
        expect(page.get_by_role("menuitemradio", name="Auto")).to_have_attribute("aria-checked", "true")
        page.get_by_role("menuitemradio", name="360p").click()
        page.keyboard.press("Escape")
        page.keyboard.press("k")
        expect(player).to_have_attribute("data-quality", "360")

        page.locator(".scrub").hover(position={"x": 300, "y": 10})
        picture = page.locator(".scrub-picture")
        expect(picture).to_be_visible()
        expect(picture).to_have_css("background-image", re.compile("storyboard"))
        page.locator(".scrub-input").focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".scrub-input")).to_have_attribute(
            "aria-valuetext", re.compile(r"^\d+ seconds of 13 seconds")
        )
        with page.expect_response(re.compile("/me/positions/")):
            page.keyboard.press("6")
            plays(page, 7.9)
            # The film is over in five seconds, or at this speed in three.
            page.keyboard.press("k")
        expect(player).not_to_have_class(re.compile("playing"))

        page.goto("/")
        expect(page.locator(".thumb-resume")).to_be_visible()
        page.goto(address)
        page.get_by_role("button", name="Play (k)").first.click()
        expect(page.locator(".player-resumed")).to_contain_text(re.compile(r"Resumed at 0:(0[7-9]|1[0-2])"))
        plays(page, 6)


def test_an_upload_goes_on_after_a_closed_tab(chrome: Browser, running: Instance, tmp_path: Path) -> None:
    heavy = tmp_path / "heavy.mp4"
    made = ("-f", "lavfi", "-i", "nullsrc=s=640x360:r=25:d=7,geq=random(1)*255:128:128")
    clips.ffmpeg("-v", "error", "-y", *made, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", str(heavy))
    assert heavy.stat().st_size > 20_000_000

    with person(chrome, running, "tidal") as tidal:
        context = tidal.page.context
        session = context.new_cdp_session(tidal.page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_UPLINK)
        tidal.page.goto("/upload")
        tidal.page.get_by_label("Choose files").set_input_files(heavy)
        assert _who_can_watch(tidal.page) == "public"
        # Beyond the first piece, and with more to come than the connection's own buffers hold.
        expect(tidal.page.locator("[data-stats]").first).to_contain_text(re.compile(r"[567]\d %"), timeout=PATIENCE)
        tidal.page.close(run_before_unload=False)

        page = context.new_page()
        page.goto("/upload")
        expect(page.get_by_role("heading", name="Unfinished")).to_be_visible()
        expect(page.locator(".unfinished-row")).to_contain_text("heavy.mp4")
        offsets: list[int] = []
        page.on(
            "request",
            lambda sent: offsets.append(int(sent.headers.get("upload-offset", 0))) if sent.method == "PATCH" else None,
        )
        page.get_by_label("Choose files").set_input_files(heavy)
        expect(page.get_by_role("link", name="Watch")).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("heading", name="Unfinished")).to_be_hidden()
        assert _who_can_watch(page) == "public", "it is offered as at first"
        assert offsets
        assert offsets[0] >= 8 * 1024**2
        page.goto("/my/videos")
        expect(page.locator(".studio-row")).to_have_count(1)


def _who_can_watch(page: Page) -> str:
    return str(page.locator(".up-form input[name=visibility]:checked").input_value())


def test_of_two_tabs_one_sends_and_a_twin_is_told(chrome: Browser, running: Instance, tmp_path: Path) -> None:
    film, beyond = clips.clip("plain.mp4"), tmp_path / "beyond.mp4"
    with beyond.open("wb") as file:
        file.truncate(120_000_000)
    with person(chrome, running, "twins") as watched:
        first, second = watched.page, watched.page.context.new_page()
        session = first.context.new_cdp_session(first)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {**SLOW_UPLINK, "uploadThroughput": 20_000})
        first.goto("/upload")
        first.get_by_label("Choose files").set_input_files(film)
        expect(first.locator("[data-stats]").first).to_contain_text("left")
        second.goto("/upload")
        second.get_by_label("Choose files").set_input_files(film)
        card = second.locator(".up-card")
        expect(card.locator("[data-fault]")).to_contain_text("Another tab is sending this file")
        first.get_by_role("button", name="Pause").click()
        expect(card.get_by_role("link", name="Watch", exact=True)).to_be_visible(timeout=PATIENCE)
        expect(card.locator("[data-twin]")).to_be_hidden()
        first.close(run_before_unload=False)
        original = card.get_by_role("link", name="Watch", exact=True).get_attribute("href")

        second.goto("/upload")
        second.get_by_label("Choose files").set_input_files([beyond, film])
        expect(second.locator(".toast-error")).to_contain_text("There is no room for beyond.mp4")
        expect(card).to_have_count(1)
        expect(card.locator("[data-twin]")).to_contain_text("same file before, as “plain.mp4”", timeout=PATIENCE)
        expect(card.get_by_role("link", name="Watch it")).to_have_attribute("href", str(original))
        second.goto("/my/videos")
        expect(second.locator(".studio-row")).to_have_count(2)


def test_an_upload_can_be_paused_and_dropped_files_are_taken(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "pause") as watched:
        page = watched.page
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {**SLOW_UPLINK, "uploadThroughput": 100_000})
        page.goto("/upload")
        page.evaluate(DROP, _base64(clips.clip("wide.mp4")))
        card = page.locator(".up-card")
        expect(card).to_contain_text("drop.mp4")
        expect(card.locator("[data-stats]")).to_contain_text("left")
        card.get_by_role("button", name="Pause").click()
        expect(card.locator("[data-stats]")).to_contain_text("paused")
        session.send("Network.emulateNetworkConditions", {**SLOW_UPLINK, "uploadThroughput": -1})
        card.get_by_role("button", name="Resume").click()
        expect(card.get_by_role("link", name="Watch")).to_be_visible(timeout=PATIENCE)


def test_a_file_that_is_no_video_fails_in_words(chrome: Browser, running: Instance, tmp_path: Path) -> None:
    text = tmp_path / "holiday.mp4"
    text.write_text("This is a diary, not a film. " * 500)
    with person(chrome, running, "sundog") as sundog:
        page = sundog.page
        page.goto("/upload")
        page.get_by_label("Choose files").set_input_files(text)
        expect(page.locator(".up-card [data-fault]")).to_contain_text("not a video", timeout=PATIENCE)
        expect(page.locator(".up-card [data-stats]")).not_to_contain_text("Preparing")
        page.goto("/my/videos")
        row = page.locator(".studio-row")
        expect(row).to_contain_text("Failed")
        row.get_by_role("button", name="Delete").click()
        page.locator("#confirm").get_by_role("button", name="Delete").click()
        expect(page.locator(".studio-row")).to_have_count(0)


def test_a_video_waits_for_its_time(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "later", **DESKTOP, timezone_id="Asia/Kathmandu") as watched:
        page = watched.page
        page.goto("/upload")
        page.get_by_label("Choose files").set_input_files(clips.clip("plain.mp4"))
        card = page.locator(".up-card")
        card.get_by_label("Title").fill("Patience")
        card.get_by_label("Publish later").fill("2001-01-01T08:00")
        expect(card.locator("[data-save]")).to_have_text("Schedule")
        card.locator("[data-save]").click()
        expect(card.locator("[data-fault-publish_at]")).to_contain_text("a time to come", timeout=PATIENCE)

        tomorrow = datetime.now(UTC) + timedelta(days=1)
        card.get_by_label("Publish later").fill(f"{tomorrow:%Y-%m-%dT08:00}")
        card.locator("[data-save]").click()
        expect(card.locator("[data-saved]")).to_contain_text("It is scheduled for", timeout=PATIENCE)
        watch = card.get_by_role("link", name="Watch")
        expect(watch).to_be_visible(timeout=PATIENCE)
        address = running.url + str(watch.get_attribute("href"))
        watch.click()
        expect(page.locator(".notice", has_text="Scheduled for")).to_contain_text("you alone")
        page.get_by_role("button", name="Play (k)").first.click()
        plays(page)
        assert httpx2.get(address).status_code == 404
        assert "Patience" not in httpx2.get(running.url + "/").text

        assert page.evaluate(SOON, address.rpartition("/")[2]) == 200
        assert until(lambda: httpx2.get(address).status_code == 200, seconds=60)
        assert "Patience" in httpx2.get(running.url + "/@later").text
        page.reload()
        expect(page.locator(".notice", has_text="Scheduled for")).to_have_count(0)
        watched.forgive("422")


def test_a_private_video_is_for_its_owner(chrome: Browser, running: Instance) -> None:
    with person(chrome, running, "maro") as maro:
        address = upload(maro.page, clips.clip("plain.mp4"), "A secret", "Private")
        maro.page.goto(address)
        expect(maro.page.locator(".about-video")).to_contain_text("Private")
        maro.page.get_by_role("button", name="Play (k)").first.click()
        plays(maro.page)

        assert httpx2.get(running.url + address).status_code == 404
        assert "A secret" not in httpx2.get(running.url + "/").text
        assert "A secret" not in httpx2.get(running.url + "/@maro").text

        maro.page.goto(address)
        maro.page.get_by_role("link", name="Edit").click()
        maro.page.get_by_label("Title").fill("No secret")
        maro.page.get_by_label(re.compile("^Public")).check()
        maro.page.get_by_role("button", name="Save").click()
        expect(maro.page).to_have_url(re.compile("/my/videos$"))
        assert "No secret" in httpx2.get(running.url + address).text


def test_the_reference_works_and_asks_nobody_else(chrome: Browser, running: Instance) -> None:
    with opened(chrome, running.url, cookie=None, **DESKTOP) as watched:
        page = watched.page
        page.goto("/docs")
        expect(page.locator("#docs")).to_contain_text("bearerAuth", timeout=PATIENCE)
        page.goto("/docs/try")
        expect(page.locator(".opblock").first).to_be_visible(timeout=PATIENCE)


def test_a_server_out_of_reach_is_said(chrome: Browser, running: Instance) -> None:
    with opened(chrome, running.url, cookie=None, **DESKTOP) as watched:
        page = watched.page
        page.goto("/about")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.context.set_offline(True)
        page.goto("/login")
        expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
        watched.faults.clear()


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
