#!/usr/bin/env bash
# What classifying cells is worth, over seeds: cells.sh FOLDER DATA [SEEDS]
#
# DATA has the sets in folders (btrack_mdck, codex_erkakt, mother_machine, ucr_bio_share, aeon_ts); models and answers go
# to FOLDER, outside the source tree.  A line a set and seed: what `evaluate` says of quadrat (with the bootstrap over test
# units), processor seconds and memory of training; of phases also the mean and median error of each change.  SETS names
# some of the sets, QUADRAT the program (default: build/quadrat), THREADS the threads.
set -eu
[ $# -ge 2 ] || { sed -n '2,8s/^# //p' "$0" && exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd)
quadrat=${QUADRAT:-$source/build/quadrat}
out=$1 data=$2 seeds=${3:-1 2 3 4 5} threads=${THREADS:-1}
sets=${SETS:-worms leaf epg vowels codex mother mother_causal btrack btrack_causal codex_folds divisions ends ends_causal}
mkdir -p "$out"

mother="$data/mother_machine/20200908_sj1536_mopsglycerol11aa_runout.csv.gz"
phases=(--id id --time times_w_div --features lengths_w_div --where 'initiation_time!=""'
    --phases B,initiation_time,C,termination_time,D --split hash:id:8 --order B,C,D)
btrack="$data/btrack_mdck/mdck_tracks_joined.csv.gz"
cells=(--id ID --time t --position x,y --motion --neighbours --parent parent)
states=(--label state --split hash:root --group root)
codex="$data/codex_erkakt/dataset.csv.gz"

# one NAME TRAIN TEST OPTION...: trains on one file and scores on another, or on the test part of the same.
one() {
    local name=$1 train=$2 test=$3 file=$out/$1.$seed
    shift 3
    /usr/bin/time -o "$file.time" -f "%U s, %M KiB" \
        "$quadrat" train cells "$train" "$@" --seed "$seed" --threads "$threads" --quiet -o "$file.safetensors"
    echo "$name $seed $("$quadrat" evaluate "$file.safetensors" "$test" --threads "$threads" --bootstrap 1000 --quiet \
        --details "$file.json" | sed -n 2p) ($(cat "$file.time"))"
    sed 's/"majority".*//' "$file.json" | grep -o '"from":[^}]*' || true
}

# turns NAME DATA OPTION...: cross-validation.
turns() {
    local name=$1 file=$out/$1.$seed
    shift
    /usr/bin/time -o "$file.time" -f "%U s, %M KiB" \
        "$quadrat" evaluate cells "$@" --seed "$seed" --threads "$threads" --bootstrap 1000 --quiet \
        --save-labels "$file.csv" > "$file.out"
    echo "$name $seed $(sed -n 2p "$file.out") ($(cat "$file.time"))"
}

ends() {
    python3 "$source/bench/peers/cells_divisions.py" "$btrack" "$out/$1.$seed.csv"
}

for seed in $seeds; do
    for set in $sets; do
        case $set in
            worms) one worms "$data"/ucr_bio_share/Worms_{TRAIN,TEST}.tsv.gz ;;
            leaf) one leaf "$data"/ucr_bio_share/SwedishLeaf_{TRAIN,TEST}.tsv.gz ;;
            epg) one epg "$data"/ucr_bio_share/InsectEPGRegularTrain_{TRAIN,TEST}.tsv.gz ;;
            vowels) one vowels "$data"/aeon_ts/JapaneseVowels_{TRAIN,TEST}.ts.gz ;;
            codex) one codex "$codex" "$codex" --trim --split "file:$data/codex_erkakt/id_set.csv:ID:set" ;;
            mother) one mother "$mother" "$mother" "${phases[@]}" ;;
            mother_causal) one mother_causal "$mother" "$mother" "${phases[@]}" --causal ;;
            btrack) one btrack "$btrack" "$btrack" "${cells[@]}" "${states[@]}" --kin ;;
            btrack_causal) one btrack_causal "$btrack" "$btrack" "${cells[@]}" "${states[@]}" --causal ;;
            codex_folds) turns codex_folds "$codex" --trim --folds hash:ID:5 ;;
            divisions) turns divisions "$btrack" "${cells[@]}" --divisions --folds hash:root:5 && ends divisions ;;
            # Does the track divide, by how it moves and who is near, without what begins after it: the peers' question.
            ends) turns ends "$btrack" "${cells[@]}" --label divides --per track --folds hash:root:5 && ends ends ;;
            ends_causal)
                turns ends_causal "$btrack" "${cells[@]}" --label divides --per track --causal --folds hash:root:5
                ends ends_causal
                ;;
            *) echo "no set is called $set" && exit 2 ;;
        esac
    done
done
