"""The edge: what every request passes first, and every answer last."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send
from tests.factories.accounts import form

from socialflow.entrypoints.api.application import PREFIX
from socialflow.kernel import metrics
from socialflow.kernel.config import Settings
from socialflow.kernel.web.edge import Edge
from socialflow.kernel.web.requests import find_address, networks

LOGIN = f"{PREFIX}/auth/login"
JSON = {"Content-Type": "application/json"}


async def raw(
    app: Callable[..., Any], path: str, *, method: str = "GET", query: bytes = b"", **more: Any
) -> list[Message]:
    """Call an ASGI application with a scope as a server would make it, whatever is in it."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        **more,
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_an_answer_bears_the_request_s_id_and_the_headers_of_safety(client: httpx2.AsyncClient) -> None:
    for path in ("/livez", f"{PREFIX}/instance", f"{PREFIX}/nothing", "/"):
        headers = (await client.get(path)).headers
        assert headers["x-request-id"].startswith("req_")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "referrer-policy" in headers
        assert "server" not in headers
        assert "strict-transport-security" not in headers


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcdefgh-1234_5.6", True),
        ("short", False),
        ("x" * 65, False),
        ("a b c d e f g", False),
        ("abcdefgh\u00e9", False),
    ],
)
async def test_a_request_s_own_id_is_kept_if_it_is_harmless(given: str, kept: bool, client: httpx2.AsyncClient) -> None:  # noqa: FBT001  # pytest gives it by name
    answer = await client.get("/livez", headers={"X-Request-Id": given.encode("latin-1")})

    assert (answer.headers["x-request-id"] == given) is kept


async def test_strict_transport_is_asked_for_where_there_is_tls(settings: Settings) -> None:
    http = settings.http.model_copy(update={"public_url": "https://video.example"})
    sent = await raw(Edge(quiet, settings.model_copy(update={"http": http})), "/")

    assert (b"strict-transport-security", b"max-age=31536000; includeSubDomains") in sent[0]["headers"]


async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says 200 and nothing else."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("path", ["/api/v1/channels/\0", "/api/v1/channels/a\0b", "/api/v1/\ufffd", "/\0"])
async def test_a_path_with_nul_or_broken_utf8_is_refused(path: str, api: FastAPI) -> None:
    sent = await raw(api, path)

    assert sent[0]["status"] == 400
    assert b'"code":"bad_request"' in sent[1]["body"]


@pytest.mark.parametrize("query", [b"x=%00", b"tag=a%00b"])
async def test_a_query_with_nul_is_refused(query: bytes, api: FastAPI) -> None:
    assert (await raw(api, f"{PREFIX}/instance", query=query))[0]["status"] == 400


async def test_a_query_with_broken_utf8_breaks_nothing(api: FastAPI) -> None:
    assert (await raw(api, f"{PREFIX}/instance", query=b"x=%ff%ed%a0%80&%"))[0]["status"] == 200


async def test_a_body_that_says_it_is_too_large_is_not_read(client: httpx2.AsyncClient, settings: Settings) -> None:
    for length in (str(settings.http.max_body_bytes + 1), "9" * 40):
        answer = await client.post(LOGIN, content=b"{}", headers={**JSON, "Content-Length": length})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_length_that_is_no_number_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post(LOGIN, content=b"{}", headers={**JSON, "Content-Length": "-1"})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", [LOGIN, f"{PREFIX}/auth/register"])
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
async def test_a_hundred_megabytes_in_chunks_are_cut_off_early(
    path: str, key: dict[str, str], client: httpx2.AsyncClient, settings: Settings
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_600):
            read += 65_536
            yield b" " * 65_536

    answer = await client.post(path, content=endless(), headers={**JSON, **key})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert read <= settings.http.max_body_bytes + 2 * 65_536


async def test_while_draining_every_answer_ends_its_connection(api: FastAPI, client: httpx2.AsyncClient) -> None:
    assert "connection" not in (await client.get("/livez")).headers

    api.state.draining.set()

    assert (await client.get("/livez")).headers["connection"] == "close"
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["draining"]) == (503, True)


async def test_a_bug_after_the_first_byte_ends_the_answer_and_is_noted(settings: Settings) -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent = await raw(Edge(breaks, settings), "/")

    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_what_is_not_http_passes(settings: Settings) -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await Edge(inner, settings)({"type": "lifespan"}, quiet, quiet)  # type: ignore[arg-type]  # never called

    assert seen == ["lifespan"]


async def test_requests_are_measured_by_route_and_never_by_id(client: httpx2.AsyncClient, api: FastAPI) -> None:
    await client.get(f"{PREFIX}/channels/@nobody1")
    await client.get(f"{PREFIX}/nothing/{'x' * 9}")
    await raw(api, "/livez", method="BREW")

    series = [sample.labels for metric in metrics.REQUESTS.collect() for sample in metric.samples]
    routes = {labels["route"] for labels in series}
    assert "/api/v1/channels/{reference}" in routes or "/channels/{reference}" in routes
    assert not [route for route in routes if "nobody1" in route or "xxx" in route]
    assert {labels["method"] for labels in series} <= {
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "other",
    }


def scope_of(peer: str | None, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, garbage"], "garbage"),
        ("10.0.0.1", [" , ,"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("2001:db8::5", ["2001:db8::1"], "2001:db8::5"),
        (None, ["198.51.100.1"], ""),
    ],
)
def test_a_caller_s_address_is_believed_only_from_our_own_proxies(
    peer: str | None, forwarded: list[str], found: str
) -> None:
    assert find_address(scope_of(peer, *forwarded), networks(["10.0.0.0/8", "fd00::/8"])) == found


def test_without_proxies_of_ours_nothing_is_believed() -> None:
    assert find_address(scope_of("10.0.0.1", "198.51.100.1"), ()) == "10.0.0.1"


async def test_the_address_of_a_session_is_the_one_that_was_found(client: httpx2.AsyncClient, app: Any) -> None:
    await client.post(f"{PREFIX}/auth/register", json=form("ada"), headers={"X-Forwarded-For": "198.51.100.1"})
    await asyncio.sleep(0)

    async with app.sessions() as session:
        connection = await session.connection()
        found = (await connection.exec_driver_sql("SELECT address FROM sessions")).scalar_one()
    assert found == "127.0.0.1"
