"""`socialflow secrets`, `privacy` and `users erase`."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import SECRET

from socialflow.domains.accounts.service import leaving
from socialflow.entrypoints import bootstrap, cli
from socialflow.entrypoints.cli import secrets as command
from socialflow.kernel import ids, vault
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import App

pytestmark = pytest.mark.xdist_group("cli")
NEXT = "another secret of this installation, the next one"


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The test's installation, as the environment tells of it."""
    assert settings.database.url is not None
    assert settings.redis.url is not None
    monkeypatch.setenv("SF_ENVIRONMENT", "test")
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("SF_REDIS__URL", settings.redis.url.get_secret_value())
    monkeypatch.setenv("SF_AUTH__SECRET", SECRET)
    return settings


async def keep_sealed(app: App) -> None:
    account = ids.new()
    sealed = vault.seal(app.keys, leaving.place_of(account), b"en ada@example.org")
    async with app.sessions() as session, session.begin():
        await session.execute(
            text("INSERT INTO erasures (account_id, asked_at, erase_after, mail_to) VALUES (:id, :at, :at, :to)"),
            {"id": account, "at": datetime.now(UTC), "to": sealed},
        )


async def test_secrets_are_replaced_by_setting_both_and_rotating(
    app: App, installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await keep_sealed(app)
    monkeypatch.setenv("SF_AUTH__SECRET", NEXT)
    assert await asyncio.to_thread(cli.main, ["secrets", "status"]) == 1
    assert "1 values are under a secret that is not here" in capsys.readouterr().out
    assert await asyncio.to_thread(cli.main, ["secrets", "rotate"]) == 1
    assert "cannot be read" in capsys.readouterr().err

    monkeypatch.setenv("SF_AUTH__PREVIOUS_SECRETS", json.dumps([SECRET]))
    assert await asyncio.to_thread(cli.main, ["secrets", "status"]) == 0
    assert "secrets rotate" in capsys.readouterr().out
    assert await asyncio.to_thread(cli.main, ["secrets", "rotate"]) == 0
    assert "erasures.mail_to: 1 sealed anew" in capsys.readouterr().out
    monkeypatch.delenv("SF_AUTH__PREVIOUS_SECRETS")
    assert await asyncio.to_thread(cli.main, ["secrets", "status"]) == 0
    assert Keys(NEXT).number.hex() in capsys.readouterr().out


def test_an_installation_that_keeps_its_own_secret_keeps_the_former_ones(tmp_path: Path) -> None:
    settings = Settings(environment="test", data_dir=tmp_path)
    first = bootstrap.own_keys(settings)
    sealed = first.seal("a", b"x")
    for _ in range(2):
        command.replace_own(settings)
    fresh = bootstrap.own_keys(settings)

    assert fresh.unseal("a", sealed) == b"x"
    assert (fresh.number != first.number, len(fresh.numbers)) == (True, 3)
    for file in (bootstrap.secret_file(settings), bootstrap.previous_file(settings)):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_secret_from_the_settings_is_replaced_there(installation: Settings) -> None:
    with pytest.raises(InvalidSettings, match="SF_AUTH__PREVIOUS_SECRETS"):
        command.replace_own(installation)


async def test_users_are_erased_from_the_command_line(
    app: App, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    for handle in ("ada", "eve"):
        assert await asyncio.to_thread(cli.main, ["users", "create", f"{handle}@example.org", handle]) == 0
    assert await asyncio.to_thread(cli.main, ["users", "erase", "ada", "--now", "--yes"]) == 0
    assert await asyncio.to_thread(cli.main, ["users", "erase", "eve", "--yes"]) == 0
    assert await asyncio.to_thread(cli.main, ["users", "erase", "nobody", "--yes"]) == 1
    said = capsys.readouterr()
    assert "ada is erased" in said.out
    assert "eve will be erased after" in said.out

    async with app.sessions() as session:
        states = dict((await session.execute(text("SELECT state, handle FROM accounts"))).all())
    assert states["leaving"] == "eve"
    assert states["erased"].startswith("erased_")
    assert await asyncio.to_thread(cli.main, ["privacy", "reapply"]) == 0
    assert "nobody who was erased is here" in capsys.readouterr().out
