"""The table of ASVS requirements names a test or a document for every row, and each of them exists."""

import ast
import csv
import re
from pathlib import Path

from tests.factories import beside
from tests.factories.beside import needs
from tests.factories.evidence import NOT_APPLICABLE, ROOT, Requirement, named_tests, requirements

CHAPTERS = ("6.", "7.", "8.", "9.", "10.", "14.")


def test_every_row_has_a_test_or_a_document() -> None:
    rows = requirements()
    assert len(rows) > 80
    assert len({row.number for row in rows}) == len(rows)
    assert not [row.number for row in rows if row.applies and not row.shown]
    assert not [row.number for row in rows if not row.applies and len(row.met) < len(NOT_APPLICABLE) + 10]


def test_every_named_test_exists() -> None:
    missing = []
    for name in sorted(named_tests()):
        path, _, function = name.partition("::")
        if not (ROOT / path).is_file() or function not in _functions(ROOT / path):
            missing.append(name)
    assert not missing


def test_every_named_document_has_the_heading() -> None:
    missing = []
    for row in requirements():
        for name in row.shown:
            path, _, heading = name.partition("#")
            if path.startswith("docs/") and not _has_heading(ROOT / path, heading):
                missing.append(f"{row.number}: {name}")
    assert not missing


@needs("design/asvs-l2.csv")
def test_no_requirement_of_the_chapters_is_left_out() -> None:
    with (beside.ROOT / "design" / "asvs-l2.csv").open(encoding="utf-8", newline="") as lines:
        asked = {row["id"]: row["applies"] == "yes" for row in csv.DictReader(lines) if row["id"].startswith(CHAPTERS)}
    ours: dict[str, Requirement] = {row.number: row for row in requirements()}
    assert not set(asked) - set(ours)
    assert not [number for number, applies in asked.items() if applies and not ours[number].applies]


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _has_heading(path: Path, heading: str) -> bool:
    if not path.is_file():
        return False
    anchors = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }
    return not heading or heading in anchors
