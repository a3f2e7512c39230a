"""Pages of staff and of one's activity: before the real API, by forms alone."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import add_phone
from tests.factories.staff import look, make_role, role_of

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
PAGES = ("/admin", "/admin/accounts", "/admin/roles", "/admin/roles/-/new", "/admin/roles/moderator", "/admin/audit")


class Browser:
    """A browser without scripts that somebody is logged in with."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        http.headers["Origin"] = "http://testserver"

    async def log_in(self, handle: str) -> None:
        answer = await self.http.post("/login", data={"login": handle, "password": PASSWORD})
        assert answer.status_code == 303, answer.text

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path, follow_redirects=True)

    async def send(self, path: str, **form: str) -> httpx2.Response:
        token = (await self.http.get("/api/v1/auth/session")).json()["csrf_token"]
        return await self.http.post(path, data={"csrf_token": token, **form})


@pytest.fixture
async def boss(person: People, connect: Callable[..., httpx2.AsyncClient]) -> Browser:
    """An administrator's browser."""
    await person("boss", role="admin")
    browser = Browser(connect())
    await browser.log_in("boss")
    return browser


async def test_pages_of_staff_are_for_staff(
    client: httpx2.AsyncClient, ada: Person, connect: Callable[..., httpx2.AsyncClient], boss: Browser
) -> None:
    theirs = Browser(connect())
    await theirs.log_in("ada")
    for path in (*PAGES, f"/admin/accounts/{ada.id}"):
        asked = await client.get(path)
        assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/login"), path
        assert (await theirs.get(path)).status_code == 403, path
        shown = await boss.get(path)
        assert shown.status_code == 200, path
        assert 'href="/admin"' in shown.text
    assert 'href="/admin"' not in (await theirs.get("/")).text


async def test_the_page_of_a_new_app_offers_scopes_of_staff_to_whose_role_opens_them(
    ada: Person, connect: Callable[..., httpx2.AsyncClient], boss: Browser
) -> None:
    theirs = Browser(connect())
    await theirs.log_in("ada")
    page = "/settings/apps/new"
    for browser, offered in ((theirs, False), (boss, True)):
        shown = (await browser.get(page)).text
        assert 'name="scope:read"' in shown
        assert ('name="scope:admin' in shown) is offered
    form = {"name": "Sky", "website": "https://sky.example", "redirect_uris": "https://sky.example/callback"}

    refused = await theirs.send(page, **form, **{"scope:read": "1", "scope:admin:audit": "1"})

    assert refused.status_code == 422
    assert "Your role does not permit what it is for: admin:audit." in refused.text
    assert (await theirs.send(page, **form, **{"scope:read": "1"})).status_code == 200
    assert (await boss.send(page, **form, **{"scope:admin:audit": "1"})).status_code == 200


async def test_somebody_is_found_suspended_and_let_in_again(
    app: App, boss: Browser, ada: Person, bob: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    theirs = Browser(connect())
    found = await boss.get("/admin/accounts?q=ad")
    assert "@ada" in found.text
    assert "@bob" not in found.text
    assert "Nobody found" in (await boss.get("/admin/accounts?q=%25")).text
    page = f"/admin/accounts/{ada.id}"
    assert "ada@example.org" in (await boss.get(page)).text

    done = await boss.send(f"{page}/suspend", reason="Spam <b>everywhere</b>", days="7")
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=suspended")
    shown = (await boss.get(done.headers["location"])).text
    assert "Spam &lt;b&gt;everywhere&lt;/b&gt;" in shown
    assert "Let them in again" in shown
    refused = await theirs.http.post("/login", data={"login": "ada", "password": PASSWORD})
    assert "Spam" in refused.text
    assert (await boss.send(f"{page}/unsuspend")).status_code == 303
    again = await theirs.http.post("/login", data={"login": "ada", "password": PASSWORD})
    assert again.status_code == 303
    assert (await boss.send(f"{page}/sign-out")).status_code == 303
    assert (await boss.send(f"{page}/role", role="moderator")).status_code == 303
    assert await role_of(app, ada) == "moderator"


async def test_what_cannot_be_done_is_said_on_the_page(app: App, boss: Browser) -> None:
    me = (await boss.http.get("/api/v1/auth/session")).json()["user"]["id"]
    for what, form in (("suspend", {"reason": "x", "days": ""}), ("role", {"role": "user"}), ("role", {"role": "-"})):
        answer = await boss.send(f"/admin/accounts/{me}/{what}", **form)
        assert answer.status_code in {403, 409, 422}, what
        assert 'role="alert"' in answer.text, what


async def test_a_role_is_made_changed_and_deleted(app: App, boss: Browser) -> None:
    made = await boss.send(
        "/admin/roles/-/new",
        name="curator",
        title="Curator",
        quota_gib="1.5",
        rate="2",
        may_upload="1",
        **{"permission:comments:remove_any": "1"},
    )
    assert made.status_code == 303
    shown = await boss.get("/admin/roles")
    assert "1.5 GiB" in shown.text
    form = (await boss.get("/admin/roles/curator")).text
    assert 'name="permission:comments:remove_any" value="1" checked' in form
    assert 'name="permission:videos:see_any" value="1">' in form

    wrong = await boss.send("/admin/roles/curator", title="", quota_gib="much", rate="0")
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 3
    saved = await boss.send("/admin/roles/curator", title="Curators", quota_gib="", rate="1")
    assert saved.status_code == 303
    role = (await boss.http.get("/api/v1/admin/roles/curator")).json()
    assert (role["title"], role["quota_bytes"], role["permissions"], role["may_upload"]) == (
        "Curators",
        None,
        [],
        False,
    )
    assert (await boss.send("/admin/roles/curator/delete")).status_code == 303
    assert (await boss.get("/admin/roles/curator")).status_code == 404
    twice = await boss.send("/admin/roles/-/new", name="user", title="User", rate="1")
    assert (twice.status_code, "already" in twice.text) == (409, True)


async def test_the_forms_of_built_in_roles_can_be_saved(app: App, boss: Browser) -> None:
    for name in ("user", "creator", "moderator", "admin"):
        saved = await boss.send(f"/admin/roles/{name}", title="Another", rate="3", may_upload="1")
        assert saved.status_code == 303, name
        assert (await boss.http.get(f"/api/v1/admin/roles/{name}")).json()["rate"] == 3
    gone = await boss.send("/admin/roles/creator/delete")
    assert (gone.status_code, 'role="alert"' in gone.text) == (409, True)
    await look(app)


async def test_the_log_is_shown_by_page_and_filter(app: App, boss: Browser, ada: Person) -> None:
    await boss.get(f"/admin/accounts/{ada.id}")
    shown = await boss.get(f"/admin/audit?tag=staff:account:viewed&account_id={ada.id}")
    assert shown.text.count('class="log-row"') == 1
    assert "Nothing found" in (await boss.get("/admin/audit?tag=no:such:thing")).text
    assert 'role="alert"' in (await boss.get("/admin/audit?account_id=nonsense")).text
    assert (await boss.get("/admin/audit?since=2020-01-01")).text.count('class="log-row"') > 2


async def test_activity_says_what_happened_in_words(
    boss: Browser, ada: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    theirs = Browser(connect())
    await theirs.http.post("/login", data={"login": "ada", "password": "wrong"})
    await theirs.log_in("ada")
    await boss.get(f"/admin/accounts/{ada.id}")
    shown = (await theirs.get("/settings/activity")).text
    for said in ("Logged in", "Somebody tried to log in with a wrong password", "A member of staff looked"):
        assert said in shown
    assert "127.0.0.1" in shown


async def test_staff_of_a_role_see_what_it_permits(
    app: App, person: People, connect: Callable[..., httpx2.AsyncClient], ada: Person
) -> None:
    await make_role(app, "auditor", "audit:view")
    await person("aud", role="auditor")
    await person("moe", role="moderator")
    auditor, moderator = Browser(connect()), Browser(connect())
    await auditor.log_in("aud")
    await moderator.log_in("moe")
    assert (await auditor.get("/admin")).url.path == "/admin/audit"
    assert (await auditor.get("/admin/accounts")).status_code == 403
    page = (await moderator.get(f"/admin/accounts/{ada.id}")).text
    assert "ada@example.org" not in page
    assert "Suspend" in page
    assert "Change role" not in page


async def test_second_factors_are_taken_away_by_a_button(app: App, boss: Browser, ada: Person) -> None:
    page = f"/admin/accounts/{ada.id}"
    assert "Take second factors away" not in (await boss.get(page)).text
    await add_phone(app, ada)
    shown = (await boss.get(page)).text
    assert "Authenticator app; 10 recovery codes left" in shown
    assert "Take second factors away" in shown

    done = await boss.send(f"{page}/reset-factors")
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=factors")
    after = (await boss.get(done.headers["location"])).text
    assert "Second factors were taken away." in after
    assert "Take second factors away" not in after


async def test_staff_are_shown_the_sections_that_they_may_open(
    app: App, person: People, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    await make_role(app, "app_keeper", "apps:manage")
    await person("keeper", role="app_keeper")
    browser = Browser(connect())
    await browser.log_in("keeper")
    entered = await browser.get("/admin")
    assert (entered.status_code, entered.url.path) == (200, "/admin/apps")
    assert 'href="/admin/accounts"' not in entered.text
    assert 'href="/admin/audit"' not in entered.text
