"""Problems: the closed catalogue, and its form on the wire (RFC 9457)."""

import inspect
import re

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from tests.factories.accounts import form

from socialflow.kernel import errors
from socialflow.kernel.db import DatabaseAway
from socialflow.kernel.errors import (
    Conflict,
    FieldError,
    IdempotencyKeyInFlight,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from socialflow.kernel.web import InWork, details


def raising(error: BaseException) -> APIRouter:
    router = APIRouter()

    @router.get("/api/v1/broken")
    async def broken() -> None:
        raise error

    return router


async def answer_to(api: FastAPI, client: httpx2.AsyncClient, error: BaseException) -> httpx2.Response:
    """What a client hears when a route raises this."""
    routes = raising(error).routes
    api.router.routes[:0] = routes
    try:
        return await client.get("/api/v1/broken")
    finally:
        del api.router.routes[: len(routes)]


def test_every_problem_has_a_code_a_title_a_status_and_a_sentence() -> None:
    known = errors.catalogue()

    assert len({kind.code() for kind in known}) == len(known)
    for kind in known:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.code())
        assert 400 <= kind.status < 600, kind
        assert kind.title
        sentence = inspect.getdoc(kind) or ""
        assert sentence[0].isupper(), kind
        assert sentence.split("\n")[0].endswith((".", "why.")), kind


async def test_a_problem_is_told_with_all_it_knows(api: FastAPI, client: httpx2.AsyncClient) -> None:
    problem = Conflict(
        "Two at once.",
        retry_after=0.2,
        errors=[FieldError("/title", "taken", "It is taken.")],
        headers={"X-More": "1"},
        extra={"more": [1]},
    )

    answer = await answer_to(api, client, problem)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-more"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "urn:socialflow:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "Two at once.",
        "code": "conflict",
        "request_id": answer.headers["x-request-id"],
        "errors": [{"pointer": "/title", "code": "taken", "detail": "It is taken."}],
        "retry_after": 1,
        "more": [1],
    }


def test_a_problem_says_what_its_class_says_unless_told_otherwise() -> None:
    assert str(NotFound()) == NotFound.__doc__
    assert str(NotFound("Gone.")) == "Gone."
    assert Unauthorized().headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (HTTPException(404), 404, "not_found"),
        (HTTPException(405, headers={"Allow": "GET"}), 405, "method_not_allowed"),
        (HTTPException(418), 418, "bad_request"),
        (HTTPException(502), 502, "internal_error"),
        (PoolTimeout(), 503, "unavailable"),
        (DatabaseAway("no answer"), 503, "unavailable"),
        (FileNotFoundError("/secret/path"), 500, "internal_error"),
        (ValueError("secret detail"), 500, "internal_error"),
        (RequestValidationError([{"type": "x", "loc": ("body", "a/b~c", 0), "msg": "no"}]), 422, "invalid_request"),
    ],
)
async def test_whatever_goes_wrong_the_answer_is_a_problem_document(
    error: Exception, status: int, code: str, api: FastAPI, client: httpx2.AsyncClient
) -> None:
    answer = await answer_to(api, client, error)

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert "secret" not in answer.text
    # These come from the outer layers, which bugs and an absent database must not get past.
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    if status != 418:
        assert answer.status_code in {status, answer.json()["status"]}
    if status == 503:
        assert int(answer.headers["retry-after"]) >= 1


async def test_pointers_are_escaped_and_leave_the_body_out(api: FastAPI, client: httpx2.AsyncClient) -> None:
    error = RequestValidationError([{"type": "x", "loc": ("body", "a/b~c", 0), "msg": "no"}])

    answer = await answer_to(api, client, error)

    assert answer.json()["errors"][0]["pointer"] == "/a~1b~0c/0"


async def test_a_body_that_is_no_json_is_one_fault_of_the_whole(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/auth/login", content=b'{"login": ', headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "", "code": "json_invalid", "detail": "The body is not JSON."}]


async def test_a_body_with_a_thousand_faults_is_told_of_fifty(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/register", json=form("ada") | {f"x{n}": n for n in range(1_000)})

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == details.MOST_ERRORS


@pytest.mark.parametrize(
    ("statement", "status", "code"),
    [
        ("SELECT pg_sleep(9)", 503, "unavailable"),
        ("SELECT 1/0", 500, "internal_error"),
        ("SELECT CAST('x' AS integer)", 422, "unprocessable"),
        ("SELECT CAST(9999999999 AS integer)", 422, "unprocessable"),
        ("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$", 507, "insufficient_storage"),
        ("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$", 503, "unavailable"),
    ],
)
async def test_what_the_database_cannot_do_is_told_by_its_kind(
    statement: str, status: int, code: str, api: FastAPI, client: httpx2.AsyncClient
) -> None:
    router = APIRouter()

    @router.get("/api/v1/asks")
    async def asks(work: InWork) -> None:
        await work.db.execute(text("SET LOCAL statement_timeout = 50"))
        await work.db.execute(text(statement))

    api.router.routes[:0] = router.routes
    answer = await client.get("/api/v1/asks")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "SELECT" not in answer.text


def test_what_an_endpoint_may_answer_is_grouped_by_status() -> None:
    found = details.problems(TooManyRequests, IdempotencyKeyInFlight, Conflict)

    assert list(found) == [409, 429]
    assert found[409]["x-codes"] == ["conflict", "idempotency_key_in_flight"]
    assert found[429]["description"] == "too_many_requests"
