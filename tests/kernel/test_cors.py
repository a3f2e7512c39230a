"""A18: another origin's page may call the API only where it is named, and never with cookies."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from socialflow.entrypoints.api import build
from socialflow.entrypoints.api.application import PREFIX
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

PATH = f"{PREFIX}/instance"
NAMED = "https://app.example"
ALLOW = "access-control-allow-origin"


@pytest.fixture
async def page(app: App, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an API that names one origin."""

    @asynccontextmanager
    async def opener(_: Settings) -> AsyncIterator[App]:
        yield app

    http = settings.http.model_copy(update={"cors_origins": (NAMED,)})
    api = build(settings.model_copy(update={"http": http}), opener=opener)
    async with api.router.lifespan_context(api):
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False)
        yield httpx2.AsyncClient(transport=transport, base_url="http://testserver")


def preflight(origin: str, **more: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "POST", **more}


async def test_a_named_origin_may_call_and_read_without_cookies(page: httpx2.AsyncClient) -> None:
    asked = await page.options(
        f"{PREFIX}/auth/login", headers=preflight(NAMED, **{"Access-Control-Request-Headers": "authorization"})
    )
    assert (asked.status_code, asked.headers[ALLOW]) == (200, NAMED)
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()

    for path in (PATH, f"{PREFIX}/nothing", f"{PREFIX}/me"):
        answer = await page.get(path, headers={"Origin": NAMED})
        assert answer.headers[ALLOW] == NAMED
        assert "origin" in answer.headers["vary"].lower()
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.example",
        "https://evil-app.example",
        "https://app.example.evil.test",
        "https://sub.app.example",
        "http://app.example",
        "https://app.example:8443",
        "https://APP.example",
        "https://app.example/",
        "https://app.example, https://evil.example",
    ],
)
async def test_any_other_origin_is_given_nothing(origin: str, page: httpx2.AsyncClient) -> None:
    assert ALLOW not in (await page.get(PATH, headers={"Origin": origin})).headers
    asked = await page.options(PATH, headers=preflight(origin))
    assert asked.status_code == 400
    assert ALLOW not in asked.headers


async def test_a_public_page_gets_no_way_into_a_private_network(page: httpx2.AsyncClient) -> None:
    asked = await page.options(PATH, headers=preflight(NAMED, **{"Access-Control-Request-Private-Network": "true"}))

    assert asked.status_code == 400
    assert "access-control-allow-private-network" not in asked.headers


async def test_a_named_origin_hears_of_an_absent_database_too(page: httpx2.AsyncClient, app: App) -> None:
    async with AsyncExitStack() as held:
        for _ in range(app.settings.database.pool_size):
            await held.enter_async_context(app.engine.connect())
        answer = await page.get(f"{PREFIX}/channels/@ada", headers={"Origin": NAMED})

    assert (answer.status_code, answer.headers[ALLOW]) == (503, NAMED)


async def test_without_named_origins_nobody_is_told_anything(client: httpx2.AsyncClient) -> None:
    for origin in (NAMED, "null", "http://testserver"):
        assert ALLOW not in (await client.get(PATH, headers={"Origin": origin})).headers
        assert (await client.options(PATH, headers=preflight(origin))).status_code == 405
