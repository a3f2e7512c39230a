"""What reaches the terminal of `socialflow run`, and what only the files."""

import asyncio
from pathlib import Path

import pytest

from socialflow.entrypoints import printer
from socialflow.entrypoints.children import describe
from socialflow.entrypoints.printer import Printer

REQUEST = b'{"event": "request", "path": "/x", "level": "info"}\n'
WARNING = b'{"event": "job_failed", "attempt": 2, "level": "warning", "exception": "Boom"}\n'


async def said(folder: Path, *chunks: bytes, verbose: bool = False) -> None:
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    out = Printer(folder, verbose=verbose)
    await out.follow("api", stream)
    out.close()


async def test_everything_is_kept_and_what_matters_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await said(tmp_path, REQUEST, WARNING[:20], WARNING[20:], b'{"event": "api_ready"}\n', b"Traceback\n", b"end")

    shown = capsys.readouterr().out
    assert shown == (
        "api        warning: job failed attempt=2\napi        Boom\napi        api ready\n"
        "api        Traceback\napi        end\n"
    )
    assert (tmp_path / "api.log").read_bytes() == REQUEST + WARNING + b'{"event": "api_ready"}\nTraceback\nend\n'


async def test_verbose_shows_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await said(tmp_path, REQUEST, b"{not json\n", verbose=True)

    assert capsys.readouterr().out == "api        request path=/x\napi        {not json\n"


async def test_an_endless_line_is_cut(tmp_path: Path) -> None:
    await said(tmp_path, b"x" * 100_000, b"y\n")

    assert max(map(len, (tmp_path / "api.log").read_bytes().splitlines())) <= printer.LONGEST_LINE


async def test_a_large_file_makes_room(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_bytes(b"x" * (printer.LARGEST_LOG + 1))

    await said(tmp_path, REQUEST, REQUEST)

    assert (tmp_path / "api.log.1").exists()
    assert (tmp_path / "api.log").stat().st_size < 1_000


def test_an_end_is_told_in_words() -> None:
    assert describe(1) == "exit code 1"
    assert describe(-9) == "killed by SIGKILL"
    assert describe(-200) == "killed by signal 200"
