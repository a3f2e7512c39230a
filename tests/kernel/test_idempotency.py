"""Idempotency keys over HTTP: one effect and one answer, however often and from wherever a POST comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Response, Security
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form

from socialflow.entrypoints.api.application import PREFIX
from socialflow.kernel import faults, housekeeping, idempotency
from socialflow.kernel.errors import Conflict
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.web import InWork, get_actor, router
from socialflow.kernel.work import App

KEY = {"Idempotency-Key": "a-key"}
REGISTER = f"{PREFIX}/auth/register"


# Whoever finds something here ends its own connection to the database.
doomed: list[str] = []


class NoteCreate(Body):
    """What is noted down."""

    text: str


class NoteRead(Read):
    """What was noted down."""

    text: str


def notes() -> APIRouter:
    """Routes whose effect can be counted: a row per call."""
    made = router("notes")
    as_writer = [Security(get_actor, scopes=["write"])]

    @made.post("/notes/{shelf}", operation_id="note", status_code=201, response_model=NoteRead, dependencies=as_writer)
    async def note(shelf: str, body: NoteCreate, work: InWork) -> Response:
        await work.db.execute(text("INSERT INTO notes VALUES (:text)"), {"text": f"{shelf}:{body.text}"})
        if doomed:
            doomed.clear()
            await work.db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        if body.text == "refuse":
            raise Conflict
        read = NoteRead(text=body.text).model_dump_json()
        headers = {"Location": f"/notes/{shelf}/1", "Set-Cookie": "a=b", "X-Other": "gone"}
        return Response(read, 201, headers, media_type="application/json")

    @made.post("/silent-notes", operation_id="silentNote", status_code=204, dependencies=as_writer)
    async def silent(body: NoteCreate, work: InWork) -> None:
        await work.db.execute(text("INSERT INTO notes VALUES (:text)"), {"text": body.text})

    return made


@pytest.fixture
async def shelves(api: FastAPI, app: App) -> AsyncIterator[None]:
    """The routes of notes in the API, and their table."""
    api.include_router(notes(), prefix=PREFIX)
    api.router.routes.insert(0, api.router.routes.pop())
    async with app.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (text text)"))
    yield
    async with app.engine.begin() as connection:
        await connection.execute(text("DROP TABLE notes"))


async def noted(app: App) -> list[str]:
    async with app.sessions() as session:
        return list(await session.scalars(text("SELECT text FROM notes")))


@pytest.mark.usefixtures("shelves")
async def test_the_same_again_gets_the_same_answer_and_has_no_effect(ada: Person, app: App) -> None:
    first = await ada.post("/notes/a", {"text": "x"}, headers=KEY)
    again = await ada.post("/notes/a", {"text": "x"}, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("location", "set-cookie", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert "x-other" not in again.headers
    assert await noted(app) == ["a:x"]


@pytest.mark.usefixtures("shelves")
async def test_an_answer_without_a_body_comes_again_without_one(ada: Person, app: App) -> None:
    first = await ada.post("/silent-notes", {"text": "x"}, headers=KEY)
    again = await ada.post("/silent-notes", {"text": "x"}, headers=KEY)

    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again.headers["idempotency-replayed"] == "true"
    assert await noted(app) == ["x"]


@pytest.mark.parametrize(
    ("path", "body"), [("/notes/a", {"text": "y"}), ("/notes/b", {"text": "x"}), ("/notes/a?more=1", {"text": "x"})]
)
@pytest.mark.usefixtures("shelves")
async def test_another_request_under_the_same_key_is_refused(
    path: str, body: dict[str, str], ada: Person, app: App
) -> None:
    await ada.post("/notes/a", {"text": "x"}, headers=KEY)

    answer = await ada.post(path, body, headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await noted(app) == ["a:x"]


@pytest.mark.usefixtures("shelves")
async def test_a_key_is_of_one_person_and_one_route(ada: Person, bob: Person, app: App) -> None:
    await ada.post("/notes/a", {"text": "x"}, headers=KEY)

    assert (await bob.post("/notes/a", {"text": "x"}, headers=KEY)).status_code == 201
    assert (await ada.post("/silent-notes", {"text": "x"}, headers=KEY)).status_code == 204
    assert sorted(await noted(app)) == ["a:x", "a:x", "x"]


@pytest.mark.usefixtures("shelves")
async def test_a_failure_is_not_kept(ada: Person, app: App) -> None:
    answers = [await ada.post("/notes/a", {"text": "refuse"}, headers=KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "idempotency-replayed" not in answers[1].headers
    assert await noted(app) == []


@pytest.mark.usefixtures("shelves")
async def test_fifty_at_once_have_one_effect(ada: Person, app: App) -> None:
    answers = await asyncio.gather(*(ada.post("/notes/a", {"text": "x"}, headers=KEY) for _ in range(50)))

    assert await noted(app) == ["a:x"]
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    for answer in answers:
        assert answer.status_code in {201, 409, 503}, answer.text
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_key_in_flight"
            assert answer.headers["retry-after"]


@pytest.fixture
def strike() -> Iterator[Callable[[str], None]]:
    yield lambda fault: faults.arm(fault, environment="test")
    faults.arm("", environment="test")


@pytest.mark.usefixtures("shelves")
async def test_a_crash_between_effect_and_answer_leaves_neither(
    ada: Person, app: App, strike: Callable[[str], None]
) -> None:
    # Effect and answer are written by then, and in one transaction: what ends it ends both.
    strike("note.before_commit:raise")
    assert (await ada.post("/notes/a", {"text": "x"}, headers=KEY)).status_code == 500
    assert await noted(app) == []

    strike("")
    answer = await ada.post("/notes/a", {"text": "x"}, headers=KEY)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers
    assert await noted(app) == ["a:x"]


@pytest.mark.usefixtures("shelves")
async def test_a_transaction_that_is_killed_leaves_neither(ada: Person, app: App) -> None:
    doomed.append("this connection")

    killed = await ada.post("/notes/a", {"text": "x"}, headers=KEY)

    assert (killed.status_code, killed.headers["retry-after"]) == (503, "1")
    assert await noted(app) == []
    answer = await ada.post("/notes/a", {"text": "x"}, headers=KEY)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers
    assert await noted(app) == ["a:x"]


async def test_an_answer_rests_sealed(client: httpx2.AsyncClient, app: App) -> None:
    answer = await client.post(REGISTER, json=form("ada"), headers=KEY)
    given = answer.json()

    async with app.sessions() as session:
        row = (await session.execute(text("SELECT * FROM idempotency_keys"))).one()
    for secret in (PASSWORD, given["refresh_token"], given["access_token"], "ada@example.org", KEY["Idempotency-Key"]):
        assert secret.encode() not in bytes(row.answer) + bytes(row.fingerprint) + bytes(row.request_hash)

    again = await client.post(REGISTER, json=form("ada"), headers=KEY)
    assert again.json() == given


async def test_signing_up_again_with_a_cookie_gets_the_cookie_again(client: httpx2.AsyncClient) -> None:
    wanted = {**KEY, "X-Session": "cookie"}
    first = await client.post(REGISTER, json=form("ada"), headers=wanted)
    client.cookies.clear()
    again = await client.post(REGISTER, json=form("ada"), headers=wanted)

    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["set-cookie"] == first.headers["set-cookie"]


@pytest.mark.parametrize("key", ["", "k" * 256, "k\u00e9y", "a\tb"])
@pytest.mark.usefixtures("shelves")
async def test_what_cannot_be_a_key_is_refused(key: str, ada: Person, app: App) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = await ada.http.post(f"{PREFIX}/notes/a", json={"text": "x"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert await noted(app) == []


async def test_a_key_is_nothing_to_a_log_in(client: httpx2.AsyncClient, ada: Person) -> None:
    body = {"login": "ada", "password": PASSWORD}
    answers = [await client.post(f"{PREFIX}/auth/login", json=body, headers=KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["refresh_token"] != answers[1].json()["refresh_token"]


async def test_keys_are_forgotten_after_a_day(ada: Person, client: httpx2.AsyncClient, app: App) -> None:
    await client.post(REGISTER, json=form("bob"), headers=KEY)
    age = f"UPDATE idempotency_keys SET created_at = now() - interval '{housekeeping.IDEMPOTENCY_SECONDS - 60} seconds'"
    async with app.sessions() as session, session.begin():
        await session.execute(text(age))
    await housekeeping.prune(app)
    assert (await client.post(REGISTER, json=form("bob"), headers=KEY)).headers["idempotency-replayed"]

    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"))
    await housekeeping.prune(app)
    assert (await client.post(REGISTER, json=form("bob"), headers=KEY)).status_code == 409


def test_the_fingerprint_tells_all_parts_apart() -> None:
    one = idempotency.Claim("a", "b", "c", "d", b"e")

    others = [idempotency.Claim(*parts, "d", b"e") for parts in (("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x"))]
    assert all(other.fingerprint != one.fingerprint for other in others)
    assert idempotency.Claim("a", "b", "c", "x", b"e").request_hash != one.request_hash
