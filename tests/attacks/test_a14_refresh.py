"""A14: a refresh token that two parties hold ends the whole family, and a phone that taps twice does not."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person

from socialflow.domains.accounts.errors import SessionEnded
from socialflow.domains.accounts.service import Authenticator
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import AuthSettings, Settings
from socialflow.kernel.work import App

ENDED_WITHIN_SECONDS = 5.0


@pytest.fixture
async def elsewhere(settings: Settings, app: App) -> AsyncIterator[App]:
    """What another process of the same installation holds."""
    async with open_app(settings) as opened:
        yield opened


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/refresh", json={"refresh_token": token})


async def at_once(elsewhere: App, client: httpx2.AsyncClient, token: str) -> list[httpx2.Response]:
    """Ten try the same token, and several have come as far as the session's row before any gets past it."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sessions%'")
    async with elsewhere.sessions() as holder, elsewhere.sessions() as watcher:
        await holder.execute(text("SELECT id FROM sessions FOR UPDATE"))
        tries = [asyncio.create_task(refresh(client, token)) for _ in range(10)]
        async with asyncio.timeout(30):
            while (await watcher.scalar(waiting) or 0) < 2:
                await watcher.rollback()
                await asyncio.sleep(0.01)
        await holder.rollback()
    return list(await asyncio.gather(*tries))


async def good(client: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    answer = await refresh(client, token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ended(client: httpx2.AsyncClient, token: str) -> None:
    answer = await refresh(client, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended"), answer.text


async def pass_time(app: App, seconds: float) -> None:
    """As if the last rotation had been so much longer ago."""
    async with app.sessions() as session, session.begin():
        ago = text("UPDATE sessions SET rotated_at = rotated_at - make_interval(secs => :seconds)")
        await session.execute(ago, {"seconds": seconds})


async def revocations(app: App) -> list[tuple[str, str]]:
    """Session and reason of every ending that was told of."""
    async with app.sessions() as session:
        told = text("SELECT payload FROM outbox WHERE kind LIKE '%SessionRevoked%' ORDER BY id")
        return [(found["session_id"], found["reason"]) for found in await session.scalars(told)]


async def refused_soon(client: httpx2.AsyncClient, *tokens: str) -> None:
    """None of these access tokens opens anything, five seconds from now at the latest."""
    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    for token in tokens:
        while True:
            answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 401:
                assert answer.json()["code"] == "session_ended"
                break
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


async def test_a14_reuse_ends_the_family_and_is_told_of(
    app: App, elsewhere: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    other = await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    # The other process has looked at ended sessions just now: it must look again by itself.
    assert await elsewhere.port(Authenticator).bearer(ada.access_token)
    second = await good(client, ada.refresh_token)
    third = await good(client, second["refresh_token"])

    await ended(client, ada.refresh_token)

    for token in (third["refresh_token"], second["refresh_token"], ada.refresh_token):
        await ended(client, token)
    assert [reason for _, reason in await revocations(app)] == ["refresh_token_reused"]
    await refused_soon(client, ada.access_token, second["access_token"], third["access_token"])
    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    while True:
        try:
            await elsewhere.port(Authenticator).bearer(third["access_token"])
        except SessionEnded:
            break
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    # It was one log-in that was stolen, not the account: a log-in elsewhere goes on.
    await good(client, other.json()["refresh_token"])


async def test_a14_the_grace_is_for_the_last_token_and_for_ten_seconds(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    second = await good(client, ada.refresh_token)
    await pass_time(app, 8)
    assert await good(client, ada.refresh_token) == second, "the same pair, not one more"

    await pass_time(app, 3)
    await ended(client, ada.refresh_token)
    await ended(client, second["refresh_token"])


async def test_a14_the_thief_who_refreshes_first_loses_what_was_won(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    stolen = await good(client, ada.refresh_token)
    await pass_time(app, 11)

    await ended(client, ada.refresh_token)

    await ended(client, stolen["refresh_token"])
    await refused_soon(client, stolen["access_token"])


async def test_a14_taps_at_once_get_one_pair(app: App, elsewhere: App, client: httpx2.AsyncClient, ada: Person) -> None:
    answers = await at_once(elsewhere, client, ada.refresh_token)

    assert {answer.status_code for answer in answers} == {200}
    pairs = {(answer.json()["access_token"], answer.json()["refresh_token"]) for answer in answers}
    assert len(pairs) == 1
    assert await revocations(app) == []
    await good(client, pairs.pop()[1])


async def test_a14_thieves_at_once_end_the_family_once(
    app: App, elsewhere: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    await good(client, (await good(client, ada.refresh_token))["refresh_token"])

    answers = await at_once(elsewhere, client, ada.refresh_token)

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "session_ended")}
    assert len(await revocations(app)) == 1


async def test_a14_nothing_is_kept_of_an_ended_family_that_could_be_given_again(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    await good(client, ada.refresh_token)
    assert (await ada.post("/auth/logout")).status_code == 204

    await ended(client, ada.refresh_token)
    async with app.sessions() as session:
        assert list(await session.scalars(text("SELECT successor FROM sessions"))) == [None]


def test_a14_nobody_can_make_the_grace_longer() -> None:
    with pytest.raises(ValidationError):
        AuthSettings(refresh_grace_s=11)
