"""What lies beside the checkout and is no part of the product: clips of others, hostile files, lists of requirements.

`SF_SHARED` names the folder; without it that is `../shared`. A test that needs something of it says so,

    @needs("media/hostile")

and is skipped, loudly, where it is not there. With REQUIRE_SHARED=1 (CI) it
fails: what nobody looks for is not tested for years.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("SF_SHARED") or Path(__file__).parents[3] / "shared")


def needs(name: str) -> pytest.MarkDecorator:
    """The test needs this file or folder; tests/conftest.py asks for it."""
    return pytest.mark.beside(name)


def files_in(folder: str) -> list[Path]:
    """The files of a folder; one that is not there where it is none, so that its test is seen to be missing."""
    path = ROOT / folder
    return sorted(path.iterdir()) if path.is_dir() else [path / "missing"]


def demand(name: str, *, root: Path = ROOT, must: bool) -> None:
    """Skip the test that runs, or fail it if it `must` run, unless there is something of this name."""
    path = root / name
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        return
    if must:
        pytest.fail(f"{path} is not there, and this run must have it (REQUIRE_SHARED=1; SF_SHARED names the folder)")
    pytest.skip(f"NOT TESTED: {name} is not beside the project")
