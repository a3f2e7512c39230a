"""People and hashtags that begin so, letter by letter."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.graph import block, follow
from tests.factories.plans import analyze, plan_for_all
from tests.factories.posts import post
from tests.factories.statements import counted

from socialflow.domains.search import queries
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
MANY = 5_000
_MANY_PEOPLE = text("""
    INSERT INTO channels (id, account_id, handle, display_name, created_at, updated_at, follower_count)
    SELECT gen_random_uuid(), :account, 'crowd' || n, 'Crowd ' || n, now(), now(), n
    FROM generate_series(1, :many) AS n
""")


async def found(person: Person | httpx2.AsyncClient, beginning: str, **params: Any) -> tuple[list[str], list[str]]:
    """Handles and hashtags."""
    path = "/search/suggest" if isinstance(person, Person) else "/api/v1/search/suggest"
    answer = await person.get(path, params={"q": beginning, **params})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return [each["channel"]["handle"] for each in told["people"]], [each["tag"] for each in told["tags"]]


async def test_people_are_found_by_handle_name_and_words_of_it(ada: Person, person: People) -> None:
    maria = await person("maria_sails")
    await person("marius")
    other = await person("tom")
    assert (await other.patch(f"/channels/{other.channel_id}", {"display_name": "Tom Marlowe"})).is_success
    await follow(ada, maria)

    # Whom one follows stands first, and who is called exactly so before everybody.
    assert (await found(ada, "mari"))[0] == ["maria_sails", "marius"]
    assert (await found(ada, "@MARIUS"))[0] == ["marius"]
    assert (await found(ada, "marl"))[0] == ["tom"]
    assert (await found(ada, "tom mar"))[0] == ["tom"]
    assert (await found(ada, "arlowe"))[0] == []
    # One letter is enough for a beginning.
    assert set((await found(ada, "m"))[0]) == {"maria_sails", "marius"}
    assert (await found(ada, "mari", limit=1))[0] == ["maria_sails"]
    # What means something in a pattern means itself.
    for wild in ("m_r", "%", "m%", "\\", "_"):
        assert (await found(ada, wild))[0] == [], wild


async def test_who_cannot_be_met_is_not_found_however_many_follow(ada: Person, client: Any, person: People) -> None:
    rex, ron = await person("rex"), await person("ron")
    for fan in [await person(f"fan{number}") for number in range(3)]:
        await follow(fan, rex)
    assert (await found(ada, "r", limit=1))[0] == ["rex"]
    await block(rex, ada)
    assert (await found(ada, "r", limit=1))[0] == ["ron"]
    assert (await found(client, "r"))[0] == ["rex", "ron"]
    assert (await found(ron, "rex"))[0] == ["rex"]


async def test_hashtags_are_found_the_most_used_first_and_not_what_few_are_told(ada: Person, bob: Person) -> None:
    for words in ("#sea one", "#sea two", "#season", "#search"):
        await post(ada, words)
    await post(ada, "#secret", visibility="private")
    assert (await found(bob, "#sea"))[1][0] == "sea"
    assert set((await found(bob, "se"))[1]) == {"sea", "season", "search"}
    assert (await found(bob, "@se"))[1] == []
    assert (await found(bob, "#s%"))[1] == []


@pytest.mark.timeout(300)
async def test_a_letter_costs_the_same_however_many_there_are(app: App, ada: Person) -> None:
    async with counted(app) as before:
        await found(ada, "crowd1")
    async with app.work(SYSTEM) as work:
        await work.db.execute(_MANY_PEOPLE, {"account": ids.parse("acc", ada.id), "many": MANY})
    await analyze(app)
    async with counted(app) as after:
        people, _ = await found(ada, "crowd1")
    assert people
    assert len(after) <= len(before)
    for beginning in ("c", "crowd1", "nobody"):
        plan = await plan_for_all(
            app,
            queries.PEOPLE,
            beginning=beginning,
            words=f"'{beginning}':*",
            viewer=ids.parse("acc", ada.id),
            limit=10,
        )
        for index in ("ix_channels_handle_prefix", "ix_channels_name_prefix", "ix_channels_popular"):
            assert index in plan, (beginning, plan)
        assert "Seq Scan on channels" not in plan, (beginning, plan)
