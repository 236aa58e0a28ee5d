"""Keras on TensorFlow: the article's script, for bench/compare.sh.  Prints milliseconds of 100 epochs, of a prediction of
one sequence, and megabytes of memory."""
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np

now = time.process_time if os.environ.get("BENCH_CLOCK") == "processor" else time.perf_counter
rng = np.random.default_rng(0)
X, y = rng.random((100, 10, 1), np.float32), rng.random((100, 1), np.float32)
model = keras.Sequential([
    keras.Input((10, 1)),
    keras.layers.LSTM(50, return_sequences=True),
    keras.layers.LSTM(50),
    keras.layers.Dense(1),
])
model.compile(optimizer="adam", loss="mse")
began = now()
model.fit(X, y, epochs=100, batch_size=32, verbose=0)
fitted = now()
for _ in range(3):
    model.predict(X[:1], verbose=0)
warm = now()
for _ in range(10):
    model.predict(X[:1], verbose=0)
one = (now() - warm) / 10
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{(fitted - began) * 1e3:.1f} {one * 1e3:.2f} {memory:.0f}")
