"""F2: SIGTERM under load: the API says 'not ready' first, serves on, and no request of a balancer's fails."""

import contextlib
import signal
import threading
import time
from pathlib import Path
from typing import Self

import httpx2
import pytest
from tests.factories.instance import free_port, until
from tests.factories.parts import part

from socialflow.kernel.work import App

pytestmark = pytest.mark.adversary

DRAIN_SECONDS = 1.5
LOOK_SECONDS = 0.1


class Balancer:
    """Looks every tenth of a second who is ready, and sends requests only there."""

    def __init__(self, url: str) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []
        self.ready_until = 0.0
        self._url = url
        self._is_ready = threading.Event()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._look), *(threading.Thread(target=self._send) for _ in range(4))]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def is_ready(self) -> bool:
        """What it believes."""
        return self._is_ready.is_set()

    def _look(self) -> None:
        with httpx2.Client(timeout=5) as client:
            while not self._stop.is_set():
                ready = False
                with contextlib.suppress(httpx2.HTTPError):
                    ready = client.get(f"{self._url}/readyz").status_code == 200
                if ready:
                    self.ready_until = time.monotonic()
                    self._is_ready.set()
                else:
                    self._is_ready.clear()
                time.sleep(LOOK_SECONDS)

    def _send(self) -> None:
        with httpx2.Client(timeout=10) as client:
            while not self._stop.is_set():
                if not self._is_ready.wait(0.05):
                    continue
                try:
                    self.statuses.append(client.get(f"{self._url}/api/v1/instance").status_code)
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))


@pytest.mark.timeout(180)
@pytest.mark.xdist_group("fleet")
def test_f02_no_request_fails_when_the_api_is_stopped(app: App, tmp_path: Path) -> None:
    port = free_port()
    options = {"SF_HTTP__PORT": str(port), "SF_HTTP__DRAIN_SECONDS": str(DRAIN_SECONDS)}
    with part(app.settings, "api", log=tmp_path / "api.log", **options, SF_LIMITS__ANONYMOUS="1000000/60") as api:
        with Balancer(f"http://127.0.0.1:{port}") as balancer:
            assert until(lambda: len(balancer.statuses) > 50, 60)
            api.send_signal(signal.SIGTERM)
            asked = time.monotonic()
            assert until(lambda: not balancer.is_ready(), DRAIN_SECONDS + 1)
            api.wait(30)

        assert time.monotonic() - asked >= DRAIN_SECONDS
        assert balancer.ready_until < asked + DRAIN_SECONDS
        assert set(balancer.statuses) == {200}
        assert not balancer.failures
