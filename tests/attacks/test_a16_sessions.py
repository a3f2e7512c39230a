"""A16: a session ends when it is said to, by whatever way, and with it everything that was given to it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.conftest import _empty
from tests.factories.accounts import PASSWORD, Person
from tests.factories.moving import Clock, moving_app
from tests.factories.streams import listening
from tests.factories.tokens import part, personal_token
from tests.factories.videos import video

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import Role
from socialflow.domains.accounts.service import Authenticator
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App, Work

WITHIN_SECONDS = 5.0
IDLE_DAYS, ABSOLUTE_DAYS, MOST = 10, 25, 4
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Log-ins that live ten days unused and twenty-five at most; four of them."""
    update = {"refresh_ttl_s": IDLE_DAYS * 86_400, "session_ttl_s": ABSOLUTE_DAYS * 86_400, "most_sessions": MOST}
    return settings.model_copy(update={"auth": settings.auth.model_copy(update=update)})


@pytest.fixture
async def app(settings: Settings, clock: Clock, ports: dict[type[Any], Any]) -> AsyncIterator[App]:
    async with moving_app(settings, clock, ports) as moving:
        try:
            yield moving
        finally:
            await _empty(moving)


async def log_in(client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    body = {"login": "ada", "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def browser_of(connect: Connect) -> httpx2.AsyncClient:
    """A browser that is logged in as ada, with the token for its changes."""
    browser = connect()
    browser.headers["X-CSRF-Token"] = (await log_in(browser, **{"X-Session": "cookie"})).json()["csrf_token"]
    return browser


async def refused_soon(ask: Callable[[], Awaitable[httpx2.Response]], *statuses: int) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while (answer := await ask()).status_code not in statuses:
        assert time.monotonic() < deadline, answer.status_code
        await asyncio.sleep(0.1)


async def test_a16_a_session_that_is_brought_along_is_not_the_one_that_is_given(connect: Connect, ada: Person) -> None:
    attacker = connect()
    await log_in(attacker, **{"X-Session": "cookie"})
    fixed = attacker.cookies["sf_session"]
    victim = connect(Cookie=f"sf_session={fixed}", Origin="http://testserver")

    by_form = await victim.post("/login", data={"login": "ada", "password": PASSWORD})
    by_api = await log_in(connect(Cookie=f"sf_session={fixed}x"), **{"X-Session": "cookie"})

    # By the page somebody who is logged in is still given another one.
    for answer in (by_form, by_api):
        given = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        assert given
        assert given.partition(".")[0] != fixed.partition(".")[0]


async def test_a16_nothing_is_left_after_a_log_out(connect: Connect, ada: Person) -> None:
    browser = await browser_of(connect)
    cookie = browser.cookies["sf_session"]
    assert (await browser.post("/api/v1/auth/logout")).status_code == 204
    assert "sf_session" not in browser.cookies

    kept = connect(Cookie=f"sf_session={cookie}")
    assert (await kept.get("/api/v1/me")).status_code == 401

    assert (await ada.post("/auth/logout")).status_code == 204
    await refused_soon(lambda: ada.get("/me"), 401)
    assert (await refresh(connect(), ada.refresh_token)).status_code == 401


async def test_a16_a_token_session_unused_for_long_is_over(
    clock: Clock, client: httpx2.AsyncClient, ada: Person
) -> None:
    clock.pass_time(days=IDLE_DAYS - 1)
    answer = await refresh(client, ada.refresh_token)
    assert answer.status_code == 200

    clock.pass_time(days=IDLE_DAYS, minutes=1)
    answer = await refresh(client, answer.json()["refresh_token"])
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")


async def test_a16_a_token_session_is_over_however_much_it_is_used(
    clock: Clock, client: httpx2.AsyncClient, ada: Person
) -> None:
    begun, token = clock(), ada.refresh_token
    for _ in range(ABSOLUTE_DAYS // 5 - 1):
        clock.pass_time(days=5)
        answer = await refresh(client, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    clock.pass_time(days=5, minutes=-5)
    last = (await refresh(client, token)).json()

    # An access token ends with its session at the latest, and says so.
    assert 280 < last["expires_in"] <= 300
    assert part(last["access_token"], 1)["exp"] <= begun.timestamp() + ABSOLUTE_DAYS * 86_400 + 5
    clock.pass_time(minutes=5, seconds=5)
    for shown in (token, last["refresh_token"]):
        answer = await refresh(client, shown)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    client.headers["Authorization"] = f"Bearer {last['access_token']}"
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_a16_a_browser_s_session_is_over_when_unused_and_however_much_it_is_used(
    app: App, clock: Clock, connect: Connect, ada: Person
) -> None:
    idle, busy = await browser_of(connect), await browser_of(connect)
    for _ in range(2):
        clock.pass_time(days=6)
        app.port(Authenticator).forget(busy.cookies["sf_session"])
        assert (await busy.get("/api/v1/me")).status_code == 200
    assert (await idle.get("/api/v1/me")).status_code == 401

    for _ in range(2):
        clock.pass_time(days=6, minutes=20)
        app.port(Authenticator).forget(busy.cookies["sf_session"])
        assert (await busy.get("/api/v1/me")).status_code == 200
    clock.pass_time(days=1)
    app.port(Authenticator).forget(busy.cookies["sf_session"])
    assert (await busy.get("/api/v1/me")).status_code == 401


async def test_a16_one_more_than_the_most_ends_the_one_not_used_for_longest(
    clock: Clock, client: httpx2.AsyncClient, ada: Person
) -> None:
    given = [ada.refresh_token]
    for _ in range(MOST - 1):
        clock.pass_time(minutes=1)
        given.append((await log_in(client)).json()["refresh_token"])
    clock.pass_time(minutes=1)
    given[0] = (await refresh(client, given[0])).json()["refresh_token"]

    clock.pass_time(minutes=1)
    await log_in(client)

    statuses = [(await refresh(client, token)).status_code for token in given]
    assert statuses == [200, 401, 200, 200]


async def test_a16_log_ins_at_once_count_each_other(app: App, connect: Connect, ada: Person) -> None:
    await asyncio.gather(*(log_in(connect()) for _ in range(2 * MOST)))

    async with app.sessions() as session:
        living = await session.scalar(text("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"))
    assert living == MOST


async def by_owner(work: Work, session_id: uuid.UUID) -> None:
    await accounts.end(work, session_id)


async def by_staff(work: Work, _: uuid.UUID) -> None:
    await accounts.end_all(work, (await accounts.by_login(work, "ada")).id, reason="staff")


async def by_a_new_password(work: Work, _: uuid.UUID) -> None:
    await accounts.end_everything(work, (await accounts.by_login(work, "ada")).id, "password_changed")


async def by_another_role(work: Work, _: uuid.UUID) -> None:
    await accounts.change_role(work, await accounts.by_login(work, "ada"), Role.MODERATOR)


@pytest.mark.parametrize("end", [by_owner, by_staff, by_a_new_password, by_another_role])
async def test_a16_what_is_ended_is_ended_within_five_seconds_for_tokens_streams_and_files(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person, end: Callable[..., Awaitable[None]]
) -> None:
    made = await video(app, ada, visibility="private")
    hls = made["playback"]["hls_url"]
    assert (await client.get(hls)).status_code == 200
    session_id = ids.parse("ses", part(ada.access_token, 1)["sid"])
    async with listening(api, f"video:{made['id']}", token=ada.access_token) as stream:
        await stream.event()

        async with app.work(SYSTEM) as work:
            await end(work, session_id)

        async with asyncio.timeout(WITHIN_SECONDS):
            await stream.ended.wait()
    await refused_soon(lambda: ada.get("/me"), 401)
    await refused_soon(lambda: client.get(hls), 404)
    assert (await refresh(client, ada.refresh_token)).status_code == 401


async def test_a16_the_end_of_everything_ends_browsers_and_personal_tokens_and_what_they_were_given(
    app: App, api: FastAPI, connect: Connect, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="private")
    token = await personal_token(app, ada, "read")
    browser, program = await browser_of(connect), connect(Authorization=f"Bearer {token}")
    path = f"/api/v1/videos/{made['id']}"
    addresses = [(await http.get(path)).json()["playback"]["hls_url"] for http in (ada.http, browser, program)]
    assert len(set(addresses)) == 3
    cookie = f"sf_session={browser.cookies['sf_session']}"
    async with AsyncExitStack() as opened:
        streams = [
            await opened.enter_async_context(listening(api, f"video:{made['id']}", **sent))
            for sent in ({"token": ada.access_token}, {"token": token}, {"cookie": cookie})
        ]
        for stream in streams:
            await stream.event()

        async with app.work(SYSTEM) as work:
            await accounts.end_everything(work, ids.parse("acc", ada.id), "password_changed")

        async with asyncio.timeout(WITHIN_SECONDS):
            for stream in streams:
                await stream.ended.wait()
    for http in (ada.http, program, browser):
        await refused_soon(lambda http=http: http.get("/api/v1/me"), 401)
    for address in addresses:
        await refused_soon(lambda address=address: client.get(address), 404)


async def test_a16_one_session_s_end_is_not_another_s(
    app: App, connect: Connect, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="private")
    browser = await browser_of(connect)
    path = f"/api/v1/videos/{made['id']}"
    mine, theirs = [(await http.get(path)).json()["playback"]["hls_url"] for http in (ada.http, browser)]

    assert (await ada.post("/auth/logout")).status_code == 204

    await refused_soon(lambda: client.get(mine), 404)
    assert (await client.get(theirs)).status_code == 200
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_a16_addresses_end_with_a_session_that_runs_out_too(
    app: App, clock: Clock, client: httpx2.AsyncClient, ada: Person
) -> None:
    made = await video(app, ada, visibility="private")
    clock.pass_time(days=ABSOLUTE_DAYS)
    clock.pass_time(minutes=-20)
    # Used a moment before its end, by somebody who has kept it alive all the time.
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET expires_at = ends_at"))
    given = (await refresh(client, ada.refresh_token)).json()
    bearer = {"Authorization": f"Bearer {given['access_token']}"}
    hls = (await client.get(f"/api/v1/videos/{made['id']}", headers=bearer)).json()["playback"]["hls_url"]
    assert (await client.get(hls)).status_code == 200

    clock.pass_time(minutes=21)

    await refused_soon(lambda: client.get(hls), 404)


async def test_a16_what_everybody_gets_is_bound_to_nobody(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    made = await video(app, ada, visibility="unlisted")
    path = f"/api/v1/videos/{made['id']}"
    own, shared, anonymous = [
        (await http.get(path)).json()["playback"]["hls_url"] for http in (ada.http, bob.http, client)
    ]
    assert shared == anonymous
    assert own != shared

    assert (await bob.post("/auth/logout")).status_code == 204
    assert (await ada.post("/auth/logout")).status_code == 204

    await refused_soon(lambda: client.get(own), 404)
    assert (await client.get(shared)).status_code == 200


async def test_a16_another_process_knows_of_an_end_from_before_it_began(
    app: App, settings: Settings, ada: Person
) -> None:
    session_id = ids.parse("ses", part(ada.access_token, 1)["sid"])
    assert (await ada.post("/auth/logout")).status_code == 204

    async with open_app(settings) as elsewhere:
        assert await elsewhere.port(Authenticator).has_ended(session_id)


async def test_a16_a_guess_at_a_session_s_secret_ends_nothing(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    """Ids of sessions are no secrets: whoever knows one must not be able to log its owner out."""
    known = ada.refresh_token.partition(".")[0]
    for guess in ("A" * 43, "A" * 64, "x", ada.refresh_token.partition(".")[2][::-1], "\u00e9", "~"):
        answer = await refresh(client, f"{known}.{guess}")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), guess

    assert (await ada.get("/me")).status_code == 200
    assert (await refresh(client, ada.refresh_token)).status_code == 200
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL")) == 0
