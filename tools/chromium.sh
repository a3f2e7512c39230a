#!/bin/sh
# Browser tests take the machine's Chromium. Where there is none, install Debian's if we may (root, apt-get);
# else say loudly that those tests will not run. With REQUIRE_CHROMIUM=1 (CI) that is a failure.
set -u

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests" >&2
    export DEBIAN_FRONTEND=noninteractive
    if { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1; then exit 0; fi
fi

cat >&2 <<'EOF'
######################################################################
#  NO CHROMIUM: the browser tests will NOT run.                      #
#  Install chromium or google-chrome, or set CHROMIUM=/path/to/it.   #
######################################################################
EOF
[ "${REQUIRE_CHROMIUM:-0}" != 1 ]
