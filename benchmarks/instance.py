"""A running installation for a benchmark: its own folder and port, gone afterwards."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

START_SECONDS = END_SECONDS = 180


@contextmanager
def running(data_dir: Path | None = None, **settings: str) -> Iterator[str]:
    """Start `socialflow run` with these settings as environment; gives its address.

    A folder that is given stays, for another run with other settings.
    """
    folder = data_dir or Path(tempfile.mkdtemp(prefix="sf-bench-"))
    folder.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "socialflow", "run", "--port", str(port), "--data-dir", str(folder), "--no-demo"]
    environment = {**os.environ, "SF_LIMITS__ENABLED": "false", "SF_OBSERVABILITY__LOG_LEVEL": "error", **settings}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _await_ready(url, process, folder / "log")
        yield url
    finally:
        process.terminate()
        process.wait(END_SECONDS)
        if data_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def sign_up(url: str, handle: str = "bench") -> httpx2.Client:
    """A client that speaks as a new account."""
    client = httpx2.Client(base_url=url, timeout=60, trust_env=False)
    body = {"email": f"{handle}@example.org", "password": "a benchmark's password", "handle": handle}
    answer = client.post("/api/v1/auth/register", json={**body, "display_name": handle.capitalize()})
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


def _await_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx2.get(f"{url}/readyz", trust_env=False).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"the installation did not start:\n{log.read_text(errors='replace')[-3000:]}")
