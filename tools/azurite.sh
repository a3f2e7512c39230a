#!/bin/sh
# Tests of Azure Blob Storage talk to azurite, which comes from npm by its lock. Where there is no npm, or nothing
# to fetch it from, say loudly that those tests will not run. With REQUIRE_AZURITE=1 (CI) that is a failure.
set -u
cd "$(dirname "$0")/../tests/third_party/azurite" || exit 1

stamp=node_modules/.synced
wanted=$(cat package.json package-lock.json | cksum)
if [ -e node_modules/azurite ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
    echo "Installing azurite for the tests of Azure Blob Storage" >&2
    if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        printf '%s\n' "$wanted" >"$stamp"
        exit 0
    fi
fi

cat >&2 <<'EOF'
######################################################################
#  NO AZURITE: Azure Blob Storage will NOT be tested.                #
#  Install Node.js with npm, and run tools/azurite.sh.               #
######################################################################
EOF
[ "${REQUIRE_AZURITE:-0}" != 1 ]
