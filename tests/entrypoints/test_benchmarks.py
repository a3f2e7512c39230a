"""Benchmarks, which nobody runs every day: each can be loaded, the tables take what they fill in, what they ask for is
there. Nothing is measured."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
import httpx2
import pytest
from tests.factories.accounts import Person

from socialflow.entrypoints.demo import scale
from socialflow.entrypoints.demo.sizes import Sizes
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

FOLDER = Path(__file__).parents[2] / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
SUPPORT = sorted(path.stem for path in (FOLDER / "support").glob("[a-z]*.py"))
SMALL = Sizes(accounts=120, follows=1_000, videos=60, posts=400, likes=1_500, comments=150, tags=40)
PAGES = [f"/api/v1/videos?sort={sort}&limit=20" for sort in ("latest", "popular")]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """All of them, found and loaded as when one is run."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield {name: importlib.import_module(name) for name in (*NAMES, *(f"support.{name}" for name in SUPPORT))}
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(FOLDER)):
            del sys.modules[name]


class Waiting:
    """A client for programs that wait for each answer, from a thread beside the loop."""

    def __init__(self, client: httpx2.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """Ask."""
        return self._ask("GET", path, options)

    def put(self, path: str, **options: Any) -> httpx2.Response:
        """Put."""
        return self._ask("PUT", path, options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        """Send."""
        return self._ask("POST", path, options)

    def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx2.Response:
        asked = self._client.request(method, path, **options)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()


def address(settings: Settings) -> str:
    assert settings.database.url is not None
    return settings.database.url.get_secret_value()


def test_every_benchmark_can_be_loaded(programs: dict[str, ModuleType]) -> None:
    assert len(NAMES) > 10
    assert all(hasattr(programs[name], "main") for name in NAMES if name != "instance")


async def test_every_list_of_a_large_world_is_answered_in_a_small_one(
    app: App, ada: Person, settings: Settings, programs: dict[str, ModuleType]
) -> None:
    lists = programs["lists"]
    await scale.fill(app, scale.plan(SMALL, 7), lambda _: None)
    database = await asyncpg.connect(address(settings))
    try:
        found = await lists.sample(database)
        reader = Waiting(ada.http, asyncio.get_running_loop())
        list_id = await asyncio.to_thread(lists.settle, reader, found)
        beginnings = ("/videos", "/posts", "/feed/following", "/feed/latest")
        places = {path: await asyncio.to_thread(lists.leaf, reader, path, 3) for path in beginnings}
        asked = lists.routes(found, places, list_id)
        for route in asked:
            try:
                await lists.explain(app, ada.http, database, set(scale.ANALYZED), route, ada.access_token, ways=2)
            except SystemExit as refused:
                pytest.fail(f"it would end here: {refused}")
    finally:
        await database.close()
    assert len(asked) > 30
    assert [route.name for route in asked if not route.paths or not route.questions] == []


async def test_the_town_of_the_benchmarks_is_taken_and_asked_about(
    app: App, ada: Person, settings: Settings, programs: dict[str, ModuleType]
) -> None:
    api, channels, dataset = programs["api"], programs["channels"], programs["support.dataset"]
    url, me = address(settings), ids.parse("acc", ada.id)
    town = await asyncio.to_thread(dataset.fill, url)
    await asyncio.to_thread(dataset.follow, url, [me], town, 40)
    await asyncio.to_thread(channels.furnish, url, town, me)
    video = await programs["likes"].thread(url, town)
    rows = [*api.rows(PAGES, town, [ada.access_token], me), *channels.rows(town, ada.access_token, me)]
    database = await asyncpg.connect(url)
    try:
        assert await programs["likes"].check(database, video) == (True, await _likes_of(database, video))
        assert await programs["follows"].inexact(url, town.channels) > 0
        for row in rows:
            path, token = row.asked[0]
            answer = await ada.http.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
            # Who asks by a former handle is told the one in force.
            assert answer.status_code == (307 if "former" in path else 200), (row.name, answer.text)
            if (statement := api.written(row)) is not None:
                assert await database.fetch(statement), row.name
    finally:
        await database.close()


async def _likes_of(database: asyncpg.Connection, video: Any) -> int:
    return int(await database.fetchval("SELECT count(*) FROM likes WHERE subject_id = $1", video))
