# One command for each kind of table in docs/forecast-data.md, on data made in the same shapes: what is understood, and a
# small training.
set -u
. "$SOURCE/tests/cli/common.bash"
fast="--epochs 1 --ensemble 1 --layers lstm:4 --quiet"

# understood FILE OPTION... -- TEXT...: --dry-run says lines with these texts and writes nothing; then it trains, and the
# model forecasts.
understood() {
    local options=() text
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    rm -f m f.csv
    expect 0 "$QUADRAT" train forecast "${options[@]}" --dry-run -o m
    [ ! -e m ] || fail "--dry-run wrote a model"
    for text in "$@"; do
        grep -qE -- "$text" err || fail "expected '$text' of ${options[*]} in: $(cat err)"
    done
    expect 0 "$QUADRAT" train forecast "${options[@]}" $fast -o m
    expect 0 "$QUADRAT" predict m "${options[0]}" --quiet -o f.csv
}

# rows N: 0 .. N-1 and a count of each.
rows() {
    awk -v n="$1" 'BEGIN { for (k = 0; k < n; k++) print k, int(9 + 6 * sin(k / 2) + (k * 7) % 4) }'
}

# ---------------------------------------------------------------------------------------- one series, years
understood "$lynx" --time year --target lynx --horizon 10 -- \
    "^series: 1$" "yearly, 1821 to 1934, 114 in all; season: none" "counts: column lynx" "1935 to 1944" "negbin"
[ "$(wc -l < f.csv)" -eq 11 ] || fail "rows of lynx: $(wc -l < f.csv)"

# ------------------------------------------------------------------------------------- a column a species
understood "$SOURCE/data/portal.csv" --wide --time newmoonnumber --date newmoondate --horizon 12 -- \
    "^series: 14: DM, DO, DS, NA., " "29.53 days a unit, 28 to 559, 532 in all; season: 12.37 times, by the dates" \
    "left out: no column" "assumed: every column of whole numbers"
{ echo '"newmoon","BA","NA","SO"'; rows 60 | awk '$1 % 9 != 4 { printf "%d,%d,%d,0\n", $1 + 1, $2, $2 / 4 }'; } > moons.csv
understood moons.csv --wide --time newmoon --season 12.37 --horizon 12 -- \
    "^series: 3: BA, NA, SO$" "an index, 1 to 60, 60 in all; season: 12.37 times$" "missing: 21 counts within"
grep -q '^NA,60,61,1,' f.csv || fail "the species NA: $(cut -d, -f1-4 f.csv)"
"$QUADRAT" train forecast moons.csv --wide --time newmoon --dry-run 2> err
grep -q "assumed: no season" err && grep -q "assumed: one time ahead" err || fail "assumptions: $(cat err)"
{ echo 'moon,date,traps,DM,total,mintemp,source'; rows 60 |
    awk '{ printf "%d,%d-%02d-15,%d,%d,%d,%.1f,%s\n", $1, 2000 + int($1 / 12), $1 % 12 + 1, 40 + $1 % 9, $2, $2, $2 / 3, "x" }'; } > traps.csv
understood traps.csv --wide --time moon --date date --series-columns DM --effort traps --covariates mintemp --horizon 6 -- \
    "^series: 1: DM$" "effort: traps" "covariates: mintemp" "left out: total, source" "assumed: where effort is not known"

# ----------------------------------------------------------------------- a row a place and week, newest first
day() {
    date -u -d "2022-02-05 + $((7 * $1)) days" +%F
}
{ echo '"date","location","location_name","value"'
    rows 70 | sort -rn | while read -r k y; do
        echo "$(day "$k"),\"01\",\"Alabama\",$y"
        if [ "$k" -gt 20 ]; then
            echo "$(day "$k"),US,\"US, all\",$([ "$k" -eq 50 ] || echo $((3 * y)))"
        fi
    done; } > places.csv
understood places.csv --time date --series location --target value --horizon 4 -- "^series: 2: 01, US$" \
    "weekly, 2022-02-05 to 2023-06-03, 70 in all; season: 52.18 times, by the dates" "they were sorted" \
    "missing: 1 counts within the series; 1 series begin later" "left out: location_name" "2023-06-10 to 2023-07-01"
grep -q '^01,2023-06-03,2023-06-10,1,' f.csv || fail "keys stay as they are: $(head -n 2 f.csv)"

# Every vintage, and a column from another table.
{ echo as_of,target_end_date,location,observation
    rows 70 | while read -r k y; do
        echo "$(day $((k + 1))),$(day "$k"),01,$y"
        if [ $((k % 9)) -eq 0 ]; then
            echo "$(day $((k + 3))),$(day "$k"),01,$((y + 1))"
        fi
    done; } > history.csv
printf 'location,population\n01,5000000\n' > locations.csv
understood history.csv --time target_end_date --series location --target observation --as-of as_of --lag 7 --horizon 0:3 \
    --join locations.csv:location --static population -- "^series: 1: 01$" "static: population" "left out: no column" \
    "vintages: 78 values published on 70 days, 2022-02-12 to 2023-06-10, 0 of them empty" "horizon: 0 to 3, .* 2023-06-10 to"
mv f.csv beside.csv
mkdir -p elsewhere && sed 's/5000000/9/' locations.csv > elsewhere/other.csv && mv locations.csv elsewhere
expect 1 "$QUADRAT" predict m history.csv --quiet -o f.csv
says locations.csv "trained with --join locations.csv:location" "--join FILE"
expect 1 "$QUADRAT" predict m history.csv --join none.csv --quiet -o f.csv
says none.csv "No such file"
expect 2 "$QUADRAT" predict m history.csv --join elsewhere/other.csv --quiet -o elsewhere/other.csv
for given in elsewhere/locations.csv elsewhere/locations.csv:location; do
    expect 0 "$QUADRAT" predict m history.csv --join $given --quiet -o f.csv
    same beside.csv f.csv
done
cp history.csv elsewhere
expect 0 "$QUADRAT" predict m elsewhere/history.csv --quiet -o f.csv
same beside.csv f.csv
expect 0 "$QUADRAT" train forecast elsewhere/history.csv --time target_end_date --series location --target observation \
    --as-of as_of --lag 7 --horizon 0:3 --join elsewhere/locations.csv:location --static population $fast -o m2
same m m2

# Horizon -1 is the week before the date of the forecast: known where the data are a week old, not where they are two.
weeks="elsewhere/history.csv --time target_end_date --series location --target observation --as-of as_of"
expect 1 "$QUADRAT" train forecast $weeks --lag 7 --horizon -1:3 $fast -o m
says "horizon: -1 is known already on the day of the forecast; the first that is not is 0"
expect 0 "$QUADRAT" train forecast $weeks --lag 14 --horizon -1:3 $fast -o m
expect 0 "$QUADRAT" predict m elsewhere/history.csv --format hubverse --quiet -o f.csv
tail -n +2 f.csv | cut -d, -f3 | sort -u | tr '\n' ' ' | grep -qx -- "-1 0 1 2 3 " || fail "horizons: $(head -n 3 f.csv)"

# ----------------------------------------------------------------------- year and number of the week, 53 too
{ echo '"year","epoch_in_year","date","[0,1)","[85,Inf)","Übrige"'
    for year in 2003 2004 2005; do
        for week in $(seq $((year == 2004 ? 53 : 52))); do
            echo "$year,$week,NA,$((week % 7)),$((week % 5 * 9)),0"
        done
    done; } > ages.csv
understood ages.csv --wide --time year,epoch_in_year --horizon 8 -- "^series: 3: \[0,1\), \[85,Inf\), Übrige$" \
    "weekly, 2003-W01 to 2005-W52, 157 in all; season: 52.18" "missing: 0 counts" "left out: date" "2006-W01 to 2006-W08"
grep -q '^"\[0,1)",2005-W52,2006-W01,1,' f.csv || fail "a name with a comma: $(head -n 2 f.csv)"
understood ages.csv --wide --time year,epoch_in_year --series-columns '"[85,Inf)",Übrige' --horizon 8 -- \
    "^series: 2: \[85,Inf\), Übrige$" 'left out: date, \[0,1\)$'
{ echo 'year,month,n'; rows 48 | awk '{ print 2001 + int($1 / 12) "," $1 % 12 + 1 "," $2 }'; } > months.csv
understood months.csv --wide --time year,month --horizon 3 -- "monthly, 2001-01 to 2004-12, 48 in all; season: 12 times"

# ------------------------------------------------------------------------------------------- covariates
{ echo '"date","case","hum","newyears","flag"'
    rows 120 | while read -r k y; do echo "$(day "$k"),$y,$((k % 9)).5,$((k % 52 == 47)),FALSE"; done; } > weather.csv
understood weather.csv --time date --target case --covariates hum --known newyears --horizon 8 -- \
    "covariates: hum \(known up to the origin\)" "known: newyears \(known in the future too\)" "left out: flag"

# ------------------------------------------------------------------------------------------ a row a case
{ echo '"dHosp","dReport","sex"'
    rows 40 | while read -r k y; do
        for _ in $(seq $((k % 7 == 3 ? 0 : y / 3))); do
            echo "$(date -u -d "2011-05-07 + $k days" +%F),2011-08-01,$((k % 2))"
        done
    done; } > cases.csv
understood cases.csv --time dHosp --tally day --horizon 8 -- "daily, 2011-05-07 to 2011-06-15, 40 in all; season: 7 times" \
    "counts: a row is one case" "missing: 0 counts" "left out: dReport, sex" "assumed: a day without a row had no case"
understood cases.csv --time dHosp --tally week --series sex --horizon 2 --context 4 -- "^series: 2: 0, 1$" "weekly, 2011-W18 to 2011-W24"

# -------------------------------------------------------------------- as other programs write the same table
# pandas: a first column without a name, and whole counts with a point where some are missing.
{ echo ,n; rows 40 | awk '{ print 1950 + $1 "," ($1 % 7 == 3 ? "" : $2 ".0") }'; } > pandas.csv
understood pandas.csv --time "" --target n --horizon 3 -- "yearly, 1950 to 1989" "missing: 6 counts within"
{ echo ,a,b,c; rows 40 | awk '{ print 1950 + $1 "," $2 ".0," $2 "," $2 / 2 }'; } > pandas.csv
understood pandas.csv --wide --time "" --horizon 3 -- "^series: 2: a, b$" "left out: c"
# An outbreak of ten weeks: the context is no longer than half of it.
{ echo day,n; rows 10 | while read -r k y; do echo "$(day "$k"),$y"; done; } > outbreak.csv
understood outbreak.csv --time day --target n --horizon 2 -- "weekly, 2022-02-05 to 2022-04-09" "context 5 times"

# The history has an epoch a row, of the networks that forecast.
expect 0 "$QUADRAT" train forecast outbreak.csv --time day --target n --epochs 2 --ensemble 2 --layers lstm:3 --quiet -o m \
    --history history.csv
[ "$(head -n 1 history.csv)" = network,epoch,loss,valid_loss,lr,seconds,gradient_norm ] || fail "history: $(cat history.csv)"
[ "$(tail -n +2 history.csv | cut -d, -f1,2 | tr '\n' ' ')" = "1,1 1,2 2,1 2,2 " ] || fail "history: $(cat history.csv)"
expect 0 "$QUADRAT" inspect m
grep -q "^  (others) .* network .*%, last value .*%, season .*%$" out || fail "inspect: $(cat out)"
