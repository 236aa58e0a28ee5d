# Classes of frames and tracks, and divisions, from tables that are made here: train, predict, evaluate, and what is refused.
. "$SOURCE/tests/cli/common.bash"

# cells N: a long table, N cells whose area grows and then shrinks; the phase says which, the kind whether it began large.
cells() {
    LC_ALL=C awk -v n="$1" 'BEGIN {
        print "id,t,area,phase,kind,dish"
        for (c = 0; c < n; c++) {
            frames = 8 + c * 5 % 9; turn = int(frames / 2) + c % 2; large = c % 3 == 0
            for (t = 0; t < frames; t++)
                printf "c%d,%d,%.2f,%s,%s,d%d\n", c, t, (large ? 30 : 10) + (t < turn ? t : 2 * turn - t) + (7 * c + 3 * t) % 5 * .3,
                       t < turn ? "grow" : "shrink", large ? "large" : "small", c % 7
        }
    }'
}
cells 42 > cells.csv
quick="--layers bilstm:6 --ensemble 2 --epochs 30 --lr 0.01 --threads 1"
frames="--features area --label phase"

# ------------------------------------------------------------------------------------------------ frames
expect 0 "$QUADRAT" train cells cells.csv $frames $quick -o frames.st
grep -q "class grow: " err || fail "the classes are not told: $(cat err)"
grep -qE "frames that a network had not seen: accuracy (0\.[89]|1)" err || fail "little was learned: $(cat err)"
[ ! -e frames.st.checkpoint.1 ] || fail "a state was left behind"
expect 0 "$QUADRAT" predict frames.st cells.csv -o labels.csv
[ "$(head -1 labels.csv)" = "track,time,object,parent,label,p_grow,p_shrink" ] || fail "columns: $(head -1 labels.csv)"
[ "$(wc -l < labels.csv)" -eq "$(wc -l < cells.csv)" ] || fail "not a row a frame"
# New cells have no labels yet; their column need not be there.
cut -d, -f1-3 cells.csv > unlabelled.csv
expect 0 "$QUADRAT" predict frames.st unlabelled.csv -o new.csv
same labels.csv new.csv
expect 0 "$QUADRAT" train cells cells.csv $frames $quick --threads 3 --quiet -o again.st
same frames.st again.st
expect 0 "$QUADRAT" evaluate frames.st cells.csv --bootstrap 20 --details d.json --save-labels saved.csv
same labels.csv saved.csv
grep -q '^model,n,accuracy,balanced_accuracy,macro_f1,auroc,average_precision,log_loss,ece,accuracy_low,' out || fail "$(head -1 out)"
[ "$(cut -d, -f1 out | tail -3 | tr '\n' ' ')" = "quadrat majority no_memory " ] || fail "models: $(cat out)"
awk -F, '/^quadrat/ { q = $3 } /^majority/ { m = $3 } END { exit !(q > .85 && q > m) }' out || fail "scores: $(cat out)"
for word in confusion precision recall reliability transitions median_frames within_1; do
    grep -q "\"$word\"" d.json || fail "details lack $word"
done

# An order: no frame goes back.
expect 0 "$QUADRAT" predict frames.st cells.csv --order grow,shrink -o ordered.csv
awk -F, 'NR > 1 { if ($1 == track && before == "shrink" && $5 == "grow") exit 1; track = $1; before = $5 }' ordered.csv ||
    fail "an ordered label goes back"

# A causal model gives the first frames of shortened tracks the labels that it gave them in whole ones.
expect 0 "$QUADRAT" train cells cells.csv $frames --causal --layers lstm:6 --ensemble 1 --epochs 5 --quiet -o causal.st
expect 0 "$QUADRAT" predict causal.st cells.csv -o whole.csv
awk -F, 'NR == 1 || $2 < 5' cells.csv > early.csv
expect 0 "$QUADRAT" predict causal.st early.csv -o early.out
awk -F, 'NR == 1 || $2 < 5' whole.csv | cut -d, -f1,2,5- > a
cut -d, -f1,2,5- early.out > b
same a b

# ------------------------------------------------------------------------------------------------ tracks
expect 0 "$QUADRAT" train cells cells.csv --features area --label kind --group dish $quick --history h.csv --quiet -o tracks.st
grep -q '^network,epoch,loss,valid_loss,lr,seconds,gradient_norm$' h.csv || fail "history: $(head -1 h.csv)"
# Of every network, that without memory last, in order; seconds are those of the epoch.
awk -F, 'NR > 1 && ($1 == last ? $2 != epoch + 1 : $1 != last + 1 || $2 != 1) { exit 1 } { last = NR > 1 ? $1 : 0; epoch = $2 }
    END { if (last != 3) exit 1 }' h.csv || fail "history: $(cut -d, -f1,2 h.csv | tr '\n' ' ')"
expect 0 "$QUADRAT" predict tracks.st cells.csv
[ "$(head -1 out)" = "track,label,p_large,p_small" ] && [ "$(wc -l < out)" -eq 43 ] || fail "tracks: $(head -2 out)"
expect 0 "$QUADRAT" evaluate tracks.st cells.csv --quiet
awk -F, '/^quadrat/ { exit !($2 == 42 && $3 > .9) }' out || fail "scores: $(cat out)"
expect 0 "$QUADRAT" train cells cells.csv --features area --label kind $quick --split hash:dish --quiet -o split.st
expect 0 "$QUADRAT" evaluate split.st cells.csv
grep -q "the test part of the split: " err || fail "the part is not told: $(cat err)"
expect 0 "$QUADRAT" evaluate cells cells.csv --features area --label kind --folds hash:dish:3 $quick --save-labels folds.csv
awk -F, '/^quadrat/ { exit !($2 == 42 && $3 > .8) }' out || fail "scores of folds: $(cat out)"
[ "$(wc -l < folds.csv)" -eq 43 ] || fail "not every track has its fold"
expect 0 "$QUADRAT" train cells cells.csv --features area --label kind --dry-run
[ ! -s out ] && grep -q "42 tracks" err || fail "dry run: $(cat err)"
expect 0 "$QUADRAT" train cells cells.csv --features area --label kind --quiet --threads 1 --epochs 2 -o default.st
expect 0 "$QUADRAT" predict default.st cells.csv

# --------------------------------------------------------------------------------------------- divisions
# Mothers end where two tracks begin; others are lost.
LC_ALL=C awk 'BEGIN {
    print "id,t,x,y,parent"
    for (m = 0; m < 40; m++) {
        x = 100 * m; divides = m % 2
        for (t = 0; t < 12; t++) printf "m%d,%d,%.1f,%.1f,\n", m, t, x + t % 3, m
        for (d = 0; divides && d < 2; d++)
            for (t = 12; t < 15; t++) printf "m%dd%d,%d,%.1f,%.1f,m%d\n", m, d, t, x + (d ? 3 : -3) * (t - 11), m, m
    }
}' > family.csv
family="--position x,y --motion --parent parent"
expect 0 "$QUADRAT" train cells family.csv $family --divisions --layers lstm:6 --ensemble 2 --epochs 60 --lr 0.01 --quiet -o divisions.st
expect 0 "$QUADRAT" predict divisions.st family.csv -o d.csv
[ "$(head -1 d.csv)" = "track,time,daughters,score" ] || fail "columns: $(head -1 d.csv)"
awk -F, '$1 == "m1" && $2 == 11 && $3 == "m1d0 m1d1" && $4 > .5 { found = 1 } END { exit !found }' d.csv || fail "m1 divides: $(grep '^m1,' d.csv)"
expect 0 "$QUADRAT" evaluate divisions.st family.csv
grep -q "divisions: precision" err || fail "divisions: $(cat err)"
awk -F, '/^quadrat/ { exit !($2 == 80 && $3 > .9) }' out || fail "scores of divisions: $(cat out)"
# Where frames have classes too, as btrack's have, these are not what is learned, nor asked for.
awk -F, 'NR == 1 { print $0 ",phase"; next } { print $0 "," (($2 % 3) ? "S" : "M") }' family.csv > phased.csv
expect 0 "$QUADRAT" train cells phased.csv $family --label phase --divisions $quick --quiet -o phased.st
expect 0 "$QUADRAT" evaluate phased.st phased.csv
grep -q "divisions: precision" err || fail "divisions: $(cat err)"

# ---------------------------------------------------------------------------------------- stop and go on
expect 0 "$QUADRAT" train cells cells.csv $frames $quick --checkpoint c --resume --history whole.csv -o kept.st
grep -q "there is no checkpoint c.1: starting afresh" err || fail "resume: $(cat err)"
same frames.st kept.st
[ -e c.1 ] && [ -e c.3 ] || fail "the checkpoints that were asked for are not there"
expect 0 "$QUADRAT" train cells cells.csv $frames $quick --checkpoint c --resume --history again.csv -o resumed.st
grep -q "going on from c.3" err || fail "resume: $(cat err)"
same frames.st resumed.st
cut -d, -f1-5,7 whole.csv > a
cut -d, -f1-5,7 again.csv > b
same a b # what was trained before the resumption is in the history too
expect 0 "$QUADRAT" train cells cells.csv $frames $quick --init frames.st --epochs 1 -o warm.st
differ frames.st warm.st
expect 1 "$QUADRAT" train cells cells.csv $frames $quick --checkpoint c --resume --init frames.st --quiet -o resumed.st
says "--init"
expect 1 "$QUADRAT" train cells cells.csv $frames $quick --checkpoint c --resume --lr 0.02 --quiet -o resumed.st
says "lr"

# ---------------------------------------------------------------------------------------------- refusals
train=("$QUADRAT" train cells cells.csv --quiet)
expect 2 "${train[@]}"
says "-o"
expect 2 "$QUADRAT" train cells -o m
says "no data"
expect 1 "${train[@]}" $frames --causal --layers bilstm:4 -o m
says "bilstm looks ahead"
expect 1 "${train[@]}" $frames --layers lstm:4,mean -o m
says "mean gives one row a sequence"
expect 1 "${train[@]}" --features area --label kind --order large,small -o m
says "order"
expect 1 "${train[@]}" --features area --label dish,kind -o m
expect 1 "${train[@]}" --features area --label phase --divisions -o m
expect 2 "${train[@]}" $frames --valid 2 -o m
says "valid: 2"
expect 2 "${train[@]}" $frames --valid "" --patience 2 -o m
says "patience"
for split in halves hash: hash:dish:0 file:cells.csv; do
    expect 2 "${train[@]}" $frames --split $split -o m
done
expect 1 "${train[@]}" $frames --split hash:nowhere -o m
for folds in 1 many hash:dish; do
    expect 2 "$QUADRAT" evaluate cells cells.csv $frames --folds $folds --quiet
done
expect 1 "${train[@]}" $frames -o none/m
expect 2 "$QUADRAT" evaluate cells cells.csv $frames
says "--folds"
expect 1 "$QUADRAT" predict frames.st cells.csv --order grow,shrunk
says "no class 'shrunk'"
expect 1 "$QUADRAT" predict frames.st cells.csv --divisions
says "not trained with --divisions"
sed 's/area/size/' cells.csv > other.csv
expect 1 "$QUADRAT" predict frames.st other.csv
says "area"
sed 's/shrink/sleep/' cells.csv > classes.csv
expect 1 "$QUADRAT" evaluate frames.st classes.csv
says "sleep"
expect 0 "$QUADRAT" predict frames.st classes.csv
expect 0 "$QUADRAT" inspect frames.st
grep -q "task cells" out || fail "inspect: $(cat out)"
