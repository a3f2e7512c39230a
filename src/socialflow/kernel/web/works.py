"""The App and the Work of a request."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from socialflow.kernel.web.auth import Viewer
from socialflow.kernel.work import App, Work

P = TypeVar("P")


# Dependencies are coroutines even where they wait for nothing: the framework sends plain functions to a
# thread, and that costs more than most reads.
async def get_app(connection: HTTPConnection) -> App:
    """What this process holds."""
    return cast("App", connection.app.state.app)


CurrentApp = Annotated[App, Depends(get_app)]


async def open_work(app: CurrentApp, viewer: Viewer) -> AsyncIterator[Work]:
    """One transaction by whoever asks; no connection is taken before the first statement."""
    async with app.work(viewer) as work:
        yield work


# Function scope: the commit comes before the response, so that a failing commit is never a 200.
InWork = Annotated[Work, Depends(open_work, scope="function")]


def port_of(kind: type[P]) -> Callable[[App], Awaitable[P]]:
    """A dependency that gives the adapter chosen for a port."""

    async def get(app: CurrentApp) -> P:
        return app.port(kind)

    return get
