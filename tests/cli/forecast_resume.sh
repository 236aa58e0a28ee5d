# A forecaster's training is stopped by SIGINT and SIGTERM, killed at random moments, and goes on: the end is always the
# same bytes.  (tests/cli/resume.sh does the same with one network.)
. "$SOURCE/tests/cli/common.bash"
. "$SOURCE/tests/cli/training.bash"
task=forecast
data=$SOURCE/data/portal.csv
seconds=6
settings="--wide --time newmoonnumber --date newmoondate --series-columns DM,DO,PP --horizon 3 --context 12 --layers lstm:6
    --ensemble 3 --epochs 6 --valid 0.1 --patience 4 --seed 5"

begin=$(date +%s%N)
expect 0 train --history history.csv -o model
took=$((($(date +%s%N) - begin) / 1000000)) # milliseconds
[ "$(ls)" = "$(printf 'err\nhistory.csv\nmodel\nnpy\nout')" ] || fail "something was left behind: $(ls)"
without_seconds history.csv > history.cut
[ "$(cut -d, -f1 history.csv | sort -u | tr '\n' ' ')" = "1 2 3 network " ] || fail "history: $(cat history.csv)"
expect 0 train --checkpoint whole --history h.csv -o m
same_end m h.csv
for n in 1 2 3 4 5; do # three networks that forecast, and the two of the calibration
    expect 0 "$QUADRAT" inspect whole.$n
    grep -q "quadrat checkpoint" out || fail "inspect of a checkpoint: $(cat out)"
done

# ------------------------------------------------------------------------------------------------ signals
echo old > old
stopped=0
for signal in INT TERM INT TERM; do
    for checkpoint in c m.checkpoint; do
        rm -f c.* m.checkpoint.*
        cp old m
        option=
        [ $checkpoint = m.checkpoint ] || option="--checkpoint c"
        start $option -o m > out 2> err &
        pid=$!
        wait_for $checkpoint.$((1 + RANDOM % 4)) $pid
        kill -$signal $pid 2> /dev/null || true
        code=0
        wait $pid || code=$?
        if [ $code -ne 0 ]; then
            stopped=$((stopped + 1))
            [ $code -eq 1 ] || fail "SIG$signal: exit code $code: $(cat err)"
            grep -q "^quadrat: stopped in epoch" err || fail "SIG$signal: $(cat err)"
            grep -q "the state is in $checkpoint.N, a file a network; .*--resume" err || fail "how to go on? $(cat err)"
            same m old
            expect 1 "$QUADRAT" predict $checkpoint.1 "$SOURCE/data/portal.csv"
            says checkpoint --resume
            expect 0 train $option --resume --history h.csv -o m
            grep -q "going on from $checkpoint.[1-5]" err || fail "does not say that it goes on: $(cat err)"
            grep -q "^network 5/5 " err || fail "the last network is not counted: $(cat err)"
            same_end m h.csv
        fi
        same m model
        [ ! -e m.checkpoint.1 ] || fail "a checkpoint that has served stays"
    done
done
[ $stopped -ge 1 ] || fail "no signal came in time"

# Where there is no place for a state.
start -o - > out 2> err &
pid=$!
sleep 0.1
kill -INT $pid 2> /dev/null || true
wait $pid || grep -q "nothing was saved; the same command begins again" err || fail "$(cat err)"

# ------------------------------------------------------------------------------------------------ kills
kills=0
for ((end = 0; end < 3; end++)); do
    rm -f c.* m h.csv
    for ((alive = 1, tries = 0; alive == 1; tries++)); do
        start --checkpoint c --checkpoint-every $((RANDOM % 3 + 1)) --resume --history h.csv --threads $((RANDOM % 3)) \
            -o m 2> err &
        pid=$!
        if [ $tries -lt 5 ]; then
            moment=$((RANDOM % (took + 1)))
            sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
            kill -KILL $pid 2> /dev/null || true
        fi
        code=0
        wait $pid 2> /dev/null || code=$?
        case $code in
            0) alive=0 ;;
            137) kills=$((kills + 1)) ;;
            *) fail "after a kill: exit code $code: $(cat err)" ;;
        esac
    done
    same_end m h.csv
    rm -f ./*.tmp # a killed process cannot tidy up
done
echo "$kills kills; $stopped stopped by a signal"
[ $kills -ge 1 ] || fail "no kill came in time"

# ------------------------------------------------------- a finished run, none at all, other settings, other data
rm -f c.* m
for n in 1 2 3 4 5; do
    cp whole.$n c.$n
done
expect 0 train --checkpoint c --resume --history h.csv -o m
grep -q "going on from c.5" err || fail "a finished run: $(cat err)"
same_end m h.csv
# other TEXT OPTION...: --resume is refused, naming what differs; the old outputs stay.
other() {
    cp old m
    expect 1 train --checkpoint c --resume --quiet -o m "${@:2}"
    says "c.1: " "$1"
    same m old
    same c.1 whole.1
}
other "lr '0.005', not '0.01'" --lr 0.01
other "seed" --seed 6
other "valid '0.1', not '0.2'" --valid 0.2
other "scale 'auto', not 'standard'" --scale standard
other "ensemble '3', not '4'" --ensemble 4
sed 's/^\(30,[^,]*\),9,/\1,8,/' "$data" > other.csv
differ "$data" other.csv
data=other.csv
other "other data"
data=$SOURCE/data/portal.csv
other "effort '', not 'newmoonnumber'" --effort newmoonnumber
other "--init" --init model
rm -f c.*
expect 0 train --checkpoint c --resume -o m
grep -q "there is no checkpoint c.1: starting afresh" err || fail "does not say that it starts afresh: $(cat err)"
same m model

# ----------------------------------------------------------------------------------------------- --init
expect 0 train --init model --epochs 1 --patience 0 -o next
differ next model
expect 1 train --init model --layers lstm:7 --quiet -o next
says "model: byte" "member_0.lstm.weight_ih_l0"
