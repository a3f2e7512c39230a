"""What happens to an edit and to its upload at the same moment: one after the other, and neither is broken off."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.edits import edit, look
from tests.factories.videos import video

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import EditIsOver
from socialflow.domains.media.models import Edit
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.service import uploads
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import SYSTEM, App, Work

Deed = Callable[[Work, uuid.UUID], Awaitable[object]]


async def fit(work: Work, edit_id: uuid.UUID) -> None:
    with pytest.raises(NotFound):
        await media.edits.fit(work, edit_id, 1, "00")


async def cancel(work: Work, edit_id: uuid.UUID) -> None:
    with pytest.raises(EditIsOver):
        await give_up(work, edit_id)


async def give_up(work: Work, edit_id: uuid.UUID) -> None:
    """As videos do: the edit is given up, and then its upload."""
    await media.edits.cancel(work, edit_id)
    edit = await work.db.get_one(Edit, edit_id)
    await uploads.abandon(work, edit.upload_id)


DEEDS: dict[str, Deed] = {
    "begin": media.edits.begin,
    "go_on": lambda work, edit_id: media.edits.go_on(work, edit_id, 10),
    "fit": fit,
    "fail": lambda work, edit_id: media.edits.fail(work, edit_id, "x", "x"),
    "cancel": cancel,
}
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
# A slow machine breaks nobody off here, but the database does whoever waits for one who waits for them.
PATIENT = text("SET LOCAL lock_timeout = '60s'")


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
async def test_an_edit_goes_on_while_its_upload_is_given_up(app: App, ada: Person, deed: Deed) -> None:
    made = await edit(ada, await video(app, ada), {"kind": "mute"})
    edit_id = ids.parse("edt", made["id"])
    async with app.work(SYSTEM) as work:
        begun = await media.edits.begin(work, edit_id)
    assert begun is not None

    async def later() -> None:
        async with app.work(SYSTEM) as work:
            await work.db.execute(PATIENT)
            await deed(work, edit_id)

    async with app.work(SYSTEM) as work:
        await work.db.execute(PATIENT)
        assert await upload_queries.locked(work.db, begun.upload_id) is not None
        other = asyncio.create_task(later())
        async with app.sessions() as session, asyncio.timeout(10):
            while not await session.scalar(WAITING):
                await session.rollback()
                await asyncio.sleep(0.02)
        await uploads.abandon(work, begun.upload_id)
    await other
    assert (await look(ada, made))["state"] == "cancelled"
