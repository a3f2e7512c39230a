"""In a real browser: an app is registered, let in, remembered and put out, and a device is let in."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories.accounts import PASSWORD
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.factories.oauth import asking
from tests.web.pages import opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("identity"), pytest.mark.timeout(300)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = (("light", 390), ("dark", 1280))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("apps") / "data"
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false") as instance:
        yield instance.wait_ready().url


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


class Listening(BaseHTTPRequestHandler):
    """The app, on a port of its own choice."""

    def do_GET(self) -> None:
        """Say that one is back."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Back</title>Back in the app")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def back() -> Iterator[str]:
    """Where the app waits for the answer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/back"
        server.shutdown()


def look_at(page: Page) -> None:
    """Nothing that axe finds, nothing cut off, in a narrow light and a wide dark window."""
    for scheme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of its words
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, page.url
        violations = Axe().run(page, options=RULES).response["violations"]
        assert not violations, [(found["id"], found["nodes"][0]["target"]) for found in violations]


def sign_up(page: Page, handle: str) -> None:
    page.goto("/signup")
    page.get_by_label("Name", exact=True).fill(handle.title())
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("E-mail").fill(f"{handle}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("button", name="Sign up")).not_to_be_visible()


def register_app(page: Page) -> str:
    """Register an app by the page; gives its id."""
    page.goto("/settings/apps")
    look_at(page)
    page.get_by_role("link", name="Register an app").click()
    page.get_by_label("Name", exact=True).fill("Sky")
    page.get_by_label("Website", exact=True).fill("https://sky.example")
    page.get_by_label("Where people are sent back to").fill("http://sky.example/back")
    page.get_by_label("It keeps a secret").check()
    page.get_by_label("It runs where nobody can type").check()
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.locator("#redirect_uris-fault")).to_contain_text("http://127.0.0.1/")
    look_at(page)
    page.get_by_label("Where people are sent back to").fill("http://127.0.0.1/back")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_text("it is shown this once")).to_be_visible()
    look_at(page)
    secrets = page.locator(".app-secret")
    assert re.fullmatch(r"sfcs_[\w-]{43}", secrets.nth(1).inner_text())
    return secrets.nth(0).inner_text()


def test_an_app_s_life_in_pages(chrome: Browser, address: str, back: str) -> None:
    with opened(chrome, address, cookie=None) as watched:
        page = watched.page
        # Going out to the app is what is wanted.
        watched.forgive(f"foreign: {back.removesuffix('/back')}", "422")
        code = re.compile(re.escape(back) + r"\?code=sfac_")
        sign_up(page, "ada")
        client_id = register_app(page)
        ask = f"/oauth/authorize?{urlencode(asking(client_id, redirect_uri=back, scope='read'))}"

        page.goto(ask)
        expect(page.get_by_role("heading", name="Let this app in?")).to_be_visible()
        expect(page.get_by_text("Anybody could have made it")).to_be_visible()
        look_at(page)
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_url(re.compile(r"error=access_denied"))
        page.goto(ask)
        page.get_by_role("button", name="Allow").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(code)

        # Remembered; by way of the log-in form, which must not hinder what follows it.
        page.context.clear_cookies()
        page.goto(ask)
        page.get_by_label("E-mail or handle").fill("ada")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(code)

        page.goto("/settings/apps")
        expect(page.get_by_text("last used")).not_to_be_visible()
        look_at(page)
        page.get_by_role("button", name="Take Sky out").click()
        expect(page.get_by_text("The app is out")).to_be_visible()
        page.goto(ask)
        expect(page.get_by_role("button", name="Allow")).to_be_visible()
        page.goto(f"/settings/apps/{client_id}")
        look_at(page)
        page.get_by_role("button", name="Delete this app").click()
        expect(page.get_by_text("The app is gone")).to_be_visible()


def test_a_device_is_let_in_by_hand(chrome: Browser, address: str) -> None:
    with opened(chrome, address, cookie=None) as watched:
        page = watched.page
        watched.forgive("404", "422")
        sign_up(page, "bob")
        page.goto("/settings/apps/new")
        page.get_by_label("Name", exact=True).fill("Tele")
        page.get_by_label("Website", exact=True).fill("https://tele.example")
        page.get_by_label("It runs where nobody can type").check()
        page.get_by_role("button", name="Register", exact=True).click()
        client_id = page.locator(".app-secret").nth(0).inner_text()
        begun = httpx2.post(f"{address}/oauth/device", data={"client_id": client_id}).json()

        page.goto("/device")
        look_at(page)
        page.get_by_label("Code on the device").fill("BBBB-BBBB")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No device waits with this code")).to_be_visible()
        look_at(page)
        page.get_by_label("Code on the device").fill(begun["user_code"].lower())
        page.keyboard.press("Enter")
        expect(page.get_by_label("Code", exact=True)).to_have_text(begun["user_code"])
        look_at(page)
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_text("Your device goes on by itself")).to_be_visible()
        asked = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": client_id,
            "device_code": begun["device_code"],
        }
        assert httpx2.post(f"{address}/oauth/token", data=asked).json()["scope"] == "read"
