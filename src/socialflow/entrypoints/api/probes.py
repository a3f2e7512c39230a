"""Probes: alive (the loop turns), ready (a request can be served), started."""

import asyncio
from typing import Any

from fastapi import FastAPI
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from socialflow.kernel.work import App
from socialflow.migrations import heads

PATIENCE_SECONDS = 2.0


def install(api: FastAPI) -> None:
    """Add `/livez`, `/readyz` and `/startupz`."""
    api.add_route("/livez", live, methods=["GET"])
    api.add_route("/readyz", ready, methods=["GET"])
    api.add_route("/startupz", ready, methods=["GET"])


async def live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """200 when requests can be served: not draining, database there and of our schema.

    Redis may be away: reads go on and jobs wait, so it is told as degraded and not as unready.
    """
    app: App = request.app.state.app
    database, redis = await asyncio.gather(_database(app), _redis(app))
    draining = request.app.state.draining.is_set()
    checks: dict[str, Any] = {"database": database, "redis": redis, "draining": draining}
    is_ready = database == "ok" and not draining
    status = "ok" if is_ready and redis == "ok" else "degraded" if is_ready else "unavailable"
    return JSONResponse(
        {"status": status, "checks": checks}, 200 if is_ready else 503, headers={"Cache-Control": "no-store"}
    )


async def _database(app: App) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), app.sessions() as session:
            found = set(await session.scalars(text("SELECT version_num FROM alembic_version")))
    except (SQLAlchemyError, OSError, TimeoutError):
        return "unavailable"
    return "ok" if found == heads() else "schema is of another version"


async def _redis(app: App) -> str:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await app.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return "unavailable"
    return "ok"
