"""A20: a token of one scope opens what asks for that scope and nothing else, whatever the kind of route."""

from collections.abc import Awaitable, Callable, Iterator

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import Operation, operations
from tests.factories.streams import listening
from tests.factories.tokens import personal_token
from tests.factories.uploads import TUS, UPLOADS
from tests.factories.videos import video

from socialflow.domains.accounts.errors import ScopeNotYours
from socialflow.domains.accounts.models import Role
from socialflow.domains.accounts.service import scopes
from socialflow.domains.accounts.service.scopes import SCOPES, SECURITY, delegable, parent_of
from socialflow.entrypoints.api import openapi
from socialflow.kernel.work import App

Connect = Callable[..., httpx2.AsyncClient]
People = Callable[..., Awaitable[Person]]
# What staff may give, which is all that anybody may.
ALL = delegable(Role.ADMIN)


def scoped(api: FastAPI) -> Iterator[tuple[Operation, frozenset[str]]]:
    """Every operation that asks for a scope, and the scopes."""
    paths = openapi.document(api)["paths"]
    for operation in operations(api):
        wanted = frozenset(paths[operation.path][operation.method.lower()]["x-scopes"])
        if wanted:
            yield operation, wanted


def carries(scope: str, wanted: frozenset[str]) -> bool:
    """Whether a token of one scope carries all of these: said a second time and by other words."""
    return all(scope == each or scope == each.split(":")[0] for each in wanted)


async def ask(client: httpx2.AsyncClient, operation: Operation) -> httpx2.Response:
    body = {"json": {}} if operation.body is not None else {}
    return await client.request(operation.method, operation.url(), headers={**TUS, "Upload-Length": "10"}, **body)


def test_a20_every_scope_that_is_asked_for_has_its_sentence(api: FastAPI) -> None:
    asked = {scope for _, wanted in scoped(api) for scope in wanted}
    assert len(asked) > 8
    assert asked <= set(SCOPES), asked - set(SCOPES)
    for scope, sentence in SCOPES.items():
        assert sentence, scope
        assert parent_of(scope) in SCOPES


@pytest.mark.parametrize("scope", ALL)
async def test_a20_one_scope_on_every_route(
    app: App, api: FastAPI, connect: Connect, person: People, scope: str
) -> None:
    # An admin, so that what is refused is refused for the scope's sake alone.
    admin = await person("boss", role="admin")
    client = connect(Authorization=f"Bearer {await personal_token(app, admin, scope)}")
    opened = closed = 0
    for operation, wanted in scoped(api):
        answer = await ask(client, operation)
        told = (answer.status_code, answer.json().get("code") if answer.status_code >= 400 else None)
        if carries(scope, wanted):
            assert answer.status_code < 500, operation.name
            # What is dangerous asks for a fresh proof besides, which no program can give.
            assert told == (401, "step_up_required") or answer.status_code != 401, operation.name
            assert told != (403, "missing_scope"), operation.name
            opened += 1
        else:
            assert told == (403, "missing_scope"), (operation.name, told)
            assert set(answer.json()["missing_scopes"]) <= wanted
            closed += 1
    assert closed > 10
    asked = {each for _, wanted in scoped(api) for each in wanted}
    assert opened or not any(carries(scope, frozenset({each})) for each in asked), scope


async def test_a20_streams_uploads_and_files_ask_for_their_scopes_too(
    app: App, api: FastAPI, connect: Connect, ada: Person
) -> None:
    made = await video(app, ada, visibility="private")
    for scope in delegable(Role.USER):
        token = await personal_token(app, ada, scope)
        client = connect(Authorization=f"Bearer {token}")
        async with listening(api, f"video:{made['id']}", token=token) as stream:
            assert stream.status == (200 if scope == "read" else 403), scope
        may_upload = scope in {"write", "write:uploads"}
        answer = await client.post(UPLOADS, headers={**TUS, "Upload-Length": "3"})
        assert answer.status_code == (201 if may_upload else 403), scope
        if may_upload:
            sent = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            answer = await client.patch(answer.headers["location"], headers=sent, content=b"abc")
            assert answer.status_code == 204, scope
        answer = await client.get(f"/api/v1/videos/{made['id']}")
        assert answer.status_code == (200 if scope == "read" else 403), scope


async def test_a20_security_is_given_to_no_token(app: App, connect: Connect, person: People) -> None:
    admin = await person("boss", role="admin")
    with pytest.raises(ScopeNotYours):
        await personal_token(app, admin, "read", SECURITY)
    answer = await admin.post("/me/tokens", {"name": "x", "scopes": ["read", "security"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "scope_not_yours")
    assert SECURITY not in ALL
    client = connect(Authorization=f"Bearer {await personal_token(app, admin, 'read', 'write', 'admin')}")
    for path in ("/me/sessions", "/me/tokens"):
        answer = await client.get(f"/api/v1{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if parent_of(scope) == "admin"])
async def test_a20_nobody_gives_what_they_do_not_have(app: App, ada: Person, scope: str) -> None:
    with pytest.raises(ScopeNotYours):
        await personal_token(app, ada, scope)
    for odd in ("Write", "write:", "write:everything", "*", "admin ", "read write"):
        with pytest.raises(ScopeNotYours):
            await personal_token(app, ada, odd)


async def test_a20_a_moderator_s_token_without_a_staff_scope_sees_what_a_user_sees(
    app: App, connect: Connect, ada: Person, person: People
) -> None:
    moderator = await person("moe", role="moderator")
    made = await video(app, ada, visibility="private")
    plain = connect(Authorization=f"Bearer {await personal_token(app, moderator, 'read', 'write')}")
    staff = connect(Authorization=f"Bearer {await personal_token(app, moderator, 'read', 'admin')}")

    assert (await moderator.get(f"/videos/{made['id']}")).status_code == 200
    assert (await plain.get(f"/api/v1/videos/{made['id']}")).status_code == 404
    assert (await staff.get(f"/api/v1/videos/{made['id']}")).status_code == 200


def test_a20_a_scope_that_is_carried_anyway_is_not_kept() -> None:
    assert scopes.without_children(["write", "write:videos", "read"]) == {"read", "write"}
    assert scopes.without_children(["write:videos", "read"]) == {"read", "write:videos"}
    assert scopes.sentence_of("write:videos") == SCOPES["write:videos"]
