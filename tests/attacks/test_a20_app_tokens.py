"""A20: an app's token opens what its scopes say, at every operation there is, and nothing else."""

from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import Operation, operations
from tests.factories.uploads import TUS

from socialflow.domains.accounts.service import AccessTokens, Claims
from socialflow.domains.accounts.service.oauth import access
from socialflow.domains.accounts.service.scopes import SCOPES, SECURITY
from socialflow.entrypoints.api import openapi
from socialflow.kernel import ids
from socialflow.kernel.work import App

APP = ids.new()
OF_APPS = [scope for scope in SCOPES if scope != SECURITY]


def guarded(api: FastAPI) -> Iterator[tuple[Operation, list[str]]]:
    """Every operation that asks for scopes, and which."""
    paths = openapi.document(api)["paths"]
    for operation in operations(api):
        scopes = paths[operation.path][operation.method.lower()]["x-scopes"]
        # Answers without end are tried by those who can close them.
        if scopes and operation.name != "streamEvents":
            yield operation, scopes


def token(app: App, who: Person, *scopes: str, role: str = "user") -> str:
    """A token of an app's."""
    tokens, now = app.port(AccessTokens), app.clock()
    claims = Claims(ids.parse("acc", who.id), ids.new(), role, frozenset(scopes), now + tokens.ttl, APP)
    return tokens.issue(claims, now)


async def ask(client: httpx2.AsyncClient, operation: Operation, bearer: str) -> httpx2.Response:
    body = {"json": {}} if operation.body is not None else {}
    headers = {**TUS, "Upload-Length": "x", "Authorization": f"Bearer {bearer}"}
    return await client.request(operation.method, operation.url(), headers=headers, **body)


@pytest.mark.parametrize("scope", OF_APPS)
async def test_a20_a_token_of_one_scope_at_every_operation(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person, scope: str
) -> None:
    opened, closed = 0, 0
    bearer = token(app, ada, scope, role="admin")
    for operation, scopes in guarded(api):
        answer = await ask(client, operation, bearer)
        if access.covers({scope}, scopes):
            opened += 1
            # What is dangerous asks for a fresh proof besides, which no app can give.
            dangerous = answer.status_code == 401 and answer.json()["code"] == "step_up_required"
            assert dangerous or answer.status_code not in {401, 500}, (operation.name, answer.text)
            assert "missing_scopes" not in answer.text, operation.name
        else:
            closed += 1
            assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), operation.name
    assert closed > 10
    assert opened > 0 or scope in WITHOUT_OPERATION


# Other parts of the system take these; there is no operation of theirs to open yet.
WITHOUT_OPERATION = {"write:channels", "write:uploads"}


async def test_a20_all_scopes_together_are_not_security(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    bearer = token(app, ada, *OF_APPS, role="admin")
    shut = [operation for operation, scopes in guarded(api) if SECURITY in scopes]
    assert len(shut) > 8
    for operation in shut:
        answer = await ask(client, operation, bearer)
        assert (answer.status_code, answer.json().get("missing_scopes")) == (403, [SECURITY]), operation.name


async def test_a20_the_rights_of_staff_are_not_those_of_their_apps(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    for scopes, able in ((("read", "write"), False), (("read", "admin:apps"), True)):
        bearer = token(app, ada, *scopes, role="admin")
        answer = await client.get("/api/v1/admin/apps", headers={"Authorization": f"Bearer {bearer}"})
        assert (answer.status_code == 200) is able
    # Not even the scope gives rights to who has none.
    bearer = token(app, ada, "admin", role="user")
    answer = await client.get("/api/v1/admin/apps", headers={"Authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
