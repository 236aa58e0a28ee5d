"""Medians, ratios and spread of what bench/compare.sh measured: summary.py RESULTS.csv

Rows: program,workload,measure,threads,round,value (milliseconds, or megabytes), quadrat's among them.  A ratio is the
peer's value over quadrat's of the same round, so it is how many times quadrat is as fast; the spread is the least and
the greatest of the rounds.
"""
import csv
import statistics
import sys
from collections import defaultdict

values = defaultdict(dict)  # (workload, measure, threads) -> program -> {round: value}
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")):
    programs = values[row["workload"], row["measure"], row["threads"]]
    programs.setdefault(row["program"], {})[int(row["round"])] = float(row["value"])

print(f"{'workload':10} {'measure':12} {'threads':>7} {'quadrat':>10}  {'peer':12} {'median':>10} {'ratio':>7}  spread")
for (workload, measure, threads), programs in values.items():
    own = programs.pop("quadrat", {})
    for peer, rounds in programs.items():
        ratios = [rounds[r] / own[r] for r in rounds if r in own]
        if ratios:
            print(f"{workload:10} {measure:12} {threads:>7} {statistics.median(own.values()):10.4g}  {peer:12} "
                  f"{statistics.median(rounds.values()):10.4g} {statistics.median(ratios):7.2f}  "
                  f"{min(ratios):.2f}-{max(ratios):.2f}")
