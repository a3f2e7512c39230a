"""The command line, where it is not told elsewhere."""

import asyncio
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tests.factories.costs import TRACED
from tests.factories.instance import free_port
from tests.factories.mails import read_letters

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.errors import InvalidLink
from socialflow.entrypoints import cli, doctor
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The test's installation, as the environment tells of it."""
    assert settings.database.url is not None
    assert settings.redis.url is not None
    assert settings.auth.secret is not None
    monkeypatch.setenv("SF_ENVIRONMENT", "test")
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("SF_REDIS__URL", settings.redis.url.get_secret_value())
    monkeypatch.setenv("SF_AUTH__SECRET", settings.auth.secret.get_secret_value())
    return settings


def test_help_is_quick_and_lists_every_command() -> None:
    command = [sys.executable, "-m", "socialflow", "--help"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert all(name in said for name in cli.COMMANDS)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.5 * (TRACED if sys.gettrace() else 1)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_an_unknown_command_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fly"]) == 2
    assert "fly" in capsys.readouterr().err


def test_config_shows_settings_and_hides_secrets(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "show", "--changed"]) == 0

    said = capsys.readouterr().out
    assert installation.auth.secret is not None
    assert installation.auth.secret.get_secret_value() not in said
    assert "(hidden)" in said


def test_config_docs_is_a_table_of_all_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "docs"]) == 0

    said = capsys.readouterr().out
    assert "| `SF_HTTP__PORT` | int | 8000 | Port of the API and the web app. |" in said
    assert "<class" not in said


def test_openapi_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["openapi", "export", "--out", str(tmp_path / "api.json")]) == 0

    assert json.loads((tmp_path / "api.json").read_text())["openapi"].startswith("3.1")
    assert "paths" in capsys.readouterr().out


def test_openapi_that_cannot_be_written_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["openapi", "export", "--out", str(tmp_path / "nowhere" / "api.json")]) == 2

    assert "cannot be written: No such file" in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_demo_for_nobody_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SF_DATA_DIR", str(tmp_path))
    address = f"http://127.0.0.1:{free_port()}"

    assert cli.main(["demo", "--address", address]) == 1
    assert f"nothing answers at {address}: start `socialflow run`" in capsys.readouterr().err


def test_db_status_knows_a_migrated_database(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["db", "migrate"]) == 0
    assert cli.main(["db", "status"]) == 0
    assert "missing" not in capsys.readouterr().out


def test_an_empty_database_is_told_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SF_DATA_DIR", str(tmp_path / "data"))
    for command in (["users", "create", "ada@example.org", "ada"], ["users", "promote", "ada"], ["db", "status"]):
        assert cli.main(command) == 1
        said = capsys.readouterr()
        assert "`socialflow db migrate`" in said.err + said.out


def test_users_are_created_and_promoted(app: App, installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["users", "create", "ada@example.org", "ada"]) == 0
    assert "with the password" in capsys.readouterr().out

    assert cli.main(["users", "promote", "ada", "moderator"]) == 0
    assert cli.main(["users", "promote", "ada@example.org"]) == 0
    assert "admin" in capsys.readouterr().out

    assert cli.main(["users", "create", "other@example.org", "ada"]) == 1
    assert cli.main(["users", "create", "no address", "x"]) == 2
    assert cli.main(["users", "promote", "nobody_here"]) == 1
    assert "No account is called nobody_here" in capsys.readouterr().err


def test_a_password_of_the_command_line_is_no_weaker_than_others(
    app: App, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["users", "create", "ada@example.org", "ada", "--password", "password123"]) == 1
    assert "tried first" in capsys.readouterr().err


def test_a_reset_prints_a_link_that_is_good_once(
    app: App, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["users", "create", "ada@example.org", "ada", "--password", "some old words"]) == 0
    capsys.readouterr()

    assert cli.main(["users", "reset-password", "ada@example.org"]) == 0

    link = capsys.readouterr().out.strip()
    page, _, token = link.partition("?token=")
    assert page == installation.public_url + "/reset"

    async def use() -> list[str]:
        async with open_app(installation) as mine, mine.work(SYSTEM) as work:
            account = await accounts.resettable(work, token, keys=mine.keys)
            await accounts.reset_password(work, token, encoded="x", keys=mine.keys)
            with pytest.raises(InvalidLink):
                await accounts.resettable(work, token, keys=mine.keys)
            return [account.handle]

    assert asyncio.run(use()) == ["ada"]
    assert cli.main(["users", "reset-password", "nobody_here"]) == 1


def test_who_has_lost_every_factor_is_helped(
    app: App, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["users", "create", "ada@example.org", "ada"]) == 0
    assert cli.main(["users", "reset-factors", "ada@example.org"]) == 0
    assert "no second factor any more" in capsys.readouterr().out
    assert cli.main(["users", "reset-factors", "nobody_here"]) == 1


def test_doctor_finds_a_sound_installation_sound(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor"])

    said = capsys.readouterr().out
    assert code == 0, said
    assert "reachable and migrated" in said


def test_doctor_looks_for_what_is_not_there_yet(tmp_path: Path) -> None:
    async def look() -> list[doctor.Finding]:
        return [finding async for finding in doctor.examine(Settings(data_dir=tmp_path / "data"))]

    findings = {finding.subject: finding for finding in asyncio.run(look())}

    assert "embedded" in findings["database"].text
    assert "embedded" in findings["redis"].text
    assert {finding.level for finding in findings.values()} <= {"ok", "warning"}
    assert all(finding.remedy for finding in findings.values() if finding.level != "ok")


def test_a_test_mail_is_sent_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SF_DATA_DIR", str(tmp_path))
    assert cli.main(["mail", "test", "ada@example.org", "--language", "de"]) == 0
    assert str(tmp_path / "mail") in capsys.readouterr().out
    (letter,) = read_letters(tmp_path / "mail")
    assert letter.subject == "Eine Probemail von Social Flow"

    assert cli.main(["mail", "test", "nobody"]) == 1
    assert "Refused" in capsys.readouterr().err
    monkeypatch.setenv("SF_MAIL__KIND", "smtp")
    assert cli.main(["mail", "test", "ada@example.org"]) == cli.BAD_SETTINGS
    assert "SF_MAIL__SMTP_HOST" in capsys.readouterr().err
