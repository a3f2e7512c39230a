"""`socialflow media`: jobs are listed, looked into, stopped and begun anew."""

import asyncio

import pytest
from tests.conftest import SECRET
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, upload
from tests.factories.clips import clip
from tests.factories.edits import edit
from tests.factories.videos import video
from tests.faults.transcoding import work_off

from socialflow.domains.media.models import AssetState
from socialflow.entrypoints import cli
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture
def installation(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's installation, as the environment tells of it."""
    assert settings.database.url is not None
    assert settings.redis.url is not None
    monkeypatch.setenv("SF_ENVIRONMENT", "test")
    monkeypatch.setenv("SF_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SF_DATABASE__URL", settings.database.url.get_secret_value())
    monkeypatch.setenv("SF_REDIS__URL", settings.redis.url.get_secret_value())
    monkeypatch.setenv("SF_AUTH__SECRET", SECRET)


async def test_operators_stop_a_job_and_begin_it_anew(
    app: App, ada: Person, installation: None, capsys: pytest.CaptureFixture[str]
) -> None:
    async def said(*arguments: str, code: int = 0) -> str:
        assert await asyncio.to_thread(cli.main, ["media", *arguments]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert await said("jobs") == ""
    made = await upload(app, ada, clip("tiny.mp4"))
    name = ids.show("ast", made.asset_id)
    await work_off(app, leave=1)
    assert f"{name}  running" in await said("jobs", "--state", "running")
    assert "storyboard               queued" in await said("job", name)
    assert "is stopped" in await said("cancel", name, "--reason", "a test")
    assert "Nothing is being made of this any more." in await said("cancel", name, code=1)
    assert "cancelled" in await said("jobs")

    assert "processed again" in await said("retry", name)
    await work_off(app)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert f"{name}  done" in await said("jobs")
    status = await said("status")
    assert "queue media" in status
    assert "kept: 1 assets" in status
    assert "is not the id" in await said("job", "nonsense", code=2)


async def test_operators_see_edits_and_give_one_up(
    app: App, ada: Person, installation: None, capsys: pytest.CaptureFixture[str]
) -> None:
    async def said(*arguments: str, code: int = 0) -> str:
        assert await asyncio.to_thread(cli.main, ["media", *arguments]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert await said("edits") == ""
    asked = await edit(ada, await video(app, ada), {"kind": "mute"})
    assert f"{asked['id']}  queued      0%  ast_" in await said("edits")
    assert "is given up" in await said("cancel-edit", asked["id"], "--reason", "a test")
    assert await said("edits") == ""
    assert f"{asked['id']}  cancelled" in await said("edits", "--all")
    assert "This edit is over" in await said("cancel-edit", asked["id"], code=1)
    assert "is not the id of an edit" in await said("cancel-edit", "ast_1", code=2)
    assert (await ada.get(f"/videos/{asked['video_id']}/edits/{asked['id']}")).json()["state"] == "cancelled"
