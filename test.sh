#!/usr/bin/env bash
# All tests, from nothing but git and a shell (Debian 12): installs what is missing, builds every configuration that is
# promised, runs its tests, and ends with one line of counts.  test.sh [STAGE...] runs only the stages named.
set -u
cd "$(dirname "$0")"
. cmake/packages.sh
need $test_packages || exit 1
jobs=$(nproc)
passed=0
failed=0
mkdir -p build/logs

# A comma-decimal locale of our own: nothing on the machine is changed.
export LOCPATH=$PWD/build/locale
if [ ! -d "$LOCPATH/de_DE.UTF-8" ]; then
    mkdir -p "$LOCPATH"
    localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8" > build/logs/locale.log 2>&1
fi

# check NAME COMMAND...: one test that is not ctest's.
check() {
    local name=$1
    shift
    if "$@" > "build/logs/$name.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "--- failed: $name"
        tail -n 40 "build/logs/$name.log"
    fi
}

# configure_and_build PRESET [OPTION...]
configure_and_build() {
    local preset=$1
    shift
    check "build-$preset" sh -c 'preset=$1 && shift && cmake --preset "$preset" "$@" && cmake --build --preset "$preset"' \
        sh "$preset" "$@"
}

# run_tests FOLDER [CTEST OPTION...]: counts what ctest ran.
run_tests() {
    local folder=$1 log
    shift
    log=build/logs/$(basename "$folder")-ctest.log
    ctest --test-dir "$folder" -j "$jobs" --output-on-failure --no-tests=error "$@" > "$log" 2>&1
    local bad all
    bad=$(sed -n 's/.* \([0-9]*\) tests failed out of \([0-9]*\)$/\1/p' "$log")
    all=$(sed -n 's/.* \([0-9]*\) tests failed out of \([0-9]*\)$/\2/p' "$log")
    passed=$((passed + ${all:-0} - ${bad:-0}))
    failed=$((failed + ${bad:-1}))
    if [ "${bad:-1}" -ne 0 ]; then
        grep -vE '^ *[0-9]+/[0-9]+ Test .*Passed|^ +Start ' "$log" | tail -n 80
    fi
}

stage_gcc() {
    configure_and_build release
    run_tests build
}

stage_clang() {
    configure_and_build clang
    run_tests build/clang -E '^(cli|fault|house)/'
}

# What looks for leaks runs without LOCPATH: libp11-kit, which libhdf5 draws in through libcurl, keeps a locale that it
# makes when it is loaded, and with LOCPATH set that is a block of its own.  The comma locale is tested by the others.
# Address and undefined behaviour, over everything.
stage_asan() {
    export -n LOCPATH
    configure_and_build asan
    run_tests build/asan
    export LOCPATH
}

# Data races, over training and prediction.
stage_tsan() {
    configure_and_build tsan
    run_tests build/tsan -R '^(base/test_threads|nn/test_threads|train/test_train|tasks/|cli/regress)'
}

stage_valgrind() {
    export -n LOCPATH
    configure_and_build debug
    local run="valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=all build/debug/quadrat"
    check valgrind-train $run train regress data/lynx.csv --target lynx --layers lstm:5,rnn:3 --epochs 2 --quiet \
        --valid 0.2 --patience 2 --threads 2 --checkpoint build/logs/v.checkpoint -o build/logs/v.safetensors
    check valgrind-predict $run predict build/logs/v.safetensors data/lynx.csv --quiet --horizon 3 -o build/logs/v.csv
    export LOCPATH
}

# The core alone, and the core for another processor.
stage_core() {
    configure_and_build core
    run_tests build/core
}

stage_arm64() {
    if [ "$(uname -m)" = aarch64 ]; then
        return # the other stages ran on it
    fi
    check arm64-packages cmake/arm64-packages.sh build/arm64-root
    configure_and_build arm64
    run_tests build/arm64 -R '^(kernels|nn)/'
}

# The installed library, used as its documentation says, shared and static.
stage_install() {
    configure_and_build release
    check install cmake --install build --prefix "$PWD/build/installed"
    local pkg="PKG_CONFIG_PATH=$(dirname "$(find "$PWD/build/installed" -name quadrat.pc)") pkg-config"
    check example-shared sh -c "cc -std=c11 -Wall -Wextra -Werror examples/article.c -o build/article-shared \
        \$($pkg --cflags --libs quadrat) -Wl,-rpath,\$($pkg --variable=libdir quadrat) && cd build && ./article-shared"
    check example-static sh -c "cc -std=c11 -Wall -Wextra -Werror -static examples/article.c -o build/article-static \
        \$($pkg --static --cflags --libs quadrat) && cd build && ./article-static"
    check manual sh -c 'test -s build/installed/share/man/man1/quadrat.1'
}

# The same model file from both compilers, -O1 and -O3, and 1, 2, 3 and 8 threads.
stage_bits() {
    local compiler level threads folder sums
    rm -f build/logs/bits.sums
    for compiler in gcc clang; do
        for level in 1 3; do
            folder=build/bits-$compiler-O$level
            check "bits-$compiler-O$level" sh -c 'cmake -S . -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=None -DQD_TESTS=OFF \
                -DCMAKE_C_COMPILER="$2" -DCMAKE_C_FLAGS="-O$3" && cmake --build "$1" --target qd_program' \
                sh "$folder" "$compiler" "$level"
            for threads in 1 2 3 8 1; do
                "$folder/quadrat" train regress data/lynx.csv --target lynx --scale log1p --epochs 3 --quiet \
                    --layers bilstm:9+dropout=0.2,rnn:18+residual,lstm:17 --schedule cosine --clip-norm 1 --batch 40 \
                    --valid 0.2 --threads "$threads" -o build/logs/bits.safetensors &&
                    sha256sum < build/logs/bits.safetensors >> build/logs/bits.sums
            done
        done
    done
    check same-bits sh -c 'cat build/logs/bits.sums && [ "$(wc -l < build/logs/bits.sums)" -eq 20 ] &&
        [ "$(sort -u build/logs/bits.sums | wc -l)" -eq 1 ]'
}

stages=${*:-gcc clang asan tsan valgrind core arm64 install bits}
for stage in $stages; do
    began=$(date +%s)
    before=$failed
    "stage_$stage"
    echo "$stage: $([ "$failed" -eq "$before" ] && echo passed || echo FAILED) ($(($(date +%s) - began)) s)"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
