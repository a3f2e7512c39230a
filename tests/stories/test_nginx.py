"""nginx in front, as `socialflow nginx` sets it up: it sends the bytes, and the API says who gets them."""

import asyncio
import base64
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.films import FILM, film
from tests.factories.instance import free_port
from tests.factories.proxies import Watched, listening, nginx
from tests.factories.uploads import DEMO_FILES, ready_asset

from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery
from socialflow.domains.media.service.delivery import Holder
from socialflow.entrypoints import cli
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

MP4 = DEMO_FILES["v360.mp4"][0]
# What is promised, in docs/how-to/behind-nginx.md.
REVOKED_WITHIN_S = 5.0
Print = Callable[..., str]


@dataclass(frozen=True)
class Front:
    """nginx's address, and what has reached the API behind it."""

    http: httpx2.AsyncClient
    api: Watched
    folder: Path


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"media": settings.media.model_copy(update={"x_accel": True})})


@pytest.fixture
def printed(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Print:
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_MEDIA__X_ACCEL", "true")

    def run(*options: str, code: int = 0) -> str:
        assert cli.main(["nginx", *options]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.err

    return run


@asynccontextmanager
async def in_front(api: FastAPI, folder: Path, printed: Print, *options: str) -> AsyncIterator[Front]:
    watched, port = Watched(api), free_port()
    async with listening(watched) as behind:
        files = ("--log", str(folder / "access.log"), "--cache", str(folder / "grants"))
        site = printed("--listen", f"127.0.0.1:{port}", "--upstream", f"127.0.0.1:{behind}", *files, *options)
        async with nginx(folder, site, port) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            yield Front(client, watched, folder)


@pytest.fixture(params=["accel", "direct"])
async def front(request: pytest.FixtureRequest, api: FastAPI, tmp_path: Path, printed: Print) -> AsyncIterator[Front]:
    options = ("--direct",) if request.param == "direct" else ()
    async with in_front(api, tmp_path / "nginx", printed, *options) as made:
        yield made


@pytest.fixture
async def direct(api: FastAPI, tmp_path: Path, printed: Print) -> AsyncIterator[Front]:
    async with in_front(api, tmp_path / "nginx", printed, "--direct") as made:
        yield made


def signed(app: App, asset: str, name: str, seconds: float = 60) -> str:
    return delivery.address(app, ids.parse("ast", asset), name, 0, datetime.now(UTC) + timedelta(seconds=seconds))


async def test_every_file_comes_from_nginx_as_the_api_would_send_it(front: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada)
    for name, (data, kind) in DEMO_FILES.items():
        answer = await front.http.get(f"/media/{asset}/{name}")

        assert (answer.status_code, answer.content) == (200, data), name
        assert answer.headers["content-type"] == kind
        for header in ("etag", "cache-control", "content-length", "accept-ranges", "access-control-allow-origin"):
            assert header in answer.headers, (name, header)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert not {"last-modified", "x-accel-redirect", "x-object"} & set(answer.headers)

    asset = await ready_asset(app, ada, access=Access.SIGNED)
    for name, (data, _) in DEMO_FILES.items():
        answer = await front.http.get(signed(app, asset, name))
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.headers["cache-control"].startswith("private")
        assert "access-control-allow-origin" not in answer.headers
    assert all(path.startswith(("/media/", "/_grants/media/")) and sent == 0 for path, sent in front.api.seen)
    # What is no file passes through.
    assert (await front.http.get("/api/v1/instance")).json()["software"]


async def test_ranges_and_conditions_are_met(front: Front, app: App, ada: Person) -> None:
    path = signed(app, await ready_asset(app, ada, access=Access.SIGNED), "v360.mp4")
    size = len(MP4)
    for asked, wanted, told in (
        ("bytes=0-0", MP4[:1], "0-0"),
        ("bytes=100-199", MP4[100:200], "100-199"),
        ("bytes=4000-", MP4[4000:], f"4000-{size - 1}"),
        ("bytes=-10", MP4[-10:], f"{size - 10}-{size - 1}"),
    ):
        answer = await front.http.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, wanted)
        assert answer.headers["content-range"] == f"bytes {told}/{size}"
    assert (await front.http.get(path, headers={"Range": f"bytes={size}-"})).status_code == 416

    etag = (await front.http.head(path)).headers["etag"]
    ranged = {"Range": "bytes=0-9"}
    assert (await front.http.get(path, headers={**ranged, "If-Range": etag})).status_code == 206
    assert (await front.http.get(path, headers={**ranged, "If-Range": '"another"'})).status_code == 200

    path = path.replace("v360.mp4", "master.m3u8")
    etag = (await front.http.get(path)).headers["etag"]
    answer = await front.http.get(path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_what_the_api_refuses_nginx_refuses_with_the_same_words(front: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    other = await ready_asset(app, ada, access=Access.SIGNED)
    good = signed(app, asset, "v360.mp4")
    token = good.split("/")[2]
    raw = bytearray(base64.urlsafe_b64decode(token[1:] + "=="))
    raw[-1] ^= 1
    forged = "~" + base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    refused = {
        f"/media/{asset}/v360.mp4": "not_found",
        good.replace(token, forged): "not_found",
        good.replace(asset, other): "not_found",
        signed(app, asset, "v360.mp4", seconds=-1): "media_link_expired",
        f"/media/{token}/{asset}/../{other}/v360.mp4": "not_found",
        f"/media/{token}/{asset}/%2e%2e/{other}/v360.mp4": "not_found",
        f"/media/{token}/{asset}/..%2f..%2fsecrets/secret.mp4": "not_found",
        f"/media/{token}/{asset}/none.mp4": "not_found",
    }
    for path, code in refused.items():
        for method in ("GET", "HEAD"):
            answer = await front.http.request(method, path, headers={"Range": "bytes=0-0"})
            assert answer.status_code == (403 if code == "media_link_expired" else 404), path
            assert method == "HEAD" or answer.json()["code"] == code, path
            assert answer.headers["cache-control"] == "no-store"
    assert (await front.http.get(good)).status_code == 200


async def test_a_download_comes_from_nginx_and_only_so_many_at_once(direct: Front, app: App, ada: Person) -> None:
    video = await film(app, ada, data=FILM * 12, allow_download=True)
    path = f"/api/v1/videos/{video}/download"
    whole = await direct.http.get(path)
    assert (whole.status_code, len(whole.content)) == (200, 12 * len(FILM))
    assert whole.headers["content-disposition"].startswith('attachment; filename="A walk (480p).mp4"')
    part = await direct.http.get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, (FILM * 2)[100:200])
    assert direct.api.seen == [(path, 0)] * 2

    url = direct.http.base_url
    with contextlib.ExitStack() as stack:
        for _ in range(app.settings.media.downloads_at_once):
            slow = stack.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            slow.connect((url.host, url.port))
            slow.sendall(f"GET {path} HTTP/1.1\r\nHost: testserver\r\n\r\n".encode())
            await asyncio.to_thread(slow.recv, 100)
        assert (await direct.http.get(path)).status_code == 429


async def test_nobody_outside_reaches_objects_or_grants(front: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada)
    async for found in app.port(ObjectStore).list("assets/"):
        assert (await front.http.get(f"/_objects/{found.key}")).status_code == 404
    for path in (f"/_grants/media/{asset}/v360.mp4", "/_grant", "/_objects/../secrets/secret"):
        answer = await front.http.get(path)
        assert answer.status_code == 404
        assert "x-object" not in answer.headers


async def test_an_object_that_is_gone_is_a_404(front: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada)
    await app.port(ObjectStore).delete_prefix("assets/")

    answer = await front.http.get(f"/media/{asset}/v360.mp4")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_viewers_of_a_file_cost_the_api_one_question(direct: Front, app: App, ada: Person) -> None:
    path = f"/media/{await ready_asset(app, ada)}/v360.mp4"
    started = time.monotonic()
    answers = await asyncio.gather(
        *(direct.http.get(path, headers={"Range": f"bytes={at}-{at + 9}"}) for at in range(0, 4000, 40))
    )
    assert {answer.status_code for answer in answers} == {206}
    assert len(direct.api.seen) <= 1 + (time.monotonic() - started) // 1
    assert {path for path, _ in direct.api.seen} == {f"/_grants{path}"}


async def test_revoked_access_ends_within_the_promised_seconds(front: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    path = signed(app, asset, "v360.mp4")
    assert (await front.http.get(path)).status_code == 200
    async with app.work(SYSTEM) as work:
        # By another process, of which this one hears nothing.
        await work.db.execute(text("UPDATE assets SET access = 'closed'"))
    revoked = time.monotonic()
    while (await front.http.get(path)).status_code == 200:
        assert time.monotonic() - revoked < REVOKED_WITHIN_S
        await asyncio.sleep(0.1)


async def test_a_session_that_ends_takes_its_addresses_along(direct: Front, app: App, ada: Person) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    session = (await ada.get("/me/sessions")).json()["items"][0]["id"]
    holder, until = Holder(ids.parse("ses", session), trusted=True), datetime.now(UTC) + timedelta(minutes=1)
    path = delivery.address(app, ids.parse("ast", asset), "v360.mp4", 0, until, holder=holder)
    assert (await direct.http.get(path)).status_code == 200

    await ada.post("/auth/logout", {"refresh_token": ada.refresh_token})
    ended = time.monotonic()
    while (await direct.http.get(path)).status_code == 200:
        assert time.monotonic() - ended < REVOKED_WITHIN_S
        await asyncio.sleep(0.1)


async def test_tokens_are_not_in_the_log(direct: Front, app: App, ada: Person) -> None:
    path = signed(app, await ready_asset(app, ada, access=Access.SIGNED), "v360.mp4")
    await direct.http.get(path)

    log = (direct.folder / "access.log").read_text()
    assert "/media/~hidden/ast_" in log
    assert path.split("/")[2] not in log


def test_the_configuration_is_refused_where_it_would_lie(printed: Print, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cannot stand" in printed("--log", "/tmp/x; include /etc/passwd", code=78)
    monkeypatch.setenv("SF_MEDIA__X_ACCEL", "false")
    assert "SF_MEDIA__X_ACCEL=true" in printed(code=78)


def test_with_an_https_address_it_speaks_tls(printed: Print, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_HTTP__PUBLIC_URL", "https://video.example.org")
    said = printed("--certificate", "/etc/ssl/mine.pem")
    assert "listen 443 ssl;" in said
    assert "server_name video.example.org;" in said
    assert "ssl_certificate     /etc/ssl/mine.pem;" in said
    assert "@" not in said.replace("@missing", "")
