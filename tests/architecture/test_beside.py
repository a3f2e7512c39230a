"""What lies beside the checkout may be missing on a machine of ours, and never in CI."""

from pathlib import Path

import pytest
from tests.factories.beside import ROOT, demand, files_in


@pytest.mark.parametrize("made", [[], ["media"]], ids=["nothing there", "an empty folder"])
def test_without_it_a_test_is_skipped_and_fails_in_ci(tmp_path: Path, made: list[str]) -> None:
    for name in made:
        (tmp_path / name).mkdir()

    with pytest.raises(pytest.skip.Exception, match="NOT TESTED: media"):
        demand("media", root=tmp_path, must=False)
    with pytest.raises(pytest.fail.Exception, match="this run must have it"):
        demand("media", root=tmp_path, must=True)


def test_with_it_a_test_runs_everywhere(tmp_path: Path) -> None:
    (tmp_path / "list.csv").touch()

    for must in (False, True):
        demand("list.csv", root=tmp_path, must=must)


def test_a_test_of_many_files_is_there_without_them() -> None:
    assert files_in("no/such/folder") == [ROOT / "no/such/folder" / "missing"]


def test_nothing_else_reaches_beside_the_checkout() -> None:
    tests = Path(__file__).parents[1]
    words = ("SF_SHARED", '"shared"')
    found = {
        path.relative_to(tests).as_posix()
        for path in tests.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    }
    assert found == {"factories/beside.py", "architecture/test_beside.py"}
