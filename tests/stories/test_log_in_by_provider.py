"""Somebody logs in by another provider: Chromium, a whole installation, and a real OpenID provider in between."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.factories.issuers import CLIENT, SECRET, introduce, provider_mock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("log-in-by-provider"),
    pytest.mark.timeout(300),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = os.environ.get("PICTURES")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider_mock() as found:
        introduce(found, "grace", email="grace@example.org", email_verified=True, name="Grace Hopper")
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[str]:
    """Address of an installation that believes the provider."""
    acme = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, "name": "Acme"}
    google = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET, "kind": "google"}
    providers = json.dumps({"acme": acme, "google": google})
    folder = tmp_path_factory.mktemp("site")
    with Instance(folder, "--no-demo", SF_IDENTITY__PROVIDERS=providers) as instance:
        instance.wait_ready()
        yield f"http://localhost:{instance.port}"


@pytest.fixture(scope="module")
def page(site: str) -> Iterator[Page]:
    expect.set_options(timeout=20_000)
    with chromium() as browser:
        yield browser.new_context(base_url=site).new_page()


def authorize(page: Page, subject: str) -> None:
    """Log in at the provider's own page, and agree."""
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def usable(page: Page, name: str) -> None:
    """Nothing that axe can find, nothing cut off, at two widths in both schemes."""
    for width, scheme in ((390, "dark"), (1280, "light"), (390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, (name, width)
        found = [each["id"] for each in Axe().run(page, options=RULES).response["violations"]]
        assert found == [], (name, width, scheme)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png")


def test_a_newcomer_comes_in_and_comes_again(page: Page, site: str) -> None:
    page.goto("/login?next=/my/videos")
    usable(page, "login")
    page.get_by_role("button", name="Log in with Acme").click()
    authorize(page, "grace")

    expect(page.get_by_role("heading", name="One more thing")).to_be_visible()
    usable(page, "finish")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Grace Hopper")
    page.get_by_label("Handle").fill("grace")
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(f"{site}/my/videos")

    page.goto("/settings/connections")
    expect(page.get_by_text("grace@example.org")).to_be_visible()
    usable(page, "connections")
    page.get_by_role("button", name="Disconnect Acme").click()
    expect(page.get_by_role("alert")).to_contain_text("set a password or add another way first")

    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_role("button", name="Log in with Acme").click()
    authorize(page, "grace")
    expect(page).to_have_url(f"{site}/")
    expect(page.get_by_role("link", name="Channel")).to_be_visible()


def test_a_link_is_made_and_cut(page: Page, site: str) -> None:
    page.context.clear_cookies()
    page.goto("/signup")
    usable(page, "signup")
    for label, value in (("Name", "Heidi"), ("Handle", "heidi"), ("E-mail", "heidi@example.org")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Sign up", exact=True).click()
    expect(page.get_by_role("link", name="Channel")).to_be_visible()
    page.goto("/settings/connections")
    page.get_by_role("button", name="Connect Google").click()
    authorize(page, "heidi")

    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text(
        "You can log in with Google from now on"
    )
    page.get_by_role("button", name="Disconnect Google").click()
    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("Disconnected")


def test_who_denies_it_there_does_not_come_in_here(page: Page, site: str) -> None:
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_role("button", name="Log in with Acme").click()
    page.get_by_role("button", name="Deny").click()

    # This provider says no without the state that it was given, so the answer could be to anybody's question.
    expect(page.get_by_role("alert")).to_contain_text("begin it again")
    assert "sf_session" not in {cookie["name"] for cookie in page.context.cookies()}
    usable(page, "failed")
    assert httpx2.get(f"{site}/livez", trust_env=False).status_code == 200
