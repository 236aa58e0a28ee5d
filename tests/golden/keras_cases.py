"""What make_keras.py and check_keras.py share: quadrat's settings as a Keras model, and its training.

Weights of a network are lists of arrays in PyTorch's layout and quadrat's order: for each direction of a recurrent layer
weight_ih [G*H][I], weight_hh [G*H][H] and bias [G*H], at the end the dense layer's weight [K][H] and bias [K].
"""
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np

GATES = {"lstm": 4, "bilstm": 4, "rnn": 1}
DEFAULTS = {
    "batch": "32", "shuffle": "true", "optimizer": "adam", "lr": "0.001", "momentum": "0", "loss": "mse",
    "huber-delta": "1", "clip-norm": "0", "clip-value": "0", "schedule": "constant", "seed": "1",
}
SHUFFLE = 2  # QD_FOR_SHUFFLE
WORD = 0xFFFFFFFF


def philox(key, counter):
    """Philox4x32-10 of Salmon et al. 2011."""
    k, c = list(key), list(counter)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & WORD, (a >> 32) ^ c[3] ^ k[1], a & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


def order_of_epoch(seed, epoch, n):
    """quadrat's order of n samples in an epoch (from 0)."""
    key = philox([seed & WORD, seed >> 32], [SHUFFLE, 0, epoch, 0])[:2]
    order = list(range(n))
    for i in range(n, 1, -1):
        block = 0
        while True:
            words = philox(key, [block, 0, i & WORD, i >> 32])
            word = words[0] << 32 | words[1]
            if word >= (1 << 64) % i:
                break
            block += 1
        order[i - 1], order[word % i] = order[word % i], order[i - 1]
    return order


def layer_list(settings):
    return [(kind, int(units)) for kind, units in (part.split(":") for part in settings["layers"].split(","))]


def shapes(settings, inputs, outputs):
    """(shape, gate whose bias starts at 1 or None) of every tensor, in quadrat's order."""
    result, width = [], inputs
    for kind, units in layer_list(settings):
        rows = GATES[kind] * units
        directions = 2 if kind == "bilstm" else 1
        result += [((rows, width), None), ((rows, units), None), ((rows,), 1 if rows > units else None)] * directions
        width = units * directions
    return result + [((outputs, width), None), ((outputs,), None)]


def build(settings, steps, inputs, outputs, weights):
    """A Keras model with these weights."""
    cells = {"lstm": keras.layers.LSTM, "bilstm": keras.layers.LSTM, "rnn": keras.layers.SimpleRNN}
    model = keras.Sequential([keras.Input((steps, inputs))])
    layers = layer_list(settings)
    for i, (kind, units) in enumerate(layers):
        layer = cells[kind](units, return_sequences=i + 1 < len(layers))
        model.add(keras.layers.Bidirectional(layer) if kind == "bilstm" else layer)
    model.add(keras.layers.Dense(outputs))
    model.set_weights([w.T if w.ndim == 2 else w for w in weights])
    return model


def optimizer(settings, updates):
    lr = float(settings["lr"])
    if settings["schedule"] == "cosine":
        lr = keras.optimizers.schedules.CosineDecay(lr, updates)
    clip = {"global_clipnorm": float(settings["clip-norm"]) or None, "clipvalue": float(settings["clip-value"]) or None}
    if settings["optimizer"] == "sgd":
        return keras.optimizers.SGD(lr, momentum=float(settings["momentum"]), **clip)
    if settings["optimizer"] == "rmsprop":
        return keras.optimizers.RMSprop(lr, momentum=float(settings["momentum"]), **clip)
    return {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[settings["optimizer"]](lr, **clip)


def loss(settings):
    return {
        "mse": keras.losses.MeanSquaredError(),
        "mae": keras.losses.MeanAbsoluteError(),
        "huber": keras.losses.Huber(delta=float(settings["huber-delta"])),
        "logistic": keras.losses.BinaryCrossentropy(from_logits=True),
        "softmax": keras.losses.CategoricalCrossentropy(from_logits=True),
    }[settings["loss"]]


def train(given, x, y, weights, sample_weights=None):
    """The loss of every epoch of Keras, trained as quadrat does with these settings."""
    settings = {**DEFAULTS, **given}
    epochs, batch, n = int(settings["epochs"]), int(settings["batch"]), len(x)
    model = build(settings, x.shape[1], x.shape[2], y.shape[1], weights)
    model.compile(optimizer=optimizer(settings, epochs * -(-n // batch)), loss=loss(settings))
    if settings["shuffle"] == "false":
        history = model.fit(x, y, sample_weight=sample_weights, epochs=epochs, batch_size=batch, shuffle=False, verbose=0)
        return history.history["loss"]
    losses = []
    for epoch in range(epochs):
        order = order_of_epoch(int(settings["seed"]), epoch, n)
        total = 0.0
        for first in range(0, n, batch):
            part = order[first:first + batch]
            weight = None if sample_weights is None else sample_weights[part]
            total += len(part) * float(model.train_on_batch(x[part], y[part], sample_weight=weight))
        losses.append(total / n)
    return losses


def nudged(weights):
    """The same weights, each a unit in the last place larger or smaller."""
    rng = np.random.default_rng(1)
    return [np.nextafter(w, rng.choice([-np.inf, np.inf], w.shape).astype("f4")) for w in weights]


def difference(losses, others):
    """The largest relative difference of an epoch's loss.  That of Keras with itself from nudged weights tells how well
    determined a training is: where Adam is about to step over a valley's edge, rounding errors grow a thousandfold in a
    few epochs, and no two programs (nor Keras with and without oneDNN) agree any more."""
    return max(abs(a - b) / abs(b) for a, b in zip(losses, others))
