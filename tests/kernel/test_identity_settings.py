"""Settings of other providers: by variable, by file, as JSON; what is missing is named."""

from pathlib import Path

import pytest

from socialflow.kernel import config
from socialflow.kernel.config import InvalidSettings, is_setting, load

GOOD = {"kind": "google", "client_id": "x"}


def test_each_value_has_a_variable_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    stem = "SF_IDENTITY__PROVIDERS__MY_WORK__"
    monkeypatch.setenv(f"{stem}CLIENT_ID", "x")
    monkeypatch.setenv(f"{stem}ISSUER", "https://login.example.org")
    monkeypatch.setenv(f"{stem}AUDIENCES", "a, b")
    monkeypatch.setenv(f"{stem}CLIENT_SECRET_FILE", str(secret))

    found = load().identity.providers["my_work"]

    assert (found.kind, found.issuer, found.audiences) == ("oidc", "https://login.example.org", ("a", "b"))
    assert found.client_secret is not None
    assert found.client_secret.get_secret_value() == "hush"
    assert "hush" not in repr(found)
    assert found.shown_as("my_work") == "My_work"


def test_a_name_that_is_none_is_refused_and_the_right_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SF_IDENTITY__PROVIDERS__GOOGLE__CLIENT_IT", "x")
    with pytest.raises(InvalidSettings, match="CLIENT_IT is not a setting"):
        load()
    assert is_setting("SF_IDENTITY__PROVIDERS__GOOGLE__CLIENT_ID")
    assert not is_setting("SF_IDENTITY__PROVIDERS__CLIENT_ID")
    assert "SF_IDENTITY__PROVIDERS__KEY__CLIENT_ID" in config.known_keys()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"client_id": "x"}, "issuer is needed"),
        ({"kind": "google"}, "CLIENT_ID: Field required"),
        ({"kind": "apple", "client_id": "x"}, "team_id, key_id, private_key needed"),
        ({"kind": "facebook", "client_id": "x"}, "client_secret is needed"),
        ({"kind": "github", "client_id": "x"}, "KIND"),
        ({"client_id": "x", "issuer": "http://login.example.org"}, "not an https address"),
        ({"client_id": "x", "issuer": "https://u@login.example.org"}, "not an https address"),
        ({**GOOD, "client_sekret": "x"}, "CLIENT_SEKRET is not a setting"),
    ],
)
def test_what_is_missing_is_named(said: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidSettings, match=why):
        load(identity={"providers": {"acme": said}})


@pytest.mark.parametrize("key", ["", "Acme", "a b", "a/b", "-a", "x" * 31, "ä"])
def test_a_key_can_stand_in_an_address(key: str) -> None:
    with pytest.raises(InvalidSettings, match="cannot stand in an address"):
        load(identity={"providers": {key: GOOD}})
