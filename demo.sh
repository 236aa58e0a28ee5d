#!/usr/bin/env bash
# The main job on real data, from nothing but git and a shell: installs what is missing (Debian 12), builds, trains the
# article's network on the Canadian lynx up to 1908, predicts the years that it did not see and ten beyond the end.
set -eu
cd "$(dirname "$0")"
. cmake/packages.sh
need $build_packages
cmake --preset release -DQD_TESTS=OFF -B build/demo > build-demo.log 2>&1 || { cat build-demo.log && exit 1; }
cmake --build build/demo --target qd_program >> build-demo.log 2>&1 || { cat build-demo.log && exit 1; }
rm -f build-demo.log
quadrat=build/demo/quadrat

echo "Lynx trapped in the Mackenzie River district, 1821 to 1934: windows of ten years, the article's network."
echo
echo "\$ quadrat train regress data/lynx.csv --target lynx --window 10 --scale log1p --layers lstm:50,lstm:50 \\"
echo "      --epochs 100 --batch 32 --valid 0.25 -o build/lynx.safetensors"
$quadrat train regress data/lynx.csv --target lynx --window 10 --scale log1p --layers lstm:50,lstm:50 \
    --epochs 100 --batch 32 --valid 0.25 -o build/lynx.safetensors
echo
echo "\$ quadrat predict build/lynx.safetensors data/lynx.csv --time year --since 1909 --season 10 --horizon 10 --draw \\"
echo "      -o build/lynx-predicted.csv"
$quadrat predict build/lynx.safetensors data/lynx.csv --time year --since 1909 --season 10 --horizon 10 --draw \
    -o build/lynx-predicted.csv
echo
echo "The ten years beyond the end (build/lynx-predicted.csv):"
tail -n 10 build/lynx-predicted.csv
