"""What is a hint, what is not, how a worker's Celery is set up, and that one which is stopped is nobody's worry."""

import asyncio
import base64
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from tests.factories.parts import part

from socialflow.entrypoints import worker
from socialflow.kernel import presence
from socialflow.kernel.config import InvalidSettings, RedisSettings, Settings
from socialflow.kernel.work import App

JOB = uuid.uuid4()


def body(value: object) -> str:
    return base64.b64encode(orjson.dumps(value)).decode()


def hint(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "body": body([[str(JOB)], {}, {"callbacks": None}]),
        "content-type": "application/json",
        "headers": {"task": worker.TASK, "id": str(uuid.uuid4())},
        "properties": {
            "delivery_tag": "tag",
            "delivery_info": {"exchange": "", "routing_key": "sf:default"},
            "body_encoding": "base64",
        },
    }
    return {**whole, **changes}


def settings(url: str | None) -> Settings:
    return Settings(environment="test", redis=RedisSettings(url=SecretStr(url) if url else None))


def test_a_hint_names_a_job() -> None:
    assert worker.read_hint(hint()) == JOB


@pytest.mark.parametrize(
    "element",
    [
        None,
        [],
        "text",
        {},
        hint(body=None),
        hint(body="not base64!"),
        hint(body=body([])),
        hint(body=body([["no uuid"], {}, {}])),
        hint(body=body([[str(JOB)], {"surprise": 1}, {}])),
        hint(body="A" * 100_000),
        hint(headers=None),
        hint(headers={"task": "os.system", "id": "1"}),
        hint(headers={"task": worker.TASK}),
        hint(**{"content-type": "application/x-python-serialize"}),
        hint(properties={}),
        hint(properties={**hint()["properties"], "delivery_info": {}}),
        hint(properties={**hint()["properties"], "delivery_tag": 7}),
    ],
)
def test_anything_else_is_refused(element: Any) -> None:
    with pytest.raises(worker.NoHint):
        worker.read_hint(element)


def test_celery_itself_writes_hints_of_that_shape() -> None:
    celery = worker.celery_for(settings("redis://127.0.0.1:1/0"))
    message = celery.amqp.as_task_v2(str(uuid.uuid4()), worker.TASK, (str(JOB),), {})
    written = hint(body=body(message.body), headers={"task": message.headers["task"], "id": message.headers["id"]})

    assert worker.read_hint(written) == JOB


def test_late_acknowledgement_never_outlives_the_brokers_patience() -> None:
    for queues in (("media",), ("imports",), ("hearing",), ("default", "mail", "feed")):
        conf = worker.celery_for(settings("redis://127.0.0.1:1/0"), queues).conf
        assert conf.task_acks_late
        assert conf.task_reject_on_worker_lost
        assert conf.worker_prefetch_multiplier == 1
        assert conf.accept_content == ["json"]
        assert conf.task_time_limit < conf.broker_transport_options["visibility_timeout"]


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://:secret@cache:6379/2", "redis://:secret@cache:6379/2"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_the_broker_is_the_redis_of_the_settings(url: str, broker: str) -> None:
    assert worker.broker_url(settings(url)) == broker


def test_no_broker_and_no_such_queue_are_told() -> None:
    with pytest.raises(InvalidSettings, match="REDIS_URL"):
        worker.broker_url(settings(None))
    with pytest.raises(InvalidSettings, match="no queue is called moon"):
        worker.run(settings("redis://127.0.0.1:1/0"), queues=["moon"])


async def test_a_hint_that_cannot_be_sent_is_left_to_the_sweeper() -> None:
    await worker.hint_sender(settings("redis://127.0.0.1:1/0"))("default", [JOB])


@pytest.mark.xdist_group("fleet")
async def test_a_worker_that_is_stopped_does_not_stand_among_the_silent(app: App, tmp_path: Path) -> None:
    with part(app.settings, "worker", "--queues", "mail", log=tmp_path / "worker.log"):
        async with asyncio.timeout(60):
            while not (found := await presence.workers(app.redis)):
                await asyncio.sleep(0.1)
        assert [worker.queues for worker in found] == [("mail",)]

    assert await presence.workers(app.redis) == []
