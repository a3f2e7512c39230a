"""`socialflow api | worker | relay | scheduler`: one part alone, against services given by the settings."""

from importlib import import_module
from typing import Annotated

import typer

from socialflow.kernel import config
from socialflow.kernel.config import Settings
from socialflow.kernel.events import QUEUES

ENTRYPOINTS = "socialflow.entrypoints"


def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the API and the web app."""
    http = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    import_module(f"{ENTRYPOINTS}.api").run(_settings(http=http) if http else _settings())


def worker(
    queues: Annotated[str, typer.Option(help="Queues to serve, separated by commas.")] = ",".join(QUEUES),
    concurrency: Annotated[int | None, typer.Option(min=1, help="Jobs at once; default: from the settings.")] = None,
) -> None:
    """Work off jobs until SIGTERM."""
    names = [name.strip() for name in queues.split(",") if name.strip()]
    import_module(f"{ENTRYPOINTS}.worker").run(_settings(), queues=names, concurrency=concurrency)


def relay() -> None:
    """Turn events into jobs until SIGTERM."""
    import_module(f"{ENTRYPOINTS}.relay").run(_settings())


def scheduler() -> None:
    """Keep the clock until SIGTERM."""
    import_module(f"{ENTRYPOINTS}.scheduler").run(_settings())


def _settings(**overrides: object) -> Settings:
    settings = config.load(**overrides)
    for value, name in ((settings.database.url, "DATABASE_URL"), (settings.redis.url, "REDIS_URL")):
        if value is None:
            raise config.InvalidSettings(f"{name} is not set: a part alone needs it; `socialflow run` brings its own.")
    return settings
