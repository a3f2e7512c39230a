"""What staff do to accounts, over the API: roles, suspensions, signing out."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.staff import look, make_role, of_role, role_of, uuid_of

from socialflow.domains.accounts import handlers, policy
from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import AccountSuspended, LastAdmin
from socialflow.domains.accounts.models import Account, AccountState
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.service import uploads
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from socialflow.web.text import long_time

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


async def until_it_is(status: int, ask: Callable[[], Awaitable[httpx2.Response]]) -> None:
    """Ask until what ends sessions everywhere has arrived: within five seconds."""
    async with asyncio.timeout(5):
        while (await ask()).status_code != status:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (None, "This account is suspended: Spam."),
        (datetime(2026, 12, 2, 9, 5, tzinfo=UTC), "This account is suspended until 2 December 2026, 09:05 UTC: Spam."),
        (
            datetime(2027, 1, 31, 0, 30, tzinfo=timezone(timedelta(hours=1))),
            "This account is suspended until 30 January 2027, 23:30 UTC: Spam.",
        ),
    ],
    ids=["for good", "a short day", "another zone"],
)
def test_somebody_is_told_until_when_as_the_pages_write_it(until: datetime | None, words: str) -> None:
    account = Account(state=AccountState.SUSPENDED, suspended_reason="Spam.", suspended_until=until)
    with pytest.raises(AccountSuspended) as told:
        policy.may_log_in(account)
    assert told.value.detail == words
    assert until is None or long_time(until.isoformat()) in words


async def test_a_suspended_person_is_out_at_once_and_told_why(
    app: App, boss: Person, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    body = {"reason": "Spam in comments.", "until": (app.clock() + timedelta(days=7)).isoformat()}
    answer = await put(boss, f"/admin/accounts/{ada.id}/suspension", body)
    assert (answer.status_code, answer.json()["state"], answer.json()["session_count"]) == (200, "suspended", 0)

    await until_it_is(401, lambda: ada.get("/me"))
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status_code == 401
    # The right password learns it; a wrong one learns nothing.
    right, wrong = await log_in(client, "ada"), await log_in(client, "ada", "wrong")
    assert (right.status_code, right.json()["code"]) == (403, "account_suspended")
    assert "Spam in comments." in right.json()["detail"]
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert await tags_of(app, ada) == [
        "account:session:started",
        "account:everything:ended",
        "account:access:suspended",
        "staff:account:viewed",
        "account:login:failed",
    ]

    lifted = await boss.delete(f"/admin/accounts/{ada.id}/suspension")
    assert (lifted.json()["state"], lifted.json()["suspended_reason"]) == ("active", None)
    assert (await log_in(client, "ada")).status_code == 200


async def test_a_suspension_ends_by_itself(
    app: App, boss: Person, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    for who, days in ((ada, 1), (bob, 3)):
        until = (app.clock() + timedelta(days=days)).isoformat()
        await put(boss, f"/admin/accounts/{who.id}/suspension", {"reason": "x", "until": until})
    await handlers.lift_suspensions(app)
    assert (await log_in(client, "ada")).status_code == 403
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET suspended_until = suspended_until - interval '2 days'"))
    await handlers.lift_suspensions(app)
    await handlers.lift_suspensions(app)
    assert (await log_in(client, "ada")).status_code == 200
    assert (await log_in(client, "bob")).status_code == 403
    assert (await tags_of(app, ada)).count("account:access:restored") == 1


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00", "tomorrow", "1e400", 5])
async def test_a_suspension_ends_in_the_future_or_never(boss: Person, ada: Person, until: Any) -> None:
    answer = await put(boss, f"/admin/accounts/{ada.id}/suspension", {"reason": "x", "until": until})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/until"
    assert (await ada.get("/me")).status_code == 200


async def test_signing_somebody_out_ends_every_session_of_theirs_and_no_other(
    app: App, boss: Person, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    second = (await log_in(client, "ada")).json()["access_token"]
    assert (await boss.delete(f"/admin/accounts/{ada.id}/sessions")).status_code == 204
    await until_it_is(401, lambda: ada.get("/me"))
    assert (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {second}"})).status_code == 401
    assert (await bob.get("/me")).status_code == 200
    assert (await log_in(client, "ada")).status_code == 200


async def test_signing_everybody_out_spares_who_asks(
    app: App, boss: Person, ada: Person, bob: Person, deliver: Deliver, client: httpx2.AsyncClient
) -> None:
    assert (await boss.delete("/admin/sessions")).status_code == 204
    later = (await log_in(client, "ada")).json()["access_token"]
    await deliver(times=2, queues=("default",))
    for who in (ada, bob):
        await until_it_is(401, who_asks(who))
    assert (await boss.get("/me")).status_code == 200
    # What began afterwards goes on.
    assert (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {later}"})).status_code == 200


def who_asks(who: Person) -> Callable[[], Awaitable[httpx2.Response]]:
    return lambda: who.get("/me")


DANGEROUS = [
    ("PUT", "/admin/accounts/{id}/suspension", {"reason": "x"}),
    ("DELETE", "/admin/accounts/{id}/suspension", None),
    ("DELETE", "/admin/accounts/{id}/sessions", None),
    ("DELETE", "/admin/sessions", None),
    ("PUT", "/admin/accounts/{id}/role", {"role": "moderator"}),
    ("POST", "/admin/roles", {"name": "curator", "title": "Curator"}),
    ("PATCH", "/admin/roles/moderator", {"title": "x"}),
    ("DELETE", "/admin/roles/moderator", None),
]


@pytest.mark.parametrize(("method", "path", "body"), DANGEROUS)
async def test_what_is_dangerous_asks_for_a_fresh_proof(
    app: App, boss: Person, ada: Person, method: str, path: str, body: Any
) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '11 minutes'"))
    answer = await boss.http.request(method, f"/api/v1{path.format(id=ada.id)}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert (await ada.get("/me")).json()["role"] == "user"


async def test_a_moderator_acts_on_people_and_on_nobody_who_is_staff(boss: Person, ada: Person, person: People) -> None:
    moe, max_ = await person("moe", role="moderator"), await person("max", role="moderator")
    for who, status in ((ada, 200), (max_, 403), (boss, 403), (moe, 403)):
        answer = await put(moe, f"/admin/accounts/{who.id}/suspension", {"reason": "x"})
        assert answer.status_code == status, who.handle
        code = {"moe": "cannot_act_on_yourself"}.get(who.handle, "rank_too_low")
        assert status == 200 or answer.json()["code"] == code
    assert (await moe.delete(f"/admin/accounts/{boss.id}/sessions")).json()["code"] == "rank_too_low"
    assert (await moe.delete(f"/admin/accounts/{ada.id}/suspension")).status_code == 200
    lacking = await put(moe, f"/admin/accounts/{ada.id}/role", {"role": "moderator"})
    assert (lacking.json()["code"], lacking.json()["missing_permission"]) == ("not_permitted", "accounts:manage")


async def test_nobody_gives_what_they_lack(app: App, person: People, ada: Person, boss: Person) -> None:
    senior = await of_role(
        app, person, "sen", "accounts:view", "accounts:manage", "roles:manage", "comments:remove_any"
    )
    given = await put(senior, f"/admin/accounts/{ada.id}/role", {"role": "moderator"})
    assert (given.status_code, given.json()["code"]) == (403, "cannot_grant")
    assert given.json()["missing_permissions"] == [
        "accounts:suspend",
        "emojis:manage",
        "posts:remove_any",
        "posts:see_any",
        "videos:see_any",
    ]
    assert (await put(senior, f"/admin/accounts/{ada.id}/role", {"role": "admin"})).json()["code"] == "cannot_grant"
    assert (await put(senior, f"/admin/accounts/{senior.id}/role", {"role": "admin"})).json()["code"] == "cannot_grant"
    assert (await put(senior, f"/admin/accounts/{boss.id}/role", {"role": "user"})).json()["code"] == "rank_too_low"
    # Nor by the way of a role.
    body = {"name": "mighty", "title": "Mighty", "permissions": ["videos:remove_any"]}
    assert (await senior.post("/admin/roles", body)).json()["code"] == "cannot_grant"
    own = await senior.patch("/admin/roles/role_of_sen", {"permissions": ["accounts:view", "audit:view"]})
    assert own.json()["code"] == "cannot_grant"
    assert (await senior.patch("/admin/roles/moderator", {"permissions": []})).json()["code"] == "cannot_grant"
    made = await senior.post("/admin/roles", body | {"name": "mild", "permissions": ["comments:remove_any"]})
    assert made.status_code == 201
    assert (await put(senior, f"/admin/accounts/{ada.id}/role", {"role": "mild"})).status_code == 200
    assert await role_of(app, ada) == "mild"
    nowhere = await put(senior, f"/admin/accounts/{ada.id}/role", {"role": "nowhere"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "unknown_role")


async def test_who_steps_down_may_and_comes_up_never_again(app: App, person: People, boss: Person) -> None:
    other = await person("other", role="admin")
    assert (await put(other, f"/admin/accounts/{other.id}/role", {"role": "moderator"})).status_code == 200
    assert await role_of(app, other) == "moderator"
    assert (await put(boss, f"/admin/accounts/{boss.id}/suspension", {"reason": "x"})).status_code == 403


async def test_the_last_administrator_stays(app: App, boss: Person, person: People) -> None:
    refused = await put(boss, f"/admin/accounts/{boss.id}/role", {"role": "user"})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
    # Nor does the command line get around it.
    with pytest.raises(LastAdmin):
        async with app.work(SYSTEM) as work:
            await accounts.suspend(work, uuid_of(boss), reason="x", until=None)
    # One who is suspended counts for none.
    other = await person("other", role="admin")
    assert (await put(boss, f"/admin/accounts/{other.id}/suspension", {"reason": "x"})).status_code == 200
    assert (await put(boss, f"/admin/accounts/{boss.id}/role", {"role": "user"})).json()["code"] == "last_admin"
    assert await role_of(app, boss) == "admin"


async def test_roles_give_rates_rooms_and_rights(app: App, person: People, boss: Person) -> None:
    curator = await of_role(app, person, "cur", rate=0.5, quota_bytes=1_000, may_invite=True)
    plain = await person("plain")
    for who, count in ((curator, 50_000), (plain, 100_000), (boss, 500_000)):
        answer = await who.get("/me")
        assert answer.headers["ratelimit-policy"] == f'"default";q={count};w=60'
    assert (await curator.get("/uploads/limits")).json()["quota_bytes"] == 1_000
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "1001"}
    full = await curator.http.post("/api/v1/uploads", headers=tus)
    assert (full.status_code, full.json()["code"]) == (413, "quota_exceeded")
    fits = await curator.http.post("/api/v1/uploads", headers=tus | {"Upload-Length": "1000"})
    assert fits.status_code == 201

    changed = await boss.patch("/admin/roles/role_of_cur", {"may_upload": False, "quota_bytes": None})
    assert changed.status_code == 200
    async with asyncio.timeout(5):
        while (await curator.http.post("/api/v1/uploads", headers=tus)).status_code == 413:
            await asyncio.sleep(0.1)
    no = await curator.http.post("/api/v1/uploads", headers=tus)
    assert (no.status_code, no.json()["code"]) == (403, "uploads_not_allowed")


async def test_a_role_that_changes_is_known_within_seconds(app: App, person: People, boss: Person, ada: Person) -> None:
    curator = await of_role(app, person, "cur", "accounts:view")
    assert (await curator.get("/admin/accounts")).status_code == 200
    await boss.patch("/admin/roles/role_of_cur", {"permissions": ["comments:remove_any"]})
    await until_it_is(403, lambda: curator.get("/admin/accounts"))


async def test_a_role_that_has_changed_since_is_left_as_it_is(app: App, person: People, boss: Person) -> None:
    await of_role(app, person, "cur", "accounts:view")
    path = "/admin/roles/role_of_cur"
    tag = {"If-Match": (await boss.get(path)).headers["etag"]}
    assert (await boss.patch(path, {"title": "First"}, headers=tag)).status_code == 200
    late = await boss.patch(path, {"title": "Second"}, headers=tag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await boss.get(path)).json()["title"] == "First"


async def test_lists_of_roles_and_permissions_are_pages(boss: Person) -> None:
    roles, permissions = (await boss.get("/admin/roles")).json(), (await boss.get("/admin/permissions")).json()
    assert {"user", "admin"} <= {each["name"] for each in roles["items"]}
    assert "videos:see_any" in {each["name"] for each in permissions["items"]}
    assert roles["next_cursor"] is permissions["next_cursor"] is None


async def test_the_session_tells_what_one_may_do(boss: Person, ada: Person) -> None:
    plain, staff = [(await each.get("/auth/session")).json() for each in (ada, boss)]
    assert (plain["permissions"], plain["allowances"]) == ([], ["may_go_live", "may_upload"])
    assert "roles:manage" in staff["permissions"]
    assert staff["permissions"] == sorted(staff["permissions"])
    assert staff["allowances"] == ["may_go_live", "may_invite", "may_upload"]


async def test_roles_that_came_with_the_product_stay(app: App, boss: Person) -> None:
    for name in ("user", "creator", "moderator", "admin"):
        assert (await boss.delete(f"/admin/roles/{name}")).json()["code"] == "role_is_built_in"
    for name, body in (
        ("admin", {"permissions": []}),
        ("admin", {"may_upload": False}),
        ("user", {"permissions": ["videos:see_any"]}),
    ):
        answer = await boss.patch(f"/admin/roles/{name}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "role_is_built_in")
    assert (await boss.patch("/admin/roles/user", {"quota_bytes": 7, "rate": 1.5})).json()["quota_bytes"] == 7
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE roles SET permissions = '{}' WHERE name = 'admin'"))
    await look(app)
    assert (await boss.get("/admin/roles")).status_code == 200


async def test_a_role_that_somebody_has_is_not_deleted(app: App, boss: Person, person: People) -> None:
    await of_role(app, person, "cur")
    assert (await boss.delete("/admin/roles/role_of_cur")).json()["code"] == "role_in_use"
    async with app.work(SYSTEM) as work:
        await accounts.change_role(work, await accounts.by_login(work, "cur"), "user")
    assert (await boss.delete("/admin/roles/role_of_cur")).status_code == 204
    assert (await boss.get("/admin/roles/role_of_cur")).status_code == 404
    twice = {"name": "moderator", "title": "x"}
    assert (await boss.post("/admin/roles", twice)).json()["code"] == "role_exists"
    unknown = await boss.post("/admin/roles", {"name": "x1", "title": "x", "permissions": ["root", "videos:see_any"]})
    assert unknown.json()["errors"][0]["code"] == "unknown_permission"


async def test_a_role_unknown_to_this_process_gives_nothing() -> None:
    actor = accounts.actor_of(ids.new(), "not there", frozenset({"write"}), None)
    assert (actor.permissions, actor.allowances) == (frozenset(), frozenset())
    assert not actor.may("may_upload")


async def test_the_machine_itself_may_upload(app: App) -> None:
    async with app.work(SYSTEM) as work:
        limits = await uploads.limits(work, app.settings.media, direct=False, imports=False)
        assert limits.quota_bytes == app.settings.media.quota_bytes
    assert SYSTEM.may("may_upload")
    assert Wanted(1).length == 1


async def test_a_role_of_ones_own_carries_the_staff_scope(app: App, person: People) -> None:
    await make_role(app, "curator", "comments:remove_any")
    await make_role(app, "subscriber", quota_bytes=5)
    assert "admin" in accounts.scopes_of("curator")
    assert "admin" not in accounts.scopes_of("subscriber")


async def test_nulls_change_nothing_of_a_role_but_its_quota(boss: Person) -> None:
    before = (await boss.get("/admin/roles/moderator")).json()
    nulls = {"title": None, "permissions": None, "rate": None, "may_upload": None, "quota_bytes": None}

    answer = await boss.patch("/admin/roles/moderator", nulls)

    assert (answer.status_code, answer.json()) == (200, before)
