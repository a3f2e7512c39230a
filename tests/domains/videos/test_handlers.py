"""How the catalogue hears of uploads and assets: twice, late, and in any order."""

from collections.abc import Awaitable, Callable
from itertools import permutations
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.videos import STATES, arrive, asset_of, draft, upload

from socialflow.domains.media.events import AssetFailed, AssetPlayable, AssetReady, UploadCompleted
from socialflow.domains.media.models import Asset, Upload
from socialflow.domains.videos.handlers import reconcile_states
from socialflow.domains.videos.models import Video
from socialflow.kernel import ids
from socialflow.kernel.events import Event
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
# The pipeline itself, which would look for real bytes, works on another queue.
OURS = ("default", "feed")


async def video_of(ada: Person, upload_id: str) -> str:
    answer = await ada.post("/videos", {"title": "x", "upload_id": upload_id})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def events_of(asset: Asset) -> list[Event]:
    who: dict[str, Any] = {"asset_id": asset.id, "account_id": asset.account_id}
    shape = {"duration_ms": 1, "width": 1, "height": 1, "has_video": True, "has_audio": True}
    assert asset.upload_id is not None
    return [
        UploadCompleted(upload_id=asset.upload_id, purpose="video", **who),
        AssetPlayable(**who),
        AssetReady(**who, **shape),
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_events_in_any_order_and_twice_end_in_one_published_video(
    app: App, ada: Person, deliver: Deliver, order: tuple[int, ...]
) -> None:
    made = await draft(ada)
    async with app.work(SYSTEM) as work:
        waiting = (await work.db.get_one(Video, ids.parse("vid", made["id"]))).upload_id
    await arrive(app, ids.show("upl", waiting), "ready")
    async with app.work(SYSTEM) as work:
        told = events_of(await work.db.get_one(Asset, await asset_of(app, made["id"])))

    for number in order:
        async with app.work(SYSTEM) as work:
            work.emit(told[number])
        await deliver(queues=OURS)

    read = (await ada.get(f"/videos/{made['id']}")).json()
    assert read["state"] == "ready"
    assert (await facts(app)).count("VideoPublished") == 1
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == 1


async def test_a_failure_takes_a_playable_video_back(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    waiting = await upload(ada)
    made = await video_of(ada, waiting)
    await arrive(app, waiting, "partially_playable")
    asset_id = await asset_of(app, made)
    async with app.work(SYSTEM) as work:
        work.emit(AssetPlayable(asset_id=asset_id, account_id=ids.parse("acc", ada.id)))
    await deliver(queues=OURS)
    assert (await client.get(f"/api/v1/videos/{made}")).status_code == 200

    async with app.work(SYSTEM) as work:
        values = {"state": STATES["failed"], "failure_code": "broken", "failure_detail": "Broken."}
        await work.db.execute(update(Asset).where(Asset.id == asset_id).values(values))
        work.emit(AssetFailed(asset_id=asset_id, account_id=ids.parse("acc", ada.id), code="broken", detail="Broken."))
    await deliver(queues=OURS)

    assert (await client.get(f"/api/v1/videos/{made}")).status_code == 404
    assert (await ada.get(f"/videos/{made}")).json()["failure"] == {"code": "broken", "detail": "Broken."}
    assert (await facts(app)).count("VideoUnpublished") == 1
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == 0


async def test_a_draft_whose_upload_was_given_up_fails_with_a_reason(app: App, ada: Person, deliver: Deliver) -> None:
    waiting = await upload(ada)
    made = await video_of(ada, waiting)
    discarded = await ada.http.delete(f"/api/v1/uploads/{waiting}", headers={"Tus-Resumable": "1.0.0"})
    assert discarded.status_code == 204
    await deliver(queues=OURS)

    read = (await ada.get(f"/videos/{made}")).json()
    assert (read["state"], read["failure"]["code"]) == ("failed", "upload_gone")


async def test_events_about_assets_without_a_video_are_heard_and_forgotten(
    app: App, ada: Person, deliver: Deliver
) -> None:
    waiting = await upload(ada)
    await arrive(app, waiting, "ready")
    async with app.work(SYSTEM) as work:
        asset = (await work.db.get_one(Upload, ids.parse("upl", waiting))).asset_id
        work.emit(AssetPlayable(asset_id=asset, account_id=ids.parse("acc", ada.id)))
    # Two handlers, each of them twice.
    assert await deliver(queues=OURS) == 4


async def test_a_video_whose_events_were_missed_catches_up(app: App, ada: Person) -> None:
    waiting = await upload(ada)
    made = await video_of(ada, waiting)
    await arrive(app, waiting, "ready")
    async with app.work(SYSTEM) as work:
        await work.db.execute(update(Asset).values(updated_at=work.now.replace(year=2020)))
    assert (await ada.get(f"/videos/{made}")).json()["state"] == "draft"

    await reconcile_states(app)
    await reconcile_states(app)

    assert (await ada.get(f"/videos/{made}")).json()["state"] == "ready"
    assert (await facts(app)).count("VideoPublished") == 1
