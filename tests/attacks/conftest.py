"""A small world to be attacked: one video of every kind, and everybody who might look."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import Person
from tests.factories.videos import in_future, let_time_come, video

from socialflow.kernel.work import App

VISIBILITIES = ("public", "unlisted", "private")
STATES = ("draft", "processing", "partially_playable", "ready", "failed")
PLAYABLE = {"partially_playable", "ready"}


@dataclass(frozen=True, slots=True)
class Made:
    """A video of the world, and the word by which it would be known wherever it is shown."""

    visibility: str
    state: str
    word: str
    read: dict[str, Any]
    comment_id: str
    # For its time: one to come, or one that has come and that nobody has noticed yet.
    waits: bool = False

    @property
    def id(self) -> str:
        found: str = self.read["id"]
        return found

    @property
    def listed(self) -> bool:
        """Whether it belongs into lists."""
        return self.visibility == "public" and self.state in PLAYABLE and not self.waits

    def seen_by(self, who: str) -> bool:
        """Whether somebody who names it may see it: the rule, said a second time and by other words."""
        if who in {"owner", "moderator"}:
            return True
        return self.visibility in {"public", "unlisted"} and self.state in PLAYABLE and not self.waits


@dataclass(frozen=True, slots=True)
class World:
    """Twenty videos of one owner, and five who look at them."""

    owner: Person
    stranger: Person
    callers: dict[str, httpx2.AsyncClient]
    videos: list[Made] = field(default_factory=list)


@pytest.fixture
async def world(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person, person: Callable[..., Awaitable[Person]]
) -> World:
    follower, moderator = await person("fan"), await person("moe", role="moderator")
    await follower.put(f"/follows/{ada.channel_id}")
    callers = {
        "anonymous": client,
        "stranger": bob.http,
        "follower": follower.http,
        "owner": ada.http,
        "moderator": moderator.http,
    }
    made = World(ada, bob, callers)
    for visibility, state in product(VISIBILITIES, STATES):
        made.videos.append(await _make(app, ada, visibility, state))
    for visibility, state in product(("public", "unlisted"), sorted(PLAYABLE)):
        made.videos.append(await _make(app, ada, visibility, state, waits=True))
    made.videos.append(await _make(app, ada, "public", "processing", waits=True))
    # Of some the time has come, and nobody has looked at the clock yet.
    await let_time_come(app, *(each.id for each in made.videos if each.waits and each.state == "ready"))
    app.cache.clear()
    return made


async def _make(app: App, owner: Person, visibility: str, state: str, *, waits: bool = False) -> Made:
    word = f"word{visibility}{state.replace('_', '')}{'waits' if waits else 'now'}"
    read = await video(
        app,
        owner,
        title=f"title {word}",
        description=f"about {word}",
        tags=[word],
        visibility=visibility,
        state=state,
        publish_at=in_future() if waits else None,
    )
    said = await owner.post("/comments", {"subject_id": read["id"], "text": f"said {word}"})
    assert said.status_code == 201
    await owner.put(f"/likes/{read['id']}")
    return Made(visibility, state, word, read, said.json()["id"], waits)
