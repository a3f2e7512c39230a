"""What there is before anybody has done anything, what is never asked, and what never runs out by itself."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.conftest import _empty, database_url
from tests.factories.accounts import PASSWORD, Person
from tests.factories.moving import Clock, moving_app
from tests.factories.oauth import let_in, make_app

from socialflow.entrypoints import schema
from socialflow.entrypoints.api import openapi
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

WEB = Path(__file__).parents[3] / "src" / "socialflow" / "web"
ABSOLUTE_DAYS = 20
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Log-ins of twenty days at most."""
    update = {"session_ttl_s": ABSOLUTE_DAYS * 86_400}
    return settings.model_copy(update={"auth": settings.auth.model_copy(update=update)})


@pytest.fixture
async def app(settings: Settings, clock: Clock, ports: dict[type[Any], Any]) -> AsyncIterator[App]:
    async with moving_app(settings, clock, ports) as moving:
        try:
            yield moving
        finally:
            await _empty(moving)


async def test_a_fresh_installation_has_no_account(test_database: str, worker_id: str) -> None:
    name = f"fresh_{worker_id}_{os.getpid()}"
    admin = await asyncpg.connect(database_url("postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        await asyncio.to_thread(schema.upgrade, database_url(name))
        fresh = await asyncpg.connect(database_url(name))
        try:
            assert await fresh.fetchval("SELECT count(*) FROM roles") == 4
            for table in ("accounts", "sessions", "personal_tokens", "client_apps", "invites", "connections"):
                assert await fresh.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        finally:
            await fresh.close()
    finally:
        await admin.execute(f"DROP DATABASE {name}")
        await admin.close()


async def test_a_password_of_ten_years_ago_is_good(app: App, client: httpx2.AsyncClient, ada: Person) -> None:
    async with app.sessions() as session, session.begin():
        old = "created_at = created_at - interval '10 years', password_changed_at = now() - interval '10 years'"
        await session.execute(text(f"UPDATE accounts SET {old}"))

    answer = await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})

    assert answer.status_code == 200
    assert (await ada.get("/me")).status_code == 200


def test_nobody_is_asked_for_a_hint_or_the_name_of_a_pet(api: FastAPI) -> None:
    asked = {
        field
        for schema_ in openapi.document(api)["components"]["schemas"].values()
        for field in schema_.get("properties", {})
    }
    assert {"password", "recovery_code"} <= asked
    assert not {field for field in asked if re.search(r"hint|question|maiden|pet_|reminder", field)}


def test_fields_of_passwords_are_masked_and_managers_may_fill_them() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in (WEB / "templates").rglob("*.html")}
    fields = [
        field for page in pages.values() for field in re.findall(r"<input[^>]*>", page) if 'type="password"' in field
    ]
    # All passwords are typed into the one macro.
    assert len(fields) == 1
    assert "required" in fields[0]
    assert 'autocomplete="{{ autocomplete }}"' in fields[0]
    used = re.findall(r'\{\{ password_field\("[^"]+", "([^"]+)"', "\n".join(pages.values()))
    assert len(used) > 4
    assert set(used) == {"current-password", "new-password"}
    assert not [path for path, page in pages.items() if re.search(r'<input[^>]*name="[a-z_]*password"', page)]
    scripts = [*pages.values(), *(path.read_text(encoding="utf-8") for path in (WEB / "static" / "js").glob("*.js"))]
    assert not [script for script in scripts if re.search(r"onpaste|[\"']paste[\"']", script)]


async def test_an_app_s_log_in_is_over_however_much_it_is_used(
    clock: Clock, ada: Person, bob: Person, connect: Connect
) -> None:
    sky = await make_app(ada, connect())
    token = (await let_in(bob, sky))["refresh_token"]
    for _ in range(3):
        clock.pass_time(days=5)
        answer = await sky.refresh(token)
        assert answer.status_code == 200, answer.text
        token = answer.json()["refresh_token"]

    clock.pass_time(days=5, minutes=1)

    answer = await sky.refresh(token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
