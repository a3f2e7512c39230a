"""Rules of the house that no linter knows: small files, short functions, nothing unfinished."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("src", "tests", "tools", "benchmarks", "examples")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b")
SILENCED = re.compile(r"#\s*(type: ignor[e]|noq[a])(\[[\w, -]*\]|: ?[A-Z0-9, ]+)?\s*$")
# A reason that is to be looked for is none.
ELSEWHERE = re.compile(r"#\s*(?:type: ignor[e]|noq[a]).*\bsee (?:above|below|there|line)", re.IGNORECASE)


def test_a_file_has_400_lines_at_most() -> None:
    assert not [f"{path}: {count}" for path in sources() if (count := len(lines_of(path))) > LONGEST_FILE]


def test_a_function_has_50_lines_at_most() -> None:
    long = [
        f"{path}:{function.lineno} {function.name}: {length}"
        for path in sources()
        if not {"tests", "versions"} & {*path.relative_to(ROOT).parts}  # long lists: fakes, and generated migrations
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long


def test_nothing_is_left_unfinished() -> None:
    assert not [f"{path}:{number}" for path, number, line in every_line() if UNFINISHED.search(line)]


def test_a_silenced_check_says_why() -> None:
    assert not [f"{path}:{number}: {line}" for path, number, line in every_line() if SILENCED.search(line)]


def test_the_reason_stands_where_the_check_is_silenced() -> None:
    elsewhere = [f"{path}:{number}: {line}" for path, number, line in every_line() if ELSEWHERE.search(line)]
    assert not elsewhere


def test_nothing_of_ours_is_patched() -> None:
    for path in sources():
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not imported & {"mock", "unittest.mock", "MagicMock", "patch"}, path


def sources() -> list[Path]:
    """Our own Python files."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def lines_of(path: Path) -> list[str]:
    """Lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def every_line() -> Iterator[tuple[Path, int, str]]:
    """Every line with its place."""
    for path in sources():
        for number, line in enumerate(lines_of(path), start=1):
            yield path.relative_to(ROOT), number, line


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
