"""`socialflow config show | docs`."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.table import Table

from socialflow.kernel import config

app = typer.Typer(no_args_is_help=True)
HIDDEN = "(hidden)"


@app.command()
def show(changed: Annotated[bool, typer.Option(help="Only what differs from the default.")] = False) -> None:
    """Show the settings in force; secrets are hidden."""
    table = Table("setting", "value", box=None, pad_edge=False)
    defaults = dict(_values(config.Settings.model_construct()))
    for name, value in _values(config.load()):
        if changed and value == defaults.get(name):
            continue
        table.add_row(name, HIDDEN if isinstance(value, SecretStr) else _text(value))
    Console(highlight=False).print(table)


@app.command()
def docs() -> None:
    """Document every setting, as Markdown."""
    typer.echo("| Setting | Type | Default | Meaning |\n|---|---|---|---|")
    for name, (kind, default, meaning) in config.known_keys().items():
        typer.echo(f"| `{name}` | {_cell(_kind(kind))} | {_cell(_text(default)) or '-'} | {_cell(meaning)} |")


def _values(model: BaseModel, prefix: str = config.PREFIX) -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        variable = f"{prefix}{name.upper()}"
        if isinstance(value, config.Section):
            yield from _values(value, f"{variable}{config.NESTED}")
        elif isinstance(value, dict):
            for key, section in value.items():
                yield from _values(section, f"{variable}{config.NESTED}{key.upper()}{config.NESTED}")
        else:
            yield variable, value


def _text(value: Any) -> str:
    if value is None or value == ():
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _kind(text: str) -> str:
    """`Literal['a', 'b'] | None` rather than how Python shows it."""
    return re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", re.sub(r"\b(?:\w+\.)+(?=\w)", "", text))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
