"""ONNX Runtime and PyTorch: one whole sequence at batch 1 on one thread, for bench/compare.sh.

    onnx_latency.py T I H LAYERS SECONDS      prints the medians in milliseconds: ONNX Runtime, PyTorch
"""
import os
import statistics
import sys
import tempfile
import time
import warnings

import onnxruntime
import torch

warnings.filterwarnings("ignore")
T, I, H, layers = map(int, sys.argv[1:5])
seconds = float(sys.argv[5])
torch.set_num_threads(1)
now = time.process_time if os.environ.get("BENCH_CLOCK") == "processor" else time.perf_counter


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(I, H, layers, batch_first=True)
        self.dense = torch.nn.Linear(H, 1)

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


def median(call):
    for _ in range(5):
        call()
    times, until = [], now() + seconds
    while now() < until or len(times) < 3:
        began = now()
        call()
        times.append(now() - began)
    return statistics.median(times) * 1e3


model, x = Model().eval(), torch.rand(1, T, I)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.log_severity_level = 3
with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
    torch.onnx.export(model, x, file.name, input_names=["x"], dynamo=False)
    session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
given = {"x": x.numpy()}
with torch.no_grad():
    print(f"{median(lambda: session.run(None, given)):.4f} {median(lambda: model(x)):.4f}")
