"""The data folder: one instance at a time, and what it tells others."""

import subprocess
import sys
from pathlib import Path

import pytest

from socialflow.entrypoints.engines import folders
from socialflow.entrypoints.engines.errors import EngineError

HOLD = """
import sys, time
from pathlib import Path
from socialflow.entrypoints.engines.folders import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_instance_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        with pytest.raises(folders.AlreadyRunning, match=rf"process {other.pid}.*--data-dir"), folders.held(tmp_path):
            pass
        with folders.held(tmp_path / "another"):
            assert folders.is_held(tmp_path)
    finally:
        other.kill()
        other.communicate()

    with folders.held(tmp_path):
        assert folders.is_held(tmp_path)
    assert not folders.is_held(tmp_path)


def test_a_dead_instance_has_nothing_to_tell(tmp_path: Path) -> None:
    with folders.held(tmp_path):
        folders.remember(tmp_path, {"address": "http://localhost:8000"})
        assert folders.recall(tmp_path) == {"address": "http://localhost:8000"}

    assert folders.recall(tmp_path) == {}
    folders.forget(tmp_path)
    with folders.held(tmp_path):
        assert folders.recall(tmp_path) == {}


def test_facts_are_for_the_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with folders.held(home):
        folders.remember(home, {})

    assert home.stat().st_mode & 0o077 == 0
    assert (home / "running.json").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(EngineError, match="--data-dir"), folders.held(tmp_path / "file" / "home"):
        pass
