# quadrat evaluate of a saved model, of the naive forecasts alone and of several seeds; the forecasts that were scored.
set -u
. "$SOURCE/tests/cli/common.bash"
fast="--epochs 1 --ensemble 1 --layers lstm:4 --context 6"

# rows FROM UNTIL: months of two series.
rows() {
    awk -v from="$1" -v until="$2" 'BEGIN { for (k = from; k < until; k++) for (s = 1; s <= 2; s++)
        printf "%d-%02d,0%d,%d\n", 2000 + k / 12, k % 12 + 1, s, int(9 + 6 * sin(k / 2) + (k * 7 + s) % 4) }'
}
columns="--time t --series place --target n --horizon 3"
{ echo t,place,n; rows 0 60; } > all.csv
{ echo t,place,n; rows 0 40; } > past.csv
expect 0 "$QUADRAT" train forecast past.csv $columns $fast --quiet -o past
expect 0 "$QUADRAT" train forecast all.csv $columns $fast --quiet -o all

# Where the model was not trained it has seen nothing: from its last time to the last whole horizon.
expect 0 "$QUADRAT" evaluate past all.csv --every 4 --by origin
grep -q "^5 origins" err && ! grep -q "has seen" err || fail "unseen: $(cat err)"
cut -d, -f4 out | sort -u | tr '\n' ' ' | grep -qx "2003-04 2003-08 2003-12 2004-04 2004-08 origin " || fail "origins: $(cat out)"
cut -d, -f1 out | sort -u | tr '\n' ' ' | grep -qx "drift last mean model quadrat season " || fail "models: $(cat out)"
# What it has seen is said; nothing is trained.
expect 0 "$QUADRAT" evaluate past all.csv --origins 8 --every 4
grep -q "^3 of 8 origins lie before 2003-04, up to which the model was trained: it has seen" err || fail "seen: $(cat err)"
! grep -q "training took" err || fail "trained: $(cat err)"
expect 0 "$QUADRAT" evaluate all all.csv --from 2004-06
grep -q "^4 of 4 origins lie before 2004-12" err || fail "seen: $(cat err)"
{ echo t,place,n; rows 0 60 | sed 's/,01,/,09,/'; } > other.csv
expect 0 "$QUADRAT" evaluate past other.csv
grep -q "^1 of 2 series are new to the model" err || fail "new: $(cat err)"

# As the backtest that trains at the first origin; later counts change nothing.
expect 0 "$QUADRAT" evaluate forecast all.csv $columns $fast --from 2003-04 --until 2003-08 --every 4 --quiet --by horizon \
    --save-forecasts trained.csv -o trained.scores
expect 0 "$QUADRAT" evaluate past all.csv --until 2003-08 --every 4 --quiet --by horizon --save-forecasts saved.csv -o saved.scores
same trained.scores saved.scores
same trained.csv saved.csv
[ "$(head -n 1 saved.csv | cut -d, -f1-8)" = model,place,origin,time,horizon,mean,q0.01,q0.025 ] || fail "$(head -n 1 saved.csv)"
[ "$(grep -c '^season,01,2003-08,' saved.csv)" -eq 3 ] || fail "saved: $(cat saved.csv)"
sed '/^2003-0[5-9]\|^2003-1\|^2004/s/[0-9]*$/999/' all.csv > poisoned.csv
expect 0 "$QUADRAT" evaluate past poisoned.csv --until 2003-04 --quiet --save-forecasts poisoned.out
grep ',2003-04,2003' saved.csv | cmp - <(tail -n +2 poisoned.out) || fail "later counts change a forecast"
# The model's forecast is that of predict.
expect 0 "$QUADRAT" predict past all.csv --origin 2003-08 --quantiles hub --quiet -o predicted.csv
sed -n 's/^quadrat,//p' saved.csv | grep ',2003-08,2003' | cmp - <(tail -n +2 predicted.csv) || fail "not what predict says"
expect 0 "$QUADRAT" evaluate past all.csv --quantiles 0.25,0.5,0.75 --quiet --save-forecasts few.csv
[ "$(head -n 1 few.csv | cut -d, -f7-)" = q0.25,q0.5,q0.75 ] || fail "levels: $(head -n 1 few.csv)"
grep -qE '^quadrat,,,.*,0\.[0-9]+,,,[0-9]' out || fail "intervals that are not there: $(cat out)"

# The naive forecasts alone, and several seeds.
expect 0 "$QUADRAT" evaluate --baselines all.csv $columns --from 2003-04 --until 2003-08 --every 4 --quiet --by horizon
grep -v ^quadrat trained.scores | cmp - out || fail "the naive forecasts alone: $(cat out)"
expect 0 "$QUADRAT" evaluate forecast all.csv $columns $fast --from 2003-04 --seeds 2 --quiet
cut -d, -f1 out | tail -n +2 | tr '\n' ' ' | grep -qx "quadrat quadrat seed 1 quadrat seed 2 last season drift mean " ||
    fail "seeds: $(cat out)"
[ "$(cut -d, -f4 out | tail -n +2 | sort -u | wc -l)" -eq 1 ] || fail "every row scores the same: $(cat out)"

expect 0 "$QUADRAT" evaluate past all.csv --bootstrap 100 --quiet
head -n 1 out | grep -q ',rel_wis,wis_low,wis_high,rel_wis_low,rel_wis_high$' || fail "intervals: $(cat out)"
grep -qE '^quadrat,,,.*(,[0-9.]+){5}$' out && grep -qE '^quadrat,geometric mean,,2,.*,[0-9.]+,,,[0-9.]+,[0-9.]+$' out ||
    fail "intervals: $(cat out)"

# One horizon after the other: recorded in the model; a layer that needs the whole sequence cannot.
expect 0 "$QUADRAT" train forecast past.csv $columns $fast --multistep ancestral --quiet -o steps
expect 0 "$QUADRAT" predict steps all.csv --origin 2003-04 --quiet -o steps.csv
differ steps.csv predicted.csv
expect 0 "$QUADRAT" predict steps all.csv --format samples --quiet -o paths.csv
expect 2 "$QUADRAT" train forecast past.csv $columns --layers bilstm:3 --multistep ancestral -o m
says "--multistep: ancestral goes step by step, which a layer bilstm cannot"
expect 2 "$QUADRAT" evaluate past all.csv --multistep ancestral

# Wrong use, and what cannot be.
wrong() {
    local text=$1
    shift
    expect 2 "$QUADRAT" evaluate "$@"
    says "$text"
}
wrong "--layers belongs to training" past all.csv --layers lstm:3
wrong "--refit: nothing is trained" past all.csv --refit 2
wrong "--seeds: nothing is trained with --baselines" --baselines all.csv $columns --seeds 2
wrong "which column has the times" --baselines all.csv
wrong "--horizon: 'x'" forecast all.csv --time t --target n --horizon x
wrong "series, horizon, origin" past all.csv --by serie
wrong "overwrite all.csv" past all.csv -o all.csv
wrong "--output and --save-forecasts are the same file" past all.csv -o s --save-forecasts s
wrong "MODEL DATA" past
expect 1 "$QUADRAT" evaluate past all.csv --from 2009-01 --quiet
says "no origin"
expect 1 "$QUADRAT" evaluate all.csv all.csv --quiet
says all.csv
expect 2 "$QUADRAT" predict past all.csv --season 12
says "--season belongs to training"
expect 2 "$QUADRAT" predict past all.csv --horizon x
says "--horizon: 'x'"
expect 2 "$QUADRAT" train forecast all.csv $columns --layers foo:3 -o m
says "--layers" foo
