"""Polls: one vote an account, and results for those who have voted or waited."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.posts import let_time_pass, post, read

from socialflow.domains.posts import handlers
from socialflow.kernel import housekeeping
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


def votes(shown: dict[str, Any]) -> list[int | None]:
    return [each["vote_count"] for each in shown["poll"]["options"]]


async def test_results_are_for_who_has_voted_and_for_all_at_the_end(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo = await person("cleo")
    made = await post(ada, "Where to?", poll={"options": ["Sea", "Mountains"], "duration_s": 600})
    assert votes(await read(bob, made["id"])) == [None, None]
    voted = await bob.put(f"/posts/{made['id']}/vote", json={"choices": [1]})
    assert voted.status_code == 200, voted.text
    assert (votes(voted.json()), voted.json()["poll"]["options"][1]["chosen"]) == ([0, 1], True)
    assert (votes(await read(cleo, made["id"])), votes(await read(ada, made["id"]))) == ([None, None], [0, 1])
    again = await bob.put(f"/posts/{made['id']}/vote", json={"choices": [1]})
    assert (again.status_code, votes(again.json())) == (200, [0, 1])
    assert (await bob.put(f"/posts/{made['id']}/vote", json={"choices": [0]})).json()["code"] == "already_voted"

    await let_time_pass(app, made["id"])
    assert (await cleo.put(f"/posts/{made['id']}/vote", json={"choices": [0]})).json()["code"] == "poll_is_over"
    assert votes(await read(cleo, made["id"])) == [0, 1]
    for _ in range(2):
        await handlers.end_polls(app)
    told = await facts(app)
    assert (told.count("PollVoted"), told.count("PollEnded")) == (1, 1)


async def test_two_votes_at_once_are_one(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "Where to?", poll={"options": ["Sea", "Mountains"]})
    sent = [bob.put(f"/posts/{made['id']}/vote", json={"choices": [number % 2]}) for number in range(8)]
    answers = await asyncio.gather(*sent)
    assert {each.status_code for each in answers} == {200, 409}
    await housekeeping.fold_counts(app)
    shown = (await read(ada, made["id"]))["poll"]
    assert shown["voter_count"] == 1
    assert sorted(each["vote_count"] for each in shown["options"]) == [0, 1]


@pytest.mark.parametrize("choices", [[], [2], [0, 0], [0, 1], [-1], ["0"], [True], None, [10**30]])
async def test_what_is_no_choice_is_refused(app: App, ada: Person, bob: Person, choices: Any) -> None:
    made = await post(ada, "Where to?", poll={"options": ["Sea", "Mountains"]})
    answer = await bob.put(f"/posts/{made['id']}/vote", json={"choices": choices})
    assert answer.status_code == 422
    assert "PollVoted" not in await facts(app)


async def test_several_answers_where_the_poll_lets_one(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "Where to?", poll={"options": ["Sea", "Mountains", "Home"], "multiple": True})
    voted = await bob.put(f"/posts/{made['id']}/vote", json={"choices": [2, 0]})
    assert (votes(voted.json()), voted.json()["poll"]["voter_count"]) == ([1, 0, 1], 1)
    plain = await post(ada, "no poll")
    assert (await bob.put(f"/posts/{plain['id']}/vote", json={"choices": [0]})).status_code == 404
    draft = await post(ada, "later", poll={"options": ["a", "b"]}, draft=True)
    assert (await ada.put(f"/posts/{draft['id']}/vote", json={"choices": [0]})).json()["code"] == "not_said_yet"
    assert (await ada.patch(f"/posts/{made['id']}", {"poll": None})).json()["code"] == "already_said"
