"""A42: whatever parts are sent, in whatever order and by however many, the bytes are exact or the answer is a no."""

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.uploads import checksum, create, offset_of, send, started, state_of

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.work import App

SIZE = 50_000


async def check(app: App, person: Person, address: str, data: bytes, folder: Path) -> None:
    """One asset of exactly these bytes."""
    state = await state_of(person, address)
    assert (state["state"], state["offset"]) == ("received", len(data))
    await fetch_source(app, ids.parse("ast", state["asset_id"]), folder / "fetched")
    assert hashlib.sha256((folder / "fetched").read_bytes()).digest() == hashlib.sha256(data).digest()
    async with app.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM assets")) == 1


@pytest.mark.parametrize("seed", range(6))
async def test_a42_any_sequence_of_parts_is_exact_or_refused(
    app: App, ada: Person, bob: Person, tmp_path: Path, seed: int
) -> None:
    chance, data = random.Random(seed), os.urandom(SIZE)
    address, at = await started(ada, SIZE), 0
    for _ in range(60):
        start = chance.choice([at, at, at, chance.randrange(SIZE), max(at - 7, 0), at + 1])
        part = data[start : start + chance.choice([0, 1, 500, 9_000])]
        lie = chance.random() < 0.2
        headers = {"Upload_Checksum": checksum(b"lie" if lie else part)} if lie or chance.random() < 0.3 else {}
        someone = bob if chance.random() < 0.1 else ada
        answer = await send(someone, address, start, part, **headers)

        if someone is bob:
            assert answer.status_code == 404
        elif start != at or (at == SIZE and part):
            assert answer.status_code == 409
        elif lie:
            assert answer.status_code == (460 if at < SIZE else 409 if part else 460)
        else:
            assert answer.status_code == 204, answer.text
            at += len(part)
        assert await offset_of(ada, address) == at

    while at < SIZE:
        assert (await send(ada, address, at, data[at : at + 20_000])).status_code == 204
        at = await offset_of(ada, address)
    await check(app, ada, address, data, tmp_path)


async def test_a42_a_crowd_sends_overlapping_parts_at_once(app: App, ada: Person, tmp_path: Path) -> None:
    data = os.urandom(SIZE)
    address = await started(ada, SIZE)

    async def push(size: int) -> None:
        while (at := await offset_of(ada, address)) < SIZE:
            answer = await send(ada, address, at, data[at : at + size])
            assert answer.status_code in (204, 409)

    await asyncio.gather(*(push(size) for size in (3_001, 5_003, 7_001, 11_003)))
    await check(app, ada, address, data, tmp_path)


async def test_a42_a_crowd_of_other_bytes_cannot_mix_with_ours(app: App, ada: Person) -> None:
    address = await started(ada, SIZE)

    async def slowly(letter: bytes) -> AsyncIterator[bytes]:
        for _ in range(10):
            yield letter * (SIZE // 10)
            await asyncio.sleep(random.random() / 100)

    answers = await asyncio.gather(*(send(ada, address, 0, slowly(letter)) for letter in (b"a", b"b", b"c", b"d")))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    await fetch_source(app, asset_id, app.settings.data_dir / "fetched")
    assert len(set((app.settings.data_dir / "fetched").read_bytes())) == 1


async def test_a42_quota_cannot_be_outrun(app: App, ada: Person) -> None:
    most = app.settings.media.max_upload_bytes
    answers = await asyncio.gather(*(create(ada, most) for _ in range(20)))
    made = sum(answer.status_code == 201 for answer in answers)

    assert made == app.settings.media.quota_bytes // most
    assert {answer.status_code for answer in answers} == {201, 413}
