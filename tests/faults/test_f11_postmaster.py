"""F11: PostgreSQL is killed again and again under load: nothing that was acknowledged is lost."""

import threading
import time
from pathlib import Path
from typing import Self

import httpx2
import pytest
from tests.factories.instance import Instance, until

pytestmark = pytest.mark.adversary

KILLS = 3
NO_LIMITS = {"SF_LIMITS__REGISTER_ADDRESS": "1000000/60", "SF_LIMITS__ANONYMOUS": "1000000/60"}
RECOVERY_SECONDS = 10


class Load:
    """Somebody who signs up one person after another and remembers who was accepted."""

    def __init__(self, url: str) -> None:
        self.accepted: list[str] = []
        self.statuses: set[int] = set()
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        with httpx2.Client(base_url=self._url, timeout=15) as client:
            while not self._stop.is_set():
                number += 1
                handle = f"person{number}"
                body = {
                    "email": f"{handle}@example.org",
                    "password": "correct horse battery",
                    "handle": handle,
                    "display_name": handle,
                }
                answer = client.post("/api/v1/auth/register", json=body)
                self.statuses.add(answer.status_code)
                if answer.status_code == 201:
                    self.accepted.append(handle)


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("run")
def test_f11_a_killed_database_loses_nothing_and_the_api_recovers_by_itself(tmp_path: Path) -> None:
    with Instance(tmp_path / "data", "--no-demo", **NO_LIMITS) as instance:
        instance.wait_ready()
        api = instance.children("sf api")[0].pid
        with Load(instance.url) as load:
            for _ in range(KILLS):
                seen = len(load.accepted)
                assert until(lambda seen=seen: len(load.accepted) > seen + 3, RECOVERY_SECONDS)
                instance.children("postgres -D")[0].kill()
                killed = time.monotonic()
                seen = len(load.accepted)
                assert until(lambda seen=seen: len(load.accepted) > seen + 1, RECOVERY_SECONDS)
                assert time.monotonic() - killed < RECOVERY_SECONDS

        assert load.statuses <= {201, 503}
        assert instance.children("sf api")[0].pid == api
        lost = [handle for handle in load.accepted if not present(instance, handle)]
        assert not lost, f"{len(lost)} of {len(load.accepted)}"


def present(instance: Instance, handle: str) -> bool:
    return httpx2.get(f"{instance.url}/api/v1/channels/@{handle}", timeout=10).status_code == 200
