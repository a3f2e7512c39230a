"""Uploads by draft-ietf-httpbis-resumable-upload, at the addresses of tus, where a setting offers it."""

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import PIECE, TUS, UPLOADS, join, offset_of, part, problem, send, started, state_of

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

DRAFT = {"Upload-Draft-Interop-Version": "8"}
TYPES = "https://iana.org/assignments/http-problem-types#"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that offers the draft."""
    return settings.model_copy(update={"media": settings.media.model_copy(update={"resumable_draft": True})})


def digest(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


async def begin(person: Person, data: Any, *, whole: bool, **headers: str) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    flag = {"Upload-Complete": "?1" if whole else "?0"}
    return await person.http.post(UPLOADS, content=data, headers={**DRAFT, **flag, **given})


async def append(
    person: Person, address: str, offset: int | str, data: Any, *, last: bool, **headers: str
) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    own = {
        "Upload-Offset": str(offset),
        "Upload-Complete": "?1" if last else "?0",
        "Content-Type": "application/partial-upload",
    }
    return await person.http.patch(address, content=data, headers={**DRAFT, **own, **given})


async def ask(person: Person, address: str) -> httpx2.Response:
    return await person.http.head(address, headers=DRAFT)


async def source_of(app: App, person: Person, address: str, folder: Path) -> bytes:
    state = await state_of(person, address)
    assert state["state"] == "received"
    await fetch_source(app, ids.parse("ast", state["asset_id"]), folder / "source")
    return (folder / "source").read_bytes()


async def assets(app: App) -> int:
    async with app.sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM assets")) or 0)


async def test_a_file_in_one_request(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    name = "inline; filename=\"a.mp4\"; filename*=UTF-8''m%C3%B6we.mp4"
    answer = await begin(ada, data, whole=True, Content_Type="video/mp4", Content_Disposition=name)

    assert answer.status_code == 201, answer.text
    assert (answer.headers["upload-complete"], answer.headers["upload-offset"]) == ("?1", "300000")
    assert "tus-resumable" not in answer.headers
    address = answer.headers["location"]
    state = await state_of(ada, address)
    assert (state["filename"], state["filetype"]) == ("möwe.mp4", "video/mp4")
    assert await source_of(app, ada, address, tmp_path) == data


async def test_a_file_in_many_requests(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    answer = await begin(ada, data[:1_000], whole=False, Upload_Length="300000")
    assert (answer.status_code, answer.headers["upload-complete"]) == (201, "?0")
    assert answer.headers["upload-limit"] == f"max-size={8 * 1024**3}, min-size=1, max-age=86400"
    address = answer.headers["location"]

    middle = await append(ada, address, 1_000, data[1_000:200_000], last=False)
    assert (middle.status_code, middle.headers["upload-complete"]) == (204, "?0")
    looked = await ask(ada, address)
    assert looked.status_code == 204
    told = {name: looked.headers[f"upload-{name}"] for name in ("offset", "length", "complete")}
    assert told == {"offset": "200000", "length": "300000", "complete": "?0"}
    assert looked.headers["cache-control"] == "no-store"
    assert "max-age=86" in looked.headers["upload-limit"]

    last = await append(ada, address, 200_000, data[200_000:], last=True)
    assert (last.status_code, last.headers["upload-complete"], last.headers["location"]) == (200, "?1", address)
    assert (await ask(ada, address)).headers["upload-complete"] == "?1"
    assert await source_of(app, ada, address, tmp_path) == data


async def test_an_upload_is_incomplete_until_its_sender_says_otherwise(app: App, ada: Person, tmp_path: Path) -> None:
    address = (await begin(ada, b"", whole=False, Upload_Length="10")).headers["location"]
    assert (await append(ada, address, 0, b"0123456789", last=False)).headers["upload-complete"] == "?0"
    assert (await ask(ada, address)).headers["upload-complete"] == "?0"
    assert await assets(app) == 0

    last = await append(ada, address, 10, b"", last=True)
    assert (last.status_code, last.headers["upload-complete"]) == (200, "?1")
    assert await source_of(app, ada, address, tmp_path) == b"0123456789"
    assert await assets(app) == 1


async def test_what_the_draft_left_open_tus_may_close(app: App, ada: Person) -> None:
    address = (await begin(ada, b"0123456789", whole=False, Upload_Length="10")).headers["location"]
    assert await assets(app) == 0
    assert (await send(ada, address, 10, b"")).status_code == 204
    assert await assets(app) == 1


async def test_begun_by_the_draft_and_finished_by_tus(app: App, ada: Person, tmp_path: Path) -> None:
    address = (await begin(ada, b"01234", whole=False, Upload_Length="10")).headers["location"]
    assert await offset_of(ada, address) == 5
    assert (await send(ada, address, 5, b"56789")).status_code == 204
    assert (await ask(ada, address)).headers["upload-complete"] == "?1"
    assert await source_of(app, ada, address, tmp_path) == b"0123456789"


async def test_begun_by_tus_and_finished_by_the_draft(app: App, ada: Person, tmp_path: Path) -> None:
    address = await started(ada, 10)
    assert (await send(ada, address, 0, b"01234")).status_code == 204
    assert (await ask(ada, address)).headers["upload-offset"] == "5"
    assert (await append(ada, address, 5, b"56789", last=True)).status_code == 200
    assert await source_of(app, ada, address, tmp_path) == b"0123456789"


async def test_parts_may_be_sent_by_the_draft(ada: Person) -> None:
    address = await part(ada, b"0123456789", sent=4)
    assert (await append(ada, address, 4, b"456789", last=True)).headers["upload-complete"] == "?1"
    assert (await join(ada, address)).status_code == 201


async def test_a_wrong_offset_is_told_in_the_words_of_the_draft(ada: Person) -> None:
    address = (await begin(ada, b"01234", whole=False, Upload_Length="10")).headers["location"]
    answer = await append(ada, address, 7, b"789", last=True)
    found = problem(answer, 409, "wrong_offset")
    assert answer.headers["upload-offset"] == "5"
    assert found["type"] == f"{TYPES}mismatching-upload-offset"
    assert (found["expected-offset"], found["provided-offset"]) == (5, 7)


async def test_lengths_that_do_not_agree_are_refused(app: App, ada: Person) -> None:
    found = problem(await begin(ada, b"01234", whole=True, Upload_Length="10"), 400, "inconsistent_length")
    assert found["type"] == f"{TYPES}inconsistent-upload-length"
    address = (await begin(ada, b"01234", whole=False, Upload_Length="10")).headers["location"]
    for answer in (
        await append(ada, address, 5, b"5678", last=True),
        await append(ada, address, 5, b"567890", last=False),
        await append(ada, address, 5, b"5", last=False, Upload_Length="11"),
    ):
        assert problem(answer, 400, "inconsistent_length")["type"] == f"{TYPES}inconsistent-upload-length"
    assert (await ask(ada, address)).headers["upload-offset"] == "5"
    assert await assets(app) == 0


async def test_a_last_request_of_undeclared_length_must_reach_the_end(app: App, ada: Person) -> None:
    async def some(data: bytes) -> AsyncIterator[bytes]:
        yield data

    address = (await begin(ada, b"", whole=False, Upload_Length="10")).headers["location"]
    answer = await append(ada, address, 0, some(b"01234"), last=True)
    problem(answer, 400, "inconsistent_length")
    assert answer.headers["upload-offset"] == "5"
    assert await assets(app) == 0
    assert (await append(ada, address, 5, some(b"56789"), last=True)).status_code == 200
    assert await assets(app) == 1


async def test_a_complete_upload_is_not_changed(ada: Person) -> None:
    address = (await begin(ada, b"0123456789", whole=True)).headers["location"]
    assert problem(await append(ada, address, 10, b"", last=True), 410, "upload_is_complete")["type"] == (
        f"{TYPES}completed-upload"
    )
    found = problem(await append(ada, address, 10, b"more", last=True), 400, "inconsistent_length")
    assert found["type"] == f"{TYPES}inconsistent-upload-length"


async def test_an_upload_is_cancelled(ada: Person) -> None:
    address = (await begin(ada, b"01234", whole=False, Upload_Length="10")).headers["location"]
    assert (await ada.http.delete(address, headers=DRAFT)).status_code == 204
    assert (await ask(ada, address)).status_code == 404
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_digests_are_checked(ada: Person) -> None:
    refused = await begin(ada, b"01234", whole=False, Upload_Length="10", Content_Digest=digest(b"x"))
    problem(refused, 460, "checksum_mismatch")
    # There is an upload by then, and it can be gone on with.
    address = refused.headers["location"]
    assert (await append(ada, address, 0, b"01234", last=False, Content_Digest=digest(b"01234"))).status_code == 204
    problem(await append(ada, address, 5, b"56789", last=True, Content_Digest="md5=:AAAA:"), 400, "unknown_checksum")
    assert (await ask(ada, address)).headers["upload-offset"] == "5"


async def test_the_digest_of_the_whole_is_kept(ada: Person) -> None:
    address = (await begin(ada, b"0123456789", whole=True, Repr_Digest=digest(b"0123456789"))).headers["location"]
    assert (await state_of(ada, address))["sha256"] == hashlib.sha256(b"0123456789").hexdigest()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Complete": "?0"}, 411, "length_unknown"),
        ({"Upload-Complete": "?0", "Upload-Length": "-1"}, 411, "length_unknown"),
        ({"Upload-Complete": "1", "Upload-Length": "5"}, 400, "invalid_upload_header"),
        ({"Upload-Length": "5"}, 400, "invalid_upload_header"),
        ({"Upload-Complete": "?1", "Content-Length": "0"}, 422, "empty_upload"),
        ({"Upload-Complete": "?0", "Upload-Length": str(2**40)}, 413, "upload_too_large"),
        ({"Upload-Complete": "?0", "Upload-Length": "5", "Content-Type": "text/html"}, 415, "type_not_accepted"),
        ({"Upload-Complete": "?0", "Upload-Length": "5", "Content-Encoding": "gzip"}, 415, "type_not_accepted"),
        (
            {"Upload-Complete": "?0", "Upload-Length": "5", "Repr-Digest": "sha-256=:AAAA:"},
            400,
            "invalid_upload_header",
        ),
    ],
)
async def test_what_cannot_be_begun_is_refused(ada: Person, headers: dict[str, str], status: int, code: str) -> None:
    answer = await ada.http.post(UPLOADS, headers={**DRAFT, **headers})
    problem(answer, status, code)
    if status == 413:
        assert answer.headers["upload-limit"].startswith("max-size=")
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_only_the_drafts_own_type_is_appended(ada: Person) -> None:
    address = (await begin(ada, b"", whole=False, Upload_Length="10")).headers["location"]
    answer = await append(ada, address, 0, b"x", last=False, Content_Type="application/offset+octet-stream")
    problem(answer, 415, "not_an_upload_piece")
    assert answer.headers["accept-patch"] == "application/partial-upload"
    problem(await append(ada, address, "x", b"x", last=False), 400, "invalid_upload_header")


async def test_who_asks_where_an_upload_stands_does_not_say_it(ada: Person) -> None:
    address = (await begin(ada, b"", whole=False, Upload_Length="10")).headers["location"]
    assert (await ada.http.head(address, headers={**DRAFT, "Upload-Offset": "0"})).status_code == 400


async def test_somebody_elses_upload_is_not_there_either_way(ada: Person, bob: Person) -> None:
    address = (await begin(ada, b"", whole=False, Upload_Length="10")).headers["location"]
    assert (await ask(bob, address)).status_code == 404
    problem(await append(bob, address, 0, b"x", last=False), 404, "not_found")
    problem(await bob.http.delete(address, headers=DRAFT), 404, "not_found")


async def test_both_protocols_are_announced(ada: Person) -> None:
    answer = await ada.http.options(UPLOADS)
    assert "application/partial-upload" in answer.headers["accept-patch"]
    assert answer.headers["upload-limit"].startswith("max-size=")
    assert answer.headers["tus-version"] == "1.0.0"
    assert (await ada.get("/uploads/limits")).json()["protocols"] == ["tus-1.0", "ietf-resumable-upload"]


async def test_tus_is_spoken_as_before(ada: Person) -> None:
    answer = await ada.http.post(UPLOADS, headers={**PIECE, "Upload-Length": "3"}, content=b"abc")
    assert (answer.status_code, answer.headers["tus-resumable"]) == (201, "1.0.0")
    assert (await ada.http.head(answer.headers["location"], headers=TUS)).headers["tus-resumable"] == "1.0.0"
