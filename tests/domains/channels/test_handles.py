"""Handles: claimed once, redirecting for a time when they are given up, and never misleading."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.channels import channel, let_handles_go, rename, verify

from socialflow.domains.channels.handlers import forget_former_handles
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]


async def test_a_renamed_channel_is_found_by_its_former_handle(client: httpx2.AsyncClient, ada: Person) -> None:
    await rename(ada, ada.channel_id, "countess")

    moved = await client.get("/api/v1/channels/@ada")
    assert (moved.status_code, moved.headers["cache-control"]) == (307, "no-store")
    found = await client.get(moved.headers["location"])
    assert found.json()["handle"] == "countess"
    # What is asked below it needs no second question.
    assert (await ada.get("/channels/@ada/followers")).status_code == 200
    assert (await client.get("/api/v1/channels/@countess")).status_code == 200


async def test_the_account_is_named_as_its_channel(client: httpx2.AsyncClient, ada: Person) -> None:
    await rename(ada, ada.channel_id, "countess")

    assert (await ada.get("/me")).json()["handle"] == "countess"
    new = await client.post("/api/v1/auth/login", json={"login": "countess", "password": PASSWORD})
    assert new.status_code == 200
    old = await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    assert old.status_code == 401


async def test_another_channel_of_an_account_has_a_name_of_its_own(ada: Person) -> None:
    other = await channel(ada, "engines")
    await rename(ada, other["id"], "machines")

    assert (await ada.get("/me")).json()["handle"] == "ada"


async def test_nobody_else_takes_a_former_handle_while_it_is_kept(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    await rename(ada, ada.channel_id, "countess")

    for attempt in (
        bob.put(f"/channels/{bob.channel_id}/handle", json={"handle": "Ada"}),
        bob.post("/channels", {"handle": "ada", "display_name": "Ada"}),
        client.post("/api/v1/auth/register", json=form("ada") | {"email": "other@example.org"}),
    ):
        answer = await attempt
        assert (answer.status_code, answer.json()["code"]) == (409, "handle_taken")
    await let_handles_go(app)
    assert (await client.get("/api/v1/channels/@ada")).status_code == 404
    await rename(bob, bob.channel_id, "ada")
    assert (await client.get("/api/v1/channels/@ada")).json()["id"] == bob.channel_id


async def test_whose_it_was_may_take_it_back(client: httpx2.AsyncClient, ada: Person) -> None:
    await rename(ada, ada.channel_id, "countess")
    await rename(ada, ada.channel_id, "ada")

    assert (await client.get("/api/v1/channels/@ada")).status_code == 200
    assert (await client.get("/api/v1/channels/@countess")).status_code == 307


async def test_names_are_not_hoarded(ada: Person) -> None:
    for handle in ("ada_a", "ada_b", "ada_c"):
        await rename(ada, ada.channel_id, handle)

    answer = await ada.put(f"/channels/{ada.channel_id}/handle", json={"handle": "ada_d"})
    assert (answer.status_code, answer.json()["code"]) == (409, "renamed_too_often")
    # A former one is none more.
    await rename(ada, ada.channel_id, "ada_b")


async def test_former_handles_are_forgotten_when_their_time_is_over(app: App, ada: Person) -> None:
    await rename(ada, ada.channel_id, "countess")
    await let_handles_go(app)

    await forget_former_handles(app)

    async with app.sessions() as session:
        assert list(await session.scalars(text("SELECT handle FROM handles"))) == ["countess"]


@pytest.mark.parametrize(
    "handle",
    ["admin", "Adm1n", "m0derator", "rnoderator", "_staff_", "offic1al", "s0cialflow", "5upport", "settings"],
)
async def test_a_handle_that_speaks_for_the_site_is_refused(handle: str, ada: Person) -> None:
    answer = await ada.put(f"/channels/{ada.channel_id}/handle", json={"handle": handle})
    assert (answer.status_code, answer.json()["code"]) == (422, "handle_reserved")
    made = await ada.post("/channels", {"handle": handle, "display_name": "x"})
    assert (made.status_code, made.json()["code"]) == (422, "handle_reserved")


@pytest.mark.parametrize("handle", ["horne", "home_cooking", "stafford", "modern", "mike5", "l1nus"])
async def test_a_handle_that_only_looks_a_little_like_one_is_not(handle: str, ada: Person) -> None:
    await channel(ada, handle)


@pytest.mark.parametrize(
    "handle",
    ["аda", "ada\u200b", "\u202eada", "ad\u0430", "ada\u0301", "a", "a" * 31, "a-b", "", "@ada", 7, None],  # noqa: RUF001  # letters that look alike are what is tried
)
async def test_what_cannot_be_told_from_another_or_not_be_seen_is_no_handle(handle: object, ada: Person) -> None:
    answer = await ada.put(f"/channels/{ada.channel_id}/handle", json={"handle": handle})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await ada.get("/me")).json()["handle"] == "ada"


@pytest.mark.parametrize("name", ["Ada\u202eecalevoL", "A\u200bda", "\u2066Ada", "\ufeffAda", "\u200e", " "])
async def test_names_that_turn_letters_or_hide_some_are_refused(name: str, ada: Person) -> None:
    for answer in (
        await ada.patch("/channels/@ada", {"display_name": name}),
        await ada.patch("/channels/@ada", {"links": [{"title": name, "url": "https://example.org"}]}),
        await ada.post("/channels", {"handle": "other", "display_name": name}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), name


async def test_names_of_every_script_are_taken(ada: Person) -> None:
    for name in ("عادا", "می\u200cخواهم", "👩\u200d🚀", "Ada – Gräfin"):  # noqa: RUF001  # scripts that look like others are what is tried
        answer = await ada.patch("/channels/@ada", {"display_name": name})
        assert (answer.status_code, answer.json()["display_name"]) == (200, name)


async def test_of_two_who_rename_to_one_handle_at_once_one_gets_it(ada: Person, bob: Person) -> None:
    answers = await asyncio.gather(
        *(person.put(f"/channels/{person.channel_id}/handle", json={"handle": "wanted"}) for person in (ada, bob))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = ada if answers[0].status_code == 200 else bob
    assert (await ada.get("/channels/@wanted")).json()["id"] == won.channel_id


async def test_of_many_who_sign_up_and_rename_at_once_one_gets_it(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    answers = await asyncio.gather(
        client.post("/api/v1/auth/register", json=form("wanted")),
        ada.post("/channels", {"handle": "wanted", "display_name": "x"}),
        bob.put(f"/channels/{bob.channel_id}/handle", json={"handle": "wanted"}),
        ada.put(f"/channels/{ada.channel_id}/handle", json={"handle": "wanted"}),
    )

    assert sorted(answer.status_code for answer in answers)[1:] == [409, 409, 409]
    async with app.sessions() as session:
        borne = "SELECT count(*) FROM handles WHERE handle = 'wanted' AND kept_until IS NULL"
        assert await session.scalar(text(borne)) == 1
        lost = "SELECT count(*) FROM channels WHERE deleted_at IS NULL AND handle NOT IN (SELECT handle FROM handles)"
        assert await session.scalar(text(lost)) == 0


async def test_two_who_swap_their_handles_at_once_do_not_wait_for_each_other_for_ever(ada: Person, bob: Person) -> None:
    answers = await asyncio.gather(
        ada.put(f"/channels/{ada.channel_id}/handle", json={"handle": "bob"}),
        bob.put(f"/channels/{bob.channel_id}/handle", json={"handle": "ada"}),
    )

    assert [answer.status_code for answer in answers] == [409, 409]


async def test_a_new_name_costs_a_channel_its_mark(app: App, ada: Person) -> None:
    other = await channel(ada, "engines")
    await verify(app, ada.channel_id)
    await verify(app, other["id"])

    await rename(ada, ada.channel_id, "countess")
    kept = await ada.patch(f"/channels/{other['id']}", {"bio": "Wheels."})
    lost = await ada.patch(f"/channels/{other['id']}", {"display_name": "Babbage"})

    assert (await ada.get("/channels/@countess")).json()["verified"] is False
    assert (kept.json()["verified"], lost.json()["verified"]) == (True, False)
    async with app.sessions() as session:
        tags = "SELECT tag FROM audit_events WHERE tag LIKE 'channel:%' ORDER BY seq"
        lost_and_renamed = ["channel:verification:lost", "channel:handle:changed", "channel:verification:lost"]
        assert sorted(await session.scalars(text(tags))) == sorted(lost_and_renamed)
