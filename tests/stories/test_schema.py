"""A foreign tool reads our OpenAPI document and tries what it says on every route of accounts, on a running instance.

Nothing may answer 500, or with a status or a body that the document does not know, and nothing that asks for a
credential may be had without one, or with a bad one.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)
from tests.factories.accounts import PASSWORD
from tests.factories.instance import Instance

pytestmark = [pytest.mark.slow, pytest.mark.adversary, pytest.mark.xdist_group("schema"), pytest.mark.timeout(300)]

OURS = r"^(/api/v1/(auth|me|admin|oauth|token-leaks)(/|$)|/oauth/|/\.well-known/)"
STAFF = "/api/v1/admin/"
TRIES = 5
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
)
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("schema") / "data"
    loose = {f"SF_LIMITS__{name}": "1000000/1" for name in ("REGISTER_ACCOUNT", "REGISTER_ADDRESS")}
    with Instance(folder, "--no-demo", SF_LIMITS__ENABLED="false", **loose) as instance:
        instance.wait_ready()
        command = [
            sys.executable,
            "-m",
            "socialflow",
            "users",
            "create",
            "chief@example.org",
            "chief",
            "--role",
            "admin",
        ]
        place = {"SF_DATA_DIR": str(folder), "SOCIALFLOW_PASSWORD": PASSWORD}
        subprocess.run(command, check=True, timeout=60, env={**os.environ, **place})
        yield instance


@pytest.fixture(scope="module")
def document(running: Instance) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{running.url}/api/v1/openapi.json").include(path_regex=OURS)


def test_every_route_of_accounts_does_what_the_document_says(
    running: Instance, document: schemathesis.BaseSchema
) -> None:
    tried, wrong = 0, []
    for found in document.get_all_operations():
        operation = found.ok()
        tried += 1
        try:
            _try(operation, _chief(running) if operation.path.startswith(STAFF) else _somebody(running))
        except (AssertionError, FailureGroup) as failure:
            wrong.append(f"{operation.label}: {failure}\n{_details(failure)}")
    assert tried > 80
    assert not wrong, "\n\n".join(wrong)


def _try(operation: schemathesis.APIOperation, token: str) -> None:
    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=TRIES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def attempt(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=list(CHECKS))

    attempt()


def _chief(running: Instance) -> str:
    """An administrator who has just logged in."""
    answer = httpx2.post(f"{running.url}/api/v1/auth/login", json={"login": "chief", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _somebody(running: Instance) -> str:
    """A fresh account's: what one operation does to its account and session is not the next one's trouble."""
    handle = f"schema_{next(NUMBERS)}"
    body = {"email": f"{handle}@example.org", "password": PASSWORD, "handle": handle, "display_name": handle}
    answer = httpx2.post(f"{running.url}/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_token"])


def _details(failure: BaseException) -> str:
    inner = getattr(failure, "exceptions", ())
    return "\n".join(f"  {one}" for one in inner)
