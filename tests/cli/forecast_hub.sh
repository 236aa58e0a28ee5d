# From weekly counts to a hub's file, as a user calls it: the name, the folder, what is left out, what is refused.
set -u
. "$SOURCE/tests/cli/common.bash"
tasks=$SOURCE/tests/tasks/hub_tasks.json
awk 'BEGIN { print "target_end_date,location,observation"
    for (k = 0; k < 60; k++) for (p = 0; p < 3; p++)
        printf "%d,%s,%d\n", 19272 - 7 * (59 - k) + 365, p == 0 ? "US" : p == 1 ? "01" : "XX", 20 + 15 * sin(k / 8 + p) + k * 7 % 5 }' |
    while IFS=, read -r day rest; do
        [ "$day" = target_end_date ] && echo "$day,$rest" || echo "$(date -u -d "@$((day * 86400))" +%F),$rest"
    done > counts.csv
[ "$(tail -n 1 counts.csv | cut -d, -f1)" = 2023-10-07 ] || fail "the counts end on $(tail -n 1 counts.csv)"
expect 0 "$QUADRAT" train forecast counts.csv --time target_end_date --series location --target observation --horizon 6 \
    --epochs 1 --ensemble 1 --layers lstm:4 --context 8 --quiet -o m
hub=(--format hubverse --hub "$tasks" --hub-target "wk inc flu hosp" --reference-date 2023-10-14)

# In this folder, by the hub's name; or in another one.
expect 0 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id TEAM-model
grep -qF "writing 2023-10-14-TEAM-model.csv" err || fail "name: $(cat err)"
grep -qF "1 series left out, which the hub does not take: XX" err || fail "places: $(cat err)"
grep -qF "horizons left out, which the hub does not take: 4 (2023-11-11), 5 (2023-11-18)" err || fail "horizons: $(cat err)"
[ "$(wc -l < 2023-10-14-TEAM-model.csv)" -eq $((1 + 2 * 4 * 23 + 2 * 4 * 100)) ] || fail "rows"
[ "$(cut -d, -f4 2023-10-14-TEAM-model.csv | sort -u | tr '\n' ' ')" = "01 US location " ] || fail "places in the file"
mkdir folder
expect 0 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id TEAM-model -o folder
same folder/2023-10-14-TEAM-model.csv 2023-10-14-TEAM-model.csv
if command -v python3 > /dev/null; then
    python3 "$SOURCE/tests/golden/check_hub.py" "$tasks" "wk inc flu hosp" folder/*.csv || fail "the hub's rules"
fi

# Asked for by name, a horizon that the hub does not take is an error; so is a target out of scope.  Nothing is written.
expect 1 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id A-b --horizon 1:6 --quiet
says "4 (2023-11-11)"
expect 1 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id A-b --hub-target "peak inc flu hosp" --quiet
says "whole season"
expect 1 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id A-b --hub-target "wk flu hosp rate change" --quiet
says pmf
expect 1 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id A-b --reference-date 2023-10-15 --quiet
says 2023-10-15
[ ! -e 2023-10-14-A-b.csv ] || fail "a refused submission was written"

# Wrong use.
expect 2 "$QUADRAT" predict m counts.csv "${hub[@]}"
grep -q -- "--model-id" err || fail "no model id: $(cat err)"
expect 2 "$QUADRAT" predict m counts.csv "${hub[@]}" --model-id "a b"
expect 2 "$QUADRAT" predict m counts.csv --hub "$tasks"
expect 2 "$QUADRAT" predict m counts.csv --quantiles 0.5,0.2 --quiet
says quantiles

# EFI asks for what it needs.
expect 2 "$QUADRAT" predict m counts.csv --format efi --project p --quiet
says --site
expect 0 "$QUADRAT" predict m counts.csv --format efi --project p --site location --quiet -o e.csv
grep -q "^p,quadrat,2023-10-14,2023-10-07,P1W,01,sample,1,observation," e.csv || fail "efi: $(sed -n 2p e.csv)"
