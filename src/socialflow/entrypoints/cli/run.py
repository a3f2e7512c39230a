"""`socialflow run`: everything on this machine, in one terminal."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.entrypoints import ports, supervisor
from socialflow.kernel import config


def run(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; without it the next free one is taken.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")] = None,
    demo: Annotated[bool, typer.Option(help="Make demo people and clips on the first start.")] = True,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every line of every part.")] = False,
) -> None:
    """Start engines, API, workers, relay and scheduler; Ctrl-C stops all of them."""
    first = config.load(**({"data_dir": data_dir} if data_dir is not None else {}))
    chosen = ports.choose(host or first.http.host, port, first.http.port)
    if chosen != (port or first.http.port):
        typer.echo(f"Port {first.http.port} is in use; taking {chosen}.")
    settings = config.load(
        data_dir=first.data_dir.expanduser().resolve(), http={"host": host or first.http.host, "port": chosen}
    )
    raise typer.Exit(supervisor.run(settings, demo=demo, verbose=verbose))
