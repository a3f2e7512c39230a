"""A64: copies of the database give nothing away; keys are replaced under old data, and a lost one opens nothing."""

import uuid
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text
from tests.conftest import SECRET
from tests.factories.accounts import PASSWORD, Person
from tests.factories.lives import dumped

from socialflow.domains.accounts.service import leaving
from socialflow.kernel import audit, crypto, faults, ids, pages, rotation, vault
from socialflow.kernel.audit import AuditEvent
from socialflow.kernel.crypto import Keys
from socialflow.kernel.vault import SealedAway
from socialflow.kernel.work import SYSTEM, App

SECOND, THIRD = "the second secret of this installation", "the third secret of this installation"
MANY = rotation.BATCH + 50


def with_keys(app: App, *secrets: str) -> App:
    """The same installation after its secret was replaced."""
    return replace(app, keys=Keys(secrets[0], secrets[1:]))


async def sealed_rows(app: App, number: int) -> list[uuid.UUID]:
    """Rows with a sealed address each."""
    made = [ids.new() for _ in range(number)]
    async with app.sessions() as session, session.begin():
        for each in made:
            sealed = vault.seal(app.keys, leaving.place_of(each), f"en {each}@example.org".encode())
            await session.execute(
                text(
                    "INSERT INTO erasures (account_id, asked_at, erase_after, mail_to) VALUES (:id, now(), now(), :to)"
                ),
                {"id": each, "to": sealed},
            )
    return made


async def opened(app: App, row: uuid.UUID) -> str:
    async with app.sessions() as session:
        value = await session.scalar(text("SELECT mail_to FROM erasures WHERE account_id = :id"), {"id": row})
    return leaving.mail_to(app.keys, row, bytes(value))[1]


async def test_a64_a_copy_of_the_database_names_no_address_of_who_has_left(app: App, ada: Person) -> None:
    (row,) = await sealed_rows(app, 1)
    assert f"{row}@" not in str(await dumped(app))
    assert await opened(app, row) == f"{row}@example.org"


async def test_a64_a_ciphertext_does_not_open_in_another_row(app: App) -> None:
    mine, theirs = await sealed_rows(app, 2)
    async with app.sessions() as session, session.begin():
        await session.execute(
            text(
                "UPDATE erasures SET mail_to = (SELECT mail_to FROM erasures WHERE account_id = :a)"
                " WHERE account_id = :b"
            ),
            {"a": theirs, "b": mine},
        )
    with pytest.raises(crypto.BadSignature):
        await opened(app, mine)


async def test_a64_old_data_opens_after_two_rotations_and_the_first_secret_may_go(app: App) -> None:
    rows = await sealed_rows(app, MANY)
    second = with_keys(app, SECOND, SECRET)
    assert await opened(second, rows[0]) == f"{rows[0]}@example.org"

    assert (await rotation.rotate(second))["erasures.mail_to"].sealed_anew == MANY
    third = with_keys(app, THIRD, SECOND)
    assert (await rotation.rotate(third))["erasures.mail_to"].sealed_anew == MANY
    assert (await rotation.rotate(third))["erasures.mail_to"].sealed_anew == 0
    for row in (rows[0], rows[-1]):
        assert await opened(with_keys(app, THIRD), row) == f"{row}@example.org"


async def test_a64_without_rotating_old_data_opens_as_long_as_the_old_secrets_are_kept(app: App) -> None:
    (row,) = await sealed_rows(app, 1)
    assert await opened(with_keys(app, THIRD, SECOND, SECRET), row) == f"{row}@example.org"


async def test_a64_a_rotation_that_is_struck_loses_nothing_and_goes_on(app: App) -> None:
    rows = await sealed_rows(app, MANY)
    second = with_keys(app, SECOND, SECRET)
    faults.arm("rotation.batch:raise", environment="test")
    try:
        with pytest.raises(faults.Injected):
            await rotation.rotate(second)
    finally:
        faults.arm("", environment="test")
    for row in (rows[0], rows[-1]):
        assert await opened(second, row) == f"{row}@example.org"

    await rotation.rotate(second)
    (standing,) = [each for name, each in (await rotation.standing(second)).items() if name == "erasures.mail_to"]
    assert dict(standing.under) == {second.keys.number.hex(): MANY}


async def test_a64_a_lost_secret_fails_closed_and_says_which(app: App) -> None:
    rows = await sealed_rows(app, 2)
    lost = with_keys(app, SECOND)

    with pytest.raises(SealedAway):
        await opened(lost, rows[0])
    tally = (await rotation.rotate(lost))["erasures.mail_to"]
    assert (tally.sealed_anew, tally.unreadable) == (0, 2)
    standing = (await rotation.standing(lost))["erasures.mail_to"]
    assert (standing.unreadable, dict(standing.under)) == (2, {app.keys.number.hex(): 2})
    # Nothing was overwritten: with the secret back, all is there.
    assert await opened(with_keys(app, SECOND, SECRET), rows[1]) == f"{rows[1]}@example.org"


async def test_a64_what_was_handed_out_under_the_former_secret_is_still_good(app: App, ada: Person) -> None:
    second = with_keys(app, SECOND, SECRET)
    cursor = pages.seal(app.keys, "videos", {}, ["x"])
    assert pages.unseal(second.keys, "videos", {}, cursor) == ["x"]
    with pytest.raises(pages.InvalidCursor):
        pages.unseal(Keys(SECOND), "videos", {}, cursor)


async def test_a64_the_audit_log_is_checked_with_the_secret_that_was_in_force(app: App, ada: Person) -> None:
    second = with_keys(app, SECOND, SECRET)
    await rotation.rotate(second)
    async with app.sessions() as session:
        rows = (await session.scalars(text("SELECT seq FROM audit_events ORDER BY seq"))).all()
        events = [await session.get_one(AuditEvent, seq) for seq in rows]
    assert len(events) >= 2

    before, ages = audit.GENESIS, []
    for event in events:
        ages.append(audit.age_of_link(second.keys, before, event))
        before = event.digest
    assert ages == [1] * (len(events) - 1) + [0], "the rotation's own note ties the head under the new secret"
    assert audit.age_of_link(second.keys, audit.GENESIS, events[-1]) is None
    events[0].tag = "account:role:changed"
    assert audit.age_of_link(second.keys, audit.GENESIS, events[0]) is None


async def test_a64_nobody_who_leaves_has_a_plain_address_in_outbox_or_jobs(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    assert (await ada.post("/me/erasure", {"handle": "ada"})).status_code == 202
    await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    found = await dumped(app)
    for place in ("outbox", "jobs", "erasures", "exports", "redis", "objects", "audit_events", "audit_details"):
        assert "ada@example.org" not in "\n".join(found[place]), place
    async with app.work(SYSTEM) as work:
        asked = await leaving.requested(work, ids.parse("acc", ada.id))
        assert asked is not None
        assert leaving.mail_to(app.keys, asked.account_id, asked.mail_to or b"") == ("en", "ada@example.org")
