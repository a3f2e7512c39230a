"""Pages of an installation that asks for everything, and its staff's, in a real browser: one walk through all."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories.accounts import PASSWORD
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.web.pages import opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("identity"), pytest.mark.timeout(300)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = (("light", 390), ("dark", 1280))
PICTURES = os.environ.get("PICTURES")
ACME = {"acme": {"issuer": "https://acme.example", "client_id": "us", "client_secret": "it", "name": "Acme"}}
# The others are looked at where they are used.
SETTINGS = ("/activity", "/connections")
ADMIN = (
    "/accounts",
    "/sign-ups",
    "/invites",
    "/roles",
    "/roles/-/new",
    "/roles/moderator",
    "/apps",
    "/media",
    "/audit",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    asks = {
        "SF_IDENTITY__PROVIDERS": json.dumps(ACME),
        "SF_AUTH__REGISTRATION": "approval",
        "SF_SIGN_UP__MINIMUM_AGE": "16",
        "SF_SIGN_UP__TERMS_VERSION": "7",
    }
    with Instance(tmp_path_factory.mktemp("pages") / "data", "--no-demo", **asks) as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


def look_at(page: Page, name: str) -> None:
    """Nothing cut off, nothing that axe finds; it sees some pages narrow and light, and some wide and dark."""
    for scheme, width in LOOKS if len(page.url) % 2 else reversed(LOOKS):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of its words
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name.strip('/').replace('/', '-')}-{width}-{scheme}.png", full_page=True)
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, (page.url, width, excess)
    violations = Axe().run(page, options=RULES).response["violations"]
    assert not violations, [(page.url, scheme, each["id"], each["nodes"][0]["target"]) for each in violations]


def make(running: Instance, handle: str, role: str) -> None:
    """As an operator does, in a terminal."""
    engines = {
        "SF_DATA_DIR": str(running.data_dir),
        "DATABASE_URL": running.fact("database_url"),
        "REDIS_URL": running.fact("redis_url"),
        "SOCIALFLOW_PASSWORD": PASSWORD,
    }
    command = [sys.executable, "-m", "socialflow", "users", "create", f"{handle}@example.org", handle]
    subprocess.run([*command, "--role", role], check=True, env={**os.environ, **engines}, capture_output=True)


def log_in(page: Page, handle: str) -> None:
    page.goto("/login?next=/about")
    look_at(page, "login")
    page.get_by_label("E-mail or handle").fill(handle)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()


def ask_to_join(page: Page, handle: str) -> None:
    page.goto("/signup")
    expect(page.get_by_role("button", name="Sign up with Acme")).to_be_visible()
    look_at(page, "signup")
    page.get_by_label("Name", exact=True).fill(handle.title())
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("E-mail").fill(f"{handle}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Why would you like to join?").fill("I make films.")
    page.get_by_label("Date of birth").fill("2001-02-28")
    page.get_by_label("I accept the").check()
    page.get_by_role("button", name="Ask to join").click()
    expect(page.get_by_text(f"Thank you, @{handle}")).to_be_visible()
    look_at(page, "signup-waits")


def test_no_page_of_settings_and_staff_hinders_anybody(chrome: Browser, running: Instance) -> None:
    make(running, "ida", "admin")
    with opened(chrome, running.url, cookie=None) as watched:
        page = watched.page
        ask_to_join(page, "eve")
        log_in(page, "ida")
        expect(page).to_have_url(re.compile(r"/terms/accept\?next="))
        look_at(page, "terms")
        page.get_by_role("button", name="Accept").click()
        expect(page).to_have_url(f"{running.url}/about")

        for path in SETTINGS:
            page.goto(f"/settings{path}")
            look_at(page, f"settings{path}")
        for path in ADMIN:
            page.goto(f"/admin{path}")
            look_at(page, f"admin{path}")
        page.set_viewport_size({"width": 390, "height": 900})
        page.goto("/admin/audit")
        expect(page.get_by_role("link", name="Audit log")).to_be_in_viewport(ratio=0.99)

        page.goto("/admin/sign-ups")
        page.get_by_role("button", name="Approve @eve").click()
        expect(page.get_by_text("Nobody waits")).to_be_visible()
        page.goto("/admin/accounts?q=eve")
        page.get_by_role("link", name="Eve").click()
        page.get_by_label("Reason").fill("Spam, three times.")
        look_at(page, "admin-account")
        page.get_by_role("button", name="Suspend").click()
        expect(page.get_by_text("Every session has ended")).to_be_visible()
        look_at(page, "admin-suspended")
        page.get_by_role("button", name="Let them in again").click()
        expect(page.get_by_text("May log in again")).to_be_visible()


def test_who_is_no_staff_finds_no_way_there(chrome: Browser, running: Instance) -> None:
    make(running, "otto", "user")
    with opened(chrome, running.url, cookie=None) as watched:
        page = watched.page
        watched.forgive("403")
        page.goto("/login")
        page.get_by_label("E-mail or handle").fill("otto")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("button", name="Account and settings")).to_be_visible()
        page.get_by_role("button", name="Account and settings").click()
        expect(page.get_by_role("link", name="Settings")).to_be_visible()
        expect(page.get_by_role("link", name="Admin")).to_have_count(0)
        page.goto("/admin/accounts")
        expect(page.get_by_text("this page or action is not open to you")).to_be_visible()
