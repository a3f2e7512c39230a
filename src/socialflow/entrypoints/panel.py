"""What `socialflow run` tells a person once it serves: where, as whom, and what keeps it going."""

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from socialflow.entrypoints.demo.people import LOGIN, PASSWORD
from socialflow.kernel.config import Settings

OUTSIDE = "set by you"


def show(settings: Settings, *, engines: list[str], demo: bool, seconds: float) -> None:
    """Print the panel."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("Address", f"[link={settings.public_url}]{settings.public_url}[/link]")
    table.add_row("API", f"{settings.public_url}/docs  ({settings.public_url}/api/v1)")
    if demo:
        table.add_row("Demo log-in", f"{LOGIN}  with password  {PASSWORD}")
    table.add_row("Running", ", ".join([*engines, "API and web app", "2 workers", "relay", "scheduler"]))
    table.add_row("Data", f"{settings.data_dir}  (what the parts say: {settings.data_dir.name}/logs)")
    table.add_row("Stop", "Ctrl-C; starting again loses nothing")
    Console(highlight=False).print(
        Panel(table, title=f"{settings.instance_name} is ready ({seconds:.1f} s)", border_style="green", expand=False)
    )
