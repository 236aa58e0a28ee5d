# evaluate --forecasts: scores of hub files that this test makes, in both layouts, and what it refuses.
. "$SOURCE/tests/cli/common.bash"
columns=model,series,horizon,n,wis,crps,log_score,mae,bias,cov50,cov80,cov95,pit,rel_wis

# forecasts OFF WIDTH: medians of 10 w + l + OFF, where the truth is 10 w + l, and central 50 and 95% intervals of half
# widths 1 and 3 times WIDTH; two reference dates (w = 1, 2), locations 01 and 02 (l = 1, 2), horizons 0 and 1.
forecasts() {
    awk -v off="$1" -v width="$2" 'BEGIN {
        split("2024-01-06 2024-01-13 2024-01-20", day, " ")
        split("0.025 0.25 0.5 0.75 0.975", level, " "); split("-3 -1 0 1 3", times, " ")
        print "reference_date,horizon,target,target_end_date,location,output_type,output_type_id,value"
        for (w = 1; w <= 2; w++) for (l = 1; l <= 2; l++) for (h = 0; h <= 1; h++) for (q = 1; q <= 5; q++)
            printf "%s,%d,wk inc flu hosp,%s,0%d,quantile,%s,%g\n", day[w], h, day[w + h], l, level[q],
                10 * (w + h) + l + off + width * times[q] }'
}
truth() {
    printf 'date,location,location_name,value\n'
    printf '%s\n' 2024-01-20,01,Alabama,31 2024-01-13,01,Alabama,21 2024-01-06,01,Alabama,11 \
        2024-01-20,02,Alaska,NA 2024-01-13,02,Alaska,22 2024-01-06,02,Alaska,12
}
truth > truth.csv
forecasts 2 1 > 2024-01-06-TEAM-MODEL.csv
forecasts -4 1 | gzip > forecasts_HUB-baseline_2023-24.csv.gz

# ------------------------------------------------------------------------------------------------ scores
# Off by 2, widths 2 and 6: (2 + .5 * (2 + 4 * 1) + .05 * 6) / 5 = 1.06; off by 4: (4 + .5 * (2 + 4 * 3) +
# .05 * (6 + 40 * 1)) / 5 = 2.66.
evaluate=("$QUADRAT" evaluate --forecasts 2024-01-06-TEAM-MODEL.csv --truth truth.csv)
expect 0 "${evaluate[@]}"
[ "$(sed -n 1p out)" = $columns ] || fail "header: $(cat out)"
sed -n 2p out | grep -qE '^TEAM-MODEL,,,7,1\.06,,,2,0\.[0-9]+,0\.0000,,1\.0000,[0-9.]+,$' || fail "scores: $(cat out)"
[ "$(wc -l < out)" -eq 2 ] || fail "rows: $(cat out)"
[ "$(cat err)" = "TEAM-MODEL: 7 forecasts scored; left out: 1 without an observation" ] || fail "words: $(cat err)"

expect 0 "${evaluate[@]}" --baseline forecasts_HUB-baseline_2023-24.csv.gz -o scores.csv --quiet
[ ! -s out ] && [ ! -s err ] || fail "it is not quiet"
grep -qE '^TEAM-MODEL,,,7,1\.06,.*,0\.3985$' scores.csv || fail "relative: $(cat scores.csv)"
grep -qE '^HUB-baseline,,,7,2\.66,.*,0\.0000,,0\.0000,[0-9.]+,1\.0000$' scores.csv || fail "baseline: $(cat scores.csv)"

expect 0 "${evaluate[@]}" --baseline forecasts_HUB-baseline_2023-24.csv.gz --by series,horizon --quiet
grep -q '^TEAM-MODEL,01,0,2,1.06,' out && grep -q '^TEAM-MODEL,02,1,1,1.06,' out || fail "by series: $(cat out)"
grep -q '^TEAM-MODEL,geometric mean,1,2,,,,,,,,,,0.3985$' out || fail "geometric mean: $(cat out)"
expect 0 "${evaluate[@]}" --by origin --quiet
grep -q '^TEAM-MODEL,,,2024-01-13,3,1.06,' out || fail "by origin: $(cat out)"

# Only some levels; only what another file forecasts.
expect 0 "${evaluate[@]}" --quantiles 0.25,0.75 --quiet
grep -qE '^TEAM-MODEL,,,7,1\.5,,,,' out || fail "levels: $(cat out)"
expect 1 "${evaluate[@]}" --quantiles hub
says 2024-01-06-TEAM-MODEL.csv "all of the quantiles"
grep -vE '^2024-01-13|,02,' 2024-01-06-TEAM-MODEL.csv > some.csv
expect 0 "${evaluate[@]}" --match some.csv
grep -q '^TEAM-MODEL,,,2,1.06,' out || fail "matched: $(cat out)"
grep -q "2 forecasts scored; left out: 6 that the matched file lacks" err || fail "words: $(cat err)"

# The same in the older layout, in gzip, in any order of columns, with CRLF, and with the truth's columns named.
awk -F, 'BEGIN { OFS = ","; print "value,quantile,type,location,target_end_date,target,forecast_date\r" }
    NR > 1 { $2++; print $8, $7, $6, $5, $4, $2 " wk ahead inc flu hosp", $1 "\r"
             if ($7 == 0.5) print $8, "NA", "point", $5, $4, $2 " wk ahead inc flu hosp", $1 "\r" }' \
    2024-01-06-TEAM-MODEL.csv | gzip > older-MODEL.csv.gz
sed '1s/.*/day;where;name;count/; s/,/;/g' truth.csv > named.csv
expect 0 "$QUADRAT" evaluate --forecasts older-MODEL.csv.gz --truth named.csv --time day --series where --target count \
    --by horizon
grep -q '^older-MODEL,,1,4,1.06,' out && grep -q '^older-MODEL,,2,3,1.06,' out || fail "the older layout: $(cat out)"
grep -q "8 rows of type point" err || fail "words: $(cat err)"

# A sample is scored by its quantiles, and as a distribution: of 9 draws around 2 too much the mean distance is 24/9, half
# of that between draws 40/27, and each has a ninth of the mass.
awk -F, 'BEGIN { OFS = "," } NR == 1 || $7 == 0.5 { print } NR > 1 && $7 == 0.5 { $6 = "sample"
    for (d = 1; d <= 9; d++) { $7 = "s" d; v = $8; $8 = v + d - 5; print; $8 = v } }' 2024-01-06-TEAM-MODEL.csv |
    grep -v quantile, > samples.csv
expect 0 "$QUADRAT" evaluate --forecasts samples.csv --truth truth.csv --quiet
grep -qE '^samples,,,7,1\.03[0-9]+,1\.185185,2\.197225,2,' out || fail "a sample: $(cat out)"

# -------------------------------------------------------------------------------------------- bad files
# refused TEXT...: bad.csv, which standard input fills, is refused, and nothing is written.
refused() {
    cat > bad.csv
    expect 1 "$QUADRAT" evaluate --forecasts bad.csv --truth truth.csv -o bad.out
    says bad.csv "$@"
    [ ! -e bad.out ] || fail "scores were written"
}
(cat 2024-01-06-TEAM-MODEL.csv && sed -n 12p 2024-01-06-TEAM-MODEL.csv) | refused bad.csv:42 "second value" "line 12"
sed '12s/,[^,]*$/,99/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:13 "less than the 99" "line 12"
sed '12s/,[^,]*$/,many/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:12:8 "column 'value'" "'many'"
sed '12s/,[^,]*$/,/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:12:8 "missing"
sed '12s/quantile,[^,]*/quantile,1/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:12:7 "between 0 and 1" "'1'"
sed '12s/^[^,]*/13.1.2024/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:12:1 "reference_date" "'13.1.2024'"
sed '12s/$/,1/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:12:9 "8 fields"
sed '1s/value/number/' 2024-01-06-TEAM-MODEL.csv | refused bad.csv:1 "no column value"
sed '1!s/,0\([12]\),/,\1,/' 2024-01-06-TEAM-MODEL.csv | refused "nothing can be scored" "location 1, 2024-01-06"
refused empty < /dev/null

expect 1 "$QUADRAT" evaluate --forecasts 2024-01-06-TEAM-MODEL.csv --truth none.csv
says none.csv "No such file"
(cat truth.csv && sed -n 3p truth.csv) > twice.csv
expect 1 "$QUADRAT" evaluate --forecasts 2024-01-06-TEAM-MODEL.csv --truth twice.csv
says twice.csv:8:1 "line 3"
expect 1 "${evaluate[@]}" --baseline truth.csv
says truth.csv:1 "reference_date"
expect 1 "${evaluate[@]}" --hub-target deaths
says "'deaths'" "wk inc flu hosp"
expect 1 "${evaluate[@]}" -o none/scores.csv
grep -q "none/scores.csv" err || fail "no word of the file that cannot be written: $(cat err)"

# ------------------------------------------------------------------------------------------- wrong use
wrong() {
    local text=$1
    shift
    expect 2 "$@"
    says "$text"
}
wrong --truth "$QUADRAT" evaluate --forecasts truth.csv
wrong data.csv "${evaluate[@]}" data.csv
wrong "--seeds does not go with --forecasts" "${evaluate[@]}" --seeds 3
wrong "--layers does not go with --forecasts" "${evaluate[@]}" --layers lstm:3
wrong "series, horizon, origin" "${evaluate[@]}" --by serie
wrong --quantiles "${evaluate[@]}" --quantiles 0.5,0.1
wrong "overwrite truth.csv" "${evaluate[@]}" -o truth.csv
[ "$(truth | cksum)" = "$(cksum < truth.csv)" ] || fail "the truth was overwritten"
