#!/bin/sh
# All benchmarks, one after another: bench/run.sh [LIFEBOAT]. Figures, never tests.
set -eu
cd "$(dirname "$0")"
lifeboat=${1:-../build/lifeboat}
lifeboat=$(realpath "$lifeboat")
for bench in storm put_item; do
    [ -e "$bench.py" ] || continue
    echo "== $bench"
    python3 "$bench.py" "$lifeboat"
done
