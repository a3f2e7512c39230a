"""Exports: everything about oneself, in a documented form, and nothing about anybody else."""

import hashlib
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.lives import CANARY, furnish, live
from tests.factories.uploads import uploaded

from socialflow.domains.accounts.handlers import privacy as handlers
from socialflow.domains.accounts.service import exports
from socialflow.domains.accounts.service.archive import Archive
from socialflow.kernel import faults, ids, jobs, outbox, personal
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def fetched(person: Person, export_id: str) -> zipfile.ZipFile:
    link = await person.post(f"/me/exports/{export_id}/link")
    assert link.status_code == 200, link.text
    answer = await person.http.get(link.json()["url"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content)
    return zipfile.ZipFile(io.BytesIO(answer.content))


def lines(found: zipfile.ZipFile, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.read(f"{kind}.jsonl").splitlines()]


async def test_an_export_holds_everything_about_one_and_nothing_of_others(
    app: App, ada: Person, bob: Person, deliver: Deliver
) -> None:
    made = await live(app, ada, bob, deliver)
    asked = await ada.post("/me/exports")
    assert (asked.status_code, asked.json()["state"]) == (201, "queued")
    own_app = await furnish(app, ada, bob)
    # Who has second factors has given one.
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET methods = 'pwd mfa' WHERE kind = 'token'"))
    await deliver()

    (export,) = (await ada.get("/me/exports")).json()["items"]
    assert (export["state"], export["progress"]) == ("ready", 1.0)
    assert (await ada.get(f"/me/exports/{export['id']}")).json() == export
    found = await fetched(ada, export["id"])
    assert found.testzip() is None
    index = json.loads(found.read("index.json"))
    assert (index["format"], index["version"], index["account"]) == ("social-flow-export", 1, ada.id)
    assert {each["kind"] for each in index["kinds"]} == {each.export for each in personal.exported()}
    for each in index["kinds"]:
        assert len(lines(found, each["kind"])) == each["records"]
    for each in index["media"]:
        data = found.read(each["file"])
        assert (len(data), hashlib.sha256(data).hexdigest(), each["complete"]) == (each["bytes"], each["sha256"], True)
    assert b"an original" * 100 in [found.read(each["file"]) for each in index["media"]]
    assert [each["file"] for each in index["media"] if each["file"].endswith(".webp")]

    (account,) = lines(found, "account")
    assert (account["id"], account["email"]) == (ada.id, "ada@example.org")
    assert "password_hash" not in account
    assert {each["text"] for each in lines(found, "comments")} == {f"A better remark {CANARY}", f"Answered {CANARY}"}
    assert [each["id"] for each in lines(found, "videos")] == [made["own"]]
    assert [each["channel_id"] for each in lines(found, "follows")] == [bob.channel_id]
    assert {"account:session:started", "account:export:asked"} <= {
        each["tag"] for each in lines(found, "security_events")
    }
    assert len(lines(found, "security_event_details")) >= 2
    assert [each["id"] for each in lines(found, "apps")] == [ids.show("app", own_app)]
    for kind in ("totp", "recovery_codes", "passkeys", "connections", "app_grants", "personal_tokens", "invites"):
        assert len(lines(found, kind)) == 1, kind
    assert [each["version"] for each in lines(found, "consents")] == ["1"]
    assert [each["reason"] for each in lines(found, "sign_up")] == [CANARY]
    whole = b"".join(found.read(name) for name in found.namelist())
    for foreign in (
        b"bob@example.org",
        b"An answer",
        bob.id.encode(),
        b"secret_digest",
        b"$argon2",
        b"sealed_seed",
        b"of a code",
    ):
        assert foreign not in whole, foreign


async def test_one_export_at_a_time(app: App, ada: Person, deliver: Deliver) -> None:
    first = await ada.post("/me/exports")
    again = await ada.post("/me/exports")
    assert (again.status_code, again.json()["code"]) == (409, "export_going_on")
    busy = await ada.delete(f"/me/exports/{first.json()['id']}")
    assert (busy.status_code, busy.json()["code"]) == (409, "export_going_on")
    await deliver()
    assert (await ada.post("/me/exports")).status_code == 201


async def test_exports_come_by_the_page_the_latest_first(app: App, ada: Person, deliver: Deliver) -> None:
    made = []
    for _ in range(3):
        made.append((await ada.post("/me/exports")).json()["id"])
        await deliver(times=1)
    first = (await ada.get("/me/exports?limit=2")).json()
    second = (await ada.get(f"/me/exports?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


async def test_an_archive_is_deleted_after_its_time_and_on_request(app: App, ada: Person, deliver: Deliver) -> None:
    made = []
    for _ in range(2):
        made.append((await ada.post("/me/exports")).json()["id"])
        await deliver(times=1)
    assert (await ada.delete(f"/me/exports/{made[0]}")).status_code == 204
    assert (await ada.post(f"/me/exports/{made[0]}/link")).status_code == 404
    assert len(await kept(app)) == 1

    await handlers.expire_exports(app)
    assert len(await kept(app)) == 1, "not before its time"
    await handlers.expire_exports(replace(app, clock=lambda: app.clock() + timedelta(days=8)))
    assert await kept(app) == []
    states = [each["state"] for each in (await ada.get("/me/exports")).json()["items"]]
    assert states == ["expired", "expired"]


async def kept(app: App) -> list[str]:
    return [info.key async for info in app.port(ObjectStore).list("exports/")]


@pytest.mark.parametrize("point", ["export.rows", "export.file"])
async def test_an_export_that_is_struck_is_made_anew(app: App, ada: Person, deliver: Deliver, point: str) -> None:
    await uploaded(ada, b"an original" * 100)
    made = (await ada.post("/me/exports")).json()["id"]
    while await outbox.relay_once(app):
        pass
    async with app.sessions() as session:
        job = await session.scalar(text("SELECT id FROM jobs WHERE kind = 'accounts.make_export'"))
    faults.arm(f"{point}:raise", environment="test")
    try:
        assert await jobs.execute(app, job) is jobs.Outcome.RETRY
    finally:
        faults.arm("", environment="test")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE jobs SET run_after = now()"))
    await deliver()
    assert (await fetched(ada, made)).testzip() is None


async def test_pieces_that_nobody_will_fetch_are_swept(app: App, ada: Person, deliver: Deliver) -> None:
    made = (await ada.post("/me/exports")).json()["id"]
    await deliver(times=1)
    stray = f"exports/{exports.ids.new()}/1/000000"
    await app.port(ObjectStore).put(stray, b"left over", content_type="application/octet-stream")

    await handlers.sweep_exports(app)

    assert stray not in await kept(app)
    assert (await fetched(ada, made)).testzip() is None


async def test_an_archive_is_kept_in_pieces_and_memory_is_bounded(app: App) -> None:
    store, held = app.port(ObjectStore), []
    made = Archive(store, "exports/a/1/", app.clock(), piece_bytes=4_096)

    async def parts() -> Any:
        for number in range(50):
            held.append(len(made._sink.held))
            yield bytes([number]) * 10_000

    file = personal.File("../../etc/passwd", 500_000, _opened(parts))
    await made.add_file("uploads", file)
    size = await made.close()

    pieces = sorted([info async for info in store.list("exports/a/1/")], key=lambda info: info.key)
    assert {info.size for info in pieces[:-1]} == {4_096}
    assert sum(info.size for info in pieces) == size
    assert max(held) < 20_000
    whole = b"".join([await store.get(info.key) for info in pieces])
    names = zipfile.ZipFile(io.BytesIO(whole)).namelist()
    assert names == ["media/uploads/_/_/etc/passwd", "index.json"]


def _opened(parts: Any) -> personal.Opener:
    @asynccontextmanager
    async def opened() -> Any:
        yield parts()

    return opened


async def test_a_file_that_the_store_has_lost_is_named_as_incomplete(app: App, ada: Person, deliver: Deliver) -> None:
    await uploaded(ada, b"an original" * 100)
    await app.port(ObjectStore).delete_prefix("uploads/")
    made = (await ada.post("/me/exports")).json()["id"]
    await deliver()
    index = json.loads((await fetched(ada, made)).read("index.json"))
    assert [each["complete"] for each in index["media"]] == [False]


async def test_the_overview_counts_what_is_kept(app: App, ada: Person, bob: Person, deliver: Deliver) -> None:
    await live(app, ada, bob, deliver)
    kinds = {each["kind"]: each for each in (await ada.get("/me/data")).json()["items"]}

    assert (kinds["comments"]["count"], kinds["likes"]["count"], kinds["videos"]["count"]) == (2, 2, 1)
    assert kinds["uploads"]["bytes"] > 1_000
    assert kinds["comments"]["bytes"] is None
    assert (kinds["comments"]["level"], kinds["sessions"]["level"]) == ("public", "personal")
