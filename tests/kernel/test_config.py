"""Settings: from the environment, from files, from TOML; and what is refused."""

import os
import re
from pathlib import Path

import pytest

from socialflow.kernel import config
from socialflow.kernel.config import InvalidSettings

SAFE = {
    "SF_ENVIRONMENT": "production",
    "SF_AUTH__SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
    "SF_AUTH__SIGNING_KEYS": '{"keys": []}',
    "SF_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none",
    "SF_REDIS__URL": "redis://127.0.0.1:1/0",
    "SF_HTTP__PUBLIC_URL": "https://video.example/",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine's own."""
    for name in list(os.environ):
        if re.match(r"^(SF_|DATABASE_URL|REDIS_URL|FFMPEG_BIN|FFPROBE_BIN)", name):
            monkeypatch.delenv(name)


def put(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def refusal() -> str:
    with pytest.raises(InvalidSettings) as caught:
        config.load()
    return str(caught.value)


def test_without_anything_said_it_is_a_machine_for_development() -> None:
    settings = config.load()

    assert settings.environment == "development"
    assert settings.public_url == "http://localhost:8000"
    assert settings.storage_root == Path(".socialflow/objects")
    assert settings.work_dir == Path(".socialflow/work")


def test_the_environment_wins_over_the_file_and_arguments_over_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('instance_name = "File"\n[http]\nport = 9000\nhost = "0.0.0.0"\n[jobs]\nlease_s = 9\n')
    put(monkeypatch, {"SF_CONFIG": str(path), "SF_HTTP__PORT": "9001", "SF_JOBS__LEASE_S": "8"})

    settings = config.load(jobs={"lease_s": 7})

    assert settings.instance_name == "File"
    assert (settings.http.port, settings.http.host) == (9001, "0.0.0.0")
    assert settings.jobs.lease_s == 7


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    monkeypatch.setenv("SF_AUTH__SECRET_FILE", str(path))

    secret = config.load().auth.secret

    assert secret is not None
    assert secret.get_secret_value() == "from a file"
    assert "SF_AUTH__SECRET" not in os.environ, "what was read does not go on to child processes"


def test_names_that_the_field_agreed_on_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://z", "FFMPEG_BIN": "/f"})

    settings = config.load()

    assert settings.database.url is not None
    assert settings.database.url.get_secret_value() == "postgresql://x/y"
    assert settings.media.ffmpeg_bin == Path("/f")
    assert "SF_REDIS__URL" not in os.environ


def test_our_own_name_wins_over_the_agreed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"DATABASE_URL": "postgresql://x/y", "SF_DATABASE__URL": "postgresql://ours/y"})

    url = config.load().database.url

    assert url is not None
    assert url.get_secret_value() == "postgresql://ours/y"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SF_HTTP__PROT": "1"}, "SF_HTTP__PROT is not a setting; did you mean SF_HTTP__PORT?"),
        ({"SF_AUTH__SECRT_FILE": "/x"}, "did you mean SF_AUTH__SECRET?"),
        ({"SF_QQQQQQQQQQ": "1"}, "SF_QQQQQQQQQQ is not a setting"),
        ({"SF_HTTP__PORT": "many"}, "SF_HTTP__PORT: Input should be a valid integer"),
        ({"SF_HTTP__PORT": "70000"}, "SF_HTTP__PORT: Input should be less than or equal to 65535"),
        ({"SF_LIMITS__ACCOUNT": "often"}, "SF_LIMITS__ACCOUNT"),
        ({"SF_LIMITS__ACCOUNT": "0/60"}, "SF_LIMITS__ACCOUNT"),
        ({"SF_HTTP__TRUSTED_PROXIES": "10.0.0.0/40"}, "SF_HTTP__TRUSTED_PROXIES: '10.0.0.0/40' does not appear"),
        ({"SF_HTTP__CORS_ORIGINS": "null"}, "SF_HTTP__CORS_ORIGINS: null is not an origin"),
        ({"SF_HTTP__CORS_ORIGINS": "https://a.example/"}, "is not an origin"),
        ({"SF_HTTP__CORS_ORIGINS": "*"}, "is not an origin"),
        ({"SF_HTTP__CORS_ORIGINS": '["https://a.example"'}, "SF_HTTP__CORS_ORIGINS"),
        ({"SF_AUTH__SECRET_FILE": "/nowhere/secret"}, "SF_AUTH__SECRET_FILE: cannot read /nowhere/secret"),
        ({"SF_AUTH__SECRET_FILE": "/x", "SF_AUTH__SECRET": "y"}, "are both set: keep one"),
        ({"SF_CONFIG": "/nowhere.toml"}, "SF_CONFIG: cannot use /nowhere.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(monkeypatch, given)

    said = refusal()

    assert words in said
    assert len(said.splitlines()) == 1


def test_a_broken_file_and_unknown_keys_in_it_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("SF_CONFIG", str(path))

    path.write_text("[http\n")
    assert "SF_CONFIG: cannot use" in refusal()
    path.write_text("[http]\nprot = 1\n[jbos]\nlease_s = 1\n")
    assert "did you mean SF_HTTP__PORT?" in refusal()
    assert "SF_JBOS is not a setting" in refusal()


def test_a_refusal_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"DATABASE_URL": "postgresql://x/y", "SF_AUTH__SECRET_FILE": "/nowhere"})

    refusal()

    assert "SF_DATABASE__URL" not in os.environ


def test_lists_are_written_by_comma_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ("https://a.example", "http://localhost:3000")
    put(monkeypatch, {"SF_HTTP__CORS_ORIGINS": ", ".join(origins), "SF_HTTP__TRUSTED_PROXIES": '["10.0.0.1/8"]'})

    http = config.load().http

    assert http.cors_origins == origins
    assert http.trusted_proxies == ("10.0.0.0/8",)


def test_production_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_ENVIRONMENT", "production")

    said = refusal()

    assert all(name in said for name in SAFE if name != "SF_ENVIRONMENT")


@pytest.mark.parametrize("secret", ["short", "a" * 64, "abc" * 20])
def test_production_refuses_a_secret_that_can_be_guessed(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {**SAFE, "SF_AUTH__SECRET": secret})

    assert "at least 32 random characters" in refusal()


def test_production_starts_with_all_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SAFE)

    settings = config.load()

    assert settings.public_url == "https://video.example"
    assert SAFE["SF_AUTH__SECRET"] not in repr(settings)


def test_every_setting_has_a_description() -> None:
    known = config.known_keys()

    assert not [name for name, (_, _, description) in known.items() if not description]
    assert "SF_HTTP__PORT" in known
