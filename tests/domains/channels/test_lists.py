"""Lists around channels: as many statements however long they are, and read by their indexes."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.channels import channel
from tests.factories.posts import post
from tests.factories.statements import counted
from tests.factories.videos import video

from socialflow.domains.channels.queries import team
from socialflow.domains.posts.queries import pages as posts
from socialflow.domains.videos.queries import lists
from socialflow.domains.videos.queries.lists import Scope, VideoSort
from socialflow.domains.videos.service.reading import LAST_ID, LAST_TIME
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.work import SYSTEM, App

MANY = 3_000
# Accounts that work for one channel and were asked by it, each with a channel of their own.
_WORKERS = text("""
    WITH made AS (
        INSERT INTO accounts (id, email, handle, display_name, channel_id, created_at, updated_at)
        SELECT gen_random_uuid(), 'w' || n || '@x.example', 'worker_' || n, 'x', gen_random_uuid(), now(), now()
        FROM generate_series(1, :many) AS n RETURNING id, handle, channel_id
    ), faces AS (
        INSERT INTO channels (id, account_id, handle, display_name, created_at, updated_at)
        SELECT channel_id, id, handle, handle, now(), now() FROM made RETURNING account_id
    )
    INSERT INTO channel_members (channel_id, account_id, id, role, state, created_at, joined_at)
    SELECT :channel, account_id, gen_random_uuid(), 'analyst', 'active', now(), now() FROM faces
""")
# One account that works for all of those.
_EMPLOYED = text("""
    INSERT INTO channel_members (channel_id, account_id, id, role, state, created_at, joined_at)
    SELECT id, :account, gen_random_uuid(), 'analyst', 'active', now(), now() FROM channels
    WHERE handle LIKE 'worker_%'
""")


async def plan_of(app: App, read: Read, **values: Any) -> str:
    """How PostgreSQL reads it."""
    async with app.work(SYSTEM) as work:
        connection = await work.db.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        given = [values[name] for name in read._names]
        rows = await driver.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {read.sql}", *given)
    return "\n".join(row[0] for row in rows)


async def _fill(app: App, owner: Person, other: Person) -> None:
    async with app.work(SYSTEM) as work:
        await work.db.execute(_WORKERS, {"many": MANY, "channel": ids.parse("chn", owner.channel_id)})
        await work.db.execute(_EMPLOYED, {"account": ids.parse("acc", other.id)})
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))


@pytest.mark.timeout(300)
async def test_lists_are_read_by_their_indexes(app: App, ada: Person, bob: Person) -> None:
    await _fill(app, ada, bob)
    channel_id, viewer = ids.parse("chn", ada.channel_id), ids.parse("acc", bob.id)
    place = {"before": team.LAST, "limit": 21}

    members = await plan_of(app, team._MEMBERS, channel_id=channel_id, **place)
    assert "ix_channel_members_channel_id_id" in members, members
    mine = await plan_of(app, team._MINE, viewer=viewer, **place)
    assert "ix_channel_members_account_id_id" in mine, mine
    assert "ix_channels_account_id_id" in mine, mine
    asked = await plan_of(app, team._INVITATIONS, viewer=viewer, **place)
    assert "ix_channel_members_account_id_id" in asked, asked
    for plan in (members, mine, asked):
        assert "Seq Scan on channel_members" not in plan, plan
        assert "Seq Scan on channels" not in plan, plan
        assert "Seq Scan on accounts" not in plan, plan


@pytest.mark.timeout(300)
async def test_what_a_team_reads_of_its_channel_is_read_by_index(app: App, ada: Person, bob: Person) -> None:
    film = await video(app, ada, visibility="private")
    words = await post(ada, "Later", draft=True)
    channel_id = ids.parse("chn", ada.channel_id)
    await _fill(app, ada, bob)
    copy_video = text("""
        INSERT INTO videos
            (id, account_id, channel_id, upload_id, asset_id, title, visibility, state, created_at, updated_at)
        SELECT gen_random_uuid(), account_id, id, gen_random_uuid(), gen_random_uuid(), 'x', 'private', 'ready', now(),
            now() FROM channels WHERE handle LIKE 'worker_%'
    """)
    copy_post = text("""
        INSERT INTO posts (id, account_id, channel_id, audience_id, text, visibility, state, created_at, updated_at)
        SELECT gen_random_uuid(), account_id, id, id, 'x', 'public', 'draft', now(), now()
        FROM channels WHERE handle LIKE 'worker_%'
    """)
    async with app.work(SYSTEM) as work:
        await work.db.execute(copy_video)
        await work.db.execute(copy_post)
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))

    seen = {"viewer": ids.parse("acc", ada.id), "sees_any": False, "grants": []}
    asked = {**seen, "channel_id": channel_id, "at": LAST_TIME, "id": LAST_ID, "limit": 21}
    plan = await plan_of(app, lists.LISTS[Scope.TEAM, VideoSort.LATEST, False], **asked)
    assert "ix_videos_channel_id" in plan, plan
    assert "Seq Scan on videos" not in plan, plan
    drafts = {**asked, "sees_videos": False, "state": "draft", "tag": None, "quoted_id": None}
    plan = await plan_of(app, posts.LISTS[posts.Scope.TEAM, True], **drafts)
    assert "ix_posts_channel_unsaid" in plan, plan
    assert "Seq Scan on posts" not in plan, plan
    assert film["id"]
    assert words["id"]


async def test_lists_cost_as_many_statements_however_long_they_are(
    app: App, client: httpx2.AsyncClient, ada: Person, bob: Person
) -> None:
    paths = ["/me/channels", "/me/collaborations", "/channels/@ada/collaborators", "/channels/@ada/pins"]
    paths += [f"/videos?mine=true&channel_id={ada.channel_id}", "/channels/@ada"]
    before = {path: await _cost(app, ada, path) for path in paths}
    for number in range(4):
        await channel(ada, f"engines_{number}")
        bobs = await channel(bob, f"hammer_{number}")
        await bob.put(f"/channels/{bobs['id']}/collaborators/{ada.channel_id}", json={"role": "editor"})
    pinned = [(await video(app, ada, visibility="public"))["id"] for _ in range(3)]
    pinned += [(await post(ada, "x"))["id"] for _ in range(3)]
    assert (await ada.put("/channels/@ada/pins", json={"subject_ids": pinned})).status_code == 200
    await ada.put(f"/channels/@ada/collaborators/{bob.channel_id}", json={"role": "editor"})

    after = {path: await _cost(app, ada, path) for path in paths}
    # What is pinned is asked for where there is something: videos once, posts once.
    before["/channels/@ada/pins"] += 2
    assert after == before
    assert len((await client.get("/api/v1/channels/@ada/pins")).json()["items"]) == 6


async def _cost(app: App, person: Person, path: str) -> int:
    # What a process looks up once for all, such as roles, is known by then.
    assert (await person.get(path)).status_code == 200
    app.cache.clear()
    async with counted(app) as statements:
        answer = await person.get(path)
        assert answer.status_code == 200, answer.text
    return len(statements)
