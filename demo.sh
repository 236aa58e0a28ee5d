#!/usr/bin/env bash
# The main job on real data, from nothing but git and a shell: installs what is missing (Debian 12), builds, and forecasts
# the rodents of Portal, Arizona: first as if it were 2011, to be scored on what came, then beyond the end of the data.
set -eu
cd "$(dirname "$0")"
. cmake/packages.sh
need $build_packages
cmake --preset release -DQD_TESTS=OFF -B build/demo > build-demo.log 2>&1 || { cat build-demo.log && exit 1; }
cmake --build build/demo --target qd_program >> build-demo.log 2>&1 || { cat build-demo.log && exit 1; }
rm -f build-demo.log
quadrat=build/demo/quadrat
data="data/portal.csv --wide --time newmoonnumber --date newmoondate --horizon 12"

echo "Rodents caught at Portal, Arizona: 14 species, a census every new moon since 1979."
echo
echo "Trained on the first 400 moons, scored on forecasts of the next 12 from 21 later origins that it did not see:"
echo "\$ quadrat evaluate forecast $data --from 427 --until 547 --every 6"
$quadrat evaluate forecast $data --from 427 --until 547 --every 6 --quiet -o build/scores.csv
awk -F, '{ printf "%-9s %8s %8s %8s %8s %8s %8s\n", $1, substr($5, 1, 6), NR == 1 ? "relative" : $14, substr($8, 1, 6), $10, $11, $12 }' \
    build/scores.csv
echo
echo "The next 12 moons:"
echo "\$ quadrat train forecast $data -o build/portal.safetensors"
$quadrat train forecast $data --quiet -o build/portal.safetensors
echo "\$ quadrat predict build/portal.safetensors data/portal.csv --draw -o forecast.csv"
$quadrat predict build/portal.safetensors data/portal.csv --draw -o forecast.csv
echo
echo "forecast.csv:"
head -n 4 forecast.csv
