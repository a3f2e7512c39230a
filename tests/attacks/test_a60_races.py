"""A60: things done at the same moment by many: no crash, no number that is wrong afterwards."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import func, select, text
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.videos import asset_of, bring, draft, upload, video

from socialflow.domains.engagement.models import Comment, Like
from socialflow.domains.media.models import Asset
from socialflow.domains.videos import service as videos
from socialflow.kernel import housekeeping
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
FINE = {200, 201, 204, 404, 409, 503}


async def statuses(*asked: Awaitable[object]) -> set[int]:
    return {answer.status_code for answer in await asyncio.gather(*asked)}  # type: ignore[attr-defined]  # each is a response


async def test_a60_one_upload_becomes_one_video(ada: Person) -> None:
    body = {"title": "x", "upload_id": await upload(ada)}
    answers = await asyncio.gather(*(ada.post("/videos", body) for _ in range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(201) == 1
    assert set(codes) <= {201, 409, 503}
    assert len((await ada.get("/videos?mine=true")).json()["items"]) == 1


async def test_a60_deleting_while_others_like_and_comment_leaves_nothing_behind(
    app: App, ada: Person, bob: Person, deliver: Callable[..., Awaitable[int]]
) -> None:
    for _ in range(4):
        made = await video(app, ada)
        words = {"subject_id": made["id"], "text": "x"}
        found = await statuses(
            *(bob.put(f"/likes/{made['id']}") for _ in range(3)),
            *(bob.post("/comments", words) for _ in range(3)),
            ada.delete(f"/videos/{made['id']}"),
            *(ada.put(f"/likes/{made['id']}") for _ in range(2)),
            ada.patch(f"/videos/{made['id']}", {"title": "late"}),
        )
        assert found <= FINE, found
        assert (await ada.delete(f"/videos/{made['id']}")).status_code == 404
    await deliver(times=2)
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        for table in (Like, Comment):
            assert await work.db.scalar(select(func.count()).select_from(table)) == 0
        assert await work.db.scalar(text("SELECT count(*) FROM count_changes")) == 0


async def test_a60_publishing_while_visibility_changes_counts_and_tells_in_step(app: App, ada: Person) -> None:
    for visibility in ("private", "public", "unlisted"):
        made = await draft(ada)

        async def publish(video_id: str = made["id"]) -> None:
            await bring(app, video_id, "ready")

        await asyncio.gather(
            publish(),
            *(ada.patch(f"/videos/{made['id']}", {"visibility": each}) for each in ("private", "public", "unlisted")),
            ada.patch(f"/videos/{made['id']}", {"visibility": visibility}),
        )
        await ada.patch(f"/videos/{made['id']}", {"visibility": visibility})

    await housekeeping.fold_counts(app)
    told = await facts(app)
    assert told.count("VideoPublished") - told.count("VideoUnpublished") == 1
    assert (await ada.get(f"/channels/{ada.channel_id}")).json()["video_count"] == 1
    assert len((await ada.get("/videos")).json()["items"]) == 1
    async with app.work(SYSTEM) as work:
        access = sorted(await work.db.scalars(select(Asset.access)))
    assert access == ["open", "signed", "signed"]


async def test_a60_deleting_while_the_asset_is_processed_leaves_no_asset(app: App, ada: Person) -> None:
    made = await video(app, ada, state="processing")
    asset_id = await asset_of(app, made["id"])

    async def follow() -> None:
        async with app.work(SYSTEM) as work:
            await videos.follow_asset(work, asset_id)

    await asyncio.gather(ada.delete(f"/videos/{made['id']}"), *(follow() for _ in range(5)))
    async with app.work(SYSTEM) as work:
        assert await work.db.get(Asset, asset_id) is None
    assert (await ada.get(f"/videos/{made['id']}")).status_code == 404


async def test_a60_editing_and_deleting_one_comment_at_once(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    for _ in range(4):
        said = (await bob.post("/comments", {"subject_id": made["id"], "text": "x"})).json()
        found = await statuses(
            bob.patch(f"/comments/{said['id']}", {"text": "y"}),
            bob.delete(f"/comments/{said['id']}"),
            ada.delete(f"/comments/{said['id']}"),
            ada.put(f"/likes/{said['id']}"),
        )
        assert found <= {200, 204, 404}, found
    await housekeeping.fold_counts(app)
    assert (await ada.get(f"/videos/{made['id']}")).json()["comment_count"] == 0
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(Like)) == 0


async def test_a60_edits_of_one_copy_at_once_let_one_through(app: App, ada: Person) -> None:
    made = await video(app, ada)
    tag = (await ada.get(f"/videos/{made['id']}")).headers["etag"]
    answers = await asyncio.gather(
        *(ada.patch(f"/videos/{made['id']}", {"title": f"t{number}"}, headers={"If-Match": tag}) for number in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_a60_counts_fold_once_however_many_fold(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)
    async with app.sessions() as busy, busy.begin():
        await busy.execute(text("SELECT 1 FROM videos FOR NO KEY UPDATE"))
        await bob.put(f"/likes/{made['id']}")
        await ada.put(f"/likes/{made['id']}")
    await asyncio.gather(*(housekeeping.fold_counts(app) for _ in range(4)))
    await housekeeping.fold_counts(app)
    assert (await bob.get(f"/videos/{made['id']}")).json()["like_count"] == 2
