#!/bin/sh
# All benchmarks, one after another: bench/run.sh [LIFEBOAT]. Figures, never tests.
set -eu
here=$(dirname "$0")
lifeboat=$(realpath "${1:-$here/../build/lifeboat}")
for bench in storm put_item transitions mover mover_memory vault; do
    echo "== $bench"
    python3 "$here/$bench.py" "$lifeboat"
done
echo "== signed_calls"
python3 "$here/signed_calls.py" "$lifeboat" "$(dirname "$lifeboat")/../bench/signed_calls"
