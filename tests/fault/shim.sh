# Every allocation of the process fails once, those of libraries and of the C library too, while the program trains,
# predicts and inspects: it ends with 0 or 1 and a message, never by a signal, and what was there stays.
. "$SOURCE/tests/cli/common.bash"
if nm "$QUADRAT" 2> /dev/null | grep -E '__(asan|tsan|msan)_init' > sanitizer; then
    echo "a sanitizer has its own allocator"
    exit 77
fi
shim=$BUILD/tests/shim_malloc.so
[ -e "$shim" ] || fail "$shim was not built"
array "(6, 3, 2)" < <(waves 36 0) > X.npy
array "(6, 1)" < <(waves 6 1) > y.npy
gzip -c "$lynx" > lynx.csv.gz
network="--layers lstm:2,rnn:2 --epochs 1 --batch 4 --threads 2"
"$QUADRAT" train regress X.npy y.npy $network --quiet -o arrays
"$QUADRAT" train regress lynx.csv.gz --target lynx $network --quiet -o series
"$QUADRAT" train regress X.npy y.npy $network --quiet --checkpoint c -o m
printf 'layers: lstm:2,rnn:2\nepochs: 1\nbatch: 4\nthreads: 2\n' > settings.yaml
config="--config settings.yaml"
"$QUADRAT" train regress X.npy y.npy $config --quiet -o m 2> err || config=$network
# Sequences through htslib, patterns through the C library, a table of scores.
printf '>a|2010\nMKTIIALSYI\n>b|2011\nMKTIVALSYI\n>c|2012\nMKTILSYI\n' | gzip -c > few.fa.gz
printf '>wt\nMKTIIALSYI\n' > wt.fa
printf 'pos,mut,score,label\n1,A,0.5,1\n2,C,0.25,0\n5,V,1,1\n' > scores.csv
scores="--scores scores.csv --label label --wildtype wt.fa --header-date [|]([0-9]+)"
"$QUADRAT" evaluate $scores few.fa.gz --quiet -o out.put 2> err || scores="--scores scores.csv --label label"
echo old > out.put
tried=0
survived=0

# one N FOREVER COMMAND...: one run; false where the fault did not strike.
one() {
    local n=$1 for_ever=$2 code=0
    shift 2
    rm -f struck
    # Set by env for the program alone: the shell's own allocations are not ours to fail.
    env QD_FAIL_ALLOCATION="$n" $for_ever QD_FAIL_STRUCK=struck LD_PRELOAD="$shim" "$QUADRAT" "$@" > out 2> err ||
        code=$?
    [ -e struck ] || [ "$code" -eq 0 ] || fail "no fault, but exit code $code: $*: $(cat err)"
    case $code in
        0)
            survived=$((survived + 1))
            echo old > out.put
            ;;
        1)
            [ -s err ] || fail "allocation $n, $*: no message"
            read -r line < out.put || true
            # It may have been removing the checkpoint that failed.
            [ "$line" = old ] || grep "saved out.put" err > found || fail "allocation $n, $*: wrote, but: $(cat err)"
            echo old > out.put
            ;;
        *) fail "allocation $n ${for_ever:-once}, $*: exit code $code: $(cat err)" ;;
    esac
    [ -e struck ]
}

# each COMMAND...: the 1st, 2nd, ... allocation fails, once (after 400 every 7th), and every third for ever.
each() {
    local n for_ever
    for for_ever in "" QD_FAIL_FOREVER=1; do
        for ((n = 1; ; n += n > 400 ? 7 : ${#for_ever} > 0 ? 3 : 1)); do
            one "$n" "$for_ever" "$@" || break
            tried=$((tried + 1))
        done
    done
    ls -A | grep '\.tmp$' > found && fail "temporary files stay: $(cat found)"
    return 0
}

each train regress X.npy y.npy $config --log json -o out.put
each train regress lynx.csv.gz --target lynx $network --checkpoint c2 --resume -o out.put
each predict arrays X.npy --threads 2 -o out.put
each predict series lynx.csv.gz --time year --horizon 3 --draw -o out.put
[ "$scores" = "--scores scores.csv --label label" ] || each evaluate $scores few.fa.gz -o out.put
each evaluate --scores scores.csv --label label -o out.put
each inspect arrays
each inspect c
each inspect lynx.csv.gz
each train --help
# Of the libraries of formats libxml2 alone outlives this: libtiff 4.5 and libhdf5 1.10 use what they did not get
# (docs/dependencies.md).
corpus=$SOURCE/tests/fuzz/corpus
each inspect "$corpus/tracks/long.csv"
if "$QUADRAT" inspect "$corpus/xml/division.xml" > out 2> err; then
    each inspect "$corpus/xml/division.xml"
fi
echo "$tried failing allocations, $survived runs that succeeded all the same"
[ "$tried" -ge 500 ] || fail "too few points of failure"
