"""A47: every length, number and list has a limit, and one more than it is a clear no."""

import time
from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import operations, texts_of, with_bodies
from tests.factories.videos import draft, upload, video

from socialflow.kernel import ids
from socialflow.kernel.work import App


@pytest.fixture
async def ada(person: Callable[..., Awaitable[Person]]) -> Person:
    """Ada is an administrator here: what staff send is looked at as closely as what everybody sends."""
    return await person("ada", role="admin")


async def test_a47_every_text_in_every_body_has_an_end(api: FastAPI, ada: Person) -> None:
    for operation, taken in with_bodies(api):
        for name, schema in texts_of(taken):
            if "pattern" in schema or "enum" in schema:
                continue
            longest = schema.get("maxLength") or 1_024
            body = {name: "x" * (longest + 1)}
            answer = await ada.http.request(operation.method, operation.url(reference="@ada"), json=body)
            assert answer.status_code == 422, (operation.name, name, longest)
            assert f"/{name}" in {fault["pointer"] for fault in answer.json()["errors"]}, (operation.name, name)


async def test_a47_every_parameter_has_an_end(api: FastAPI, ada: Person) -> None:
    for operation in operations(api):
        for parameter in operation.named("query"):
            for text in ("x" * 20_000, "1" * 20_000):
                answer = await ada.http.request(operation.method, f"{operation.url()}?{parameter['name']}={text}")
                assert answer.status_code in {404, 414, 422}, (operation.name, parameter["name"], answer.status_code)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1000000", "1e2", "", "9" * 30])
async def test_a47_pages_are_so_long_and_no_longer(api: FastAPI, ada: Person, limit: str) -> None:
    lists = [each for each in operations(api) if any(p["name"] == "limit" for p in each.named("query"))]
    assert len(lists) >= 7
    for operation in lists:
        answer = await ada.http.get(f"{operation.url(reference='@ada')}?limit={limit}&subject_id=x")
        assert answer.status_code == 422, operation.name
        assert "/query/limit" in {fault["pointer"] for fault in answer.json()["errors"]}, operation.name


async def test_a47_limits_that_hold(app: App, ada: Person) -> None:
    tags = [f"tag {number}" for number in range(20)]
    made = await draft(ada, title="x" * 120, description="y" * 5_000, tags=tags)
    assert (len(made["title"]), len(made["description"]), made["tags"]) == (120, 5_000, tags)
    said = await ada.post("/comments", {"subject_id": made["id"], "text": "z" * 4_000})
    assert len(said.json()["text"]) == 4_000
    for many in (21, 1_000, 10_000):
        body = {"title": "x", "upload_id": await upload(ada), "tags": [f"t{number}" for number in range(many)]}
        assert (await ada.post("/videos", body)).status_code in {413, 422}
    assert (await ada.get("/videos?limit=100")).status_code == 200


async def test_a47_a_very_large_body_is_refused_before_it_is_read(ada: Person) -> None:
    async def flood() -> object:
        for _ in range(100):
            yield b'{"title":"' + b"x" * 1_000_000

    started = time.monotonic()
    answer = await ada.http.post("/api/v1/videos", content=flood(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert time.monotonic() - started < 5


async def test_a47_lists_in_parameters_have_an_end(app: App, ada: Person) -> None:
    made = await video(app, ada)
    topics = ",".join(f"video:{ids.show('vid', ids.new())}" for _ in range(51))
    assert (await ada.get("/events", params={"topics": topics})).status_code == 422
    marks = ",".join([made["id"]] * 90)
    assert (await ada.get("/me/marks", params={"subject_ids": marks})).status_code == 200
    assert (await ada.get("/me/marks", params={"subject_ids": marks * 10})).status_code == 422


async def test_a47_cursors_lead_deep_at_the_price_of_a_first_page(app: App, ada: Person) -> None:
    for number in range(3):
        await video(app, ada, title=str(number))
    page = (await ada.get("/videos?limit=1")).json()
    assert len(page["next_cursor"]) < 200
    assert (await ada.get("/videos", params={"cursor": page["next_cursor"] * 3})).status_code == 422
    assert (await ada.get("/videos", params={"offset": "100000000"})).status_code == 200
