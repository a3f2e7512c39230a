"""Look for secrets in the files that git knows; works offline. Findings that are none stand in .secrets.baseline."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLAYFUL = ("tests/", "examples/", "benchmarks/")
BASELINE = ROOT / ".secrets.baseline"
# Locks are hashes, vendored scripts and pictures are somebody else's text.
SKIPPED = r"(\.lock$|/vendor/|\.secrets\.baseline$|\.(png|jpg|webp|woff2|mp4|svg)$)"
# A typed id, such as `vid_` and 26 characters, is random and public.
PUBLIC = r"^[a-z]{3}_[0-9a-z]{26}$"

Findings = dict[str, list[dict[str, object]]]


def main() -> int:
    """Scan; exit code 1 when something new was found, 2 when nothing could be looked at."""
    files = tracked()
    if not files:
        print("secrets: COULD NOT LOOK: this is no git checkout, so the files to look at are unknown")
        return 2
    try:
        found = {**scan([name for name in files if not name.startswith(PLAYFUL)]), **scan_playful(files)}
    except subprocess.CalledProcessError as error:
        print(f"secrets: COULD NOT LOOK: {error.stderr.strip()}")
        return 2

    known = json.loads(BASELINE.read_text(encoding="utf-8"))["results"] if BASELINE.exists() else {}
    if "--accept" in sys.argv:
        BASELINE.write_text(json.dumps({"results": slim(found)}, indent=1) + "\n", encoding="utf-8")
        print(f"secrets: accepted {sum(map(len, found.values()))} findings")
        return 0

    fresh = [
        (name, item)
        for name, items in found.items()
        for item in items
        if item["hashed_secret"] not in {old["hashed_secret"] for old in known.get(name, [])}
    ]
    for name, item in fresh:
        print(f"{name}:{item['line_number']}: {item['type']}")
    print(f"secrets: looked at {len(files)} files, {len(fresh)} new findings")
    if fresh:
        print("Remove them, or, where they are none, run: .venv/bin/python tools/scan_secrets.py --accept")
    return int(bool(fresh))


def scan_playful(files: list[str]) -> Findings:
    """Tests and examples name passwords of their own all the time: there only the shapes of keys count."""
    return scan([name for name in files if name.startswith(PLAYFUL)], "--disable-plugin", "KeywordDetector")


def scan(files: list[str], *options: str) -> Findings:
    """What is found in these files."""
    command = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", "--exclude-files", SKIPPED]
    command += ["--exclude-secrets", PUBLIC, *options]
    done = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=True)
    found: Findings = json.loads(done.stdout)["results"]
    return found


def tracked() -> list[str]:
    """Files of the checkout; empty outside of one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        return []
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def slim(found: Findings) -> Findings:
    """What of a finding is worth keeping: lines move, hashes stay."""
    return {
        name: [{"type": item["type"], "hashed_secret": item["hashed_secret"]} for item in items]
        for name, items in sorted(found.items())
    }


if __name__ == "__main__":
    sys.exit(main())
