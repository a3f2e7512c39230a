"""A61: nobody fetches another's export, guesses a link or keeps one for long; whoever was erased stays so."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.lives import CANARY, erase, live

from socialflow.domains.accounts.service import AccessTokens, Authenticator, erasure, exports
from socialflow.domains.media.service import delivery
from socialflow.kernel import ids
from socialflow.kernel.work import Actor, App

Deliver = Callable[..., Awaitable[int]]


async def export_of(person: Person, deliver: Deliver) -> tuple[str, str]:
    """A finished export, and an address of its archive."""
    made = (await person.post("/me/exports")).json()["id"]
    await deliver(times=1)
    link = await person.post(f"/me/exports/{made}/link")
    assert link.status_code == 200, link.text
    return made, link.json()["url"]


async def test_a61_anothers_export_is_not_there(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made, url = await export_of(ada, deliver)
    assert (await ada.http.get(url)).status_code == 200

    assert (await bob.http.get(url)).status_code == 404
    assert (await bob.get(f"/me/exports/{made}")).status_code == 404
    assert (await bob.post(f"/me/exports/{made}/link")).status_code == 404
    assert (await bob.delete(f"/me/exports/{made}")).status_code == 404
    assert (await bob.get("/me/exports")).json()["items"] == []
    assert (await client.get(url)).status_code == 401, "the address alone opens nothing"


async def test_a61_a_link_is_of_the_session_that_asked_for_it(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    _, url = await export_of(ada, deliver)
    given = (await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})).json()
    other = {"Authorization": f"Bearer {given['access_token']}"}
    assert (await client.get("/api/v1/me", headers=other)).status_code == 200
    assert (await client.get(url, headers=other)).status_code == 404


async def test_a61_a_guessed_or_changed_link_is_not_there(ada: Person, deliver: Deliver) -> None:
    made, url = await export_of(ada, deliver)
    path, _, token = url.partition("?token=")
    for guess in ("x", "A" * len(token), token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), token[:10], "~", "é"):
        assert (await ada.http.get(path, params={"token": guess})).status_code == 404, guess
    assert (await ada.http.get(path)).status_code == 422
    assert (
        await ada.http.get(path.replace(made, ids.show("exp", ids.new())), params={"token": token})
    ).status_code == 404


async def test_a61_a_link_runs_out_and_so_does_the_archive(app: App, ada: Person, deliver: Deliver) -> None:
    made, url = await export_of(ada, deliver)
    token = url.partition("?token=")[2]
    async with app.sessions() as session:
        session_id = await session.scalar(text("SELECT id FROM sessions"))
    actor = Actor(ids.parse("acc", ada.id), session_id=session_id)

    refused = []
    for later in (timedelta(0), timedelta(minutes=16), timedelta(days=8)):
        late = replace(app, clock=lambda later=later: app.clock() + later)
        async with late.work(actor) as work:
            try:
                export = await exports.fetchable(work, ids.parse("exp", made))
                exports.check_link(late, work, export, token)
            except exports.NotFound:
                refused.append(later)
    assert refused == [timedelta(minutes=16), timedelta(days=8)]


async def test_a61_a_token_of_less_than_a_whole_log_in_gets_nothing(app: App, ada: Person, deliver: Deliver) -> None:
    made, url = await export_of(ada, deliver)
    tokens = app.port(AccessTokens)
    claims = tokens.read(ada.access_token, app.clock())
    narrow = tokens.issue(replace(claims, scopes=frozenset({"read", "write"})), app.clock())
    ada.http.headers["Authorization"] = f"Bearer {narrow}"
    for method, path in (
        ("POST", "/api/v1/me/exports"),
        ("GET", "/api/v1/me/exports"),
        ("GET", f"/api/v1/me/exports/{made}"),
        ("GET", url),
        ("GET", "/api/v1/me/data"),
        ("POST", "/api/v1/me/erasure"),
    ):
        answer = await ada.http.request(method, path, json={"handle": "ada"} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path


async def test_a61_after_the_erasure_nothing_answers(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = await live(app, ada, bob, deliver)
    _, url = await export_of(ada, deliver)
    master = (await bob.get(f"/videos/{made['own']}")).json()["playback"]["hls_url"]
    assert (await client.get(master)).status_code == 200

    await erase(app, ada)
    await deliver(times=1)
    app.port(Authenticator)._read_at = float("-inf")
    app.cache._kept.clear()

    assert (await ada.http.get(url)).status_code == 401
    assert (await ada.get("/me")).status_code == 401
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status_code == 401
    for login in ("ada", "ada@example.org"):
        answer = await client.post("/api/v1/auth/login", json={"login": login, "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
    for path in ("/channels/@ada", f"/channels/{ada.channel_id}", f"/videos/{made['own']}"):
        assert (await bob.get(path)).status_code == 404, path
    assert CANARY not in (await bob.get(f"/comments?subject_id={made['foreign']}")).text
    delivery.shelves._kept.clear()
    assert (await client.get(master)).status_code == 404


async def test_a61_a_backup_brings_nobody_back(app: App, ada: Person, bob: Person) -> None:
    account = ids.parse("acc", ada.id)
    async with app.sessions() as session:
        row = text("SELECT email, handle, password_hash FROM accounts WHERE id = :id")
        backup = (await session.execute(row, {"id": account})).mappings().one()
    await erase(app, ada)
    async with app.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM erasures"))
        columns = "email = :email, handle = :handle, password_hash = :password_hash, state = 'active'"
        restored = f"UPDATE accounts SET {columns} WHERE id = :id"
        await session.execute(text(restored), {**backup, "id": account})

    assert await erasure.reapply(app) == [account]
    answer = await bob.http.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 401
