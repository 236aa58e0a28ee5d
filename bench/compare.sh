#!/usr/bin/env bash
# quadrat and its peers on this machine, in turn: compare.sh FOLDER [ROUNDS [SECONDS]]
#
# FOLDER, outside the source tree, gets a Python environment with PyTorch, Keras, TensorFlow and ONNX Runtime (about
# three gigabytes, from PyPI), the oneDNN program (Debian: apt-get install g++ libdnnl-dev) and the results; a second call
# with the same folder installs nothing.  A peer that cannot be installed is left out, and that is said.  QUADRAT names
# the program to measure (default: build/quadrat), PYTHON an environment's interpreter that has the peers already,
# WORKLOADS the training workloads, THREADS the numbers of threads ("1 2").  On a busy machine take THREADS=1 and
# BENCH_CLOCK=processor, which counts the time that the programs computed: programs whose threads wait for one another
# measure the neighbours.
set -eu
[ $# -ge 1 ] || { sed -n '2,11s/^# //p' "$0" && exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd)
quadrat=${QUADRAT:-$source/build/quadrat}
rounds=${2:-5}
seconds=${3:-1}
workloads=${WORKLOADS:-article counts mid big long}
mkdir -p "$1"
cd "$1"
[ -x "$quadrat" ] || { echo "no program $quadrat: build it first (cmake --preset release && cmake --build build)" && exit 1; }

# --------------------------------------------------------------------------------------------- installing
python=${PYTHON:-$PWD/peers/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv peers
    for package in torch onnx onnxruntime tensorflow-cpu keras; do
        peers/bin/pip install --quiet "$package" || echo "$package cannot be installed: it is left out"
    done
fi
has() {
    "$python" -c "import $1" 2> /dev/null
}
onednn=
if c++ -std=c++17 -O2 -o onednn "$source/bench/peers/onednn.cpp" -ldnnl 2> onednn.log; then
    onednn=$PWD/onednn
else
    echo "oneDNN is left out (Debian: apt-get install g++ libdnnl-dev): see $PWD/onednn.log"
fi
for module in torch onnxruntime keras; do
    has $module || echo "$module is left out: $python does not have it"
done

# ---------------------------------------------------------------------------------------------- measuring
echo "program,workload,measure,threads,round,value" > results.csv
put() { # PROGRAM WORKLOAD MEASURE THREADS ROUND VALUE
    (IFS=, && echo "$*") >> results.csv
}
own() { # WORKLOAD PASS THREADS: milliseconds
    "$quadrat" bench "$1" --passes "$2" --threads "$3" --seconds "$seconds" --clock "${BENCH_CLOCK:-wall}" --form csv |
        awk -F, 'NR == 2 { print $12 }'
}
sizes() { # WORKLOAD: N T I H layers B
    "$quadrat" bench "$1" --passes forward --seconds 0.001 --threads 1 --form csv | awk -F, 'NR == 2 { print $5, $6, $7, $8, $9, $10 }'
}

for round in $(seq "$rounds"); do
    for workload in $workloads; do
        size=$(sizes "$workload")
        for threads in ${THREADS:-1 2}; do
            put quadrat "$workload" train "$threads" "$round" "$(own "$workload" train "$threads")"
            [ -z "$onednn" ] || put oneDNN "$workload" train "$threads" "$round" \
                "$(OMP_NUM_THREADS=$threads "$onednn" $size "$seconds")"
            ! has torch || put PyTorch "$workload" train "$threads" "$round" \
                "$("$python" "$source/bench/peers/torch_lstm.py" $size "$seconds" "$threads")"
        done
    done
    put quadrat ragged train 1 "$round" "$(own ragged train 1)"
    put equal-length ragged train 1 "$round" "$(own even train 1)"
    for workload in article counts mid; do
        put quadrat "$workload" latency 1 "$round" "$(own "$workload" latency 1)"
        if has torch && has onnxruntime; then
            read -r onnx torch < <("$python" "$source/bench/peers/onnx_latency.py" \
                $(sizes "$workload" | cut -d' ' -f2-5) "$seconds" 2> onnx.log)
            put ONNXRuntime "$workload" latency 1 "$round" "$onnx"
            put PyTorch "$workload" latency 1 "$round" "$torch"
        fi
    done
    if has keras; then
        read -r epochs one memory < <("$python" "$source/bench/peers/keras_article.py" 2> keras.log)
        put Keras article train 1 "$round" "$(awk "BEGIN { print $epochs / 100 }")"
        put Keras article latency 1 "$round" "$one"
        put Keras article memory-MB 1 "$round" "$memory"
        put quadrat article memory-MB 1 "$round" "$("$quadrat" bench article --passes train --threads 1 \
            --seconds 0.001 --form csv | awk -F, 'NR == 2 { print $16 / 1048576 }')"
    fi
    echo "round $round of $rounds" >&2
done

grep -m1 'model name' /proc/cpuinfo || uname -m
"$quadrat" bench step | head -1
python3 "$source/bench/summary.py" results.csv
