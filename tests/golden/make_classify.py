#!/usr/bin/env python3
"""Golden values of classification: writes classify.txt beside itself.

    python3 make_classify.py         needs numpy and scikit-learn

A case is drawn by a fixed seed: labels, probabilities (rounded, so that there are ties) and what scikit-learn says of
them.  The calibration error is not in scikit-learn: bins of equal width, as in Guo et al. 2017.

    case N CLASSES
    truth... / probabilities row by row / accuracy balanced_accuracy macro_f1 auroc average_precision log_loss ece
"""
import os

import numpy as np
import sklearn
from sklearn import metrics


def ece(y, p):
    label, confidence = p.argmax(1), p.max(1)
    bins = np.minimum((confidence * 15).astype(int), 14)
    return sum(abs((y[bins == b] == label[bins == b]).sum() - confidence[bins == b].sum()) for b in range(15)) / len(y)


def case(rng, n, classes, digits, file):
    y = rng.integers(0, classes, n)
    y[:classes] = np.arange(classes)
    logits = rng.normal(size=(n, classes)) + 1.2 * np.eye(classes)[y]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    p = np.maximum(np.round(p, digits), 10.0 ** -digits).astype(np.float32)
    p64 = p.astype(float)
    label, one_hot = p.argmax(1), np.eye(classes)[y]
    if classes == 2:
        auroc, ap = metrics.roc_auc_score(y, p64[:, 1]), metrics.average_precision_score(y, p64[:, 1])
    else:
        auroc = np.mean([metrics.roc_auc_score(one_hot[:, k], p64[:, k]) for k in range(classes)])
        ap = np.mean([metrics.average_precision_score(one_hot[:, k], p64[:, k]) for k in range(classes)])
    log_loss = -np.log(p64[np.arange(n), y]).mean()
    scores = [metrics.accuracy_score(y, label), metrics.balanced_accuracy_score(y, label),
              metrics.f1_score(y, label, average="macro"), auroc, ap, log_loss, ece(y, p64)]
    print("case", n, classes, file=file)
    print(*y, file=file)
    for row in p:
        print(*["%.9g" % v for v in row], file=file)
    print(*["%.17g" % v for v in scores], file=file)


generator = np.random.default_rng(7)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "classify.txt"), "w") as out:
    print("# Made by make_classify.py with scikit-learn", sklearn.__version__, file=out)
    for size, count, rounding in ((40, 2, 2), (60, 3, 1), (100, 5, 2), (30, 7, 3), (200, 2, 1)):
        case(generator, size, count, rounding, out)
