"""The page about ways in names each operation that gives a session, and each limit; and sessions begin at one door."""

import ast
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from socialflow.entrypoints.api import openapi
from socialflow.kernel.config import LimitSettings

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "explanation" / "ways-in.md"
ACCOUNTS = ROOT / "src" / "socialflow" / "domains" / "accounts"
# The door; a session that goes on under another secret; and an app's, which is no log-in.
BEGIN_SESSIONS = {"service/entry.py", "service/renewal.py", "service/oauth/tokens.py"}


def test_every_way_in_stands_on_the_page(api: FastAPI) -> None:
    document = openapi.document(api)
    giving = {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if any(
            "access_token" in _members(content.get("schema", {}), document, frozenset())
            for status, answer in operation["responses"].items()
            if status < "300"
            for content in answer.get("content", {}).values()
        )
    }
    assert len(giving) > 8
    assert set(re.findall(r"^\| `(\w+)` \| ", _section("## Ways in"), re.MULTILINE)) == giving


def test_sessions_begin_at_one_door() -> None:
    begin = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sessions.start":
                begin.add(str(path.relative_to(ACCOUNTS)))
            # By no other name, either.
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("service.sessions"):
                assert "start" not in {alias.name for alias in node.names}, path
    assert begin == BEGIN_SESSIONS


def test_every_limit_stands_on_the_page_with_its_default() -> None:
    told = {}
    for names, rates in re.findall(r"^\| (`[^|]+`) \| ([\d/, ]+) \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        told.update(zip(re.findall(r"`(\w+)`", names), rates.split(", "), strict=True))
    assert told == {name: value for name, value in LimitSettings().model_dump().items() if name != "enabled"}


def _section(heading: str) -> str:
    return PAGE.read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]


def _members(schema: dict[str, Any], document: dict[str, Any], seen: frozenset[str]) -> set[str]:
    """Names of everything in a schema, however deep."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        return set() if name in seen else _members(document["components"]["schemas"][name], document, seen | {name})
    found = set(schema.get("properties", {}))
    for inner in [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        found |= _members(inner, document, seen)
    return found
