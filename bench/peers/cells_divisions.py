"""How well the ends of btrack's tracks are told apart, from the answers that `quadrat evaluate cells --divisions --folds
hash:root:5 --save-labels answers.csv` saved: AUROC of the tracks of 20 rows and more, of all, and of those that divide
against those that end before the film does and away from its edge.

    python cells_divisions.py mdck_tracks_joined.csv.gz answers.csv
"""
import csv
import gzip
import random
import sys

WIDTH, HEIGHT, LAST, EDGE, SHORTEST = 1600, 1200, 496, 30, 20

tracks = {}
with gzip.open(sys.argv[1], "rt") as file:
    for row in csv.DictReader(file):
        tracks.setdefault(row["ID"], []).append(row)
with open(sys.argv[2]) as file:
    rows = list(csv.DictReader(file))
column = [name for name in rows[0] if name.startswith("p_")][-1]
score = {row["track"]: float(row[column]) for row in rows}


def fair(rows):
    """Does the end say anything?"""
    x, y = float(rows[-1]["x"]), float(rows[-1]["y"])
    inside = min(x, WIDTH - x, y, HEIGHT - y) > EDGE
    return rows[0]["divides"] == "1" or (float(rows[-1]["t"]) < LAST and inside)


def auroc(pairs):
    up, down = [s for s, y in pairs if y], [s for s, y in pairs if not y]
    if not up or not down:
        return float("nan")
    return sum((a > b) + (a == b) / 2 for a in up for b in down) / (len(up) * len(down))


def interval(pairs, roots, draws=400):
    """2.5% and 97.5% of AUROC over draws of founders."""
    by_root = {}
    for pair, root in zip(pairs, roots):
        by_root.setdefault(root, []).append(pair)
    names, chance = sorted(by_root), random.Random(1)
    values = sorted(v for v in (auroc([p for r in chance.choices(names, k=len(names)) for p in by_root[r]])
                                for _ in range(draws)) if v == v)
    return values[int(0.025 * len(values))], values[int(0.975 * len(values))]


long = [(i, rows) for i, rows in tracks.items() if len(rows) >= SHORTEST]
for name, chosen in (("all", long), ("against the early ends", [(i, r) for i, r in long if fair(r)])):
    pairs = [(score[i], rows[0]["divides"] == "1") for i, rows in chosen]
    low, high = interval(pairs, [rows[0]["root"] for _, rows in chosen])
    print(f"{name}: {len(pairs)} tracks, {sum(y for _, y in pairs)} divide, AUROC {auroc(pairs):.3f} ({low:.3f}, {high:.3f})")
