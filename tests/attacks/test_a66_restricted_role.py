"""A66: the database role that the product runs under cannot change the audit log, and the product works under it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import deliver_all
from tests.factories.accounts import PASSWORD, form
from tests.factories.uploads import TUS

from socialflow.entrypoints import schema
from socialflow.entrypoints.api import build
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import chain, housekeeping
from socialflow.kernel.config import Settings
from socialflow.kernel.db import async_url
from socialflow.kernel.work import App

ROLE = "sf_restricted"


@pytest.fixture
async def restricted(app: App, settings: Settings) -> AsyncIterator[Settings]:
    """Settings of the same installation under a role that is no owner; the role is gone afterwards."""
    assert settings.database.url is not None
    url = settings.database.url.get_secret_value()
    engine = create_async_engine(async_url(url))
    async with engine.begin() as owner:
        await owner.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'x' NOSUPERUSER"))
        for statement in schema.restricted(ROLE):
            await owner.execute(text(statement))
    theirs = make_url(url).set(username=ROLE, password="x").render_as_string(hide_password=False)  # of a test
    database = settings.database.model_copy(update={"url": SecretStr(theirs)})
    yield settings.model_copy(update={"database": database})
    async with engine.begin() as owner:
        await owner.execute(text(f"DROP OWNED BY {ROLE}"))
        await owner.execute(text(f"DROP ROLE {ROLE}"))
    await engine.dispose()


FORBIDDEN = [
    "UPDATE audit_events SET tag = 'x'",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "TRUNCATE audit_events, audit_details, audit_heads",
    "ALTER TABLE audit_events DISABLE TRIGGER append_only",
    "ALTER TABLE audit_events DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only ON audit_events",
    "CREATE OR REPLACE FUNCTION refuse_to_change_the_log() RETURNS trigger LANGUAGE sql AS ''",
    "CREATE TRIGGER mine BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_log()",
    "SET session_replication_role = replica",
    "DROP TABLE audit_events",
    "ALTER TABLE audit_events RENAME TO elsewhere",
    "ALTER TABLE audit_events OWNER TO sf_restricted",
    "DELETE FROM audit_heads",
    "UPDATE audit_details SET details = '{}'",
    "UPDATE alembic_version SET version_num = '0001'",
]


async def test_a66_the_restricted_role_runs_the_product_and_cannot_change_the_log(restricted: Settings) -> None:
    async with open_app(restricted) as app:

        @asynccontextmanager
        async def opener(_: Settings) -> AsyncIterator[App]:
            yield app

        api = build(restricted, opener=opener)
        async with api.router.lifespan_context(api):
            transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
            async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
                await _use(client)
        await deliver_all(app, times=1, queues=("default", "mail", "feed"))
        for tidy in (housekeeping.prune, housekeeping.fold_counts, housekeeping.verify_audit_log, housekeeping.measure):
            await tidy(app)

        for statement in FORBIDDEN:
            with pytest.raises(DBAPIError) as refused:
                async with app.sessions() as session, session.begin():
                    await session.execute(text(statement))
            assert "permission denied" in str(refused.value) or "must be owner" in str(refused.value), statement
        # Nor does it get more by granting itself what it has not: that is a warning, and gives nothing.
        async with app.sessions() as session, session.begin():
            await session.execute(text(f"GRANT ALL ON audit_events TO {ROLE}"))
            held = text("SELECT has_table_privilege('audit_events', 'UPDATE, DELETE, TRUNCATE, TRIGGER')")
            assert await session.scalar(held) is False
        report = await chain.verify(app)
    assert report.faults == []
    assert report.checked > 3


async def _use(client: httpx2.AsyncClient) -> None:
    """Much of what the product does, over the API."""
    given = (await client.post("/api/v1/auth/register", json=form("eve"))).json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    upload = await client.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "10"})
    assert upload.status_code == 201
    body = {"title": "x", "upload_id": upload.headers["location"].rpartition("/")[2], "visibility": "unlisted"}
    video = (await client.post("/api/v1/videos", json=body)).json()
    said = await client.post("/api/v1/comments", json={"subject_id": video["id"], "text": "x"})
    assert (await client.put(f"/api/v1/likes/{said.json()['id']}")).status_code in {200, 204}
    assert (await client.get("/api/v1/me/activity")).status_code == 200
    assert (await client.delete(f"/api/v1/videos/{video['id']}")).status_code == 204
    wrong = await client.post("/api/v1/auth/login", json={"login": "eve", "password": "x"})
    right = await client.post("/api/v1/auth/login", json={"login": "eve", "password": PASSWORD})
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert (await client.post("/api/v1/auth/logout")).status_code == 204
