"""Look up known vulnerabilities of the locked packages, and say plainly where that was not possible."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The second holds everything else, with what tests and the extra for speech need.
LOCKS = ("requirements.lock", "requirements-speech.lock")
PATIENCE_SECONDS = 240


def main() -> int:
    """Audit each lock; exit code 1 for findings, 0 when there are none or the service is out of reach."""
    return max(audit(lock) for lock in LOCKS)


def audit(lock: str) -> int:
    """Audit one lock and print what came of it."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", lock, "--format", "json"]
    command += ["--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"audit: {lock}: COULD NOT LOOK: no answer in {PATIENCE_SECONDS} s")
        return 0
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"audit: {lock}: COULD NOT LOOK: {reason[:200]}")
        return 0

    unseen = [package["name"] for package in packages if "skip_reason" in package]
    bad = [package for package in packages if package.get("vulns")]
    for package in bad:
        for fault in package["vulns"]:
            fixed = ", ".join(fault["fix_versions"]) or "no version yet"
            print(f"audit: {package['name']} {package['version']}: {fault['id']}, mended in {fixed}")
    if unseen:
        print(
            f"audit: {lock}: COULD NOT LOOK at {len(unseen)} of {len(packages)} packages (the service knows them not)"
        )
    print(f"audit: {lock}: looked at {len(packages) - len(unseen)} packages, {len(bad)} with known vulnerabilities")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
