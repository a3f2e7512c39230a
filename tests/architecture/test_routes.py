"""Rules that hold for every operation, checked on the document from which clients are generated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import socialflow
from socialflow.entrypoints.api import openapi

SOURCES = Path(socialflow.__file__).parent

# Asked by people who have no token yet, or about the installation itself.
PUBLIC = {
    "giveUpToken",
    "getJwks",
    "logIn",
    "refreshTokens",
    "logOut",
    "register",
    "restoreAccount",
}
PUBLIC |= {"giveSecondFactor", "beginSecondFactor", "beginPasskeyLogIn", "logInByPasskey"}
PUBLIC |= {"askPasswordReset", "resetPassword", "verifyEmail", "confirmEmailChange", "undoEmailChange"}
PUBLIC |= {"startProviderLogIn", "finishProviderLogIn", "logInByProviderToken", "finishSignUp"}
# Where an app speaks for itself: RFC 6749, 8628, 7009, 7662, 7591 and the metadata.
PROTOCOL = {
    "getTokens",
    "beginDevice",
    "revokeAppToken",
    "introspectToken",
    "registerClient",
}
METADATA = {"getAuthorizationServer", "getProtectedResource"}


@pytest.fixture
def document(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi.document(api)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation with its path."""
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def test_every_operation_names_its_scope_or_is_on_the_short_list(document: dict[str, Any]) -> None:
    without = {operation["operationId"] for _, operation in operations(document) if not operation["x-scopes"]}
    assert without == PUBLIC | PROTOCOL | METADATA


def test_an_operation_has_a_name_one_tag_words_and_its_problems(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names)) > 30
    for path, operation in operations(document):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"]), operation["operationId"]
        assert len(operation["tags"]) == 1, path
        assert operation["summary"], path
        assert {"400", "429", "503"} <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response["x-codes"], (path, status)
                kinds = {"application/problem+json"}
                if operation["operationId"] in PROTOCOL and status in {"400", "401"}:
                    # The protocol says how its refusals look (RFC 6749, 5.2).
                    kinds |= {"application/json"}
                assert set(response["content"]) == kinds, path


def test_an_id_is_a_string_and_never_a_number(document: dict[str, Any]) -> None:
    numbers = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, kind in schema.get("properties", {}).items()
        if (field == "id" or field.endswith("_id")) and kind.get("type") in ("integer", "number")
    ]
    assert not numbers


def test_no_two_models_have_one_name(document: dict[str, Any]) -> None:
    # Two of one name would both be called after their modules, and clients with them.
    assert not [name for name in document["components"]["schemas"] if "__" in name]


def test_every_member_that_a_problem_carries_is_documented(document: dict[str, Any]) -> None:
    carried = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise | ast.Return):
                carried |= _carried(node)
    assert {"challenge", "methods", "restore_token", "missing_scopes"} <= carried
    assert carried <= set(document["components"]["schemas"]["ProblemRead"]["properties"])


def _carried(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.keyword) and each.arg == "extra" and isinstance(each.value, ast.Dict):
            found |= {str(key.value) for key in each.value.keys if isinstance(key, ast.Constant)}
    return found


def test_every_operation_that_lists_answers_with_items_and_a_cursor(document: dict[str, Any]) -> None:
    listing = [each for _, each in operations(document) if each["operationId"].startswith("list")]
    assert len(listing) > 20
    for operation in listing:
        (answer,) = operation["responses"]["200"]["content"].values()
        name = answer["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        assert set(schema["properties"]) == {"items", "next_cursor"}, operation["operationId"]


def test_a_list_is_items_and_a_cursor(document: dict[str, Any]) -> None:
    pages = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if "items" in schema.get("properties", {})
    }
    assert len(pages) > 3
    for name, schema in pages.items():
        assert set(schema["properties"]) == {"items", "next_cursor"}, name


def test_paths_are_plural_lower_case_and_end_without_a_slash(document: dict[str, Any]) -> None:
    for path, _ in operations(document):
        assert not path.endswith("/")
        fixed = re.sub(r"\{\w+\}", "x", path)
        assert re.fullmatch(r"(/[a-z0-9._-]+)+", fixed), path
