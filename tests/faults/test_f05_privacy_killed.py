"""F5: a worker is killed in the middle of an export, an erasure or a rotation: nothing is lost, and nothing is left."""

import io
import signal
import uuid
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.conftest import SECRET
from tests.factories.accounts import Person
from tests.factories.lives import CANARY, dumped, leave, live, plant
from tests.faults.transcoding import attempt, expire_lease

from socialflow.domains.accounts.service import erasure, leaving
from socialflow.kernel import ids, jobs, outbox, rotation, vault
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import SYSTEM, App

pytestmark = pytest.mark.adversary
Deliver = Callable[..., Awaitable[int]]
FORMER = "a former secret of this installation"
ERASURE = [
    *("erase_words_and_likes", "erase_edges", "erase_videos", "erase_files", "erase_profiles", "erase_exports", "rows"),
]


async def job_of(app: App, kind: str) -> uuid.UUID:
    """Relay the outbox; the one job of a kind that is waiting."""
    while await outbox.relay_once(app):
        pass
    async with app.sessions() as session:
        found = await session.execute(text("SELECT id FROM jobs WHERE kind = :kind"), {"kind": kind})
        return uuid.UUID(str(found.scalar_one()))


@asynccontextmanager
async def killed(app: App, job: uuid.UUID, point: str) -> AsyncIterator[None]:
    """A worker has died there, and its lease has run out."""
    async with attempt(app, job, f"{point}:kill") as worker:
        assert await worker.wait() == -signal.SIGKILL, point
    await expire_lease(app, job)
    yield


@pytest.mark.parametrize("point", ERASURE)
async def test_f05_an_erasure_that_is_killed_goes_on(
    app: App, ada: Person, bob: Person, deliver: Deliver, point: str
) -> None:
    await live(app, ada, bob, deliver)
    await plant(app, ada)
    await leave(app, ada)
    async with app.work(SYSTEM) as work:
        assert await erasure.announce_due(work) == 1
    job = await job_of(app, "accounts.erase_account")

    async with killed(app, job, f"erasure.{point}"):
        assert await jobs.execute(app, job) is jobs.Outcome.DONE
    await deliver(times=1)

    for place, rows in (await dumped(app)).items():
        assert CANARY not in "\n".join(rows), place


async def test_f05_an_erasure_that_nobody_hears_of_is_begun_again(app: App, ada: Person) -> None:
    await leave(app, ada)
    async with app.work(SYSTEM) as work:
        assert await erasure._begin(work, ids.parse("acc", ada.id))
    async with app.work(SYSTEM) as work:
        assert await erasure.announce_due(work) == 0
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE erasures SET begun_at = begun_at - interval '2 hours'"))
    async with app.work(SYSTEM) as work:
        assert await erasure.announce_due(work) == 1


@pytest.mark.parametrize("point", ["export.rows", "export.file"])
async def test_f05_an_export_that_is_killed_is_made_anew(
    app: App, ada: Person, bob: Person, deliver: Deliver, point: str
) -> None:
    await live(app, ada, bob, deliver)
    made = (await ada.post("/me/exports")).json()["id"]
    job = await job_of(app, "accounts.make_export")

    async with killed(app, job, point):
        assert await jobs.execute(app, job) is jobs.Outcome.DONE
    link: dict[str, Any] = (await ada.post(f"/me/exports/{made}/link")).json()
    archive = zipfile.ZipFile(io.BytesIO((await ada.http.get(link["url"])).content))
    assert archive.testzip() is None
    assert "index.json" in archive.namelist()


async def test_f05_a_rotation_that_is_killed_loses_nothing(app: App) -> None:
    # Sealed under a former secret: the worker's own, the test's, is the one in force.
    former = Keys(FORMER)
    rows = [ids.new() for _ in range(rotation.BATCH + 20)]
    async with app.sessions() as session, session.begin():
        for row in rows:
            sealed = vault.seal(former, leaving.place_of(row), b"en ada@example.org")
            values = {"id": row, "to": sealed}
            insert = "INSERT INTO erasures (account_id, asked_at, erase_after, mail_to) VALUES (:id, now(), now(), :to)"
            await session.execute(text(insert), values)
        made = (
            "INSERT INTO jobs (id, kind, key, queue, payload) VALUES (:id, 'kernel.seal_anew', 'once', 'default', '{}')"
        )
        await session.execute(text(made), {"id": rows[0]})
    auth = app.settings.auth.model_copy(update={"previous_secrets": (SecretStr(FORMER),)})
    both = replace(
        app,
        keys=Keys(SECRET, [FORMER]),
        settings=app.settings.model_copy(update={"auth": auth}),
    )

    async with killed(both, rows[0], "rotation.batch"):
        for row in (rows[0], rows[-1]):
            assert await opened(both, row) == ("en", "ada@example.org")
        assert await jobs.execute(both, rows[0]) is jobs.Outcome.DONE
    for row in (rows[0], rows[-1]):
        assert await opened(app, row) == ("en", "ada@example.org"), "the former secret is needed no more"


async def opened(app: App, row: uuid.UUID) -> tuple[str, str]:
    async with app.sessions() as session:
        value = await session.scalar(text("SELECT mail_to FROM erasures WHERE account_id = :id"), {"id": row})
    return leaving.mail_to(app.keys, row, bytes(value))
