"""F5 with two machines that share a database and an object store, and no disk; and with a broker that forgets all."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.parts import part
from tests.factories.processes import running_ffmpegs
from tests.factories.s3 import BUCKET, moto_server
from tests.faults.test_f05_fleet_killed import SHORT_LEASE, awaited, digests, is_ready
from tests.faults.transcoding import work_off

from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.domains.media.models import AssetState
from socialflow.kernel import jobs
from socialflow.kernel.work import App
from socialflow.ports.storage import ObjectStore

pytestmark = [pytest.mark.adversary, pytest.mark.xdist_group("fleet"), pytest.mark.timeout(300)]
CLIP = "wide.mp4"
SECRET = "not-a-secret"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 service."""
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def bucket(service: str, tmp_path: Path) -> dict[str, str]:
    """Settings of the store that both machines share."""
    chosen = {"KIND": "s3", "BUCKET": BUCKET, "ENDPOINT": service, "ACCESS_KEY_ID": "AKIATESTS"}
    chosen |= {"SECRET_ACCESS_KEY": SECRET, "PREFIX": f"tests/{tmp_path.name.replace('_', '-')}"}
    return {f"SF_STORAGE__{name}": value for name, value in chosen.items()}


@pytest.fixture
def apart(app: App, bucket: dict[str, str]) -> App:
    """The App with the shared store."""
    chosen = {name.removeprefix("SF_STORAGE__").lower(): value for name, value in bucket.items()}
    place: dict[str, Any] = {
        name: chosen[name] for name in ("endpoint", "access_key_id", "secret_access_key", "prefix")
    }
    return replace(app, ports={**app.ports, ObjectStore: S3ObjectStore(BUCKET, **place)})


@pytest.fixture
async def undisturbed(app: App, ada: Person) -> dict[str, str]:
    """Name -> digest of what a transcode by one worker makes of the clip."""
    made = await upload(app, ada, clip(CLIP))
    assert set(await work_off(app)) == {jobs.Outcome.DONE}
    return await digests(app, made.asset_id)


@pytest.fixture
def clock(app: App, tmp_path: Path) -> Iterator[None]:
    """Relay and scheduler."""
    with ExitStack() as stack:
        for name in ("relay", "scheduler"):
            stack.enter_context(part(app.settings, name, log=tmp_path / f"{name}.log", **SHORT_LEASE))
        yield


async def check_end(app: App, asset_id: Any, undisturbed: dict[str, str]) -> None:
    """One ready video of the same bytes, and nothing in the store that no row names."""
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert await digests(app, asset_id) == undisturbed
    assert set((await files_of(app, asset_id)).values()) == await objects_of(app, asset_id)
    assert [info.key async for info in app.port(ObjectStore).list("work/")] == []
    async with app.sessions() as session:
        told = list(
            await session.scalars(
                text("SELECT kind FROM outbox WHERE payload ->> 'asset_id' = :id"), {"id": str(asset_id)}
            )
        )
    assert [told.count(kind) for kind in ("AssetPlayable", "AssetReady", "AssetFailed")] == [1, 1, 0]


async def workers_of(app: App, asset_id: Any) -> set[str]:
    """Who has done the tasks."""
    async with app.sessions() as session:
        found = await session.scalars(text("SELECT worker FROM transcode_tasks WHERE asset_id = :id"), {"id": asset_id})
        return {name for name in found if name}


async def test_f05_two_machines_without_a_shared_disk_make_one_video_and_one_of_them_may_die(
    apart: App, ada: Person, tmp_path: Path, bucket: dict[str, str], undisturbed: dict[str, str], clock: None
) -> None:
    def machine(name: str) -> Any:
        settings = apart.settings.model_copy(update={"data_dir": tmp_path / name})
        queues = ("worker", "--queues", "media,encode", "--concurrency", "1")
        return part(settings, *queues, log=tmp_path / f"{name}.log", **SHORT_LEASE, **bucket)

    with machine("first") as first, machine("second") as second:
        made = await upload(apart, ada, clip(CLIP))

        async def both_at_work() -> bool:
            return len(await workers_of(apart, made.asset_id)) >= 2 and bool(running_ffmpegs(first.pid))

        await awaited(both_at_work, 60)
        for each in [psutil.Process(first.pid), *psutil.Process(first.pid).children(recursive=True)]:
            each.kill()
        await is_ready(apart, made.asset_id)
        assert second.poll() is None

    await check_end(apart, made.asset_id, undisturbed)
    assert not list((tmp_path / "second" / "work").iterdir())


async def test_f05_a_broker_that_forgets_everything_in_the_middle_delays_and_loses_nothing(
    app: App, ada: Person, tmp_path: Path, undisturbed: dict[str, str], clock: None
) -> None:
    with part(app.settings, "worker", "--queues", "media,encode", log=tmp_path / "worker.log", **SHORT_LEASE):
        made = await upload(app, ada, clip(CLIP))

        async def at_work() -> bool:
            return (await asset_of(app, made.asset_id)).state == AssetState.PARTIALLY_PLAYABLE

        await awaited(at_work, 60)
        await app.redis.flushdb()
        await asyncio.sleep(0.2)
        await app.redis.flushdb()
        await is_ready(app, made.asset_id)
    await check_end(app, made.asset_id, undisturbed)
