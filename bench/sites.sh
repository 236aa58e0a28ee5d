#!/usr/bin/env bash
# `quadrat train sites` and the same network in PyTorch, in turn, one thread each: residues a second of processor time, and
# the perplexity of the latest sequences after as many updates and after as many seconds.
#
#     PYTHON=.../bin/python bench/sites.sh SEQUENCES.fa.gz '[|]([0-9]{4})[|]' [SEED...]
#
# The regular expression finds the year in a header; QUADRAT names the program (default: build/quadrat).  What quadrat
# needs counts from reading to the saved model, with its held-out part after every epoch; of PyTorch the updates alone.
set -eu
[ $# -ge 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd)
quadrat=${QUADRAT:-$source/build/quadrat}
python=${PYTHON:-python3}
sequences=$1 year=$2
shift 2
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
TIMEFORMAT=%U
for seed in ${*:-1}; do
    { time "$quadrat" train sites "$sequences" --header-date "$year" --seed "$seed" --threads 1 -o "$folder/model" \
        2> "$folder/words"; } 2> "$folder/seconds"
    seconds=$(cat "$folder/seconds")
    epochs=$(sed -n 's/.*; \([0-9]*\) epochs$/\1/p' "$folder/words")
    residues=$(sed -n 's/^learned from .* sequences, \([0-9]*\) residues;.*/\1/p' "$folder/words")
    echo "seed $seed, quadrat: $epochs epochs, $seconds s, $((${residues}000 * epochs / ${seconds/./})) residues/s"
    grep '^perplexity' "$folder/words"
    echo "seed $seed, PyTorch, as many updates:"
    "$python" "$source/bench/peers/sites_torch.py" "$sequences" "$year" --seed "$seed" --epochs "$epochs"
    echo "seed $seed, PyTorch, as many seconds:"
    "$python" "$source/bench/peers/sites_torch.py" "$sequences" "$year" --seed "$seed" --seconds "$seconds"
done
