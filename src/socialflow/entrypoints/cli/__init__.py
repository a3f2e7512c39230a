"""The `socialflow` command. Only the module of the command that was asked for is loaded, so help is quick."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from rich.console import Console

BAD_SETTINGS = 78  # EX_CONFIG of sysexits.h: starting again cannot help
FAILED = 1

# Name -> (module, what help says). A module has `run`, or `app` where the command has sub-commands.
COMMANDS = {
    "run": ("run", "Start everything on this machine: engines, API, workers, relay, scheduler."),
    "demo": ("demo", "Fill a running instance with demo people and clips."),
    "doctor": ("doctor", "Look for what could go wrong, and name the remedy of each finding."),
    "api": ("parts", "Serve the API and the web app alone."),
    "worker": ("parts", "Work off jobs alone."),
    "relay": ("parts", "Turn events into jobs alone."),
    "scheduler": ("parts", "Keep the clock alone."),
    "db": ("database", "Migrate the database, or show where it stands."),
    "users": ("users", "Create, list, promote, suspend or erase people."),
    "channels": ("channels", "Vouch for channels, or do so no more."),
    "roles": ("roles", "List the roles and what they permit."),
    "audit": ("audit", "Verify the audit log, show its head, export it."),
    "keys": ("keys", "Rotate, list or retire the keys that sign access tokens."),
    "invites": ("invites", "Make invites."),
    "mail": ("mail", "Try out how mail is sent."),
    "media": ("media", "See, stop and restart what is made of uploads; verify, repair and move what is kept."),
    "secrets": ("secrets", "Replace the secret under what is kept sealed, or show what is under which."),
    "privacy": ("privacy", "Erase again whoever came back with a backup."),
    "openapi": ("openapi", "Export the description of the API."),
    "nginx": ("nginx", "Print the configuration of an nginx that stands in front."),
    "config": ("config", "Show the settings in force, or document all of them."),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    command = next((word for word in given if not word.startswith("-")), None)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        _build(command)(given, prog_name="socialflow")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except Exception as error:
        code = EXPECTED.get(type(error).__name__)
        if code is None:
            raise
        errors.print(f"[bold red]error[/]: {_plain(error)}")
        return code
    return 0


# By name, because the classes live in modules that not every command loads.
EXPECTED = {"InvalidSettings": BAD_SETTINGS, "EngineError": FAILED, "AlreadyRunning": FAILED, "CannotServe": FAILED}


def _build(wanted: str | None) -> Callable[..., Any]:
    program = typer.Typer(
        name="socialflow",
        help="Social Flow: the open backend for social video apps.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    program.callback()(lambda: None)
    for name, (module, line) in COMMANDS.items():
        if name != wanted:
            program.command(name, help=line)(_unloaded)
            continue
        loaded = import_module(f"{__name__}.{module}")
        if hasattr(loaded, "app"):
            program.add_typer(loaded.app, name=name, help=line)
        else:
            program.command(name, help=line)(getattr(loaded, name))
    return typer.main.get_command(program)


def _unloaded() -> None:
    """Stands for a command whose module was not asked for."""


def _plain(error: Exception) -> str:
    return str(error).replace("[", "\\[")
