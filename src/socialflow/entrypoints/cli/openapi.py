"""`socialflow openapi export`."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import SecretStr

from socialflow.entrypoints.api import build
from socialflow.entrypoints.api.openapi import document, twin
from socialflow.kernel.config import DatabaseSettings, RedisSettings, Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """The description of the API."""


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
    older: Annotated[bool, typer.Option(help="OpenAPI 3.0 instead of 3.1, for older generators.")] = False,
) -> None:
    """Write the OpenAPI document; needs neither database nor engines."""
    # The routes do not depend on the settings: these open nothing.
    settings = Settings(
        environment="test",
        database=DatabaseSettings(url=SecretStr("postgresql:///")),
        redis=RedisSettings(url=SecretStr("redis://")),
    )
    made = document(build(settings))
    text = orjson.dumps(twin(made) if older else made, option=orjson.OPT_INDENT_2).decode()
    if out is None:
        typer.echo(text)
    else:
        try:
            out.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise typer.BadParameter(f"{out} cannot be written: {error.strerror}", param_hint="--out") from None
        typer.echo(f"{out}: {len(made['paths'])} paths")
