"""F5: the worker is killed in the middle of an import, which goes on without fetching all of it again."""

import asyncio
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.elsewhere import HERE, Film, elsewhere
from tests.factories.instance import free_port
from tests.faults.transcoding import attempt, expire_lease

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids, jobs, outbox
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

PORT = free_port()
PIECE = 65_536
FILE = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 8_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """This machine may be fetched from, in small pieces."""
    return settings.model_copy(
        update={
            "fetch": settings.fetch.model_copy(update={"ports": (PORT,), "allowed_networks": (HERE,)}),
            "media": settings.media.model_copy(update={"piece_bytes": PIECE}),
        }
    )


async def import_job(app: App) -> uuid.UUID:
    """Relay the outbox; the job that fetches."""
    while await outbox.relay_once(app):
        pass
    async with app.sessions() as session:
        found = await session.execute(text("SELECT id FROM jobs WHERE kind = 'media.fetch_link'"))
        return uuid.UUID(str(found.scalar_one()))


async def received(app: App) -> int:
    async with app.sessions() as session:
        return int(await session.scalar(text("SELECT received FROM uploads")) or 0)


@pytest.mark.parametrize("says_length", [True, False], ids=["told", "untold"])
async def test_f05_a_killed_import_goes_on_where_it_was(
    app: App, ada: Person, tmp_path: Path, *, says_length: bool
) -> None:
    made = (await ada.post("/uploads/imports", {"url": f"http://127.0.0.1:{PORT}/film.mp4"})).json()
    job = await import_job(app)
    film = Film(FILE, pause=0.02, says_length=says_length)
    more = {
        "SF_FETCH__PORTS": str(PORT),
        "SF_FETCH__ALLOWED_NETWORKS": HERE,
        "SF_MEDIA__PIECE_BYTES": str(PIECE),
    }
    async with elsewhere(film, port=PORT):
        async with attempt(app, job, "", **more) as worker:
            async with asyncio.timeout(60):
                while await received(app) < 5 * PIECE:
                    await asyncio.sleep(0.01)
            worker.kill()
            await worker.wait()
        before, sent = await received(app), film.sent
        assert before < len(FILE)

        film.pause = 0.0
        await expire_lease(app, job)
        assert await jobs.execute(app, job) is jobs.Outcome.DONE
    assert film.ranges == ["", f"bytes={before}-"]
    # What was on its way to a piece is fetched twice, and no more; the server may have sent a little into the void.
    assert 0 <= film.sent - (sent + len(FILE) - before) <= PIECE
    path = tmp_path / "source"
    await fetch_source(app, ids.parse("ast", made["asset_id"]), path)
    assert path.read_bytes() == FILE
    assert (await ada.get("/uploads/limits")).json()["used_bytes"] == len(FILE)


@pytest.mark.parametrize("point", ["media.fetch_link.claimed", "media.piece_kept", "media.fetch_link.reacted"])
async def test_f05_an_import_killed_at_any_point_ends_in_one_upload(app: App, ada: Person, point: str) -> None:
    await ada.post("/uploads/imports", {"url": f"http://127.0.0.1:{PORT}/film.mp4"})
    job = await import_job(app)
    more = {"SF_FETCH__PORTS": str(PORT), "SF_FETCH__ALLOWED_NETWORKS": HERE}
    async with elsewhere(Film(FILE), port=PORT):
        async with attempt(app, job, f"{point}:kill", **more) as worker:
            assert await worker.wait() == -9
        await expire_lease(app, job)
        assert await jobs.execute(app, job) is jobs.Outcome.DONE
    async with app.sessions() as session:
        rows = (await session.execute(text("SELECT state, received, length FROM uploads"))).all()
        assert [tuple(row) for row in rows] == [("received", len(FILE), len(FILE))]
        assert await session.scalar(text("SELECT count(*) FROM assets")) == 1
