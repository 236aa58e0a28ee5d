"""MiniRocket and MultiRocketHydra of aeon on a wide table of cells, over the folds of `quadrat evaluate cells --folds
hash:ID:K`: accuracy and macro-F1 of all cells together.

    python cells_aeon.py dataset.csv.gz --id ID --label class --method mini|hydra --folds 5 --seed 0

Empty cells at both ends are cut, channels standardised by the training folds, and zeros put behind the shorter series,
for these methods need one length.  (PyPI: aeon; MultiRocketHydra needs torch too.)
"""
import argparse
import csv
import gzip
import os
import re
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("table")
parser.add_argument("--id", default="ID")
parser.add_argument("--label", default="class")
parser.add_argument("--method", choices=("mini", "hydra"), default="mini")
parser.add_argument("--folds", type=int, default=5)
parser.add_argument("--seed", type=int, default=0)
arguments = parser.parse_args()


def fnv1a(text):
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) % 2**32
    return value


def cut(row, stems):
    x = np.array([[float(row[c] or "nan") for c in columns] for columns in stems.values()])
    known = np.flatnonzero(~np.isnan(x).any(0))
    return x[:, known[0]:known[-1] + 1]


opened = gzip.open if arguments.table.endswith("gz") else open
with opened(arguments.table, "rt") as file:
    rows = list(csv.DictReader(file))
stems = {}
for column in rows[0]:
    match = re.fullmatch(r"(.+)_(\d+)", column)
    if match:
        stems.setdefault(match[1], []).append(column)
series = [cut(row, stems) for row in rows]
names = sorted({row[arguments.label] for row in rows})
truth = np.array([names.index(row[arguments.label]) for row in rows])
fold = np.array([fnv1a(row[arguments.id]) % arguments.folds for row in rows])
longest = max(x.shape[1] for x in series)


def classifier():
    from aeon.classification.convolution_based import MiniRocketClassifier, MultiRocketHydraClassifier
    kind = MiniRocketClassifier if arguments.method == "mini" else MultiRocketHydraClassifier
    return kind(random_state=arguments.seed)


begin = time.process_time()
label = np.zeros_like(truth)
for k in range(arguments.folds):
    frames = np.concatenate([x for x, f in zip(series, fold) if f != k], 1)
    mean, sd = frames.mean(1)[:, None], frames.std(1)[:, None]
    x = np.stack([np.pad((s - mean) / sd, ((0, 0), (0, longest - s.shape[1]))) for s in series]).astype(np.float32)
    model = classifier()
    model.fit(x[fold != k], truth[fold != k])
    label[fold == k] = model.predict(x[fold == k])
f1 = [2 * ((label == c) & (truth == c)).sum() / ((label == c).sum() + (truth == c).sum()) for c in range(len(names))]
print(f"{arguments.method} seed {arguments.seed}: {len(truth)} cells, accuracy {(label == truth).mean():.4f}, "
      f"macro-F1 {np.mean(f1):.4f}, {time.process_time() - begin:.0f} s of processor time")
