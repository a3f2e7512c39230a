"""Who works for a channel looks after the threads that it has begun, as after the comments below its videos."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ
from tests.factories.graph import follow
from tests.factories.posts import post, read

from socialflow.kernel import ids
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]
ACTS = (
    ("put", "pin"),
    ("put", "heart"),
    ("delete", "heart"),
    ("delete", "pin"),
    ("put", "hidden"),
    ("delete", "hidden"),
)


async def act(person: Person, method: str, said: dict[str, Any], what: str) -> httpx2.Response:
    call = person.put if method == "put" else person.delete
    return await call(f"/replies/{said['id']}/{what}")


async def queue(person: Person, **params: Any) -> tuple[int, list[str]]:
    page = await person.get("/me/replies", params=params)
    return page.status_code, [item["text"] for item in page.json().get("items", ())]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("visibility", ["public", "followers"])
@pytest.mark.parametrize("role", ["owner", "editor", "moderator"])
async def test_who_moderates_for_a_channel_looks_after_its_threads(
    app: App, ada: Person, bob: Person, person: People, role: str, visibility: str
) -> None:
    mo = await person("mona")
    await employ(ada, mo, role)
    await follow(bob, ada)
    top = await post(ada, "What do you think?", hold_replies=True, visibility=visibility)
    reply = await post(bob, "a reply", parent_id=top["id"])
    assert (await read(mo, reply["id"]))["permissions"]["curate"] is True
    assert await queue(mo, channel_id=ada.channel_id) == (200, ["a reply"])
    assert await queue(mo) == (200, []), "in threads of their own"

    approved = await act(mo, "put", reply, "approval")
    assert (approved.status_code, approved.json()["state"]) == (200, "published"), approved.text
    for method, what in ACTS:
        assert (await act(mo, method, reply, what)).status_code == 200, (method, what)
    assert (await act(mo, "put", reply, "hidden")).json()["state"] == "hidden"
    assert await queue(mo, channel_id=ada.channel_id, state="hidden") == (200, ["a reply"])
    # Who approves needs nobody's approval.
    if visibility == "public":
        assert (await post(mo, "as one of them", parent_id=top["id"]))["state"] == "published"
    assert (await read(mo, top["id"]))["permissions"]["curate"] is False, "it is no reply"

    assert (await mo.delete(f"/me/collaborations/{ada.channel_id}")).status_code == 204
    assert (await mo.get(f"/posts/{reply['id']}")).status_code == 404
    assert (await act(mo, "delete", reply, "hidden")).status_code == 404
    assert (await queue(mo, channel_id=ada.channel_id))[0] == 403


@pytest.mark.timeout(180)
async def test_nobody_else_looks_after_them(app: App, ada: Person, bob: Person, person: People) -> None:
    other = await channel(ada, "engines")
    ann, mel, ed, fan = [await person(name) for name in ("ann", "mel", "edward", "fan")]
    await employ(ada, ann, "analyst")
    # For another channel of the same account, and for that of who replies.
    await employ(ada, mel, "moderator", other["id"])
    await employ(bob, ed, "moderator")
    await follow(fan, ada)
    top = await post(ada, "What do you think?", hold_replies=True)
    waits = await post(bob, "waits", parent_id=top["id"])
    shown = await post(bob, "shown", parent_id=top["id"])
    assert (await act(ada, "put", shown, "approval")).status_code == 200
    for each in (ann, mel, ed, fan):
        for method, what in ACTS:
            refused = await act(each, method, shown, what)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_your_thread"), (each.handle, what)
        assert (await read(each, shown["id"]))["permissions"]["curate"] is False
        assert (await queue(each, channel_id=ada.channel_id))[0] == 403, each.handle
        assert (await act(each, "put", waits, "approval")).status_code in {403, 404}, each.handle
    for each in (ann, mel, fan):
        assert (await each.get(f"/posts/{waits['id']}")).status_code == 404, each.handle
        assert (await post(each, "mine", parent_id=top["id"]))["state"] == "held", each.handle
    # A private answer in a thread for few is for nobody else, whoever looks after the thread.
    mo = await person("mona")
    await employ(ada, mo, "moderator")
    open_top = await post(ada, "And you?")
    private = await post(bob, "to myself", parent_id=open_top["id"], visibility="private")
    assert (await mo.get(f"/posts/{private['id']}")).status_code == 404
    assert await queue(mo, channel_id=other["id"]) == (403, [])


async def test_for_a_suspended_account_nobody_looks_after_threads(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    mo = await person("mona")
    await employ(ada, mo, "moderator")
    top = await post(ada, "What do you think?", hold_replies=True)
    waits, shown = [await post(bob, words, parent_id=top["id"]) for words in ("waits", "shown")]
    assert (await act(mo, "put", shown, "approval")).status_code == 200
    async with app.sessions() as session, session.begin():
        suspend = text("UPDATE accounts SET state = 'suspended' WHERE id = :id")
        await session.execute(suspend, {"id": ids.parse("acc", ada.id)})
    app.cache.clear()
    assert (await mo.get(f"/posts/{waits['id']}")).status_code == 404
    assert (await act(mo, "put", waits, "approval")).status_code == 404
    for method, what in ACTS:
        refused = await act(mo, method, shown, what)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_your_thread"), what
    assert (await read(mo, shown["id"]))["permissions"]["curate"] is False


async def test_what_somebody_may_not_see_any_more_is_said_not_to_be_available(ada: Person, bob: Person) -> None:
    await follow(bob, ada)
    top = await post(ada, "for followers", visibility="followers")
    reply = await post(bob, "a reply", parent_id=top["id"])
    assert (await bob.delete(f"/follows/{ada.channel_id}")).is_success
    (above,) = (await bob.get(f"/posts/{reply['id']}/ancestors")).json()["items"]
    assert (above["available"], above["text"], above["pinned"], above["hearted"]) == (False, "", False, False)
    assert set(above["permissions"].values()) == {False}
