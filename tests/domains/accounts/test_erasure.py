"""The end of an account: hidden at once, taken back in time, and erased without a trace."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.lives import CANARY, dumped, erase, furnish, leave, live, plant

from socialflow.domains.accounts.service import Authenticator, erasure
from socialflow.domains.media.service import delivery
from socialflow.kernel import faults, ids, personal
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


async def ended(person: Person) -> httpx2.Response:
    return await person.post("/me/erasure", {"handle": f"@{person.handle}"})


async def log_in(client: httpx2.AsyncClient, handle: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})


async def test_leaving_asks_for_the_handle_and_says_until_when_one_can_come_back(app: App, ada: Person) -> None:
    wrong = await ada.post("/me/erasure", {"handle": "bob"})
    answer = await ended(ada)

    assert (wrong.status_code, wrong.json()["code"]) == (422, "handle_differs")
    assert (answer.status_code, answer.json()["state"]) == (202, "leaving")
    until = datetime.fromisoformat(answer.json()["erase_after"]) - app.clock()
    assert timedelta(days=13, hours=23) < until <= timedelta(days=14)


async def test_leaving_needs_a_fresh_proof_of_who_one_is(app: App, ada: Person) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 hour'"))

    for path, body in (("/me/erasure", {"handle": "ada"}), ("/me/exports", None)):
        answer = await ada.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required"), path


async def test_whoever_leaves_is_logged_out_and_hidden_at_once(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = await live(app, ada, bob, deliver)
    asset = (await bob.get(f"/videos/{made['own']}")).json()["playback"]["poster"]
    assert (await client.get(asset)).status_code == 200

    assert (await ended(ada)).status_code == 202
    # Every process reads anew after two seconds; this one now.
    delivery.shelves._kept.clear()
    app.cache._kept.clear()
    app.port(Authenticator)._read_at = float("-inf")

    assert (await ada.get("/me")).status_code == 401
    for path in (f"/videos/{made['own']}", f"/channels/{ada.channel_id}", "/channels/@ada"):
        for reader in (client, bob.http):
            assert (await reader.get(f"/api/v1{path}")).status_code == 404, path
    assert (await client.get(asset)).status_code == 404
    for path in ("/videos", f"/videos?channel_id={ada.channel_id}", "/videos?tag=" + CANARY, "/feed/following"):
        items = (await bob.get(path)).json()["items"]
        assert made["own"] not in str(items), path
    for path in (f"/channels/{bob.channel_id}/followers", f"/channels/{bob.channel_id}/following"):
        assert (await bob.get(path)).json()["items"] == [], path
    comments = (await bob.get(f"/comments?subject_id={made['foreign']}")).json()["items"]
    assert [(each["id"], each["text"], each["author"]) for each in comments] == [(made["answered"], "", None)]
    assert (await bob.put(f"/likes/{made['remark']}")).status_code == 404
    assert (await bob.put(f"/follows/{ada.channel_id}")).status_code == 404
    answer = {"subject_id": made["foreign"], "parent_id": made["remark"], "text": "?"}
    assert (await bob.post("/comments", answer)).status_code == 404


async def test_a_log_in_in_the_time_of_grace_says_how_to_come_back(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = await live(app, ada, bob, deliver)
    await ended(ada)

    refused = await log_in(client, "ada")
    token = refused.json()["restore_token"]
    assert (refused.status_code, refused.json()["code"]) == (403, "account_leaving")
    assert "erase_after" in refused.json()
    assert (
        await client.post("/api/v1/auth/login", json={"login": "ada", "password": "wrong password"})
    ).status_code == 401

    back = await client.post("/api/v1/auth/restore", json={"restore_token": token})
    assert back.status_code == 200, back.text
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {back.json()['access_token']}"})
    assert me.json()["handle"] == "ada"
    assert (await log_in(client, "ada")).status_code == 200
    app.cache._kept.clear()
    assert (await client.get(f"/api/v1/videos/{made['own']}")).status_code == 200
    async with app.sessions() as session:
        assert (await session.execute(text("SELECT * FROM erasures"))).all() == []


async def test_a_way_back_is_good_once_and_not_for_long(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    await ended(ada)
    token = (await log_in(client, "ada")).json()["restore_token"]
    late = replace(app, clock=lambda: app.clock() + timedelta(minutes=11))
    with pytest.raises(erasure.leaving.InvalidToken):
        async with late.work(erasure.SYSTEM) as work:
            await erasure.leaving.restore(work, token, keys=app.keys)

    assert (await client.post("/api/v1/auth/restore", json={"restore_token": token})).status_code == 200
    again = await client.post("/api/v1/auth/restore", json={"restore_token": token})
    assert (again.status_code, again.json()["code"]) == (401, "invalid_token")


async def test_nobody_is_erased_before_the_time_is_over(app: App, ada: Person, deliver: Deliver) -> None:
    await ended(ada)
    async with app.work(erasure.SYSTEM) as work:
        assert await erasure.announce_due(work) == 0
    assert not await erasure.erase(app, ids.parse("acc", ada.id))

    late = replace(app, clock=lambda: app.clock() + timedelta(days=15))
    async with late.work(erasure.SYSTEM) as work:
        assert await erasure.announce_due(work) == 1
    assert await erasure.erase(late, ids.parse("acc", ada.id))
    assert not await erasure.erase(late, ids.parse("acc", ada.id)), "twice is once"
    await deliver()


async def test_nothing_is_left_of_whoever_is_erased(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    made = await live(app, ada, bob, deliver)
    await ada.post("/me/exports")
    await deliver(times=1)
    await furnish(app, ada, bob)
    planted = await plant(app, ada)
    # Every table that says something of a person has something to lose here.
    telling = {name for name, each in personal.holdings.items() if each.by and each.text}
    assert telling - {name.partition(".")[0] for name in planted} == {"erasures", "exports"}, "these hold no words"
    before = await dumped(app)
    assert CANARY in str(before)
    uploads = {key for key in before["objects"] if key.startswith(("uploads/", "exports/"))}
    assert len(uploads) >= 2

    await erase(app, ada)
    await deliver()

    after = await dumped(app)
    for place, rows in after.items():
        assert CANARY not in "\n".join(rows), place
        assert "ada@example.org" not in "\n".join(rows), place
    assert not [key for key in after["objects"] if key.startswith("exports/")]
    for name, holding in personal.holdings.items():
        if holding.by is not None and holding.erasure is personal.Erasure.DELETE:
            assert await left(app, holding, ada) == 0, name
    async with app.sessions() as session:
        pieces = set(await session.scalars(text("SELECT key FROM upload_pieces UNION SELECT key FROM asset_files")))
    named = {key for key in after["objects"] if not key.startswith("ledger/")}
    assert named == pieces, "and no file that nobody names"

    # What their app held of others has ended with it.
    async with app.sessions() as session:
        held = text("SELECT revoked_reason, app_id FROM sessions WHERE kind = 'app' AND account_id = :bob")
        assert (await session.execute(held, {"bob": ids.parse("acc", bob.id)})).all() == [("app_deleted", None)]

    # What others said and counted is as it was, without them.
    found = (await bob.get(f"/videos/{made['foreign']}")).json()
    assert (found["like_count"], found["comment_count"]) == (0, 1)
    comments = (await bob.get(f"/comments?subject_id={made['foreign']}")).json()["items"]
    assert [(each["id"], each["author"]) for each in comments] == [(made["answered"], None)]
    channel = (await bob.get(f"/channels/{bob.channel_id}")).json()
    assert (channel["follower_count"], channel["following_count"]) == (0, 0)
    # The name and the address are free again.
    assert (await log_in(client, "ada")).status_code == 401
    assert (await client.post("/api/v1/auth/register", json=form("ada"))).status_code == 201


async def left(app: App, holding: personal.Holding, person: Person) -> int:
    # That they were erased is noted as well, without details.
    said = "AND details <> '{}'" if holding.table == "audit_details" else ""
    statement = text(f'SELECT count(*) FROM "{holding.table}" WHERE {holding.condition} {said}')
    async with app.sessions() as session:
        return int(await session.scalar(statement, {"account": ids.parse("acc", person.id)}) or 0)


async def test_an_erasure_that_is_struck_anywhere_goes_on(app: App, ada: Person, bob: Person, deliver: Deliver) -> None:
    await live(app, ada, bob, deliver)
    await furnish(app, ada, bob)
    await plant(app, ada)
    await leave(app, ada)
    account = ids.parse("acc", ada.id)

    points = [f"erasure.{name.rpartition('.')[2]}" for name, _ in personal.in_order()] + ["erasure.rows"]
    assert len(points) >= 6
    for point in points:
        faults.arm(f"{point}:raise", environment="test")
        with pytest.raises(faults.Injected):
            await erasure.erase(app, account)
        faults.arm("", environment="test")
    assert await erasure.erase(app, account)
    await deliver()

    for place, rows in (await dumped(app)).items():
        assert CANARY not in "\n".join(rows), place


async def test_whoever_comes_back_with_a_backup_is_erased_again(app: App, ada: Person, bob: Person) -> None:
    rows = await copied(app, ada)
    await erase(app, ada)
    assert await erasure.reapply(app) == []

    # The database of yesterday, with the object store of today.
    async with app.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM erasures"))
        await session.execute(
            text("UPDATE accounts SET email = :email, handle = :handle, state = 'active' WHERE id = :id"), rows
        )
    assert await erasure.reapply(app) == [rows["id"]]
    assert await erasure.reapply(app) == []
    assert (await copied(app, ada))["email"].endswith("@erased.invalid")
    assert (await bob.get("/me")).status_code == 200


async def copied(app: App, person: Person) -> dict[str, Any]:
    async with app.sessions() as session:
        found = await session.execute(
            text("SELECT id, email, handle FROM accounts WHERE id = :id"), {"id": ids.parse("acc", person.id)}
        )
        return dict(found.mappings().one())


async def test_the_ledger_is_outside_of_the_database_and_names_nobody(app: App, ada: Person) -> None:
    await erase(app, ada)

    kept = await app.port(ObjectStore).get(f"{erasure.LEDGER}{ids.parse('acc', ada.id)}")
    assert b"ada" not in kept
    assert b"erased_at" in kept


async def test_whoever_is_suspended_on_the_way_out_is_erased_all_the_same(app: App, ada: Person) -> None:
    await ended(ada)
    account_id = ids.parse("acc", ada.id)
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE accounts SET state = 'suspended'"))

    late = replace(app, clock=lambda: app.clock() + timedelta(days=15))
    async with late.work(erasure.SYSTEM) as work:
        assert await erasure.announce_due(work) == 1
    assert await erasure.erase(late, account_id)


async def test_what_cannot_be_erased_stands_in_nobody_s_way(app: App, ada: Person, bob: Person) -> None:
    for person in (ada, bob):
        await ended(person)
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE accounts SET state = 'active' WHERE handle = 'ada'"))

    late = replace(app, clock=lambda: app.clock() + timedelta(days=15))
    async with late.work(erasure.SYSTEM) as work:
        found = await erasure.leaving.due(work, again_after=timedelta(hours=1), most=1)
    assert found == [ids.parse("acc", bob.id)]


async def test_an_erasure_takes_the_account_before_what_was_asked(app: App, ada: Person) -> None:
    await ended(ada)
    late = replace(app, clock=lambda: app.clock() + timedelta(days=15))
    async with app.sessions.begin() as session:
        await session.execute(text("SELECT FROM accounts WHERE handle = 'ada' FOR UPDATE"))
        erasing = asyncio.create_task(erasure.erase(late, ids.parse("acc", ada.id)))
        await asyncio.sleep(0.5)
        # Whoever comes back holds the account and takes this next: the two must not wait for each other.
        await session.execute(text("SELECT FROM erasures FOR UPDATE NOWAIT"))
    assert await erasing


async def test_a_way_back_dies_with_the_password_by_which_it_was_got(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    await ended(ada)
    token = (await log_in(client, "ada")).json()["restore_token"]
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE accounts SET password_hash = 'another', password_changed_at = now()"))

    answer = await client.post("/api/v1/auth/restore", json={"restore_token": token})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
