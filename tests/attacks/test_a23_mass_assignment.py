"""A23: every column of every table, sent into every body that is written from."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import OPEN, Operation, operations
from tests.factories.videos import upload, video

from socialflow.domains.accounts.models import ClientApp
from socialflow.kernel import ids
from socialflow.kernel.db import Base
from socialflow.kernel.work import App

EVERYTHING = sorted({column.name for table in Base.metadata.sorted_tables for column in table.columns})
MORE = [
    "is_admin",
    "is_staff",
    "verified",
    "owner",
    "owner_id",
    "account",
    "channel",
    "permissions",
    "__proto__",
    "$set",
]
SOME = 30


@pytest.fixture
async def ada(person: Callable[..., Awaitable[Person]]) -> Person:
    """Ada is an administrator here: what staff send is looked at as closely as what everybody sends."""
    return await person("ada", role="admin")


def written(api: FastAPI) -> list[Operation]:
    return [operation for operation in operations(api) if operation.body is not None and operation.name not in OPEN]


async def test_a23_bodies_are_closed_and_say_so(api: FastAPI) -> None:
    assert len(written(api)) >= 9
    for operation in written(api):
        assert operation.body is not None
        assert operation.body.get("additionalProperties") is False, operation.name


async def test_a23_no_body_takes_a_column_that_it_does_not_name(
    api: FastAPI, ada: Person, person: Callable[..., Awaitable[Person]]
) -> None:
    root = await person("root1", role="admin")
    for operation in written(api):
        assert operation.body is not None
        who = root if "/admin/" in operation.path else ada
        strange = [name for name in EVERYTHING + MORE if name not in operation.body["properties"]]
        answer = await who.http.request(operation.method, operation.url(), json=dict.fromkeys(strange, "1"))
        assert answer.status_code == 422, (operation.name, answer.status_code)
        # Some at a time: an answer names fifty faults at most.
        for some in (strange[first : first + SOME] for first in range(0, len(strange), SOME)):
            refused = await who.http.request(operation.method, operation.url(), json=dict.fromkeys(some, 1))
            faults = {fault["pointer"]: fault["code"] for fault in refused.json()["errors"]}
            for name in some:
                assert faults.get(f"/{name}") == "extra_forbidden", (operation.name, name)


async def test_a23_a_good_body_with_a_stowaway_changes_nothing(app: App, ada: Person) -> None:
    made = await video(app, ada, title="before")
    said = (await ada.post("/comments", {"subject_id": made["id"], "text": "before"})).json()
    before = (await ada.get(f"/videos/{made['id']}")).json()
    for name in EVERYTHING:
        if name in {"title", "description", "tags", "visibility"}:
            continue
        answer = await ada.patch(f"/videos/{made['id']}", {"title": "after", name: 7})
        assert answer.status_code == 422, name
        if name != "text":
            answer = await ada.patch(f"/comments/{said['id']}", {"text": "after", name: 7})
            assert answer.status_code == 422, name
    assert (await ada.get(f"/videos/{made['id']}")).json() == before
    assert (await ada.get(f"/comments?subject_id={made['id']}")).json()["items"][0]["text"] == "before"
    stowaway = {"title": "x", "upload_id": await upload(ada), "state": "ready", "published_at": "2020-01-01T00:00:00Z"}
    assert (await ada.post("/videos", stowaway)).status_code == 422


async def test_a23_an_app_that_registers_itself_is_nobody_s_and_unverified_whatever_it_says(
    app: App, api: FastAPI, ada: Person
) -> None:
    rules = app.settings.oauth.model_copy(update={"open_registration": True})
    api.state.app = replace(app, settings=app.settings.model_copy(update={"oauth": rules}))
    known = {"client_name": "Stray", "client_uri": "https://x.example", "redirect_uris": ["https://x.example/cb"]}
    strange = {name: "1" for name in EVERYTHING + MORE if name != "redirect_uris"}
    answer = await ada.http.post("/oauth/register", json=strange | known | {"scope": "read"})
    assert answer.status_code == 201, answer.text
    async with app.sessions() as session:
        kept = await session.get(ClientApp, ids.parse("app", answer.json()["client_id"]))
    assert kept is not None
    assert (kept.owner_id, kept.verified_at, kept.disabled_at, kept.scopes) == (None, None, None, "read")
    # What may be said is open, and how much of it is not: neither so long nor so deep.
    deep = b'{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    for flood in (b'{"x":"' + b"y" * 16_384 + b'"}', deep):
        answer = await ada.http.post("/oauth/register", content=flood, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
