"""A second try does not meet what the first has left behind."""

import os
import subprocess
import sys
from pathlib import Path

TRIED = """
import pytest

MADE = []


@pytest.fixture(scope="module")
def place():
    MADE.append(set())
    yield MADE[-1]
    MADE[-1].clear()


def test_before(place):
    assert len(MADE) == 1


@pytest.mark.flaky(reruns=1)
def test_signs_up(place):
    assert "ada" not in place
    place.add("ada")
    assert len(MADE) == 2


def test_after(place):
    assert len(MADE) == 2
    assert place == {"ada"}
"""


HOOK = """
from tests.factories.second_tries import start_afresh as pytest_runtest_setup
"""


def test_a_second_try_has_a_place_of_its_own_and_shows_the_first(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOK, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (tmp_path / "test_tried.py").write_text(TRIED, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rerun-show-tracebacks"]
    found = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTEST_ADDOPTS": ""}

    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False, env=found)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed, 1 rerun" in done.stdout
    assert "assert 1 == 2" in done.stdout
