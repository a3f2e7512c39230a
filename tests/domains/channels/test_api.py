"""Channels over HTTP: one comes with every account, everybody sees it, its owner changes it."""

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person

from socialflow.kernel.work import App

NOBODY = "chn_01jdxyz7q4e5v8w9r0t1y2p3a4"


async def test_a_channel_is_found_by_handle_or_id_and_looks_the_same(client: httpx2.AsyncClient, ada: Person) -> None:
    by_handle = await client.get("/api/v1/channels/@ADA")
    by_id = await client.get(f"/api/v1/channels/{ada.channel_id}")

    assert by_handle.status_code == by_id.status_code == 200
    assert by_handle.json() == by_id.json()
    assert by_id.json()["handle"] == "ada"
    assert by_id.json()["avatar_url"] is None
    assert "email" not in by_id.text


@pytest.mark.parametrize("reference", ["@nobody", NOBODY, "ada", "chn_1", "@", "x" * 41])
async def test_what_is_no_channel_is_not_found(reference: str, client: httpx2.AsyncClient, ada: Person) -> None:
    answer = await client.get(f"/api/v1/channels/{reference}")

    assert answer.status_code == (422 if len(reference) > 40 else 404)


async def test_an_owner_changes_what_they_send_and_nothing_else(ada: Person) -> None:
    before = (await ada.get("/channels/@ada")).json()

    answer = await ada.patch("/channels/@ada", {"bio": "  First programmer.  "})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {**before, "bio": "First programmer."}
    assert (await ada.get("/channels/@ada")).json() == answer.json()


async def test_nobody_else_changes_it(client: httpx2.AsyncClient, ada: Person, bob: Person) -> None:
    foreign = await bob.patch("/channels/@ada", {"bio": "x"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_channel")
    assert (await client.patch("/api/v1/channels/@ada", json={"bio": "x"})).status_code == 401
    assert (await ada.get("/channels/@ada")).json()["bio"] == ""


@pytest.mark.parametrize(
    "body",
    [{"handle": "eve"}, {"follower_count": 9}, {"display_name": ""}, {"display_name": "x" * 61}, {"bio": "x" * 1_001}],
)
async def test_an_edit_that_cannot_be_is_refused_as_a_whole(body: dict[str, object], ada: Person) -> None:
    answer = await ada.patch("/channels/@ada", {"bio": "y", **body})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await ada.get("/channels/@ada")).json()["bio"] == ""


async def test_an_edit_of_something_that_has_changed_since_is_refused(ada: Person) -> None:
    tag = (await ada.get("/channels/@ada")).headers["etag"]
    assert (await ada.patch("/channels/@ada", {"bio": "first"}, headers={"If-Match": tag})).status_code == 200

    late = await ada.patch("/channels/@ada", {"bio": "second"}, headers={"If-Match": tag})

    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get("/channels/@ada")).json()["bio"] == "first"


async def test_those_who_follow_are_counted_on_both_sides(ada: Person, bob: Person) -> None:
    assert (await bob.put(f"/follows/{ada.channel_id}")).status_code == 200

    assert (await bob.get("/channels/@ada")).json()["follower_count"] == 1
    assert (await ada.get("/channels/@bob")).json()["following_count"] == 1


async def test_a_deleted_channel_is_gone_for_everybody(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE channels SET deleted_at = now()"))
    app.cache.clear()

    assert (await client.get("/api/v1/channels/@ada")).status_code == 404
    assert (await ada.patch("/channels/@ada", {"bio": "x"})).status_code == 404
