"""A66: whoever can write to the database cannot change the audit log without its being found, at the exact row."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socialflow.entrypoints.cli.audit import line
from socialflow.kernel import chain, housekeeping, ids, metrics
from socialflow.kernel.audit import GENESIS
from socialflow.kernel.chain import Anchor, Fault
from socialflow.kernel.work import SYSTEM, Actor, App

ROWS = 12
SOMEBODY, STAFF = ids.new(), ids.new()
Tampering = Callable[..., Awaitable[None]]


@pytest.fixture
async def log(app: App) -> App:
    """An App with a log of twelve facts, some to a transaction."""
    for number in range(0, ROWS, 3):
        async with app.work(Actor(id=STAFF, role="moderator")) as work:
            for offset in range(3):
                work.note("account:thing:done", SOMEBODY, number=number + offset + 1, where="ä", share=0.25)
    return app


async def tamper(app: App, *statements: str, **values: Any) -> None:
    """What an owner of the database can do: the triggers are off."""
    async with app.sessions() as session, session.begin():
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await session.execute(text(statement), values)


async def found(app: App, *anchors: Anchor, batch: int = 5) -> list[Fault]:
    return (await chain.verify(app, expected=anchors, batch=batch)).faults


async def test_a66_a_log_that_nobody_touched_is_whole_whatever_the_batches(log: App) -> None:
    for batch in (1, 2, 4, 5, ROWS, ROWS + 1, 1_000):
        report = await chain.verify(log, batch=batch)
        assert (report.faults, report.checked, report.without_details) == ([], ROWS, 0)
    assert report.head is not None
    assert report.head.seq == ROWS


async def test_a66_an_empty_log_is_whole(app: App) -> None:
    report = await chain.verify(app)
    assert (report.faults, report.checked, report.head) == ([], 0, None)


EDITS = {
    "tag": "tag = 'account:thing:undone'",
    "at": "at = at - interval '1 microsecond'",
    "account": "account_id = gen_random_uuid()",
    "nobody": "account_id = NULL",
    "actor": "actor_id = gen_random_uuid()",
    "role": "actor_role = 'system'",
    "id": "id = gen_random_uuid()",
    "digest": "digest = sha256(digest)",
    "details_digest": "details_digest = sha256(details_digest)",
}


@pytest.mark.parametrize("seq", [1, 2, 5, 6, ROWS])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_a66_an_edited_row_is_found(log: App, seq: int, edit: str) -> None:
    await tamper(log, f"UPDATE audit_events SET {edit} WHERE seq = :seq", seq=seq)
    assert (await found(log))[0].seq == seq


@pytest.mark.parametrize("seq", [1, 2, 5, 6, ROWS])
async def test_a66_a_deleted_row_is_found(log: App, seq: int) -> None:
    await tamper(log, "DELETE FROM audit_events WHERE seq = :seq", seq=seq)
    assert (await found(log)) == [Fault(seq, "it is missing")]


async def test_a66_deleted_rows_are_found_in_the_order_of_the_log(log: App) -> None:
    await tamper(log, "DELETE FROM audit_events WHERE seq IN (3, 4, 9)")
    assert [fault.seq for fault in await found(log)] == [3, 9]


async def test_a66_a_deleted_row_whose_place_was_closed_is_found(log: App) -> None:
    await tamper(
        log,
        "DELETE FROM audit_events WHERE seq = 4",
        "UPDATE audit_events SET seq = -seq WHERE seq > 4",
        "UPDATE audit_events SET seq = -seq - 1 WHERE seq < 0",
        "UPDATE audit_heads SET seq = seq - 1",
    )
    assert (await found(log))[0].seq == 4


@pytest.mark.parametrize(("first", "second"), [(1, 2), (4, 5), (5, 6), (2, 11), (ROWS - 1, ROWS)])
async def test_a66_reordered_rows_are_found(log: App, first: int, second: int) -> None:
    await tamper(
        log,
        "UPDATE audit_events SET seq = -1 WHERE seq = :first",
        "UPDATE audit_events SET seq = :first WHERE seq = :second",
        "UPDATE audit_events SET seq = :second WHERE seq = -1",
        first=first,
        second=second,
    )
    faults = [fault.seq for fault in await found(log)]
    assert faults[0] == first
    assert second in faults


@pytest.mark.parametrize("left", [0, 1, 5, ROWS - 1])
async def test_a66_a_log_cut_off_is_found(log: App, left: int) -> None:
    await tamper(log, "DELETE FROM audit_events WHERE seq > :left", left=left)
    faults = await found(log)
    assert [fault.seq for fault in faults] == [left + 1]
    assert "missing" in faults[0].what


async def test_a66_a_truncated_log_is_found(log: App) -> None:
    await tamper(log, "TRUNCATE audit_events")
    assert [fault.seq for fault in await found(log)] == [1]


async def test_a66_a_head_that_was_put_back_is_found_while_the_rows_are_there(log: App) -> None:
    await tamper(log, "UPDATE audit_heads SET (seq, digest) = (SELECT seq, digest FROM audit_events WHERE seq = 7)")
    assert [fault.seq for fault in await found(log)] == [8]
    await tamper(log, "DELETE FROM audit_heads")
    assert [fault.seq for fault in await found(log)] == [1]


async def test_a66_a_wrong_head_is_found(log: App) -> None:
    await tamper(log, "UPDATE audit_heads SET digest = sha256(digest)")
    assert [fault.seq for fault in await found(log)] == [ROWS]


async def test_a66_an_end_cut_off_together_with_the_head_is_found_by_an_anchor(log: App) -> None:
    anchor = await chain.head(log)
    assert anchor is not None
    await tamper(
        log,
        "DELETE FROM audit_events WHERE seq > 9",
        "UPDATE audit_heads SET (seq, digest) = (SELECT seq, digest FROM audit_events WHERE seq = 9)",
    )
    # From inside of the database it is a whole log, only shorter.
    assert await found(log) == []
    assert [fault.seq for fault in await found(log, anchor)] == [10]
    # It grows again, over what was there before.
    async with log.work(SYSTEM) as work:
        for number in range(5):
            work.note("account:other:thing", SOMEBODY, number=number)
    assert await found(log) == []
    assert [fault.seq for fault in await found(log, anchor)] == [ROWS]


async def test_a66_anchors_that_fit_are_no_fault(log: App) -> None:
    anchor = await chain.head(log)
    assert anchor is not None
    async with log.work(SYSTEM) as work:
        work.note("account:other:thing", SOMEBODY)
    assert await found(log, anchor, Anchor(0, GENESIS)) == []
    assert Anchor.parse(str(anchor)) == anchor
    for words in ("", "5", "5:", "5:zz", "x:00", f"-1:{'00' * 32}", "5:00"):
        with pytest.raises(ValueError):  # whatever the parser of numbers says
            Anchor.parse(words)


async def test_a66_a_row_put_in_behind_the_head_is_found(log: App) -> None:
    await tamper(
        log,
        """INSERT INTO audit_events (seq, id, at, tag, actor_role, details_digest, digest)
           VALUES (:seq, :id, now(), 'account:thing:done', 'user', 'x', 'x')""",
        seq=ROWS + 1,
        id=uuid.uuid4(),
    )
    assert [fault.seq for fault in await found(log)] == [ROWS + 1]


@pytest.mark.parametrize("seq", [1, 6, ROWS])
async def test_a66_edited_details_are_found(log: App, seq: int) -> None:
    await tamper(
        log,
        """UPDATE audit_details SET details = jsonb_set(details, '{number}', '99')
           WHERE event_id = (SELECT id FROM audit_events WHERE seq = :seq)""",
        seq=seq,
    )
    assert [fault.seq for fault in await found(log)] == [seq]


async def test_a66_details_may_be_missing_only_where_an_erasure_was_noted(log: App) -> None:
    delete = "DELETE FROM audit_details WHERE event_id = (SELECT id FROM audit_events WHERE seq = :seq)"
    await tamper(log, delete, seq=5)
    assert [fault.seq for fault in await found(log)] == [5]
    async with log.work(SYSTEM) as work:
        work.note(chain.ERASED[-1], ids.new())
    assert [fault.seq for fault in await found(log)] == [5]
    async with log.work(SYSTEM) as work:
        work.note(chain.ERASED[-1], SOMEBODY)
    report = await chain.verify(log, batch=3)
    assert (report.faults, report.without_details) == ([], 1)


async def test_a66_the_log_of_another_secret_is_not_this_one(log: App) -> None:
    """A row that somebody writes who has the database and not the secret has no digest that fits."""
    await tamper(
        log,
        "UPDATE audit_events SET digest = sha256(tag::bytea) WHERE seq = :seq",
        "UPDATE audit_heads SET digest = (SELECT digest FROM audit_events WHERE seq = :seq)",
        seq=ROWS,
    )
    assert [fault.seq for fault in await found(log)] == [ROWS]


async def test_a66_what_is_exported_is_one_json_object_a_line(log: App) -> None:
    exported = [orjson.loads(line(row)) async for some in chain.rows(log, 4, ROWS, batch=3) for row in some]
    assert [fact["seq"] for fact in exported] == list(range(5, ROWS + 1))
    assert exported[0]["account_id"] == str(SOMEBODY)
    assert (exported[0]["details"]["number"], exported[0]["at"][-1]) == (5, "Z")
    head = await chain.head(log)
    assert head is not None
    assert exported[-1]["digest"] == head.digest.hex()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_events SET tag = 'x'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "INSERT INTO audit_events SELECT * FROM audit_events WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET tag = 'x'",
    ],
)
async def test_a66_the_table_refuses_to_be_changed(log: App, change: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with log.sessions() as session, session.begin():
            await session.execute(text(change))
    assert await found(log) == []


async def test_a66_what_came_of_a_verification_is_noted_measured_and_told(log: App) -> None:
    await housekeeping.write_anchor(log)
    await housekeeping.verify_audit_log(log)
    await housekeeping.measure(log)
    assert metrics.AUDIT_LENGTH._value.get() == ROWS + 1
    whole = metrics.AUDIT_VERIFIED.labels("whole")._value.get()
    assert abs(whole - log.clock().timestamp()) < 60

    await tamper(log, "UPDATE audit_events SET tag = 'account:x:y' WHERE seq = 4")
    await housekeeping.verify_audit_log(log)
    await housekeeping.measure(log)
    assert metrics.AUDIT_VERIFIED.labels("broken")._value.get() >= whole
    async with log.sessions() as session:
        noted = await session.scalar(
            text("SELECT details FROM audit_details JOIN audit_events ON id = event_id WHERE tag = :tag"),
            {"tag": chain.BROKEN},
        )
    assert (noted["first"], noted["checked"]) == (4, ROWS + 1)
