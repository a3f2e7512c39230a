"""Second factors in a real browser with a virtual authenticator, against a whole installation."""

import asyncio
import threading
from collections.abc import Iterator

import asyncpg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.factories.authenticators import Phone
from tests.factories.browser import chromium
from tests.factories.instance import Instance
from tests.web.pages import Watched, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("identity"), pytest.mark.timeout(300)]

PASSWORD = "correct horse battery"
SECURITY = "/settings/security"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("factors") / "data"
    with Instance(folder, "--no-demo") as instance:
        yield instance.wait_ready()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found


@pytest.fixture
def watched(chrome: Browser, running: Instance, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Somebody who has just signed up, at the address for which passkeys are made."""
    address = f"http://localhost:{running.port}"
    with opened(chrome, address, cookie=None, viewport={"width": 390, "height": 844}) as found:
        page = found.page
        handle = request.node.name.split("_")[1]
        page.goto("/signup")
        page.get_by_label("Name", exact=True).fill(handle.title())
        page.get_by_label("Handle").fill(handle)
        page.get_by_label("E-mail").fill(f"{handle}@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign up").click()
        expect(page).to_have_url(f"{address}/")
        # Wrong codes are meant to come.
        found.forgive("401")
        yield found


def hinders_nobody(page: Page) -> None:
    """Narrow and wide, light and dark: nothing that axe can find, nothing cut off."""
    for width, scheme in ((390, "dark"), (1280, "light"), (390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert excess <= 0, (page.url, width, excess)
        found = Axe().run(page, options=RULES).response["violations"]
        assert not found, [(page.url, scheme, one["id"], one["nodes"][0]["target"]) for one in found]


def add_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def add_passkey(page: Page, name: str) -> None:
    page.goto(SECURITY)
    page.get_by_label("Name of the new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Account and settings").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Sign up").first).to_be_visible()


def begin(page: Page, handle: str) -> None:
    """A log-in by password, as far as it goes."""
    page.goto(f"/login?next={SECURITY}")
    page.get_by_label("E-mail or handle").fill(handle)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def set_up_app(page: Page) -> Phone:
    page.goto(SECURITY)
    page.get_by_role("button", name="Set up an app").click()
    phone = Phone(page.locator(".secret code").inner_text().replace(" ", ""), [])
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    assert page.get_by_alt_text("QR code").evaluate("picture => picture.naturalWidth > 0")
    return phone


def grow_old(running: Instance) -> None:
    """As if everybody had logged in an hour ago."""

    async def move() -> None:
        connection = await asyncpg.connect(running.fact("database_url").replace("+asyncpg", ""))
        await connection.execute("UPDATE sessions SET authenticated_at = authenticated_at - interval '1 hour'")
        await connection.close()

    # The browser's driver has a loop in this thread.
    thread = threading.Thread(target=lambda: asyncio.run(move()))
    thread.start()
    thread.join(30)


def test_ada_registers_a_passkey_and_logs_in_without_a_password(watched: Watched) -> None:
    page = watched.page
    add_authenticator(page)
    page.goto(SECURITY)
    expect(page.get_by_text("No second factor.")).to_be_visible()
    hinders_nobody(page)

    add_passkey(page, "Ada's phone")

    expect(page.locator("#codes code")).to_have_count(10)
    hinders_nobody(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    kept = waiting.value.path().read_text()
    assert all(code in kept for code in page.locator("#codes code").all_inner_texts())
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("A second factor is on.")).to_be_visible()
    expect(page.locator(".key")).to_contain_text("Ada's phone")
    hinders_nobody(page)

    log_out(page)
    page.goto("/login?next=/settings/security")
    hinders_nobody(page)
    page.get_by_role("button", name="Log in with a passkey").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"http://localhost:{page.url.split(':')[2].split('/')[0]}{SECURITY}")
    expect(page.locator(".key")).to_contain_text("Used")

    page.get_by_text("Rename", exact=False).first.click()
    page.get_by_label("New name of Ada's phone").fill("Old phone")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".key strong")).to_have_text("Old phone")
    page.get_by_role("button", name="Remove Old phone").click()
    page.locator("#confirm").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No second factor.")).to_be_visible()


def test_grace_uses_an_app_a_recovery_code_and_confirms_what_is_dangerous(watched: Watched, running: Instance) -> None:
    page = watched.page
    add_authenticator(page)
    phone = set_up_app(page)
    hinders_nobody(page)
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    assert page.locator(".secret code").inner_text().replace(" ", "") == phone.secret, "the picture stays"
    page.get_by_label("Code of your authenticator app").fill(phone.code())
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10

    log_out(page)
    begin(page, "grace")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    hinders_nobody(page)
    expect(page.get_by_label("Code of your authenticator app")).to_be_focused()
    page.keyboard.type(phone.code(1))
    page.keyboard.press("Enter")
    expect(page.get_by_text("A second factor is on.")).to_be_visible()

    log_out(page)
    begin(page, "grace")
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill("nonsense")
    page.get_by_role("button", name="Log in").last.click()
    expect(page.get_by_role("alert").first).to_contain_text("is not right")
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Log in").last.click()
    expect(page.get_by_text("9 codes left")).to_be_visible()

    add_passkey(page, "Key")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    grow_old(running)
    page.get_by_role("button", name="Make new codes").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    hinders_nobody(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"http://localhost:{running.port}{SECURITY}?said=passkey")
    page.get_by_role("button", name="Make new codes").click()
    expect(page.locator("#codes code")).to_have_count(10)
    assert not set(codes) & set(page.locator("#codes code").all_inner_texts())


def test_linus_confirms_by_password_where_there_is_nothing_else(watched: Watched, running: Instance) -> None:
    page = watched.page
    grow_old(running)
    page.goto(SECURITY)
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    hinders_nobody(page)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    phone = set_up_app(page)
    assert len(phone.secret) == 32
