#!/usr/bin/env python3
"""Trains random cases with Keras and with the program, from the same weights, data and order, and compares the loss of
every epoch.  Run by hand, no part of the tests; needs keras, tensorflow, numpy and safetensors.

    check_keras.py PROGRAM [CASES [SEED]]

Each line shows the largest relative difference over the epochs, and beside it that of Keras from itself when every
weight moves by a unit in the last place.  Fails where the first is more than 2e-5 and more than ten times the second.
"""
import csv
import os
import subprocess
import sys
import tempfile

import keras_cases  # first: it chooses Keras's backend
import keras
import numpy as np
from safetensors.numpy import save_file

TOLERANCE = 2e-5
FIXED = [  # samples, steps, inputs, outputs, settings
    (100, 10, 1, 1, {"layers": "lstm:50,lstm:50", "batch": "32"}),
    (37, 23, 5, 1, {"layers": "lstm:19", "batch": "8"}),
    (37, 23, 5, 1, {"layers": "lstm:19,lstm:19", "batch": "8"}),
    (37, 23, 5, 2, {"layers": "bilstm:19,bilstm:7", "batch": "8"}),
]


def random_case(rng):
    layers = []
    for _ in range(rng.integers(1, 4)):
        layers.append("%s:%d" % (rng.choice(["lstm", "lstm", "bilstm", "rnn"]), rng.integers(1, 65)))
    settings = {
        "layers": ",".join(layers),
        "batch": str(rng.integers(1, 40)),
        "optimizer": str(rng.choice(["adam", "adam", "adamw", "rmsprop"])),
        "loss": str(rng.choice(["mse", "mae", "huber"])),
    }
    return *map(int, rng.integers([20, 1, 1, 1], [120, 30, 8, 4])), settings


def glorot_and_orthogonal(settings, inputs, outputs, seed):
    """Weights as Keras itself starts with them, in quadrat's order and layout."""
    keras.utils.set_random_seed(seed)
    zeros = [np.zeros(shape, "f4") for shape, _ in keras_cases.shapes(settings, inputs, outputs)]
    fresh = keras_cases.build(settings, 3, inputs, outputs, zeros)
    fresh = keras.models.clone_model(fresh)  # initialised anew
    return [w.T if w.ndim == 2 else w for w in fresh.get_weights()]


def names(settings):
    numbers, result = {"lstm": 0, "rnn": 0}, []
    for kind, _ in keras_cases.layer_list(settings):
        cell = kind.removeprefix("bi")
        for suffix in ["", "_reverse"][: 2 if kind != cell else 1]:
            for tensor in ("weight_ih", "weight_hh", "bias_ih"):
                result.append(f"{cell}.{tensor}_l{numbers[cell]}{suffix}")
        numbers[cell] += 1
    return result + ["dense.weight", "dense.bias"]


def quadrat(program, settings, x, y, weights):
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        np.save(path("x.npy"), x)
        np.save(path("y.npy"), y)
        save_file(dict(zip(names(settings), map(np.ascontiguousarray, weights))), path("w.safetensors"))
        options = [f"--{name}={value}" for name, value in settings.items() if name != "shuffle"]
        subprocess.run([program, "train", "regress", path("x.npy"), path("y.npy"), "--init", path("w.safetensors"),
                        "--no-shuffle", "--history", path("h.csv"), "-o", path("m.safetensors"), "--quiet", *options],
                       check=True)
        with open(path("h.csv")) as file:
            return [float(row["loss"]) for row in csv.DictReader(file)]


def main():
    program, count, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6, int((sys.argv + [1] * 4)[3])
    rng = np.random.default_rng(seed)
    cases = (FIXED + [random_case(rng) for _ in range(count)])[:count]
    failed = 0
    for i, (n, steps, inputs, outputs, given) in enumerate(cases):
        settings = {"epochs": "100", "shuffle": "false", **given}
        x, y = rng.random((n, steps, inputs)).astype("f4"), rng.random((n, outputs)).astype("f4")
        weights = glorot_and_orthogonal(settings, inputs, outputs, seed + i)
        losses = keras_cases.train(settings, x, y, weights)
        own = keras_cases.difference(keras_cases.train(settings, x, y, keras_cases.nudged(weights)), losses)
        ours = keras_cases.difference(quadrat(program, settings, x, y, weights), losses)
        failed += ours > max(TOLERANCE, 10 * own)
        print("%.1e (Keras nudged %.1e)  N %d T %d I %d K %d %s" % (ours, own, n, steps, inputs, outputs, given), flush=True)
    sys.exit(failed != 0)


main()
