#!/bin/sh
# Make or refresh .venv from the hashed locks: `tools/setup.sh run` for the product, `tools/setup.sh dev`
# with what the tests and checks need. Does nothing when nothing has changed. Needs Python >= 3.11 only.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
venv=.venv
stamp="$venv/.synced"

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    say "Social Flow needs Python 3.11 or newer with its venv module, and none was found."
    say "Install one (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python)"
    say "or name it: make run PYTHON=/path/to/python3"
    return 1
}

# What the environment should hold, as one line: the locks' check sums, the project file's and the kind.
wanted() {
    cat requirements-tools.lock requirements.lock pyproject.toml | cksum
    if [ "$1" = dev ]; then cksum <requirements-dev.lock; fi
    printf '%s %s\n' "$1" "$PWD"
}

current() { [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null && [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted "$1")" ]; }

# An environment for the tests serves the product too, and is not taken apart by starting it.
if current dev; then exit 0; fi
if [ "$kind" = run ] && grep -qs '^dev ' "$stamp"; then kind=dev; fi
if [ "$kind" = run ] && current run; then exit 0; fi

if ! { [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python)
    say "Making $venv with $("$python" -V)"
    "$python" -m venv --clear "$venv"
fi

case $kind in
    run) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) say "usage: tools/setup.sh run|dev"; exit 2 ;;
esac

say "Installing the packages of $lock (by hash)"
pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
rm -f "$stamp"
$pip install --require-hashes -r requirements-tools.lock
if ! "$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes requirements-tools.lock "$lock"; then
    say "uv could not do it (see above); trying the same with pip, which is slower"
    $pip install --require-hashes -r requirements-tools.lock -r "$lock"
fi
$pip install --no-deps --no-build-isolation --editable .
wanted "$kind" >"$stamp"
