"""The leak matrix: what is asked of every read of the API, by whom, and what it must not tell.

Subjects are videos, and posts, in every state in which somebody may not see them, each known by a word of its own;
callers are everybody who might look. `seen` is the rule, said a second time and by other words than in the product.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
from fastapi import FastAPI
from sqlalchemy import text

from socialflow.domains.accounts import service as accounts
from socialflow.domains.posts import service as posts
from socialflow.kernel import ids
from socialflow.kernel.visibility import Restriction
from socialflow.kernel.work import SYSTEM, App
from tests.factories.accounts import Person
from tests.factories.channels import employ
from tests.factories.graph import block, follow, make_private
from tests.factories.posts import photo, post
from tests.factories.videos import asset_of, in_future, video

People = Callable[..., Awaitable[Person]]
PASSWORD = "open sesame"
# Name of a subject -> its owner and what it is made with. What comes after is done to it in `_finish`.
SUBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "public": ("ada", {"visibility": "public"}),
    "unlisted": ("ada", {"visibility": "unlisted"}),
    "followers": ("ada", {"visibility": "followers"}),
    "members": ("ada", {"visibility": "members"}),
    "password": ("ada", {"visibility": "password", "password": PASSWORD}),
    "named": ("ada", {"visibility": "named"}),
    "private": ("ada", {"visibility": "private"}),
    "adult": ("ada", {"visibility": "public", "mark": "adult"}),
    "adultunlisted": ("ada", {"visibility": "unlisted", "mark": "adult"}),
    "sensitive": ("ada", {"visibility": "public", "mark": "sensitive"}),
    "scheduled": ("ada", {"visibility": "public", "publish_at": True}),
    "draft": ("ada", {"visibility": "public", "state": "draft"}),
    "failed": ("ada", {"visibility": "public", "state": "failed"}),
    "review": ("ada", {"visibility": "public"}),
    "blocked": ("ada", {"visibility": "public"}),
    "deleted": ("ada", {"visibility": "public"}),
    "closed": ("pia", {"visibility": "public"}),
    "closedunlisted": ("pia", {"visibility": "unlisted"}),
    "suspended": ("sue", {"visibility": "public"}),
}
# What a post cannot be: it waits for no file, and names and passwords are for videos.
NO_POSTS = frozenset({"password", "named", "failed"})
OWNERS = ("ada", "pia", "sue")
CALLERS = (
    *("anonymous", "stranger", "follower", "requester", "blocked", "blocker", "muted", "muter"),
    *("named", "unlocked", "suspended", "owner", "analyst", "moderator"),
)
# Everybody who asks for one of these by name gets it, or nobody who is not on the short list behind it.
_OPEN = {"public", "unlisted", "sensitive"}
_LOGGED_IN = {"adult", "adultunlisted"}
_FOLLOWERS_TOO = {"followers", "closed", "closedunlisted"}
LISTED = {"public", "sensitive"}
# Playlists, with all that their owner has on each: name -> owner, visibility.
PLAYLISTS = {
    "listpublic": ("ada", "public"),
    "listunlisted": ("ada", "unlisted"),
    "listfollowers": ("ada", "followers"),
    "listmembers": ("ada", "members"),
    "listprivate": ("ada", "private"),
    "listreview": ("ada", "public"),
    "listclosed": ("pia", "public"),
    "listsuspended": ("sue", "public"),
}
SHELVED = {"listpublic", "listfollowers", "listmembers", "listclosed"}
# Who has put aside whatever they could see, before some of it was taken out of sight.
KEEPERS = ("stranger", "follower", "named")
APART = {"blocked", "blocker"}
# Who sees all that ada's channel has: who owns it, and who works for it.
INSIDERS = {"owner", "analyst"}
# For those alone who have an address, or a name, or a password: they are in nobody's lists but their owner's.
UNLISTED = ("unlisted", "adultunlisted", "password", "named", "closedunlisted")


def seen(subject: str, who: str) -> bool:
    """Whether somebody who names a video may see it."""
    if subject == "deleted" or who == "suspended":
        return False
    if who == "moderator":
        return True
    if who == "owner" or (who == "analyst" and SUBJECTS[subject][0] == "ada"):
        return SUBJECTS[subject][0] == "ada"
    if who in APART or subject == "suspended":
        return False
    special = {("followers", "follower"), ("closed", "follower"), ("closedunlisted", "follower")}
    special |= {("named", "named"), ("password", "unlocked")}
    return (
        subject in _OPEN
        or (subject in _LOGGED_IN and who not in {"anonymous", "unlocked"})
        or (subject, who) in special
    )


def seen_list(name: str, who: str) -> bool:
    """Whether somebody who names a playlist may see it."""
    owner, visibility = PLAYLISTS[name]
    if who in {"suspended", "moderator"}:
        return who == "moderator"
    if who == "owner":
        return owner == "ada"
    if who in APART or owner == "sue" or name == "listreview":
        return False
    open_to_all = owner == "ada" and visibility in {"public", "unlisted"}
    return open_to_all or (who == "follower" and name in {"listfollowers", "listclosed"})


@dataclass(slots=True)
class Matrix:
    """The world of the matrix."""

    api: FastAPI
    owners: dict[str, Person]
    callers: dict[str, httpx2.AsyncClient]
    people: dict[str, Person] = field(default_factory=dict)
    videos: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    playlists: dict[str, str] = field(default_factory=dict)
    posts: dict[str, str] = field(default_factory=dict)
    # A post by the same owner that quotes it, one that answers it, and where its photo is.
    quotes: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def tells(self, answer: str, subject: str) -> bool:
        """Whether an answer says anything of a subject: its words, or where its files are."""
        files = (self.assets.get(subject), self.photos.get(subject))
        return word_of(subject) in answer or any(each in answer for each in files if each is not None)


def word_of(subject: str) -> str:
    """By which it would be known wherever it is shown: no word is the beginning of another."""
    return f"word{subject}word"


async def build(
    app: App, api: FastAPI, client: httpx2.AsyncClient, person: People, subjects: Collection[str] = SUBJECTS
) -> Matrix:
    """Make everybody, everything, and what stands between them; some of the subjects where those are enough."""
    owners = {name: await person(name) for name in OWNERS}
    names = [who for who in CALLERS if who not in {"anonymous", "owner", "moderator", "unlocked"}]
    people = {who: await person(f"the{who}") for who in names} | {"moderator": await person("moe", role="moderator")}
    matrix = Matrix(api, owners, {who: each.http for who, each in people.items()}, people)
    matrix.callers |= {"anonymous": client, "owner": owners["ada"].http}
    for subject, (owner, fields) in SUBJECTS.items():
        if subject not in subjects:
            continue
        await _make(app, matrix, subject, owners[owner], dict(fields))
        if subject not in NO_POSTS:
            await _say(matrix, subject, owners[owner], dict(fields))
    await _list(matrix)
    await _relate(app, matrix)
    await _pin(matrix)
    await _put_aside(matrix)
    await _finish(app, matrix)
    app.cache.clear()
    return matrix


async def _make(app: App, matrix: Matrix, subject: str, owner: Person, fields: dict[str, Any]) -> None:
    if fields.pop("publish_at", False):
        fields["publish_at"] = in_future()
    word = word_of(subject)
    said = {"title": f"title {word}", "description": f"about {word}", "tags": [word]}
    made = await video(app, owner, **said, **fields)
    matrix.videos[subject] = made["id"]
    matrix.assets[subject] = ids.show("ast", await asset_of(app, made["id"]))
    comment = await owner.post("/comments", {"subject_id": made["id"], "text": f"said {word}"})
    assert comment.status_code == 201, comment.text
    matrix.comments[subject] = comment.json()["id"]
    track = f"WEBVTT\n\n00:00.000 --> 00:01.000\nheard {word}\n"
    if fields.get("state") not in {"draft", "failed"}:
        await owner.put(f"/videos/{made['id']}/captions/en", content=track.encode())


async def _list(matrix: Matrix) -> None:
    for name, (owner, visibility) in PLAYLISTS.items():
        said = {"title": f"title {word_of(name)}", "description": f"about {word_of(name)}"}
        made = await matrix.owners[owner].post("/playlists", {**said, "visibility": visibility})
        assert made.status_code == 201, made.text
        matrix.playlists[name] = made.json()["id"]
        for subject, video_id in matrix.videos.items():
            if SUBJECTS[subject][0] == owner:
                # What they wrote about a video that is gone is told to its owner still.
                note = "" if subject == "deleted" else f"noted {word_of(subject)}"
                item = {"video_id": video_id, "note": note}
                put = await matrix.owners[owner].post(f"/playlists/{made.json()['id']}/items", item)
                assert put.status_code == 201, put.text


async def _put_aside(matrix: Matrix) -> None:
    for who in KEEPERS:
        for video_id in matrix.videos.values():
            for path in (f"/saves/{video_id}", f"/me/watch-later/{video_id}"):
                await matrix.people[who].put(path)
            await matrix.people[who].put(f"/me/positions/{video_id}", json={"position_ms": 6_000})
        for post_id in matrix.posts.values():
            await matrix.people[who].put(f"/saves/{post_id}")


async def _say(matrix: Matrix, subject: str, owner: Person, fields: dict[str, Any]) -> None:
    """A post of the same standing with all that can be in one, edited once; what quotes, reposts and answers it."""
    word = word_of(subject)
    if fields.pop("publish_at", False):
        fields["publish_at"] = in_future()
    fields |= {"draft": True} if fields.pop("state", "") == "draft" else {}
    upload = await photo(owner)
    more = {"photos": [{"upload_id": upload, "alt": f"alt {word}"}], "poll": {"options": [f"yes {word}", "no"]}}
    said = await post(owner, f"before {word} #{word}", **more, **fields)
    matrix.posts[subject] = said["id"]
    matrix.photos[subject] = (await owner.get(f"/uploads/{upload}")).json()["asset_id"]
    edited = await owner.patch(f"/posts/{said['id']}", {"text": f"after {word} #{word}"})
    assert edited.status_code == 200, edited.text
    if said["state"] != "published":
        return
    matrix.quotes[subject] = (await post(owner, "a quote", quote_id=said["id"]))["id"]
    matrix.replies[subject] = (await post(owner, "an answer", parent_id=said["id"]))["id"]
    shown = await owner.put(f"/reposts/{said['id']}")
    assert shown.status_code == (200 if said["permissions"]["repost"] else 422), shown.text


async def _relate(app: App, matrix: Matrix) -> None:
    people, owners = matrix.people, matrix.owners
    for owner in owners.values():
        await follow(people["follower"], owner)
    await employ(owners["ada"], people["analyst"], "analyst")
    await make_private(owners["pia"])
    assert await follow(people["requester"], owners["pia"]) == "requested"
    for owner in owners.values():
        await block(owner, people["blocked"])
        await block(people["blocker"], owner)
        assert (await owner.put(f"/mutes/{people['muted'].channel_id}")).status_code == 204
        assert (await people["muter"].put(f"/mutes/{owner.channel_id}")).status_code == 204
    # Somebody without an account who was told the password.
    stranger = matrix.callers["stranger"]
    unlocked = httpx2.AsyncClient(transport=stranger._transport, base_url=stranger.base_url)
    matrix.callers["unlocked"] = unlocked
    shared = matrix.videos["named"]
    assert (await owners["ada"].put(f"/videos/{shared}/viewers/{people['named'].channel_id}")).status_code == 204
    if "password" in matrix.videos:
        where = f"/api/v1/videos/{matrix.videos['password']}/unlock"
        opened = await unlocked.post(where, json={"password": PASSWORD})
        assert opened.status_code == 200, opened.text
        unlocked.headers["Video-Grants"] = opened.json()["grant"]


# What stands first on the pages of their channels; how many there may be decides which.
PINNED = {
    "ada": ("public", "followers", "adult", "review", "private", "scheduled"),
    "pia": ("closed",),
    "sue": ("suspended",),
}


async def _pin(matrix: Matrix) -> None:
    for owner, subjects in PINNED.items():
        # The post of every second one, where there are both.
        wanted = [(matrix.posts if at % 2 else matrix.videos).get(each) for at, each in enumerate(subjects)]
        chosen = {"subject_ids": [each for each in wanted if each is not None]}
        channel_id = matrix.owners[owner].channel_id
        answer = await matrix.owners[owner].put(f"/channels/{channel_id}/pins", json=chosen)
        assert answer.status_code == 200, answer.text


async def _finish(app: App, matrix: Matrix) -> None:
    if "deleted" in matrix.videos:
        assert (await matrix.owners["ada"].delete(f"/videos/{matrix.videos['deleted']}")).status_code == 204
        assert (await matrix.owners["ada"].delete(f"/posts/{matrix.posts['deleted']}")).status_code == 204
    async with app.work(SYSTEM) as work:
        kept = text("UPDATE videos SET restriction = :why WHERE id = :id")
        for subject, why in (("review", "under_review"), ("blocked", "blocked")):
            if subject not in matrix.videos:
                continue
            await work.db.execute(kept, {"why": why, "id": ids.parse("vid", matrix.videos[subject])})
            await posts.restrict(work, ids.parse("pst", matrix.posts[subject]), Restriction(why))
        review = text("UPDATE playlists SET restriction = 'under_review' WHERE id = :id")
        await work.db.execute(review, {"id": ids.parse("ply", matrix.playlists["listreview"])})
        hide = text("UPDATE accounts SET state = 'suspended' WHERE id = ANY(:ids)")
        await work.db.execute(hide, {"ids": [ids.parse("acc", matrix.owners["sue"].id)]})
        until = work.now + timedelta(days=1)
        await accounts.suspend(work, ids.parse("acc", matrix.people["suspended"].id), reason="Spam", until=until)
    app.port(accounts.Authenticator)._read_at = float("-inf")
