"""A22 for posts: every visibility, mark and state, everybody who might look, every way of reading: one rule decides."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.posts import photo, post
from tests.factories.videos import in_future

from socialflow.domains.posts import service as posts
from socialflow.domains.posts.models import RULE
from socialflow.domains.posts.queries import pages
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.visibility import Restriction
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
# Name -> what it is made with; what comes after is done to it in `build`.
SUBJECTS: dict[str, dict[str, object]] = {
    "public": {},
    "unlisted": {"visibility": "unlisted"},
    "followers": {"visibility": "followers"},
    "private": {"visibility": "private"},
    "sensitive": {"mark": "sensitive"},
    "adult": {"mark": "adult"},
    "draft": {"draft": True},
    "scheduled": {"publish_at": "later"},
    "review": {},
    "deleted": {},
    "suspended": {},
}
OPEN = {"public", "unlisted", "sensitive"}
LISTED = {"public", "sensitive"}
CALLERS = ("anonymous", "stranger", "follower", "owner", "moderator")


def seen(subject: str, who: str) -> bool:
    """The rule a second time, in other words: whether somebody who names a post may see it."""
    if subject == "deleted":
        return False
    if who == "moderator":
        return True
    if who == "owner":
        # Of the suspended account the owner of the others is a stranger.
        return subject != "suspended"
    if subject == "adult":
        return who != "anonymous"
    return subject in OPEN or (subject, who) == ("followers", "follower")


def listed(subject: str, who: str) -> bool:
    """Whether it stands in lists that this caller asks for."""
    if subject == "suspended":
        return False
    extra = {"owner": {"followers", "adult"}, "follower": {"followers", "adult"}, "anonymous": set()}
    return subject in LISTED | extra.get(who, {"adult"})


@dataclass(slots=True)
class Made:
    word: str
    id: str
    quote: str
    asset: str


@dataclass(slots=True)
class World:
    callers: dict[str, httpx2.AsyncClient]
    made: dict[str, Made]
    channels: dict[str, str]

    def pairs(self) -> Iterator[tuple[str, httpx2.AsyncClient, str, Made]]:
        for who, client in self.callers.items():
            for subject, made in self.made.items():
                yield who, client, subject, made


async def build(app: App, client: httpx2.AsyncClient, person: People, deliver: Callable[..., Awaitable[int]]) -> World:
    ada, sue = await person("ada"), await person("sue")
    bob, fan, moe = await person("bob"), await person("fan"), await person("moe", role="moderator")
    for owner in (ada, sue):
        await fan.put(f"/follows/{owner.channel_id}")
    callers = {
        "anonymous": client,
        "stranger": bob.http,
        "follower": fan.http,
        "owner": ada.http,
        "moderator": moe.http,
    }
    made: dict[str, Made] = {}
    for subject, fields in SUBJECTS.items():
        owner = sue if subject == "suspended" else ada
        word = f"word{subject}word"
        upload = await photo(owner)
        more = {**fields, **({"publish_at": in_future()} if "publish_at" in fields else {})}
        said = await post(owner, f"said {word} #{word}", photos=[{"upload_id": upload, "alt": f"alt {word}"}], **more)
        quote = ""
        if said["state"] == "published":
            before = await owner.patch(f"/posts/{said['id']}", {"text": f"now {word} #{word}"})
            assert before.status_code == 200
            quote = (await post(owner, "a quote", quote_id=said["id"]))["id"]
        upload_row = await owner.get(f"/uploads/{upload}")
        made[subject] = Made(word, said["id"], quote, upload_row.json()["asset_id"])
    await deliver(times=1)
    assert (await ada.delete(f"/posts/{made['deleted'].id}")).status_code == 204
    async with app.work(SYSTEM) as work:
        await posts.restrict(work, ids.parse("pst", made["review"].id), Restriction.UNDER_REVIEW)
        hide = text("UPDATE accounts SET state = 'suspended' WHERE id = :id")
        await work.db.execute(hide, {"id": ids.parse("acc", sue.id)})
    app.cache.clear()
    return World(callers, made, {"ada": ada.channel_id, "sue": sue.channel_id})


@pytest.mark.timeout(600)
async def test_a22_posts_are_told_to_those_who_may_see_them_and_to_nobody_else(
    app: App, client: httpx2.AsyncClient, person: People, deliver: Callable[..., Awaitable[int]]
) -> None:
    world = await build(app, client, person, deliver)
    asked = 0
    for who, caller, subject, made in world.pairs():
        allowed = seen(subject, who)
        for path in ("", "/versions", "/quotes", "/replies", "/ancestors"):
            answer = await caller.get(f"/api/v1/posts/{made.id}{path}")
            asked += 1
            unsaid = subject in {"draft", "scheduled"} and path in {"/replies", "/ancestors"}
            assert answer.status_code == (200 if allowed and not unsaid else 404), (who, subject, path)
            assert allowed or made.word not in answer.text, (who, subject, path)
            assert path or (made.word in answer.text) == allowed, (who, subject)
        if made.quote:
            answer = await caller.get(f"/api/v1/posts/{made.quote}")
            asked += 1
            if answer.status_code == 200:
                assert (made.word in answer.text) == allowed, (who, subject)
        plain = await caller.get(f"/media/{made.asset}/photo.jpg")
        asked += 1
        assert (plain.status_code == 200) == (subject in LISTED), (who, subject)
    for who, caller in world.callers.items():
        lists = ["/posts", *(f"/posts?channel_id={each}" for each in world.channels.values())]
        shown = "".join(
            [(await caller.get(f"/api/v1{path}{'&' if '?' in path else '?'}limit=100")).text for path in lists]
        )
        asked += len(lists)
        for subject, made in world.made.items():
            tagged = (await caller.get(f"/api/v1/tags/{made.word}/posts")).text
            asked += 1
            for what, answer in (("lists", shown), ("tag", tagged)):
                # What it says may stand in a quote as well, for those who may see it.
                told = f'"id":"{made.id}"' in answer
                assert told == listed(subject, who), (who, subject, what)
    print(f"{asked} requests, {len(SUBJECTS)} subjects, {len(CALLERS)} callers")
    assert asked > 400


BROKEN = {
    "suspended accounts": replace(RULE, hidden=lambda _: "FALSE"),
    "followers": replace(RULE, follows=lambda *_: "TRUE"),
    "marks": replace(RULE, mark=None),
}


@pytest.mark.timeout(600)
async def test_a22_a_rule_of_posts_that_is_broken_is_noticed(
    app: App,
    client: httpx2.AsyncClient,
    person: People,
    deliver: Callable[..., Awaitable[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await build(app, client, person, deliver)

    async def leaks() -> list[tuple[str, str]]:
        app.cache.clear()
        found = []
        for who, caller, subject, made in world.pairs():
            answer = await caller.get(f"/api/v1/posts/{made.id}")
            if made.word in answer.text and not seen(subject, who):
                found.append((who, subject))
        return found

    assert await leaks() == []
    for what, rule in BROKEN.items():
        where = f"WHERE posts.id = :id AND posts.deleted_at IS NULL AND {rule.visible}"
        columns = " ".join([*pages._FROM, where]).replace(RULE.visible, rule.visible)
        monkeypatch.setattr(pages, "ONE", Read(columns))
        assert await leaks() != [], what
