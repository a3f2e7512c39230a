"""What routes depend on runs on the event loop: a plain function would be sent to a thread with every request."""

import inspect
from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts


def test_no_dependency_and_no_endpoint_goes_to_a_thread(api: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(api.routes)]
    found = {
        f"{route.path}: {call!r}"
        for route in routes
        if isinstance(route, APIRoute)
        for call in calls_of(route.dependant)
        if not is_asynchronous(call)
    }
    assert len(routes) > 30
    assert not found


def calls_of(dependant: Dependant) -> Iterator[object]:
    """Every callable behind a route."""
    yield dependant.call
    for below in dependant.dependencies:
        yield from calls_of(below)


def is_asynchronous(call: object) -> bool:
    """Whether calling it gives something to await or to iterate over asynchronously."""
    asked = call if inspect.isroutine(call) else getattr(call, "__call__", None)  # noqa: B004  # the method is wanted
    return inspect.iscoroutinefunction(asked) or inspect.isasyncgenfunction(asked)
