"""Likes of posts, dislikes and reactions over HTTP: exclusive, private, chosen by the operator, and counted exactly."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.edits import brought
from tests.factories.pictures import picture
from tests.factories.posts import post
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.engagement import service
from socialflow.domains.engagement.models import Dislike, Like, Reaction, ReactionCount
from socialflow.domains.engagement.schemas import EmojisRead, ReactionsOfMany
from socialflow.kernel import housekeeping, ids
from socialflow.kernel.counters import CountChange
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
THUMB, HEART, PARTY = "\N{THUMBS UP SIGN}", "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}", "\N{PARTY POPPER}"
NOTHING = ids.uuid.UUID(int=0)


async def three(app: App, ada: Person) -> tuple[str, str, str]:
    """A video, a post and a comment of Ada's."""
    made, said = await video(app, ada), await post(ada)
    comment = (await ada.post("/comments", {"subject_id": made["id"], "text": "hi"})).json()
    return made["id"], said["id"], comment["id"]


async def reactions(person: Person, *subjects: str) -> list[dict[str, Any]]:
    answer = await person.get("/reactions", params={"subject_ids": ",".join(subjects)})
    assert answer.status_code == 200, answer.text
    assert ReactionsOfMany.model_validate_json(answer.content)
    found: list[dict[str, Any]] = answer.json()["subjects"]
    return found


async def no_number_is_wrong(app: App) -> None:
    await housekeeping.fold_counts(app)
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.count()).select_from(CountChange)) == 0
        for recount in (
            service.recount_videos,
            service.recount_posts,
            service.recount_comments,
            service.recount_reactions,
        ):
            assert (await recount(work, NOTHING))[1] == 0, recount.__name__


@pytest.mark.timeout(120)
async def test_a_dislike_takes_a_like_back_and_is_counted_for_the_owner_alone(
    app: App, ada: Person, bob: Person
) -> None:
    for subject in await three(app, ada):
        assert (await bob.put(f"/likes/{subject}")).json()["like_count"] == 1
        for _ in range(2):
            answer = await bob.put(f"/dislikes/{subject}")
            assert answer.json() == {"subject_id": subject, "disliked": True, "like_count": 0}
        marks = (await bob.get("/me/marks", params={"subject_ids": subject})).json()
        assert (marks["liked"], marks["disliked"]) == ([], [subject])
        (seen,) = await reactions(bob, subject)
        (own,) = await reactions(ada, subject)
        assert (seen["disliked"], seen["dislike_count"]) == (True, None)
        assert (own["disliked"], own["dislike_count"]) == (False, 1)
        assert (await bob.put(f"/likes/{subject}")).json()["like_count"] == 1
        (own,) = await reactions(ada, subject)
        assert own["dislike_count"] == 0
        assert (await bob.delete(f"/dislikes/{subject}")).json()["like_count"] == 1
    told = await facts(app)
    assert (told.count("Disliked"), told.count("DislikeWithdrawn"), told.count("Unliked")) == (3, 3, 3)
    await no_number_is_wrong(app)


@pytest.mark.timeout(120)
async def test_one_reacts_by_one_emoji_and_by_what_is_offered(app: App, ada: Person, bob: Person) -> None:
    for subject in await three(app, ada):
        for emoji in (THUMB, THUMB, PARTY):
            answer = await bob.put(f"/reactions/{subject}", json={"emoji": emoji})
            assert [(each["emoji"], each["count"]) for each in answer.json()["reactions"]] == [(emoji, 1)]
            assert answer.json()["own"] == emoji
        await ada.put(f"/reactions/{subject}", json={"emoji": PARTY})
        (seen,) = await reactions(ada, subject)
        assert [(each["emoji"], each["count"]) for each in seen["reactions"]] == [(PARTY, 2)]
        for wrong in ("\N{SKULL}", "dislike", ":boat:", "x" * 41, "", 5, None):
            assert (await bob.put(f"/reactions/{subject}", json={"emoji": wrong})).status_code == 422, wrong
        for _ in range(2):
            assert (await bob.delete(f"/reactions/{subject}")).json()["own"] is None
        (seen,) = await reactions(bob, subject)
        assert [(each["emoji"], each["count"]) for each in seen["reactions"]] == [(PARTY, 1)]
    told = await facts(app)
    assert (told.count("Reacted"), told.count("ReactionWithdrawn")) == (9, 3)
    await no_number_is_wrong(app)


async def test_reactions_of_a_page_are_one_statement_and_tell_nothing_unseen(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    subjects = await three(app, ada)
    hidden = await video(app, ada, visibility="private")
    below = (await ada.post("/comments", {"subject_id": hidden["id"], "text": "mine"})).json()
    kept = await post(ada, visibility="private")
    unseen = [hidden["id"], below["id"], kept["id"], ids.show("vid", ids.new()), ada.channel_id]
    for subject in (*subjects, hidden["id"], below["id"], kept["id"]):
        assert (await ada.put(f"/reactions/{subject}", json={"emoji": THUMB})).status_code == 200
    async with counted(app) as statements:
        found = await reactions(bob, *subjects, *unseen)
    assert len(statements) == 1, statements
    assert [each["subject_id"] for each in found] == list(subjects)
    assert all(each["dislike_count"] is None for each in found)
    assert len(await reactions(ada, *subjects, *unseen)) == 6
    anonymous = await client.get("/api/v1/reactions", params={"subject_ids": ",".join([*subjects, *unseen])})
    assert [each["subject_id"] for each in anonymous.json()["subjects"]] == list(subjects)
    for subject in (hidden["id"], below["id"], kept["id"], ids.show("pst", ids.new()), "nonsense"):
        for answer in (
            await bob.put(f"/dislikes/{subject}"),
            await bob.delete(f"/dislikes/{subject}"),
            await bob.put(f"/reactions/{subject}", json={"emoji": THUMB}),
            await bob.delete(f"/reactions/{subject}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), subject
    assert (await client.put(f"/api/v1/dislikes/{subjects[0]}")).status_code == 401


@pytest.mark.timeout(240)
async def test_whatever_is_done_at_once_one_likes_or_dislikes_and_reacts_once(
    app: App, ada: Person, bob: Person
) -> None:
    subjects = await three(app, ada)
    for subject in subjects:
        done = await asyncio.gather(
            *(bob.put(f"/{what}/{subject}") for what in ("likes", "dislikes", "likes", "dislikes")),
            *(bob.put(f"/reactions/{subject}", json={"emoji": emoji}) for emoji in (THUMB, PARTY, HEART)),
        )
        assert {answer.status_code for answer in done} <= {200, 503}
        async with app.work(SYSTEM) as work:
            subject_id = ids.parse(subject.partition("_")[0], subject)
            rows = [
                await work.db.scalar(select(func.count()).select_from(table).where(table.subject_id == subject_id))
                for table in (Like, Dislike, Reaction)
            ]
        assert (rows[0] or 0) + (rows[1] or 0) == 1
        assert rows[2] == 1
    await no_number_is_wrong(app)


async def test_what_hangs_on_something_goes_with_it(app: App, ada: Person, bob: Person) -> None:
    made, said, comment = await three(app, ada)
    for subject in (made, said, comment):
        await bob.put(f"/dislikes/{subject}")
        await bob.put(f"/reactions/{subject}", json={"emoji": THUMB})
    assert (await ada.delete(f"/comments/{comment}")).status_code == 204
    for subject, prefix in ((made, "vid"), (said, "pst")):
        assert (await ada.delete(f"/{'videos' if prefix == 'vid' else 'posts'}/{subject}")).status_code == 204
        async with app.work(SYSTEM) as work:
            while await service.erase_some(work, ids.parse(prefix, subject)):
                pass
    async with app.work(SYSTEM) as work:
        for table in (Like, Dislike, Reaction, ReactionCount):
            assert await work.db.scalar(select(func.count()).select_from(table)) == 0, table


@pytest.mark.timeout(120)
async def test_staff_add_pictures_and_take_them_back(
    app: App, ada: Person, bob: Person, person: People, deliver: Callable[..., Awaitable[int]]
) -> None:
    moderator = await person("moe", role="moderator")
    upload = await brought(moderator, picture("PNG", (64, 64), mode="RGBA"), purpose="emoji", filename="boat.png")
    body = {"name": "paper_boat", "upload_id": upload, "alt": "A paper boat"}
    refused = await ada.post("/admin/emojis", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    added = await moderator.post("/admin/emojis", body)
    assert added.status_code == 201, added.text
    assert (added.json()["emoji"], added.json()["offered"]) == (":paper_boat:", True)
    assert (await moderator.post("/admin/emojis", body)).json()["code"] == "emoji_name_taken"
    again = await moderator.post("/admin/emojis", body | {"name": "other"})
    assert (again.status_code, again.json()["code"]) == (409, "photo_already_shown")
    for name in ("Boat", "b", "bo at", "../x", "x" * 31):
        assert (await moderator.post("/admin/emojis", body | {"name": name})).status_code == 422
    await deliver()
    offered = await ada.get("/reactions/emojis")
    assert EmojisRead.model_validate_json(offered.content)
    boat = offered.json()["emojis"][-1]
    assert (boat["emoji"], boat["alt"]) == (":paper_boat:", "A paper boat")
    served = await ada.http.get(boat["url"])
    assert (served.status_code, served.headers["content-type"]) == (200, "image/png")

    said = await post(ada)
    reacted = await bob.put(f"/reactions/{said['id']}", json={"emoji": ":paper_boat:"})
    assert reacted.json()["reactions"] == [
        {"emoji": ":paper_boat:", "url": boat["url"], "alt": "A paper boat", "count": 1}
    ]
    emoji_id = added.json()["id"]
    assert (await moderator.patch(f"/admin/emojis/{emoji_id}", {"offered": False})).json()["offered"] is False
    assert (await ada.put(f"/reactions/{said['id']}", json={"emoji": ":paper_boat:"})).status_code == 422
    assert (await reactions(ada, said["id"]))[0]["reactions"][0]["url"] == boat["url"]
    assert (await ada.delete(f"/admin/emojis/{emoji_id}")).status_code == 403
    assert (await moderator.delete(f"/admin/emojis/{emoji_id}")).status_code == 204
    assert (await reactions(ada, said["id"]))[0]["reactions"][0] == {
        "emoji": ":paper_boat:",
        "url": None,
        "alt": "",
        "count": 1,
    }
    assert (await moderator.get("/admin/emojis")).json()["items"] == []
