"""F40: missing or unsafe settings, a wrong database: one clear line, and no start."""

import os
import re
from pathlib import Path

import pytest

from socialflow.entrypoints import cli

SAFE = {
    "SF_ENVIRONMENT": "production",
    "SF_AUTH__SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
    "SF_AUTH__SIGNING_KEYS": '{"keys": []}',
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SF_HTTP__PUBLIC_URL": "https://video.example",
}


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine's own."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if re.match(r"^(SF_|DATABASE_URL|REDIS_URL)", name):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SF_AUTH__SECRET": ""}, "production needs SF_AUTH__SECRET"),
        ({"SF_AUTH__SECRET": "short"}, "SF_AUTH__SECRET must be at least 32"),
        ({"SF_HTTP__PROT": "1"}, "did you mean SF_HTTP__PORT"),
        ({"SF_HTTP__PORT": "many"}, "SF_HTTP__PORT"),
        ({"SF_AUTH__SECRET_FILE": "/nowhere"}, "both set"),
    ],
)
@pytest.mark.parametrize("part", ["api", "worker", "relay", "scheduler"])
def test_f40_bad_settings_are_one_clear_line(
    part: str,
    change: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**SAFE, **change}.items():
        if value:
            monkeypatch.setenv(name, value)

    code = cli.main([part])

    said = capsys.readouterr().err
    assert code == cli.BAD_SETTINGS
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_f40_a_part_alone_needs_its_services(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["relay"]) == cli.BAD_SETTINGS
    assert "DATABASE_URL is not set" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "migrate"])
def test_f40_a_database_that_is_not_there_is_told(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["db", command]) == cli.FAILED
    assert "the database cannot be reached" in capsys.readouterr().err


def test_f40_doctor_names_the_remedy_of_each_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", SAFE["DATABASE_URL"])
    monkeypatch.setenv("REDIS_URL", SAFE["REDIS_URL"])

    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert said.count("cannot be reached") == 2
    assert said.count("fault ") <= said.count("remedy:")
