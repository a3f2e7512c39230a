"""Migrations are written by a tool, which says what it could not write, and compared with the models line by line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from socialflow import migrations

ROOT = Path(__file__).parent.parent.parent
VERSIONS = migrations.FOLDER / "versions"
# Runs a tool as if the models had moved on: another column, a check, and another rule for a computed column.
CHANGED = """
import sys
from pathlib import Path
from sqlalchemy import CheckConstraint, Column, Computed, String
from socialflow.entrypoints import registry
from socialflow.kernel.db import Base

videos = registry.videos.Video.__table__
videos.append_column(Column("mood", String()))
videos.append_constraint(CheckConstraint("mood <> ''", name="mood"))
videos.c.reach.computed.sqltext.text = "'owner'"
"""
WRITE = "import new_migration; new_migration.main('Moods of videos', Path(sys.argv[1]))"
COMPARE = "import check_migrations; sys.exit(check_migrations.main())"


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return subprocess.run(
        [sys.executable, "-c", CHANGED + program, *arguments],
        env={**kept, "PYTHONPATH": str(ROOT / "tools")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.timeout(300)
def test_the_next_migration_is_written_tidied_tried_and_what_is_missing_is_named(tmp_path: Path) -> None:
    made = run(WRITE, str(tmp_path))

    assert made.returncode == 0, made.stderr
    (path,) = tmp_path.glob("*.py")
    number = int(max(migrations.heads())) + 1
    assert path.name == f"{number:04d}_moods_of_videos.py"
    written = path.read_text(encoding="utf-8")
    assert 'op.add_column("videos", sa.Column("mood", sa.String(), nullable=True))' in written
    assert 'op.drop_column("videos", "mood")' in written
    for tidy in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        # As if it lay where it belongs, whose rules are not those of other folders.
        ruff = [sys.executable, "-m", "ruff", *tidy, "--stdin-filename", str(VERSIONS / path.name), "-"]
        told = subprocess.run(ruff, cwd=ROOT, input=written, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout
    assert "to be written by hand: only in the models: videos: ck_videos_mood" in made.stdout
    assert "only in the models: videos: reach character varying null NO computed 'owner'" in made.stdout
    assert "mood character varying" not in made.stdout


@pytest.mark.timeout(300)
def test_what_alembic_does_not_compare_is_compared() -> None:
    told = run(COMPARE)

    assert told.returncode == 1, told.stdout + told.stderr
    for difference in ("models differ: ('add_column'", "ck_videos_mood", "computed 'owner'"):
        assert difference in told.stdout


def test_a_migration_without_a_name_is_refused() -> None:
    told = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "new_migration.py"), " - "],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert "usage: make migration" in told.stderr
