# What training a forecast refuses, with the place, and what it takes and says.
set -u
. "$SOURCE/tests/cli/common.bash"
fast="--epochs 1 --ensemble 1 --layers lstm:4"

# monthly N: N months and counts.
monthly() {
    awk -v n="$1" 'BEGIN { for (k = 0; k < n; k++) printf "%d-%02d,%d\n", 2000 + k / 12, k % 12 + 1, 3 + (k * 7) % 11 }'
}

# refused CODE FILE OPTION... -- TEXT...: one line with these texts, and no model.
refused() {
    local code=$1 options=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    rm -f m
    expect "$code" "$QUADRAT" train forecast "${options[@]}" $fast --quiet -o m
    says "$@"
    [ ! -e m ] || fail "a model was written of ${options[*]}"
}

one="--time t --target y --horizon 6"
{ echo t,y; monthly 40; } > right.csv
expect 0 "$QUADRAT" train forecast right.csv $one $fast --quiet -o right
[ ! -s err ] || fail "--quiet: $(cat err)"

# ------------------------------------------------------------------------------------------------- keys
{ echo t,y; monthly 40; echo 2001-01,3; } > twice.csv
refused 1 twice.csv $one -- twice.csv:42 "second value of 2001-01" "line 14"
{ echo s,t,y; monthly 40 | sed 's/^/01,/'; echo 01,2001-01,3; } > twice.csv
refused 1 twice.csv $one --series s -- twice.csv:42 "2001-01 in series 01" "line 14"

# ------------------------------------------------------------------------------------------------ times
# In any order the same forecast, and it is said.
{ echo t,y; monthly 40 | sort -r; } > backwards.csv
{ echo t,y; monthly 40 | sort -t- -k2; } > mixed.csv
"$QUADRAT" predict right right.csv --quiet -o right.out
for file in backwards mixed; do
    expect 0 "$QUADRAT" train forecast $file.csv $one $fast -o m
    grep -q "order: [0-9]* rows stood before an earlier time of their series; they were sorted" err || fail "$(cat err)"
    expect 0 "$QUADRAT" predict m $file.csv --quiet -o m.out
    same right.out m.out
done
{ echo t,y; monthly 20; echo 2001-W40,3; } > forms.csv
refused 1 forms.csv $one -- forms.csv:22 "column t" "'2001-W40' is written otherwise" YYYY-MM
printf 't,y\n2001-01-05,3\n12/01/2001,4\n' > forms.csv
refused 1 forms.csv $one -- forms.csv:3 "'12/01/2001' is written otherwise" YYYY-MM-DD
printf 't,y\n2001-01-05,3\n2001-02-30,4\n' > forms.csv
refused 1 forms.csv $one -- forms.csv:3 "2001-02-30"
printf 't,y\n2001-01-05,3\n,4\n' > forms.csv
refused 1 forms.csv $one -- forms.csv:3

# ----------------------------------------------------------------------------------------------- counts
{ echo t,y; monthly 40 | sed '5s/,.*/,-3/'; } > negative.csv
{ echo t,y; monthly 40 | sed '6s/,.*/,2.5/'; } > fraction.csv
{ echo t,y; monthly 40 | sed '6s/,.*/,many/'; } > word.csv
for likelihood in negbin poisson zip zinb hurdle; do
    refused 1 negative.csv $one --likelihood $likelihood -- negative.csv:6:2: "-3: expected a whole number, 0 or more" "--likelihood normal"
    refused 1 fraction.csv $one --likelihood $likelihood -- fraction.csv:7:2: "2.5: expected a whole number" "--likelihood normal"
done
for likelihood in normal studentt; do
    for file in negative fraction; do
        expect 0 "$QUADRAT" train forecast $file.csv $one --likelihood $likelihood $fast --quiet -o m
        expect 0 "$QUADRAT" predict m $file.csv --quiet -o m.out
        ! grep -qi nan m.out || fail "NaN with $likelihood"
    done
done
{ echo s,t,y; monthly 40 | sed 's/^/01,/; 7s/,[0-9]*$/,0/'; } > zero.csv
refused 1 zero.csv $one --series s --likelihood lognormal -- zero.csv:8:3: "01: 0: expected a number above 0"
{ echo s,t,y; monthly 40 | sed 's/^/01,/; 7s/,[0-9]*$/,-1/'; } > zero.csv
refused 1 zero.csv $one --series s -- zero.csv:8:3: "01: -1: expected a whole number"
{ echo t,w,y; monthly 20 | sed 's/-/,/'; } > pair.csv
refused 1 pair.csv --time t --target y -- pair.csv:3 "a second value of 2000" "--time year,week"
refused 1 word.csv $one -- word.csv:7:2 "column 'y'" "found 'many'"
{ echo t,y; monthly 40 | sed '6s/,.*/,/; 9s/,.*/,NA/; 12s/,.*/,NaN/; 15d'; } > gaps.csv
expect 0 "$QUADRAT" train forecast gaps.csv $one $fast --dry-run
grep -q "missing: 4 counts within the series" err || fail "gaps: $(cat err)"

# ------------------------------------------------------------------------------------------ short series
{ echo s,t,y; monthly 40 | sed 's/^/a,/'; monthly 3 | sed 's/^/b,/'; } > short.csv
expect 0 "$QUADRAT" train forecast short.csv $one --series s $fast -o m
grep -q "short: fewer counts than the horizon in 1 of 2 series: b" err || fail "short: $(cat err)"
expect 0 "$QUADRAT" predict m short.csv --quiet -o m.out
{ echo t,y; monthly 1; } > short.csv
refused 1 short.csv $one -- "nothing to learn from"
{ echo t,y; monthly 24; } > short.csv
refused 1 short.csv $one --context 200 -- "nothing to learn from" --context
{ echo t,y; monthly 3; } > short.csv
expect 0 "$QUADRAT" train forecast short.csv $one $fast -o m
grep -q "short: fewer counts than the horizon in 1 of 1 series" err || fail "short: $(cat err)"
expect 0 "$QUADRAT" predict m short.csv --quiet -o m.out
{ echo t,y; monthly 30 | sed 's/,.*/,NA/'; } > none.csv
refused 1 none.csv $one -- "nothing to learn from"

# ------------------------------------------------------------------------------------------ other columns
{ echo t,y,e; monthly 40 | sed 's/$/,2/; 4s/2$/0/'; } > effort.csv
refused 1 effort.csv $one --effort e -- effort.csv:5 "effort must be positive"
refused 1 right.csv $one --known rain -- "no column is called 'rain'" "t, y"
refused 1 right.csv --time when --target y -- "no column is called 'when'"
refused 1 right.csv --wide --time t --series-columns '"y' -- "quote"
refused 1 right.csv --wide --time t --series-columns y,y -- "named twice"
refused 1 right.csv $one --join right.csv -- "is not FILE:KEY"
refused 1 right.csv --time t --tally day --horizon 3 -- tally "no dates"
refused 2 right.csv --time t -- --target --wide --tally
for pair in "--wide --target y" "--wide --series y" "--wide --tally day" "--tally day --target y"; do
    refused 2 right.csv --time t $pair -- "contradict one another"
done
refused 2 right.csv --time t --target y --series-columns y -- "--series-columns goes with --wide"
refused 2 right.csv $one --lag 3 -- "--lag goes with --as-of"
refused 2 right.csv --target y -- --time
refused 2 right.csv --time t --target y --horizon 0 -- "horizon: '0'"
refused 2 right.csv --time t --target y --horizon 5:2 -- "horizon: '5:2'"
refused 2 right.csv $one --window 3 -- --window "not an option of train"
refused 2 right.csv $one --patience 3 -- --patience "give valid too"
refused 2 right.csv $one --valid 1 -- "--valid: 1 is not a fraction"
refused 2 right.csv $one --valid other.csv -- "--valid: other.csv is not a fraction"
refused 2 right.csv $one --scale log1p --likelihood normal -- --scale "may be negative"
refused 1 right.csv $one --valid 0.98 -- "before the times that --valid keeps back"
refused 1 right.csv $one --init none -- none
expect 2 "$QUADRAT" evaluate forecast right.csv $one $fast --valid 2 --quiet
says "--valid"
expect 2 "$QUADRAT" evaluate forecast right.csv $one $fast --init right --quiet # it may know what is to come
says "--init is not an option of evaluate"
expect 2 "$QUADRAT" evaluate right right.csv --patience 3 --quiet
says "--patience belongs to training"

printf 'y,pop\n3,5\n' > join.csv
expect 2 "$QUADRAT" train forecast right.csv $one --join join.csv:y --static pop $fast -o join.csv
says "overwrite join.csv"
