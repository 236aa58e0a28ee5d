"""PyTorch: epochs of training with Adam on random sequences, for bench/compare.sh.

    torch_lstm.py N T I H LAYERS B SECONDS THREADS      prints the median: milliseconds of an epoch
"""
import os
import statistics
import sys
import time

import torch

N, T, I, H, layers, B = map(int, sys.argv[1:7])
seconds = float(sys.argv[7])
torch.set_num_threads(int(sys.argv[8]))
torch.manual_seed(0)
now = time.process_time if os.environ.get("BENCH_CLOCK") == "processor" else time.perf_counter


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(I, H, layers, batch_first=True)
        self.dense = torch.nn.Linear(H, 1)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


x, y, model = torch.rand(N, T, I), torch.rand(N, 1), Model()
optimizer = torch.optim.Adam(model.parameters())


def epoch():
    for first in range(0, N, B):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x[first:first + B]), y[first:first + B]).backward()
        optimizer.step()


epoch()
times, until = [], now() + seconds
while now() < until or len(times) < 3:
    began = now()
    epoch()
    times.append(now() - began)
print(f"{statistics.median(times) * 1e3:.4f}")
