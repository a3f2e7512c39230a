"""Uploads by the tus protocol."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import (
    PIECE,
    TUS,
    UPLOADS,
    checksum,
    create,
    metadata,
    offset_of,
    problem,
    send,
    started,
    state_of,
    uploaded,
)

from socialflow.domains.media.service import uploads
from socialflow.kernel import ids
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def bytes_of(app: App, address: str) -> bytes:
    """What the store has of an upload, in order."""
    upload_id = ids.parse("upl", address.rpartition("/")[2])
    async with app.sessions() as session:
        rows = await session.execute(
            text("SELECT key FROM upload_pieces WHERE upload_id = :id ORDER BY start"), {"id": upload_id}
        )
        keys = [row.key for row in rows]
    return b"".join([await app.port(ObjectStore).get(key) for key in keys])


async def objects(app: App) -> list[str]:
    """Every object of every upload."""
    return [info.key async for info in app.port(ObjectStore).list("uploads/")]


async def test_the_server_says_what_it_can(client: httpx2.AsyncClient) -> None:
    answer = await client.options(UPLOADS)

    assert answer.status_code == 204
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["tus-version"] == "1.0.0"
    assert (
        answer.headers["tus-extension"] == "creation,creation-with-upload,expiration,checksum,termination,concatenation"
    )
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"
    assert int(answer.headers["tus-max-size"]) == 8 * 1024**3


async def test_an_upload_in_two_parts(app: App, ada: Person) -> None:
    data = os.urandom(300_000)
    answer = await create(ada, len(data), filetype="video/mp4")
    assert answer.status_code == 201
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["upload-expires"].endswith("GMT")
    address = answer.headers["location"]

    first = await send(ada, address, 0, data[:100_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100000")
    assert first.headers["upload-expires"]

    looked = await ada.http.head(address, headers=TUS)
    assert looked.status_code == 200
    assert looked.headers["upload-offset"] == "100000"
    assert looked.headers["upload-length"] == "300000"
    assert looked.headers["upload-metadata"] == metadata(filename="clip.mp4", filetype="video/mp4")
    assert looked.headers["cache-control"] == "no-store"
    assert (await state_of(ada, address))["state"] == "receiving"

    last = await send(ada, address, 100_000, data[100_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, "300000")
    assert "upload-expires" not in last.headers
    assert await bytes_of(app, address) == data
    state = await state_of(ada, address)
    assert (state["state"], state["offset"], state["length"]) == ("received", 300_000, 300_000)
    assert state["expires_at"] is None


async def test_the_first_bytes_may_come_with_the_creation(app: App, ada: Person) -> None:
    headers = {**PIECE, "Upload-Length": "10", "Upload-Metadata": metadata(filename="a.mp4")}
    answer = await ada.http.post(UPLOADS, content=b"01234", headers=headers)

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5")
    address = answer.headers["location"]
    assert (await send(ada, address, 5, b"56789")).status_code == 204
    assert await bytes_of(app, address) == b"0123456789"


async def test_the_last_byte_makes_one_asset_and_one_event(app: App, ada: Person) -> None:
    address = await uploaded(ada, b"0123456789")
    asset_id = (await state_of(ada, address))["asset_id"]

    async with app.sessions() as session:
        rows = (await session.execute(text("SELECT id, source_size, source_name, access FROM assets"))).all()
        events = (await session.execute(text("SELECT payload FROM outbox WHERE kind = 'UploadCompleted'"))).all()
    assert [(ids.show("ast", row.id), row.source_size, row.source_name, row.access) for row in rows] == [
        (asset_id, 10, "clip.mp4", "closed")
    ]
    assert len(events) == 1
    assert events[0].payload["purpose"] == "video"


async def test_pieces_are_no_larger_than_set(app: App, ada: Person) -> None:
    data = os.urandom(app.settings.media.piece_bytes * 2 + 1)
    address = await started(ada, len(data))

    async def slices() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 70_001):
            yield data[start : start + 70_001]

    assert (await send(ada, address, 0, slices())).status_code == 204
    sizes = sorted([info.size async for info in app.port(ObjectStore).list("uploads/")])
    assert sizes == [1, app.settings.media.piece_bytes, app.settings.media.piece_bytes]
    assert await bytes_of(app, address) == data


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1", "1.0"])
async def test_another_version_of_the_protocol_is_refused(ada: Person, version: str | None) -> None:
    address = await started(ada, 10)
    headers = {"Upload-Offset": "0", "Content-Type": PIECE["Content-Type"], "Upload-Length": "1"}
    if version is not None:
        headers["Tus-Resumable"] = version

    for answer in (
        await ada.http.post(UPLOADS, headers=headers),
        await ada.http.patch(address, headers=headers, content=b"1"),
        await ada.http.delete(address, headers=headers),
    ):
        problem(answer, 412, "unsupported_tus_version")
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert (await ada.http.head(address, headers=headers)).status_code == 412
    assert await offset_of(ada, address) == 0


@pytest.mark.parametrize("offset", ["1", "5", "9999999999"])
async def test_a_wrong_offset_is_refused_and_told(app: App, ada: Person, offset: str) -> None:
    address = await started(ada, 10)
    answer = await send(ada, address, 0, b"012345678", Upload_Offset=offset)

    assert problem(answer, 409, "wrong_offset")["offset"] == 0
    assert answer.headers["upload-offset"] == "0"
    assert await objects(app) == []


@pytest.mark.parametrize("offset", [b"-1", b"", b"1.5", b"abc", "\u0661".encode(), b"1" * 30])
async def test_an_offset_that_is_no_number_is_refused(ada: Person, offset: bytes) -> None:
    address = await started(ada, 10)
    headers = [(name.encode(), value.encode()) for name, value in PIECE.items()]
    answer = await ada.http.patch(address, headers=[*headers, (b"Upload-Offset", offset)], content=b"1")
    problem(answer, 400, "invalid_upload_header")


async def test_bytes_beyond_the_length_are_refused(app: App, ada: Person) -> None:
    address = await started(ada, 10)
    problem(await send(ada, address, 0, b"0123456789a"), 413, "beyond_length")

    async def undeclared() -> AsyncIterator[bytes]:
        yield b"01234"
        yield b"56789abc"

    problem(await send(ada, address, 0, undeclared()), 413, "beyond_length")
    assert await offset_of(ada, address) == 0
    assert await objects(app) == []


async def test_a_part_after_the_last_is_refused(ada: Person) -> None:
    address = await uploaded(ada, b"0123456789")

    problem(await send(ada, address, 10, b"more"), 409, "upload_complete")
    problem(await send(ada, address, 0, b"0123456789"), 409, "wrong_offset")
    assert (await send(ada, address, 10, b"")).status_code == 204


async def test_only_the_protocols_own_type_carries_bytes(ada: Person) -> None:
    address = await started(ada, 10)
    for kind in ("application/octet-stream", "video/mp4", "multipart/form-data", ""):
        problem(await send(ada, address, 0, b"1", Content_Type=kind), 415, "not_an_upload_piece")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_bytes_are_kept_when_their_checksum_fits(app: App, ada: Person, algorithm: str) -> None:
    data = os.urandom(app.settings.media.piece_bytes + 5)
    address = await started(ada, len(data) + 1)

    answer = await send(ada, address, 0, data, Upload_Checksum=checksum(data, algorithm))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(data)))
    assert await bytes_of(app, address) == data


async def test_nothing_is_kept_when_the_checksum_does_not_fit(app: App, ada: Person) -> None:
    data = os.urandom(app.settings.media.piece_bytes + 5)
    address = await started(ada, len(data))

    problem(await send(ada, address, 0, data, Upload_Checksum=checksum(b"other")), 460, "checksum_mismatch")
    assert await offset_of(ada, address) == 0
    assert await objects(app) == []
    assert (await send(ada, address, 0, data, Upload_Checksum=checksum(data))).status_code == 204


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "unknown_checksum"),
        ("SHA1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "unknown_checksum"),
        ("sha1 !!!", "invalid_upload_header"),
        ("sha1", "invalid_upload_header"),
        ("sha1 AAAA", "invalid_upload_header"),
        ("shake_128 AAAA", "unknown_checksum"),
    ],
)
async def test_a_checksum_that_cannot_be_read_is_refused(ada: Person, header: str, code: str) -> None:
    address = await started(ada, 10)
    problem(await send(ada, address, 0, b"1", Upload_Checksum=header), 400, code)


async def test_two_clients_at_one_offset_end_in_exact_bytes(app: App, ada: Person) -> None:
    data = os.urandom(200_000)
    address = await started(ada, len(data))
    gate = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:50_000]
        await gate.wait()
        yield data[50_000:100_000]

    slow = asyncio.create_task(send(ada, address, 0, slowly()))
    await asyncio.sleep(0.2)
    assert (await send(ada, address, 0, data[:80_000])).status_code == 204
    gate.set()
    answer = await slow

    assert problem(answer, 409, "wrong_offset")["offset"] == 80_000
    assert (await send(ada, address, 80_000, data[80_000:])).status_code == 204
    assert await bytes_of(app, address) == data
    assert len(await objects(app)) == 2


async def test_of_many_who_complete_at_once_one_does(app: App, ada: Person) -> None:
    address = await started(ada, 100_000)
    answers = await asyncio.gather(*(send(ada, address, 0, b"x" * 100_000) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409, 409]
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM assets")) == 1
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'UploadCompleted'")) == 1
    assert len(await objects(app)) == 1


async def test_somebody_elses_upload_is_not_there(ada: Person, bob: Person, client: httpx2.AsyncClient) -> None:
    address = await started(ada, 10)

    assert (await bob.http.head(address, headers=TUS)).status_code == 404
    problem(await send(bob, address, 0, b"0123456789"), 404, "not_found")
    problem(await bob.http.delete(address, headers=TUS), 404, "not_found")
    problem(await bob.http.get(address), 404, "not_found")
    problem(await client.get(address), 401, "unauthorized")
    problem(await client.post(UPLOADS, headers={**TUS, "Upload-Length": "1"}), 401, "unauthorized")
    assert await offset_of(ada, address) == 0


@pytest.mark.parametrize("reference", ["upl_01", "nothing", "vid_01jdxyz7q4e5v8w9r0t1y2p3a4", "..%2f", "%00"])
async def test_a_malformed_id_is_not_there(ada: Person, reference: str) -> None:
    answer = await ada.http.head(f"{UPLOADS}/{reference}", headers=TUS)
    assert answer.status_code in (400, 404)


async def test_an_upload_may_be_given_up(app: App, ada: Person, deliver: Deliver) -> None:
    address = await started(ada, 10)
    await send(ada, address, 0, b"01234")
    assert len(await objects(app)) == 1

    assert (await ada.http.delete(address, headers=TUS)).status_code == 204
    assert (await ada.http.head(address, headers=TUS)).status_code == 404
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0
    await deliver()
    assert await objects(app) == []


async def test_a_finished_upload_is_not_given_up(ada: Person) -> None:
    address = await uploaded(ada, b"0123456789")
    problem(await ada.http.delete(address, headers=TUS), 409, "upload_complete")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": "0"}, 422, "empty_upload"),
        ({"Upload-Length": "-1"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "1e3"}, 400, "invalid_upload_header"),
        ({"Upload-Length": ""}, 400, "invalid_upload_header"),
        ({"Upload-Length": str(8 * 1024**3 + 1)}, 413, "upload_too_large"),
        ({"Upload-Length": "9" * 18}, 413, "upload_too_large"),
        ({"Upload-Length": "9" * 40}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Defer-Length": "1"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Concat": "some"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename !!!"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename YQ==,filename Yg=="}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": ",,,"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename /w=="}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename YQBi"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": "x " + "A" * 9_000}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filename="x" * 4_096)}, 422, "invalid_filename"),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(purpose="payload")}, 422, "unknown_purpose"),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filetype="text/html")}, 415, "type_not_accepted"),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filetype="video/" + "x" * 200)}, 415, "type_not_accepted"),
        (
            {"Upload-Length": "5", "Upload-Metadata": metadata(purpose="avatar", filetype="image/svg+xml")},
            415,
            "type_not_accepted",
        ),
        (
            {"Upload-Length": str(10 * 1024**2 + 1), "Upload-Metadata": metadata(purpose="avatar")},
            413,
            "upload_too_large",
        ),
    ],
)
async def test_what_cannot_become_anything_is_refused_at_the_start(
    ada: Person, headers: dict[str, str], status: int, code: str
) -> None:
    problem(await ada.http.post(UPLOADS, headers={**TUS, **headers}), status, code)
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("holiday.mp4", "holiday.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\clip.mov", "clip.mov"),
        ("/abs/olute.mkv", "olute.mkv"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("two\r\nlines", "twolines"),
        ("caf\u00e9 \U0001f600.mp4", "caf\u00e9 \U0001f600.mp4"),
        ("..", ".."),
        ("/", "video"),
        ("", "video"),
        ("x" * 255, "x" * 255),
    ],
)
async def test_a_name_is_shown_without_its_folders_and_used_for_nothing(
    app: App, ada: Person, sent: str, shown: str
) -> None:
    address = await uploaded(ada, b"0123456789", filename=sent)

    assert (await state_of(ada, address))["filename"] == shown
    upload_id = ids.parse("upl", address.rpartition("/")[2])
    assert all(key.startswith(uploads.pieces_of(upload_id)) for key in await objects(app))


async def test_an_idempotency_key_never_makes_the_server_hold_a_body(app: App, ada: Person) -> None:
    data = os.urandom(app.settings.http.max_body_bytes * 3)
    headers = {**PIECE, "Upload-Length": str(len(data)), "Idempotency-Key": "k"}
    answer = await ada.http.post(UPLOADS, content=data, headers=headers)

    assert answer.status_code == 201
    assert await bytes_of(app, answer.headers["location"]) == data
