"""How much can be put aside: settings, which clients are told, and which hold when many ask at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.factories.accounts import Person
from tests.factories.shelves import playlist
from tests.factories.videos import video

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App


@pytest.fixture
def settings(settings: Settings) -> Settings:
    few = {
        "playlists_per_account": 1,
        "items_per_playlist": 1,
        "saves_per_account": 1,
        "collaborators_per_playlist": 1,
    }
    return settings.model_copy(update={"shelves": settings.shelves.model_copy(update=few)})


async def test_there_are_limits_and_clients_are_told(app: App, ada: Person, bob: Person) -> None:
    one, two = [(await video(app, ada, visibility="public"))["id"] for _ in range(2)]
    for path, code in (("/me/watch-later/{}", "playlist_is_full"), ("/saves/{}", "too_many_saves")):
        assert (await bob.put(path.format(one))).status_code == 200
        assert (await bob.put(path.format(one))).status_code == 200
        refused = await bob.put(path.format(two))
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    # What is watched later does not count among the lists that one makes.
    made = await playlist(bob)
    assert (await bob.post("/playlists", {"title": "Another"})).json()["code"] == "too_many_playlists"
    await bob.put(f"/playlists/{made['id']}/videos/{one}")
    for answer in (
        await bob.put(f"/playlists/{made['id']}/videos/{two}"),
        await bob.post(f"/playlists/{made['id']}/items", {"video_id": two}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "playlist_is_full")
    told = (await ada.get("/instance")).json()["limits"]
    assert (told["items_per_playlist"], told["saves_per_account"], told["playlists_per_account"]) == (1, 1, 1)
    assert told["history_keep_days"] == 365


async def test_no_more_are_asked_than_may_work_on_a_list(
    app: App, ada: Person, bob: Person, person: Callable[..., Awaitable[Person]]
) -> None:
    carl = await person("carl")
    made = await playlist(ada)
    path = f"/playlists/{made['id']}/collaborators"
    assert (await ada.put(f"{path}/{bob.channel_id}")).status_code == 204
    assert (await ada.put(f"{path}/{carl.channel_id}")).json()["code"] == "too_many_collaborators"
    assert (await ada.delete(f"{path}/{bob.channel_id}")).status_code == 204
    assert (await ada.put(f"{path}/{carl.channel_id}")).status_code == 204


async def test_a_list_takes_no_more_when_many_put_something_on_it_at_once(app: App, ada: Person) -> None:
    made = await playlist(ada)
    films = [(await video(app, ada))["id"] for _ in range(4)]
    answers = await asyncio.gather(*(ada.put(f"/playlists/{made['id']}/videos/{film}") for film in films))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await ada.get(f"/playlists/{made['id']}")).json()["item_count"] == 1
