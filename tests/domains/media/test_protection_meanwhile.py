"""Protection that is asked for, or taken off, while something else is being made of the same video."""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.domains.media.test_protection import made, media_of, offered, opens, playback, protect, settle
from tests.factories.accounts import Person
from tests.factories.assets import asset_of, files_of, upload
from tests.factories.clips import clip
from tests.factories.kept import path_of
from tests.factories.staff import of_role
from tests.faults.transcoding import make_due, next_job, relay_all, tasks_left

from socialflow.domains.media.handlers.transcode import tidy_if_over
from socialflow.domains.media.models import AssetState
from socialflow.domains.media.service import inventory, repairs
from socialflow.kernel import ids, jobs
from socialflow.kernel.work import App
from socialflow.ports.packaging import Packager
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]
People = Callable[..., Awaitable[Person]]


async def standing(person: Person, video: dict[str, Any]) -> tuple[str, str, str]:
    """What is wanted, what is in force, and how far it is."""
    told = (await person.get(f"/videos/{video['id']}/protection")).json()
    return told["protection"], told["in_force"], told["state"]


async def lacking(client: httpx2.AsyncClient, video: dict[str, Any]) -> set[str]:
    """Which files a player would be sent to and not get."""
    address = (await playback(client, video))["hls_url"]
    base = address.rpartition("/")[0]
    master = (await client.get(address)).text
    listed = {line for line in master.splitlines() if line and not line.startswith("#")}
    listed |= set(re.findall(r'URI="([^"]+)"', master))
    assert listed
    wanting = set()
    for name in listed:
        answer = await client.get(f"{base}/{name}")
        media = set(re.findall(r'#EXT-X-MAP:URI="([^"]+)"', answer.text)) if answer.status_code == 200 else set()
        wanting |= {each for each in media if (await client.head(f"{base}/{each}")).status_code != 200}
        wanting |= set() if answer.status_code == 200 else {name}
    return wanting


async def begin_repair(app: App, asset_id: Any, lost: str) -> None:
    """Lose a file, so that a ready video is made anew."""
    path_of(app, (await files_of(app, asset_id))[lost]).unlink()
    await repairs.repair(app, await inventory.verify(app))
    assert (await asset_of(app, asset_id)).state == AssetState.PARTIALLY_PLAYABLE


async def test_protection_that_is_taken_off_while_a_video_is_made_leaves_it_whole_and_plain(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path
) -> None:
    asset_id, video = await made(app, ada)
    await protect(ada, video, "aes128")
    while not any(re.fullmatch(r"plain/v\d+\.mp4", name) for name in await files_of(app, asset_id)):
        job = await next_job(app)
        assert job is not None
        await jobs.execute(app, job)
    assert (await asset_of(app, asset_id)).state != AssetState.READY
    await protect(ada, video, "none")
    await deliver(times=1)

    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert await lacking(client, video) == set()
    assert not [name for name in await files_of(app, asset_id) if name.startswith("plain/")]
    assert await standing(ada, video) == ("none", "none", "done")
    assert (await playback(client, video))["protection"] is None
    assert all(opens(data, tmp_path, None) for data in (await media_of(app, asset_id)).values())


async def test_protection_that_is_taken_off_during_a_repair_is_off_after_it(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver, tmp_path: Path
) -> None:
    asset_id, video = await made(app, ada)
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    await begin_repair(app, asset_id, "storyboard.jpg")
    await protect(ada, video, "none")
    await deliver(times=1)

    assert await standing(ada, video) == ("none", "none", "done")
    assert (await playback(client, video))["protection"] is None
    assert await lacking(client, video) == set()
    # And it can be put on again.
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    assert await standing(ada, video) == ("clearkey", "clearkey", "done")


@pytest.mark.parametrize("asked", ["before", "meanwhile"])
async def test_protection_is_put_on_though_a_repair_is_stopped_that_came_between(
    app: App, ada: Person, person: People, client: httpx2.AsyncClient, deliver: Deliver, asked: str
) -> None:
    asset_id, video = await made(app, ada)
    staff = await of_role(app, person, "ops", "jobs:manage")
    await deliver(times=1)
    if asked == "before":
        await protect(ada, video, "aes128")
    await begin_repair(app, asset_id, "storyboard.jpg")
    if asked == "meanwhile":
        await protect(ada, video, "aes128")
    job = await next_job(app)
    assert job is not None
    await jobs.execute(app, job)
    answer = await staff.post(f"/admin/media/jobs/{ids.show('ast', asset_id)}/cancel", {})
    assert answer.json()["state"] == "cancelled"
    await deliver(times=1)

    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert await standing(ada, video) == ("aes128", "aes128", "done")


async def test_a_repair_that_begins_while_streams_are_enciphered_is_not_taken_for_done(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    asset_id, video = await made(app, ada)
    await deliver(times=1)
    await protect(ada, video, "clearkey")

    async def lose_storyboard() -> None:
        if "storyboard.jpg" in await files_of(app, asset_id):
            await begin_repair(app, asset_id, "storyboard.jpg")

    meanwhile = Meanwhile(app.port(Packager), "package", "", lose_storyboard)
    busy = replace(app, ports={**app.ports, Packager: meanwhile})
    job = await next_job(app)
    assert job is not None
    await jobs.execute(busy, job)
    assert meanwhile.struck
    assert (await asset_of(app, asset_id)).state == AssetState.PARTIALLY_PLAYABLE
    await make_due(app)
    await deliver(times=1)
    assert "storyboard.jpg" in await files_of(app, asset_id)
    assert await standing(ada, video) == ("clearkey", "clearkey", "done")
    assert (await inventory.verify(app)).findings == []


async def test_what_was_to_be_enciphered_before_a_video_was_begun_anew_shows_no_half_of_it(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    asset_id, video = await made(app, ada)
    upload_id = (await asset_of(app, asset_id)).upload_id
    assert upload_id is not None
    await protect(ada, video, "clearkey")
    while (await asset_of(app, asset_id)).state == AssetState.QUEUED or await tasks_left(app):
        job = await next_job(app)
        assert job is not None
        await jobs.execute(app, job)
    before = await offered(app, asset_id)
    late = await protecting_job(app)
    address = f"/uploads/{ids.show('upl', upload_id)}"
    assert (await ada.post(f"{address}/cancel", {})).status_code == 204
    assert (await ada.post(f"{address}/retry", {})).status_code == 204
    # The first attempt at it had failed, say, and the next one comes at this moment.
    while "plain/master.m3u8" not in await files_of(app, asset_id):
        job = await next_job(app)
        assert job is not None
        await jobs.execute(app, job)
    assert await tasks_left(app)
    await make_due(app, late)
    await jobs.execute(app, late)
    await settle(app, deliver)
    assert (await asset_of(app, asset_id)).state == AssetState.READY
    assert await offered(app, asset_id) == before
    assert await standing(ada, video) == ("clearkey", "clearkey", "done")
    assert await lacking(client, video) == set()


async def protecting_job(app: App) -> uuid.UUID:
    """The job that enciphers, put off for an hour."""
    await relay_all(app)
    async with app.sessions() as session, session.begin():
        later = text("UPDATE jobs SET run_after = now() + interval '1 hour' WHERE kind = 'media.protect' RETURNING id")
        return uuid.UUID(str((await session.execute(later)).scalar_one()))


async def test_who_tidies_up_late_leaves_alone_what_is_being_enciphered(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    asset_id, video = await made(app, ada)
    await deliver(times=1)
    await protect(ada, video, "aes128")
    # As whoever was killed behind the commit of an earlier task and is begun again does.
    meanwhile = Meanwhile(app.port(ObjectStore), "put", "master.m3u8", lambda: tidy_if_over(app, asset_id))
    busy = replace(app, ports={**app.ports, ObjectStore: meanwhile})
    job = await next_job(app)
    assert job is not None
    await jobs.execute(busy, job)
    assert meanwhile.struck
    await deliver(times=1)
    assert await standing(ada, video) == ("aes128", "aes128", "done")
    assert (await inventory.verify(app)).findings == []


async def test_a_file_that_replaces_a_protected_one_is_protected_before_it_is_looked_at(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    _, video = await made(app, ada)
    await protect(ada, video, "clearkey")
    await deliver(times=1)
    other = await upload(app, ada, clip("tiny.mp4"))
    answer = await ada.put(f"/videos/{video['id']}/source", json={"upload_id": ids.show("upl", other.id)})
    assert answer.status_code in {200, 202}, answer.text
    assert (await asset_of(app, other.asset_id)).protection == "clearkey"
    await deliver(times=1)
    assert (await asset_of(app, other.asset_id)).state == AssetState.READY
    assert await standing(ada, video) == ("clearkey", "clearkey", "done")


class Meanwhile:
    """A port that lets something happen after one of its calls, once."""

    def __init__(self, inner: Any, verb: str, ending: str, happen: Callable[[], Awaitable[None]]) -> None:
        self._inner, self._verb, self._ending, self._happen = inner, verb, ending, happen
        self.struck = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name != self._verb:
            return real

        async def call(first: Any, *rest: Any, **named: Any) -> Any:
            found = await real(first, *rest, **named)
            if not self.struck and str(first).endswith(self._ending):
                self.struck = True
                await self._happen()
            return found

        return call
