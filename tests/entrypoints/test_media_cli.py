"""`socialflow media`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import SECRET
from tests.factories.accounts import Person
from tests.factories.assets import files_of
from tests.factories.kept import damage, keys_of, orphan, path_of
from tests.factories.uploads import ready_asset, uploaded

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.entrypoints import cli, stores
from socialflow.kernel import config, ids
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

pytestmark = pytest.mark.xdist_group("cli")
BAD_SETTINGS = 78


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


async def run(*words: str) -> int:
    return await asyncio.to_thread(cli.main, ["media", *words])


def store_in(folder: Path) -> Path:
    """A settings file of a store in another folder."""
    file = folder / "other.toml"
    file.write_text(f'[storage]\nkind = "local"\nroot = "{folder / "other"}"\n')
    return file


async def test_an_installation_is_verified_and_repaired_by_command(
    app: App, ada: Person, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    asset = ids.parse("ast", await ready_asset(app, ada))
    assert await run("verify") == 0
    assert "7 objects compared" in capsys.readouterr().out

    files = await files_of(app, asset)
    damage(app, files["v360.mp4"])
    lost = await orphan(app, f"assets/{ids.new()}/aa/x", age=timedelta(days=2))
    assert await run("verify") == 1
    shown = capsys.readouterr().out
    assert "damaged" in shown
    assert lost in shown

    assert await run("verify", "--repair", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["objects"], told["clean"]) == (7, False)
    by_key = {found["key"]: found for found in told["findings"]}
    assert (by_key[lost]["fault"], by_key[lost]["repaired"]) == ("orphan", True)
    assert by_key[files["v360.mp4"]]["repaired"] is False
    assert await run("verify", "--quick") == 0


async def test_the_manifest_is_what_sha256sum_checks(
    app: App, ada: Person, installation: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await ready_asset(app, ada)
    await uploaded(ada, b"0123456789")
    await uploaded(ada, b"went straight to the store")
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE upload_pieces SET sha256 = NULL WHERE length > 10"))
    assert await run("manifest") == 0
    manifest = capsys.readouterr().out
    assert len(manifest.splitlines()) == 8

    def check() -> int:
        command = ["sha256sum", "--check", "--status", "-"]
        return subprocess.run(command, input=manifest.encode(), cwd=installation.storage_root, check=False).returncode

    assert check() == 0
    damage(app, manifest.splitlines()[0].split()[1])
    assert check() == 1


async def test_a_store_is_moved_switched_and_cleared_by_command(
    app: App,
    ada: Person,
    installation: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await ready_asset(app, ada)
    former = tmp_path / "former.toml"
    former.write_text(f'[storage]\nkind = "local"\nroot = "{installation.storage_root}"\n')
    other = store_in(tmp_path)

    assert await run("move-storage", "--to", str(other)) == 0
    assert "7 objects are there, 7 of them copied now" in capsys.readouterr().out
    assert await run("move-storage", "--to", str(other)) == 0
    assert "7 objects are there, 0 of them copied now" in capsys.readouterr().out

    monkeypatch.setenv("SF_STORAGE__ROOT", str(tmp_path / "other"))
    assert await run("verify") == 0
    assert await run("move-storage", "--from", str(former), "--delete-source") == 0
    assert "7 objects deleted from the former store" in capsys.readouterr().out
    assert await keys_of(app.port(ObjectStore)) == []
    assert len(await keys_of(LocalObjectStore(tmp_path / "other"))) == 7


async def test_what_makes_no_sense_is_refused_before_anything_is_done(
    app: App, ada: Person, installation: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = str(store_in(tmp_path))
    for words in ([], ["--to", other, "--from", other], ["--to", other, "--delete-source"], ["--to", "local"]):
        assert await run("move-storage", *words) == 2, words
    (tmp_path / "bad.toml").write_text('[storage]\nkind = "tape"\n')
    (tmp_path / "empty.toml").write_text("")
    for named in ("bad.toml", "empty.toml", "none.toml"):
        assert await run("move-storage", "--to", str(tmp_path / named)) == BAD_SETTINGS, named
        assert named in capsys.readouterr().err
    assert await run("move-storage", "--to", "azure") == BAD_SETTINGS
    assert "SF_STORAGE__BUCKET is needed" in capsys.readouterr().err


@pytest.mark.adversary
@pytest.mark.parametrize("point", ["move.put", "move.batch"])
async def test_f05_a_move_that_is_killed_goes_on(
    app: App, ada: Person, installation: Settings, tmp_path: Path, point: str
) -> None:
    for _ in range(3):
        await ready_asset(app, ada)
    other = str(store_in(tmp_path))
    command = [sys.executable, "-m", "socialflow", "media", "move-storage", "--to", other]

    def go(fault: str) -> int:
        environment = {**os.environ, "SF_FAULT": fault}
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode

    assert await asyncio.to_thread(go, f"{point}:kill@{tmp_path / 'once'}") == -signal.SIGKILL
    assert await asyncio.to_thread(go, "") == 0

    target = LocalObjectStore(tmp_path / "other")
    assert await keys_of(target) == await keys_of(app.port(ObjectStore))
    for key in await keys_of(target):
        assert await target.get(key) == path_of(app, key).read_bytes()
    assert not (installation.work_dir / "moving").exists()


@pytest.mark.parametrize(
    ("kind", "given", "lacking"),
    [
        ("s3", {}, "SF_STORAGE__BUCKET"),
        ("azure", {"bucket": "videos"}, "SF_STORAGE__ACCOUNT"),
        ("gcs", {"bucket": "videos", "credentials": "{}"}, "SF_STORAGE__CREDENTIALS"),
        ("gcs", {"bucket": "videos", "credentials": "no json"}, "SF_STORAGE__CREDENTIALS"),
    ],
)
def test_a_store_that_lacks_something_names_the_setting(kind: str, given: dict[str, str], lacking: str) -> None:
    settings = config.load(storage={"kind": kind, **given})

    with pytest.raises(InvalidSettings, match=lacking) as told:
        stores.object_store(settings)
    assert "no json" not in str(told.value)


def test_a_machine_without_an_identity_is_told_to_name_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Google's own switches: do not ask the network who we are, and look for nobody's keys.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)

    with pytest.raises(InvalidSettings, match="SF_STORAGE__CREDENTIALS cannot be used: there is none"):
        stores.object_store(config.load(storage={"kind": "gcs", "bucket": "videos"}))


def test_only_the_chosen_store_is_loaded() -> None:
    """Google's client takes half a second to load, and nobody who keeps files in a folder waits for it."""
    program = (
        "import sys; from socialflow.entrypoints import bootstrap; from socialflow.kernel import config;"
        "bootstrap.object_store(config.load());"
        "print([name for name in ('obstore', 'botocore', 'google.cloud', 'requests') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
