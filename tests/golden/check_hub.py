#!/usr/bin/env python3
"""Checks a submission to a hub of the hubverse against its tasks.json: check_hub.py tasks.json TARGET FILE.csv ...

Independent of quadrat: the rules are those of hubValidations (names, columns and values, required quantiles, no
duplicates, quantiles that do not cross, samples by compound task ids) and, for a horizon of a week, that the end date
lies so many weeks after the reference date.  Python's own library is enough.
"""
import collections
import csv
import datetime
import itertools
import json
import os
import re
import sys


def values(entry):
    return [str(v) for part in ("required", "optional") for v in (entry.get(part) or [])]


def find(tasks, target, date):
    for rnd in tasks["rounds"]:
        for task in rnd["model_tasks"]:
            ids = task["task_ids"]
            if target in values(ids["target"]) and date in values(ids[rnd["round_id"]]):
                return rnd, task
    sys.exit(f"no round and task of {target} on {date}")


def value_ok(text, rule):
    if rule["type"] == "integer" and not re.fullmatch(r"-?\d+", text):
        return False
    number = float(text)
    return number == number and rule.get("minimum", -1e300) <= number <= rule.get("maximum", 1e300)


def check(tasks, target, path):
    errors = []
    rows = list(csv.reader(open(path, newline="", encoding="utf-8")))
    head, rows = rows[0], [dict(zip(rows[0], r)) for r in rows[1:] if len(r) == len(rows[0]) or errors.append(f"row of {len(r)}")]
    date = rows[0]["reference_date"]
    rnd, task = find(tasks, target, date)
    ids, types = task["task_ids"], task["output_type"]
    if not re.fullmatch(re.escape(date) + r"-[A-Za-z0-9_]+-[A-Za-z0-9_]+\.csv", os.path.basename(path)):
        errors.append("name of the file")
    if sorted(head) != sorted([*ids, "output_type", "output_type_id", "value"]):
        errors.append(f"columns {head}")
    seen = set()
    quantiles = collections.defaultdict(list)
    samples = collections.defaultdict(dict)  # compound task -> (id, rest) -> value
    compound = types.get("sample", {}).get("output_type_id_params", {}).get("compound_taskid_set")
    for number, row in enumerate(rows, 2):
        for name, entry in ids.items():
            if values(entry) and row[name] not in values(entry):
                errors.append(f"row {number}: {name} {row[name]}")
        key = tuple(row[c] for c in head if c != "value")
        if key in seen:
            errors.append(f"row {number}: twice")
        seen.add(key)
        kind = row["output_type"]
        if kind not in types:
            errors.append(f"row {number}: type {kind}")
            continue
        if not value_ok(row["value"], types[kind]["value"]):
            errors.append(f"row {number}: value {row['value']}")
        if "target_end_date" in ids and task["target_metadata"][0].get("time_unit") == "week":
            end = datetime.date.fromisoformat(row["target_end_date"])
            if end - datetime.date.fromisoformat(date) != datetime.timedelta(weeks=int(row["horizon"])):
                errors.append(f"row {number}: end date")
        if kind == "quantile":
            quantiles[tuple(row[i] for i in ids)].append((float(row["output_type_id"]), float(row["value"])))
        elif kind == "sample":
            rest = tuple(row[i] for i in ids if i not in compound)
            samples[tuple(row[i] for i in ids if i in compound)][row["output_type_id"], rest] = row["value"]
    if "quantile" in types:
        wanted = [float(v) for v in types["quantile"]["output_type_id"]["required"]]
        for cell, pairs in quantiles.items():
            pairs.sort()
            if [p[0] for p in pairs] != wanted:
                errors.append(f"{cell}: levels")
            if any(b[1] < a[1] for a, b in itertools.pairwise(pairs)):
                errors.append(f"{cell}: quantiles cross")
    owner = {}
    for cell, paths in samples.items():
        rule = types["sample"]["output_type_id_params"]
        names = {name for name, _ in paths}
        rests = {rest for _, rest in paths}
        if not rule["min_samples_per_task"] <= len(names) <= rule["max_samples_per_task"]:
            errors.append(f"{cell}: {len(names)} samples")
        if len(paths) != len(names) * len(rests):
            errors.append(f"{cell}: a sample does not run through all horizons")
        for name in names:
            if len(name) > rule.get("max_length", 1e9):
                errors.append(f"{cell}: id {name} is too long")
            if owner.setdefault(name, cell) != cell:
                errors.append(f"id {name} is of two compound tasks")
    print(f"{path}: {len(rows)} rows, {len(quantiles)} cells of quantiles, {len(samples)} places with samples, "
          f"{len(errors)} errors")
    for error in errors[:20]:
        print("   ", error)
    return not errors


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        tasks = json.load(file)
    sys.exit(0 if all([check(tasks, sys.argv[2], path) for path in sys.argv[3:]]) else 1)


if __name__ == "__main__":
    main()
