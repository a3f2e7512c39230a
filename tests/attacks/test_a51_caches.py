"""A51: nothing that a cache does not look at gets into an answer, and what is packed small does not unpack here."""

import gzip
import re
import zlib
from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.operations import operations
from tests.factories.uploads import PIECE, TUS, UPLOADS, offset_of, started
from tests.factories.videos import video

from socialflow.kernel.work import App

EVIL = "evil.example"
UNKEYED = {
    "X-Forwarded-Host": EVIL,
    "X-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-HTTP-Host-Override": EVIL,
    "X-Original-URL": f"/{EVIL}",
    "X-Rewrite-URL": f"/{EVIL}",
    "X-Forwarded-Prefix": f"/{EVIL}",
    "X-Forwarded-Scheme": "evil",
    "X-Forwarded-Proto": "evil",
    "X-Forwarded-Port": "6666",
    "X-Forwarded-For": "192.0.2.66",
    "Forwarded": f"host={EVIL};proto=evil",
    "Referer": f"https://{EVIL}/",
    "True-Client-IP": "192.0.2.66",
}
TOLD = re.compile(rf"{re.escape(EVIL)}|:6666|192\.0\.2\.66|evil:")
NOT_HOSTS = ["", "[", "a b", "a/b", "x@y", "[::1", "a:99999", "a:-1", "a:1:2", "?x", "#", "a" * 300, "\u00e9", "a,b"]
BOMB = gzip.compress(b"0" * 8_000_000)
FORM = {"Origin": "http://testserver"}
# What of an answer differs from one to the next.
OF_THE_MOMENT = {"x-request-id", "ratelimit", "date"}
Connect = Callable[..., httpx2.AsyncClient]


async def paths(app: App, api: FastAPI, ada: Person) -> list[str]:
    """Addresses of answers of every kind, cacheable or not."""
    shown = await video(app, ada)
    reads = [operation.url() for operation in operations(api) if operation.method == "GET"]
    pages = ["/", "/login", "/login?next=/x", f"/watch/{shown['id']}", "/@ada", "/settings", "/nothing", "/robots.txt"]
    more = ["/api/v1/channels/@ada", f"/api/v1/videos/{shown['id']}", shown["playback"]["hls_url"], "/offline"]
    return [*reads, *pages, *more]


def told(answer: httpx2.Response) -> tuple[int, dict[str, str], str]:
    """An answer without what is of its moment only."""
    number = answer.headers["x-request-id"]
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
    return answer.status_code, headers, answer.text.replace(number, "")


async def test_a51_no_header_that_caches_do_not_look_at_changes_an_answer(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    for path in await paths(app, api, ada):
        if "/events" in path:
            continue
        plain, strange = await client.get(path), await client.get(path, headers=UNKEYED)
        assert told(strange) == told(plain), path
        assert strange.status_code < 500
        assert not TOLD.search(str(strange.headers) + strange.text), path


async def test_a51_a_strange_host_is_told_to_nobody(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    for path in await paths(app, api, ada):
        if "/events" in path:
            continue
        answer = await client.get(path, headers={"Host": f"{EVIL}:6666"})
        assert answer.status_code < 500, path
        assert not TOLD.search(str(answer.headers) + answer.text), path
    created = await ada.http.post(UPLOADS, headers={**TUS, "Upload-Length": "5", "Host": EVIL, **UNKEYED})
    assert created.headers["location"].startswith("/api/v1/uploads/")


@pytest.mark.parametrize("host", NOT_HOSTS)
async def test_a51_what_is_no_host_is_a_bad_request(client: httpx2.AsyncClient, host: str) -> None:
    for path in ("/", "/login", "/api/v1/instance", "/nothing"):
        answer = await client.get(path, headers={"Host": host.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), path


async def test_a51_two_hosts_are_none(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/", headers=[("Host", "testserver"), ("Host", EVIL)])

    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["localhost", "a_b:8000", "127.0.0.1:1", "[::1]:8000", "[2001:db8::1]", "x.example."])
async def test_a51_whatever_a_host_may_be_is_served(client: httpx2.AsyncClient, host: str) -> None:
    for path in ("/login", "/api/v1/instance"):
        assert (await client.get(path, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "https://a]b", "null", "//", "http://", "://", ""])
async def test_a51_what_is_no_origin_is_not_ours(client: httpx2.AsyncClient, ada: Person, origin: str) -> None:
    sent = {"login": "ada", "password": PASSWORD}
    assert (await client.post("/login", data=sent, headers={"Origin": origin})).status_code == 403

    answer = await client.post("/api/v1/auth/login", json=sent, headers={"X-Session": "cookie"})
    token = {"X-CSRF-Token": answer.json()["csrf_token"], "Origin": origin}
    answer = await client.patch("/api/v1/me", json={"display_name": "Eve"}, headers=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


async def test_a51_an_answer_that_may_be_kept_says_by_what_it_differs(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    for path in await paths(app, api, ada):
        if "/events" in path:
            continue
        mine, anybodys = await ada.http.get(path), await client.get(f"{path}{'&' if '?' in path else '?'}utm_source=x")
        if path.startswith(("/media/", "/robots.txt", "/.well-known/")):
            continue
        for answer in (mine, anybodys):
            assert "cache-control" in answer.headers, path
            kept = answer.headers["cache-control"]
            varies = answer.headers.get("vary", "").lower()
            assert "no-store" in kept or "cookie" in varies, path
            assert "public" not in kept or "set-cookie" not in answer.headers
        if path.startswith("/api/"):
            assert "public" not in mine.headers["cache-control"], path
            assert (
                "no-store" in anybodys.headers["cache-control"] or "authorization" in anybodys.headers["vary"].lower()
            )


async def test_a51_the_page_that_everybody_may_keep_holds_nobody_s_cookie(connect: Connect) -> None:
    async with connect(Cookie="sf_session=sfw_long.gone") as browser:
        answer = await browser.get("/offline")

    assert "public" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


async def test_a51_packed_and_plain_answers_are_told_apart(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/openapi.json", "/", "/static/css/app.css"):
        for accepted in ("gzip", "identity", "", "gzip;q=0", "br, " * 2_000, "*", ";;;,,,", "gzip" * 1_000):
            answer = await client.get(path, headers={"Accept-Encoding": accepted})
            assert answer.status_code in {200, 404}, (path, accepted[:20])
            if answer.status_code == 200:
                assert "accept-encoding" in answer.headers.get("vary", "").lower(), (path, accepted[:20])


@pytest.mark.parametrize("encoding", ["gzip", "deflate, gzip", "x"])
async def test_a51_a_body_is_read_as_it_comes(client: httpx2.AsyncClient, ada: Person, encoding: str) -> None:
    said = {"Content-Encoding": encoding}
    packed = gzip.compress(b'{"login": "ada", "password": "x"}')
    for body in (BOMB, packed, zlib.compress(packed)):
        headers = {**said, "Content-Type": "application/json"}
        for path in ("/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/refresh"):
            assert (await client.post(path, content=body, headers=headers)).status_code == 422, path
        form = {**said, **FORM, "Content-Type": "application/x-www-form-urlencoded"}
        assert (await client.post("/login", content=body, headers=form)).status_code in {413, 422}
    # Of an upload every byte is a byte of the file.
    address = await started(ada, len(packed))
    sent = await ada.http.patch(address, content=packed, headers={**PIECE, **said, "Upload-Offset": "0"})
    assert sent.status_code == 204
    assert await offset_of(ada, address) == len(packed)
