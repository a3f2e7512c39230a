"""Pages of an installation that lets nobody new in and serves no reference of the API."""

import httpx2
import pytest

from socialflow.kernel.config import Settings


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    closed: bool = getattr(request, "param", True)
    auth = settings.auth.model_copy(update={"registration": "closed" if closed else "invite"})
    return settings.model_copy(update={"auth": auth, "http": settings.http.model_copy(update={"dev_docs": not closed})})


async def test_nobody_is_led_to_what_is_closed(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/login", "/about"):
        page = (await client.get(path)).text
        assert 'href="/signup' not in page, path
        assert 'href="/docs' not in page, path
    assert "<dd>closed</dd>" in (await client.get("/about")).text


@pytest.mark.parametrize("settings", [False], indirect=True)
async def test_what_is_open_by_invite_says_so(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/about")).text
    assert "<dd>by invite</dd>" in page
    assert 'href="/signup"' in page
    assert 'href="/docs"' in page
