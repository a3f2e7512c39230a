"""A Work is one transaction: it commits when its block ends, before anybody is answered, or not at all."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from socialflow.kernel.web import InWork, details, router
from socialflow.kernel.web.edge import Edge
from socialflow.kernel.work import ANONYMOUS, SYSTEM, Actor, App, Work

# Fails when it is committed, and not before.
LATE_FAULT = (
    "CREATE TEMP TABLE twins (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP",
    "INSERT INTO twins VALUES (1), (1)",
)


async def doomed(work: Work) -> None:
    """Do what cannot be committed."""
    for statement in LATE_FAULT:
        await work.db.execute(text(statement))


async def test_a_work_is_committed_when_its_block_ends(app: App) -> None:
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("INSERT INTO idempotency_keys (fingerprint, request_hash) VALUES ('a', 'b')"))
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM idempotency_keys")) == 1


async def test_a_work_that_raises_leaves_nothing(app: App) -> None:
    with pytest.raises(ZeroDivisionError):
        await _failing(app)
    async with app.work(SYSTEM) as work:
        assert await work.db.scalar(text("SELECT count(*) FROM idempotency_keys")) == 0


async def _failing(app: App) -> None:
    async with app.work(SYSTEM) as work:
        await work.db.execute(text("INSERT INTO idempotency_keys (fingerprint, request_hash) VALUES ('a', 'b')"))
        raise ZeroDivisionError


async def test_a_work_knows_its_actor_and_one_time(app: App) -> None:
    async with app.work(ANONYMOUS) as work:
        assert work.actor is ANONYMOUS
        assert work.now.tzinfo is not None


async def test_a_commit_that_fails_raises(app: App) -> None:
    with pytest.raises(IntegrityError):
        async with app.work(SYSTEM) as work:
            await doomed(work)


async def test_a_commit_that_fails_is_never_answered_with_success(app: App) -> None:
    routes = router("test")

    @routes.post("/doomed", operation_id="doomed", status_code=204)
    async def route(work: InWork) -> None:
        await doomed(work)

    async def nobody(_: Any) -> Actor:
        return ANONYMOUS

    api = FastAPI()
    details.install(api)
    api.include_router(routes)
    api.state.app, api.state.authenticate, api.state.limiter = app, nobody, _Unlimited()
    api.add_middleware(Edge, settings=app.settings)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://test") as client:
        answer = await client.post("/doomed")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"


class _Unlimited:
    async def take(self, *_: Any) -> Any:
        return _Verdict()


class _Verdict:
    allowed = True

    def headers(self) -> dict[str, str]:
        return {}
