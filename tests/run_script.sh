#!/usr/bin/env bash
# Runs one test script in an empty folder: run_script.sh SCRIPT FOLDER.  The script finds QUADRAT, SOURCE, BUILD, LIBRARY
# and CC in its environment, fails on the first command that fails, and exits 77 where it cannot run here.
set -eu
script=$1
folder=$2
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
exec bash -eu -o pipefail "$script"
