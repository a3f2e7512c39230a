"""On which channel a list is: any of one's own, with which it goes."""

from collections.abc import Awaitable, Callable

from sqlalchemy import select
from tests.factories.accounts import Person
from tests.factories.assets import facts
from tests.factories.channels import channel, employ
from tests.factories.shelves import invite, on, playlist, put, titles
from tests.factories.videos import video

from socialflow.domains.shelves.models import Playlist, PlaylistItem
from socialflow.kernel import ids
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]
NOBODYS = "chn_01jdxyz7q4e5v8w9r0t1y2p3a4"


async def shelf(person: Person, channel_id: str) -> list[str]:
    """The titles of a channel's lists, as somebody reads them."""
    return [each["title"] for each in (await person.get(f"/channels/{channel_id}/playlists")).json()["items"]]


async def test_a_list_is_made_on_a_second_channel_and_does_not_tell_whose_it_is(
    app: App, ada: Person, bob: Person
) -> None:
    engines = (await channel(ada, "engines"))["id"]
    made = await playlist(ada, "Wheels", channel_id=engines, visibility="public")
    film = (await video(app, ada, channel_id=engines, visibility="public", title="One"))["id"]
    await put(ada, made["id"], film)
    await invite(ada, made["id"], bob)

    assert made["channel"]["handle"] == "engines"
    assert (await shelf(bob, engines), await shelf(bob, ada.channel_id)) == (["Wheels"], [])
    # Those who work on it are told who put what there.
    assert [each["added_by"]["handle"] for each in await on(bob, made["id"])] == ["engines"]
    # What was there before stays on the account's own channel.
    mine = await playlist(ada, "Seas", visibility="public")
    await put(ada, mine["id"], film)
    assert [each["added_by"]["handle"] for each in await on(ada, mine["id"])] == ["ada"]


async def test_no_list_is_made_on_a_channel_of_others_be_it_for_them(ada: Person, bob: Person) -> None:
    for role in (None, "analyst", "editor", "owner"):
        if role:
            await employ(ada, bob, role)
        answer = await bob.post("/playlists", {"title": "x", "channel_id": ada.channel_id})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_channel"), role
    missing = await bob.post("/playlists", {"title": "x", "channel_id": NOBODYS})
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_the_lists_of_a_channel_go_with_it_and_no_others(
    app: App, ada: Person, bob: Person, deliver: Deliver
) -> None:
    engines = (await channel(ada, "engines"))["id"]
    made = await playlist(ada, "Wheels", channel_id=engines, visibility="public")
    stays = await playlist(ada, "Seas", visibility="public")
    film = (await video(app, bob, visibility="public", title="One"))["id"]
    for each in (made, stays):
        await put(ada, each["id"], film)

    assert (await ada.delete(f"/channels/{engines}")).status_code == 204
    await deliver()

    assert [(await bob.get(f"/playlists/{each['id']}")).status_code for each in (made, stays)] == [404, 200]
    assert await titles(bob, stays["id"]) == ["One"]
    assert (await facts(app)).count("PlaylistDeleted") == 1
    async with app.sessions() as session:
        assert list(await session.scalars(select(Playlist.id))) == [ids.parse("ply", stays["id"])]
        assert list(await session.scalars(select(PlaylistItem.playlist_id))) == [ids.parse("ply", stays["id"])]
