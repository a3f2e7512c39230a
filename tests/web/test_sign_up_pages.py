"""Sign-up pages and staff's pages about them, before the real API."""

import re

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD

from socialflow.domains.accounts.schemas import InviteCreate
from socialflow.domains.accounts.service import invites
from socialflow.kernel.config import Settings, SignUpSettings
from socialflow.kernel.work import SYSTEM, App

ORIGIN = {"Origin": "http://testserver", "Host": "testserver"}
FORM = {"email": "eve@example.org", "password": PASSWORD, "handle": "eve", "display_name": "Eve"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    auth = settings.auth.model_copy(update={"registration": "approval"})
    http = settings.http.model_copy(update={"public_url": "http://testserver"})
    rules = SignUpSettings(minimum_age=16, terms_version="7", terms_url="/about")
    return settings.model_copy(update={"auth": auth, "http": http, "sign_up": rules})


async def post(client: httpx2.AsyncClient, path: str, form: dict[str, str]) -> httpx2.Response:
    """What a browser without scripts does, with the token that stands in the page."""
    page = await client.get("/about")
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    return await client.post(path, data=form | ({"csrf_token": found[1]} if found else {}), headers=ORIGIN)


async def test_one_asks_to_join_and_staff_let_one_in(app: App, client: httpx2.AsyncClient) -> None:
    page = (await client.get("/signup")).text
    for name in ("reason", "birth_date", "accept_terms"):
        assert f'name="{name}"' in page
    asks = {**FORM, "reason": "I make films.", "birth_date": "2001-02-28", "accept_terms": "7"}
    young = await post(client, "/signup", {**asks, "birth_date": ""})
    assert young.status_code == 422
    assert 'id="birth_date-fault"' in young.text
    waits = await post(client, "/signup", asks)
    assert waits.status_code == 202
    assert "Thank you, @eve" in waits.text

    async with app.work(SYSTEM) as work:
        token = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    invited = (await client.get(f"/signup?invite={token}")).text
    assert f'value="{token}"' in invited
    assert 'name="reason"' not in invited
    staff = {**asks, "handle": "adm", "email": "adm@example.org", "invite": str(token)}
    assert (await post(client, "/signup", staff)).headers["location"] == "/terms/accept?next=/"
    assert (await client.get("/terms/accept?next=/about")).headers["location"] == "/about"
    assert (await client.get("/admin/sign-ups")).status_code == 403
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'admin' WHERE handle = 'adm'"))
    await app.redis.flushdb()
    client.cookies.clear()
    await post(client, "/login", {"login": "adm", "password": PASSWORD})

    listed = (await client.get("/admin/sign-ups")).text
    assert "I make films." in listed
    deed = re.search(r'action="(/admin/sign-ups/acc_\w+)"', listed)
    assert deed
    assert (await post(client, deed[1], {"deed": "approve"})).headers["location"] == "/admin/sign-ups"
    assert "Nobody waits" in (await client.get("/admin/sign-ups")).text
    assert "I make films." in (await client.get("/admin/sign-ups?decision=approved")).text

    made = await post(client, "/admin/invites", {"note": "the <choir>", "max_uses": "3", "days": "5"})
    assert "http://testserver/signup?invite=sfi_" in made.text
    assert "the &lt;choir&gt;" in made.text
    assert (await post(client, "/admin/invites", {"max_uses": "many"})).status_code == 422
    revoke = re.search(r'action="(/admin/invites/inv_\w+)"', (await client.get("/admin/invites")).text)
    assert revoke
    await post(client, revoke[1], {})
    assert "Revoked" in (await client.get("/admin/invites")).text
    await post(client, "/admin/invites", {"note": "too late"})
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE invites SET expires_at = now() - interval '1 second'"))
    over = (await client.get("/admin/invites")).text
    assert "Expired" in over
    assert not re.search(r'action="(/admin/invites/inv_\w+)"', over)
    assert "by approval of staff" in (await client.get("/about")).text


async def test_terms_that_have_changed_are_asked_for(app: App, client: httpx2.AsyncClient) -> None:
    async with app.work(SYSTEM) as work:
        token = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    asks = {**FORM, "invite": str(token), "birth_date": "2001-02-28", "accept_terms": "7"}
    assert (await post(client, "/signup", asks)).status_code == 303
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE consents SET version = '6' WHERE document = 'terms'"))
    assert "The terms have changed" in (await client.get("/terms/accept?next=/about")).text
    assert (await post(client, "/terms/accept", {"version": "7", "next": "/about"})).headers["location"] == "/about"
    assert (await client.get("/terms/accept?next=/about")).headers["location"] == "/about"


async def test_members_invite_where_their_role_lets_them(app: App, client: httpx2.AsyncClient) -> None:
    async with app.work(SYSTEM) as work:
        token = (await invites.invite(work, InviteCreate(), settings=app.settings)).token
    asks = {**FORM, "invite": str(token), "birth_date": "2001-02-28", "accept_terms": "7"}
    assert (await post(client, "/signup", asks)).status_code == 303
    assert 'id="invites"' not in (await client.get("/settings/account")).text
    assert (await post(client, "/settings/account/invites", {"note": "a friend"})).status_code == 403

    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'creator' WHERE handle = 'eve'"))
    await app.redis.flushdb()
    client.cookies.clear()
    await post(client, "/login", {"login": "eve", "password": PASSWORD})
    assert "There are no invites yet." in (await client.get("/settings/account")).text
    made = await post(client, "/settings/account/invites", {"note": "a <friend>"})
    link = re.search(r"http://testserver/signup\?invite=sfi_[\w-]+", made.text)
    assert link
    assert made.headers["cache-control"] == "private, no-store"
    page = (await client.get("/settings/account")).text
    assert "a &lt;friend&gt;" in page
    assert "sfi_" not in page
    long = await post(client, "/settings/account/invites", {"note": "x" * 201})
    assert long.status_code == 422
    assert 'id="note-fault"' in long.text
    revoke = re.search(r'action="(/settings/account/invites/inv_\w+)"', page)
    assert revoke
    assert (await post(client, revoke[1], {})).headers["location"] == "/settings/account#invites"
    assert "Revoked" in (await client.get("/settings/account")).text
    client.cookies.clear()
    refused = await post(
        client, "/signup", {**asks, "handle": "fay", "email": "fay@example.org", "invite": link[0].partition("=")[2]}
    )
    assert refused.status_code == 403
