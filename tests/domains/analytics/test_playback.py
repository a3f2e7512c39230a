"""Reports of players: what is taken, what a row says, and what they add up to."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, inspect, select, update
from tests.factories.accounts import Person
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.analytics.handlers import prune_playbacks
from socialflow.domains.analytics.models import PlaybackSession
from socialflow.domains.analytics.schemas import PlaybackQualityRead
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

URL = "/api/v1/analytics/playback"


def report(video_id: str, sid: str, sn: int = 0, **more: Any) -> dict[str, Any]:
    """A report that time has passed, of a session."""
    return {"v": 2, "sid": sid, "cid": video_id, "sn": sn, "ts": 1_796_000_000_000, "e": "t", "sta": "p", **more}


def new_sid() -> str:
    return str(uuid.uuid4())


async def send(client: httpx2.AsyncClient, *reports: dict[str, Any]) -> httpx2.Response:
    return await client.post(URL, json={"reports": list(reports)})


async def rows(app: App) -> list[PlaybackSession]:
    async with app.work(SYSTEM) as work:
        return list(await work.db.scalars(select(PlaybackSession).order_by(PlaybackSession.started_at)))


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_playback_becomes_one_row_of_nobody(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made, sid = await video(app, ada), new_sid()
    started = sample("socialflow_playback_startup_seconds_count")
    ended = sample("socialflow_playback_sessions_total", outcome="ended")
    ratios = sample("socialflow_playback_stall_ratio_count")
    begin = report(made["id"], sid, e="ps", msd=640, br=[1200], **{"socialflow-played": 0})
    async with counted(app) as statements:
        answer = await send(client, begin)
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(statements) == 2, statements

    numbers = {"socialflow-played": 9_000, "socialflow-mean": 1_100, "socialflow-switches": 2}
    more = [
        report(made["id"], sid, 1, bsa=[1], bsda=[400], bsd=[400], bs=True, dfa=3, **numbers),
        report(made["id"], sid, 2, e="e", ec=["fragLoadError"]),
        report(made["id"], sid, 3, e="ps", sta="e", pt=9_900),
    ]
    # Twice, and the first once more after the last.
    for _ in range(2):
        assert (await send(client, *more)).status_code == 204
    assert (await send(client, begin)).status_code == 204

    (row,) = await rows(app)
    said = (row.startup_ms, row.played_ms, row.stalls, row.stall_ms, row.bitrate_kbps, row.switches, row.dropped_frames)
    assert said == (640, 9_000, 1, 400, 1_100, 2, 3)
    assert (row.errors, row.state, row.sequence) == (["fragLoadError"], "e", 3)
    assert row.ended_at is not None
    # Each playback is counted once, however often it is told of.
    assert sample("socialflow_playback_startup_seconds_count") == started + 1
    assert sample("socialflow_playback_sessions_total", outcome="ended") == ended + 1
    assert sample("socialflow_playback_stall_ratio_count") == ratios + 1


def test_a_row_has_no_place_for_who_watched() -> None:
    columns = {column.name for column in inspect(PlaybackSession).columns}
    assert columns == {
        *("id", "video_id", "sequence", "state", "startup_ms", "played_ms", "stalls", "stall_ms", "bitrate_kbps"),
        *("switches", "dropped_frames", "errors", "started_at", "updated_at", "ended_at"),
    }


async def test_nobody_has_played_for_longer_than_time_has_passed(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made, sid = await video(app, ada), new_sid()
    for sn in range(2):
        await send(client, report(made["id"], sid, sn, bsda=[86_400_000], **{"socialflow-played": 86_400_000}))
    (row,) = await rows(app)
    assert 600_000 <= row.played_ms < 700_000
    assert 600_000 <= row.stall_ms < 700_000


async def test_a_session_stays_with_its_video(app: App, ada: Person, bob: Person, client: httpx2.AsyncClient) -> None:
    one, two, sid = await video(app, ada), await video(app, bob), new_sid()
    await send(client, report(one["id"], sid, msd=100))
    assert (await send(client, report(two["id"], sid, 1, dfa=77))).status_code == 204
    (row,) = await rows(app)
    assert (ids.show("vid", row.video_id), row.dropped_frames) == (one["id"], 0)


async def test_of_what_one_may_not_see_nothing_is_taken(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient
) -> None:
    hidden = await video(app, ada, visibility="private")
    for who in (client, bob.http):
        assert (await send(who, report(hidden["id"], new_sid()))).status_code == 404
        assert (await send(who, report(ids.show("vid", ids.new()), new_sid()))).status_code == 404
    assert (await send(ada.http, report(hidden["id"], new_sid()))).status_code == 204
    assert len(await rows(app)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 1},
        {"sid": "me@example.org"},
        {"sid": "6E2FB550-C457-11E9-BB97-0800200C9A66"},
        {"cid": "x"},
        {"sn": -1},
        {"sn": "0"},
        {"e": "zz"},
        {"e": "ps", "sta": None},
        {"e": "e"},
        {"e": "e", "ec": []},
        {"ec": ["a sentence about somebody"]},
        {"ec": ["x" * 65]},
        {"sta": "x"},
        {"msd": 600_001},
        {"bsa": 1},
        {"bsa": []},
        {"bsda": [-1]},
        {"br": [True]},
        {"pr": 1e308},
        {"socialflow-played": 86_400_001},
        {"played": 1},
        {"account_id": "acc_1"},
        {"nor": "x"},
    ],
)
async def test_what_is_no_report_is_refused(
    app: App, ada: Person, client: httpx2.AsyncClient, wrong: dict[str, Any]
) -> None:
    made = await video(app, ada)
    answer = await send(client, report(made["id"], new_sid()) | wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"]
    assert not await rows(app)


async def test_a_call_has_some_reports_of_one_session(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made, sid = await video(app, ada), new_sid()
    assert (await send(client)).status_code == 422
    assert (await send(client, *[report(made["id"], sid, sn) for sn in range(51)])).status_code == 422
    assert (await send(client, report(made["id"], sid), report(made["id"], new_sid()))).status_code == 422
    assert (await send(client, *[report(made["id"], sid, sn) for sn in range(50)])).status_code == 204


async def test_owners_and_staff_see_how_well_a_video_plays(
    app: App, ada: Person, bob: Person, client: httpx2.AsyncClient, person: Callable[..., Awaitable[Person]]
) -> None:
    made = await video(app, ada)
    path = f"/videos/{made['id']}/playback-quality"
    nothing = (await ada.get(path)).json()
    assert (nothing["sessions"], nothing["startup_ms"], nothing["stall_ratio"], nothing["errors"]) == (
        0,
        None,
        None,
        [],
    )

    for number, startup in enumerate((200, 400, 9_000)):
        sid, ends = new_sid(), "f" if number == 2 else "q"
        told = {"socialflow-played": 9_000, "socialflow-mean": 1_000 + number, "socialflow-switches": number}
        errors = {"e": "e", "ec": ["networkError"]} if number == 2 else {}
        await send(
            client,
            report(made["id"], sid, 0, msd=startup, bsa=[number], bsda=[1_000 * number], dfa=number, **told, **errors),
            report(made["id"], sid, 1, e="ps", sta=ends),
        )
    async with counted(app) as statements:
        answer = await ada.get(path)
    assert len(statements) == 2, statements
    said = answer.json()
    assert PlaybackQualityRead.model_validate_json(answer.content)
    assert (said["sessions"], said["startup_ms"], said["startup_slow_ms"]) == (3, 400, 9_000)
    assert said["stalled_share"] == pytest.approx(2 / 3)
    assert said["stall_ratio"] == pytest.approx(3 / 30)
    assert (said["bitrate_kbps"], said["switches"], said["dropped_frames"]) == (1_001, 1.0, 1.0)
    assert said["failed_share"] == pytest.approx(1 / 3)
    assert said["errors"] == [{"code": "networkError", "sessions": 1}]

    moderator = await person("moe", role="moderator")
    assert (await moderator.get(path)).json()["sessions"] == 3
    assert (await bob.get(path)).json()["code"] == "not_your_video"
    assert (await client.get(f"/api/v1{path}")).status_code == 401
    hidden = await video(app, ada, visibility="private")
    assert (await bob.get(f"/videos/{hidden['id']}/playback-quality")).status_code == 404


async def test_playbacks_go_in_time_and_with_their_video(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Callable[..., Awaitable[int]]
) -> None:
    one, two = await video(app, ada), await video(app, ada)
    old = new_sid()
    for made, sid in ((one, old), (one, new_sid()), (two, new_sid())):
        await send(client, report(made["id"], sid))
    async with app.work(SYSTEM) as work:
        aged = {"started_at": func.now() - timedelta(seconds=app.settings.analytics.playback_keep_s + 60)}
        await work.db.execute(update(PlaybackSession).where(PlaybackSession.id == uuid.UUID(old)).values(aged))
    await prune_playbacks(app)
    assert len(await rows(app)) == 2
    await ada.delete(f"/videos/{one['id']}")
    await deliver()
    (left,) = await rows(app)
    assert ids.show("vid", left.video_id) == two["id"]
