"""Makes keras.txt and optimizers.txt: what Keras computes from weights, data and gradients that are made by a formula, so
that only results need to be kept.  The formula stands in ../train/golden.h too.

    python make_keras.py            # in this folder; keras with the tensorflow backend
"""
import keras_cases  # first: it chooses Keras's backend
import keras
import numpy as np
import tensorflow

X, Y, WEIGHTS = 100, 101, 102  # what a number is for, beside the tensors' own 0, 1, 2, ...

CASES = """
article          100 10 1 1 0  layers=lstm:50,lstm:50 epochs=100 batch=32 shuffle=false
odd-one-layer     37 23 5 1 0  layers=lstm:19 epochs=100 batch=8 shuffle=false
odd-two-layers    37 23 5 3 0  layers=lstm:19,lstm:19 epochs=100 batch=8 shuffle=false
shuffled          37 11 2 2 0  layers=lstm:13 epochs=30 batch=8 seed=5
cells             37 12 3 2 0  layers=bilstm:7,rnn:6,bilstm:5 epochs=20 batch=10 shuffle=false
rmsprop           29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=rmsprop
rmsprop-momentum  29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=rmsprop momentum=0.5
sgd-momentum      29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=sgd momentum=0.9 lr=0.05
adamw             29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=adamw
clip-norm         29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=sgd lr=0.5 clip-norm=0.125
clip-value        29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false optimizer=sgd lr=0.5 clip-value=0.015625
cosine            29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false schedule=cosine lr=0.01
mae               29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false loss=mae
huber             29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false loss=huber
huber-delta       29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false loss=huber huber-delta=0.25
logistic          29 9 3 2 0   layers=lstm:11 epochs=20 batch=8 shuffle=false loss=logistic
softmax           29 9 3 4 0   layers=lstm:11 epochs=20 batch=8 shuffle=false loss=softmax
weights           29 9 3 2 1   layers=lstm:11 epochs=20 batch=8 shuffle=false
weights-shuffled  29 9 3 2 1   layers=lstm:11 epochs=20 batch=8 seed=9 loss=mae
"""

OPTIMIZERS = {
    "optimizer=adam": keras.optimizers.Adam(0.01),
    "optimizer=adam beta1=0.8 beta2=0.99 epsilon=0.001": keras.optimizers.Adam(0.01, 0.8, 0.99, 0.001),
    "optimizer=adamw": keras.optimizers.AdamW(0.01),
    "optimizer=adam weight-decay=0.5": keras.optimizers.Adam(0.01, weight_decay=0.5),
    "optimizer=rmsprop": keras.optimizers.RMSprop(0.01),
    "optimizer=rmsprop rho=0.75 momentum=0.5": keras.optimizers.RMSprop(0.01, rho=0.75, momentum=0.5),
    "optimizer=rmsprop weight-decay=0.5": keras.optimizers.RMSprop(0.01, weight_decay=0.5),
    "optimizer=sgd": keras.optimizers.SGD(0.01),
    "optimizer=sgd momentum=0.9": keras.optimizers.SGD(0.01, momentum=0.9),
    "optimizer=sgd momentum=0.5 weight-decay=0.5": keras.optimizers.SGD(0.01, momentum=0.5, weight_decay=0.5),
}
SIZE, UPDATES, EVERY = 11, 48, 8


def words(purpose, count):
    """Thirty-two bits for each index: a bijection that mixes well (lowbias32 of C. Wellons)."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(purpose * 0x85EBCA6B & 0xFFFFFFFF)
        h = (h ^ h >> np.uint32(16)) * np.uint32(0x7FEB352D)
        h = (h ^ h >> np.uint32(15)) * np.uint32(0x846CA68B)
        return h ^ h >> np.uint32(16)


def numbers(purpose, shape):
    """Multiples of 2^-16 in [-0.5, 0.5)."""
    count = int(np.prod(shape))
    return ((words(purpose, count) >> np.uint32(16)).astype("f4") / 65536 - np.float32(0.5)).reshape(shape)


def weights_of(settings, inputs, outputs):
    """Matrices of about Glorot's size (the power of two below it); small biases, 1 more for the forget gate."""
    result = []
    for i, (shape, unit_gate) in enumerate(keras_cases.shapes(settings, inputs, outputs)):
        scale = 1.0
        while len(shape) == 2 and scale * scale * sum(shape) > 24:
            scale /= 2
        w = numbers(i, shape) * np.float32(scale if len(shape) == 2 else 0.125)
        if unit_gate is not None:
            units = shape[0] // 4
            w[unit_gate * units:(unit_gate + 1) * units] += 1
        result.append(w)
    return result


def targets_of(settings, n, outputs):
    loss = settings.get("loss", "mse")
    if loss == "softmax":
        return np.eye(outputs, dtype="f4")[words(Y, n) % np.uint32(outputs)]
    y = numbers(Y, (n, outputs)) + np.float32(0.5)
    return (y < 0.5).astype("f4") if loss == "logistic" else y


def train(line, nudge=False):
    n, steps, inputs, outputs, weighted = map(int, line.split()[1:6])
    settings = dict(pair.split("=") for pair in line.split()[6:])
    x = numbers(X, (n, steps, inputs)) + np.float32(0.5)
    y = targets_of(settings, n, outputs)
    sample_weights = (words(WEIGHTS, n) % np.uint32(4)).astype("f4") / 2 if weighted else None
    weights = weights_of(settings, inputs, outputs)
    return keras_cases.train(settings, x, y, keras_cases.nudged(weights) if nudge else weights, sample_weights)


def update(optimizer):
    variable = keras.Variable(numbers(0, (SIZE,)))
    powers = np.float32(2.0) ** (np.arange(SIZE) % 5 - 2).astype("f4")
    optimizer.build([variable])
    rows = []
    for t in range(1, UPDATES + 1):
        optimizer.apply([tensorflow.constant(numbers(t, (SIZE,)) * powers)])
        if t % EVERY == 0:
            rows.append(" ".join("%.9g" % v for v in keras.ops.convert_to_numpy(variable)))
    return rows


def main():
    made = "# Made by make_keras.py with Keras %s and TensorFlow %s.\n" % (keras.__version__, tensorflow.__version__)
    with open("keras.txt", "w") as out:
        out.write(made + "# case NAME SAMPLES STEPS INPUTS OUTPUTS WEIGHTED SETTING=VALUE...: the loss of every epoch\n")
        for line in CASES.strip().split("\n"):
            losses = train(line)
            own = keras_cases.difference(train(line, nudge=True), losses)
            print("%-18s %.6f -> %.6f, nudged %.1e" % (line.split()[0], losses[0], losses[-1], own), flush=True)
            assert own < 1e-5, "no case to compare with: Keras does not agree with itself"
            out.write("case " + " ".join(line.split()) + "\n" + "".join("%.9g\n" % v for v in losses))
    with open("optimizers.txt", "w") as out:
        out.write(made + "# case ELEMENTS UPDATES EVERY SETTING=VALUE...: the elements after every EVERY updates\n")
        for settings, optimizer in OPTIMIZERS.items():
            out.write("case %d %d %d lr=0.01 %s\n" % (SIZE, UPDATES, EVERY, settings) + "\n".join(update(optimizer)) + "\n")


main()
