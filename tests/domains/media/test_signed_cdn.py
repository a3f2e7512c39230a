"""Private videos by a CDN that checks signatures: cookies for one video, its origin trusted, and nobody else."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import SecretStr
from tests.factories.accounts import Person
from tests.factories.uploads import problem
from tests.factories.videos import asset_of, video

from socialflow.domains.media.events import AssetWithdrawn
from socialflow.domains.media.handlers import caches
from socialflow.domains.media.models import Access, Asset
from socialflow.domains.media.service import protection, set_access
from socialflow.entrypoints import doctor
from socialflow.entrypoints.cdns import cdn
from socialflow.kernel import ids
from socialflow.kernel.config import CdnSettings, InvalidSettings, Settings
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.cdn import Cdn
from socialflow.ports.packaging import Protection, Shield

URL, TOKEN = "https://cdn.example.org", "an-origin-token-of-more-than-32-letters"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
COMPLETE: dict[str, Any] = {
    "kind": "cloudfront",
    "url": URL,
    "distribution_id": "E1",
    "access_key_id": "x",
    "secret_access_key": SecretStr("x"),
    "signing_key": SecretStr(PEM),
    "signing_key_id": "K2JCJMDEHXQW5F",
    "cookie_domain": "example.org",
    "origin_token": SecretStr(TOKEN),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cdn": CdnSettings(**COMPLETE)})


def cookies_of(answer: httpx2.Response) -> Iterator[tuple[str, Any]]:
    for header in answer.headers.get_list("set-cookie"):
        yield from SimpleCookie(header).items()


async def test_the_answer_sets_cookies_for_this_video_alone_and_leads_to_the_cdn(app: App, ada: Person) -> None:
    made = await video(app, ada, visibility="private")
    answer = await ada.get(f"/videos/{made['id']}/playback")
    told = answer.json()
    folder = f"/media/signed/{ids.show('ast', await asset_of(app, made['id']))}/"
    assert answer.headers["cache-control"] == "private, no-store"
    assert told["hls_url"] == f"{URL}{folder}master.m3u8"
    found = dict(cookies_of(answer))
    assert set(found) == {"CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id"}
    left = (datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)).total_seconds()
    for cookie in found.values():
        assert (cookie["path"], cookie["domain"], cookie["samesite"]) == (folder, "example.org", "None")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert abs(int(cookie["max-age"]) - left) < 10
    assert found["CloudFront-Key-Pair-Id"].value == "K2JCJMDEHXQW5F"

    by_query = await ada.get(f"/videos/{made['id']}/playback?delivery=query")
    assert "set-cookie" not in by_query.headers
    assert all(part in by_query.json()["hls_url"] for part in ("?Policy=", "&Signature=", "&Key-Pair-Id="))
    # Every other answer is as it was.
    assert (await ada.get(f"/videos/{made['id']}")).json()["playback"]["hls_url"].startswith("/media/~")


async def test_who_may_not_see_it_gets_no_cookie_and_what_is_everybodys_needs_none(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    made, public = await video(app, ada, visibility="private"), await video(app, ada)
    for who in (bob.get, lambda path: client.get(f"/api/v1{path}")):
        refused = await who(f"/videos/{made['id']}/playback")
        problem(refused, 404, "not_found")
        assert "set-cookie" not in refused.headers
    answer = await client.get(f"/api/v1/videos/{public['id']}/playback")
    assert "set-cookie" not in answer.headers
    assert answer.json()["hls_url"].startswith(f"{URL}/media/ast_")


async def test_only_the_cdn_is_trusted_at_the_origin_and_never_with_what_is_closed(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada, visibility="private")
    asset = await asset_of(app, made["id"])
    path = f"/media/signed/{ids.show('ast', asset)}/master.m3u8"
    for headers in ({}, {"X-Origin-Token": "wrong"}, {"X-Origin-Token": ""}):
        assert (await client.get(path, headers=headers)).status_code == 404
    trusted = {"X-Origin-Token": TOKEN}
    # With what demands no signature the same secret comes.
    for unsigned in (f"/media/{ids.show('ast', asset)}/master.m3u8", path.replace("signed", "%73igned")):
        assert (await client.get(unsigned, headers=trusted)).status_code == 404, unsigned
    answer = await client.get(path, headers=trusted)
    assert answer.status_code == 200
    assert "private" not in answer.headers["cache-control"]
    assert answer.headers["cache-tag"] == ids.show("ast", asset)
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-origin"] == app.settings.public_url
    async with app.work(SYSTEM) as work:
        await set_access(work, asset, Access.CLOSED)
    assert (await client.get(path, headers=trusted)).status_code == 404


async def test_keys_by_the_cdn_are_not_counted_for_the_few_addresses_that_it_has(
    app: App, api: FastAPI, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada, visibility="private")
    shown, key_id = ids.show("ast", await asset_of(app, made["id"])), uuid.uuid4()
    async with app.work(SYSTEM) as work:
        shield = Shield(Protection.AES128, key_id, b"k" * 16, b"i" * 16)
        asset = await work.db.get_one(Asset, ids.parse("ast", shown))
        await protection._put_key(app, work, asset, shield)
    limits = app.settings.limits.model_copy(update={"enabled": True, "media_keys": "2/60"})
    api.state.app = replace(app, settings=app.settings.model_copy(update={"limits": limits}))
    try:
        path, trusted = f"/media/signed/{shown}/keys/{key_id.hex}", {"X-Origin-Token": TOKEN}
        for _ in range(4):
            answer = await client.get(path, headers=trusted)
            assert (answer.status_code, answer.content) == (200, b"k" * 16)
        # Players of our pages ask for keys as they do for files: with cookies, of another origin.
        assert answer.headers["access-control-allow-origin"] == app.settings.public_url
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert (await client.get(path)).status_code == 404
        assert (await client.get(f"/media/{shown}/keys/{key_id.hex}", headers=trusted)).status_code == 404
    finally:
        api.state.app = app


class Recording:
    """A CDN that checks signatures, and writes down what it is to forget."""

    url, keeps, signs = URL, True, True

    def __init__(self) -> None:
        self.forgotten: set[str] = set()

    async def purge(self, folder: str, tag: str) -> None:
        del tag
        self.forgotten.add(folder)


async def test_what_is_withdrawn_is_forgotten_at_both_addresses(app: App) -> None:
    cdn, asset_id = Recording(), ids.new()
    await caches.purge_asset(replace(app, ports={**app.ports, Cdn: cdn}), AssetWithdrawn(asset_id=asset_id))
    shown = ids.show("ast", asset_id)
    assert cdn.forgotten == {f"/media/{shown}/", f"/media/signed/{shown}/"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signing_key_id": None}, "are needed together"),
        ({"signing_key": None}, "are needed together"),
        ({"cookie_domain": None}, "SF_CDN__COOKIE_DOMAIN"),
        ({"origin_token": None}, "SF_CDN__ORIGIN_TOKEN"),
        ({"cookie_domain": "example.com"}, "no parent"),
        ({"signing_key": SecretStr("words")}, "not a private key"),
    ],
)
async def test_half_of_it_is_refused(settings: Settings, change: dict[str, Any], said: str) -> None:
    half = settings.model_copy(update={"cdn": CdnSettings(**{**COMPLETE, **change})})
    with pytest.raises(InvalidSettings, match=said):
        cdn(half)
    assert (await doctor.cdn(half)).level == "fault"


async def test_the_doctor_knows_whose_cookies_the_site_may_set(settings: Settings) -> None:
    there = settings.model_copy(update={"http": settings.http.model_copy(update={"public_url": "https://example.org"})})
    assert (await doctor.cdn(there)).level == "ok"
    elsewhere = settings.model_copy(
        update={"http": settings.http.model_copy(update={"public_url": "https://example.net"})}
    )
    assert (await doctor.cdn(elsewhere)).level == "warning"
