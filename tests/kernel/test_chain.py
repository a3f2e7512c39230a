"""The audit log after the secret was replaced: what was written before is whole, and cannot be written anew."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text
from tests.conftest import SECRET

from socialflow.kernel import chain, ids, rotation
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import SYSTEM, App

NEXT, THIRD = "the secret of the second year, of a test", "the secret of the third year, of a test"
SOMEBODY = ids.new()


async def note(app: App, count: int = 3) -> None:
    for number in range(count):
        async with app.work(SYSTEM) as work:
            work.note("account:thing:done", SOMEBODY, number=number)


def after(app: App, secret: str, *former: str, hours: int = 0) -> App:
    """The same installation with another secret, some time later."""
    return replace(app, keys=Keys(secret, former), clock=lambda: app.clock() + timedelta(hours=hours))


async def faults(app: App) -> list[str]:
    return [f"{fault.seq}: {fault.what}" for fault in (await chain.verify(app, batch=2)).faults]


async def test_a_log_is_whole_after_its_secret_was_replaced_twice(app: App) -> None:
    await note(app)
    second = after(app, NEXT, SECRET, hours=24)
    await rotation.rotate(second)
    await note(second)
    third = after(app, THIRD, NEXT, SECRET, hours=48)
    await rotation.rotate(third)
    await note(third)

    report = await chain.verify(third, batch=2)
    assert (report.faults, report.checked, report.without_details) == ([], 11, 0)


async def test_an_edit_is_found_under_a_former_secret_as_well(app: App) -> None:
    await note(app)
    second = after(app, NEXT, SECRET)
    await rotation.rotate(second)
    async with app.sessions() as session, session.begin():
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text("UPDATE audit_events SET actor_role = 'admin' WHERE seq = 2"))
        await session.execute(
            text("""UPDATE audit_details SET details = '{"number": 9}'
            WHERE event_id = (SELECT id FROM audit_events WHERE seq = 3)""")
        )

    assert await faults(second) == [
        "2: it is not what was written there: edited, or moved",
        "3: its details are not those that were written",
    ]


async def test_whoever_knows_a_former_secret_cannot_write_on(app: App) -> None:
    await note(app)
    second = after(app, NEXT, SECRET)
    await rotation.rotate(second)
    # Parts that were not started anew within the hour, or a thief.
    await note(after(app, SECRET, hours=2), 1)
    await note(second, 1)

    assert await faults(second) == ["5: it was written under a secret that had been replaced by then"]


async def test_parts_may_be_started_anew_one_after_another(app: App) -> None:
    await note(app)
    second = after(app, NEXT, SECRET)
    await note(second, 1)
    await note(app, 1)
    await note(second, 1)

    assert await faults(second) == []


async def test_a_log_that_was_written_anew_under_a_former_secret_alone_is_found(app: App) -> None:
    await note(app)
    second = after(app, NEXT, SECRET)

    assert await faults(second) == [
        "3: nothing was written under the secret in force: run `socialflow secrets rotate`, unless you have"
    ]
    await rotation.rotate(second)
    assert await faults(second) == []


async def test_without_the_former_secret_the_log_cannot_be_followed(app: App) -> None:
    await note(app)
    await rotation.rotate(after(app, NEXT, SECRET))

    assert (await faults(after(app, NEXT)))[0] == "1: it is not what was written there: edited, or moved"


async def test_details_may_go_from_the_moment_an_erasure_has_begun(app: App) -> None:
    await note(app)
    async with app.work(SYSTEM) as work:
        work.note(chain.ERASED[0], SOMEBODY)
    async with app.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM audit_details"))

    report = await chain.verify(app)
    assert (report.faults, report.without_details) == ([], 4)
