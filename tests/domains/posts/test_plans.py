"""Every list of posts is read by its index, and stops when the page is full."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.posts import post

from socialflow.domains.posts.models import PostState
from socialflow.domains.posts.queries import pages, tags
from socialflow.domains.posts.queries.pages import ReplySort, Scope
from socialflow.domains.posts.service.reading import FIRST_ID, FIRST_TIME, LAST_ID, LAST_TIME
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.work import SYSTEM, App

MANY = 4_000
_MANY_POSTS = text("""
    INSERT INTO posts (id, account_id, channel_id, audience_id, parent_id, root_id, depth, quoted_post_id, text,
        visibility, state, created_at, updated_at, published_at)
    SELECT gen_random_uuid(), :account, :channel, :channel, CASE n % 4 WHEN 0 THEN CAST(:top AS uuid) END,
        CASE n % 4 WHEN 0 THEN CAST(:top AS uuid) END, CASE n % 4 WHEN 0 THEN 1 ELSE 0 END,
        CASE n % 4 WHEN 1 THEN CAST(:top AS uuid) END, 'many', 'public', 'published',
        CAST(:now AS timestamptz), CAST(:now AS timestamptz), CAST(:now AS timestamptz) - n * interval '1 second'
    FROM generate_series(1, :many) AS n
""")
_MANY_TAGS = text("""
    INSERT INTO post_hashtags (hashtag_id, post_id, published_at)
    SELECT (SELECT id FROM hashtags WHERE name = 'sea'), id, published_at FROM posts WHERE text = 'many'
""")


async def plan_of(app: App, read: Read, **values: Any) -> str:
    """How PostgreSQL reads it."""
    async with app.work(SYSTEM) as work:
        connection = await work.db.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        given = [values[name] for name in read._names]
        rows = await driver.fetch(f"EXPLAIN (ANALYZE, TIMING OFF) {read.sql}", *given)
    return "\n".join(row[0] for row in rows)


@pytest.mark.timeout(300)
async def test_lists_are_read_by_their_indexes(app: App, ada: Person, bob: Person) -> None:
    top = await post(bob, "top #sea")
    channel = ids.parse("chn", ada.channel_id)
    async with app.work(SYSTEM) as work:
        given = {"top": ids.parse("pst", top["id"]), "now": work.now - timedelta(minutes=1)}
        # One channel among those who say more.
        for who, many in ((bob, MANY), (ada, MANY // 20)):
            whose = {"account": ids.parse("acc", who.id), "channel": ids.parse("chn", who.channel_id)}
            await work.db.execute(_MANY_POSTS, given | whose | {"many": many})
        await work.db.execute(_MANY_TAGS)
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))

    seen = {"viewer": ids.parse("acc", bob.id), "sees_any": False, "sees_videos": False, "grants": []}
    place = {"at": LAST_TIME, "id": LAST_ID, "limit": 21}
    wanted = {"channel_id": channel, "tag": "sea", "quoted_id": ids.parse("pst", top["id"]), "state": "published"}
    expected = {
        Scope.ALL: "ix_posts_latest",
        Scope.ALL_TO: "ix_posts_latest",
        Scope.CHANNEL: "ix_posts_channel_latest",
        Scope.CHANNEL_TO: "ix_posts_channel_latest",
        Scope.TAG: "ix_post_hashtags_latest",
        Scope.TAG_TO: "ix_post_hashtags_latest",
    }
    for scope, index in expected.items():
        replies = scope in {Scope.TAG, Scope.TAG_TO}
        plan = await plan_of(app, pages.LISTS[scope, replies], **seen, **place, **wanted)
        assert index in plan, (scope, plan)
        assert "Seq Scan on posts" not in plan, (scope, plan)
    below = {"parent_id": wanted["quoted_id"], "at": FIRST_TIME, "id": FIRST_ID, "limit": 21, "breadth": 3, "depth": 3}
    below |= {"is_first": True, "count": 2**31 - 1, "choice": 2**31 - 1}
    for sort, index in (
        (ReplySort.OLDEST, "ix_posts_parent_id"),
        (ReplySort.NEWEST, "ix_posts_parent_id"),
        (ReplySort.TOP, "ix_posts_parent_top"),
        (ReplySort.CHOICE, "ix_posts_parent_choice"),
    ):
        first = {} if sort is ReplySort.OLDEST else {"at": LAST_TIME, "id": LAST_ID}
        plan = await plan_of(app, pages.THREADS[sort], **seen, **below | first)
        assert index in plan, (sort, plan)
    whose = {"owner_id": seen["viewer"], "channel_id": None}
    plan = await plan_of(app, pages.QUEUES[PostState.HELD, False], **seen, **whose, id=LAST_ID, limit=21)
    assert "ix_posts_unshown" in plan, plan
    assert "hashtags" in await plan_of(app, tags.SUGGESTED, beginning="se", viewer=None, limit=10)
