"""A63: whatever goes wrong, neither the API nor a page tells how it is made inside, and nothing stands open."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

INSIDES = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|sqlalchemy|asyncpg|SELECT |starlette|uvicorn|jinja|/(src|home|root)/",
    re.IGNORECASE,
)
STRANGE = [
    "/nothing",
    "/watch/vid_1",
    "/@nobody",
    "/static/nothing.css",
    "/api/v1/nothing",
    "/api/v1/videos/vid_1",
    "/media/x/y.mp4",
]
CLOSED = [
    "/.git/config",
    "/.env",
    "/.well-known/security.key",
    "/metrics",
    "/debug",
    "/server-status",
    "/redoc",
    "/openapi.json",
    "/api/v1/metrics",
    "/static/../app.py",
    "/static/vendor/VENDORED.md",
]


@pytest.fixture
async def visitor(api: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


def check(answer: httpx2.Response) -> None:
    shown = answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    assert not INSIDES.search(shown), INSIDES.search(shown)
    assert not {"server", "x-powered-by", "x-runtime"} & {name.lower() for name in answer.headers}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", STRANGE)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_a_strange_request_learns_nothing(visitor: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await visitor.request(method, path, headers={"X-Secret": "echo-me"})

    assert 400 <= answer.status_code < 500 or (method == "OPTIONS" and answer.status_code == 204)
    assert "echo-me" not in answer.text
    check(answer)


@pytest.mark.parametrize("path", CLOSED)
async def test_nothing_stands_open(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 404
    check(answer)


@pytest.mark.parametrize("path", ["/admin", "/admin/accounts", "/admin/sign-ups", "/admin/invites", "/admin/roles"])
async def test_what_is_of_staff_asks_who_one_is_and_shows_nothing(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert (answer.status_code, answer.headers["location"].partition("?")[0], answer.text) == (303, "/login", "")
    check(answer)


async def test_a_bug_is_a_number_and_nothing_more(api: FastAPI, visitor: httpx2.AsyncClient) -> None:
    async def break_down() -> None:
        raise RuntimeError("SELECT secrets FROM /src/socialflow/vault.py")

    api.add_api_route("/api/v1/breaks", break_down)

    answer = await visitor.get("/api/v1/breaks")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    check(answer)
