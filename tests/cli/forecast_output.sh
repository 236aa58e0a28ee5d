# What predict writes of a forecast, in every form, as a user calls it, of data that are hard: keys that other programs
# spoil, known covariates that end early, gaps, an origin in the past.  (Hubs: forecast_hub.sh.)
. "$SOURCE/tests/cli/common.bash"

# Weekly counts of three places up to 2024-01-06, keys that other programs spoil; rain known three weeks ahead.
for ((i = 0; i < 83; i++)); do
    TZ=UTC printf '%(%Y-%m-%d)T\n' $((1656763200 + i * 7 * 86400))
done > days
LC_ALL=C awk 'BEGIN { print "day,location,y,rain" }
    { i = NR - 1; rain = "," i % 4 }
    i < 80 { print $1 ",01," int(10 + 5 * sin(i / 5)) rain; print $1 ",NA," (i % 7 == 0) rain }
    i < 80 && i != 20 { print $1 ",\"b,c\"," (i < 30 ? "" : i % 3) rain }
    i >= 80 { print $1 ",01," rain }' days > counts.csv
tail -n 1 counts.csv | grep -q '^2024-01-27,01,,' || fail "the counts end elsewhere: $(tail -n 1 counts.csv)"
expect 0 "$QUADRAT" train forecast counts.csv --time day --series location --target y --known rain --horizon 4 \
    --ensemble 1 --epochs 2 --layers lstm:4 --quiet -o m.safetensors

predict() {
    expect 0 "$QUADRAT" predict m.safetensors counts.csv "$@"
}
refuse() {
    local code=$1
    shift
    expect "$code" "$QUADRAT" predict m.safetensors counts.csv -o refused.csv "$@"
    [ ! -e refused.csv ] || fail "wrote a file: $*"
}
told() {
    grep -qF -- "$1" err || fail "expected '$1' in: $(cat err)"
}

# ------------------------------------------------------------------------------------------- our own form
predict
told "3 series, known up to 2024-01-06; forecast: horizons 1 to 4 (2024-01-13 to 2024-02-03)"
told "rain: 9 of the 12 values"
[ "$(head -n 1 out)" = "location,origin,time,horizon,mean,q0.025,q0.1,q0.25,q0.5,q0.75,q0.9,q0.975" ] ||
    fail "header: $(head -n 1 out)"
[ "$(cut -d, -f1 out | tail -n +2 | sort | uniq -c | awk '{ print $1 $2 }' | tr '\n' ' ')" = '4"b 401 4NA ' ] ||
    fail "keys: $(cat out)"
LC_ALL=C awk -F, 'NR > 1 { n = NF; for (i = n - 6; i <= n; i++) {
    if ($i !~ /^[0-9]+$/ || (i > n - 6 && $i < $(i - 1))) exit 1 } }' out || fail "quantiles: $(cat out)"
mv out all.csv
predict -o o.csv --plot p.svg
same o.csv all.csv
head -c 4 p.svg | grep -q '<svg' || fail "no picture"
predict --quantiles 0.1,0.5 --horizon 2
[ "$(wc -l < out)" -eq 7 ] && grep -q '^01,2024-01-06,2024-01-20,2,' out || fail "horizon 2: $(cat out)"
[ "$(cut -d, -f5- all.csv | sed -n 2p | cut -d, -f3,5)" = "$(sed -n 2p out | cut -d, -f6,7)" ] ||
    fail "levels asked for change the quantiles: $(cat out all.csv)"
predict --quantiles hub
[ "$(head -n 1 out | tr , '\n' | grep -c '^q0')" -eq 23 ] || fail "hub levels: $(head -n 1 out)"
predict --draw -o o.csv
told "* observed, o median"
for setting in C C.UTF-8; do
    LC_ALL=$setting predict --draw -o o.csv
    LC_ALL=C grep -q '[^ -~]' err && fail "not ASCII where it is no terminal: $(cat err)"
done

# -------------------------------------------------------------------------------------------- the past
predict --origin 2023-10-28
told "known up to 2023-10-28; forecast: horizons 1 to 4 (2023-11-04 to 2023-11-25)"
mv out past.csv
grep -vE '^2023-1[12]|^2024' counts.csv > early.csv # later rows change nothing
expect 0 "$QUADRAT" predict m.safetensors early.csv --origin 2023-10-28
cut -d, -f1-4 out > a && cut -d, -f1-4 past.csv > b && same a b
sed -E 's/^(2023-1[12]-..|2024-..-..),01,[0-9]+/\1,01,9999/' counts.csv > poisoned.csv
expect 0 "$QUADRAT" predict m.safetensors poisoned.csv --origin 2023-10-28
same out past.csv

# --------------------------------------------------------------------------------------- the other forms
predict --format samples --samples 3
[ "$(head -n 1 out)" = "location,origin,time,horizon,sample,value" ] && [ "$(wc -l < out)" -eq 37 ] ||
    fail "samples: $(cat out)"
predict --format efi --samples 3 --project neon4cast --site location --model-id me
grep -qE '^neon4cast,me,2024-01-13,2024-01-06,P1W,01,sample,1,y,[0-9]+$' out || fail "efi: $(cat out)"
predict --format scoringutils --origin 2023-12-23 --quantiles 0.5
[ "$(head -n 1 out)" = "model,location,origin,time,horizon,observed,predicted,quantile_level" ] ||
    fail "scoringutils: $(head -n 1 out)"
grep -qE '^quadrat,01,2023-12-23,2024-01-06,2,[0-9]+,[0-9]+,0.5$' out &&
    grep -qE '^quadrat,01,2023-12-23,2024-01-13,3,NA,[0-9]+,0.5$' out || fail "scoringutils: $(cat out)"
predict --format hubverse
[ "$(wc -l < out)" -eq 277 ] && grep -q '^2024-01-06,y,1,2024-01-13,01,quantile,0.5,' out || fail "hubverse: $(cat out)"

# --------------------------------------------------------------------------------------------- refusals
refuse 1 --horizon 5
told "trained for, 1 to 4"
refuse 2 --horizon 0:2
refuse 1 --origin 2023-10-29
told "is no time of these data, which go from 2022-07-02 to 2024-01-27"
refuse 2 --quantiles 0.5,0.2
told "--quantiles: '0.5,0.2'"
refuse 2 --format efi
told "--site"
refuse 2 --since 2023
expect 2 "$QUADRAT" predict m.safetensors counts.csv early.csv

# Months from a model of weeks; places that it never saw.
LC_ALL=C awk 'BEGIN { print "day,location,y,rain"; for (i = 0; i < 40; i++) {
    printf "%d-%02d-01,new,%d,1\n%d-%02d-01,01,%d,1\n", 2018 + i / 12, i % 12 + 1, i % 5, 2018 + i / 12, i % 12 + 1, i } }' \
    > months.csv
expect 1 "$QUADRAT" predict m.safetensors months.csv
says months.csv monthly
(echo day,location,y,rain; for i in 01-07 01-21 02-04 02-18 03-04 03-18; do echo "2023-$i,01,3,1"; done) > fortnights.csv
expect 1 "$QUADRAT" predict m.safetensors fortnights.csv
says fortnights.csv "14 days"
sed 's/,NA,/,new,/' counts.csv > places.csv
expect 0 "$QUADRAT" predict m.safetensors places.csv
told "1 of 3 series are new to the model, which forecasts them as it does series in general: new"
[ "$(grep -c '^new,' out)" -eq 4 ] || fail "no forecast of a new place: $(cat out)"
