"""Feeds of lists, and feeds for who is apart from somebody."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.graph import block, follow
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.feed import queries
from socialflow.domains.videos.queries.lists import LISTS, Scope, VideoSort
from socialflow.kernel.work import SYSTEM, App

People = Callable[..., Awaitable[Person]]


async def test_the_feed_of_a_list_is_of_whoever_is_on_it(app: App, ada: Person, bob: Person, person: People) -> None:
    carol, dave = await person("carol"), await person("dave")
    made = (await ada.post("/lists", {"title": "Gardeners"})).json()
    path = f"/feed/lists/{made['id']}"
    for each in (bob, carol):
        await ada.put(f"/lists/{made['id']}/members/{each.channel_id}")
    shown = [await video(app, each, visibility="public") for each in (bob, carol, bob)]
    await video(app, dave, visibility="public")
    await video(app, carol, visibility="unlisted")
    kept = await video(app, bob, visibility="followers")

    first = (await ada.get(f"{path}?limit=2")).json()
    async with counted(app) as statements:
        second = (await ada.get(f"{path}?limit=2&cursor={first['next_cursor']}")).json()
    assert len(statements) == 2, statements  # whether the list is one's own, and its page
    entries = first["items"] + second["items"]
    assert [entry["video"]["id"] for entry in entries] == [each["id"] for each in reversed(shown)]
    assert {entry["reason"] for entry in entries} == {"list"}
    assert second["next_cursor"] is None
    await follow(ada, bob)
    assert kept["id"] in (await ada.get(path)).text
    await block(carol, ada)
    assert shown[1]["id"] not in (await ada.get(path)).text
    assert (await bob.get(path)).status_code == 404


async def test_lists_made_for_one_viewer_walk_the_same_indexes(app: App, ada: Person, bob: Person) -> None:
    channel_latest = LISTS[Scope.CHANNEL_TO, VideoSort.LATEST, False]
    asked = {
        "viewer": f"'{'1' * 32}'",
        "list_id": f"'{'2' * 32}'",
        "channel_id": f"'{'3' * 32}'",
        "many": "500",
        "limit": "21",
        "at": "'9999-12-31'",
        "id": f"'{'f' * 32}'",
    }
    async with app.work(SYSTEM) as work:
        # Of so few rows any way is short: what is asked is whether there is one without sorting.
        for name in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            await work.db.execute(text(f"SET LOCAL {name} = off"))
        for statement, index in (
            (queries.OF_LIST, "ix_videos_channel_latest"),
            (channel_latest, "ix_videos_channel_latest"),
            (queries.LATEST_TO, "ix_videos_latest"),
        ):
            sql = statement.sql
            for at, name in enumerate(statement._names, 1):
                sql = sql.replace(f"${at}", asked[name])
            plan = "\n".join(await work.db.scalars(text("EXPLAIN " + sql.replace(":", "\\:"))))
            assert index in plan, plan
