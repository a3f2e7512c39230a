"""What trends will be made of: which words were used, by whom, when, and for whom; and who follows them."""

from typing import Any

from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.posts import post
from tests.factories.videos import video

from socialflow.kernel import ids
from socialflow.kernel.work import App


async def facts(app: App, kind: str) -> list[dict[str, Any]]:
    """What was stated, in order."""
    async with app.sessions() as session:
        rows = await session.execute(text("SELECT payload FROM outbox WHERE kind = :kind ORDER BY id"), {"kind": kind})
        return [dict(row.payload) for row in rows]


async def test_a_published_post_tells_its_hashtags_and_for_whom_it_is(app: App, ada: Person) -> None:
    made = await post(ada, "by the #Sea with #Cats, #sea again")
    await post(ada, "for few #secret", visibility="private")
    assert (await ada.patch(f"/posts/{made['id']}", {"text": "by the #Sea with #dogs"})).status_code == 200
    first, second = await facts(app, "PostPublished")
    assert (first["hashtags"], first["reach"]) == (["sea", "cats"], "everyone")
    # What is said to nobody makes no trend.
    assert second["hashtags"] == []
    (edited,) = await facts(app, "PostEdited")
    assert edited["hashtags"] == ["sea", "dogs"]


async def test_a_published_video_is_told_by_its_id_alone(app: App, ada: Person) -> None:
    made = await video(app, ada, tags=["sea", "cats"])
    await video(app, ada, tags=["secret"], visibility="unlisted")
    (published,) = await facts(app, "VideoPublished")
    # Its tags are read when trends are counted: what somebody has written outlives them nowhere.
    assert (published["video_id"], published["first"]) == (str(ids.parse("vid", made["id"])), True)
    assert "tags" not in published


async def test_following_a_hashtag_is_a_fact_once(app: App, ada: Person) -> None:
    for _ in range(2):
        assert (await ada.put("/me/tags/Sea")).status_code == 200
    for _ in range(2):
        assert (await ada.delete("/me/tags/sea")).status_code == 204
    assert [each["hashtag"] for each in await facts(app, "HashtagFollowed")] == ["sea"]
    assert [each["hashtag"] for each in await facts(app, "HashtagUnfollowed")] == ["sea"]
