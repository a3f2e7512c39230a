"""Problems on the wire: RFC 9457 `application/problem+json`, whatever went wrong."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from socialflow.kernel import db as database
from socialflow.kernel import errors, logs
from socialflow.kernel.errors import FieldError, InternalError, InvalidRequest, Problem

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50

log = logs.named(__name__)

_BY_STATUS: dict[int, type[Problem]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    406: errors.NotAcceptable,
    408: errors.RequestTimeout,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    416: errors.RangeNotSatisfiable,
    422: errors.Unprocessable,
    429: errors.TooManyRequests,
    503: errors.Unavailable,
}


class ProblemField(BaseModel):
    """One fault in the request."""

    pointer: str = Field(description="JSON pointer to the field (RFC 6901).", examples=["/title"])
    code: str = Field(description="Stable name of the fault.", examples=["string_too_long"])
    detail: str = Field(description="A sentence for people.", examples=["String should have at most 120 characters"])


class ProblemRead(BaseModel):
    """An expected failure (RFC 9457)."""

    type: str = Field(examples=["urn:socialflow:problem:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is nothing here that you may see."])
    code: str = Field(description="Stable name, one of the documented catalogue.", examples=["not_found"])
    request_id: str = Field(examples=["01jdxyz7q4e5v8w9r0t1y2p3a4"])
    errors: list[ProblemField] | None = None
    retry_after: int | None = Field(None, description="Seconds to wait before another try.")
    challenge: str | None = Field(None, description="Of `second_factor_required`: what the second step is given with.")
    methods: list[str] | None = Field(
        None,
        description="Of `second_factor_required` and `step_up_required`: by what it can be done.",
        examples=[["totp", "passkey", "recovery_code"]],
    )
    restore_token: str | None = Field(None, description="Of `account_leaving`: what takes the end back.")
    erase_after: datetime | None = Field(None, description="Of `account_leaving`: until when that can be done.")
    missing_scopes: list[str] | None = Field(None, description="Of `missing_scope`: what the token lacks.")
    missing_permission: str | None = Field(None, description="Of `not_permitted`: what one's role lacks.")
    missing_permissions: list[str] | None = Field(None, description="Of `cannot_grant`: what one's role lacks.")
    scopes: list[str] | None = Field(None, description="Of `scope_not_yours`: which cannot be given away.")
    terms_version: str | None = Field(None, description="Of `terms_not_accepted`: the version that is in force.")
    fixed: list[str] | None = Field(None, description="Of `role_is_built_in`: the members that stay as they are.")
    max_bytes: int | None = Field(None, description="Of `upload_too_large`: how much is taken.")
    most: int | None = Field(None, description="Of `too_many_channels` and `team_is_full`: how many there may be.")
    quota_bytes: int | None = Field(None, description="Of `quota_exceeded`: how much one may keep.")
    offset: int | None = Field(None, description="Of `wrong_offset`: where the upload stands.")


def problem_response(problem: Problem, request_id: str) -> Response:
    """The response that tells of a problem."""
    body: dict[str, Any] = {
        "type": f"urn:socialflow:problem:{problem.code()}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code(),
        "request_id": request_id,
        **problem.extra,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.errors:
        body["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in problem.errors]
    if problem.retry_after is not None:
        body["retry_after"] = max(1, math.ceil(problem.retry_after))
        headers["Retry-After"] = str(body["retry_after"])
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an endpoint: which problems it may answer with."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in sorted(kinds, key=lambda each: (each.status, each.code())):
        entry = found.setdefault(kind.status, {"model": ProblemRead, "description": "", "x-codes": []})
        entry["x-codes"].append(kind.code())
        entry["description"] = ", ".join(entry["x-codes"])
    return found


def install(api: FastAPI) -> None:
    """Make every failure of an application a problem document."""
    api.add_exception_handler(Problem, _on_problem)
    api.add_exception_handler(RequestValidationError, _on_validation)
    api.add_exception_handler(HTTPException, _on_http)
    # Met inside of the outer layers, so that their headers are on these answers, too. Bugs are met by the edge.
    for kind in database.FAILURES:
        api.add_exception_handler(kind, _on_database)


def request_id_of(request: Request) -> str:
    """The id that logs and answers of a request share."""
    return str(request.scope.get("request_id", ""))


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error, request_id_of(request))


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [_field(item) for item in error.errors()[:MOST_ERRORS]]
    malformed_path = all(item["type"] == "malformed_id" and item["loc"][0] == "path" for item in error.errors())
    problem = errors.NotFound() if malformed_path else InvalidRequest(errors=fields)
    return problem_response(problem, request_id_of(request))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Problem):
        return await _on_problem(request, error.__cause__)
    kind = _BY_STATUS.get(error.status_code, errors.BadRequest if error.status_code < 500 else InternalError)
    # The framework names the methods that would do in `Allow`; its other words are not for callers.
    headers: Mapping[str, str] = error.headers or {}
    return problem_response(kind(headers=dict(headers)), request_id_of(request))


async def _on_database(request: Request, error: Exception) -> Response:
    problem = database.as_problem(error)
    if problem is None:
        raise error
    log.warning("database_unavailable", error=str(error)[:300])
    return problem_response(problem, request_id_of(request))


def _field(item: Mapping[str, Any]) -> FieldError:
    if item["type"] == "json_invalid":
        return FieldError("", "json_invalid", "The body is not JSON.")
    where = [str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"]]
    if where and where[0] == "body":
        where = where[1:]
    return FieldError("/" + "/".join(where) if where else "", str(item["type"]), str(item["msg"]))
