"""`socialflow run`: one command starts everything, survives what dies, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
from tests.factories.instance import Instance, until

from socialflow.entrypoints.demo.people import CLIPS, LOGIN, PASSWORD
from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.errors import EngineError

pytestmark = [pytest.mark.xdist_group("run"), pytest.mark.timeout(300)]
PARTS = ("sf api", "sf worker", "sf media", "sf encode", "sf imports", "sf hearing", "sf relay", "sf scheduler")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "data"


@pytest.fixture(scope="module")
def running(data_dir: Path) -> Iterator[Instance]:
    with Instance(data_dir) as instance:
        yield instance.wait_ready()


def sign_up(instance: Instance, handle: str) -> httpx2.Response:
    body = {
        "email": f"{handle}@example.org",
        "password": "correct horse battery",
        "handle": handle,
        "display_name": handle,
    }
    return httpx2.post(f"{instance.url}/api/v1/auth/register", json=body, timeout=10)


def log_in(instance: Instance, handle: str) -> httpx2.Response:
    body = {"login": handle, "password": "correct horse battery"}
    return httpx2.post(f"{instance.url}/api/v1/auth/login", json=body, timeout=10)


def test_it_says_where_and_what_it_runs(running: Instance) -> None:
    assert until(lambda: "is ready" in running.text)
    assert until(lambda: all(running.children(part) for part in PARTS))

    assert str(running.port) in running.text
    assert "PostgreSQL" in running.text
    assert str(running.data_dir) in running.text


def test_the_demo_goes_through_the_real_pipeline_once(running: Instance) -> None:
    assert until(lambda: "mira" in running.text), running.text
    assert until(lambda: "demo is complete" in running.text, 180), running.text

    videos = httpx2.get(f"{running.url}/api/v1/videos", timeout=10).json()["items"]
    assert {video["title"] for video in videos} == {clip.title for clip in CLIPS}
    assert all(video["state"] in {"ready", "partially_playable"} for video in videos)
    assert all(video["playback"]["hls_url"] for video in videos)
    assert sum(video["like_count"] for video in videos) == sum(len(clip.liked_by) for clip in CLIPS)
    assert sum(video["comment_count"] for video in videos) == sum(len(clip.comments) for clip in CLIPS)
    login = {"login": LOGIN, "password": PASSWORD}
    assert httpx2.post(f"{running.url}/api/v1/auth/login", json=login, timeout=10).status_code == 200

    again = [sys.executable, "-m", "socialflow", "demo", "--again"]
    subprocess.run(again, env={**os.environ, "SF_DATA_DIR": str(running.data_dir)}, check=True, timeout=60)
    assert len(httpx2.get(f"{running.url}/api/v1/videos", timeout=10).json()["items"]) == len(CLIPS)


def test_its_folder_is_closed_to_others(running: Instance) -> None:
    assert running.data_dir.stat().st_mode & 0o077 == 0
    for secret in (running.data_dir / "secrets").iterdir():
        assert secret.stat().st_mode & 0o077 == 0


def test_a_second_instance_on_the_same_folder_is_refused(running: Instance) -> None:
    with Instance(running.data_dir, "--no-demo") as second:
        assert second.process.wait(20) == 1
        second.stop()
        assert "Another Social Flow" in second.text
        assert "--data-dir" in second.text


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_comes_back(part: str, running: Instance) -> None:
    # The API answers before the last of the others has begun.
    assert until(lambda: bool(running.children(part)))
    before = {process.pid for process in running.children(part)}
    parent = min(before)
    psutil.Process(parent).kill()

    assert until(lambda: any(process.pid not in before for process in running.children(part)), 5)
    assert until(running.ready)


@pytest.mark.adversary
def test_however_it_ends_nothing_is_left_behind_and_nothing_is_lost(running: Instance, tmp_path: Path) -> None:
    with Instance(tmp_path / "data", "--no-demo") as first:
        first.wait_ready()
        assert running.ready(), "another folder is another instance"
        assert sign_up(first, "ada").status_code == 201
        family = psutil.Process(first.process.pid).children(recursive=True)
        began = time.monotonic()

        assert first.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        assert not [process for process in family if alive(process)]

    with Instance(tmp_path / "data", "--no-demo") as second:
        second.wait_ready()
        assert log_in(second, "ada").status_code == 200
        assert until(lambda: all(second.children(part) for part in PARTS))
        family = psutil.Process(second.process.pid).children(recursive=True)

        second.process.kill()
        assert until(lambda: not [process for process in family if alive(process)], 20)

    with Instance(tmp_path / "data", "--no-demo") as third:
        third.wait_ready()
        assert log_in(third, "ada").status_code == 200
        assert third.stop(signal.SIGTERM) == 0


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_port_that_is_in_use_is_told(running: Instance, tmp_path: Path) -> None:
    with Instance(tmp_path / "data", "--no-demo", "--port", str(running.port)) as second:
        assert second.process.wait(20) == 1
        second.stop()
        assert f"Port {running.port} is in use" in second.text


def test_engines_that_cannot_start_end_it_in_words(tmp_path: Path) -> None:
    home = tmp_path / "data"
    with folders.held(home):
        (home / "postgres" / "data").mkdir(parents=True)
        (home / "postgres" / "data" / "PG_VERSION").write_text("9")

    with Instance(home, "--no-demo") as instance:
        assert instance.process.wait(20) == 1
        instance.stop()
        assert "made by PostgreSQL 9" in instance.text
        assert "Traceback" not in instance.text
    assert issubclass(folders.AlreadyRunning, EngineError)
