"""The network of `quadrat train sites` in PyTorch, trained as long on the same sequences: residues a second, and perplexity
a residue of the latest sequences.  bench/sites.sh runs it beside quadrat.

    python sites_torch.py SEQUENCES.fa.gz '[|]([0-9]{4})[|]' --units 64 --layers 1 --epochs 4
"""
import argparse
import gzip
import math
import re
import time

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("fasta")
parser.add_argument("year", help="regular expression of the year in a header; the last year is held out")
parser.add_argument("--units", type=int, default=64)
parser.add_argument("--layers", type=int, default=1)
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--rate", type=float, default=0.01)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--updates", type=int, default=0, help="stop after so many: for a speed alone")
parser.add_argument("--seconds", type=float, default=0, help="train for so long, of processor time, whatever the epochs")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(arguments.threads)

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
code = {letter: i for i, letter in enumerate(LETTERS)}
opened = gzip.open if arguments.fasta.endswith("gz") else open
with opened(arguments.fasta, "rt") as file:
    records = [record.split("\n", 1) for record in file.read().split(">")[1:]]
year = np.array([int(re.search(arguments.year, header)[1]) for header, _ in records])
tokens = [torch.tensor([code.get(c, 20) for c in text.replace("\n", "").upper()]) for _, text in records]
train = [t for t, y in zip(tokens, year) if y < year.max()]
held = [t for t, y in zip(tokens, year) if y == year.max()]


class Sites(torch.nn.Module):
    """Two stacks of LSTM kept apart; the states around a residue, not at it, tell its letter."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.ModuleList(torch.nn.Embedding(21, 20) for _ in range(2))
        self.stack = torch.nn.ModuleList(
            torch.nn.LSTM(20, arguments.units, arguments.layers, batch_first=True) for _ in range(2))
        self.dense = torch.nn.Linear(2 * arguments.units, 20)
        for embed in self.embed:
            torch.nn.init.uniform_(embed.weight, -0.05, 0.05)
        for name, p in self.stack.named_parameters():
            if "weight_ih" in name:
                torch.nn.init.xavier_uniform_(p)
            elif "weight_hh" in name:
                torch.nn.init.orthogonal_(p)
            else:
                torch.nn.init.zeros_(p)
                if "bias_ih" in name:
                    p.data[arguments.units:2 * arguments.units] = 1

    def forward(self, x, lengths):
        forward = self.stack[0](self.embed[0](x))[0]
        index = torch.arange(x.shape[1])[None, :]
        turned = torch.where(index < lengths[:, None], lengths[:, None] - 1 - index, index)
        backward = self.stack[1](self.embed[1](x.gather(1, turned)))[0]
        backward = backward.gather(1, turned[:, :, None].expand_as(backward))
        zero = torch.zeros(x.shape[0], 1, arguments.units)
        before = torch.cat([zero, forward[:, :-1]], 1)
        after = torch.cat([backward[:, 1:], zero], 1)
        after = after * (index < lengths[:, None] - 1)[:, :, None]
        return self.dense(torch.cat([before, after], 2))


def losses(network, batch):
    """The mean loss of each sequence over its known residues."""
    lengths = torch.tensor([len(t) for t in batch])
    x = torch.nn.utils.rnn.pad_sequence(batch, batch_first=True, padding_value=20)
    loss = torch.nn.functional.cross_entropy(network(x, lengths).transpose(1, 2), x, ignore_index=20, reduction="none")
    return loss.sum(1) / (x < 20).sum(1)


network = Sites()
batches = math.ceil(len(train) / arguments.batch)
total = arguments.updates or arguments.epochs * batches
optimizer = torch.optim.AdamW(network.parameters(), lr=arguments.rate, eps=1e-7, weight_decay=0.01)
residues, updates, began = 0, 0, time.process_time()


def done():
    """The part of the training that is over."""
    return (time.process_time() - began) / arguments.seconds if arguments.seconds > 0 else updates / total


epoch = 0
while done() < 1:
    order = np.random.default_rng(arguments.seed * 1000 + epoch).permutation(len(train))
    for first in range(0, len(train), arguments.batch):
        if done() >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = arguments.rate * (1 + math.cos(math.pi * done())) / 2
        batch = [train[i] for i in order[first:first + arguments.batch]]
        loss = losses(network, batch).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1)
        optimizer.step()
        residues += sum(len(t) for t in batch)
        updates += 1
    epoch += 1
seconds = time.process_time() - began
print(f"{updates} updates, {seconds:.1f} s, {residues / seconds:.0f} residues/s")
if arguments.updates == 0:
    with torch.no_grad():
        mean = torch.cat([losses(network, held[i:i + 32]) for i in range(0, len(held), 32)]).mean().item()
    print(f"perplexity a residue of {len(held)} sequences of {year.max()}: {math.exp(mean):.4f}")
