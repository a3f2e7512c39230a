"""Videos that are fetched from a link."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.conftest import deliver_all
from tests.factories.accounts import Person
from tests.factories.elsewhere import HERE, Asked, Film, Reply, elsewhere, head, saying
from tests.factories.instance import free_port
from tests.factories.uploads import TUS, problem, send, state_of

from socialflow.domains.media.handlers import collect
from socialflow.domains.media.service import assets, fetch_source, intake, inventory, repairs
from socialflow.domains.media.service.intake import Fetching
from socialflow.kernel import ids, realtime
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, Actor, App, Work
from socialflow.ports.storage import ObjectStore, StoreUnavailable

OURS = ("imports", "default")
# A container by its first bytes; nobody looks at the others here.
FILE = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 1_200
PORT = free_port()
IMPORTS = "/uploads/imports"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """This machine may be fetched from, at one port; nobody is waited for."""
    return settings.model_copy(
        update={
            "fetch": settings.fetch.model_copy(update={"ports": (PORT,), "allowed_networks": (HERE,)}),
            "imports": settings.imports.model_copy(update={"stall_seconds": 0.3, "most_open": 2}),
            "media": settings.media.model_copy(update={"piece_bytes": 65_536}),
        }
    )


def link(path: str = "/films/a%20walk.mp4?key=secret") -> str:
    return f"http://127.0.0.1:{PORT}{path}"


async def asked_for(person: Person, url: str = "", **more: Any) -> dict[str, Any]:
    """An import that is to begin."""
    answer = await person.post(IMPORTS, {"url": url or link(), **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def ran(app: App, *, times: int = 1) -> None:
    await deliver_all(app, times=times, queues=OURS)


async def state(person: Person, upload: dict[str, Any]) -> dict[str, Any]:
    return await state_of(person, f"/api/v1/uploads/{upload['id']}")


async def limits(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get("/uploads/limits")).json()
    return found


async def used(person: Person) -> int:
    return int((await limits(person))["used_bytes"])


async def kept(app: App, upload: dict[str, Any], folder: Path) -> bytes:
    """What has been kept of an upload that is complete."""
    path = folder / "source"
    await fetch_source(app, ids.parse("ast", upload["asset_id"]), path)
    return path.read_bytes()


async def objects(app: App) -> list[str]:
    return [info.key async for info in app.port(ObjectStore).list("uploads/")]


async def test_a_video_is_fetched_from_a_link_and_is_an_upload_as_any_other(
    app: App, ada: Person, tmp_path: Path
) -> None:
    made = await asked_for(ada)
    assert (made["state"], made["origin"], made["length"], made["offset"]) == ("receiving", "link", None, 0)
    assert made["filename"] == "a walk.mp4"
    assert (await ada.get("/uploads/limits")).json()["imports"] is True
    video = (await ada.post("/videos", {"upload_id": made["id"], "title": "A walk"})).json()
    assert video["state"] == "draft"

    async with elsewhere(Film(FILE), port=PORT):
        await ran(app, times=2)
    found = await state(ada, made)
    assert (found["state"], found["length"], found["offset"]) == ("received", len(FILE), len(FILE))
    assert await kept(app, made, tmp_path) == FILE
    assert await used(ada) == len(FILE)
    assert (await ada.get(f"/videos/{video['id']}")).json()["state"] == "processing"
    async with app.sessions() as session:
        urls = (await session.execute(text("SELECT url, host FROM link_imports"))).all()
    assert [tuple(row) for row in urls] == [(None, "127.0.0.1")]


async def test_an_address_is_kept_sealed_and_told_to_nobody(app: App, ada: Person) -> None:
    await asked_for(ada)
    async with app.sessions() as session:
        rows = (await session.execute(text("SELECT to_jsonb(link_imports)::text FROM link_imports"))).scalars().all()
        events = (await session.execute(text("SELECT payload::text FROM outbox"))).scalars().all()
    assert not [row for row in [*rows, *events] if "secret" in row or "films" in row]


async def test_what_broke_off_goes_on_where_it_stopped(app: App, ada: Person, tmp_path: Path) -> None:
    film = Film(FILE, cuts=[100_000, 120_000])
    made = await asked_for(ada)
    async with elsewhere(film, port=PORT):
        await ran(app)
    assert film.ranges == ["", "bytes=100000-", "bytes=220000-"]
    assert film.sent == len(FILE)
    assert await kept(app, made, tmp_path) == FILE
    assert await used(ada) == len(FILE)


async def test_a_file_that_has_changed_meanwhile_is_fetched_from_its_beginning(
    app: App, ada: Person, tmp_path: Path
) -> None:
    first, second = Film(FILE, cuts=[100_000]), Film(FILE[:200_000], {"ETag": '"two"'})

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (second if first.ranges else first)(asked, writer)

    made = await asked_for(ada)
    async with elsewhere(reply, port=PORT):
        await ran(app)
    assert second.ranges == ["bytes=100000-"]
    assert await kept(app, made, tmp_path) == FILE[:200_000]
    assert await used(ada) == 200_000
    assert len(await objects(app)) == 4


@pytest.mark.parametrize("validator", [{"Last_Modified": "Mon, 30 Nov 2026 04:00:00 GMT"}, {"ETag": 'W/"one"'}])
async def test_a_date_is_good_enough_to_go_on_and_a_weak_tag_is_not(
    app: App, ada: Person, tmp_path: Path, validator: dict[str, str]
) -> None:
    film = Film(FILE, validator, cuts=[100_000])
    made = await asked_for(ada)
    async with elsewhere(film, port=PORT):
        await ran(app)
    assert film.ranges == ["", "bytes=100000-" if "Last_Modified" in validator else ""]
    assert await kept(app, made, tmp_path) == FILE


async def test_a_length_that_nobody_tells_is_what_has_come(app: App, ada: Person, tmp_path: Path) -> None:
    made = await asked_for(ada, filename="walk.mp4")
    async with elsewhere(Film(FILE, says_length=False), port=PORT):
        await ran(app, times=2)
    found = await state(ada, made)
    assert (found["state"], found["length"], found["filename"]) == ("received", len(FILE), "walk.mp4")
    assert await kept(app, made, tmp_path) == FILE
    assert await used(ada) == len(FILE)
    await collect.recount_usage(app)
    assert await used(ada) == len(FILE)


async def inner(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(head(302, Location="http://169.254.169.254/latest/meta-data"))


async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def stalling(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(head(Content_Length="1000000") + FILE[:10_000])
    await writer.drain()
    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        pytest.param(saying(b"<!doctype html><title>A page</title>"), "import_not_a_video", id="page"),
        pytest.param(saying(b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n"), "import_not_a_video", id="playlist"),
        pytest.param(saying(b"ffconcat version 1.0\nfile /etc/passwd\n"), "import_not_a_video", id="concat"),
        pytest.param(saying(b""), "import_not_a_video", id="nothing"),
        pytest.param(saying(b"no", 404), "import_not_found", id="404"),
        pytest.param(saying(b"no", 403), "import_not_allowed", id="403"),
        pytest.param(saying(b"no", 418), "import_unexpected_answer", id="418"),
        pytest.param(saying(b"no", 503), "import_unreachable", id="503"),
        pytest.param(saying(FILE, Content_Encoding="gzip"), "import_unexpected_answer", id="gzip"),
        pytest.param(saying(b"", Content_Length=str(9 * 1024**3)), "import_too_large", id="huge"),
        pytest.param(inner, "import_refused_address", id="inner"),
        pytest.param(stalling, "import_timed_out", id="stalling"),
        pytest.param(None, "import_unreachable", id="nobody"),
    ],
)
async def test_what_cannot_be_had_says_why_and_can_be_tried_again(
    app: App, ada: Person, reply: Reply | None, code: str, tmp_path: Path
) -> None:
    made = await asked_for(ada)
    video = (await ada.post("/videos", {"upload_id": made["id"]})).json()
    if reply is None:
        await ran(app)
    else:
        async with elsewhere(reply, port=PORT):
            await ran(app)
    found = await state(ada, made)
    assert (found["state"], found["failure_code"], found["offset"]) == ("failed", code, 0)
    assert found["failure_detail"]
    assert (await used(ada), await objects(app)) == (0, [])
    shown = (await ada.get(f"/videos/{video['id']}")).json()
    assert (shown["state"], shown["failure"]["code"]) == ("failed", code)

    again = await ada.post(f"{IMPORTS}/{made['id']}/retry")
    assert (again.status_code, again.json()["state"], again.json()["failure_code"]) == (200, "receiving", None)
    async with elsewhere(Film(FILE), port=PORT):
        await ran(app)
    assert (await state(ada, made))["state"] == "received"
    assert await kept(app, made, tmp_path) == FILE
    assert (await ada.get(f"/videos/{video['id']}")).json()["state"] == "processing"
    problem(await ada.post(f"{IMPORTS}/{made['id']}/retry"), 409, "import_goes_on")


@pytest.mark.parametrize("says_length", [True, False])
async def test_the_quota_holds_whether_or_not_the_length_is_told(app: App, ada: Person, *, says_length: bool) -> None:
    small = app.settings.media.model_copy(update={"quota_bytes": 200_000})
    made = await asked_for(ada)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE link_imports SET quota_bytes = :most"), {"most": small.quota_bytes})
    film = Film(FILE, says_length=says_length)
    async with elsewhere(film, port=PORT):
        await ran(app)
    found = await state(ada, made)
    assert (found["state"], found["failure_code"]) == ("failed", "import_quota_exceeded")
    assert (await used(ada), await objects(app)) == (0, [])


async def test_a_file_beyond_the_largest_is_noticed_while_it_comes(app: App, ada: Person) -> None:
    small = app.settings.media.model_copy(update={"max_upload_bytes": 100_000})
    made = await asked_for(ada)
    async with elsewhere(Film(FILE, says_length=False), port=PORT):
        await ran(replace(app, settings=app.settings.model_copy(update={"media": small})))
    assert (await state(ada, made))["failure_code"] == "import_too_large"
    assert (await used(ada), await objects(app)) == (0, [])


async def test_an_import_that_is_given_up_stops_and_leaves_nothing(app: App, ada: Person) -> None:
    film = Film(FILE, pause=0.02)
    made = await asked_for(ada)
    async with elsewhere(film, port=PORT):
        running = asyncio.create_task(ran(app))
        async with asyncio.timeout(5):
            while (await state(ada, made))["offset"] == 0:
                await asyncio.sleep(0.02)
        assert (await ada.delete(f"{IMPORTS}/{made['id']}")).status_code == 204
        await running
    assert film.sent < len(FILE)
    await ran(app)
    assert (await ada.get(f"/uploads/{made['id']}")).status_code == 404
    assert (await used(ada), await objects(app)) == (0, [])


async def test_nobody_else_has_a_hand_in_it_and_nothing_can_be_sent_to_it(app: App, ada: Person, bob: Person) -> None:
    made = await asked_for(ada)
    address = f"/api/v1/uploads/{made['id']}"
    problem(await send(ada, address, 0, b"x"), 409, "upload_is_fetched")
    standing = await ada.http.head(address, headers=TUS)
    assert (standing.headers["upload-defer-length"], standing.headers["upload-offset"]) == ("1", "0")
    for answer in (
        await bob.get(f"/uploads/{made['id']}"),
        await bob.post(f"{IMPORTS}/{made['id']}/retry"),
        await bob.delete(f"{IMPORTS}/{made['id']}"),
        await send(bob, address, 0, b"x"),
    ):
        problem(answer, 404, "not_found")


async def test_by_the_draft_of_the_other_protocol_nothing_can_be_sent_either(
    app: App, api: FastAPI, ada: Person
) -> None:
    made = await asked_for(ada)
    media = app.settings.media.model_copy(update={"resumable_draft": True})
    api.state.app = replace(app, settings=app.settings.model_copy(update={"media": media}))
    address = f"/api/v1/uploads/{made['id']}"
    for complete in ("?0", "?1"):
        said = {"Upload-Offset": "0", "Upload-Complete": complete, "Upload-Length": "1"}
        headers = {**said, "Content-Type": "application/partial-upload"}
        problem(await ada.http.patch(address, content=b"x", headers=headers), 409, "upload_is_fetched")
    standing = await ada.http.head(address)
    assert (standing.headers["upload-offset"], standing.headers["upload-complete"]) == ("0", "?0")
    assert "upload-length" not in standing.headers


async def test_a_fetched_file_is_known_by_its_digest_and_its_twin_is_told(
    app: App, ada: Person, tmp_path: Path
) -> None:
    made = [await asked_for(ada), await asked_for(ada)]
    async with elsewhere(Film(FILE), port=PORT):
        await ran(app)
    for each in made:
        asset_id = ids.parse("ast", each["asset_id"])
        sha256 = await fetch_source(app, asset_id, tmp_path / each["id"])
        async with app.work(SYSTEM) as work:
            await assets.identify(work, asset_id, sha256)
    found = [await state(ada, each) for each in made]
    assert {each["sha256"] for each in found} == {hashlib.sha256(FILE).hexdigest()}
    assert found[0]["duplicate_of"] is None
    assert found[1]["duplicate_of"]["asset_id"] == made[0]["asset_id"]


async def test_a_lost_piece_of_a_file_of_unknown_length_gives_its_room_back(app: App, ada: Person) -> None:
    made = await asked_for(ada)
    owner, upload_id = Actor(id=ids.parse("acc", ada.id)), ids.parse("upl", made["id"])

    async def chunks() -> AsyncIterator[bytes]:
        yield FILE[:150_000]

    async def guard(work: Work) -> None:
        assert work.db.in_transaction()

    fetching = Fetching(guard, 10**9)
    await intake.receive(app, owner, upload_id, offset=0, chunks=chunks(), fetching=fetching)
    assert (await used(ada), (await limits(ada))["reserved_bytes"]) == (150_000, 0)
    *_, last = sorted(await objects(app))
    await app.port(ObjectStore).delete(last)

    report = await inventory.verify(app, quick=True)
    await repairs.repair(app, report)
    assert [found.done for found in report.findings] == ["it is fetched again, from byte 131072 on"]
    assert ((await state(ada, made))["offset"], await used(ada)) == (131_072, 131_072)

    *_, last = sorted(await objects(app))
    await app.port(ObjectStore).delete(last)
    with pytest.raises(StoreUnavailable):
        await intake.close(app, owner, upload_id, fetching)
    assert ((await state(ada, made))["offset"], await used(ada)) == (65_536, 65_536)
    await intake.close(app, owner, upload_id, fetching)
    found = await state(ada, made)
    assert (found["state"], found["length"], await used(ada)) == ("received", 65_536, 65_536)
    await collect.recount_usage(app)
    assert await used(ada) == 65_536


@pytest.mark.parametrize(
    "url", ["ftp://media.example/a.mp4", "http://localhost/a.mp4", "https://user@media.example/", "http://10.0.0.1/"]
)
async def test_an_address_that_could_never_be_fetched_is_refused_at_once(ada: Person, url: str) -> None:
    found = problem(await ada.post(IMPORTS, {"url": url}), 422, "import_refused_address")
    assert found["errors"][0]["pointer"] == "/url"
    assert await used(ada) == 0


async def test_imports_under_way_are_bounded(ada: Person) -> None:
    answers = await asyncio.gather(*(ada.post(IMPORTS, {"url": link()}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]


async def test_whoever_watches_is_told_of_every_piece(app: App, ada: Person, bob: Person) -> None:
    made = await asked_for(ada)
    name = f"upload:{made['id']}"
    topic = await realtime.open_topic(app, Actor(id=ids.parse("acc", ada.id)), name)
    with pytest.raises(NotFound):
        await realtime.open_topic(app, Actor(id=ids.parse("acc", bob.id)), name)
    async with app.signals.listening(*topic.channels) as queue:
        await asyncio.sleep(0.05)
        async with elsewhere(Film(FILE), port=PORT):
            await ran(app)
        await asyncio.sleep(0.05)
        assert queue.qsize() >= 5
    told = await topic.read()
    assert (told.type, told.data["state"], told.data["offset"]) == ("upload.progress", "received", len(FILE))


async def test_a_site_may_not_offer_it(app: App, api: FastAPI, ada: Person) -> None:
    made = await asked_for(ada)
    off = app.settings.imports.model_copy(update={"enabled": False})
    api.state.app = replace(app, settings=app.settings.model_copy(update={"imports": off}))
    problem(await ada.post(IMPORTS, {"url": link()}), 403, "imports_not_offered")
    assert (await ada.get("/uploads/limits")).json()["imports"] is False
    # What has begun goes on.
    async with elsewhere(Film(FILE), port=PORT):
        await ran(app)
    assert (await state(ada, made))["state"] == "received"


async def test_an_import_left_alone_is_given_up(app: App, ada: Person) -> None:
    made = await asked_for(ada)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '1 second'"))
    await collect.expire_uploads(app)
    await ran(app)
    assert (await state(ada, made))["state"] == "expired"
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM jobs WHERE state = 'dead'")) == 0
