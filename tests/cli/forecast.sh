# Forecasts of counts, as a user calls for them: train, predict in every form, evaluate, and what is refused.
set -u
. "$SOURCE/tests/cli/common.bash"
fast="--epochs 1 --ensemble 2 --layers lstm:6 --context 12 --quiet"
portal="$SOURCE/data/portal.csv"
wide="--wide --time newmoonnumber --date newmoondate"

# What was understood is said, and nothing is written.
expect 0 "$QUADRAT" train forecast "$portal" $wide --dry-run
grep -q "series: 14: DM, DO, DS, NA., " err || fail "series: $(cat err)"
grep -q "season: 12.37 times, by the dates" err || fail "season: $(cat err)"
grep -q "missing: .* counts within the series" err || fail "gaps: $(cat err)"

# The same training gives the same file; its forecasts are whole, ordered and never negative.
for threads in 1 3; do
    expect 0 "$QUADRAT" train forecast "$portal" $wide --horizon 6 $fast --threads $threads -o m$threads
done
same m1 m3
expect 0 "$QUADRAT" inspect m1
grep -q "task forecast: 14 series, 2 networks" out || fail "inspect: $(cat out)"
expect 0 "$QUADRAT" predict m1 "$portal" --quiet -o f.csv
head -n 1 f.csv | grep -qx "series,origin,time,horizon,mean,q0.025,q0.1,q0.25,q0.5,q0.75,q0.9,q0.975" || fail "columns: $(head -n 1 f.csv)"
[ "$(wc -l < f.csv)" -eq 85 ] || fail "rows: $(wc -l < f.csv)"
grep -q '^NA\.,559,560,1,' f.csv || fail "a series called NA."
awk -F, 'NR > 1 { for (i = 6; i <= NF; i++) if ($i !~ /^[0-9]+$/ || (i > 6 && $i < $(i-1))) exit 1 }' f.csv || fail "quantiles"

# An origin in the past: what came after it changes nothing.
awk -F, 'BEGIN { OFS = "," } NR > 1 && $1 > 500 { for (i = 3; i <= NF; i++) $i = 9999 } { print }' "$portal" > later.csv
for file in "$portal" later.csv; do
    expect 0 "$QUADRAT" predict m1 "$file" --origin 500 --quiet -o "$(basename "$file").out"
done
same portal.csv.out later.csv.out

# Every form; a hundred joint paths a series; pictures.
for format in csv hubverse efi samples scoringutils; do
    expect 0 "$QUADRAT" predict m1 "$portal" --format $format --model-id a-b --project p --site series --variable count \
        --quiet -o "f.$format"
    [ -s "f.$format" ] || fail "nothing in $format"
done
[ "$(grep -c '^DM,' f.samples)" -eq 600 ] || fail "paths: $(grep -c '^DM,' f.samples)"
expect 0 "$QUADRAT" predict m1 "$portal" --plot f.svg --quiet -o f.csv
grep -q "<svg" f.svg || fail "no picture"
LC_ALL=C expect 0 "$QUADRAT" predict m1 "$portal" --draw -o f.csv
grep -q "o median" err || fail "nothing drawn"

# A shorter horizon is served, a longer one refused.
expect 0 "$QUADRAT" predict m1 "$portal" --horizon 2 --quiet -o f2.csv
[ "$(wc -l < f2.csv)" -eq 29 ] || fail "a shorter horizon: $(wc -l < f2.csv)"
expect 1 "$QUADRAT" predict m1 "$portal" --horizon 9 --quiet -o f9.csv
grep -q horizon err || fail "a longer horizon: $(cat err)"

# The backtest: every cell is scored once, for each model, relative to the last value.
expect 0 "$QUADRAT" evaluate forecast "$portal" $wide --horizon 3 $fast --from 520 --until 547 --every 9 -o s.csv
head -n 1 s.csv | grep -qx "model,series,horizon,n,wis,crps,log_score,mae,bias,cov50,cov80,cov95,pit,rel_wis" || fail "$(head -n 1 s.csv)"
cut -d, -f1 s.csv | tail -n +2 | tr '\n' ' ' | grep -qx "quadrat last season drift mean " || fail "models: $(cat s.csv)"
grep -q '^last,.*,1.0000$' s.csv || fail "relative to last: $(cat s.csv)"
expect 0 "$QUADRAT" evaluate forecast "$portal" $wide --horizon 3 $fast --from 520 --until 547 --every 9 --by series -o by.csv
grep -q '^quadrat,geometric mean,' by.csv || fail "no geometric mean"

# Vintages: what was published after the day of a forecast changes nothing, for calibration and blending too.
awk 'BEGIN { srand(3); print "as_of,week,place,cases"
    for (k = 0; k < 70; k++) for (p = 0; p < 3; p++) {
        v = int(20 + 15 * sin(k / 8 + p) + 6 * rand()); day = 19000 + 7 * k
        printf "%d %d %s %d\n", day, day, p == 0 ? "01" : p == 1 ? "NA" : "US", v
        if (k > 2 && k % 5 == 0) printf "%d %d %s %d\n", day, day - 14, p == 0 ? "01" : p == 1 ? "NA" : "US", v + 1 } }' |
    while read -r a b c d; do
        [ -n "$b" ] && echo "$(date -u -d "@$((a * 86400))" +%F),$(date -u -d "@$((b * 86400))" +%F),$c,$d" || echo "$a"
    done > vintages.csv
last=$(tail -n 1 vintages.csv | cut -d, -f1)
origin=$(date -u -d "$last - 56 days" +%F)
known=$(date -u -d "$origin - 7 days" +%F)
awk -F, -v known="$known" 'BEGIN { OFS = "," } NR > 1 && $1 > known { $4 = $4 * 50 + 7 } { print }' vintages.csv > poisoned.csv
differ vintages.csv poisoned.csv
awk -F, 'BEGIN { OFS = "," } NR == 1 { print "date,location,value"; next } { v[$2 "," $3] = $4 } END { for (k in v) print k, v[k] }' \
    vintages.csv > truth.csv
# backtest OPTION...: the same scores of both.
backtest() {
    for file in vintages poisoned; do
        expect 0 "$QUADRAT" evaluate forecast $file.csv --time week --series place --target cases --as-of as_of --lag 7 \
            --horizon 0:3 --from "$(date -u -d "$origin - 28 days" +%F)" --until "$origin" --refit 1 --truth truth.csv \
            $fast "$@" --by series,horizon,origin -o $file.scores
    done
    same vintages.scores poisoned.scores
}
backtest
cp vintages.scores default.scores
backtest --epochs 3 --valid 0.2 --patience 1
differ default.scores vintages.scores
cp default.scores vintages.scores
# Nor of a saved model, which was trained before it.
awk -F, -v known="$(date -u -d "$origin - 63 days" +%F)" 'NR == 1 || $1 <= known' vintages.csv > early.csv
expect 0 "$QUADRAT" train forecast early.csv --time week --series place --target cases --as-of as_of --lag 7 --horizon 0:3 \
    $fast -o early
for file in vintages poisoned; do
    expect 0 "$QUADRAT" evaluate early $file.csv --until "$origin" --every 2 --truth truth.csv --by series,horizon,origin \
        -o $file.model
    ! grep -q "has seen" err || fail "unseen: $(cat err)"
done
same vintages.model poisoned.model
grep -q '^quadrat,NA,3,' vintages.model || fail "scores: $(head -n 3 vintages.model)"
grep -q '^quadrat,01,0,' vintages.scores || fail "keys stay as they are: $(head -n 3 vintages.scores)"

# What is refused, with the row.
printf 't,s,y\n2020-01-01,a,1\n2020-01-02,a,2\n2020-01-02,a,3\n' > twice.csv
expect 1 "$QUADRAT" train forecast twice.csv --time t --series s --target y -o m --quiet
says "twice.csv:4" "second value"
printf 't,y\n2020-01,1\n2020-02,-2\n2020-03,3\n' > negative.csv
expect 1 "$QUADRAT" train forecast negative.csv --time t --target y -o m --quiet
says "negative.csv:3:2" "expected a whole number" "--likelihood normal"
printf 't,y\n2020-01,1\n2020-02,2.5\n2020-03,3\n' > fraction.csv
expect 1 "$QUADRAT" train forecast fraction.csv --time t --target y -o m --quiet
says "fraction.csv:3:2" "expected a whole number"
printf 't,y\n2020-01-05,1\nnext Monday,2\n' > mixed.csv
expect 1 "$QUADRAT" train forecast mixed.csv --time t --target y -o m --quiet
says "mixed.csv:3"
expect 1 "$QUADRAT" predict m1 vintages.csv --quiet -o x
expect 2 "$QUADRAT" train forecast "$portal" -o m
says "--time"
expect 2 "$QUADRAT" evaluate
expect 1 "$QUADRAT" evaluate forecast "$portal" $wide --from 3 $fast
says "no origin"

# A model of one frequency does not take another.
awk 'BEGIN { print "t,y"; for (k = 0; k < 60; k++) printf "%d-%02d,%d\n", 2015 + k / 12, k % 12 + 1, 5 + k % 12 }' > monthly.csv
awk 'BEGIN { print "t,y"; for (k = 0; k < 60; k++) printf "%d-W%02d,%d\n", 2015 + int(k / 52), k % 52 + 1, 5 + k % 12 }' > weekly.csv
expect 0 "$QUADRAT" train forecast weekly.csv --time t --target y --horizon 4 $fast -o weekly
expect 1 "$QUADRAT" predict weekly monthly.csv --quiet -o x
says monthly.csv "trained weekly" "these data are monthly"

# A series that the model never saw is forecast, and that is said.
{ cat weekly.csv | sed 's/$/,a/; 1s/,a$/,s/'; sed '1d; s/$/,b/' weekly.csv; } > two.csv
sed '/,b$/d' two.csv > one.csv
expect 0 "$QUADRAT" train forecast one.csv --time t --series s --target y --horizon 4 $fast -o one
expect 0 "$QUADRAT" predict one two.csv -o both.csv
grep -q '^b,' both.csv || fail "the new series has no forecast"
grep -q "1 of 2 series are new to the model, .*: b$" err || fail "a new series is not told: $(cat err)"
