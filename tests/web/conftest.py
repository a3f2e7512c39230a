"""Pages before a stand-in of the API: a small world, a browser without scripts, and Ada's browser."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from tests.factories.browser import chromium
from tests.factories.instance import until
from tests.web import fake_api, fake_beside
from tests.web.fake_api import World

from socialflow import web
from socialflow.kernel.config import Settings

ORIGIN = "http://testserver"


@pytest.fixture
def world() -> World:
    return fake_api.small_world()


@pytest.fixture
def site(world: World, tmp_path: Path) -> FastAPI:
    api = fake_api.make(world)
    fake_beside.install(api)
    web.mount(api, Settings.model_validate({"environment": "test", "data_dir": tmp_path}))
    return api


def browser(site: FastAPI, **cookies: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=site, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}, cookies=cookies)


@pytest.fixture
async def visitor(site: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that is not logged in."""
    async with browser(site) as client:
        yield client


@pytest.fixture
async def ada(site: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada's browser, logged in."""
    async with browser(site, **{fake_api.COOKIE: fake_api.SECRET}) as client:
        yield client


@contextmanager
def serving(site: FastAPI) -> Iterator[str]:
    """The stand-in and its pages on a port, for a real browser; gives the address."""
    server = uvicorn.Server(uvicorn.Config(site, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    # Shared machines are slow at times; what never comes fails all the same.
    expect.set_options(timeout=20_000)
    with chromium() as found:
        yield found
