"""A62, ASVS 14.3.2: what is said about oneself, and what lets one in, is kept by no cache."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person

from socialflow.entrypoints.api import openapi
from socialflow.kernel import ids

OWN = ("/api/v1/me", "/api/v1/auth")


def own_operations(api: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every operation under `/me` and `/auth`, with ids that name nothing."""
    for path, item in openapi.document(api)["paths"].items():
        whole = path if path.startswith("/api/") else f"/api/v1{path}"
        if whole.startswith(OWN):
            for method in item:
                yield method.upper(), whole.replace("{export_id}", ids.show("exp", ids.new()))


async def test_a62_every_answer_about_oneself_says_no_store(
    api: FastAPI, ada: Person, client: httpx2.AsyncClient
) -> None:
    found = list(own_operations(api))
    assert {("GET", "/api/v1/me"), ("GET", "/api/v1/me/data"), ("POST", "/api/v1/auth/login")} <= set(found)
    assert len(found) > 10
    # What ends the session comes last.
    ends = ("logout", "erasure")
    good = 0
    for method, path in sorted(found, key=lambda each: each[1].endswith(ends)):
        if "{" in path:
            path = path.partition("{")[0] + "x"  # noqa: PLW2901  # the same path, filled in
        body: Any = {"handle": "ada"} if method in {"POST", "PUT", "PATCH"} else None
        for caller in (ada.http, client):
            answer = await caller.request(method, path, json=body)
            good += answer.is_success
            assert answer.headers["cache-control"] == "no-store", (method, path, answer.status_code)
    assert good >= 5


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/me/data"])
async def test_a62_an_answer_that_has_not_changed_says_so_too(ada: Person, path: str) -> None:
    first = await ada.http.get(path)
    again = await ada.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-store")
