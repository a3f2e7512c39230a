"""`socialflow doctor`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from socialflow.entrypoints import doctor as examination
from socialflow.entrypoints.engines import folders, local
from socialflow.kernel import config
from socialflow.kernel.config import Settings

MARKS = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "fault": "[red]fault  [/]"}


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the installation.")] = None,
) -> None:
    """Look for what could go wrong; exit code 1 when something does not work."""
    try:
        settings = config.load(**({"data_dir": data_dir} if data_dir is not None else {}))
    except config.InvalidSettings as error:
        for line in str(error).splitlines():
            _show(examination.fault("configuration", line, "correct it; `socialflow config docs` lists every setting"))
        raise typer.Exit(1) from None
    if folders.recall(settings.data_dir):
        with local.reachable(settings) as running:
            faults = asyncio.run(_report(running))
    else:
        faults = asyncio.run(_report(settings))
    raise typer.Exit(int(faults > 0))


async def _report(settings: Settings) -> int:
    faults = 0
    async for finding in examination.examine(settings):
        _show(finding)
        faults += finding.level == "fault"
    return faults


def _show(finding: examination.Finding) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{MARKS[finding.level]} {finding.subject:<14} {escape(finding.text)}")
    if finding.remedy:
        console.print(f"{'':22} [bold]remedy:[/] {escape(finding.remedy)}")
