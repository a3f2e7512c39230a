"""The import contracts hold, and each of them catches what it is there to catch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "socialflow"

# Where -> the line put there -> words of the report.
PLANTED = {
    "a port knows a domain": ("ports/planted.py", "import socialflow.domains.media.errors", "Floors"),
    "the kernel knows a port": ("kernel/planted.py", "import socialflow.ports.storage", "Floors"),
    "a domain knows an adapter": ("domains/media/errors.py", "import socialflow.adapters.storage.local", "Floors"),
    "an adapter knows a domain": ("adapters/storage/local.py", "import socialflow.domains.media.errors", "Floors"),
    "the web app knows a domain": ("web/text.py", "import socialflow.domains.media.errors", "Floors"),
    "an unknown floor": ("planted_floor.py", "", "planted_floor"),
    "a low domain knows a high one": (
        "domains/accounts/errors.py",
        "import socialflow.domains.media.errors",
        "Domains",
    ),
    "an unknown domain": ("domains/planted_domain/__init__.py", "", "planted_domain"),
    "a low room knows a high one": (
        "domains/accounts/errors.py",
        "import socialflow.domains.accounts.schemas",
        "Rooms",
    ),
    "an unknown room": ("domains/accounts/planted_room.py", "", "planted_room"),
    "a window into a domain": ("domains/channels/events.py", "import socialflow.domains.accounts.policy", "Doors"),
    "models through the service": ("domains/media/errors.py", "import socialflow.domains.accounts.models", "Doors"),
    "a framework below the edge": ("domains/accounts/policy.py", "import fastapi", "framework"),
    "a second file that knows Celery": ("entrypoints/ports.py", "import celery", "Celery"),
    "a vendor outside of the adapters": ("entrypoints/ports.py", "import obstore", "vendor"),
    "a cycle": ("kernel/ids.py", "import socialflow.kernel.jobs", "cycles"),
}


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over a copy of the source."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", ROOT / "pyproject.toml"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{ROOT / 'tools'}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(PACKAGE, source / "socialflow", ignore=shutil.ignore_patterns("*.pyc", "static", "templates"))
    return source


def test_every_contract_holds(copy: Path) -> None:
    report = lint(copy)

    assert report.returncode == 0, report.stdout
    assert "0 broken" in report.stdout


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_caught(fault: str, copy: Path) -> None:
    place, line, word = PLANTED[fault]
    target = copy / "socialflow" / place
    before = target.read_text(encoding="utf-8") if target.exists() else None
    made = [] if target.parent.exists() else [target.parent]
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        report = lint(copy)
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_text(before, encoding="utf-8")
        for folder in made:
            folder.rmdir()

    assert report.returncode != 0
    # A contract that cannot even be read against the tree, for want of a room, ends the run with that word.
    broken = report.stdout.partition("Broken contracts")[2] or report.stdout
    assert word in broken
    assert Path(place).stem.removesuffix("__init__") in broken


def test_every_table_and_every_handler_is_known_to_the_registry() -> None:
    there = {
        f"socialflow.domains.{path.parent.name}.{path.stem}"
        for room in ("models", "handlers")
        for path in (ROOT / "src/socialflow/domains").glob(f"*/{room}*")
    }
    # In a process of its own: here a test may have imported what the product forgets.
    look = "import sys, socialflow.entrypoints.registry; print(*sys.modules)"
    known = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()

    assert len(there) > 10
    assert there <= set(known)
