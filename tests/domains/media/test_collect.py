"""What nobody finished or names is collected."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import TUS, send, started, state_of, uploaded

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.media.events import UploadDiscarded
from socialflow.domains.media.handlers import collect
from socialflow.domains.media.service import delete_asset
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
DAY = timedelta(days=1)


def later(app: App, by: timedelta) -> App:
    """The same App, some time from now."""
    return replace(app, clock=lambda: datetime.now(UTC) + by)


async def objects(app: App) -> list[str]:
    return sorted([info.key async for info in app.port(ObjectStore).list("")])


def age(app: App, key: str, by: timedelta) -> None:
    """Make an object look as if it had been kept for so long."""
    path = app.port(ObjectStore).local_path(key)
    assert isinstance(path, Path)
    moment = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (moment, moment))


async def test_an_abandoned_upload_is_given_up_with_its_bytes_and_its_quota(
    app: App, ada: Person, deliver: Deliver
) -> None:
    address = await started(ada, 100)
    await send(ada, address, 0, b"x" * 60)

    await collect.expire_uploads(later(app, DAY - timedelta(minutes=1)))
    assert (await state_of(ada, address))["state"] == "receiving"

    await collect.expire_uploads(later(app, DAY + timedelta(minutes=1)))
    await deliver()
    assert (await state_of(ada, address))["state"] == "expired"
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0
    assert await objects(app) == []
    answer = await send(ada, address, 60, b"x" * 40)
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_expired")
    assert (await ada.http.head(address, headers=TUS)).status_code == 410


async def test_giving_up_and_counting_anew_wait_for_each_other(app: App, ada: Person, bob: Person) -> None:
    # The one with the greater id runs out first.
    first, second = sorted([ada, bob], key=lambda person: ids.parse("acc", person.id))
    for person in (second, first):
        await started(person, 100)
    lock = text("SELECT FROM storage_usage WHERE account_id = :account FOR UPDATE")
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async with app.sessions() as counting, counting.begin():
        await counting.execute(lock, {"account": ids.parse("acc", first.id)})
        giving_up = asyncio.create_task(collect.expire_uploads(later(app, 2 * DAY)))
        async with app.sessions() as watching, asyncio.timeout(20):
            while not await watching.scalar(waiting):
                await watching.rollback()
                await asyncio.sleep(0.02)
        await counting.execute(lock, {"account": ids.parse("acc", second.id)})
    await giving_up
    for person in (first, second):
        assert (await person.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_every_byte_moves_the_end(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE uploads SET expires_at = now() + interval '1 minute'"))
    await send(ada, address, 0, b"x")

    await collect.expire_uploads(later(app, timedelta(hours=23)))
    assert (await state_of(ada, address))["state"] == "receiving"


async def test_an_upload_past_its_time_is_over_before_anybody_collects_it(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '1 second'"))

    assert (await state_of(ada, address))["state"] == "expired"
    assert (await send(ada, address, 0, b"x")).status_code == 410


async def test_a_finished_upload_is_never_given_up(app: App, ada: Person) -> None:
    address = await uploaded(ada, b"0123456789")
    before = await objects(app)

    await collect.expire_uploads(later(app, 30 * DAY))
    await collect.sweep_pieces(later(app, 30 * DAY))
    assert (await state_of(ada, address))["state"] == "received"
    assert await objects(app) == before


async def test_expired_uploads_are_forgotten_after_a_week(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    await collect.expire_uploads(later(app, 2 * DAY))
    await collect.expire_uploads(later(app, 9 * DAY))

    assert (await ada.http.get(address)).status_code == 404


async def test_hundreds_are_given_up_in_one_turn(app: App, ada: Person) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(
            text("""
                INSERT INTO uploads (id, account_id, purpose, filename, filetype, length, asset_id, expires_at,
                    created_at, updated_at)
                SELECT gen_random_uuid(), :account, 'video', 'a', '', 1, gen_random_uuid(), now(), now(), now()
                FROM generate_series(1, 450)
            """),
            {"account": ids.parse("acc", ada.id)},
        )
    await collect.expire_uploads(later(app, DAY))

    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM uploads WHERE state = 'receiving'")) == 0
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE kind = 'UploadDiscarded'")) == 450


async def test_old_objects_without_a_row_are_swept_and_nothing_else(app: App, ada: Person) -> None:
    await uploaded(ada, b"0123456789")
    (named,) = await objects(app)
    orphan, young = f"uploads/{ids.new()}/0000-aa", f"uploads/{ids.new()}/0000-bb"
    for key in (orphan, young, "assets/other/thing"):
        await app.port(ObjectStore).put(key, b"x", content_type="text/plain")
    for key in (orphan, named, "assets/other/thing"):
        age(app, key, 2 * DAY)

    await collect.sweep_pieces(app)

    assert await objects(app) == sorted([named, young, "assets/other/thing"])


async def test_many_orphans_are_swept_in_batches(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "SWEEP_BATCH", 2)
    for number in range(5):
        key = f"uploads/{ids.new()}/{number:04d}"
        await app.port(ObjectStore).put(key, b"x", content_type="text/plain")
        age(app, key, 2 * DAY)

    await collect.sweep_pieces(app)
    assert await objects(app) == []


async def test_a_deleted_asset_gives_its_room_and_its_upload_back(app: App, ada: Person, deliver: Deliver) -> None:
    address = await uploaded(ada, b"0123456789", purpose="avatar")
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    for _ in range(2):
        async with app.work(SYSTEM) as work:
            await delete_asset(work, asset_id)
    await deliver()

    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0
    assert (await ada.http.get(address)).status_code == 404
    assert await objects(app) == []


async def test_an_expired_upload_may_be_forgotten_by_its_owner(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    await collect.expire_uploads(later(app, 2 * DAY))

    assert (await ada.http.delete(address, headers=TUS)).status_code == 204
    assert (await ada.http.get(address)).status_code == 404
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 0


async def test_f27_a_delete_that_failed_is_made_up_for(app: App, ada: Person, deliver: Deliver) -> None:
    class Stubborn(LocalObjectStore):
        async def delete(self, *keys: str) -> None:
            raise OSError(5, f"scripted: {len(keys)} keys")

    address = await started(ada, 100)
    await send(ada, address, 0, b"x" * 60)
    await ada.http.delete(address, headers=TUS)
    stubborn = replace(app, ports={**app.ports, ObjectStore: Stubborn(app.settings.storage_root)})
    for _ in range(3):
        try:
            await collect.delete_pieces(stubborn, await _discarded(app))
        except OSError:
            continue
    (left,) = await objects(app)

    age(app, left, 2 * DAY)
    await collect.sweep_pieces(app)
    assert await objects(app) == []


async def _discarded(app: App) -> UploadDiscarded:
    async with app.sessions() as session:
        payload = await session.scalar(text("SELECT payload FROM outbox WHERE kind = 'UploadDiscarded'"))
    return UploadDiscarded(**payload)


async def test_a_usage_that_has_drifted_is_set_right(app: App, ada: Person, bob: Person) -> None:
    await uploaded(ada, b"0123456789")
    await started(ada, 1_000)
    await started(bob, 7)
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE storage_usage SET used = 999999"))

    await collect.recount_usage(app)

    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == 1_010
    assert (await bob.get("/uploads/limits")).json()["used_bytes"] == 7
