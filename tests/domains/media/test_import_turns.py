"""Imports from slow servers take turns by account."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.domains.media.test_imports import FILE, PORT, asked_for, link, ran, settings, state
from tests.factories.accounts import Person
from tests.factories.elsewhere import Asked, Film, elsewhere

from socialflow.kernel import jobs, outbox, turns
from socialflow.kernel.work import App

__all__ = ["settings"]


@pytest.fixture
def impatient(app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """Turns are short, and everybody may ask for five films."""
    monkeypatch.setattr(turns, "PATIENCE_S", 0.0)
    bounds = app.settings.imports.model_copy(
        update={"most_open": 5, "turn_seconds": 0.2, "longest_turn_seconds": 0.6, "stall_seconds": 30.0}
    )
    return replace(app, settings=app.settings.model_copy(update={"imports": bounds}))


async def importer(app: App) -> None:
    """A worker with one slot, until nothing is left."""
    while True:
        while await outbox.relay_once(app):
            pass
        async with app.sessions() as session:
            left = await session.scalar(text("SELECT id FROM jobs WHERE queue = 'imports' AND state <> 'done' LIMIT 1"))
        if left is None:
            return
        if await jobs.execute(app, left, first_of_queue=True) is jobs.Outcome.SKIPPED:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("goes_on", [True, False], ids=["resumable", "whole"])
async def test_five_slow_imports_of_one_account_do_not_hold_up_anothers(
    impatient: App, api: FastAPI, ada: Person, bob: Person, *, goes_on: bool
) -> None:
    bounds = impatient.settings.imports.model_copy(update={"longest_turn_seconds": 60.0})
    app = replace(impatient, settings=impatient.settings.model_copy(update={"imports": bounds}))
    api.state.app = app
    ranges = {"Accept_Ranges": "bytes"} if goes_on else {}
    slow, quick = Film(FILE * 100, pause=0.05, validator={"ETag": '"s"', **ranges}), Film(FILE)

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (quick if "quick" in asked.target else slow)(asked, writer)

    async with elsewhere(reply, port=PORT):
        slows = [await asked_for(ada, link(f"/slow-{number}.mp4")) for number in range(5)]
        # Here, and not by the workers: one would find nothing to do while the other is still at it.
        while await outbox.relay_once(app):
            pass
        workers = [asyncio.create_task(importer(app)) for _ in range(2)]
        while slow.sent < 200_000:
            await asyncio.sleep(0.02)
        mine = await asked_for(bob, link("/quick.mp4"))
        while await outbox.relay_once(app):
            pass
        while (await state(bob, mine))["state"] == "receiving":
            assert not [worker.exception() for worker in workers if worker.done()], "they are at work until the end"
            await asyncio.sleep(0.05)
        assert (await state(bob, mine))["state"] in {"received", "queued"}
        assert {(await state(ada, each))["state"] for each in slows} == {"receiving"}, "they go on"
        if goes_on:
            while not any(slow.ranges):
                await asyncio.sleep(0.05)
        for each in slows:
            assert (await ada.delete(f"/uploads/imports/{each['id']}")).status_code == 204
        await asyncio.gather(*workers)


async def test_what_cannot_go_on_later_is_given_up_at_last_where_others_wait(
    impatient: App, api: FastAPI, ada: Person, bob: Person
) -> None:
    app = api.state.app = impatient
    slow, quick = Film(FILE * 100, pause=0.05), Film(FILE)

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (quick if "quick" in asked.target else slow)(asked, writer)

    async with elsewhere(reply, port=PORT):
        first = await asked_for(ada, link("/slow.mp4"))
        worker = asyncio.create_task(importer(app))
        while not slow.sent:
            await asyncio.sleep(0.02)
        second = await asked_for(bob, link("/quick.mp4"))
        while await outbox.relay_once(app):
            pass
        await worker
    failed = await state(ada, first)
    assert (failed["state"], failed["failure_code"]) == ("failed", "import_timed_out")
    assert (await state(bob, second))["state"] in {"received", "queued"}


async def test_what_waits_for_its_turn_uses_up_no_time_and_what_is_at_work_does(app: App, ada: Person) -> None:
    longest = timedelta(seconds=app.settings.imports.max_seconds)
    async with elsewhere(Film(FILE), port=PORT):
        waited = await asked_for(ada, link())
        await ran(replace(app, clock=lambda: datetime.now(UTC) + longest + timedelta(hours=1)))
        assert (await state(ada, waited))["state"] in {"received", "queued"}

        worked = await asked_for(ada, link())
        async with app.sessions() as session, session.begin():
            # As if it had moved until now, from long ago.
            await session.execute(
                text("UPDATE link_imports SET begun_at = begun_at - CAST(:longest AS interval)"),
                {"longest": longest + timedelta(hours=1)},
            )
        await ran(app)
        failed = await state(ada, worked)
        assert (failed["state"], failed["failure_code"]) == ("failed", "import_timed_out")
