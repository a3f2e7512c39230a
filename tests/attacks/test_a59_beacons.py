"""A59: reports of players that are replayed, made up, or come by the thousand change nothing but their own row."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.attacks.conftest import World
from tests.factories.accounts import Person
from tests.factories.videos import video

from socialflow.domains.analytics.models import PlaybackSession
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

URL = "/api/v1/analytics/playback"
PER_ADDRESS = 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One address may tell sixty times an hour."""
    limits = settings.limits.model_copy(update={"beacon_address": f"{PER_ADDRESS}/3600"})
    return settings.model_copy(update={"limits": limits})


@pytest.fixture
def at(api: FastAPI) -> Callable[[str], httpx2.AsyncClient]:
    """A client that comes from an address."""

    def make(address: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=(address, 50_000))
        return httpx2.AsyncClient(transport=transport, base_url="http://testserver")

    return make


def report(video_id: str, sid: str, sn: int = 0, **more: Any) -> dict[str, Any]:
    return {"v": 2, "sid": sid, "cid": video_id, "sn": sn, "ts": 0, "e": "t", "sta": "p", **more}


async def rows(app: App) -> list[PlaybackSession]:
    async with app.work(SYSTEM) as work:
        return list(await work.db.scalars(select(PlaybackSession)))


async def test_a59_a_report_that_is_replayed_counts_once(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made, sid = await video(app, ada), str(uuid.uuid4())
    told = {"socialflow-played": 4_000, "bsa": [2], "bsda": [700], "dfa": 9, "ec": ["x"], "e": "e", "msd": 120}
    body = {"reports": [report(made["id"], sid, 3, **told)]}
    answers = await asyncio.gather(*(client.post(URL, json=body) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {204}
    (row,) = await rows(app)
    said = (row.played_ms, row.stalls, row.stall_ms, row.dropped_frames, row.errors, row.startup_ms)
    assert said == (4_000, 2, 700, 9, ["x"], 120)


async def test_a59_nothing_that_counts_is_moved_by_reports(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    before = (await ada.get(f"/videos/{made['id']}")).json()
    for _ in range(20):
        await client.post(URL, json={"reports": [report(made["id"], str(uuid.uuid4()), sta="e", e="ps")]})
    after = (await ada.get(f"/videos/{made['id']}")).json()
    assert (after["like_count"], after["comment_count"]) == (before["like_count"], before["comment_count"])
    assert (await ada.get("/feed/trending")).json()["items"] == []


async def test_a59_one_address_tells_so_much_and_no_more_whoever_it_claims_to_be(
    app: App, ada: Person, at: Callable[[str], httpx2.AsyncClient]
) -> None:
    made = await video(app, ada)
    one, other = at("203.0.113.9"), at("203.0.113.10")
    one.headers["X-Forwarded-For"] = "198.51.100.7"
    sid = str(uuid.uuid4())
    body = {"reports": [report(made["id"], sid, sn) for sn in range(PER_ADDRESS // 2)]}
    for _ in range(2):
        assert (await one.post(URL, json=body)).status_code == 204
    refused = await one.post(URL, json={"reports": body["reports"][:1]})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    # Every address of one household is one: a /64 (RFC 6177).
    assert (await at("2001:db8::1").post(URL, json=body)).status_code == 204
    assert (await at("2001:db8::2").post(URL, json=body)).status_code == 204
    assert (await at("2001:db8::3").post(URL, json=body)).status_code == 429
    assert (await other.post(URL, json=body)).status_code == 204


async def test_a59_where_nothing_is_kept_nothing_is_taken(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    none = app.settings.analytics.model_copy(update={"playback_keep_s": 0})
    object.__setattr__(app, "settings", app.settings.model_copy(update={"analytics": none}))
    assert (await client.post(URL, json={"reports": [report(made["id"], str(uuid.uuid4()))]})).status_code == 204
    assert await rows(app) == []


async def test_a22_positions_and_quality_follow_the_one_rule(app: App, world: World) -> None:
    for who, client in world.callers.items():
        for made in world.videos:
            told = await client.post(URL, json={"reports": [report(made.id, str(uuid.uuid4()))]})
            assert told.status_code in ({204, 429} if made.seen_by(who) else {404, 429}), (who, made.word)
            if who == "anonymous":
                continue
            path = f"/api/v1/me/positions/{made.id}"
            kept = await client.put(path, json={"position_ms": 6_000})
            assert kept.status_code == (200 if made.seen_by(who) else 404), (who, made.word)
            assert made.word not in kept.text
            quality = (await client.get(f"/api/v1/videos/{made.id}/playback-quality")).status_code
            allowed = {"owner": 200, "moderator": 200}.get(who, 403 if made.seen_by(who) else 404)
            assert quality == allowed, (who, made.word)
        if who == "anonymous":
            continue
        # What was begun and is not to be seen any more is in no list.
        shown = (await client.get("/api/v1/me/watching", params={"limit": 100})).text
        for made in world.videos:
            assert (made.word in shown) == (made.seen_by(who) and made.state in {"ready", "partially_playable"}), who


@pytest.mark.parametrize("bound", ["beacon_video", "beacon_sessions"])
async def test_a59_of_one_address_few_playbacks_are_taken(
    app: App, api: FastAPI, ada: Person, at: Callable[[str], httpx2.AsyncClient], bound: str
) -> None:
    limits = app.settings.limits.model_copy(update={bound: "3/86400"})
    api.state.app = replace(app, settings=app.settings.model_copy(update={"limits": limits}))
    made, mine = await video(app, ada), at("203.0.113.9")
    sids = [str(uuid.uuid4()) for _ in range(5)]
    told = [await mine.post(URL, json={"reports": [report(made["id"], sid)]}) for sid in sids]
    assert [answer.status_code for answer in told] == [204] * 3 + [429] * 2
    assert int(told[-1].headers["retry-after"]) > 0
    assert {str(row.id) for row in await rows(app)} == set(sids[:3]), "of the others nothing is kept"
    # What has begun goes on, others are heard, and another video is another matter only where videos are counted.
    assert (await mine.post(URL, json={"reports": [report(made["id"], sids[0], 1)]})).status_code == 204
    body = {"reports": [report(made["id"], str(uuid.uuid4()))]}
    assert (await at("203.0.113.10").post(URL, json=body)).status_code == 204
    another = {"reports": [report((await video(app, ada))["id"], str(uuid.uuid4()))]}
    assert (await mine.post(URL, json=another)).status_code == (204 if bound == "beacon_video" else 429)


async def test_a59_what_has_shown_nothing_says_nothing_of_how_a_video_plays(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    for more in ({}, {"msd": 90_000}, {"e": "e", "ec": ["x"]}, {"socialflow-played": 4_000}, {"e": "ps", "sta": "f"}):
        body = {"reports": [report(made["id"], str(uuid.uuid4()), **more)]}
        assert (await client.post(URL, json=body)).status_code == 204
    said = (await ada.get(f"/videos/{made['id']}/playback-quality")).json()
    assert (said["sessions"], said["startup_ms"], said["errors"], said["failed_share"]) == (2, None, [], 0.5)
