#!/usr/bin/env python3
"""Compares a model's predictions with PyTorch's from the same file.

    quadrat train regress X.npy y.npy --layers lstm:50,lstm:50 -o m.safetensors
    quadrat predict m.safetensors X.npy -o p.npy
    check_torch.py m.safetensors X.npy p.npy

Loads the tensors of the model into torch.nn.LSTM (or RNN) and torch.nn.Linear by their names, runs them over X, undoes the
scaling and fails where a prediction differs by more than 1e-6 of the largest output.  Equal recurrent layers in a row are
one PyTorch module with several layers; others are one module each.  Lists of recurrent layers without residuals only.
Also checks the checksum and the alignment of the file.  Needs torch, safetensors and numpy; run by hand, no part of the tests.
"""
import json
import re
import struct
import sys
import zlib

import numpy as np
import torch
from safetensors import safe_open

TOLERANCE = 1e-6
KINDS = {"lstm": torch.nn.LSTM, "rnn": torch.nn.RNN}


def check_form(path):
    """The checksum is right and the data start at a multiple of 64."""
    raw = open(path, "rb").read()
    found = re.search(rb'"crc32":"([0-9a-f]{8})"', raw)
    zeroed = raw[: found.start(1)] + b"00000000" + raw[found.end(1) :]
    assert zlib.crc32(zeroed) == int(found.group(1), 16), "the checksum is wrong"
    assert (8 + struct.unpack("<Q", raw[:8])[0]) % 64 == 0, "the data are not aligned"


def groups(layers):
    """Runs of equal recurrent layers: [[bidirectional, cell, units, count]]."""
    runs = []
    for element in layers.split(","):
        both, cell, units = re.fullmatch(r"(bi)?(lstm|rnn):(\d+)(?:\+dropout=[\d.]+)?", element).groups()
        layer = [both is not None, cell, int(units)]
        if runs and runs[-1][:3] == layer:
            runs[-1][3] += 1
        else:
            runs.append([*layer, 1])
    return runs


def module_of(both, cell, units, count, width, first, tensors):
    """A module of `count` layers whose first is number `first` of its kind in the file."""
    module = KINDS[cell](width, units, count, batch_first=True, bidirectional=both)
    state = {}
    for name in module.state_dict():
        stem, k, reverse = re.fullmatch(r"(.*_l)(\d+)(_reverse)?", name).groups()
        state[name] = tensors[f"{cell}.{stem}{int(k) + first}{reverse or ''}"]
    module.load_state_dict(state)
    return module


def predict(layers, inputs, outputs, tensors, x):
    numbers, width = {"lstm": 0, "rnn": 0}, inputs
    for both, cell, units, count in groups(layers):
        module = module_of(both, cell, units, count, width, numbers[cell], tensors)
        numbers[cell] += count
        x, final = module(x)
        width = units * (2 if both else 1)
    # The last state of each direction: of the reverse one, that after the first step.
    hidden = final[0] if cell == "lstm" else final
    last = torch.cat([hidden[-2], hidden[-1]], 1) if both else hidden[-1]
    dense = torch.nn.Linear(width, outputs)
    dense.load_state_dict({"weight": tensors["dense.weight"], "bias": tensors["dense.bias"]})
    return dense(last)


def main(model_path, x_path, predicted_path):
    check_form(model_path)
    with safe_open(model_path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    network, scaling = json.loads(metadata["network"]), json.loads(metadata["scaling"])
    inputs, outputs = network["inputs"], network["outputs"]
    x = np.load(x_path).astype(np.float64)
    mean, sd = (np.array(scaling.get(key, []), np.float64) for key in ("mean", "sd"))
    if scaling["kind"] != "none":
        x = ((np.log1p(x) if scaling["kind"] == "log1p" else x) - mean[:inputs]) / sd[:inputs]
    with torch.no_grad():
        y = predict(network["layers"], inputs, outputs, tensors, torch.tensor(x, dtype=torch.float32)).numpy()
    p = np.load(predicted_path).reshape(y.shape)
    rounding = np.zeros(y.shape)
    if scaling["kind"] != "none" and not scaling["labels"]:
        # Back to the units of the network.  There, the rounding of a prediction to float32 is no difference of the models.
        rounding = np.spacing(np.abs(p)).astype(np.float64) / 2 / sd[inputs:]
        p = p.astype(np.float64)
        if scaling["kind"] == "log1p":
            rounding, p = rounding / (1 + p), np.log1p(p)
        p = (p - mean[inputs:]) / sd[inputs:]
    difference = np.maximum(np.abs(p - y) - rounding, 0).max() / np.abs(y).max()
    print(f"{model_path}: {len(tensors)} tensors, {len(y)} predictions, largest difference {difference:.2e} of the "
          f"largest output")
    return difference <= TOLERANCE


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(0 if main(*sys.argv[1:]) else 1)
