"""As which channel something is reposted: one's own, another of one's own, or one of others that one publishes for."""

from collections.abc import Awaitable, Callable

from sqlalchemy import select
from tests.factories.accounts import Person
from tests.factories.channels import channel, employ
from tests.factories.graph import block
from tests.factories.posts import post, read
from tests.factories.videos import video

from socialflow.domains.posts.events import Reposted, RepostWithdrawn
from socialflow.kernel import ids
from socialflow.kernel.events import Event
from socialflow.kernel.outbox import OutboxEvent
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]
NOBODYS = "chn_01jdxyz7q4e5v8w9r0t1y2p3a4"


async def shown(person: Person, channel_id: str) -> list[str]:
    """What a channel reposts, as somebody reads it."""
    answer = await person.get("/reposts", params={"channel_id": channel_id})
    return [each["subject_id"] for each in answer.json()["items"]]


async def told(app: App, kind: type[Event]) -> list[tuple[str, str]]:
    """Which account did so as which channel, of all facts of a kind."""
    async with app.work(SYSTEM) as work:
        found = select(OutboxEvent.payload).where(OutboxEvent.kind == kind.kind()).order_by(OutboxEvent.id)
        rows = list(await work.db.scalars(found))
    return [(row["account_id"], row["channel_id"]) for row in rows]


def pair(account_id: str, channel_id: str) -> tuple[str, str]:
    return str(ids.parse("acc", account_id)), str(ids.parse("chn", channel_id))


async def test_a_second_channel_reposts_and_takes_it_back(app: App, ada: Person, bob: Person) -> None:
    engines = (await channel(ada, "engines"))["id"]
    said, film = (await post(bob, "Look"))["id"], (await video(app, bob, visibility="public"))["id"]

    for subject in (said, film):
        done = await ada.put(f"/reposts/{subject}", params={"channel_id": engines})
        assert (done.status_code, done.json()) == (200, {"subject_id": subject, "reposted": True})

    assert (await shown(bob, engines), await shown(bob, ada.channel_id)) == ([film, said], [])
    assert await told(app, Reposted) == [pair(ada.id, engines)] * 2
    assert (await read(bob, said))["repost_count"] == 1
    # Whoever names no channel takes back what is theirs.
    for path in (f"/reposts/{film}", f"/reposts/{said}?channel_id={engines}"):
        assert (await ada.delete(path)).status_code == 200
    assert (await shown(bob, engines), (await read(bob, said))["repost_count"]) == ([], 0)
    assert await told(app, RepostWithdrawn) == [pair(ada.id, engines)] * 2


async def test_an_account_reposts_once_as_the_first_of_its_channels_that_did(ada: Person, bob: Person) -> None:
    engines = (await channel(ada, "engines"))["id"]
    said = (await post(bob, "Look"))["id"]

    assert (await ada.put(f"/reposts/{said}")).status_code == 200
    assert (await ada.put(f"/reposts/{said}", params={"channel_id": engines})).status_code == 200
    assert (await shown(bob, ada.channel_id), await shown(bob, engines)) == ([said], [])
    assert (await read(bob, said))["repost_count"] == 1

    # The one that did not has nothing to take back.
    assert (await ada.delete(f"/reposts/{said}?channel_id={engines}")).status_code == 200
    assert await shown(bob, ada.channel_id) == [said]


async def test_who_publishes_for_a_channel_reposts_as_it_and_nobody_else(
    app: App, ada: Person, bob: Person, person: People
) -> None:
    cleo = await person("cleo")
    said = (await post(cleo, "Look"))["id"]
    path = f"/reposts/{said}?channel_id={ada.channel_id}"

    for role, status in ((None, 403), ("analyst", 403), ("moderator", 403), ("editor", 200)):
        if role:
            await employ(ada, bob, role)
        for ask in (bob.put, bob.delete, bob.put):
            answer = await ask(path)
            assert answer.status_code == status, (role, answer.text)
            assert status == 200 or answer.json()["code"] == "not_your_channel"
    assert (await bob.put(f"/reposts/{said}?channel_id={NOBODYS}")).status_code == 404

    assert (await shown(cleo, ada.channel_id), await shown(cleo, bob.channel_id)) == ([said], [])
    assert await told(app, Reposted) == [pair(ada.id, ada.channel_id)] * 2
    # It is the channel's: it stays when they go, and is not theirs to take back with their own.
    assert (await bob.delete(f"/reposts/{said}")).status_code == 200
    assert (await ada.delete(f"/channels/@ada/collaborators/{bob.channel_id}")).status_code == 204
    assert (await bob.delete(path)).status_code == 403
    assert await shown(cleo, ada.channel_id) == [said]


async def test_an_editor_reposts_nothing_that_either_of_the_two_may_not_see(
    ada: Person, bob: Person, person: People
) -> None:
    cleo, dora = await person("cleo"), await person("dora")
    await employ(ada, bob, "editor")
    by_cleo, by_dora = (await post(cleo, "x"))["id"], (await post(dora, "x"))["id"]
    await block(cleo, ada)
    await block(dora, bob)

    for subject in (by_cleo, by_dora):
        answer = await bob.put(f"/reposts/{subject}?channel_id={ada.channel_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
