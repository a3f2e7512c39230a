"""Logs: one fact is one line, with its ids and without secrets."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from socialflow.kernel import logs
from socialflow.kernel.config import ObservabilitySettings

CANARY = "canary-8f2a91"
HOSTILE = "Mozilla\r\nlevel=error forged=1\x1b[31m\x07\x9b2J\u2028\x00\x7f"


class Written:
    """What has gone to standard error so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def __str__(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    def lines(self) -> list[dict[str, Any]]:
        """What was logged as JSON, a dictionary a line."""
        return [json.loads(line) for line in str(self).splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """The log; logging is as it was afterwards."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield Written(capsys)
    structlog.contextvars.clear_contextvars()
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


def as_json() -> None:
    logs.configure(ObservabilitySettings(log_format="json"), role="test")


def broken() -> None:
    password = CANARY
    raise ValueError(f"cannot use {len(password)}\nforged line")


def test_a_line_tells_what_who_and_when(written: Written) -> None:
    as_json()
    logs.bind(request_id="req_1")
    logs.named("tests").info("request", path="/a", ms=1.5)
    logs.unbind()
    logs.named("tests").debug("silent")

    (line,) = written.lines()
    assert line["timestamp"].endswith("Z")
    del line["timestamp"]
    assert line == {"event": "request", "path": "/a", "ms": 1.5, "request_id": "req_1", "role": "test", "level": "info"}


def test_what_a_block_binds_ends_with_it_and_covers_what_was_said_before(written: Written) -> None:
    as_json()
    logger = logs.named("tests")
    with logs.bound(request_id="req_page"):
        with logs.bound(request_id="req_call"):
            logger.info("inside")
        logger.info("page")
    logger.info("after")

    lines = written.lines()
    assert [line.get("request_id") for line in lines] == ["req_call", "req_page", None]
    assert [line["role"] for line in lines] == ["test"] * 3


def test_secrets_are_hidden_however_deep_they_lie(written: Written) -> None:
    as_json()
    logs.named("tests").info(
        "x",
        password=CANARY,
        Authorization=CANARY,
        set_cookie=CANARY,
        refresh_token=CANARY,
        deep={"a": {"secret": CANARY}},
    )

    (line,) = written.lines()
    assert CANARY not in str(line)
    assert line["deep"] == {"a": {"secret": "[hidden]"}}


def test_a30_one_fact_is_one_line_whatever_is_in_it(written: Written) -> None:
    as_json()
    logs.named("tests").info("x", user_agent=HOSTILE, number=10**30, lone="\ud800", thing=object())
    logging.getLogger("uvicorn.error").warning("bad request %s", HOSTILE)
    try:
        broken()
    except ValueError:
        logs.named("tests").exception("unhandled", path=HOSTILE)
        logging.getLogger("uvicorn.error").exception("unhandled")

    assert len(written.lines()) == 4
    said = str(written)
    assert not set("\r\x1b\x07\x9b\u2028\x00\x7f") & set(said)
    assert written.lines()[0]["user_agent"].startswith("Mozilla\\x0d\\x0alevel=error")
    assert "forged line" in written.lines()[2]["exception"]


def test_a_traceback_shows_no_local_variables(written: Written) -> None:
    for log_format in ("json", "console"):
        logs.configure(ObservabilitySettings.model_validate({"log_format": log_format}), role="test")
        try:
            broken()
        except ValueError:
            logs.named(log_format).exception("unhandled")

    assert "in broken" in str(written)
    assert CANARY not in str(written)


def test_a30_the_console_is_not_spoken_to_by_strangers(written: Written) -> None:
    logs.configure(ObservabilitySettings(log_format="console"), role="test")
    logs.named("tests").info("x", user_agent=HOSTILE)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logs.named("tests").exception("unhandled")

    assert not set("\r\x07\x9b\x00\x7f") & set(str(written))
    assert "\\x1b[31m" in str(written)


def test_libraries_speak_in_the_same_form_from_warnings_upwards(written: Written) -> None:
    as_json()
    logging.getLogger("celery").info("chatter")
    logging.getLogger("celery").error("trouble")

    (line,) = written.lines()
    assert (line["event"], line["logger"], line["level"], line["role"]) == ("trouble", "celery", "error", "test")


def test_the_level_is_the_least_that_is_written(written: Written) -> None:
    logs.configure(ObservabilitySettings(log_format="json", log_level="error"), role="test")
    logs.named("tests").warning("no")
    logs.named("tests").error("yes")

    assert [json.loads(line)["event"] for line in str(written).splitlines()] == ["yes"]
