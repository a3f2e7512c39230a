"""A22: files, streams, pages and what changes: the ways of reading that no document of the API lists."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from tests.attacks.conftest import World
from tests.factories.accounts import PASSWORD
from tests.factories.streams import listening
from tests.factories.videos import FILES, asset_of

from socialflow.domains.feed.handlers import rank_trending
from socialflow.domains.media.service import delivery
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Connect = Callable[..., httpx2.AsyncClient]


def token_of(client: httpx2.AsyncClient) -> str | None:
    return client.headers.get("authorization", "").removeprefix("Bearer ") or None


async def every_page(client: httpx2.AsyncClient, path: str, **params: str) -> str:
    """The text of all pages of a list."""
    found, cursor = "", None
    for _ in range(20):
        answer = await client.get(f"/api/v1{path}", params={**params, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found += answer.text
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("a list without end")


async def test_a22_one_video_and_what_hangs_on_it(world: World) -> None:
    for who, client in world.callers.items():
        for made in world.videos:
            allowed = made.seen_by(who)
            for path in (f"/videos/{made.id}", f"/comments?subject_id={made.id}"):
                answer = await client.get(f"/api/v1{path}")
                assert answer.status_code == (200 if allowed else 404), (who, made.word, path)
                assert (made.word in answer.text) == allowed
            thread = await client.get(f"/api/v1/comments?subject_id={made.id}&parent_id={made.comment_id}")
            assert thread.status_code == (200 if allowed else 404), (who, made.word)
            playback = (await client.get(f"/api/v1/videos/{made.id}")).json().get("playback")
            assert bool(playback) == (allowed and made.state in {"ready", "partially_playable"})


async def test_a22_lists_and_feeds(app: App, world: World) -> None:
    await rank_trending(app)
    paths = {
        "/videos": {},
        "/videos#popular": {"sort": "popular"},
        "/videos#oldest": {"sort": "oldest"},
        "/videos#channel": {"channel_id": world.owner.channel_id},
        "/videos#channel popular": {"channel_id": world.owner.channel_id, "sort": "popular"},
        "/feed/latest": {},
        "/feed/trending": {},
    }
    for who, client in world.callers.items():
        shown = {path: await every_page(client, path.partition("#")[0], **params) for path, params in paths.items()}
        if who != "anonymous":
            shown["/feed/following"] = await every_page(client, "/feed/following")
            shown["mine"] = await every_page(client, "/videos", mine="true")
        for made in world.videos:
            shown[made.word] = await every_page(client, "/videos", tag=made.word)
            assert (made.word in shown[made.word]) == made.listed, (who, made.word)
            for path in paths:
                assert (made.word in shown[path]) == made.listed, (who, made.word, path)
                assert (made.id in shown[path]) == made.listed
            if who != "anonymous":
                assert (made.word in shown["/feed/following"]) == (made.listed and who == "follower")
                assert (made.word in shown["mine"]) == (who == "owner")


async def test_a22_marks_and_likes(world: World) -> None:
    asked = ",".join(made.id for made in world.videos)
    for who, client in world.callers.items():
        if who == "anonymous":
            continue
        marks = (await client.get("/api/v1/me/marks", params={"subject_ids": asked})).json()
        assert marks["liked"] == ([made.id for made in world.videos] if who == "owner" else [])
        for made in world.videos:
            for subject in (made.id, made.comment_id):
                liked = await client.put(f"/api/v1/likes/{subject}")
                assert liked.status_code == (200 if made.seen_by(who) else 404), (who, made.word)
                assert "like_count" in liked.json() or not made.seen_by(who)


async def test_a22_files(app: App, world: World) -> None:
    for made in world.videos:
        asset = ids.show("ast", await asset_of(app, made.id))
        for name in FILES:
            for who, client in world.callers.items():
                answer = await client.get(f"/media/{asset}/{name}")
                assert answer.status_code == (200 if made.listed else 404), (who, made.word, name)
        playback = made.read["playback"]
        if playback is not None and not made.listed:
            # Its own address, which its owner was given, opens it; the same token opens nothing else.
            client = world.callers["anonymous"]
            assert (await client.get(playback["hls_url"])).status_code == 200
            other = next(each for each in world.videos if each.read["playback"] and each.word != made.word)
            foreign = ids.show("ast", await asset_of(app, other.id))
            token = playback["hls_url"].split("/")[2]
            assert (await client.get(f"/media/{token}/{foreign}/master.m3u8")).status_code == 404


async def test_a22_streams(api: FastAPI, world: World) -> None:
    for who in ("anonymous", "stranger", "owner"):
        for made in world.videos:
            if made.visibility == "unlisted" and made.state in {"draft", "failed"}:
                continue  # as private ones, and every stream takes its time
            async with listening(api, f"video:{made.id}", token=token_of(world.callers[who])) as stream:
                assert stream.status == (200 if made.seen_by(who) else 404), (who, made.word)
                if stream.status == 200:
                    told = (await stream.event())["data"]["data"]
                    assert (told["failure"] is not None) == (made.state == "failed")


async def test_a22_numbers_and_uploads(app: App, world: World) -> None:
    for who, client in world.callers.items():
        channel = (await client.get("/api/v1/channels/@ada")).json()
        assert channel["video_count"] == sum(made.listed for made in world.videos) == 2, who
        for made in world.videos:
            asset_id = await asset_of(app, made.id)
            for guess in (ids.show("upl", asset_id), made.id):
                assert (await client.get(f"/api/v1/uploads/{guess}")).status_code in {401, 404}


async def test_a22_pages(app: App, world: World, connect: Connect) -> None:
    browsers: dict[str, httpx2.AsyncClient] = {"anonymous": connect()}
    for who, handle in {"stranger": "bob", "owner": "ada", "moderator": "moe"}.items():
        browser = connect(**{"X-Session": "cookie"})
        answer = await browser.post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})
        assert answer.status_code == 200
        browsers[who] = browser

    lists = ("/", "/@ada", "/following")
    for who, browser in browsers.items():
        shown = {path: (await browser.get(path, follow_redirects=True)).text for path in lists}
        for made in world.videos:
            watched = await browser.get(f"/watch/{made.id}")
            assert (watched.status_code == 200) == made.seen_by(who), (who, made.word, watched.status_code)
            assert (f"title {made.word}" in watched.text) == made.seen_by(who)
            for path in lists:
                belongs = made.listed and path != "/following"
                assert (f"title {made.word}" in shown[path]) == belongs, (who, made.word, path)
            if who != "owner":
                assert made.word not in (await browser.get(f"/my/videos/{made.id}", follow_redirects=True)).text


async def test_a22_what_was_seen_once_is_closed_when_it_is_hidden_or_deleted(
    app: App, world: World, deliver: Callable[..., Awaitable[int]]
) -> None:
    for index, change in enumerate(("private", "unlisted", "delete")):
        made = [each for each in world.videos if each.listed][index % 2] if index < 2 else None
        if made is None:
            made = next(each for each in world.videos if each.visibility == "unlisted" and each.state == "ready")
        for client in world.callers.values():
            assert (await client.get(f"/api/v1/videos/{made.id}")).status_code == 200
        if change == "delete":
            assert (await world.owner.delete(f"/videos/{made.id}")).status_code == 204
            await deliver(times=1)
        else:
            assert (await world.owner.patch(f"/videos/{made.id}", {"visibility": change})).status_code == 200
        for who, client in world.callers.items():
            staff = change != "delete" and who in {"owner", "moderator"}
            allowed = staff or change == "unlisted"
            for path in (f"/videos/{made.id}", f"/comments?subject_id={made.id}"):
                assert (await client.get(f"/api/v1{path}")).status_code == (200 if allowed else 404), (who, change)
            assert made.word not in (await client.get("/api/v1/videos?limit=100")).text
            assert made.word not in (await client.get("/api/v1/feed/latest?limit=100")).text
            playback = made.read["playback"]
            if change != "delete" or playback["hls_url"].startswith("/media/ast"):
                assert (await client.get(playback["hls_url"])).status_code == 404
            else:
                assert (await client.get(playback["hls_url"])).status_code in {403, 404}


@pytest.mark.parametrize("state", ["pending", "suspended", "leaving", "erased"])
async def test_a22_nobody_sees_what_a_hidden_account_has_made(
    app: App, api: FastAPI, world: World, connect: Connect, state: str
) -> None:
    await rank_trending(app)
    await world.stranger.put(f"/follows/{world.owner.channel_id}")
    async with app.work(SYSTEM) as work:
        hide = text("UPDATE accounts SET state = :state WHERE id = :id")
        await work.db.execute(hide, {"state": state, "id": ids.parse("acc", world.owner.id)})
    # What every process does within two seconds.
    app.cache.clear()
    delivery.shelves._kept.clear()

    callers = {who: world.callers[who] for who in ("anonymous", "stranger", "follower")}
    channel = world.owner.channel_id
    for who, client in callers.items():
        for path in (f"/channels/{channel}", "/channels/@ada", f"/channels/{channel}/followers"):
            assert (await client.get(f"/api/v1{path}")).status_code == 404, (who, path)
        lists = ["/videos", "/feed/latest", "/feed/trending", "/videos?sort=popular", "/videos?sort=oldest"]
        lists += [] if who == "anonymous" else ["/feed/following"]
        for path in lists:
            assert "word" not in await every_page(client, path), (who, path)
        mine = await client.get("/api/v1/videos", params={"channel_id": channel})
        assert "word" not in mine.text, who
        for made in world.videos:
            for path in (f"/videos/{made.id}", f"/comments?subject_id={made.id}"):
                answer = await client.get(f"/api/v1{path}")
                assert (answer.status_code, made.word in answer.text) == (404, False), (who, made.word, path)
            if who != "anonymous":
                assert (await client.put(f"/api/v1/likes/{made.id}")).status_code == 404, made.word
            if made.read["playback"] is not None:
                assert (await client.get(made.read["playback"]["hls_url"])).status_code == 404, (who, made.word)
    shown = next(made for made in world.videos if made.listed)
    async with listening(api, f"video:{shown.id}", token=None) as stream:
        assert stream.status == 404
    browser = connect()
    for page in ("/@ada", f"/watch/{shown.id}"):
        assert (await browser.get(page)).status_code == 404, page
    # To judge it, staff see it still.
    assert (await world.callers["moderator"].get(f"/api/v1/videos/{shown.id}")).status_code == 200
