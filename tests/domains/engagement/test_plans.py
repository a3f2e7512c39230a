"""Every list of comments is read by its index, and stops when the page is full."""

from typing import Any

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.videos import video

from socialflow.domains.engagement.models import CommentState
from socialflow.domains.engagement.queries import mentions, pages, reactions
from socialflow.domains.engagement.queries.pages import CommentSort
from socialflow.domains.engagement.service.reading import LAST_ID
from socialflow.kernel import ids
from socialflow.kernel.reads import Read
from socialflow.kernel.work import SYSTEM, App

MANY = 4_000
_MANY = text("""
    INSERT INTO comments (id, subject_id, subject_kind, owner_id, parent_id, thread_id, depth, account_id, channel_id,
        text, state, hearted_at, like_count, created_at)
    SELECT gen_random_uuid(), CASE n % 5 WHEN 0 THEN CAST(:subject AS uuid) ELSE CAST(:other AS uuid) END, 'video',
        :owner, CASE n % 5 WHEN 1 THEN CAST(:top AS uuid) END, CASE n % 5 WHEN 1 THEN CAST(:top AS uuid) END,
        CASE n % 5 WHEN 1 THEN 1 ELSE 0 END, :account, :channel, 'many',
        CASE WHEN n % 10 = 2 THEN 'held' ELSE 'shown' END, CASE WHEN n % 7 = 0 THEN now() END, n % 50, now()
    FROM generate_series(1, :many) AS n
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
    one, two = [(await video(app, ada))["id"] for _ in range(2)]
    top = (await bob.post("/comments", {"subject_id": two, "text": "top"})).json()["id"]
    given = {"subject": ids.parse("vid", one), "other": ids.parse("vid", two), "top": ids.parse("cmt", top)}
    given |= {"owner": ids.parse("acc", ada.id), "account": ids.parse("acc", bob.id), "many": MANY}
    async with app.work(SYSTEM) as work:
        await work.db.execute(_MANY, given | {"channel": ids.parse("chn", bob.channel_id)})
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE"))

    seen = {"viewer": given["owner"], "sees_any": False, "judges": False, "grants": []}
    place = {"id": LAST_ID, "count": 2**31 - 1, "choice": 2**31 - 1, "is_first": True}
    page = {**seen, **place, "limit": 21, "depth": 2, "breadth": 3, "subject_id": given["subject"], "parent_id": None}
    for sort, index in (
        (CommentSort.NEWEST, "ix_comments_thread"),
        (CommentSort.TOP, "ix_comments_top"),
        (CommentSort.CHOICE, "ix_comments_choice"),
    ):
        plan = await plan_of(app, pages.PAGES["vid", sort, False], **page)
        assert index in plan, plan
        assert "Seq Scan on comments" not in plan, plan
        assert "rows=800 " not in plan, plan
    answers = {**page, "subject_id": given["other"], "parent_id": given["top"]}
    plan = await plan_of(app, pages.PAGES["vid", CommentSort.NEWEST, True], **answers)
    assert "ix_comments_parent_id" in plan, plan
    assert "rows=800 " not in plan, plan
    # Held by one of several owners, and written by one of several authors.
    async with app.work(SYSTEM) as work:
        some = "UPDATE comments SET {} = :who WHERE state = 'held' AND like_count % 2 = {}"
        await work.db.execute(text(some.format("account_id", 0)), {"who": given["owner"]})
        await work.db.execute(text(some.format("owner_id", 1)), {"who": given["account"]})
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("ANALYZE comments"))
    for mine, index in ((False, "ix_comments_unshown"), (True, "ix_comments_own_unshown")):
        whose = given["account"] if mine else given["owner"]
        waiting = {**seen, "viewer": whose, "id": LAST_ID, "subject_id": None, "limit": 21}
        waiting |= {"owner_id": whose, "channel_id": None}
        plan = await plan_of(app, pages.QUEUES[CommentState.HELD, mine], **waiting)
        assert index in plan, plan
        assert "rows=400 " not in plan, plan
    asked = {**seen, "sees_any_post": False, "ids": [given["subject"], given["top"]]}
    plan = await plan_of(app, reactions.OF_MANY, **asked)
    assert "Seq Scan on comments" not in plan, plan
    plan = await plan_of(
        app, mentions.MENTIONABLE, **seen, subject_id=given["subject"], beginning="bo", ending="bo~", most=8
    )
    assert "Seq Scan on comments" not in plan, plan
