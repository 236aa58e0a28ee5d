# train regress, predict and inspect on arrays and tables, as a user calls them.
. "$SOURCE/tests/cli/common.bash"
small="--layers lstm:4 --epochs 3 --batch 8 --quiet"

# 40 sequences of 6 steps of 2 inputs, with one target; and the same in two parts.
waves 480 0 > x.text
waves 40 1 > y.text
array "(40, 6, 2)" < x.text > X.npy
array "(40, 1)" < y.text > y.npy
head -n 360 x.text | array "(30, 6, 2)" > X1.npy
tail -n 120 x.text | array "(10, 6, 2)" > X2.npy
head -n 30 y.text | array "(30, 1)" > y1.npy
tail -n 10 y.text | array "(10,)" > y2.npy

train() {
    expect 0 "$QUADRAT" train regress "$@"
}
predict() {
    expect 0 "$QUADRAT" predict "$@"
}

# ---------------------------------------------------------------------------------------------- arrays
train X.npy y.npy $small -o a.safetensors
[ ! -s out ] && [ ! -s err ] || fail "--quiet is not silent: $(cat out err)"
predict a.safetensors X.npy -o p.npy
predict a.safetensors X.npy
same out p.npy
predict a.safetensors - -o - < X.npy
same out p.npy
head -c 128 p.npy | grep -aqF "'shape': (40, 1)" || fail "predictions have another shape"
[ "$(values p.npy | wc -l)" -eq 40 ] || fail "expected 40 predictions"
expect 0 "$QUADRAT" inspect p.npy
grep -qF "[40, 1]" out || fail "inspect of an array: $(cat out)"
expect 0 "$QUADRAT" inspect a.safetensors
for text in "inputs 2, outputs 1" "layers           lstm:4" "lstm.weight_ih_l0" "[16, 2]" "lstm.bias_hh_l0" \
    "dense.weight" "[1, 4]" "3 epochs"; do
    grep -qF -- "$text" out || fail "inspect does not say '$text': $(cat out)"
done
mv out by_path
expect 0 "$QUADRAT" inspect - < a.safetensors
same out by_path

# The same file from two runs, any number of threads, float64 and packed input, and to standard output; no temporary
# file stays.
for variant in "" "--threads 1" "--threads 2" "--threads 3" "--seed 1"; do
    train X.npy y.npy $small $variant -o b.safetensors
    same a.safetensors b.safetensors
done
npy "{'descr': '<f8', 'fortran_order': False, 'shape': (40, 6, 2), }" f8 < x.text > X8.npy
gzip -c X8.npy > X8.npy.gz
train X8.npy.gz y.npy $small -o b.safetensors
same a.safetensors b.safetensors
train X.npy y.npy $small -o -
same a.safetensors out
[ ! -e b.safetensors.checkpoint ] || fail "a checkpoint that nobody asked for stays"
ls | grep '\.tmp$' > found && fail "temporary files stay"
predict a.safetensors X.npy --threads 3 -o p3.npy
same p.npy p3.npy
train X.npy y.npy $small --seed 2 -o b.safetensors
differ a.safetensors b.safetensors

# A step of 1e-30 changes no weight: what --init gives is what comes out.
train X.npy y.npy $small --init a.safetensors --lr 1e-30 --epochs 1 -o b.safetensors
predict b.safetensors X.npy -o b.npy
same p.npy b.npy

# --no-shuffle is another order of the sequences.
train X.npy y.npy $small --no-shuffle -o b.safetensors
predict b.safetensors X.npy -o b.npy
differ p.npy b.npy

# --------------------------------------------------------------------------------- validation, history
train X.npy y.npy $small --valid 0.25 --history fraction.csv -o fraction.safetensors
train X1.npy y1.npy $small --valid X2.npy,y2.npy --history file.csv -o file.safetensors
[ "$(head -n 1 file.csv)" = epoch,loss,valid_loss,lr,seconds,gradient_norm ] || fail "columns of the history"
[ "$(wc -l < file.csv)" -eq 4 ] || fail "rows of the history"
cut -d, -f1-4,6 fraction.csv > a.csv
cut -d, -f1-4,6 file.csv > b.csv
same a.csv b.csv
cut -d, -f3 file.csv | tail -n +2 | grep -vE '^[0-9.e-]+$' > found && fail "a validation loss is missing: $(cat file.csv)"
predict fraction.safetensors X.npy -o a.npy
predict file.safetensors X.npy -o b.npy
same a.npy b.npy
mkdir -p elsewhere
cp X2.npy y2.npy elsewhere
train X1.npy y1.npy $small --valid elsewhere/X2.npy,elsewhere/y2.npy -o elsewhere.safetensors
same file.safetensors elsewhere.safetensors
train X.npy y.npy $small --history none.csv -o b.safetensors
same a.safetensors b.safetensors
cut -d, -f3 none.csv | tail -n +2 | grep . > found && fail "a validation loss without validation"

# Early stopping ends before the last epoch, and the weights kept are those of the best one.
train X.npy y.npy $small --valid 0.25 --patience 3 --epochs 400 --lr 0.2 --history h.csv -o stopped.safetensors
rows=$(($(wc -l < h.csv) - 1))
best=$(tail -n +2 h.csv | LC_ALL=C sort -t, -k3,3g | head -n 1 | cut -d, -f1)
[ "$rows" -lt 400 ] && [ "$rows" -eq $((best + 3)) ] || fail "patience 3: best epoch $best, stopped after $rows"
train X1.npy y1.npy $small --epochs "$best" --lr 0.2 -o best.safetensors
predict stopped.safetensors X.npy -o a.npy
predict best.safetensors X.npy -o b.npy
same a.npy b.npy

# ---------------------------------------------------------------------------------------------- weights
for ((i = 0; i < 40; i++)); do echo 1; done | array "(40,)" > ones.npy
for ((i = 0; i < 40; i++)); do echo $((i % 2)); done | array "(40, 1)" > half.npy
train X.npy y.npy $small --weights ones.npy -o b.safetensors
same a.safetensors b.safetensors
train X.npy y.npy $small --weights half.npy -o b.safetensors
differ a.safetensors b.safetensors
for ((i = 0; i < 30; i++)); do echo 1; done | array "(30,)" > ones1.npy
train X1.npy y1.npy $small --valid X2.npy,y2.npy --weights ones1.npy -o b.safetensors
same file.safetensors b.safetensors
awk 'BEGIN { print "value,weight,one" } { print $1 "," NR % 2 ",1" }' y.text > series.csv
train series.csv --target value $small -o plain.safetensors
train series.csv --target value $small --weights one -o one.safetensors
train series.csv --target value $small --weights weight -o weight.safetensors
same plain.safetensors one.safetensors
differ plain.safetensors weight.safetensors

# ----------------------------------------------------------------------------------------------- tables
table="--target lynx --window 5 --scale log1p $small"
train "$lynx" $table -o lynx.safetensors
predict lynx.safetensors "$lynx" --time year --horizon 4 --quiet -o p.csv
[ "$(head -n 1 p.csv)" = year,observed,predicted ] || fail "columns of a prediction: $(head -n 1 p.csv)"
[ "$(wc -l < p.csv)" -eq $((1 + 114 - 5 + 4)) ] || fail "rows of a prediction"
[ "$(sed -n 2p p.csv | cut -d, -f1,2)" = 1826,2821 ] || fail "first row: $(sed -n 2p p.csv)"
[ "$(tail -n 4 p.csv | cut -d, -f1,2 | paste -sd' ')" = "1935, 1936, 1937, 1938," ] || fail "rows beyond the end"
tail -n +2 p.csv | cut -d, -f3 | grep -vE '^-?[0-9.e+-]+$' > found && fail "a prediction is missing"
predict lynx.safetensors "$lynx" --time year --since 1930 --horizon 0 --season 10 -o since.csv
[ "$(wc -l < since.csv)" -eq 6 ] || fail "--since 1930: $(cat since.csv)"
for name in quadrat "last value" "value 10 rows earlier"; do
    grep -q "^$name .*(5 rows)" err || fail "no error of '$name': $(cat err)"
done
predict lynx.safetensors "$lynx" --quiet
[ "$(head -n 1 out)" = row,observed,predicted ] || fail "columns without --time"
[ "$(sed -n 2p out | cut -d, -f1)" = 6 ] || fail "rows are numbered from 1"
predict lynx.safetensors "$lynx" --draw --time year -o d.csv
grep -q "o: predicted" err || fail "--draw to a file draws in ASCII"
LC_ALL=C grep -q '[^ -~]' err && fail "a plot outside a terminal is not ASCII"
gzip -c "$lynx" > lynx.csv.gz
train lynx.csv.gz $table -o b.safetensors
same lynx.safetensors b.safetensors
train - $table -o b.safetensors < "$lynx"
same lynx.safetensors b.safetensors
expect 0 "$QUADRAT" inspect "$lynx"
grep -qF "114 rows, 2 columns" out || fail "inspect of a table: $(cat out)"
train "$lynx" $table --features year,lynx --valid 0.2 -o two.safetensors
predict two.safetensors "$lynx" --horizon 1 -o b.csv
train "$lynx" $table --valid "$lynx" -o b.safetensors

# Labels that are not numbers, or whose next one would be too large, go on as +1, +2.
awk 'BEGIN { print "t,v" } { print (NR == 40 ? "9223372036854775807" : -NR) "," $1 }' y.text > large.csv
train large.csv --target v $small -o large.safetensors
predict large.safetensors large.csv --time t --horizon 2 --quiet
[ "$(tail -n 2 out | cut -d, -f1 | paste -sd' ')" = "+1 +2" ] || fail "labels: $(tail -n 2 out)"

# A label of any length, quoted where it must be.
long=$(printf 'week "%0300d",\xc3\xa4' 7)
awk -v long="\"${long//\"/\"\"}\"" 'BEGIN { print "t,v" } { print (NR == 20 ? long : NR) "," $1 }' y.text > long.csv
predict large.safetensors long.csv --time t --since "$long" --horizon 0 --quiet
[ "$(sed -n 2p out | sed 's/,[^,]*,[^,]*$//')" = "\"${long//\"/\"\"}\"" ] || fail "a long label: $(sed -n 2p out)"

# ---------------------------------------------------------------------------------------------- --config
cat > settings.yaml << 'YAML'
layers: lstm:4
epochs: 3
batch: 8
quiet: true
seed: 7
YAML
code=0
"$QUADRAT" train regress X.npy y.npy --config settings.yaml --seed 1 -o b.safetensors 2> err || code=$?
if grep -q "built without libyaml" err; then
    [ "$code" -eq 1 ] || fail "exit code $code without libyaml"
else
    [ "$code" -eq 0 ] || fail "$(cat err)"
    same a.safetensors b.safetensors
    expect 2 "$QUADRAT" train regress X.npy y.npy --config settings.yaml --checkpoint ./settings.yaml -o b.safetensors
    says "--checkpoint would overwrite settings.yaml"
    printf 'layers: lstm:4\nepoch: 3\n' > wrong.yaml
    expect 1 "$QUADRAT" train regress X.npy y.npy --config wrong.yaml -o b.safetensors
    says wrong.yaml:2:1 epochs
    printf 'epochs: many\n' > wrong.yaml
    expect 1 "$QUADRAT" train regress X.npy y.npy --config wrong.yaml -o b.safetensors
    says wrong.yaml:1:9 many "whole number"
    expect 1 "$QUADRAT" train regress X.npy y.npy --config none.yaml -o b.safetensors
    says none.yaml
fi

# ----------------------------------------------------------------------------- every kind, loss, optimiser
# listed HEADING: the names under a heading of the help, which may add for which task: "Losses (regress):".
listed() {
    "$QUADRAT" train regress --help |
        awk -v heading="$1" '$0 ~ "^" heading "( \\(.*\\))?:$" { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }'
}
kinds=$(listed "Kinds of layers")
[ "$(wc -w <<< "$kinds")" -ge 5 ] || fail "kinds of layers: $kinds"
for kind in $kinds; do
    case $kind in
        norm | relu) lists="$kind,rnn:2 lstm:4,$kind+residual,lstm:8 lstm:4+dropout=0.3,$kind" ;; # have no units
        around) lists="apart:4,around,lstm:3 apart:4,around+residual,rnn:3" ;;
        mean | max | attention) lists="$kind rnn:3,$kind lstm:4,$kind+dropout=0.3,dense:3" ;;
        *)
            taps=
            [ $kind != conv ] || taps=+kernel=3
            lists="$kind:3$taps,rnn:2 $kind:4$taps,lstm:8,lstm:8+residual lstm:4+dropout=0.3,$kind:4$taps"
            ;;
    esac
    for layers in $lists; do
        train X.npy y.npy $small --layers "$layers" --epochs 1 -o kind.safetensors
        train X.npy y.npy $small --layers "$layers" --epochs 1 --threads 3 -o b.safetensors
        same kind.safetensors b.safetensors
        predict kind.safetensors X.npy -o b.npy
    done
done
awk 'BEGIN { for (i = 0; i < 40; i++) print i % 2, 1 - i % 2 }' | array "(40, 2)" > classes.npy
losses=$(listed Losses)
[ "$(wc -w <<< "$losses")" -ge 5 ] || fail "losses: $losses"
for loss in $losses; do
    train X.npy classes.npy $small --loss "$loss" -o b.safetensors
    predict b.safetensors X.npy -o "$loss.npy"
done
for loss in logistic softmax; do
    values "$loss.npy" | awk '!($1 > 0 && $1 < 1) { exit 1 }' || fail "$loss: not probabilities"
done
values softmax.npy | paste - - | awk '{ d = $1 + $2 - 1; if (d > 1e-6 || d < -1e-6) exit 1 }' || fail "softmax: sums"
optimizers=$(listed Optimisers)
[ "$(wc -w <<< "$optimizers")" -ge 4 ] || fail "optimisers: $optimizers"
for optimizer in $optimizers; do
    train X.npy y.npy $small --optimizer "$optimizer" --clip-norm 0.1 --clip-value 0.05 -o "$optimizer.safetensors"
    differ a.safetensors "$optimizer.safetensors"
done
for schedule in cosine step plateau; do
    train X.npy y.npy $small --schedule "$schedule" --warmup 3 --step-every 1 --plateau-patience 1 --history h.csv \
        -o b.safetensors
    [ "$(sed -n 2p h.csv | cut -d, -f4)" != "$(sed -n 4p h.csv | cut -d, -f4)" ] || [ "$schedule" = plateau ] ||
        fail "$schedule: the learning rate stays"
done

# -------------------------------------------------------------------------------------------------- words
train X.npy y.npy --layers lstm:4 --epochs 3 --log json --valid 0.2 -o b.safetensors
grep -qvE '^\{"event":"[a-z]+",.*\}$' err && fail "a line is not an object: $(cat err)"
[ "$(grep -c '^{"event":"epoch","epoch":[123],"epochs":3,"loss":[0-9.e-]*,"valid_loss":[0-9.e-]*,' err)" -eq 3 ] ||
    fail "epochs as JSON: $(cat err)"
train X.npy y.npy --layers lstm:4 --epochs 3 --log json --quiet -o b.safetensors
[ ! -s err ] || fail "--quiet --log json is not silent: $(cat err)"
expect 1 "$QUADRAT" predict b.safetensors $'miss\xe9.npy' --log json
says '{"event":"error","message":"miss?.npy: cannot open: ' '"file":"miss?.npy"' '"status":"file"'
train X.npy y.npy --layers lstm:4 --epochs 100 -o b.safetensors
[ "$(grep -c ^epoch err)" -le 14 ] || fail "more than about ten lines of progress"

# A loss that is not finite: the last good weights, and what to try.
expect 1 "$QUADRAT" train regress X.npy y.npy $small --lr 1e6 --optimizer sgd --epochs 400 -o diverged.safetensors
if grep -q "not finite" err; then
    grep -q "lr" err || fail "no advice: $(cat err)"
    predict diverged.safetensors X.npy -o b.npy
else
    fail "a learning rate of 1e6 did not diverge: $(cat err)"
fi
