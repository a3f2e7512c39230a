"""Rotation of signing keys: nobody notices, until a key is taken away on purpose."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.tokens import part

from socialflow.domains.accounts.errors import InvalidToken
from socialflow.domains.accounts.service import AccessTokens, Authenticator, keys, rotation
from socialflow.domains.accounts.service.rotation import Algorithm
from socialflow.entrypoints import cli
from socialflow.entrypoints.bootstrap import open_app, signing_keys_file
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TTL = timedelta(minutes=15)


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The test's installation, as the environment tells of it."""
    assert settings.database.url is not None
    monkeypatch.setenv("SF_ENVIRONMENT", "test")
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    return settings


@pytest.fixture
async def elsewhere(settings: Settings, app: App) -> AsyncIterator[App]:
    """What another process of the same installation holds."""
    async with open_app(settings) as opened:
        yield opened


async def log_in(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


async def status(client: httpx2.AsyncClient, token: str) -> int:
    return (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})).status_code


def look_again(app: App) -> None:
    """As if a second had passed since the file was last looked at."""
    app.port(AccessTokens)._looked_at -= keys.LOOK_SECONDS


async def test_keys_are_rotated_while_all_runs_and_no_token_is_refused(
    installation: Settings, app: App, elsewhere: App, api: FastAPI, client: httpx2.AsyncClient, ada: Person
) -> None:
    assert cli.main(["keys", "rotate", "--algorithm", "ed25519"]) == 0

    look_again(app)
    fresh = await log_in(client)
    assert part(ada.access_token, 0)["alg"] == "ES256"
    assert part(fresh, 0)["alg"] == "Ed25519"
    assert await status(client, ada.access_token) == await status(client, fresh) == 200
    # Another process has not looked at the file yet, and meets the new key in a token.
    assert (await elsewhere.port(Authenticator).bearer(fresh)).id is not None
    published = (await client.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == [part(fresh, 0)["kid"], part(ada.access_token, 0)["kid"]]


async def test_a_key_is_retired_when_its_last_token_has_run_out(
    installation: Settings, app: App, client: httpx2.AsyncClient, ada: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    path = signing_keys_file(installation)
    assert cli.main(["keys", "rotate"]) == 0
    assert cli.main(["keys", "retire"]) == 0
    assert "no key is old enough" in capsys.readouterr().err
    look_again(app)
    assert await status(client, ada.access_token) == 200

    kept = json.loads(path.read_text())
    kept["keys"][1][rotation.REPLACED_AT] -= installation.auth.access_ttl_s + rotation.MARGIN.seconds + 1
    path.write_text(json.dumps(kept))
    assert cli.main(["keys", "retire"]) == 0

    look_again(app)
    assert await status(client, ada.access_token) == 401
    assert await status(client, await log_in(client)) == 200
    assert len((await client.get("/.well-known/jwks.json")).json()["keys"]) == 1


async def test_a_key_that_got_out_is_dropped_at_once(
    installation: Settings, app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    assert await status(client, ada.access_token) == 200
    assert cli.main(["keys", "rotate", "--drop-old"]) == 0

    look_again(app)
    assert await status(client, ada.access_token) == 401, "also by whoever remembers that its signature was good"
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert await status(client, answer.json()["access_token"]) == 200, "nobody has to log in anew"


async def test_a_file_that_cannot_be_used_changes_nothing(
    installation: Settings, app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    path = signing_keys_file(installation)
    for text in ("", "{}", '{"keys": []}', "\x00"):
        path.write_text(text)
        look_again(app)
        assert await status(client, ada.access_token) == 200
        assert await status(client, await log_in(client)) == 200
    path.unlink()
    look_again(app)
    assert await status(client, ada.access_token) == 200


async def test_verifiers_elsewhere_get_public_halves_and_may_keep_them(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"].startswith("public, max-age=300")
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    again = await client.get("/.well-known/jwks.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_keys_from_the_environment_are_printed_and_not_kept(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = rotation.first_keys(NOW)
    monkeypatch.setenv("SF_AUTH__SIGNING_KEYS", before)
    monkeypatch.setenv("SF_DATA_DIR", str(tmp_path / "nothing"))

    assert cli.main(["keys", "rotate", "--algorithm", "Ed25519"]) == 0

    said = capsys.readouterr()
    made = rotation.described(said.out)
    assert [key.algorithm for key in made] == ["Ed25519", "ES256"]
    assert made[1].kid == rotation.described(before)[0].kid
    assert "SF_AUTH__SIGNING_KEYS" in said.err
    assert not (tmp_path / "nothing").exists()
    AccessTokens(said.out, issuer="here", ttl_seconds=900)


def test_a_list_of_keys_tells_nothing_secret(installation: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "list"]) == 0
    assert cli.main(["keys", "rotate"]) == 0
    assert cli.main(["keys", "list"]) == 0

    said = capsys.readouterr().out
    kept = json.loads(signing_keys_file(installation).read_text())["keys"]
    assert len(kept) == 2
    for key in kept:
        assert key["kid"] in said
        assert key["d"] not in said
    assert signing_keys_file(installation).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in signing_keys_file(installation).parent.iterdir()] == ["signing_keys.json"]


def test_a_key_is_retired_by_name_unless_it_is_the_only_one(
    installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["keys", "list"]) == 0
    (only,) = rotation.described(signing_keys_file(installation).read_text())
    assert cli.main(["keys", "retire", "--kid", only.kid]) == 1
    assert cli.main(["keys", "retire", "--kid", "other"]) == 1
    assert cli.main(["keys", "rotate"]) == 0
    assert cli.main(["keys", "retire", "--kid", only.kid]) == 0
    assert only.kid not in signing_keys_file(installation).read_text()
    assert "there is no key other" in capsys.readouterr().err


def test_two_who_change_the_keys_at_once_do_not_undo_each_other(
    installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["keys", "list"]) == 0
    before = signing_keys_file(installation).read_text()
    lock = signing_keys_file(installation).with_name("signing_keys.json.lock")
    lock.touch()
    assert cli.main(["keys", "rotate"]) == 1
    assert signing_keys_file(installation).read_text() == before
    assert "somebody else" in capsys.readouterr().err


def test_a_key_without_a_date_stays_until_it_is_named() -> None:
    old = json.loads(rotation.first_keys(NOW))
    del old["keys"][0][rotation.MADE_AT]
    del old["keys"][0]["kid"]
    both = json.loads(rotation.rotated(json.dumps(old), NOW))
    del both["keys"][1][rotation.REPLACED_AT]

    left, gone = rotation.retired(json.dumps(both), NOW + timedelta(days=999), access_ttl=TTL)

    assert gone == []
    assert len(rotation.described(left)) == 2


def test_the_first_key_stays_and_others_go_in_their_time() -> None:
    made = rotation.first_keys(NOW, Algorithm.ED25519)
    for day in (1, 2):
        made = rotation.rotated(made, NOW + timedelta(days=day))
    kids = [key.kid for key in rotation.described(made)]
    assert rotation.retired(made, NOW + timedelta(days=1), access_ttl=TTL)[1] == []
    edge = NOW + timedelta(days=1) + TTL + rotation.MARGIN
    assert rotation.retired(made, edge, access_ttl=TTL)[1] == [kids[2]]
    assert rotation.retired(made, NOW + timedelta(days=9), access_ttl=TTL)[1] == kids[1:]


def test_a_token_of_a_retired_key_is_none() -> None:
    before = rotation.first_keys(NOW)
    after = rotation.rotated(before, NOW)
    old = AccessTokens(before, issuer="here", ttl_seconds=900)
    token = old.issue(keys.Claims(keys.ids.new(), keys.ids.new(), "user", frozenset({"read"}), NOW + TTL), NOW)
    assert AccessTokens(after, issuer="here", ttl_seconds=900).read(token, NOW)
    (first, _) = rotation.described(after)
    alone = rotation.without(after, rotation.described(before)[0].kid)
    with pytest.raises(InvalidToken):
        AccessTokens(alone, issuer="here", ttl_seconds=900).read(token, NOW)
    assert rotation.described(alone) == [first]
