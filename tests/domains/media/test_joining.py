"""Parts that are sent in parallel and joined: tus concatenation."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import (
    PIECE,
    TUS,
    UPLOADS,
    create,
    join,
    metadata,
    offset_of,
    part,
    problem,
    send,
    state_of,
    uploaded,
)

from socialflow.domains.media.handlers import collect, people
from socialflow.domains.media.service import delete_asset, fetch_source
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def objects(app: App) -> list[str]:
    return [info.key async for info in app.port(ObjectStore).list("uploads/")]


async def limits(person: Person) -> dict[str, int]:
    found: dict[str, int] = (await person.get("/uploads/limits")).json()
    return found


async def assets(app: App) -> int:
    async with app.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM assets")) or 0)


async def test_parts_become_one_upload_of_their_bytes_in_the_order_named(app: App, ada: Person, tmp_path: Path) -> None:
    data = [os.urandom(size) for size in (70_000, 5, 33_333)]
    first, third, second = await asyncio.gather(part(ada, data[0]), part(ada, data[2]), part(ada, data[1]))

    answer = await join(ada, first, second, third, filetype="video/mp4")
    assert answer.status_code == 201, answer.text
    address = answer.headers["location"]
    assert answer.headers["upload-offset"] == str(sum(map(len, data)))

    looked = await ada.http.head(address, headers=TUS)
    assert looked.headers["upload-concat"] == f"final;{first} {second} {third}"
    assert looked.headers["upload-offset"] == looked.headers["upload-length"] == "103338"
    assert "upload-expires" not in looked.headers
    state = await state_of(ada, address)
    assert (state["state"], state["kind"], state["length"]) == ("received", "final", 103_338)
    sha256 = await fetch_source(app, ids.parse("ast", state["asset_id"]), tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == b"".join(data)
    assert sha256 == hashlib.sha256(b"".join(data)).hexdigest()
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'UploadCompleted'")) == 1


async def test_a_part_says_that_it_is_one_and_waits_when_it_is_whole(app: App, ada: Person) -> None:
    address = await part(ada, b"0123456789")
    looked = await ada.http.head(address, headers=TUS)

    assert looked.headers["upload-concat"] == "partial"
    assert looked.headers["upload-offset"] == "10"
    assert "upload-expires" in looked.headers
    assert (await state_of(ada, address))["state"] == "received"
    assert await assets(app) == 0


async def test_nothing_is_made_of_a_part(ada: Person) -> None:
    address = await part(ada, b"0123456789")
    upload_id = address.rpartition("/")[2]
    answer = await ada.post("/videos", {"upload_id": upload_id, "title": "x"})
    assert answer.status_code == 404
    assert (await ada.patch("/channels/@ada", {"avatar_upload_id": upload_id})).status_code == 404


async def test_quota_counts_joined_bytes_once(ada: Person) -> None:
    parts = [await part(ada, b"x" * 100), await part(ada, b"y" * 50)]
    assert (await limits(ada))["used_bytes"] == 150

    assert (await join(ada, *parts)).status_code == 201
    found = await limits(ada)
    assert (found["used_bytes"], found["open_uploads"], found["reserved_bytes"]) == (150, 0, 0)


async def test_parts_cannot_outrun_the_quota(app: App, ada: Person) -> None:
    most, quota = app.settings.media.max_upload_bytes, app.settings.media.quota_bytes
    headers = {**TUS, "Upload-Length": str(most), "Upload-Concat": "partial"}
    answers = await asyncio.gather(*(ada.http.post(UPLOADS, headers=headers) for _ in range(9)))
    assert sum(answer.status_code == 201 for answer in answers) == quota // most
    assert {answer.status_code for answer in answers} == {201, 413}


async def test_parts_that_make_too_large_a_file_are_not_joined(app: App, ada: Person) -> None:
    parts = [await part(ada, b"x"), await part(ada, b"y")]
    async with app.sessions() as session, session.begin():
        most = {"most": app.settings.media.max_upload_bytes}
        await session.execute(text("UPDATE uploads SET length = :most, received = :most"), most)
    problem(await join(ada, *parts), 413, "upload_too_large")


async def test_a_part_of_which_bytes_are_missing_is_not_joined(app: App, ada: Person) -> None:
    whole, half = await part(ada, b"x" * 10), await part(ada, b"y" * 10, sent=9)
    problem(await join(ada, whole, half), 409, "parts_incomplete")
    assert await assets(app) == 0

    assert (await send(ada, half, 9, b"y")).status_code == 204
    assert (await join(ada, whole, half)).status_code == 201


async def test_somebody_elses_parts_are_not_there(app: App, ada: Person, bob: Person) -> None:
    mine, theirs = await part(ada, b"x" * 10), await part(bob, b"y" * 10)
    problem(await join(ada, mine, theirs), 422, "unknown_part")
    problem(await join(ada, theirs), 422, "unknown_part")
    assert await offset_of(bob, theirs) == 10
    assert await assets(app) == 0


async def test_only_parts_are_joined(ada: Person) -> None:
    piece, whole = await part(ada, b"x" * 10), await uploaded(ada, b"y" * 10)
    problem(await join(ada, piece, whole), 422, "unknown_part")
    joined = (await join(ada, piece)).headers["location"]
    problem(await join(ada, joined), 422, "unknown_part")


async def test_a_lost_answer_is_given_again(app: App, ada: Person) -> None:
    parts = [await part(ada, b"x" * 10), await part(ada, b"y" * 10)]
    first, second = await join(ada, *parts), await join(ada, *parts)
    assert first.headers["location"] == second.headers["location"]
    assert second.status_code == 201
    problem(await join(ada, *reversed(parts)), 422, "unknown_part")
    problem(await join(ada, parts[0]), 422, "unknown_part")
    assert await assets(app) == 1
    assert (await limits(ada))["used_bytes"] == 20


async def test_of_many_who_join_at_once_all_get_the_same(app: App, ada: Person) -> None:
    parts = [await part(ada, b"x" * 10), await part(ada, b"y" * 10)]
    answers = await asyncio.gather(*(join(ada, *parts) for _ in range(6)))
    assert {(answer.status_code, answer.headers.get("location")) for answer in answers} == {
        (201, answers[0].headers["location"])
    }
    assert await assets(app) == 1


async def test_a_joined_upload_takes_no_bytes_and_is_not_given_up(ada: Person) -> None:
    address = (await join(ada, await part(ada, b"x" * 10))).headers["location"]
    problem(await send(ada, address, 10, b""), 403, "joined_upload")
    problem(await send(ada, address, 10, b"more"), 403, "joined_upload")
    problem(await ada.http.delete(address, headers=TUS), 409, "upload_complete")


@pytest.mark.parametrize(
    ("concat", "status", "code"),
    [
        ("final;", 400, "invalid_upload_header"),
        ("final; ", 400, "invalid_upload_header"),
        ("final", 400, "invalid_upload_header"),
        ("partial;/a", 400, "invalid_upload_header"),
        ("Final;/a", 400, "invalid_upload_header"),
        ("final;/api/v1/uploads/upl_01", 422, "unknown_part"),
        ("final;upl_01jdxyz7q4e5v8w9r0t1y2p3a4", 422, "unknown_part"),
        ("final;/api/v1/videos/upl_01jdxyz7q4e5v8w9r0t1y2p3a4", 422, "unknown_part"),
        ("final;/api/v1/uploads/upl_01jdxyz7q4e5v8w9r0t1y2p3a4", 422, "unknown_part"),
        ("final;/api/v1/uploads/upl_01jdxyz7q4e5v8w9r0t1y2p3a4?x", 422, "unknown_part"),
        ("final;" + " ".join(f"/uploads/{number}" for number in range(101)), 400, "invalid_upload_header"),
        ("final;/uploads/a /uploads/a", 400, "invalid_upload_header"),
    ],
)
async def test_what_cannot_be_joined_is_refused(ada: Person, concat: str, status: int, code: str) -> None:
    problem(await ada.http.post(UPLOADS, headers={**TUS, "Upload-Concat": concat}), status, code)


async def test_a_joined_upload_has_neither_a_length_nor_bytes_of_its_own(ada: Person) -> None:
    final = {"Upload-Concat": f"final;{await part(ada, b'x')}"}
    problem(await ada.http.post(UPLOADS, headers={**TUS, **final, "Upload-Length": "1"}), 400, "invalid_upload_header")
    problem(await ada.http.post(UPLOADS, headers={**PIECE, **final}, content=b"x"), 403, "joined_upload")
    headers = {**TUS, **final, "Upload-Metadata": metadata(filetype="text/html")}
    problem(await ada.http.post(UPLOADS, headers=headers), 415, "type_not_accepted")


async def test_addresses_may_be_absolute(ada: Person) -> None:
    parts = [await part(ada, b"x"), await part(ada, b"y")]
    assert (await join(ada, f"https://video.example.org{parts[0]}", parts[1])).status_code == 201


async def test_a_part_that_nobody_joins_is_given_up(app: App, ada: Person, deliver: Deliver) -> None:
    address = await part(ada, b"x" * 10)
    await collect.expire_uploads(replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=1, minutes=1)))
    await deliver()

    problem(await join(ada, address), 410, "upload_expired")
    assert (await limits(ada))["used_bytes"] == 0
    assert await objects(app) == []


async def test_a_part_may_be_given_up_by_its_owner(app: App, ada: Person, deliver: Deliver) -> None:
    address = await part(ada, b"x" * 10)
    assert (await ada.http.delete(address, headers=TUS)).status_code == 204
    await deliver()
    problem(await join(ada, address), 422, "unknown_part")
    assert await objects(app) == []


async def test_deleting_what_was_made_of_parts_deletes_their_bytes(app: App, ada: Person, deliver: Deliver) -> None:
    address = (await join(ada, await part(ada, b"x" * 10), await part(ada, b"y" * 10))).headers["location"]
    assert len(await objects(app)) == 2
    async with app.work(SYSTEM) as work:
        await delete_asset(work, ids.parse("ast", (await state_of(ada, address))["asset_id"]))
    await deliver()

    assert await objects(app) == []
    assert (await limits(ada))["used_bytes"] == 0


async def test_erasing_somebody_deletes_what_they_sent_in_parts(app: App, ada: Person) -> None:
    await join(ada, await part(ada, b"x" * 10), await part(ada, b"y" * 10))
    await part(ada, b"z" * 10)
    assert len(await objects(app)) == 3
    await people.erase_files(app, ids.parse("acc", ada.id))
    assert await objects(app) == []


async def test_the_sweep_leaves_the_pieces_of_joined_uploads(app: App, ada: Person) -> None:
    await join(ada, await part(ada, b"x" * 10), await part(ada, b"y" * 10))
    await collect.sweep_pieces(replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=30)))
    assert len(await objects(app)) == 2


async def test_limits_are_told_before_a_byte_is_sent(app: App, ada: Person) -> None:
    before = await limits(ada)
    assert (before["used_bytes"], before["left_bytes"]) == (0, before["quota_bytes"])
    assert before["protocols"] == ["tus-1.0"]
    assert (before["max_open_uploads"], before["max_parts"], before["may_upload"]) == (100, 100, True)

    address = (await create(ada, 1_000)).headers["location"]
    await send(ada, address, 0, b"x" * 300)
    found = await limits(ada)
    assert (found["used_bytes"], found["reserved_bytes"], found["open_uploads"]) == (1_000, 700, 1)
    assert found["left_bytes"] == found["quota_bytes"] - 1_000


async def test_where_the_store_takes_nothing_itself_nothing_is_sent_to_it(ada: Person) -> None:
    problem(await ada.post("/direct-uploads", {"length": 100}), 409, "not_direct_here")
    address = (await create(ada, 100)).headers["location"].rpartition("/")[2]
    problem(await ada.post(f"/direct-uploads/{address}/parts", {"numbers": [1]}), 409, "not_direct_here")
    problem(await ada.post(f"/direct-uploads/{address}/complete", {"parts": [{"number": 1}]}), 409, "not_direct_here")
