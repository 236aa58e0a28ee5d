"""Makes torch.txt: what PyTorch computes in float64, forward and backward, from weights and data made by the formula of
make_keras.py and ../train/golden.h; the file holds only results, and ../nn/test_torch_f64.c compares them.

    python make_torch.py            # in this folder

A case is a network of equal recurrent layers, packed, or a stack of any layers, one sequence after the other, and a linear
one, over sequences of the lengths given; its result is the sum of outputs (and of final states) times fixed factors, whose gradients are taken.  Rows are in the caller's order.
"""
import numpy as np
import torch
from torch.nn.utils.rnn import pad_packed_sequence, pack_padded_sequence

X, STATE, DOUT, DSTATE = 100, 110, 111, 112  # what a number is for, beside the tensors' own 0, 1, 2, ...

# name, layers, inputs, outputs, outputs at every step, states, lengths
CASES = """
one-layer              lstm:6                 3 2  0 0  7,7,7,7
one-layer-steps        lstm:6                 3 2  1 0  7,7,7,7
one-layer-ragged       lstm:5                 2 2  1 0  3,8,1,5,8,2
one-layer-states       lstm:5                 2 2  0 1  3,8,1,5,8,2
stacked                lstm:5,lstm:5,lstm:5   4 3  0 0  6,6,6,6,6
stacked-ragged         lstm:5,lstm:5          3 2  0 1  4,9,2,7,1
stacked-ragged-steps   lstm:4,lstm:4          3 2  1 1  4,9,2,7,1
two-directions         bilstm:4               3 2  1 0  6,6,6
two-directions-ragged  bilstm:4,bilstm:4      3 2  1 1  3,7,1,5,7
two-directions-last    bilstm:4,bilstm:4      3 2  0 1  3,7,1,5,7
rnn                    rnn:7                  3 2  1 0  6,6,6
rnn-ragged             rnn:6,rnn:6            3 2  0 1  3,7,1,5,7
rnn-two-directions     birnn:5                3 2  1 1  3,7,1,5,7
many-rows              lstm:3                 1 1  0 0  5,1,4,2,3,5,6,1,2,3,4,5,6,2,2,3,1,6,5,4,3,2,1,6,6,5,4,3,2,1,1,1,4,5,2
long                   lstm:4                 1 1  0 0  120,80
conv                   conv:4+kernel=3                        3 2  1 0  3,8,1,5,8,2
conv-even              conv:4+kernel=8                        2 2  1 0  3,8,1,5,12,2
conv-dilated           conv:3+kernel=3+dilation=2             2 2  1 0  3,8,1,5,8,2
conv-even-dilated      conv:3+kernel=2+dilation=3             2 2  1 0  3,8,1,5,8,2
conv-causal            conv:4+kernel=5+causal                 2 2  1 0  3,8,1,5,8,2
norm                   norm                                   3 2  1 0  3,8,1,5,8,2
fcn                    conv:5+kernel=8,norm,relu,conv:6+kernel=5,norm,relu,conv:4+kernel=3,norm,relu,mean  2 3  0 0  9,14,5,11
conv-lstm              conv:5+kernel=3,norm,relu,lstm:4       2 2  0 0  3,8,1,5,8,2
lstm-mean              lstm:4,mean                            3 2  0 0  3,8,1,5,8,2
lstm-max               lstm:4,max                             3 2  0 0  3,8,1,5,8,2
lstm-attention         lstm:4,attention                       3 2  0 0  3,8,1,5,8,2
"""


def numbers(purpose, shape, scale=1.0):
    """Multiples of 2^-16 in [-0.5, 0.5), times scale."""
    with np.errstate(over="ignore"):
        h = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B9)
        h = h + np.uint32(purpose * 0x85EBCA6B & 0xFFFFFFFF)
        h = (h ^ h >> np.uint32(16)) * np.uint32(0x7FEB352D)
        h = (h ^ h >> np.uint32(15)) * np.uint32(0x846CA68B)
        h = h ^ h >> np.uint32(16)
    return torch.from_numpy(((h >> np.uint32(16)) / 65536 - 0.5) * scale).reshape(shape)


class Network(torch.nn.Module):
    def __init__(self, layers, inputs, outputs):
        super().__init__()
        kind, units = layers.split(",")[0].split(":")
        self.both = kind.startswith("bi")
        self.cell = kind.removeprefix("bi")
        make = torch.nn.LSTM if self.cell == "lstm" else torch.nn.RNN
        recurrent = make(inputs, int(units), layers.count(",") + 1, batch_first=True, bidirectional=self.both)
        self.add_module(self.cell, recurrent)
        self.dense = torch.nn.Linear(int(units) * (1 + self.both), outputs)
        self.double()

    def fill(self):
        """Weights by formula, tensors numbered in quadrat's order; the second bias is zeros."""
        number = 0
        for name, parameter in self.named_parameters():
            second = ".bias_hh" in name
            parameter.data = torch.zeros_like(parameter) if second else numbers(number, parameter.shape)
            number += not second

    def forward(self, x, lengths, states, every_step):
        """Outputs and final states; states are lists, one a layer and direction: h, then c."""
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        pairs = [torch.stack(s) for s in zip(*states)] if states else None
        if pairs:
            pairs = tuple(pairs) if self.cell == "lstm" else pairs[0]
        out, final = getattr(self, self.cell)(packed, pairs)
        h = final[0] if self.cell == "lstm" else final
        if every_step:
            out = pad_packed_sequence(out, batch_first=True)[0]
            rows = torch.cat([out[i, :n] for i, n in enumerate(lengths)])
        else:
            rows = torch.cat([h[-2], h[-1]], 1) if self.both else h[-1]
        final = [list(s) for s in zip(*final)] if self.cell == "lstm" else [[s] for s in h]
        return self.dense(rows), final


class Stack(torch.nn.Module):
    """Layers of any kind, over a list of sequences [length][width]."""

    def __init__(self, layers, inputs, outputs):
        super().__init__()
        self.kinds, width, seen = [], inputs, {}
        for element in layers.split(",") + [f"dense:{outputs}"]:
            (kind, _, units), *modifiers = [part.partition(":") for part in element.split("+")]
            options = dict(m[0].split("=") for m in modifiers if "=" in m[0])
            name = kind if kind == "lstm" or kind not in seen else f"{kind}_{seen[kind]}"
            seen[kind] = seen.get(kind, 0) + 1
            if kind == "conv":
                k, d = int(options["kernel"]), int(options.get("dilation", 1))
                left = d * (k - 1) if ("causal", "", "") in modifiers else d * (k - 1) // 2
                self.add_module(name, torch.nn.Conv1d(width, int(units), k, dilation=d))
                self.kinds.append((kind, name, (left, d * (k - 1) - left)))
            else:
                make = {"norm": lambda: torch.nn.BatchNorm1d(width), "lstm": lambda: torch.nn.LSTM(width, int(units)),
                        "dense": lambda: torch.nn.Linear(width, int(units)),
                        "attention": lambda: torch.nn.Linear(width, 1, bias=False)}.get(kind)
                if make:
                    self.add_module(name, make())
                self.kinds.append((kind, name, None))
            width = int(units) if units else width
        self.double()

    def fill(self):
        """As above; the running means of a normalisation are two tensors more after its parameters."""
        number = 0
        for name, parameter in self.named_parameters():
            second = ".bias_hh" in name
            parameter.data = torch.zeros_like(parameter) if second else numbers(number, parameter.shape)
            number += 0 if second else 3 if name.startswith("norm") and name.endswith("bias") else 1

    def forward(self, x, lengths, states, every_step):
        rows = [x[i, :n] for i, n in enumerate(lengths)]
        for kind, name, padding in self.kinds:
            layer = getattr(self, name, None)
            if kind == "conv":
                rows = [layer(torch.nn.functional.pad(r.T, padding)[None])[0].T for r in rows]
            elif kind == "norm":
                rows = list(torch.split(layer(torch.cat(rows)), lengths))
            elif kind == "relu":
                rows = [r.relu() for r in rows]
            elif kind == "lstm":
                rows = [layer(r)[0] for r in rows]
                last = [r[-1:] for r in rows]
            elif kind == "mean":
                rows = [r.mean(0, keepdim=True) for r in rows]
            elif kind == "max":
                rows = [r.max(0, keepdim=True).values for r in rows]
            elif kind == "attention":
                rows = [(layer(r).softmax(0) * r).sum(0, keepdim=True) for r in rows]
            elif not every_step and len(rows[0]) + len(rows[1]) > 2:
                rows = [layer(r) for r in last]
            else:
                rows = [layer(r) for r in rows]
        return torch.cat(rows), []


def run(line, file):
    name, layers, inputs, outputs, every_step, with_states, lengths = line.split()
    inputs, outputs, every_step, with_states = int(inputs), int(outputs), int(every_step), int(with_states)
    lengths = [int(n) for n in lengths.split(",")]
    stack = any(kind in layers for kind in ("conv", "norm", "mean", "max", "attention"))
    network = (Stack if stack else Network)(layers, inputs, outputs)
    network.fill()
    values = numbers(X, (sum(lengths), inputs), 2.0).requires_grad_()
    x = torch.nn.utils.rnn.pad_sequence(torch.split(values, lengths), batch_first=True)
    rows, units = len(lengths), 0 if stack else getattr(network, network.cell).hidden_size
    count = 0 if stack else (layers.count(",") + 1) * (1 + network.both)
    width = 1 if stack or network.cell == "rnn" else 2
    block = (count, width, rows, units)
    initial = numbers(STATE, block, 2.0).requires_grad_()
    states = [list(s) for s in initial] if with_states else None

    out, final = network(x, lengths, states, every_step)
    result = (out * numbers(DOUT, out.shape, 2.0)).sum()
    if with_states:
        final = torch.stack([torch.stack(s) for s in final])
        result = result + (final * numbers(DSTATE, block, 2.0)).sum()
    result.backward()

    print("case", line, file=file)
    tensors = {"outputs": out, "inputs": values.grad}
    if with_states:
        tensors |= {"states": final, "initial": initial.grad}
    tensors |= {n: p.grad for n, p in network.named_parameters() if ".bias_hh" not in n}
    for tensor, value in tensors.items():
        text = ["%.17g" % v for v in value.detach().reshape(-1).tolist()]
        print("tensor", tensor, len(text), file=file)
        for i in range(0, len(text), 5):
            print(" ".join(text[i:i + 5]), file=file)


with open("torch.txt", "w") as torch_file:
    print(f"# Made by make_torch.py with PyTorch {torch.__version__.split('+')[0]}.", file=torch_file)
    print("# case NAME LAYERS INPUTS OUTPUTS EVERY_STEP STATES LENGTHS; then outputs, final states and gradients", file=torch_file)
    for case in CASES.strip().splitlines():
        run(" ".join(case.split()), torch_file)
