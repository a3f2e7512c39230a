"""Reading the settings, and saying of each fault which setting it is, why, and what would do."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from socialflow.kernel.config.sections import Section
from socialflow.kernel.config.settings import NESTED, PREFIX, Settings

ALIASES = {
    "DATABASE_URL": "SF_DATABASE__URL",
    "REDIS_URL": "SF_REDIS__URL",
    "FFMPEG_BIN": "SF_MEDIA__FFMPEG_BIN",
    "FFPROBE_BIN": "SF_MEDIA__FFPROBE_BIN",
}
META_KEYS = {"SF_CONFIG", "SF_FAULT", "SF_SHARED"}
# Stands in a variable's name for what the operator calls a thing of which there may be several.
CHOSEN = "KEY"


class InvalidSettings(Exception):
    """The settings cannot be used; each line says which one, why, and what would do."""


def load(**overrides: Any) -> Settings:
    """Read the settings; `overrides` are nested dictionaries and win over everything.

    Raises InvalidSettings with one line per fault.
    """
    with _Environment(os.environ) as unknown:
        if unknown:
            raise InvalidSettings("\n".join(unknown))
        try:
            return Settings(**overrides)
        except ValidationError as error:
            raise InvalidSettings("\n".join(_explain(error))) from None
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidSettings(f"SF_CONFIG: cannot use {os.environ.get('SF_CONFIG')} ({error})") from None


class _Environment:
    """Present `_FILE` values and agreed names as ordinary variables while settings are read."""

    def __init__(self, environ: "os._Environ[str]") -> None:
        self._environ = environ
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> list[str]:
        unknown = list(unknown_keys(self._environ))
        try:
            for alias, name in ALIASES.items():
                if alias in self._environ and name not in self._environ and f"{name}_FILE" not in self._environ:
                    self._put(name, self._environ[alias])
            for name in [key for key in self._environ if key.startswith(PREFIX) and key.endswith("_FILE")]:
                if not unknown:
                    self._read_file(name)
        except InvalidSettings:
            self.__exit__()
            raise
        return unknown

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                del self._environ[name]
            else:
                self._environ[name] = value

    def _put(self, name: str, value: str) -> None:
        self._before[name] = None
        self._environ[name] = value

    def _read_file(self, name: str) -> None:
        target = name.removesuffix("_FILE")
        if target in self._environ:
            raise InvalidSettings(f"{target} and {name} are both set: keep one")
        # Hidden from what reads the settings next, to which it would be an unknown one.
        path = self._before[name] = self._environ.pop(name)
        try:
            self._put(target, Path(path).read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidSettings(f"{name}: cannot read {path} ({why})") from None


def known_keys() -> dict[str, tuple[str, Any, str]]:
    """Every setting: variable name -> (type as text, default, description)."""
    return dict(_keys_of(Settings, PREFIX))


def _keys_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, tuple[str, Any, str]]]:
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _keys_of(field.annotation, f"{variable}{NESTED}")
            continue
        if get_origin(field.annotation) is dict:
            yield variable, ("JSON object", None, field.description or "")
            yield from _keys_of(get_args(field.annotation)[1], f"{variable}{NESTED}{CHOSEN}{NESTED}")
            continue
        kind = getattr(field.annotation, "__name__", None) or str(field.annotation)
        yield (
            variable,
            (
                kind if field.annotation in (str, int, float, bool) else str(field.annotation),
                None if field.is_required() else field.default,
                field.description or "",
            ),
        )


def is_setting(name: str) -> bool:
    """Whether a variable of this name would be read."""
    known = known_keys()
    place, word = f"{NESTED}{CHOSEN}{NESTED}", f"{NESTED}[A-Z0-9]+(?:[_-][A-Z0-9]+)*{NESTED}"
    patterns = (re.escape(key).replace(place, word) for key in known if place in key)
    return name in known or any(re.fullmatch(pattern, name) for pattern in patterns)


def unknown_keys(environ: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each `SF_` variable that is no setting, naming the nearest that is."""
    known = known_keys()
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in META_KEYS or is_setting(name.removesuffix("_FILE")):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        yield f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "")


def _explain(error: ValidationError) -> Iterator[str]:
    known = known_keys()
    for item in error.errors():
        name = PREFIX + NESTED.join(str(part) for part in item["loc"]).upper()
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
            yield f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "")
        else:
            said = item["msg"].removeprefix("Value error, ")
            yield f"{name}: {said}" if item["loc"] else said
