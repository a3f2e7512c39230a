"""F8: garbage on a queue does not stop the fleet."""

import base64
import json
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tests.factories.parts import add_jobs, all_done, part

from socialflow.entrypoints import worker
from socialflow.kernel.work import App

PICKLE = base64.b64encode(b"cos\nsystem\n(S'true'\ntR.").decode()
SHELL = {
    "content-type": "application/json",
    "headers": {"task": worker.TASK, "id": "1"},
    "properties": {
        "delivery_tag": "t",
        "delivery_info": {"exchange": "", "routing_key": ""},
        "body_encoding": "base64",
    },
}
POISON = [
    b"garbage{",
    b"\xff\xfe\x00",
    b"null",
    b"[1, 2]",
    b"[" * 200_000,
    json.dumps({"body": "x"}).encode(),
    json.dumps({**SHELL, "body": PICKLE, "content-type": "application/x-python-serialize"}).encode(),
    json.dumps({**SHELL, "body": PICKLE, "headers": {"task": "os.system", "id": "1"}}).encode(),
    json.dumps({**SHELL, "body": PICKLE, "properties": {}}).encode(),
    json.dumps({**SHELL, "body": "A" * 50_000_000}).encode(),
    b"x" * 50_000_000,
]


@pytest.mark.xdist_group("fleet")
async def test_f08_the_fleet_outlives_poison(app: App, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    send = worker.hint_sender(app.settings)
    with part(app.settings, "worker", "--queues", "default", log=log) as fleet:
        first = await add_jobs(app, 1)
        await send("default", first)
        await all_done(app, first, 30)

        assert app.settings.redis.url is not None
        async with Redis.from_url(app.settings.redis.url.get_secret_value()) as patient:
            for element in POISON:
                await patient.lpush("sf:default", element)
        later = await add_jobs(app, 5)
        began = time.monotonic()
        await send("default", later)
        await all_done(app, later, 5)

        assert time.monotonic() - began < 5
        assert fleet.poll() is None
        assert await app.redis.llen("sf:default") == 0

    assert log.read_text().count("hint_refused") == len(POISON)
