"""Files over HTTP: who gets them, in which parts, and what is said beside them."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from starlette.routing import Match
from tests.factories.accounts import Person
from tests.factories.uploads import DEMO_FILES, ready_asset

from socialflow.domains.media.models import Access
from socialflow.domains.media.service import delivery, playback_card, set_access
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

MP4 = DEMO_FILES["v360.mp4"][0]


def signed(app: App, asset: str, name: str, *, seconds: int = 60) -> str:
    """A signed address that runs out in so many seconds."""
    return delivery.address(app, ids.parse("ast", asset), name, 0, datetime.now(UTC) + timedelta(seconds=seconds))


@pytest.fixture
def statements(app: App) -> Iterator[list[str]]:
    """Every statement that is sent to the database."""
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(app.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(app.engine.sync_engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", DEMO_FILES)
async def test_every_listed_file_of_an_open_asset_is_served(
    app: App, ada: Person, client: httpx2.AsyncClient, name: str
) -> None:
    asset = await ready_asset(app, ada)
    answer = await client.get(f"/media/{asset}/{name}")

    assert answer.status_code == 200
    assert answer.content == DEMO_FILES[name][0]
    assert answer.headers["content-type"] == DEMO_FILES[name][1]
    assert answer.headers["content-length"] == str(len(DEMO_FILES[name][0]))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["etag"].startswith('"')
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=100-", 206, (100, 4096)),
        ("bytes=-100", 206, (3996, 4096)),
        ("bytes=-9999", 206, (0, 4096)),
        ("bytes=4000-9999", 206, (4000, 4096)),
        ("bytes=0-4095", 206, (0, 4096)),
        ("items=0-5", 200, (0, 4096)),
        ("", 200, (0, 4096)),
    ],
)
async def test_one_range_is_served(
    app: App, ada: Person, client: httpx2.AsyncClient, asked: str, status: int, span: tuple[int, int]
) -> None:
    asset = await ready_asset(app, ada)
    answer = await client.get(f"/media/{asset}/v360.mp4", headers={"Range": asked})

    assert answer.status_code == status
    assert answer.content == MP4[slice(*span)]
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/4096"


async def test_a_range_holds_only_for_the_content_it_was_asked_of(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    path = f"/media/{await ready_asset(app, ada)}/v360.mp4"
    etag = (await client.head(path)).headers["etag"]

    assert (await client.get(path, headers={"Range": "bytes=0-9", "If-Range": etag})).status_code == 206
    assert (await client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})).status_code == 200
    dated = {"Range": "bytes=0-9", "If-Range": "Tue, 24 Nov 2026 17:00:00 GMT"}
    assert (await client.get(path, headers=dated)).status_code == 200


async def test_what_has_not_changed_is_not_sent_again(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    path = f"/media/{await ready_asset(app, ada)}/poster.jpg"
    etag = (await client.get(path)).headers["etag"]

    for header in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await client.get(path, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"].startswith("public")
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_head_says_the_same_without_the_bytes(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    path = f"/media/{await ready_asset(app, ada)}/v360.mp4"
    head, get = await client.head(path), await client.get(path)

    assert head.content == b""
    volatile = {"x-request-id", "date"}
    assert {k: v for k, v in head.headers.items() if k not in volatile} == {
        k: v for k, v in get.headers.items() if k not in volatile
    }
    part = await client.head(path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_a_signed_asset_is_served_to_the_holder_of_its_token(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    for name, (data, _) in DEMO_FILES.items():
        answer = await client.get(signed(app, asset, name))
        assert (answer.status_code, answer.content) == (200, data)
        assert answer.headers["cache-control"].startswith("private")
        assert "access-control-allow-origin" not in answer.headers


async def test_the_names_in_a_playlist_carry_the_token_along(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    master = httpx2.URL("http://testserver" + signed(app, asset, "master.m3u8"))
    names = [line for line in (await client.get(master)).text.splitlines() if not line.startswith("#")]
    playlist = master.join(names[0])
    segments = [line for line in (await client.get(playlist)).text.splitlines() if not line.startswith("#")]

    answer = await client.get(playlist.join(segments[0]), headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (206, MP4[:10])


async def test_an_address_that_ran_out_says_so(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada, access=Access.SIGNED)
    answer = await client.get(signed(app, asset, "master.m3u8", seconds=-1))

    assert (answer.status_code, answer.json()["code"]) == (403, "media_link_expired")


async def test_a_closed_asset_is_not_there_for_anybody(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada, access=Access.CLOSED)

    assert (await client.get(f"/media/{asset}/master.m3u8")).status_code == 404
    assert (await ada.http.get(f"/media/{asset}/master.m3u8")).status_code == 404
    assert (await client.get(signed(app, asset, "master.m3u8"))).status_code == 404


async def test_a_change_of_access_holds_at_once_in_the_same_process(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    asset = await ready_asset(app, ada)
    assert (await client.get(f"/media/{asset}/v360.mp4")).status_code == 200

    for access, status in ((Access.SIGNED, 404), (Access.CLOSED, 404), (Access.OPEN, 200)):
        async with app.work(SYSTEM) as work:
            await set_access(work, ids.parse("ast", asset), access)
        assert (await client.get(f"/media/{asset}/v360.mp4")).status_code == status


async def test_segments_cost_no_query(app: App, ada: Person, client: httpx2.AsyncClient, statements: list[str]) -> None:
    asset = await ready_asset(app, ada)
    await client.get(f"/media/{asset}/master.m3u8")
    statements.clear()

    for start in range(0, 4096, 512):
        assert (
            await client.get(f"/media/{asset}/v360.mp4", headers={"Range": f"bytes={start}-{start + 511}"})
        ).status_code == 206
    assert statements == []


def test_a_file_is_looked_for_before_all_that_is_asked_for_less_often(api: FastAPI) -> None:
    scope = {"type": "http", "method": "GET", "path": "/media/~token/asset/v360.mp4"}
    asked = [route.matches(scope)[0] for route in api.router.routes]
    assert asked.index(Match.FULL) == 0


async def test_many_first_requests_cost_one_query(
    app: App, ada: Person, client: httpx2.AsyncClient, statements: list[str]
) -> None:
    asset = await ready_asset(app, ada)
    statements.clear()

    answers = await asyncio.gather(*(client.get(f"/media/{asset}/poster.jpg") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum("asset_files" in statement for statement in statements) == 1


async def test_a_playlist_of_an_unfinished_asset_is_kept_for_a_moment_only(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    asset = await ready_asset(app, ada)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE assets SET state = 'partially_playable'"))

    assert (await client.get(f"/media/{asset}/master.m3u8")).headers["cache-control"] == "public, max-age=2"


async def test_a_listed_file_whose_object_is_gone_is_a_404(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    asset = await ready_asset(app, ada)
    await app.port(ObjectStore).delete_prefix("assets/")

    answer = await client.get(f"/media/{asset}/v360.mp4")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


ROW = {"asset_id": uuid.UUID(int=7), "access_epoch": 0, "version": 1, "thumbhash": None, "width": 640, "height": 360}
ROW |= {"duration_ms": 10_000, "has_video": True, "has_storyboard": True, "extras": {}}


def test_playback_of_an_open_asset_has_plain_addresses(app: App) -> None:
    found = playback_card(app, ROW | {"access": Access.OPEN}, datetime.now(UTC))

    base = f"/media/{ids.show('ast', ROW['asset_id'])}"
    assert (found["hls_url"], found["dash_url"]) == (f"{base}/master.m3u8", f"{base}/manifest.mpd")
    assert (found["poster"], found["storyboard"]) == (f"{base}/poster.jpg", f"{base}/storyboard.vtt")
    assert (found["expires_at"], found["duration_ms"], found["width"], found["height"]) == (None, 10_000, 640, 360)
    assert found["cache_key"] == f"{ids.show('ast', ROW['asset_id'])}.1"


def test_signed_playback_stays_the_same_for_a_while_and_then_lasts_long_enough(app: App) -> None:
    ttl = timedelta(seconds=app.settings.media.signed_url_ttl_s)
    times = [datetime(2026, 11, 24, tzinfo=UTC) + ttl * step / 100 for step in range(100)]
    found = [playback_card(app, ROW | {"access": Access.SIGNED}, now) for now in times]

    assert len({playback["hls_url"] for playback in found}) == 2
    assert len({playback["cache_key"] for playback in found}) == 1
    assert all(ttl <= playback["expires_at"] - now <= ttl * 1.5 for now, playback in zip(times, found, strict=True))


async def test_a_large_file_comes_whole_and_in_parts(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    data = os.urandom(3 * 1024**2 + 77)
    asset = await ready_asset(app, ada, files={"v360.mp4": (data, "video/mp4")})

    assert (await client.get(f"/media/{asset}/v360.mp4")).content == data
    part = await client.get(f"/media/{asset}/v360.mp4", headers={"Range": "bytes=1000-2500000"})
    assert (part.status_code, part.content) == (206, data[1_000:2_500_001])


async def test_no_more_assets_are_remembered_than_set(
    app: App, ada: Person, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    monkeypatch.setattr(delivery, "KEEP_ASSETS", 1)
    first, second = [ids.parse("ast", await ready_asset(app, ada)) for _ in range(2)]
    shelves = delivery.Shelves()
    statements.clear()

    for asset_id in (first, first, second, first):
        assert await shelves.get(app, asset_id) is not None
    assert sum("asset_files" in statement for statement in statements) == 3


async def test_what_another_process_has_added_or_opened_is_found_at_once(
    app: App, ada: Person, client: httpx2.AsyncClient, statements: list[str]
) -> None:
    asset = await ready_asset(app, ada, access=Access.CLOSED)
    row = {"id": ids.parse("ast", asset)}

    async def elsewhere(statement: str) -> None:
        async with app.sessions() as session, session.begin():
            await session.execute(text(statement), row)

    assert (await client.get(f"/media/{asset}/v360.mp4")).status_code == 404
    await elsewhere("UPDATE assets SET access = 'open' WHERE id = :id")
    assert (await client.get(f"/media/{asset}/v360.mp4")).status_code == 200

    assert (await client.get(f"/media/{asset}/late.mp4")).status_code == 404
    await elsewhere("UPDATE asset_files SET name = 'late.mp4' WHERE asset_id = :id AND name = 'v360.mp4'")
    assert (await client.get(f"/media/{asset}/late.mp4")).status_code == 200

    # What is kept is read for one question more, not for ever again; and many who ask at once are one.
    statements.clear()
    answers = await asyncio.gather(*(client.get(f"/media/{asset}/never.mp4") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {404}
    assert sum("asset_files" in statement for statement in statements) <= 2
