"""Invites: shown once, kept as a digest, used so often and no more, and sent by mail."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person, form
from tests.factories.mails import Letter

from socialflow.domains.accounts.errors import TooManyInvites
from socialflow.domains.accounts.schemas import InviteCreate
from socialflow.domains.accounts.service import invites
from socialflow.entrypoints import cli
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import SYSTEM, Actor, App

REGISTER = "/api/v1/auth/register"
People = Callable[..., Awaitable[Person]]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    mode = getattr(request, "param", "invite")
    return settings.model_copy(update={"auth": settings.auth.model_copy(update={"registration": mode})})


async def made(app: App, **body: Any) -> str:
    """The secret of a new invite by the machine itself."""
    async with app.work(SYSTEM) as work:
        found = await invites.invite(work, InviteCreate(**body), settings=app.settings)
    assert found.token is not None
    return found.token


async def come_in(client: httpx2.AsyncClient, token: str, handle: str) -> tuple[int, str]:
    answer = await client.post(REGISTER, json={**form(handle), "invite": token})
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
async def admin(app: App, connect: Connect, settings: Settings) -> Person:
    """Staff, who came in by an invite like everybody."""
    client = connect()
    answer = await client.post(REGISTER, json={**form("adm"), "invite": await made(app)})
    assert answer.status_code == 201
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'admin'"))
    given = (await client.post("/api/v1/auth/login", json={"login": "adm", "password": form("adm")["password"]})).json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    user = given["user"]
    return Person(user["id"], "adm", user["channel_id"], given["access_token"], given["refresh_token"], client)


async def test_an_invite_lets_one_in_and_then_no_one(app: App, client: httpx2.AsyncClient) -> None:
    token = await made(app)
    assert await come_in(client, token, "eve") == (201, "")
    assert await come_in(client, token, "eva") == (403, "invite_invalid")


@pytest.mark.parametrize("uses", [1, 3])
async def test_a60_the_last_use_of_an_invite_is_taken_once(app: App, connect: Connect, uses: int) -> None:
    token = await made(app, max_uses=uses)
    answers = await asyncio.gather(*(come_in(connect(), token, f"eve{number}") for number in range(uses + 4)))

    assert sorted(answers) == [(201, "")] * uses + [(403, "invite_invalid")] * 4
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT uses FROM invites")) == uses
        assert await session.scalar(text("SELECT count(*) FROM accounts")) == uses


async def test_a_sign_up_that_fails_does_not_use_the_invite(app: App, client: httpx2.AsyncClient) -> None:
    token = await made(app)
    assert await come_in(client, token, "admin") == (422, "handle_reserved")
    assert await come_in(client, token, "eve") == (201, "")


async def test_an_invite_that_is_over_lets_nobody_in(app: App, client: httpx2.AsyncClient) -> None:
    token = await made(app)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE invites SET expires_at = now() - interval '1 second'"))
    assert await come_in(client, token, "eve") == (403, "invite_invalid")
    for nonsense in ("sfi_", "x", "sfi_" + "A" * 43, "\u202e", token[:-1]):
        assert await come_in(client, nonsense, "eve") == (403, "invite_invalid")


async def test_staff_make_list_and_revoke_invites(app: App, admin: Person, client: httpx2.AsyncClient) -> None:
    answer = await admin.post("/admin/invites", {"max_uses": 5, "days": 3, "note": "for the choir"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    token = body["token"]
    assert body["link"] == f"http://localhost:8000/signup?invite={token}"
    assert await come_in(client, token, "eve") == (201, "")

    listed = (await admin.get("/admin/invites?limit=1")).json()
    assert [(each["note"], each["uses"], each["max_uses"]) for each in listed["items"]] == [("for the choir", 1, 5)]
    assert token not in (await admin.get("/admin/invites")).text
    assert (await admin.get(f"/admin/invites/{body['invite']['id']}")).json() == listed["items"][0]
    later = (await admin.get(f"/admin/invites?limit=1&cursor={listed['next_cursor']}")).json()
    assert len(later["items"]) == 1
    assert later["next_cursor"] is None

    assert (await admin.delete(f"/admin/invites/{body['invite']['id']}")).status_code == 204
    assert (await admin.delete(f"/admin/invites/{body['invite']['id']}")).status_code == 204
    assert await come_in(client, token, "eva") == (403, "invite_invalid")
    for ask in (admin.get, admin.delete):
        assert (await ask(f"/admin/invites/{ids.show('inv', ids.new())}")).status_code == 404


async def test_a_secret_is_kept_as_a_digest(app: App) -> None:
    token = await made(app)
    async with app.sessions() as session:
        rows = (await session.scalars(text("SELECT t::text FROM invites t"))).all()
    assert len(rows) == 1
    assert token.removeprefix("sfi_") not in rows[0]


async def test_an_invite_by_mail_is_sent_and_the_address_forgotten(
    app: App, admin: Person, deliver: Callable[..., Awaitable[int]], mails: Callable[[], list[Letter]], client: Any
) -> None:
    answer = (await admin.post("/admin/invites", {"email": "eve@example.org"})).json()
    assert (answer["token"], answer["link"]) == (None, None)
    async with app.sessions() as session:
        payloads = (await session.scalars(text("SELECT t::text FROM outbox t"))).all()
    assert not [row for row in payloads if "sfi_" in row or "eve@" in row]
    await deliver()

    (letter,) = [each for each in mails() if each.to == "eve@example.org"]
    assert "@adm invites you" in letter.text
    assert await come_in(client, letter.link.partition("invite=")[2], "eve") == (201, "")
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM invites WHERE send_to IS NOT NULL")) == 0


@pytest.mark.parametrize("settings", ["open"], indirect=True)
async def test_people_invite_where_their_role_lets_them(app: App, ada: Person, bob: Person) -> None:
    for path in ("/me/invites", "/admin/invites"):
        assert (await ada.post(path, {})).status_code == 403
        assert (await ada.get(path)).status_code == 403

    allowed = Actor(ids.parse("acc", ada.id), role="user", allowances=frozenset({"may_invite"}))
    async with app.work(allowed) as work:
        mine = await invites.invite(work, InviteCreate(), settings=app.settings)
    with pytest.raises(Forbidden):
        async with app.work(allowed) as work:
            await invites.invite(work, InviteCreate(max_uses=2), settings=app.settings)
    other = Actor(ids.parse("acc", bob.id), role="user", allowances=frozenset({"may_invite"}))
    async with app.work(other) as work:
        page = await invites.listed(work, app.keys, own=True, limit=10, cursor=None)
    assert page.items == []
    async with app.work(allowed) as work:
        assert await invites.one(work, mine.invite.id, own=True) == mine.invite
    for act in (invites.one, invites.revoke):
        with pytest.raises(invites.NotFound):
            async with app.work(other) as work:
                await act(work, mine.invite.id, own=True)
    assert (await ada.get(f"/me/invites/{ids.show('inv', mine.invite.id)}")).status_code == 403


@pytest.mark.parametrize("settings", ["open"], indirect=True)
async def test_people_have_so_many_open_invites_and_no_more(app: App, ada: Person) -> None:
    allowed = Actor(ids.parse("acc", ada.id), role="user", allowances=frozenset({"may_invite"}))

    async def one() -> bool:
        try:
            async with app.work(allowed) as work:
                await invites.invite(work, InviteCreate(), settings=app.settings)
        except TooManyInvites:
            return False
        return True

    most = app.settings.sign_up.invites_each
    results = [await one() for _ in range(most - 1)]
    # The last one is asked for three times at once.
    results += await asyncio.gather(one(), one(), one())
    assert sum(results) == most


@pytest.mark.parametrize("settings", ["open"], indirect=True)
def test_the_command_line_makes_an_invite(
    app: App, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.database.url is not None
    assert settings.redis.url is not None
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("SF_REDIS__URL", settings.redis.url.get_secret_value())
    assert cli.main(["invites", "create", "--uses", "2", "--note", "choir"]) == 0
    assert "/signup?invite=sfi_" in capsys.readouterr().out
