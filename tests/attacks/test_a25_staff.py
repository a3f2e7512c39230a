"""A25: whether one may is asked before anything is done, and nobody becomes more than they are."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import httpx2
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.operations import Operation, operations
from tests.factories.statements import counted
from tests.factories.uploads import TUS
from tests.factories.videos import video

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import PERMISSIONS, Role
from socialflow.domains.accounts.service import AccessTokens, Claims
from socialflow.entrypoints.api import openapi
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
BY_SESSION = {"logOut"}  # asks for somebody, and for no scope of theirs
TABLE = {
    "user": set(),
    "creator": set(),
    "moderator": {
        "videos:see_any",
        "posts:see_any",
        "posts:remove_any",
        "comments:remove_any",
        "emojis:manage",
        "accounts:view",
        "accounts:suspend",
    },
    "admin": {
        "videos:see_any",
        "videos:remove_any",
        "channels:verify",
        "posts:see_any",
        "posts:remove_any",
        "comments:remove_any",
        "emojis:manage",
        "accounts:view",
        "accounts:view_private",
        "accounts:suspend",
        "accounts:manage",
        "apps:manage",
        "roles:manage",
        "audit:view",
        "jobs:manage",
    },
}


def guarded(api: FastAPI) -> Iterator[tuple[Operation, list[str]]]:
    """Every operation that is for somebody, and the scopes that it asks for."""
    paths = openapi.document(api)["paths"]
    for operation in operations(api):
        said = paths[operation.path][operation.method.lower()]
        if {} not in said["security"] and (said["x-scopes"] or operation.name in BY_SESSION):
            yield operation, said["x-scopes"]


def asked_for(statements: list[str]) -> list[str]:
    """What a request has cost: which sessions have ended, and what roles mean, is read every two seconds anyway."""
    return [each for each in statements if "revoked_at > " not in each and not each.endswith("FROM roles")]


async def ask(client: httpx2.AsyncClient, operation: Operation, **headers: str) -> httpx2.Response:
    body = {"json": {}} if operation.body is not None else {}
    sent = {**TUS, "Upload-Length": "10", "Idempotency-Key": "k", **headers}
    return await client.request(operation.method, operation.url(), headers=sent, **body)


async def test_a25_nobody_in_particular_costs_the_database_nothing(
    app: App, api: FastAPI, client: httpx2.AsyncClient
) -> None:
    seen = 0
    async with counted(app) as statements:
        for operation, _ in guarded(api):
            answer = await ask(client, operation)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), operation.name
            assert statements == [], operation.name
            seen += 1
    assert seen > 15


async def test_a25_a_token_without_the_scope_costs_the_database_nothing(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    def token(*scopes: str, role: str = "user") -> str:
        tokens, now = app.port(AccessTokens), app.clock()
        claims = Claims(ids.parse("acc", ada.id), ids.new(), role, frozenset(scopes), now + tokens.ttl)
        return tokens.issue(claims, now)

    seen = 0
    async with counted(app) as statements:
        for operation, scopes in guarded(api):
            for scope in scopes:
                lacking = {"read", "write", "admin"} - {scope.partition(":")[0]}
                # Not even staff: a scope is what the token was given for, a role is whose it is.
                for role in ("user", "admin"):
                    answer = await ask(client, operation, Authorization=f"Bearer {token(*lacking, role=role)}")
                    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), operation.name
                    family = [each for each in scopes if each.partition(":")[0] == scope.partition(":")[0]]
                    assert sorted(answer.json()["missing_scopes"]) == sorted(family)
                    seen += 1
    assert asked_for(statements) == []
    assert seen > 30


async def test_a25_a_role_without_the_permission_costs_the_database_nothing(
    app: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    """Whoever holds every scope and no permission: a token that speaks of a role from which all was taken."""
    tokens, now = app.port(AccessTokens), app.clock()
    every = frozenset({"read", "write", "security", "admin"})
    seen = 0
    for role in ("user", "creator", "nonsense"):
        token = tokens.issue(Claims(ids.parse("acc", ada.id), ids.new(), role, every, now + tokens.ttl), now)
        async with counted(app) as statements:
            for operation, scopes in guarded(api):
                if not any(scope.startswith("admin") for scope in scopes):
                    continue
                answer = await ask(client, operation, Authorization=f"Bearer {token}")
                assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), operation.name
                assert answer.json()["missing_permission"] in PERMISSIONS, operation.name
                seen += 1
        assert asked_for(statements) == [], role
    assert seen >= 3 * 23


def test_a25_the_table_of_permissions_is_this_one() -> None:
    assert {role.value: accounts.permissions_of(role) for role in Role} == TABLE
    for unknown in ("", "root", "ADMIN", "system", "anonymous", "*"):
        assert accounts.permissions_of(unknown) == set()
        assert "admin" not in accounts.scopes_of(unknown)
    assert "admin" not in accounts.scopes_of("user")


async def test_a25_staff_do_what_their_row_says_and_no_more(app: App, ada: Person, person: People) -> None:
    staff = {"user": await person("eve"), "moderator": await person("moe", role="moderator")}
    staff["admin"] = await person("adm", role="admin")
    for role, who in staff.items():
        shown, hidden = await video(app, ada), await video(app, ada, visibility="private")
        comment = (await ada.post("/comments", {"subject_id": shown["id"], "text": "x"})).json()
        sees, removes = "videos:see_any" in TABLE[role], "videos:remove_any" in TABLE[role]
        assert (await who.get(f"/videos/{hidden['id']}")).status_code == (200 if sees else 404), role
        # Words stay their author's: staff remove, and never put words in somebody's mouth.
        for path in (f"/videos/{shown['id']}", f"/comments/{comment['id']}", f"/channels/{ada.channel_id}"):
            body = {"text": "y"} if "comments" in path else {"display_name": "y"} if "chan" in path else {"title": "y"}
            assert (await who.patch(path, body)).status_code == 403, (role, path)
        removed = await who.delete(f"/comments/{comment['id']}")
        assert removed.status_code == (204 if "comments:remove_any" in TABLE[role] else 403), role
        assert (await who.delete(f"/videos/{shown['id']}")).status_code == (204 if removes else 403), role
        assert (await who.delete(f"/videos/{hidden['id']}")).status_code == (204 if removes else 403 if sees else 404)


async def test_a25_nobody_promotes_themselves(client: httpx2.AsyncClient, ada: Person) -> None:
    for name in ("role", "scope", "scopes", "permissions", "is_admin"):
        assert (await ada.patch("/me", {name: "admin"})).status_code == 422, name
        body = {"login": "ada", "password": PASSWORD, name: "admin"}
        assert (await client.post("/api/v1/auth/login", json=body)).status_code == 422, name
        body = {"refresh_token": ada.refresh_token, name: "admin"}
        assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == 422, name
    for headers in ({"X-Role": "admin"}, {"X-User-Role": "admin"}, {"X-Scopes": "admin"}, {"X-Session": "admin"}):
        body = {"login": "ada", "password": PASSWORD}
        answer = await client.post("/api/v1/auth/login?role=admin&scope=admin", json=body, headers=headers)
        assert answer.json()["user"]["role"] == "user"
    assert (await ada.get("/me")).json()["role"] == "user"


async def test_a25_who_is_staff_no_more_is_so_at_once(app: App, ada: Person, person: People) -> None:
    hidden = await video(app, ada, visibility="private")
    moe = await person("moe", role="moderator")
    assert (await moe.get(f"/videos/{hidden['id']}")).status_code == 200
    async with app.work(SYSTEM) as work:
        await accounts.change_role(work, await accounts.by_login(work, "moe"), Role.USER)

    deadline = time.monotonic() + 5
    while (await moe.get(f"/videos/{hidden['id']}")).status_code != 401:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    # The refresh token spoke for the moderator, too.
    answer = await moe.http.post("/api/v1/auth/refresh", json={"refresh_token": moe.refresh_token})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
