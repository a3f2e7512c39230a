"""What happens, while it happens: one stream of events over the topics that a client names."""

from typing import Annotated, cast

from fastapi import Query, Request, Response

from socialflow.kernel.errors import FieldError, InvalidRequest, NotFound, TooManyRequests
from socialflow.kernel.realtime import open_topic
from socialflow.kernel.web import CurrentApp, Reader, problems, router
from socialflow.kernel.web.streams import EventStreamResponse, Streams

MOST_TOPICS = 50
LONGEST_TOPIC = 80

events = router("events", reads="stream")
Topics = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MOST_TOPICS * LONGEST_TOPIC,
        description=f"What to listen to, by comma, {MOST_TOPICS} at most: `video:{{id}}`.",
        examples=["video:vid_01jdxyz7q4e5v8w9r0t1y2p3a4"],
    ),
]


@events.get(
    "/events",
    operation_id="streamEvents",
    summary="Listen to topics",
    response_class=EventStreamResponse,
    response_model=None,
    responses=problems(NotFound, TooManyRequests, InvalidRequest),
)
async def stream_events(topics: Topics, viewer: Reader, app: CurrentApp, request: Request) -> Response:
    """Server-sent events. Each one's data is `{id, type, ts, topic, data}`.

    The first events tell the present state of every topic, and every later one the whole state again, so a
    client that comes back after a break has missed nothing; `Last-Event-ID` is not needed. A topic that the
    caller may not listen to is a 404 before anything is sent, and `topic.gone` when that comes later. A comment
    every 15 seconds keeps the connection alive; the stream ends with the session.
    """
    names = list(dict.fromkeys(topics.split(",")))
    if len(names) > MOST_TOPICS:
        fault = FieldError("/query/topics", "too_long", f"at most {MOST_TOPICS} topics")
        raise InvalidRequest(errors=[fault])
    opened = [await open_topic(app, viewer, name) for name in names]
    return cast("Streams", request.app.state.streams).serve(request, app, viewer, opened)
