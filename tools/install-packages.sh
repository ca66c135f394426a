#!/bin/sh
# Installs the Debian packages that are missing: `tools/install-packages.sh build`, `... test` (which
# includes build), `... lint`, `... bench` or `... interop` (which include test). Nothing is reinstalled
# or upgraded; without anything to do it needs no rights.
set -eu
kind=${1:?usage: install-packages.sh build|test|lint|bench|interop}
list=$(dirname "$0")/debian-packages.txt
case $kind in
build) kinds=" build " ;;
test) kinds=" build test " ;;
lint | bench | interop) kinds=" build test $kind " ;;
*) echo "install-packages.sh: unknown kind '$kind'; choose build, test, lint, bench or interop" >&2; exit 2 ;;
esac
machine=$(dpkg --print-architecture 2>/dev/null || true)
wanted=$(awk -v kinds="$kinds" -v machine="$machine" \
    'index(kinds, " " $1 " ") && ($3 == "" || $3 == machine) { print $2 }' "$list")

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "lifeboat builds on Debian 12; this system has no dpkg. Install what these packages hold:" >&2
    echo "$wanted" >&2
    exit 1
fi
missing=
for package in $wanted; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "These Debian packages are missing, and there is neither root nor sudo to install them:" >&2
    echo "   $missing" >&2
    echo "Ask an administrator to run: apt-get install$missing" >&2
    exit 1
fi
echo "Installing missing packages:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -qq update
# shellcheck disable=SC2086  # a list of words
$as_root apt-get -qq install -y --no-install-recommends $missing >/dev/null
