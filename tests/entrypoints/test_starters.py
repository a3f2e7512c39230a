"""Parts are started, heard, and ended, by a nursery or one by one."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from socialflow.entrypoints.children import BAD_SETTINGS, FAILED, Child, Part, Unusable
from socialflow.entrypoints.printer import Printer
from socialflow.entrypoints.starters import Nursery, Processes, Starter

pytestmark = pytest.mark.xdist_group("starters")
DOCS = Part("docs", ("config", "docs"), stays=False)
WAITS = Part("waits", ("scheduler",))
STARTERS = [Processes, pytest.param(Nursery, marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux only"))]


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Printer]:
    made = Printer(tmp_path)
    yield made
    made.close()


def environment(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("SF_")}, **more}


def away(folder: Path) -> dict[str, str]:
    """Services that nobody offers: a part with these waits for them."""
    return environment(
        SF_DATA_DIR=str(folder), DATABASE_URL="postgresql://x@127.0.0.1:1/x", REDIS_URL="redis://127.0.0.1:1/0"
    )


@pytest.mark.parametrize("kind", STARTERS)
async def test_a_part_is_heard_and_its_end_is_known(
    kind: type[Nursery | Processes], printer: Printer, capsys: pytest.CaptureFixture[str]
) -> None:
    using: Starter = kind(environment())
    try:
        assert await Child(DOCS, using, printer).once() == 0
        assert "SF_HTTP__PORT" in capsys.readouterr().out
        assert await Child(Part("odd", ("fly",), stays=False), using, printer).once() == 2
    finally:
        using.close()


@pytest.mark.parametrize("kind", STARTERS)
async def test_a_part_is_stopped_and_not_started_again(
    kind: type[Nursery | Processes], printer: Printer, tmp_path: Path
) -> None:
    using: Starter = kind(away(tmp_path))
    child = Child(WAITS, using, printer)
    keeper = asyncio.create_task(child.keep())
    try:
        async with asyncio.timeout(60):
            while "scheduler_ready" not in _read(tmp_path / "waits.log"):
                await asyncio.sleep(0.05)
            await child.stop(10)
            await keeper
    finally:
        using.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
async def test_a_nursery_that_is_killed_takes_its_parts_along_and_comes_back(tmp_path: Path) -> None:
    using = Nursery(away(tmp_path))
    read_end, write_end = os.pipe()
    try:
        first = await using.start("waits", WAITS.arguments, write_end)
        process = psutil.Process(first.pid)
        async with asyncio.timeout(10):
            while process.name() != "sf waits":
                await asyncio.sleep(0.01)
        process.parent().kill()  # type: ignore[union-attr]  # it has one
        assert await first.ended == -signal.SIGKILL
        process.wait(10)

        second = await using.start("docs", ("config", "docs"), write_end)
        assert await second.ended == 0
    finally:
        using.close()
        os.close(read_end)
        os.close(write_end)


async def test_bad_settings_are_not_tried_again(printer: Printer) -> None:
    using = Processes(environment(SF_HTTP__PORT="many"))
    try:
        with pytest.raises(Unusable):
            await Child(WAITS, using, printer).keep()
        assert await Child(WAITS, using, printer).once() == BAD_SETTINGS
    finally:
        using.close()


async def test_a_part_that_cannot_be_started_is_a_failure(printer: Printer) -> None:
    class Broken:
        async def start(self, *_: object) -> None:
            raise ConnectionResetError("the nursery died")

        def close(self) -> None:
            pass

    assert await Child(WAITS, Broken(), printer).once() == FAILED  # type: ignore[arg-type]  # a part that is broken on purpose


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
