"""Structured logs: one line per fact, with the ids of the request and the job it belongs to."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import orjson
import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars, reset_contextvars

from socialflow.kernel.config import ObservabilitySettings

SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie")
HIDDEN = "[hidden]"
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CONTROLS_IN_TRACE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

if not structlog.is_configured():
    # Also for commands that set up nothing: standard output is for what was asked for.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def named(name: str) -> "structlog.stdlib.BoundLogger":
    """The logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def bind(**values: Any) -> None:
    """Put values on every line of this request or job from here on."""
    bind_contextvars(**values)


def unbind() -> None:
    """Forget what was bound."""
    clear_contextvars()


@contextmanager
def bound(**values: Any) -> Iterator[None]:
    """Put values on every line of the block; afterwards the lines say what they said before.

    A page calls the API within its own request: what the call has bound ends with the call alone.
    """
    before = bind_contextvars(**values)
    try:
        yield
    finally:
        reset_contextvars(**before)


def configure(settings: ObservabilitySettings, *, role: str) -> None:
    """Set up logging for this process; `role` says which part of the product it is.

    What libraries log by the standard way comes out in the same form, from warnings upwards.
    """
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Plain tracebacks: pretty ones show local variables, and those hold passwords.
        structlog.processors.format_exc_info,
        _redact,
        _harmless,
    ]
    renderer: Any = structlog.processors.JSONRenderer(serializer=_dumps) if as_json else _console()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    foreign = logging.StreamHandler(sys.stderr)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared], processors=[remove_meta, renderer]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[foreign], force=True)
    bind_contextvars(role=role)


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _dumps(value: Any, **_: Any) -> str:
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:
        # Lone surrogates and huge numbers: whatever it is, the line is written.
        return json.dumps(value, default=str)


def _redact(_: Any, __: str, values: Any) -> Any:
    return {key: _without_secrets(key, value) for key, value in values.items()}


def _without_secrets(key: Any, value: Any) -> Any:
    if _is_secret(str(key)):
        return HIDDEN
    if isinstance(value, dict):
        return {inner: _without_secrets(inner, each) for inner, each in value.items()}
    return value


@lru_cache(maxsize=1_000)
def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in SECRET_WORDS)


def _harmless(_: Any, __: str, values: Any) -> Any:
    """One fact is one line, and does not speak to the terminal: control characters are written out."""
    for key, value in values.items():
        if isinstance(value, str):
            unwanted = CONTROLS_IN_TRACE if key == "exception" else CONTROLS
            values[key] = unwanted.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    return values
