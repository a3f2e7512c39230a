"""Programs of other people that run on Node; installed from their lock by whoever needs them first."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "third_party" / "tus"
INSTALL_SECONDS = 180


def installed() -> Path:
    """The folder of these programs; where there is no npm, or no way to its packages, the test is skipped.

    Not so on CI, where it fails.
    """
    if shutil.which("npm") is None or shutil.which("node") is None:
        _missing("there is no npm")
    with Path(FOLDER, ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = Path(FOLDER, "node_modules", ".stamp"), Path(FOLDER, "package-lock.json").read_text()
        if not stamp.exists() or stamp.read_text() != wanted:
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS)
            if done.returncode:
                _missing(f"npm could not install them: {done.stderr[-500:]}")
            stamp.write_text(wanted)
    return FOLDER


async def upload(source: Path, endpoint: str, token: str, **options: Any) -> str:
    """Upload a file with tus-js-client; the address that it was given."""
    told = {"path": str(source), "endpoint": endpoint, "token": token, **options}
    process = await asyncio.create_subprocess_exec(
        *("node", str(FOLDER / "upload.mjs"), json.dumps(told)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()[-2_000:]
    return str(json.loads(out)["url"])


def _missing(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
