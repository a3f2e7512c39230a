"""What a hint is: the id of a job, in the one shape in which Celery writes it. Anything else is refused."""

import base64
import uuid
from typing import Any

import orjson
from prometheus_client import Counter

from socialflow.kernel import logs

TASK = "run_job"
PREFIX = "sf:"
LARGEST_HINT = 8_192  # bytes; ours have about 700

REFUSED = Counter("socialflow_hints_refused_total", "Elements on a queue that are no hints of ours.", ["queue"])

log = logs.named(__name__)


class NoHint(ValueError):
    """An element on a queue is not a hint that we sent."""


def read_hint(message: Any) -> uuid.UUID:
    """The id of the job that a raw element names; raises NoHint unless it has exactly our shape."""
    try:
        properties, headers, body = message["properties"], message["headers"], message["body"]
        if headers["task"] != TASK or not isinstance(headers["id"], str):
            raise NoHint("another task")
        if message["content-type"] != "application/json" or properties["body_encoding"] != "base64":
            raise NoHint("another content type")
        if not isinstance(properties["delivery_tag"], str) or not {"exchange", "routing_key"} <= {
            *properties["delivery_info"]
        }:
            raise NoHint("no delivery tag or address")
        if len(body) > LARGEST_HINT:
            raise NoHint("too large")
        (job_id,), options, _ = orjson.loads(base64.b64decode(body, validate=True))
        if options:
            raise NoHint("unexpected arguments")
        return uuid.UUID(job_id)
    except NoHint:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoHint(f"{type(error).__name__}: {error}"[:200]) from None


def refuse(queue: str, error: Exception) -> None:
    """Drop an element: count it and say so."""
    REFUSED.labels(queue.removeprefix(PREFIX)).inc()
    log.error("hint_refused", queue=queue, reason=str(error)[:200])
