"""Staff take second factors away from somebody who has lost them all, and from nobody above themselves."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import add_phone
from tests.factories.mails import Letter
from tests.factories.staff import of_role, uuid_of
from tests.factories.tokens import personal_token

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import LastAdmin
from socialflow.domains.accounts.service import leaving
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
Deliver = Callable[..., Awaitable[int]]


@pytest.fixture
async def boss(person: People) -> Person:
    """An administrator."""
    return await person("boss", role="admin")


async def log_in(client: httpx2.AsyncClient, handle: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})


async def test_whoever_has_lost_their_factors_logs_in_by_password_again(
    app: App, boss: Person, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, mails: Callable[[], list[Letter]]
) -> None:
    await add_phone(app, ada)
    await deliver(times=1)
    assert (await log_in(client, "ada")).json()["code"] == "second_factor_required"
    read = (await boss.get(f"/admin/accounts/{ada.id}")).json()
    assert (read["has_totp"], read["passkey_count"], read["recovery_codes_left"]) == (True, 0, 10)
    assert read["may_reset_factors"] is True

    assert (await boss.delete(f"/admin/accounts/{ada.id}/factors")).status_code == 204

    assert (await log_in(client, "ada")).status_code == 200
    read = (await boss.get(f"/admin/accounts/{ada.id}")).json()
    assert (read["has_totp"], read["passkey_count"], read["recovery_codes_left"]) == (False, 0, 0)
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.status_code == 401
    async with app.sessions() as session:
        noted = text("SELECT actor_id FROM audit_events WHERE tag = 'account:factors:reset' AND account_id = :id")
        assert list(await session.scalars(noted, {"id": uuid_of(ada)})) == [uuid_of(boss)]
    await deliver()
    assert mails()[-1].to == "ada@example.org"
    assert "This was removed from your account: an authenticator app." in mails()[-1].text


async def test_factors_are_taken_from_nobody_above_nor_from_oneself(
    app: App, boss: Person, ada: Person, person: People
) -> None:
    helper = await of_role(app, person, "hel", "accounts:view", "accounts:manage", "roles:manage")
    for whom, code in ((boss, "rank_too_low"), (helper, "cannot_act_on_yourself")):
        answer = await helper.delete(f"/admin/accounts/{whom.id}/factors")
        assert (answer.status_code, answer.json()["code"]) == (403, code)
    moe = await person("moe", role="moderator")
    answer = await moe.delete(f"/admin/accounts/{ada.id}/factors")
    assert (answer.json()["code"], answer.json()["missing_permission"]) == ("not_permitted", "accounts:manage")
    assert (await moe.get(f"/admin/accounts/{ada.id}")).json()["may_reset_factors"] is False
    assert (await helper.delete(f"/admin/accounts/acc_{'0' * 26}/factors")).status_code == 404
    async with app.sessions() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '11 minutes'"))
        await session.commit()
    stale = await helper.delete(f"/admin/accounts/{ada.id}/factors")
    assert (stale.status_code, stale.json()["code"]) == (401, "step_up_required")


async def test_the_last_administrator_does_not_leave(app: App, boss: Person, person: People) -> None:
    body = {"handle": "boss"}
    refused = await boss.post("/me/erasure", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
    with pytest.raises(LastAdmin):
        async with app.work(SYSTEM) as work:
            await leaving.demand_others(work, uuid_of(boss))
    await person("other", role="admin")
    assert (await boss.post("/me/erasure", body)).status_code == 202


@pytest.mark.parametrize("how", ["suspension", "sign-out", "erasure"])
async def test_what_programs_hold_ends_with_the_rest(app: App, boss: Person, ada: Person, how: str) -> None:
    secret = await personal_token(app, ada, "read")
    if how == "suspension":
        await boss.http.put(f"/api/v1/admin/accounts/{ada.id}/suspension", json={"reason": "x"})
        async with app.work(SYSTEM) as work:
            await accounts.unsuspend(work, uuid_of(ada))
    elif how == "sign-out":
        assert (await boss.delete(f"/admin/accounts/{ada.id}/sessions")).status_code == 204
    else:
        assert (await ada.post("/me/erasure", {"handle": "ada"})).status_code == 202
    answer = await boss.http.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
