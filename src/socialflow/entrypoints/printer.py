"""What the parts of `socialflow run` say: all of it into files, what a person wants to know onto the terminal.

A part writes one JSON object per line. The line goes as it is to `logs/<part>.log`; on the terminal
appear warnings, errors, the parts' first words, and with `verbose` everything, in words. A line
that is no JSON, such as a traceback, is shown as it is.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

LONGEST_LINE = 16_384  # bytes; the rest of a longer one is cut
LARGEST_LOG = 16 * 1024**2  # bytes; then the file becomes <part>.log.1
NAME_WIDTH = 10
COLOURS = {
    "api": 36,
    "worker": 32,
    "media": 35,
    "encode": 35,
    "imports": 35,
    "hearing": 35,
    "relay": 34,
    "scheduler": 33,
    "demo": 37,
    "run": 1,
}
LOUD = {"warning": 33, "error": 31, "critical": 31}
UNSPOKEN = {"event", "level", "timestamp", "role", "logger", "exception"}


class Printer:
    """The terminal and the files; a reader that has gone away is no reason to stop."""

    def __init__(self, folder: Path, *, verbose: bool = False) -> None:
        self._folder = folder
        self._verbose = verbose
        self._is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._files: dict[str, BinaryIO] = {}

    def say(self, line: str) -> None:
        """A line of the supervisor's own."""
        self._show("run", line)

    async def follow(self, name: str, stream: asyncio.StreamReader) -> None:
        """Take down what a part writes until it closes its end."""
        rest = b""
        while chunk := await stream.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(name, line)
            if len(rest) > LONGEST_LINE:
                self._take(name, rest)
                rest = b""
        if rest:
            self._take(name, rest)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _take(self, name: str, line: bytes) -> None:
        line = line[:LONGEST_LINE].rstrip()
        if not line:
            return
        with suppress(OSError):
            self._file(name).write(line + b"\n")
        text = line.decode("utf-8", "replace")
        try:
            fact = json.loads(text) if text.startswith("{") else None
        except ValueError:
            fact = None
        if not isinstance(fact, dict):
            self._show(name, text)
        elif self._verbose or fact.get("level") in LOUD or str(fact.get("event", "")).endswith("_ready"):
            self._show(name, self._in_words(fact))

    def _in_words(self, fact: dict[str, Any]) -> str:
        level = str(fact.get("level", "info"))
        mark = f"{level}: " if level in LOUD else ""
        if mark and self._is_coloured:
            mark = f"\x1b[{LOUD[level]}m{mark}\x1b[0m"
        details = " ".join(f"{key}={value}" for key, value in fact.items() if key not in UNSPOKEN)
        trace = f"\n{fact['exception']}" if "exception" in fact else ""
        return f"{mark}{str(fact.get('event', '')).replace('_', ' ')} {details}".rstrip() + trace

    def _show(self, name: str, text: str) -> None:
        label = f"{name:<{NAME_WIDTH}}"
        if self._is_coloured:
            label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
        with suppress(OSError, ValueError):
            sys.stdout.write("".join(f"{label} {line}\n" for line in text.splitlines() or [""]))
            sys.stdout.flush()

    def _file(self, name: str) -> BinaryIO:
        path = self._folder / f"{name}.log"
        file = self._files.get(name)
        if file is not None and file.tell() > LARGEST_LOG:
            file.close()
            path.replace(path.with_suffix(".log.1"))
            file = None
        if file is None:
            file = self._files[name] = path.open("ab", buffering=0)
        return file
