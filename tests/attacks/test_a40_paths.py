"""A40: no name that somebody sends becomes a path."""

from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx2
import pytest
from fastapi import FastAPI
from starlette.types import Message
from tests.factories.accounts import Person
from tests.factories.uploads import ready_asset, state_of, uploaded

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

NAMES = [
    "..",
    "../poster.jpg",
    "%2e%2e/poster.jpg",
    "%2e%2e%2fposter.jpg",
    "..%252f..%252fetc%252fpasswd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "..\\..\\etc\\passwd",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "poster.jpg%00.mp4",
    "%00",
    "poster.jpg%0a",
    "poster.jpg%20",
    "%e2%88%95etc%e2%88%95passwd",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8fpasswd",
    "%c0%ae%c0%ae%c0%afpasswd",
    "%ff%fe",
    "POSTER.JPG",
    "poster.jpg/",
    "poster.jpg/.",
    "./poster.jpg/../v360.mp4x",
    "poster.jpg;v360.mp4",
    ".unfinished",
    "con",
    "nul.mp4",
    "aux.jpg",
    "x" * 4_096,
    "x" * 4_096 + ".mp4",
    "master.m3u8.bak",
    "*",
    "~",
    "$(id)",
    "old%2fabc%2fposter.jpg",
]


@pytest.mark.parametrize("name", NAMES)
async def test_a40_only_listed_names_are_served(app: App, ada: Person, api: FastAPI, name: str) -> None:
    asset = await ready_asset(app, ada)
    secret = app.settings.storage_root.parent / "passwd"
    secret.write_text("root:secret")

    for path in (f"/media/{asset}/{name}", f"/media/{name}/master.m3u8"):
        status, body = await ask(api, path)
        assert status in (400, 404), (path, status)
        assert b"secret" not in body
        assert str(app.settings.storage_root).encode() not in body


async def ask(api: FastAPI, path: str) -> tuple[int, bytes]:
    """GET a path exactly as it is: no client has tidied it up."""
    sent: list[Message] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await api(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("token", ["", "~", "..", "%2e%2e", "A" * 5_000, "\u00e9", "a.b.c", "%00", "-_-", "AAAA"])
async def test_a40_a_token_is_nothing_but_a_token(app: App, ada: Person, api: FastAPI, token: str) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    status, _ = await ask(api, f"/media/~{token}/{asset}/master.m3u8")
    assert status in (400, 404)


async def test_a40_the_name_of_an_upload_is_nowhere_in_the_store(app: App, ada: Person) -> None:
    for name in ("../../evil", "/etc/cron.d/evil", "..\\evil", "evil\u2215evil", "evil|id", "-evil"):
        await uploaded(ada, b"12345", filename=name)

    paths = [path.relative_to(app.settings.storage_root).as_posix() for path in app.settings.storage_root.rglob("*")]
    assert not any("evil" in path for path in paths)
    assert not list(app.settings.data_dir.parent.rglob("*evil*"))


async def test_a40_a_link_smuggled_into_the_store_is_not_followed(
    app: App, ada: Person, client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    asset = await ready_asset(app, ada)
    store = app.port(ObjectStore)
    assert isinstance(store, LocalObjectStore)
    shelf = await delivery.shelves.get(app, ids.parse("ast", asset))
    assert shelf is not None
    poster = store.root / shelf.files["poster.jpg"].key
    (tmp_path / "secret").write_bytes(b"secret poster")
    poster.unlink()
    poster.symlink_to(tmp_path / "secret")

    answer = await client.get(f"/media/{asset}/poster.jpg")
    assert answer.status_code >= 400
    assert b"secret" not in answer.content


async def test_a40_an_id_of_another_kind_opens_nothing(ada: Person, client: httpx2.AsyncClient) -> None:
    address = await uploaded(ada, b"12345")
    asset = (await state_of(ada, address))["asset_id"]

    for wrong in (asset.upper(), asset.replace("ast_", "upl_"), asset[4:], f" {asset}", asset + "0"):
        assert (await client.get(f"/media/{wrong}/master.m3u8")).status_code in (400, 404)
