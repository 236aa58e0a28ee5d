"""How fast PyTorch trains the tagger of `quadrat train cells` on tracks as ragged as those of a table: frames a second.

    python cells_torch.py tracks.csv.gz --id ID --inputs 84 --units 32 --layers 2 --threads 1

Packed sequences (pack_padded_sequence), which compute no padding, and beside them padded ones with a mask, which compute
all of it.  Only the lengths are taken from the table: the inputs are noise, as many as `quadrat inspect MODEL` says.
"""
import argparse
import csv
import gzip
import time

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

parser = argparse.ArgumentParser()
parser.add_argument("tracks")
parser.add_argument("--id", default="ID")
parser.add_argument("--inputs", type=int, required=True)
parser.add_argument("--classes", type=int, default=5)
parser.add_argument("--units", type=int, default=32)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seconds", type=float, default=10, help="of each of the two, at least")
arguments = parser.parse_args()
torch.manual_seed(1)
torch.set_num_threads(arguments.threads)

lengths = {}
opened = gzip.open if arguments.tracks.endswith("gz") else open
with opened(arguments.tracks, "rt") as file:
    for row in csv.DictReader(file):
        lengths[row[arguments.id]] = lengths.get(row[arguments.id], 0) + 1
tracks = [torch.randn(n, arguments.inputs) for n in lengths.values()]
labels = [torch.randint(arguments.classes, (n,)) for n in lengths.values()]


class Tagger(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(arguments.inputs, arguments.units, arguments.layers, dropout=0.2, bidirectional=True)
        self.dense = torch.nn.Linear(2 * arguments.units, arguments.classes)

    def forward(self, x, n, packed):
        if packed:
            return self.dense(pad_packed_sequence(self.lstm(pack_padded_sequence(x, n, enforce_sorted=False))[0])[0])
        return self.dense(self.lstm(x)[0])


def speed(packed):
    """Frames a second, over whole epochs after a first batch that nobody times."""
    net = Tagger()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.002, weight_decay=0.004)
    frames, begin = 0, None
    while begin is None or time.process_time() - begin < arguments.seconds:
        order = torch.randperm(len(tracks)).tolist()
        for i in range(0, len(order), arguments.batch):
            rows = order[i:i + arguments.batch]
            n = torch.tensor([len(tracks[r]) for r in rows])
            x = pad_sequence([tracks[r] for r in rows])
            y = pad_sequence([labels[r] for r in rows], padding_value=-1)
            optimizer.zero_grad()
            out = net(x, n, packed)
            torch.nn.functional.cross_entropy(out.flatten(0, 1), y.flatten(), ignore_index=-1).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
            if begin is None:
                begin = time.process_time()
            else:
                frames += int(n.sum())
            if begin is not None and time.process_time() - begin >= arguments.seconds:
                break
    return frames / (time.process_time() - begin)


for name, packed in (("packed", True), ("padded", False)):
    print(f"{name} {speed(packed):.0f} frames a second of processor time")
