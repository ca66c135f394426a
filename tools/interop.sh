#!/bin/sh
# Brings third-party software into build/interop and runs tests/interop with it. What cannot be had is
# named, and its tests are skipped, aloud.
set -eu
cd "$(dirname "$0")/.."
here=$PWD/build/interop
mkdir -p "$here/bin" "$here/js"

if ! cmp -s tests/interop/requirements.txt "$here/venv/installed.txt"; then
    python3 -m venv "$here/venv"
    "$here/venv/bin/pip" install --quiet --requirement tests/interop/requirements.txt
    cp tests/interop/requirements.txt "$here/venv/installed.txt"
fi
if command -v npm >/dev/null && [ ! -d "$here/js/node_modules/@aws-sdk" ]; then
    cp tests/interop/package.json "$here/js/"
    (cd "$here/js" && npm install --no-audit --no-fund --loglevel=error) || echo "npm: no JavaScript SDK"
fi
if command -v go >/dev/null && [ ! -x "$here/bin/aws-lambda-rie" ]; then
    GOBIN=$here/bin go install \
        github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest ||
        echo "go: no Lambda Runtime Interface Emulator"
fi

status=0
passed=0
skipped=0
for test in tests/interop/*_test.py; do
    echo "== $test"
    LIFEBOAT=${LIFEBOAT:-$PWD/build/lifeboat} "$here/venv/bin/python" "$test" >"$here/last.log" 2>&1 || status=1
    cat "$here/last.log"
    line=$(grep '^tests: ' "$here/last.log" | tail -1)
    passed=$((passed + $(echo "$line" | sed -n 's/^tests: \([0-9]*\) passed.*/\1/p' | grep . || echo 0)))
    skipped=$((skipped + $(echo "$line" | sed -n 's/.* \([0-9]*\) skipped.*/\1/p' | grep . || echo 0)))
done
echo "interop: $passed passed, $skipped skipped, $([ $status = 0 ] && echo none || echo some) failed"
exit $status
