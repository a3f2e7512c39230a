"""A21, A23, A24, A47, A60 for posts: other people's ids, fields that are nobody's to send, wrong parents, races."""

import asyncio

import pytest
from sqlalchemy import func, select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.posts import photo, post, read
from tests.factories.videos import in_future, video

from socialflow.domains.posts.models import Hashtag, Poll, PollOption, PollVote, Post, Repost
from socialflow.kernel import housekeeping
from socialflow.kernel.work import SYSTEM, App

CHANGES = [
    ("PATCH", "/posts/{post}", {"text": "mine now"}),
    ("DELETE", "/posts/{post}", None),
    ("PUT", "/posts/{post}/publication", None),
]
OURS = {"text", "language", "mark", "visibility", "reply_policy", "quote_policy", "parent_id", "publish_at"}


@pytest.mark.parametrize("fields", [{"draft": True}, {"publish_at": "later"}, {"visibility": "private"}, {}])
async def test_a21_posts_of_others_are_changed_by_nobody(
    app: App, ada: Person, bob: Person, fields: dict[str, object]
) -> None:
    more = {**fields, **({"publish_at": in_future()} if "publish_at" in fields else {})}
    made = await post(ada, "mine #sea", **more)
    for method, path, body in CHANGES:
        url = f"/api/v1{path.format(post=made['id'])}"
        answer = await bob.http.request(method, url, json=body)
        assert answer.status_code == (404 if fields else 403), (method, path, answer.text)
    assert await read(ada, made["id"]) == made


async def test_a21_photos_of_others_are_shown_by_nobody_else(app: App, ada: Person, bob: Person) -> None:
    theirs = await photo(ada)
    film = await video(app, ada)
    for upload_id in (theirs, film["id"].replace("vid_", "upl_")):
        answer = await bob.post("/posts", {"text": "x", "photos": [{"upload_id": upload_id}]})
        assert answer.status_code == 404
    mine = await post(bob, "x")
    assert (await bob.patch(f"/posts/{mine['id']}", {"photos": [{"upload_id": theirs}]})).status_code == 404


async def test_a23_no_column_is_set_by_whom_it_is_not_for(app: App, ada: Person) -> None:
    made = await post(ada, "before")
    for name in set(Post.__table__.columns.keys()) - OURS:
        for method, path in (("POST", "/posts"), ("PATCH", f"/posts/{made['id']}")):
            answer = await ada.http.request(method, f"/api/v1{path}", json={"text": "after", name: 7})
            assert answer.status_code == 422, name
    assert await read(ada, made["id"]) == made


async def test_a24_nobody_replies_to_or_quotes_what_they_may_not_see(app: App, ada: Person, bob: Person) -> None:
    film = await video(app, ada, visibility="private")
    hidden = [
        (await post(ada, "secret", **fields))["id"]
        for fields in (
            {"visibility": "followers"},
            {"visibility": "private"},
            {"draft": True},
            {"publish_at": in_future()},
        )
    ]
    for secret in (*hidden, film["id"], film["id"].replace("vid_", "pst_")):
        for body in ({"parent_id": secret}, {"quote_id": secret}):
            if secret.startswith("vid_") and "parent_id" in body:
                continue
            answer = await bob.post("/posts", {"text": "x", **body})
            assert answer.status_code == 404, (secret, body, answer.text)
        assert (await bob.put(f"/reposts/{secret}")).status_code == 404
        assert (await bob.put(f"/posts/{secret}/vote", json={"choices": [0]})).status_code in {404, 422}
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(select(func.sum(Post.reply_count + Post.quote_count))) == 0


async def test_a24_a_quote_is_taken_back_by_whom_it_quotes_alone(app: App, ada: Person, bob: Person) -> None:
    mine, other = await post(ada, "mine"), await post(bob, "another's")
    quote = await post(bob, "see", quote_id=mine["id"])
    for quoted, quoting in ((other, quote), (quote, mine), (mine, other)):
        answer = await ada.delete(f"/posts/{quoted['id']}/quotes/{quoting['id']}")
        assert answer.status_code in {403, 404}, (quoted["text"], quoting["text"])
    assert (await read(bob, quote["id"]))["quote"]["state"] == "shown"


async def test_a47_longest_and_most(app: App, ada: Person) -> None:
    made = await post(ada, "x" * 5_000)
    assert len(made["text"]) == 5_000
    assert len((await post(ada, " ".join(f"#t{number}x" for number in range(30))))["facets"]) == 30
    for text in (
        " ".join(f"#t{number}x" for number in range(31)),
        " ".join(f"http://a.example/{n}" for n in range(21)),
    ):
        assert (await ada.post("/posts", {"text": text})).json()["code"] == "too_many_facets"
    for path in ("/posts?limit=101", "/posts?cursor=x", "/tags?prefix=" + "a" * 101, "/posts?state=deleteed"):
        assert (await ada.get(path)).status_code == 422, path
    assert (await ada.get("/tags", params={"prefix": "%_\\"})).json()["items"] == []


async def test_a60_everything_at_once_is_counted_once(app: App, ada: Person, bob: Person) -> None:
    made = await post(ada, "all #sea", poll={"options": ["a", "b"]})
    paths = [f"/posts/{made['id']}/vote", f"/reposts/{made['id']}", "/me/tags/sea"]
    for _ in range(2):
        sent = [bob.put(path, json={"choices": [0]}) if "vote" in path else bob.put(path) for path in paths * 5]
        assert {each.status_code for each in await asyncio.gather(*sent)} == {200}
        undone = [bob.delete(path) for path in paths[1:] * 5]
        assert {each.status_code for each in await asyncio.gather(*undone)} == {200, 204}
    said = [post(bob, f"#sea {number}", parent_id=made["id"]) for number in range(8)]
    await asyncio.gather(*said)
    await housekeeping.fold_counts(app)
    async with app.work(SYSTEM) as work:
        for counter, truth in (
            (Poll.voter_count, select(func.count()).select_from(PollVote)),
            (PollOption.vote_count, select(func.count()).select_from(PollVote)),
            (Post.repost_count, select(func.count()).select_from(Repost)),
        ):
            assert await work.db.scalar(select(func.sum(counter))) == await work.db.scalar(truth), counter.key
        tag = (await work.db.scalars(select(Hashtag))).one()
        assert (tag.post_count, tag.follower_count) == (9, 0)
        assert await work.db.scalar(select(func.sum(Post.reply_count))) == 8
    assert (await facts(app)).count("PollVoted") == 1
