"""What is believed of a browser, and what a browser is told."""

import pytest
from starlette.requests import Request

from socialflow.web.security import DOCS_POLICY, PAGE_POLICY, is_same_origin, safe_next

PUBLIC = "https://flow.example"


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw})


@pytest.mark.parametrize("target", ["/", "/watch/vid_1?t=3", "/@ada", "/tag/a%20b"])
def test_one_goes_on_to_a_page_of_this_site(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "/a\\b",
        "a",
    ],
)
def test_one_never_goes_on_to_another_site(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"origin": "https://flow.example"},
        {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"},
    ],
)
def test_our_own_pages_may_post(headers: dict[str, str]) -> None:
    assert is_same_origin(request(**headers), PUBLIC)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://flow.example.evil.example"},
        {"sec_fetch_site": "cross-site", "origin": "https://flow.example"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
    ],
)
def test_others_may_not_post(headers: dict[str, str]) -> None:
    assert not is_same_origin(request(**headers), PUBLIC)


def test_pages_run_our_scripts_only_and_talk_to_nobody_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in PAGE_POLICY.split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in PAGE_POLICY
    assert "http" not in PAGE_POLICY


def test_the_reference_may_style_itself_and_nothing_more() -> None:
    assert DOCS_POLICY.replace("style-src 'self' 'unsafe-inline'", "style-src 'self'") == PAGE_POLICY
