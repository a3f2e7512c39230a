"""Bytes on their way in, when the way is bad."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError
from tests.factories.accounts import Person
from tests.factories.uploads import offset_of, send, started, state_of, uploaded

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.api import bodies
from socialflow.domains.media.errors import ChecksumMismatch, SourceDamaged, WrongOffset
from socialflow.domains.media.service import fetch_source, forget_source, intake
from socialflow.domains.media.service.intake import Checksum, Position
from socialflow.kernel import ids, metrics
from socialflow.kernel.work import Actor, App, Work
from socialflow.ports.storage import Content, ObjectStore, Stored, StoreFull, StoreUnavailable


def actor_of(person: Person) -> Actor:
    return accounts.actor_of(ids.parse("acc", person.id), "user", frozenset({"write"}), None)


def upload_of(address: str) -> uuid.UUID:
    return ids.parse("upl", address.rpartition("/")[2])


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def objects(app: App) -> list[str]:
    return sorted([info.key async for info in app.port(ObjectStore).list("uploads/")])


class Scripted(LocalObjectStore):
    """A store that fails at the puts it is told to."""

    def __init__(self, root: Path, failures: dict[int, Exception]) -> None:
        super().__init__(root)
        self.failures = failures
        self.puts = 0

    async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
        number, self.puts = self.puts, self.puts + 1
        if number in self.failures:
            assert not isinstance(data, bytes | Path)
            async for _ in data:
                raise self.failures[number]
        return await super().put(key, data, content_type=content_type)


def with_store(app: App, store: ObjectStore) -> App:
    return replace(app, ports={**app.ports, ObjectStore: store})


def with_pieces_of(app: App, size: int) -> App:
    media = app.settings.media.model_copy(update={"piece_bytes": size})
    return replace(app, settings=app.settings.model_copy(update={"media": media}))


async def receive(app: App, person: Person, address: str, offset: int, *parts: bytes) -> Position:
    return await intake.receive(app, actor_of(person), upload_of(address), offset=offset, chunks=chunks(*parts))


async def test_a_sender_that_breaks_off_has_kept_what_it_sent(app: App, ada: Person) -> None:
    address = await started(ada, 1_000)
    before = metrics.UPLOAD_BYTES._value.get()
    position = await receive(app, ada, address, 0, b"a" * 300, b"b" * 33)

    assert position.offset == 333
    assert metrics.UPLOAD_BYTES._value.get() - before == 333
    assert await offset_of(ada, address) == 333


async def test_pieces_before_a_failure_are_kept_and_the_rest_is_not(app: App, ada: Person) -> None:
    address = await started(ada, 1_000)
    store = Scripted(app.settings.storage_root, {2: StoreFull()})
    small = with_pieces_of(with_store(app, store), 100)

    with pytest.raises(StoreFull):
        await receive(small, ada, address, 0, *[b"x" * 50] * 20)

    assert await offset_of(ada, address) == 200
    assert len(await objects(app)) == 2


async def test_a_piece_is_not_committed_before_the_one_in_front_of_it(app: App, ada: Person) -> None:
    class Slow(LocalObjectStore):
        async def put(self, key: str, data: Content, *, content_type: str) -> Stored:
            stored = await super().put(key, data, content_type=content_type)
            if "/0000000000000000-" in key:
                await asyncio.sleep(0.3)
            return stored

    address = await started(ada, 300)
    app_ = with_pieces_of(with_store(app, Slow(app.settings.storage_root)), 100)
    position = await receive(app_, ada, address, 0, b"x" * 300)

    assert position.offset == 300
    assert (await state_of(ada, address))["state"] == "received"


async def test_a_slow_sender_is_kept_up_with(app: App, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "FLUSH_SECONDS", 0.1)
    address = await started(ada, 1_000)
    gate = asyncio.Event()

    async def drip() -> AsyncIterator[bytes]:
        yield b"1" * 10
        await asyncio.sleep(0.2)
        yield b"2" * 10
        yield b"3" * 10
        await gate.wait()

    sending = asyncio.create_task(intake.receive(app, actor_of(ada), upload_of(address), offset=0, chunks=drip()))
    async with asyncio.timeout(5):
        while await offset_of(ada, address) < 20:
            await asyncio.sleep(0.02)
    gate.set()
    assert (await sending).offset == 30


async def test_a_cancelled_request_leaves_no_object_behind(app: App, ada: Person) -> None:
    address = await started(ada, 1_000)
    reached = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 250
        reached.set()
        await asyncio.sleep(60)

    small = with_pieces_of(app, 100)
    sending = asyncio.create_task(intake.receive(small, actor_of(ada), upload_of(address), offset=0, chunks=endless()))
    await reached.wait()
    await asyncio.sleep(0.1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert len(await objects(app)) == await offset_of(ada, address) // 100


async def test_f14_a_commit_whose_answer_is_lost_keeps_the_object(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    opened: list[Work] = []

    class Deaf(App):
        """Hears nothing after its second commit, which is the one that moves the offset."""

        @asynccontextmanager
        async def work(self, actor: Actor) -> AsyncIterator[Work]:
            async with super().work(actor) as work:
                yield work
            opened.append(work)
            if len(opened) == 2:
                raise InterfaceError("COMMIT", None, Exception("connection lost"))

    deaf = Deaf(**{name: getattr(app, name) for name in app.__dataclass_fields__})
    with pytest.raises(InterfaceError):
        await receive(deaf, ada, address, 0, b"x" * 60)

    assert await offset_of(ada, address) == 60
    assert len(await objects(app)) == 1


async def test_f25_a_piece_that_the_store_lost_sets_the_upload_back_to_it(
    app: App, ada: Person, tmp_path: Path
) -> None:
    data = os.urandom(400)
    address = await started(ada, 400)
    small = with_pieces_of(app, 100)
    await receive(small, ada, address, 0, data[:300])
    await app.port(ObjectStore).delete((await objects(app))[1])

    answer = await send(ada, address, 300, data[300:])
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert await offset_of(ada, address) == 100

    assert (await send(ada, address, 100, data[100:])).status_code == 204
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data


async def test_a_source_is_put_together_from_its_pieces(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(100_001)
    address = await started(ada, len(data))
    await receive(with_pieces_of(app, 1_000), ada, address, 0, data[:50_000])
    await receive(with_pieces_of(app, 7_777), ada, address, 50_000, data[50_000:])
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])

    await fetch_source(app, asset_id, tmp_path / "source")
    assert hashlib.sha256((tmp_path / "source").read_bytes()).digest() == hashlib.sha256(data).digest()

    await forget_source(app, asset_id)
    assert await objects(app) == []
    with pytest.raises(SourceDamaged):
        await fetch_source(app, asset_id, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "gone"])
async def test_f25_a_damaged_source_is_never_taken_for_the_real_one(
    app: App, ada: Person, tmp_path: Path, damage: str
) -> None:
    address = await uploaded(ada, b"0123456789" * 100)
    (key,) = await objects(app)
    store = app.port(ObjectStore)
    data = await store.get(key)
    if damage == "gone":
        await store.delete(key)
    else:
        changed = {"flip": b"X" + data[1:], "cut": data[:-1], "grow": b"!" + data}[damage]
        await store.put(key, changed, content_type="text/plain")

    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    with pytest.raises(SourceDamaged):
        await fetch_source(app, asset_id, tmp_path / "source")
    assert not (tmp_path / "source").exists()


async def test_a_store_that_is_away_is_told_and_the_same_bytes_can_come_again(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    away = with_store(app, Scripted(app.settings.storage_root, {0: StoreUnavailable()}))

    with pytest.raises(StoreUnavailable):
        await receive(away, ada, address, 0, b"x" * 100)
    assert await offset_of(ada, address) == 0
    assert (await receive(app, ada, address, 0, b"x" * 100)).offset == 100


async def test_a_cut_body_with_a_checksum_is_not_kept_at_all(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    whole = Checksum("sha1", hashlib.sha1(b"x" * 100).digest())

    with pytest.raises(ChecksumMismatch):
        await intake.receive(app, actor_of(ada), upload_of(address), offset=0, chunks=chunks(b"x" * 99), checksum=whole)
    assert await offset_of(ada, address) == 0
    assert await objects(app) == []


async def test_an_upload_that_goes_away_while_its_bytes_come_is_not_there(app: App, ada: Person) -> None:
    address = await started(ada, 100)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"x" * 50
        async with app.sessions() as session, session.begin():
            await session.execute(text("DELETE FROM uploads"))
        yield b"x" * 50

    answer = await send(ada, address, 0, slowly())
    assert answer.status_code == 404
    assert await objects(app) == []


async def test_the_loser_is_told_where_the_upload_stands(app: App, ada: Person) -> None:
    address = await started(ada, 100)
    await receive(app, ada, address, 0, b"x" * 10)

    with pytest.raises(WrongOffset) as told:
        await receive(app, ada, address, 0, b"x" * 10)
    assert told.value.headers["Upload-Offset"] == "10"


async def test_a_sender_that_falls_silent_is_told_so_and_keeps_what_it_sent(
    app: App, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "STALL_SECONDS", 0.2)
    address = await started(ada, 100)

    async def silent() -> AsyncIterator[bytes]:
        yield b"x" * 10
        await asyncio.sleep(30)

    answer = await send(ada, address, 0, silent())
    assert (answer.status_code, answer.json()["code"]) == (408, "upload_stalled")
    assert (answer.headers["upload-offset"], answer.headers["connection"]) == ("10", "close")
    assert await offset_of(ada, address) == 10


async def test_a_server_that_is_about_to_go_keeps_what_came_and_sends_the_sender_elsewhere(
    app: App, ada: Person, api: FastAPI
) -> None:
    address = await started(ada, 100)

    async def steady() -> AsyncIterator[bytes]:
        yield b"x" * 10
        api.state.draining.set()
        while True:
            await asyncio.sleep(0.01)
            yield b"x"

    answer = await send(ada, address, 0, steady())
    api.state.draining.clear()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["upload-offset"] == str(await offset_of(ada, address))
    assert 10 <= await offset_of(ada, address) < 20
