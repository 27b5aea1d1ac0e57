#!/usr/bin/env bash
# Everything of this folder from nothing: environment, sets, check of every answer, measurement, table.
#   run.sh [--smoke] [--skip-check] [--work DIR] [--rounds N] [--core N]
# OURS and OURS_BUILD are the two commands of README.md's contract, OURS empty for the others alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=benchmarks/exact
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

work=target/exact rounds=5 core=1 smoke='' check=yes
while [ $# -gt 0 ]; do
    case $1 in
        --smoke) smoke=yes ;;
        --skip-check) check='' ;;
        --work) work=$2 && shift ;;
        --rounds) rounds=$2 && shift ;;
        --core) core=$2 && shift ;;
        *) sed -n '2,4p' "$0" >&2 && exit 2 ;;
    esac
    shift
done

record=$here/record measured_size=(--extra 10000) tested_size=() limit=20
sets=$work/sets
if [ -n "$smoke" ]; then
    record=$work/smoke/record sets=$work/smoke/sets rounds=2 limit=2
    measured_size=(--rows 20000 --queries 200 --extra 100) tested_size=(--rows 2000 --queries 100 --extra 100)
fi

python=$work/python/bin/python
if ! cmp -s "$here/requirements.txt" "$work/python/installed"; then
    python3 -m venv "$work/python"
    "$python" -m pip install --quiet --no-deps -r "$here/requirements.txt" -r "$here/requirements-plot.txt"
    cp "$here/requirements.txt" "$work/python/installed"
fi
if [ -z "${OURS-unset}" ]; then
    echo "OURS is empty: only the others are measured, and nothing is checked"
    check='' ours=()
else
    cargo build --release --locked -p index --example answer_rows
    program=target/release/examples/answer_rows
    own_query="$program query {index} {queries} {k}" own_build="$program build {rows} {index}"
    ours=(--ours "${OURS:-$own_query}" --ours-build "${OURS_BUILD:-$own_build}")
fi

# the measured sets are made of the same seed each time, so a second run finds its brute force answers again
"$python" "$here/sets.py" --out "$sets" "${measured_size[@]}" measured
if [ -n "$check" ]; then
    "$python" "$here/sets.py" --out "$sets" "${tested_size[@]}" tested
    [ -n "$smoke" ] || "$python" "$here/sets.py" --out "$sets" ten-million-9
    "$python" "$here/real.py" --out "$sets"
    "$python" "$here/check.py" --sets "$sets" -k 1,10,64 --processes "$(nproc)" --core "$core" "${ours[@]}"
fi
"$python" "$here/rivals.py" --sets "$sets" --record "$record" --rounds "$rounds" --limit "$limit" --core "$core" \
    --processes "$(nproc)" "${ours[@]}"
"$python" "$here/plot.py" --record "$record" || [ -n "$smoke" ]
