"""The committed reference is what the code says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_pages_are_readable() -> None:
    settings, routes = (
        (ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8") for name in ("settings", "routes")
    )
    kinds = {line.split(" | ")[1] for line in settings.splitlines() if line.startswith("| `SF_")}
    assert {"text", "integer", "JSON list"} <= kinds
    assert not [kind for kind in kinds if set(kind) & set("[(<")]
    rows = {line.split(" | ")[1]: line.split(" | ") for line in routes.splitlines() if line.startswith("| `")}
    assert (rows["logOut"][3], rows["getJwks"][3], rows["getMe"][3]) == ("any", "open", "`read`")
    assert (rows["createApp"][5], rows["logIn"][5], rows["getMe"][5]) == ("yes", "", "")


def test_the_reference_is_fresh() -> None:
    # In a process of its own: tests define problems, too, and these are no part of the catalogue.
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
