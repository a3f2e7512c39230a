"""What staff see of accounts and of the log, and what people see of their own."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.staff import of_role, uuid_of
from tests.factories.statements import counted

from socialflow.domains.accounts.queries.staff import Sought, accounts_like
from socialflow.kernel import ids
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]


@pytest.fixture
async def boss(person: People) -> Person:
    """An administrator."""
    return await person("boss", role="admin")


async def log_in(client: httpx2.AsyncClient, handle: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/api/v1/auth/login", json={"login": handle, "password": password})


async def put(who: Person, path: str, body: Any) -> httpx2.Response:
    return await who.http.put(f"/api/v1{path}", json=body)


async def tags_of(app: App, who: Person) -> list[str]:
    async with app.sessions() as session:
        found = text("SELECT tag FROM audit_events WHERE account_id = :id ORDER BY seq")
        return list(await session.scalars(found, {"id": uuid_of(who)}))


async def test_an_address_is_seen_by_those_who_may_and_seen_to_be_seen(
    app: App, boss: Person, person: People, ada: Person
) -> None:
    moe = await person("moe", role="moderator")
    page = await moe.get("/admin/accounts?q=ad")
    assert [each["handle"] for each in page.json()["items"]] == ["ada"]
    assert "@example.org" not in page.text
    assert (await moe.get(f"/admin/accounts/{ada.id}")).json()["email"] is None
    assert (await moe.get("/admin/accounts?q=ada@")).json()["missing_permission"] == "accounts:view_private"
    assert "staff:account:viewed" not in await tags_of(app, ada)

    assert (await boss.get(f"/admin/accounts/{ada.id}")).json()["email"] == "ada@example.org"
    assert [each["handle"] for each in (await boss.get("/admin/accounts?q=ada@ex")).json()["items"]] == ["ada"]
    assert (await tags_of(app, ada)).count("staff:account:viewed") == 2
    told = (await ada.get("/me/activity")).json()["items"]
    seen = [each for each in told if each["kind"] == "staff:account:viewed"]
    assert [(each["by"], each["address"], each["user_agent"]) for each in seen] == [("staff", None, None)] * 2
    # One's own account is no news.
    await boss.get(f"/admin/accounts/{boss.id}")
    assert "staff:account:viewed" not in await tags_of(app, boss)


async def test_staff_see_somebody_s_sessions_and_where_they_come_from_if_they_may(
    app: App, boss: Person, person: People, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    await log_in(client, "ada")
    moe = await person("moe", role="moderator")
    path = f"/admin/accounts/{ada.id}/sessions"
    bare = (await moe.get(path)).json()
    first = (await moe.get(f"{path}?limit=1")).json()
    second = (await moe.get(f"{path}?limit=1&cursor={first['next_cursor']}")).json()
    assert [*first["items"], *second["items"]] == bare["items"]
    assert second["next_cursor"] is None
    assert [(each["kind"], each["address"], each["device"], each["place"]) for each in bare["items"]] == [
        ("token", None, None, None)
    ] * 2
    assert "staff:account:viewed" not in await tags_of(app, ada)

    whole = (await boss.get(path)).json()["items"]
    assert [each["address"] for each in whole] == ["127.0.0.1"] * 2
    for each, part in zip(whole, bare["items"], strict=True):
        assert (await boss.get(f"{path}/{each['id']}")).json() == each
        assert (await moe.get(f"{path}/{each['id']}")).json() == part
    assert (await tags_of(app, ada)).count("staff:account:viewed") == 3


async def test_sessions_of_somebody_are_found_under_their_owner_alone(
    app: App, boss: Person, ada: Person, bob: Person
) -> None:
    [session] = (await boss.get(f"/admin/accounts/{ada.id}/sessions")).json()["items"]
    nobody, unknown = ids.show("acc", ids.new()), ids.show("ses", ids.new())
    for path in (
        f"/admin/accounts/{bob.id}/sessions/{session['id']}",
        f"/admin/accounts/{ada.id}/sessions/{unknown}",
        f"/admin/accounts/{nobody}/sessions/{session['id']}",
        f"/admin/accounts/{nobody}/sessions",
    ):
        answer = await boss.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    for path in (f"/admin/accounts/{ada.id}/sessions", f"/admin/accounts/{ada.id}/sessions/{session['id']}"):
        assert (await ada.get(path)).status_code == 403, "not even one's own"
    assert (await boss.delete(f"/admin/accounts/{ada.id}/sessions")).status_code == 204
    assert (await boss.get(f"/admin/accounts/{ada.id}/sessions")).json() == {"items": [], "next_cursor": None}
    assert (await boss.get(f"/admin/accounts/{ada.id}/sessions/{session['id']}")).status_code == 404


async def test_accounts_are_listed_page_by_page_in_every_order(app: App, boss: Person, person: People) -> None:
    for handle in ("a_1", "a_2", "ab1", "b_1"):
        await person(handle)
    for query, expected in (
        ("", ["b_1", "ab1", "a_2", "a_1", "boss"]),
        ("q=a", ["a_1", "a_2", "ab1"]),
        ("q=a_", ["a_1", "a_2"]),
        ("q=@A", ["a_1", "a_2", "ab1"]),
        ("q=a_1@", ["a_1"]),
        ("q=%25", []),
        ("q=_", []),
        ("role=admin", ["boss"]),
        ("role=nothing", []),
        ("state=suspended", []),
        ("q=b&role=user&state=active", ["b_1"]),
    ):
        found, cursor = [], ""
        while cursor is not None:
            page = (await boss.get(f"/admin/accounts?limit=1&{query}{cursor and '&cursor=' + cursor}")).json()
            found += [each["handle"] for each in page["items"]]
            cursor = page["next_cursor"]
        assert found == expected, query
    foreign = (await boss.get("/admin/accounts?limit=1")).json()["next_cursor"]
    assert (await boss.get(f"/admin/accounts?q=a&cursor={foreign}")).json()["code"] == "invalid_cursor"


async def test_a_page_of_accounts_costs_one_statement_and_an_index(app: App, boss: Person) -> None:
    make = text("""
        INSERT INTO accounts (id, email, handle, display_name, channel_id, created_at, updated_at)
        SELECT gen_random_uuid(), 'h00' || n || '@example.org', 'h00' || n, 'h', gen_random_uuid(), now(), now()
        FROM generate_series(1, 20000) n
    """)
    async with app.sessions() as session, session.begin():
        await session.execute(make)
    async with app.engine.connect() as connection:
        await connection.exec_driver_sql("ANALYZE accounts")
        await connection.commit()
        for sought, index in (
            (Sought(), "pk_accounts"),
            (Sought(handle="h0077"), "ix_accounts_handle_prefix"),
            (Sought(email="h0077"), "ix_accounts_email_prefix"),
            (Sought(role="admin"), "ix_accounts_role"),
            (Sought(state="suspended"), "ix_accounts_state"),
        ):
            statement = accounts_like(sought, None, 21).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            plan = "\n".join(await connection.scalars(text(f"EXPLAIN {statement}".replace(":", r"\:"))))
            assert index in plan, (sought, plan)
            assert "Seq Scan" not in plan, (sought, plan)
            assert "Sort" not in plan, (sought, plan)
    await boss.get("/admin/accounts")
    async with counted(app) as statements:
        for query in ("", "?q=h0077", "?role=user&limit=100", "?state=active"):
            assert (await boss.get(f"/admin/accounts{query}")).status_code == 200
    asked = [each for each in statements if "FROM accounts" in each]
    assert len(asked) == 4
    assert not any(" LIKE " in each for each in statements)


async def test_the_log_is_filtered_for_those_who_may_read_it(
    app: App, boss: Person, ada: Person, bob: Person, person: People
) -> None:
    moe = await person("moe", role="moderator")
    await put(moe, f"/admin/accounts/{ada.id}/suspension", {"reason": "spam"})
    assert (await moe.get("/admin/audit")).json()["missing_permission"] == "audit:view"

    async def seqs(query: str) -> list[tuple[str, str | None]]:
        answer = await boss.get(f"/admin/audit?{query}")
        assert answer.status_code == 200, answer.text
        return [(each["tag"], each["account_handle"]) for each in answer.json()["items"]]

    assert await seqs(f"actor_id={moe.id}") == [
        ("account:access:suspended", "ada"),
        ("account:everything:ended", "ada"),
    ]
    assert ("account:access:suspended", "ada") in await seqs(f"account_id={ada.id}")
    assert all(about == "ada" for _, about in await seqs(f"account_id={ada.id}"))
    assert {tag for tag, _ in await seqs("tag=account:session:started&limit=100")} == {"account:session:started"}
    assert await seqs("since=2999-01-01T00:00:00Z") == []
    assert await seqs("until=2001-01-01T00:00:00Z") == []
    assert len(await seqs("since=2001-01-01T00:00:00Z&until=2999-01-01T00:00:00Z&limit=100")) > 4
    naive = await boss.get("/admin/audit?since=2001-01-01T00:00:00")
    assert naive.json()["errors"][0]["pointer"] == "/query/since"
    whole, cursor = [], ""
    while cursor is not None:
        page = (await boss.get(f"/admin/audit?limit=2{cursor and '&cursor=' + cursor}")).json()
        whole += [each["seq"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert whole == sorted(whole, reverse=True)
    assert len(set(whole)) == len(whole) == whole[0]


async def test_where_people_were_is_for_those_who_may_see_it(
    app: App, person: People, ada: Person, boss: Person
) -> None:
    auditor = await of_role(app, person, "aud", "audit:view")
    theirs = (await auditor.get(f"/admin/audit?account_id={ada.id}")).json()["items"][0]["details"]
    assert "methods" in theirs
    assert "address" not in theirs
    assert "address" in (await boss.get(f"/admin/audit?account_id={ada.id}")).json()["items"][0]["details"]


async def test_activity_is_ones_own_in_words_and_by_page(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    await log_in(client, "ada", "wrong")
    await log_in(client, "bob", "wrong")
    await log_in(client, "nobody_at_all", "wrong")
    found, cursor = [], ""
    while cursor is not None:
        page = (await ada.get(f"/me/activity?limit=1{cursor and '&cursor=' + cursor}")).json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert [(each["kind"], each["by"]) for each in found] == [
        ("account:login:failed", "unknown"),
        ("account:session:started", "unknown"),
    ]
    assert found[0]["address"] == "127.0.0.1"
    assert found[0]["text"] == "Somebody tried to log in with a wrong password"
    assert (await client.get("/api/v1/me/activity")).status_code == 401


async def test_a_failed_log_in_costs_the_same_whether_there_is_such_an_account(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    await log_in(client, "ada", "wrong")
    costs = []
    for handle in ("ada", "nobody_at_all"):
        async with counted(app) as statements:
            answer = await log_in(client, handle, "wrong")
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        costs.append(statements)
    assert costs[0] == costs[1]
    async with app.sessions() as session:
        rows = (
            await session.execute(
                text("""SELECT account_id, actor_role, details FROM audit_events JOIN audit_details ON event_id = id
                     WHERE tag = 'account:login:failed' ORDER BY seq""")
            )
        ).all()
    assert [row.account_id for row in rows] == [uuid_of(ada), uuid_of(ada), None]
    assert all(set(row.details) <= {"address", "user_agent"} for row in rows)
    assert "nobody_at_all" not in str(rows)
