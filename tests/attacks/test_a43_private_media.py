"""A43: every single file of private media is closed to everybody without a good address."""

import base64
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.uploads import DEMO_FILES, ready_asset
from tests.factories.videos import video

from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery
from socialflow.kernel import ids
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import App

SOON = timedelta(minutes=1)


def token_of(app: App, asset: str, expires_in: timedelta = SOON) -> str:
    return delivery.sign(app, ids.parse("ast", asset), 0, datetime.now(UTC) + expires_in)


@pytest.mark.parametrize("name", DEMO_FILES)
async def test_a43_nothing_is_had_without_a_token(app: App, ada: Person, client: httpx2.AsyncClient, name: str) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    token = token_of(app, asset)
    etag = (await client.get(f"/media/~{token}/{asset}/{name}")).headers["etag"]

    for headers in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": etag}, {"If-None-Match": "*"}):
        for path in (f"/media/{asset}/{name}", f"/media/{asset}/{name}?token={token}", f"/media/~/{asset}/{name}"):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == 404, (method, path, headers)
                assert "etag" not in answer.headers
                assert answer.headers["cache-control"] == "no-store"
    # Being the owner opens no address: owners get signed ones as everybody does.
    assert (await ada.http.get(f"/media/{asset}/{name}")).status_code == 404


async def test_a43_a_token_opens_its_own_asset_only(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    mine = await ready_asset(app, ada, access=Access.SIGNED)
    other = await ready_asset(app, ada, access=Access.SIGNED)

    assert (await client.get(f"/media/~{token_of(app, mine)}/{mine}/v360.mp4")).status_code == 200
    assert (await client.get(f"/media/~{token_of(app, mine)}/{other}/v360.mp4")).status_code == 404
    assert (await client.get(f"/media/~{token_of(app, mine)}/{other}/none.mp4")).status_code == 404


async def test_a43_a_token_cannot_be_changed(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    raw = base64.urlsafe_b64decode(token_of(app, asset, timedelta(seconds=-1)) + "==")

    for position in range(len(raw)):
        for bit in (1, 128):
            changed = bytearray(raw)
            changed[position] ^= bit
            forged = base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
            answer = await client.get(f"/media/~{forged}/{asset}/master.m3u8")
            assert answer.status_code == 404, (position, bit)
    for length in range(len(raw)):
        cut = base64.urlsafe_b64encode(raw[:length]).decode().rstrip("=")
        assert (await client.get(f"/media/~{cut}/{asset}/master.m3u8")).status_code == 404


async def test_a43_an_address_from_before_opens_nothing_once_a_video_is_private(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada, visibility="unlisted")
    url = (await client.get(f"/api/v1/videos/{made['id']}")).json()["playback"]["hls_url"]
    assert (await client.get(url)).status_code == 200

    hidden = await ada.patch(f"/videos/{made['id']}", {"visibility": "private"})
    assert (await client.get(url)).status_code == 404
    own = hidden.json()["playback"]["hls_url"]
    assert (await client.get(own)).status_code == 200
    await ada.patch(f"/videos/{made['id']}", {"visibility": "unlisted"})
    assert (await client.get(url)).status_code == 404, "what has ended does not come back"


async def test_a43_a_token_of_another_installation_is_worth_nothing(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    head = base64.urlsafe_b64decode(token_of(app, asset) + "==")[:9]
    signature = Keys("another secret").sign(delivery.PURPOSE, head + ids.parse("ast", asset).bytes + bytes(8))
    forged = base64.urlsafe_b64encode(head + signature).decode().rstrip("=")

    assert (await client.get(f"/media/~{forged}/{asset}/master.m3u8")).status_code == 404


async def test_a43_time_runs_out_for_every_file_and_way_of_asking(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    token = token_of(app, asset, timedelta(seconds=-1))

    for name in DEMO_FILES:
        for method in ("GET", "HEAD"):
            for headers in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": "*"}):
                answer = await client.request(method, f"/media/~{token}/{asset}/{name}", headers=headers)
                assert answer.status_code == 403


async def test_a43_no_shared_cache_keeps_what_is_private(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    for name in DEMO_FILES:
        answer = await client.get(f"/media/~{token_of(app, asset)}/{asset}/{name}")
        assert answer.headers["cache-control"].startswith("private")


async def test_a43_what_exists_and_what_does_not_cannot_be_told_apart(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    private = await ready_asset(app, ada, access=Access.SIGNED)
    closed = await ready_asset(app, ada, access=Access.CLOSED)
    nothing = ids.show("ast", ids.new())

    told = [(await client.get(f"/media/{asset}/master.m3u8")) for asset in (private, closed, nothing)]
    bodies = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in told]
    assert bodies[0] == bodies[1] == bodies[2]
