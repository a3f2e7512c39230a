"""What each role on a channel's team does: every deed by every role, and by nobody."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ
from tests.factories.posts import post
from tests.factories.videos import upload, video

from socialflow.domains.channels.models import TeamRole
from socialflow.domains.channels.policy import Right, allows
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
ROLES = tuple(TeamRole)


# What is done for a channel, and which right it takes; whoever lacks it is told so, and nothing has changed.
async def _edit_video(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.patch(f"/videos/{things['video']}", {"title": "Other words"})


async def _make_video(person: Person, things: dict[str, str]) -> httpx2.Response:
    body = {"title": "x", "upload_id": await upload(person), "channel_id": things["channel"]}
    return await person.post("/videos", body)


async def _delete_video(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/videos/{things['video']}")


async def _replace_file(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/videos/{things['video']}/source", json={"upload_id": await upload(person)})


async def _chapters(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/videos/{things['video']}/chapters", json={"chapters": []})


async def _captions(person: Person, things: dict[str, str]) -> httpx2.Response:
    track = b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\n"
    return await person.put(f"/videos/{things['video']}/captions/en", content=track)


async def _share(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/videos/{things['video']}/viewers/{things['stranger']}")


async def _download(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.get(f"/videos/{things['video']}/original")


async def _quality(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.get(f"/videos/{things['video']}/playback-quality")


async def _say(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.post("/posts", {"text": "Hello", "channel_id": things["channel"]})


async def _edit_post(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.patch(f"/posts/{things['post']}", {"text": "Other words"})


async def _delete_post(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/posts/{things['post']}")


async def _publish_draft(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/posts/{things['draft']}/publication")


async def _comment(person: Person, things: dict[str, str]) -> httpx2.Response:
    body = {"subject_id": things["video"], "text": "Hello", "channel_id": things["channel"]}
    return await person.post("/comments", body)


async def _edit_comment(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.patch(f"/comments/{things['own_comment']}", {"text": "Other words"})


async def _repost(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/reposts/{things['elsewhere']}", params={"channel_id": things["channel"]})


async def _withdraw(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/reposts/{things['elsewhere']}?channel_id={things['channel']}")


async def _delete_own_comment(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/comments/{things['own_comment']}")


async def _delete_comment(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/comments/{things['comment']}")


async def _present(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.patch(f"/channels/{things['channel']}", {"bio": "Other words"})


async def _pin(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/channels/{things['channel']}/pins", json={"subject_ids": [things["video"]]})


async def _invite(person: Person, things: dict[str, str]) -> httpx2.Response:
    where = f"/channels/{things['channel']}/collaborators/{things['stranger']}"
    return await person.put(where, json={"role": "analyst"})


async def _remove(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.delete(f"/channels/{things['channel']}/collaborators/{things['stranger']}")


async def _rename(person: Person, things: dict[str, str]) -> httpx2.Response:
    return await person.put(f"/channels/{things['channel']}/handle", json={"handle": "renamed"})


DEEDS = {
    "edit a video": (_edit_video, Right.PUBLISH),
    "make a video": (_make_video, Right.PUBLISH),
    "delete a video": (_delete_video, Right.PUBLISH),
    "replace a file": (_replace_file, Right.PUBLISH),
    "write chapters": (_chapters, Right.PUBLISH),
    "write captions": (_captions, Right.PUBLISH),
    "share a video": (_share, Right.PUBLISH),
    "fetch an original": (_download, Right.PUBLISH),
    "measure": (_quality, Right.MEASURE),
    "say something": (_say, Right.PUBLISH),
    "edit a post": (_edit_post, Right.PUBLISH),
    "delete a post": (_delete_post, Right.PUBLISH),
    "publish a draft": (_publish_draft, Right.PUBLISH),
    "repost": (_repost, Right.PUBLISH),
    "withdraw a repost": (_withdraw, Right.PUBLISH),
    "comment": (_comment, Right.PUBLISH),
    "edit its comment": (_edit_comment, Right.PUBLISH),
    "delete its comment": (_delete_own_comment, Right.PUBLISH),
    "delete a comment": (_delete_comment, Right.MODERATE),
    "present": (_present, Right.PRESENT),
    "pin": (_pin, Right.PUBLISH),
    "invite": (_invite, Right.MANAGE),
    "let go": (_remove, Right.MANAGE),
    "rename": (_rename, Right.MANAGE),
}


async def _things(app: App, owner: Person, stranger: Person) -> dict[str, str]:
    made = await channel(owner, "engines")
    film = await video(app, owner, channel_id=made["id"], visibility="public")
    said = await stranger.post("/comments", {"subject_id": film["id"], "text": "Nice"})
    elsewhere = (await video(app, stranger, visibility="public"))["id"]
    own = await owner.post("/comments", {"subject_id": elsewhere, "text": "Nice", "channel_id": made["id"]})
    return {
        "channel": made["id"],
        "video": film["id"],
        "post": (await post(owner, "Wheels", channel_id=made["id"]))["id"],
        "draft": (await post(owner, "Later", channel_id=made["id"], draft=True))["id"],
        "comment": said.json()["id"],
        "own_comment": own.json()["id"],
        "elsewhere": elsewhere,
        "stranger": stranger.channel_id,
    }


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_does_what_it_may_and_nothing_else(
    app: App, ada: Person, bob: Person, person: People, role: TeamRole
) -> None:
    things = await _things(app, ada, await person("stranger"))
    await employ(ada, bob, role, things["channel"])
    # What hangs on a video goes before the video does.
    order = sorted(DEEDS, key=lambda name: (name.startswith("delete"), name))

    for name in order:
        act, right = DEEDS[name]
        answer = await act(bob, things)
        if allows(role, right):
            # What an installation does not keep may be missing; that it is refused may not be.
            assert answer.is_success or answer.status_code in {404, 409}, (name, answer.text)
            assert answer.status_code != 404 or name == "fetch an original", (name, answer.text)
        else:
            assert answer.status_code == 403, (name, answer.status_code, answer.text)
            assert answer.json()["code"] in {"not_your_channel", "not_your_video", "not_your_post", "not_your_comment"}


async def test_nobody_else_does_any_of_it(app: App, ada: Person, bob: Person, person: People) -> None:
    things = await _things(app, ada, await person("stranger"))

    for name, (act, _) in DEEDS.items():
        answer = await act(bob, things)
        assert answer.status_code in {403, 404}, (name, answer.status_code)
    assert (await ada.get("/channels/@engines")).json()["bio"] == ""
    assert (await ada.get(f"/videos/{things['video']}")).json()["title"] == "A walk along the sea"
