"""Routes: bytes out, entity tags, conditions, who may ask, and what an answer says of itself."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Security
from pydantic import BaseModel
from tests.factories.accounts import Person

from socialflow.entrypoints.api.application import PREFIX
from socialflow.kernel.schemas import Body
from socialflow.kernel.web import get_actor, get_reader, router

OPEN = [Security(get_reader, scopes=["read"])]


class Card(BaseModel):
    """Something that is read."""

    name: str


class Plain:
    """What a model reads by attributes."""

    name = "x"


class CardUpdate(Body):
    """Something that is changed."""

    name: str
    count: int = 0


def cards() -> APIRouter:
    made = router("cards")

    @made.get("/cards/one", response_model=Card, dependencies=OPEN)
    async def one() -> Plain:
        return Plain()

    @made.get("/cards/many", response_model=list[Card], dependencies=OPEN)
    async def many() -> list[Plain]:
        return [Plain(), Plain()]

    @made.get("/cards/bytes", response_model=Card, dependencies=OPEN)
    async def as_bytes() -> bytes:
        return b'{"name":"x"}'

    @made.get("/cards/none", status_code=204, dependencies=OPEN)
    async def none() -> None:
        return None

    @made.get("/cards/untold", response_model=None, dependencies=OPEN)
    async def untold() -> dict[str, str]:
        return {"name": "x"}

    @made.put("/cards/strict", response_model=CardUpdate, dependencies=OPEN)
    async def strict(body: CardUpdate) -> CardUpdate:
        return body

    @made.get("/cards/admin", status_code=204, dependencies=[Security(get_actor, scopes=["admin:cards"])])
    async def admin() -> None:
        return None

    return made


@pytest.fixture(autouse=True)
def shown(api: FastAPI) -> None:
    before = len(api.router.routes)
    api.include_router(cards(), prefix=PREFIX)
    added = api.router.routes[before:]
    del api.router.routes[before:]
    api.router.routes[:0] = added


async def got(client: httpx2.AsyncClient, name: str, **headers: str) -> httpx2.Response:
    return await client.get(f"{PREFIX}/cards/{name}", headers=headers)


@pytest.mark.parametrize(
    ("name", "body"), [("one", b'{"name":"x"}'), ("many", b'[{"name":"x"},{"name":"x"}]'), ("bytes", b'{"name":"x"}')]
)
async def test_models_lists_and_bytes_are_answered_as_they_are(
    name: str, body: bytes, client: httpx2.AsyncClient
) -> None:
    answer = await got(client, name)

    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == "application/json"


async def test_an_answer_without_a_model_has_no_body_or_is_a_bug(client: httpx2.AsyncClient) -> None:
    assert ((await got(client, "none")).status_code, (await got(client, "none")).content) == (204, b"")
    assert (await got(client, "untold")).status_code == 500


async def test_what_has_not_changed_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    tag = (await got(client, "one")).headers["etag"]
    assert tag == (await got(client, "bytes")).headers["etag"]

    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await got(client, "one", **{"If-None-Match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert "vary" in answer.headers
    for condition in ('"other"', "", tag.strip('"')):
        assert (await got(client, "one", **{"If-None-Match": condition})).status_code == 200


async def test_an_answer_says_who_may_keep_it(client: httpx2.AsyncClient, ada: Person) -> None:
    anonymous, known = await got(client, "one"), await ada.get("/cards/one")
    changed = await client.put(f"{PREFIX}/cards/strict", json={"name": "x"})

    assert anonymous.headers["cache-control"] == "public, max-age=2"
    assert known.headers["cache-control"] == "private, no-cache"
    assert changed.headers["cache-control"] == "no-store"
    for answer in (anonymous, known):
        assert {"authorization", "cookie"} <= {part.strip().lower() for part in answer.headers["vary"].split(",")}


async def test_every_answer_tells_of_the_limit(api: FastAPI, client: httpx2.AsyncClient, ada: Person) -> None:
    object.__setattr__(api.state.app.settings.limits, "anonymous", "600/6000")
    first = (await got(client, "one")).headers["ratelimit"]
    second = (await got(client, "one")).headers["ratelimit"]

    assert (first.split(";")[1], second.split(";")[1]) == ("r=599", "r=598")
    assert (await ada.get("/cards/one")).headers["ratelimit-policy"] == '"default";q=100000;w=60'


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "more": 1},
        {"name": 1},
        {"name": True},
        {"name": "x", "count": True},
        {"name": "x", "count": "1"},
        {"name": "x", "count": 1.5},
        {},
        [],
        None,
        "x",
    ],
)
async def test_a_body_is_read_strictly(body: object, client: httpx2.AsyncClient) -> None:
    answer = await client.put(f"{PREFIX}/cards/strict", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/x+json"])
async def test_json_comes_under_its_names(kind: str, client: httpx2.AsyncClient) -> None:
    answer = await client.put(f"{PREFIX}/cards/strict", content=b'{"name": "x"}', headers={"Content-Type": kind})

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
async def test_json_under_another_name_is_refused(kind: str, client: httpx2.AsyncClient) -> None:
    answer = await client.put(f"{PREFIX}/cards/strict", content=b'{"name": "x"}', headers={"Content-Type": kind})

    assert answer.status_code in {415, 422}


async def test_a_scope_is_asked_of_whom_is_known(
    client: httpx2.AsyncClient, ada: Person, person: Callable[..., Awaitable[Person]]
) -> None:
    nobody = await got(client, "admin")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthorized")
    assert nobody.headers["www-authenticate"] == "Bearer"

    user = await ada.get("/cards/admin")
    assert (user.status_code, user.json()["code"]) == (403, "missing_scope")
    assert user.json()["missing_scopes"] == ["admin:cards"]

    boss = await person("boss", role="admin")
    assert (await boss.get("/cards/admin")).status_code == 204


async def test_reads_are_limited_by_account_or_address(api: FastAPI, client: httpx2.AsyncClient, ada: Person) -> None:
    limits = api.state.app.settings.limits
    object.__setattr__(limits, "anonymous", "3/60")
    object.__setattr__(limits, "account", "5/60")

    anonymous = [(await got(client, "one")).status_code for _ in range(4)]
    known = [(await ada.get("/cards/one")).status_code for _ in range(6)]
    refused = await got(client, "one")

    assert anonymous == [200] * 3 + [429]
    assert known == [200] * 5 + [429]
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["code"] == "too_many_requests"
    assert (await client.get("/livez")).status_code == 200


async def test_limits_can_be_turned_off_for_load_tests(api: FastAPI, client: httpx2.AsyncClient) -> None:
    object.__setattr__(api.state.app.settings.limits, "enabled", False)

    assert "ratelimit" not in (await got(client, "one")).headers


async def test_a_method_that_is_not_taken_is_told(client: httpx2.AsyncClient) -> None:
    answer = await client.delete(f"{PREFIX}/cards/one")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
