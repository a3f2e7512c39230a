"""Write the next migration from what the models say and the last one does not: `new_migration.py "Saved videos"`.

Compares with a throwaway PostgreSQL that all migrations have run on, writes the difference down, runs it, and
says what is different still: Alembic sees neither checks nor what a column is computed from. Read what it wrote:
it does not see renamed columns either, nor what must happen to rows.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from check_migrations import differences

from socialflow import migrations
from socialflow.entrypoints.engines.throwaway import throwaway
from socialflow.kernel.db import Base

VERSIONS = migrations.FOLDER / "versions"
_COMMENT = re.compile(r"^ *# ### .* ###\n", re.MULTILINE)
# What Alembic's hand leaves behind: imports that nothing needs, single quotes.
_FIXED = "F401,Q,I"


def main(title: str, folder: Path = VERSIONS) -> Path:
    """Migrate an empty database to the newest revision and write the difference into a file of `folder`."""
    number = f"{int(max(migrations.heads(), default='0')[:4]) + 1:04d}"
    with throwaway() as pair:
        configuration = migrations.configuration(pair.database_url)
        configuration.set_main_option("version_locations", os.pathsep.join({str(VERSIONS): "", str(folder): ""}))
        command.upgrade(configuration, "head")
        path = _write(configuration, title, number, folder)
        command.upgrade(configuration, "head")
        left = asyncio.run(differences(pair))
    for difference in left:
        print(f"to be written by hand: {difference}")
    return path


def _write(configuration: Config, title: str, number: str, folder: Path) -> Path:
    configuration.attributes["metadata"] = Base.metadata
    command.revision(configuration, title, autogenerate=True, rev_id=number, version_path=str(folder))
    (path,) = folder.glob(f"{number}_*.py")
    path.write_text(_COMMENT.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--quiet", "--fix", "--select", _FIXED, str(path)], check=False)
    subprocess.run([*ruff, "format", "--quiet", str(path)], check=True)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.search(r"\w", sys.argv[1]):
        sys.exit('usage: make migration NAME="What changed"')
    main(sys.argv[1])
