"""An installation from before identity was whole: its people log in after the upgrade, and its log-ins go on."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import SECRET

from socialflow import migrations
from socialflow.domains.accounts import service as accounts
from socialflow.entrypoints import schema
from socialflow.entrypoints.bootstrap import open_app
from socialflow.entrypoints.engines.throwaway import Pair, throwaway
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.db import async_url
from socialflow.kernel.work import SYSTEM

# Before the audit log, kinds of log-in and all that came with them.
BEFORE = "0005"
PEOPLE = (("ada", "admin", "active"), ("bob", "user", "suspended"), ("eve", "moderator", "active"))
PASSWORD = "a password of long ago"
_ACCOUNT = text("""
    INSERT INTO accounts
        (id, email, handle, display_name, password_hash, role, state, channel_id, created_at, updated_at)
    VALUES (:id, :handle || '@example.org', :handle, :handle, :hash, :role, :state, :channel, now(), now())
""")
_SESSION = text("""
    INSERT INTO sessions
        (id, account_id, kind, secret_digest, created_at, last_used_at, expires_at, address, user_agent)
    VALUES (gen_random_uuid(), :id, 'cookie', :digest, now(), now(), now() + interval '30 days', '192.0.2.7', 'curl')
""")


@pytest.fixture
def pair() -> Iterator[Pair]:
    with throwaway() as made:
        yield made


async def told(pair: Pair, *statements: str) -> list[list[tuple[object, ...]]]:
    engine = create_async_engine(async_url(pair.database_url))
    async with engine.begin() as connection:
        found = [[tuple(row) for row in await connection.execute(text(each))] for each in statements]
    await engine.dispose()
    return found


async def fill(pair: Pair, password_hash: str) -> None:
    engine = create_async_engine(async_url(pair.database_url))
    async with engine.begin() as connection:
        for handle, role, state in PEOPLE:
            who = {"id": ids.new(), "channel": ids.new(), "handle": handle, "role": role, "state": state}
            await connection.execute(_ACCOUNT, {**who, "hash": password_hash})
            await connection.execute(_SESSION, {"id": who["id"], "digest": os.urandom(32)})
    await engine.dispose()


def settings_of(pair: Pair) -> Settings:
    return Settings.model_validate(
        {
            "environment": "test",
            "database": {"url": pair.database_url},
            "redis": {"url": pair.redis_url},
            "auth": {"secret": SECRET},
            "data_dir": pair.folder / "data",
        }
    )


@pytest.mark.timeout(180)
def test_people_of_a_former_revision_log_in_after_the_upgrade_and_the_way_back_keeps_them(pair: Pair) -> None:
    async def hashed() -> str:
        async with open_app(settings_of(pair)) as app:
            return await app.port(accounts.Passwords).hash(PASSWORD)

    async def log_in() -> None:
        async with open_app(settings_of(pair)) as app:
            async with app.work(SYSTEM) as work:
                ada = await accounts.by_login(work, "ada@example.org")
                assert (await accounts.by_login(work, "eve")).role == "moderator"
            checked = await accounts.check_password(ada, PASSWORD, passwords=app.port(accounts.Passwords))
            async with app.work(SYSTEM) as work:
                assert (await accounts.admit(work, checked)).role == "admin"

    schema.upgrade(pair.database_url, BEFORE)
    asyncio.run(fill(pair, asyncio.run(hashed())))
    schema.upgrade(pair.database_url)
    asyncio.run(log_in())

    people, log_ins = asyncio.run(
        told(
            pair,
            "SELECT handle, role, state FROM accounts ORDER BY handle",
            "SELECT methods, revoked_at IS NULL, ends_at > now() + interval '300 days' FROM sessions",
        )
    )
    assert people == list(PEOPLE)
    assert log_ins == [("pwd", True, True)] * 3

    command.downgrade(migrations.configuration(pair.database_url), BEFORE)
    assert asyncio.run(told(pair, "SELECT handle, role, state FROM accounts ORDER BY handle")) == [list(PEOPLE)]
    command.downgrade(migrations.configuration(pair.database_url), "base")
    schema.upgrade(pair.database_url)
