"""What is made of uploads, as staff and owners see it, stop it and begin it anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import psutil
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, objects_of, upload
from tests.factories.clips import clip
from tests.factories.processes import running_ffmpegs
from tests.factories.staff import look, of_role
from tests.faults.transcoding import media_job, work_off

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.schemas import RoleUpdate
from socialflow.domains.media import service
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import transcodes
from socialflow.kernel import ids, jobs, presence
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
People = Callable[..., Awaitable[Person]]
JOBS = "/admin/media/jobs"


@pytest.fixture
async def staff(app: App, person: People) -> Person:
    """Somebody who looks after background work, and may do nothing else."""
    return await of_role(app, person, "ops", "jobs:manage")


def shown(asset_id: Any) -> str:
    return ids.show("ast", asset_id)


async def read(answer: httpx2.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_staff_see_every_job_with_its_tasks_and_what_they_cost(
    app: App, ada: Person, staff: Person, deliver: Deliver
) -> None:
    assert (await read(await staff.get(JOBS))) == {"items": [], "next_cursor": None}
    made = [await upload(app, ada, clip("tiny.mp4")), await upload(app, ada, b"no video at all" * 50)]
    await deliver(times=1)

    body = await read(await staff.get(f"{JOBS}?limit=1"))
    assert [item["id"] for item in body["items"]] == [shown(made[1].asset_id)]
    body = await read(await staff.get(f"{JOBS}?limit=1&cursor={body['next_cursor']}"))
    assert [item["id"] for item in body["items"]] == [shown(made[0].asset_id)]
    assert body["next_cursor"] is None
    failed = await read(await staff.get(f"{JOBS}?state=failed"))
    assert [(item["state"], item["failure_code"]) for item in failed["items"]] == [("failed", "not_a_video")]

    job = await read(await staff.get(f"{JOBS}/{shown(made[0].asset_id)}"))
    assert (job["state"], job["progress"], job["seconds_left"], job["round"]) == ("done", 1.0, None, 1)
    assert job["tasks"] == job["tasks_done"] == len(job["parts"])
    assert {part["kind"] for part in job["parts"]} == {"remux", "poster", "chunks", "join", "storyboard"}
    assert all(part["state"] == "done" and part["attempts"] == 1 and part["worker"] for part in job["parts"])
    assert job["cpu_s"] == pytest.approx(sum(part["cpu_s"] for part in job["parts"]))
    assert job["cpu_s"] > 0
    assert job["bytes_made"] == sum(part["bytes_made"] for part in job["parts"]) > 0
    assert (await staff.get(f"{JOBS}/{shown(ids.new())}")).status_code == 404


async def test_what_failed_is_begun_anew_by_staff_with_a_reason_that_is_kept(
    app: App, ada: Person, staff: Person, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("tiny.mp4"))
    async with app.work(SYSTEM) as work:
        await transcodes.fail(work, made.asset_id, "encoder_crashed", "It crashed.")
    await deliver(times=1)
    path = f"{JOBS}/{shown(made.asset_id)}"
    assert (await read(await staff.post(f"{path}/cancel", {}), 409))["code"] == "not_to_cancel"

    job = await read(await staff.post(f"{path}/retry", {"reason": "The encoder was mended."}))
    assert (job["state"], job["round"], job["failure_code"]) == ("running", 2, None)
    await deliver()
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert (await read(await staff.post(f"{path}/retry", {}), 409))["code"] == "not_to_retry"
    async with app.sessions() as session:
        query = text("""
            SELECT d.details ->> 'reason' FROM audit_events AS e JOIN audit_details AS d ON d.event_id = e.id
            WHERE e.tag = 'media:job:retried'
        """)
        assert list(await session.scalars(query)) == ["The encoder was mended."]


async def test_owners_stop_and_restart_their_own_uploads_and_nobody_elses(
    app: App, ada: Person, person: People, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("tiny.mp4"))
    path = f"/uploads/{ids.show('upl', made.id)}"
    eve = await person("eve")
    for deed in ("cancel", "retry"):
        assert (await eve.post(f"{path}/{deed}", {})).status_code == 404
    assert (await ada.post(f"{path}/retry", {})).json()["code"] == "not_to_retry"

    assert (await ada.post(f"{path}/cancel", {})).status_code == 204
    state = (await ada.get(path)).json()
    assert (state["state"], state["failure_code"], state["seconds_left"]) == ("failed", "cancelled", None)
    await deliver(times=1)
    assert (await asset_of(app, made.asset_id)).state == AssetState.FAILED
    assert await objects_of(app, made.asset_id) == set()

    assert (await ada.post(f"{path}/retry", {})).status_code == 204
    assert (await ada.get(path)).json()["state"] in {"received", "queued"}
    await deliver(times=1)
    assert (await ada.get(path)).json()["state"] == "ready"


async def test_who_may_not_upload_any_more_may_not_have_a_failed_upload_processed_again_either(
    app: App, person: People, staff: Person, deliver: Deliver
) -> None:
    guest = await of_role(app, person, "guest", may_upload=True)
    made = await upload(app, guest, clip("tiny.mp4"))
    async with app.work(SYSTEM) as work:
        await transcodes.fail(work, made.asset_id, "encoder_crashed", "It crashed.")
    await deliver(times=1)
    async with app.work(SYSTEM) as work:
        await accounts.change_role_itself(work, "role_of_guest", RoleUpdate(may_upload=False), lambda _: None)
    await look(app)

    refused = await read(await guest.post(f"/uploads/{ids.show('upl', made.id)}/retry", {}), 403)
    assert refused["code"] == "uploads_not_allowed"
    assert (await asset_of(app, made.asset_id)).state == AssetState.FAILED
    # Staff decide for themselves.
    await read(await staff.post(f"{JOBS}/{shown(made.asset_id)}/retry", {}))


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
async def test_an_encoder_at_work_is_stopped_within_seconds(app: App, ada: Person, staff: Person, how: str) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await media_job(app)
    working = asyncio.create_task(work_off(app))
    frozen = await _freeze_an_encoder(working)
    began = time.monotonic()
    if how == "cancelled":
        await read(await staff.post(f"{JOBS}/{shown(made.asset_id)}/cancel", {"reason": "asked for"}))
    else:
        async with app.work(SYSTEM) as work:
            await service.delete_asset(work, made.asset_id)

    assert set(await working) == {jobs.Outcome.DONE}
    assert time.monotonic() - began < 10
    assert not frozen.is_running() or frozen.status() == psutil.STATUS_ZOMBIE
    assert await objects_of(app, made.asset_id) == set()
    assert [info.key async for info in app.port(ObjectStore).list("work/")] == []
    assert not (app.settings.work_dir / str(made.asset_id)).exists()


async def _freeze_an_encoder(working: "asyncio.Task[Any]") -> psutil.Process:
    """One that cannot end by itself."""
    while not working.done():
        for process in running_ffmpegs():
            try:
                if any("libx264" in word for word in process.cmdline()):
                    process.suspend()
                    return process
            except psutil.NoSuchProcess:
                continue
        await asyncio.sleep(0.005)
    raise AssertionError("it was over too soon")


async def test_staff_see_queues_workers_and_what_is_kept(
    app: App, ada: Person, staff: Person, deliver: Deliver
) -> None:
    made = await upload(app, ada, clip("tiny.mp4"))
    await media_job(app)
    url = app.settings.redis.url
    assert url is not None
    now = time.time()
    for pid, seen in ((7, now), (8, now - 60), (9, now - 90_000)):
        presence.beat(url.get_secret_value(), presence.Worker("box", pid, ("encode",), 2, "1.2", now - 500, seen))

    body = await read(await staff.get("/admin/media"))
    assert {queue["name"]: queue["waiting"] for queue in body["queues"]}["media"] == 2, (
        "a task, and the look whether it is a sound for an edit"
    )
    assert [(worker["pid"], worker["silent"]) for worker in body["workers"]] == [(7, False), (8, True)]
    assert body["storage"]["sources"] == made.length
    assert body["storage"]["largest"] == [{"account_id": ada.id, "account_handle": ada.handle, "used": made.length}]


async def test_workers_beside_each_other_make_one_video(app: App, ada: Person) -> None:
    made = await upload(app, ada, clip("wide.mp4"))
    await media_job(app)
    while (await asset_of(app, made.asset_id)).state != AssetState.READY:
        await asyncio.gather(*(work_off(app) for _ in range(4)))

    async with app.sessions() as session:
        told = text("SELECT kind, count(*) FROM outbox WHERE kind IN ('AssetPlayable', 'AssetReady') GROUP BY kind")
        counted = {row.kind: row.count for row in await session.execute(told)}
        assert set(await session.scalars(text("SELECT attempts FROM transcode_tasks"))) == {1}
    assert counted == {"AssetPlayable": 1, "AssetReady": 1}
