"""A60: staff who act on each other at the same moment: one administrator is always left."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person

from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
LEFT = text("SELECT count(*) FROM accounts WHERE role = 'admin' AND state = 'active'")
FINE = {200, 401, 403, 409, 503}


def demote(who: Person, whom: Person) -> Awaitable[object]:
    return who.http.put(f"/api/v1/admin/accounts/{whom.id}/role", json={"role": "user"})


def suspend(who: Person, whom: Person) -> Awaitable[object]:
    return who.http.put(f"/api/v1/admin/accounts/{whom.id}/suspension", json={"reason": "x"})


@pytest.mark.parametrize(
    "ways", [(demote, demote), (suspend, suspend), (demote, suspend)], ids=["demote", "suspend", "both"]
)
@pytest.mark.parametrize("many", [2, 4])
async def test_a60_administrators_who_depose_each_other_leave_one(
    app: App, person: People, many: int, ways: tuple[Callable[[Person, Person], Awaitable[object]], ...]
) -> None:
    admins = [await person(f"adm{number}", role="admin") for number in range(many)]
    acts = [
        ways[number % 2](who, whom) for number, who in enumerate(admins) for whom in reversed(admins) if whom is not who
    ]
    # And each steps down.
    acts += [demote(who, who) for who in admins]
    answers = await asyncio.gather(*acts)
    assert {answer.status_code for answer in answers} <= FINE  # type: ignore[attr-defined]  # each is a response
    async with app.sessions() as session:
        assert await session.scalar(LEFT) == 1


async def test_a60_a_role_is_not_deleted_under_who_gets_it(app: App, person: People, ada: Person) -> None:
    boss = await person("boss", role="admin")
    for _ in range(4):
        await boss.post("/admin/roles", {"name": "brief", "title": "Brief"})
        give = boss.http.put(f"/api/v1/admin/accounts/{ada.id}/role", json={"role": "brief"})
        answers = await asyncio.gather(give, boss.delete("/admin/roles/brief"))
        assert {answer.status_code for answer in answers} <= {200, 204, 409, 422, 503}
        async with app.sessions() as session:
            kept = await session.scalar(text("SELECT count(*) FROM roles WHERE name = 'brief'"))
            has = await session.scalar(text("SELECT count(*) FROM accounts WHERE role = 'brief'"))
        assert has <= kept
        await boss.http.put(f"/api/v1/admin/accounts/{ada.id}/role", json={"role": "user"})


async def test_a60_administrators_who_leave_at_once_leave_one(app: App, person: People) -> None:
    admins = [await person(f"adm{number}", role="admin") for number in range(3)]
    acts = [who.post("/me/erasure", {"handle": who.handle}) for who in admins]
    # One is suspended while they leave: it holds rows in the other order.
    acts.append(admins[0].http.put(f"/api/v1/admin/accounts/{admins[1].id}/suspension", json={"reason": "x"}))
    answers = await asyncio.gather(*acts)
    assert {answer.status_code for answer in answers} <= FINE | {202}, [answer.text for answer in answers]
    async with app.sessions() as session:
        assert await session.scalar(LEFT) == 1
