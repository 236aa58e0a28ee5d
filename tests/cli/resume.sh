# Stopping and going on: by SIGINT and SIGTERM, by SIGKILL at random moments; the end is always the same bytes.
. "$SOURCE/tests/cli/common.bash"
. "$SOURCE/tests/cli/training.bash"
# 50 kills, or as many as 25 seconds hold (fewer under sanitizers and on a busy machine); QUADRAT_KILLS=N: N, however long.
kills_wanted=${QUADRAT_KILLS:-50}
seconds_at_most=$((${QUADRAT_KILLS:-0} > 0 ? 3600 : 25))
task=regress
data=$lynx
seconds=5
settings="--target lynx --scale log1p --layers lstm:6+dropout=0.2,rnn:5 --epochs 150 --batch 8 --valid 0.2 --patience 140
    --schedule plateau --plateau-patience 3 --optimizer adamw --clip-norm 1 --quiet"

began=$(date +%s%N)
expect 0 train --checkpoint checkpoint --history history.csv -o model
milliseconds=$((($(date +%s%N) - began) / 1000000 + 1))
without_seconds history.csv > history.cut
expect 0 "$QUADRAT" inspect checkpoint
grep -q "quadrat checkpoint" out || fail "inspect of a checkpoint: $(cat out)"

# ------------------------------------------------------------------------------------------------ signals
# interrupt SIGNAL OPTION...: the exit code of a training that got a signal once its first epoch was done, in ./code.
interrupt() {
    local signal=$1 pid
    shift
    rm -f h.csv
    start --history h.csv "$@" > out 2> err &
    pid=$!
    wait_for h.csv "$pid"
    sleep 0.0$((RANDOM % 2))$((RANDOM % 10))
    kill -"$signal" "$pid" 2> /dev/null || true
    code=0
    wait "$pid" || code=$?
}

echo old > old
stopped=0
for signal in INT TERM INT TERM; do
    for checkpoint in c m.checkpoint; do
        rm -f c m.checkpoint
        cp old m
        option=
        [ $checkpoint = m.checkpoint ] || option="--checkpoint c"
        interrupt "$signal" $option --no-quiet -o m
        if [ "$code" -ne 0 ]; then
            stopped=$((stopped + 1))
            [ "$code" -eq 1 ] || fail "SIG$signal: exit code $code: $(cat err)"
            grep -q "^quadrat: stopped in epoch" err || fail "SIG$signal: $(cat err)"
            grep -q "the state is in $checkpoint; .*--resume" err || fail "SIG$signal: how to go on? $(cat err)"
            same m old
            [ -s $checkpoint ] || fail "SIG$signal: no checkpoint"
            expect 1 "$QUADRAT" predict $checkpoint "$lynx"
            says checkpoint --resume
            expect 0 train --history h.csv $option --resume --no-quiet -o m
            grep -q "going on from $checkpoint" err || fail "does not say that it goes on: $(cat err)"
        fi
        same_end m h.csv
        [ ! -e m.checkpoint ] || fail "a checkpoint that has served stays"
    done
done
[ "$stopped" -ge 1 ] || fail "no signal came in time"

# ------------------------------------------------------------------------------------------------ kills
soon=$((milliseconds / 3 < 900 ? milliseconds / 3 + 10 : 900))
kills=0
ends=0
deadline=$((SECONDS + seconds_at_most))
while [ $kills -lt $kills_wanted ] && [ $SECONDS -lt $deadline ]; do
    rm -f c m h.csv
    for ((alive = 1; alive == 1; )); do
        start --checkpoint c --checkpoint-every $((RANDOM % 4 + 1)) --resume --history h.csv --threads $((RANDOM % 3)) \
            -o m 2> err &
        pid=$!
        if [ $kills -lt $kills_wanted ] && [ $SECONDS -lt $deadline ]; then
            sleep "$(printf '0.%03d' $((RANDOM % soon)))"
            kill -KILL "$pid" 2> /dev/null || true
        fi
        code=0
        wait "$pid" 2> /dev/null || code=$?
        case $code in
            0) alive=0 ;;
            137) kills=$((kills + 1)) ;;
            *) fail "after a kill: exit code $code: $(cat err)" ;;
        esac
        if [ -e h.csv ]; then
            [ "$(head -n 1 h.csv)" = "$(head -n 1 history.csv)" ] && [ -z "$(tail -c 1 h.csv | tr -d '\n')" ] ||
                fail "a history cut short: $(tail -n 2 h.csv)"
        fi
    done
    ends=$((ends + 1))
    same_end m h.csv
    rm -f ./*.tmp # a killed process cannot tidy up
done
echo "an undisturbed training takes $milliseconds ms"
echo "$kills kills, $ends trainings ended as if there had been none; $stopped stopped by a signal"
[ $kills -ge 5 ] || fail "too few kills"

# ------------------------------------------------------------------------- a finished run, and none at all
cp checkpoint c
rm -f m h.csv
expect 0 train --checkpoint c --resume --history h.csv -o m
same_end m h.csv
same c checkpoint
rm -f c
expect 0 train --checkpoint c --resume --no-quiet --history h.csv -o m
grep -q "no checkpoint c: starting afresh" err || fail "does not say that it starts afresh: $(cat err)"
same_end m h.csv

# ----------------------------------------------------------------------------- other settings, other data
# other TEXT OPTION...: --resume is refused, naming what differs; the old outputs stay.
other() {
    cp old m
    expect 1 train --checkpoint c --resume -o m "${@:2}"
    says "c: " "$1"
    same m old
    same c checkpoint
}
cp checkpoint c
other "lr '0.001', not '0.01'" --lr 0.01
other "epochs '150', not '151'" --epochs 151
other "layers 'lstm:6+dropout=0.2,rnn:5', not 'lstm:6,rnn:5'" --layers lstm:6,rnn:5
other "seed" --seed 2
other "valid '0.2', not '0.3'" --valid 0.3
other "window" --window 9
other "scale" --scale standard
sed 's/^1850,.*/1850,1/' "$data" > other.csv
data=other.csv
other "other data"
data=$lynx
cp old m
expect 0 train --checkpoint c --resume --threads 2 --checkpoint-every 7 -o m
same m model
