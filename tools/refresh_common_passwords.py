"""Fetch the list of common passwords from the npm registry and write it into the package.

Run `python tools/refresh_common_passwords.py` after changing the version below. It calls `npm pack` (which
checks the registry's integrity hash), keeps what our own policy would let through otherwise, which is what
has at least eight bytes, and writes it lower-cased, sorted and compressed, with the licence beside it.
"""

import gzip
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@zxcvbn-ts/language-common@4.1.3"
TARGET = Path(__file__).parent.parent / "src/socialflow/domains/accounts/service/common_passwords.txt.gz"
SHORTEST = 8


def fetch(folder: Path) -> Path:
    """Download the package with npm and return the path of its archive."""
    command = ["npm", "pack", "--silent", PACKAGE]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


def member(tar: tarfile.TarFile, name: str) -> bytes:
    """One file of the package."""
    found = tar.extractfile(f"package/{name}")
    if found is None:
        raise SystemExit(f"{PACKAGE} has no {name}")
    return found.read()


def main() -> None:
    """Refresh the list and its licence."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fetch(Path(folder))) as tar:
        listed: list[str] = json.loads(member(tar, "src/passwords.json"))
        licence = member(tar, "LICENSE.txt")
    kept = sorted({each.lower() for each in listed if len(each.encode()) >= SHORTEST})
    # No time of writing in the header, so that the same list is the same file.
    TARGET.write_bytes(gzip.compress("\n".join(kept).encode(), 9, mtime=0))
    TARGET.with_name("common_passwords.LICENSE").write_bytes(licence)
    print(f"{len(kept)} passwords of {len(listed)}")


if __name__ == "__main__":
    main()
