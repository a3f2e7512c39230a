"""Statements that are put together of pieces are put together while the program is loaded, before anybody asks for
anything: what comes with a request is bound, and is never a piece."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "socialflow"
MAKES_SQL = re.compile(r"# noqa: S608\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Those that others may call, or that run later: what their pieces are of, each looked at where it is silenced.
KNOWN = {
    ("domains/accounts/models/people.py", "private"): "names of columns; those who call it are looked at below",
    ("domains/posts/models/rule.py", "_keeps"): "a name of a table; those who call `visible_as` are looked at below",
    ("domains/social/models.py", "mutes_words"): "the same",
    ("domains/social/queries/suggesting.py", "suggestions"): "constants, and what was registered at import",
    ("kernel/personal.py", "count"): "the register of what is kept of people",
    ("kernel/rotation.py", "_stale"): "the register of sealed columns",
    ("kernel/rotation.py", "_write"): "the register of sealed columns",
    ("kernel/rotation.py", "_heads"): "the register of sealed columns",
    ("kernel/reads.py", "paged"): "the statement itself, which is made at import, around which constants are put",
}
# What gives a piece of SQL for the names of columns.
PIECES = {"apart", "does_follow", "hidden", "is_named", "may_for", "mutes", "mutes_thread", "mutes_words", "private"}
PIECES |= {"begins", "one_by_one", "paged", "role_on", "visible_as", "visible_by", "works_for"}


SPEAKS = re.compile(rf"{MAKES_SQL.pattern}|\b(?:Read|{'|'.join(sorted(PIECES))})\(")


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function of a module, at whatever depth."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def calls(node: ast.AST, *names: str) -> list[ast.Call]:
    """Where one of these is called."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
    return [each for each in found if isinstance(each.func, ast.Name) and each.func.id in names]


def is_fixed(node: ast.expr) -> bool:
    """Whether a value is written there, or is a constant."""
    name = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node))
    return isinstance(node, ast.Constant) or (name is not None and getattr(node, name).isupper())


def makers(source: str, tree: ast.Module) -> dict[str, Function]:
    """Functions in which SQL is put together: a lint rule is silenced there, or they make a `Read`."""
    silenced = {number for number, line in enumerate(source.splitlines(), 1) if MAKES_SQL.search(line)}
    return {
        each.name: each
        for each in functions(tree)
        if silenced & set(range(each.lineno, (each.end_lineno or 0) + 1)) or calls(each, "Read")
    }


def late(path: str, source: str) -> list[str]:
    """What a module puts together, or might, while somebody asks for something."""
    if not SPEAKS.search(source):
        return []
    tree = ast.parse(source)
    made = {name: node for name, node in makers(source, tree).items() if (path, name) not in KNOWN}
    public = [name for name in made if not name.startswith("_")]
    bodies = [each for each in functions(tree) if each.name not in made and (path, each.name) not in KNOWN]
    called = [f"{each.name} calls {name}" for each in bodies for name in made if calls(each, name)]
    asked = [each for each in functions(tree) if isinstance(each, ast.AsyncFunctionDef)]
    pieces = [each for body in asked for each in calls(body, *PIECES)]
    given = [f"line {each.lineno}: a piece of SQL" for each in pieces if not all(map(is_fixed, each.args))]
    return [f"{path}: {each}" for each in (*public, *called, *given)]


def test_sql_is_put_together_before_anybody_asks() -> None:
    paths = [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]
    sources = {str(path.relative_to(SOURCE)): path.read_text(encoding="utf-8") for path in paths}
    assert [each for path, source in sources.items() for each in late(path, source)] == []
    excused = {path: sources[path] for path, _ in KNOWN}
    known = {(path, name) for path, source in excused.items() for name in makers(source, ast.parse(source))}
    assert set(KNOWN) <= known, "what is here no more needs no excuse"


@pytest.mark.parametrize(
    "source",
    [
        'def find(name):\n    return f"SELECT {name} FROM a"  # noqa: S608  # ours\n',
        'def _find(name):\n    return Read(f"SELECT {name}")\nasync def find(name):\n    return _find(name)\n',
        "async def find(work, column):\n    return text(hidden(column))\n",
    ],
)
def test_what_is_put_together_later_is_noticed(source: str) -> None:
    assert late("domains/a/queries.py", source)
