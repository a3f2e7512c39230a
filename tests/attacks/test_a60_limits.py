"""A60: one more is asked for by several at the same moment, where there is room for one: one gets it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from sqlalchemy.util import await_only
from tests.factories.accounts import Person
from tests.factories.authenticators import Authenticator
from tests.factories.oauth import app_form
from tests.factories.posts import post
from tests.factories.shelves import playlist
from tests.factories.videos import video

from socialflow.domains.accounts.service import passkeys
from socialflow.domains.media.service import captions
from socialflow.domains.posts.service import tags
from socialflow.domains.social.service import lists, muting
from socialflow.domains.videos.service import viewers
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

AT_ONCE = 4
LINGER_S = 0.2
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"
BOUNDS = (
    (passkeys, "MOST"),
    (captions, "MOST_TRACKS"),
    (tags, "MOST_FOLLOWED"),
    (lists, "MOST_LISTS"),
    (lists, "MOST_MEMBERS"),
    (muting, "MOST_MUTES"),
    (viewers, "MOST_VIEWERS"),
)


@dataclass(frozen=True)
class World:
    """Who asks, and for what of others."""

    app: App
    ada: Person
    others: Sequence[Person]


Asked = list[Awaitable[httpx2.Response]]
Ask = Callable[[World], Awaitable[Asked]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """There is room for one of everything; of channels, for one beside that of the account."""
    one = {
        "auth": {"most_tokens": 1},
        "channels": {"per_account": 2, "team_size": 1},
        "oauth": {"apps_per_account": 1},
        "shelves": {
            "playlists_per_account": 1,
            "items_per_playlist": 1,
            "saves_per_account": 1,
            "collaborators_per_playlist": 1,
        },
    }
    return settings.model_copy(
        update={part: getattr(settings, part).model_copy(update=few) for part, few in one.items()}
    )


@contextmanager
def lingering(app: App) -> Iterator[None]:
    """Every commit takes a while: whoever counts without waiting for others counts before they are through."""

    def linger(_: Any) -> None:
        await_only(asyncio.sleep(LINGER_S))

    engine = app.engine.sync_engine
    event.listen(engine, "commit", linger)
    try:
        yield
    finally:
        event.remove(engine, "commit", linger)


@pytest.fixture
async def world(app: App, person: Callable[..., Awaitable[Person]], monkeypatch: pytest.MonkeyPatch) -> World:
    for module, name in BOUNDS:
        monkeypatch.setattr(module, name, 1)
    others = [await person(f"other_{number}") for number in range(AT_ONCE)]
    return World(app, await person("ada"), others)


async def channels(world: World) -> Asked:
    return [world.ada.post("/channels", {"handle": f"more_{number}", "display_name": "x"}) for number in range(AT_ONCE)]


async def team(world: World) -> Asked:
    path = f"/channels/{world.ada.channel_id}/collaborators"
    return [world.ada.put(f"{path}/{each.channel_id}", json={"role": "editor"}) for each in world.others]


async def of_lists(world: World) -> Asked:
    return [world.ada.post("/lists", {"title": f"List {number}"}) for number in range(AT_ONCE)]


async def members(world: World) -> Asked:
    made = (await world.ada.post("/lists", {"title": "Friends"})).json()["id"]
    return [world.ada.put(f"/lists/{made}/members/{each.channel_id}") for each in world.others]


async def terms(world: World) -> Asked:
    words = [{"kind": "word", "term": f"word{number}"} for number in range(2)]
    return [
        *(world.ada.post("/me/mutes", word) for word in words),
        *(world.ada.put(f"/mutes/{each.channel_id}") for each in world.others[:2]),
    ]


async def hashtags(world: World) -> Asked:
    return [world.ada.put(f"/me/tags/tag{number}") for number in range(AT_ONCE)]


async def playlists(world: World) -> Asked:
    return [world.ada.post("/playlists", {"title": f"List {number}"}) for number in range(AT_ONCE)]


async def items(world: World) -> Asked:
    made = (await playlist(world.ada))["id"]
    films = [await video(world.app, each) for each in world.others]
    return [world.ada.post(f"/playlists/{made}/items", {"video_id": film["id"]}) for film in films]


async def collaborators(world: World) -> Asked:
    path = f"/playlists/{(await playlist(world.ada))['id']}/collaborators"
    return [world.ada.put(f"{path}/{each.channel_id}") for each in world.others]


async def saves(world: World) -> Asked:
    said = [await post(each, "words") for each in world.others]
    return [world.ada.put(f"/saves/{each['id']}") for each in said]


async def of_viewers(world: World) -> Asked:
    made = (await video(world.app, world.ada, visibility="named"))["id"]
    return [world.ada.put(f"/videos/{made}/viewers/{each.channel_id}") for each in world.others]


async def tracks(world: World) -> Asked:
    made = (await video(world.app, world.ada))["id"]
    return [world.ada.put(f"/videos/{made}/captions/{each}", content=SRT) for each in ("en", "de", "fr", "it")]


async def of_passkeys(world: World) -> Asked:
    sent: list[Any] = []
    for number in range(AT_ONCE):
        asked = (await world.ada.post("/me/factors/passkeys/options")).json()
        made = Authenticator().create(asked["options"])
        sent.append({"state": asked["state"], "credential": made, "name": f"Key {number}"})
    return [world.ada.post("/me/factors/passkeys", each) for each in sent]


async def tokens(world: World) -> Asked:
    return [world.ada.post("/me/tokens", {"name": str(number), "scopes": ["read"]}) for number in range(AT_ONCE)]


async def apps(world: World) -> Asked:
    return [world.ada.post("/me/apps", app_form(name=f"App {number}")) for number in range(AT_ONCE)]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (channels, "too_many_channels"),
        (team, "team_is_full"),
        (of_lists, "too_many_lists"),
        (members, "list_is_full"),
        (terms, "too_many_mutes"),
        (hashtags, "too_many_hashtags"),
        (playlists, "too_many_playlists"),
        (items, "playlist_is_full"),
        (collaborators, "too_many_collaborators"),
        (saves, "too_many_saves"),
        (of_viewers, "too_many_viewers"),
        (tracks, "too_many_captions"),
        (of_passkeys, "too_many_passkeys"),
        (tokens, "too_many_tokens"),
        (apps, "too_many_apps"),
    ],
)
async def test_a60_where_there_is_room_for_one_more_one_of_several_gets_it(world: World, ask: Ask, code: str) -> None:
    asked = await ask(world)
    with lingering(world.app):
        answers = await asyncio.gather(*asked)

    refused = [answer for answer in answers if not answer.is_success]
    assert len(refused) == AT_ONCE - 1, [answer.text for answer in answers]
    assert {answer.json()["code"] for answer in refused} == {code}
