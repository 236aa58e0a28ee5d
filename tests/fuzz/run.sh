#!/usr/bin/env bash
# Fuzzes for real: each harness, or those named, for SECONDS, within limits of memory and length, from a copy of the
# corpus.  Needs: cmake --preset fuzz && cmake --build --preset fuzz.  run.sh [SECONDS [NAME...]]; 20 minutes by default.
# A crash ends it, and leaves its input in build/fuzz/found/NAME: mend it, and add the input to tests/fuzz/corpus/NAME.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-1200}
shift || true
names=$*
for name in ${names:-$(ls tests/fuzz/corpus)}; do
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/found/$name"
    cp "tests/fuzz/corpus/$name"/* "build/fuzz/corpus/$name"
    echo "$name: $seconds s, told in build/fuzz/$name.log"
    "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=512 -max_len=65536 \
        -timeout=20 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name/" "build/fuzz/corpus/$name" \
        > "build/fuzz/$name.log" 2>&1 || { tail -n 30 "build/fuzz/$name.log" && exit 1; }
    sed -n 's/^stat::number_of_executed_units: */  inputs tried: /p' "build/fuzz/$name.log"
done
