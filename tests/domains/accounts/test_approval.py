"""Sign-ups that staff decide on."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.mails import Letter

from socialflow.domains.accounts.schemas import InviteCreate
from socialflow.domains.accounts.service import invites
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

REGISTER = "/api/v1/auth/register"
Deliver = Callable[..., Awaitable[int]]
Mails = Callable[[], list[Letter]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"auth": settings.auth.model_copy(update={"registration": "approval"})})


@pytest.fixture
async def admin(app: App, connect: Callable[..., httpx2.AsyncClient]) -> Person:
    """Staff, who came in by an invite: nobody has to approve of those."""
    client = connect()
    async with app.work(SYSTEM) as work:
        token = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    assert (await client.post(REGISTER, json={**form("adm"), "invite": token})).status_code == 201
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'admin'"))
    given = (await client.post("/api/v1/auth/login", json={"login": "adm", "password": PASSWORD})).json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    user = given["user"]
    return Person(user["id"], "adm", user["channel_id"], given["access_token"], given["refresh_token"], client)


async def ask(client: httpx2.AsyncClient, handle: str = "eve", reason: str = "I make films.") -> None:
    answer = await client.post(REGISTER, json={**form(handle), "reason": reason})
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")


async def log_in(client: httpx2.AsyncClient, handle: str = "eve") -> tuple[int, str]:
    answer = await client.post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})
    return answer.status_code, answer.json().get("code", "")


async def waiting(admin: Person) -> list[str]:
    return [each["account_id"] for each in (await admin.get("/admin/sign-ups")).json()["items"]]


async def test_who_is_approved_is_told_and_comes_in(
    admin: Person, client: httpx2.AsyncClient, deliver: Deliver, mails: Mails
) -> None:
    await ask(client)
    await deliver()
    (asked,) = [each for each in mails() if each.subject == "A sign-up waits: @eve"]
    assert (asked.to, asked.link) == ("adm@example.org", "http://localhost:8000/admin/sign-ups")
    (found,) = (await admin.get("/admin/sign-ups")).json()["items"]
    assert (found["handle"], found["reason"], found["decision"]) == ("eve", "I make films.", None)

    for _ in range(2):
        answer = await admin.post(f"/admin/sign-ups/{found['account_id']}/approve")
        assert (answer.status_code, answer.json()["decision"]) == (200, "approved")
    assert answer.json()["decided_by"] == admin.id
    await deliver()

    assert [each.to for each in mails() if each.subject == "Welcome to Social Flow"] == ["eve@example.org"]
    assert await log_in(client) == (200, "")
    assert (await client.get("/api/v1/channels/@eve")).status_code == 200
    assert await waiting(admin) == []
    approved = (await admin.get("/admin/sign-ups?decision=approved")).json()["items"]
    assert [each["handle"] for each in approved] == ["eve"]
    late = await admin.post(f"/admin/sign-ups/{found['account_id']}/reject", {})
    assert (late.status_code, late.json()["code"]) == (409, "sign_up_decided")


async def test_who_is_rejected_is_told_why_and_nothing_is_left(
    app: App, admin: Person, client: httpx2.AsyncClient, deliver: Deliver, mails: Mails
) -> None:
    await ask(client)
    (account_id,) = await waiting(admin)
    answer = await admin.post(f"/admin/sign-ups/{account_id}/reject", {"reason": "Not a film maker.\nSorry."})
    assert answer.status_code == 200
    assert await log_in(client) == (403, "account_pending")
    await deliver()

    # Beside the letter that asks whether the address is theirs.
    (letter,) = [each for each in mails() if each.to == "eve@example.org" and "/verify?" not in each.text]
    assert "> Not a film maker.\n> Sorry." in letter.text
    async with app.sessions() as session:
        for table in ("accounts", "channels"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table} WHERE handle = 'eve'")) == 0
        assert await session.scalar(text("SELECT count(*) FROM sign_ups")) == 0
    # Handle and address are free again.
    await ask(client, reason="I have made one now.")


async def test_a_rejected_account_goes_even_if_nobody_can_be_told(
    app: App, admin: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    answer = await client.post(REGISTER, json={**form("eve"), "email": "eve@" + "a" * 60 + ".example"})
    assert answer.status_code == 202
    async with app.sessions() as session, session.begin():
        # An address that no server takes.
        await session.execute(text("UPDATE accounts SET email = 'eve eve@example.org' WHERE handle = 'eve'"))
    (account_id,) = await waiting(admin)
    await admin.post(f"/admin/sign-ups/{account_id}/reject", {})
    with pytest.raises(AssertionError, match="mail_refused"):
        await deliver()
    assert await log_in(client) == (401, "wrong_credentials")


async def test_of_two_who_decide_at_once_one_decides(admin: Person, client: httpx2.AsyncClient) -> None:
    await ask(client)
    (account_id,) = await waiting(admin)
    path = f"/admin/sign-ups/{account_id}"
    answers = await asyncio.gather(admin.post(f"{path}/approve"), admin.post(f"{path}/reject", {"reason": "no"}))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_those_who_wait_longest_stand_first_page_by_page(admin: Person, client: httpx2.AsyncClient) -> None:
    for number in range(5):
        await ask(client, f"eve{number}")
    seen, cursor = [], ""
    for _ in range(5):
        page = (await admin.get(f"/admin/sign-ups?limit=2{cursor}")).json()
        seen += [each["handle"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"eve{number}" for number in range(5)]


async def test_one_sign_up_is_read_as_it_stands_in_the_list(admin: Person, client: httpx2.AsyncClient) -> None:
    await ask(client)
    [listed] = (await admin.get("/admin/sign-ups")).json()["items"]
    path = f"/admin/sign-ups/{listed['account_id']}"
    assert (await admin.get(path)).json() == listed

    approved = (await admin.post(f"{path}/approve")).json()

    assert approved["decision"] == "approved"
    assert (await admin.get(path)).json() == approved


async def test_deciding_is_for_staff(app: App, admin: Person, client: httpx2.AsyncClient) -> None:
    await ask(client)
    (account_id,) = await waiting(admin)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'user' WHERE handle = 'adm'"))
    given = (await client.post("/api/v1/auth/login", json={"login": "adm", "password": PASSWORD})).json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    for method, path in (
        ("GET", "/admin/sign-ups"),
        ("GET", f"/admin/sign-ups/{account_id}"),
        ("POST", f"/admin/sign-ups/{account_id}/approve"),
        ("POST", f"/admin/sign-ups/{account_id}/reject"),
    ):
        body = {"json": {}} if path.endswith("reject") else {}
        assert (await client.request(method, f"/api/v1{path}", **body)).status_code == 403, path


async def test_nobody_is_found_where_nobody_waits(admin: Person) -> None:
    nobody = ids.show("acc", ids.new())
    assert (await admin.get(f"/admin/sign-ups/{nobody}")).status_code == 404
    assert (await admin.get(f"/admin/sign-ups/{admin.id}")).status_code == 404
    assert (await admin.post(f"/admin/sign-ups/{nobody}/approve")).status_code == 404
    assert (await admin.post(f"/admin/sign-ups/{admin.id}/approve")).status_code == 404
    assert (await admin.get("/admin/sign-ups")).json() == {"items": [], "next_cursor": None}
