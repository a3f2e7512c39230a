"""The database's history: one line of Alembic migrations, shipped inside the package."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent


def configuration(url: str | None = None) -> Config:
    """Alembic's view of this folder; `url` is the database's address."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    if url is not None:
        config.attributes["url"] = url
    return config


@cache
def heads() -> frozenset[str]:
    """The revisions that a database of this version has."""
    return frozenset(ScriptDirectory.from_config(configuration()).get_heads())
