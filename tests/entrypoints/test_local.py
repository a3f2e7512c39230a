"""How a short command reaches the services: as set, the running instance's, or its own meanwhile."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from socialflow.entrypoints.engines import folders, local
from socialflow.kernel.config import DatabaseSettings, RedisSettings, Settings


def ask(settings: Settings) -> object:
    async def once() -> object:
        assert settings.database.url is not None
        connection = await asyncpg.connect(settings.database.url.get_secret_value())
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    return asyncio.run(once())


def test_services_that_are_set_are_used_as_they_are(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database=DatabaseSettings(url=SecretStr("postgresql://elsewhere/db")),
        redis=RedisSettings(url=SecretStr("redis://elsewhere")),
    )

    with local.reachable(settings) as same:
        assert same is settings
    assert not local.wanted(settings)


def test_a_relative_folder_is_the_one_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with local.reachable(Settings(data_dir=Path("data"))) as settings:
        assert ask(settings) == 1

    assert (tmp_path / "data" / "postgres" / "data" / "PG_VERSION").is_file()
    assert not Path("/data/postgres").exists()


def test_where_nothing_runs_engines_are_started_and_stopped(tmp_path: Path) -> None:
    home = tmp_path / "data"
    with local.reachable(Settings(data_dir=home)) as settings:
        assert ask(settings) == 1
        assert settings.redis.url is not None
        with pytest.raises(folders.AlreadyRunning), local.reachable(Settings(data_dir=home)):
            pass

        folders.remember(home, {"database_url": settings.database.url.get_secret_value(), "redis_url": "redis://x"})
        with local.reachable(Settings(data_dir=home)) as found:
            assert ask(found) == 1

    assert not folders.is_held(home)
