r"""One table in one run: the articles' loops, PyTorch, Keras, backprop.

    python tests/bench.py                      every job, table on stdout
    python tests/bench.py cats --code backprop the jobs and codes so named
    python tests/bench.py --quick              a tenth of the steps
    python tests/bench.py --json FILE          the figures for the book, too
    python tests/bench.py --threads 1 --clock cpu   on a busy machine

Each row runs in a process of its own, so that its peak memory is its own
(imports included), and the codes of a job take turns, so that what else the
machine does meets all of them alike; the best of its turns counts. Read
ratios, not seconds. A code whose library is not installed is left out.

After the table: whole commands with what starting Python costs, and how the
time of a step grows with pictures, pixels, units, filters and batch, beside
the count of multiplications and additions (``--only`` picks a part).

A job is a function under ``@row(job, code)``. It prepares (untimed) and
returns a callable, which is timed; that callable returns what is to be
reported: ``steps`` (what "per step" divides by), ``accuracy``, ``flops``
(multiplications and additions of the matrix products that this code does)
and ``reads``, the functions that one reads to understand the net.
"""

import argparse
import ast
import datetime
import gzip
import inspect
import json
import os
import platform
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import backprop  # noqa: E402

DATA = Path(os.environ.get("BACKPROP_DATA") or ROOT / "data").resolve()
QUICK = bool(os.environ.get("BENCH_QUICK"))
CPU = bool(os.environ.get("BENCH_CPU"))
clock = time.process_time if CPU else time.perf_counter
ROWS = {}

ARTICLE = "article's loop, re-typed"
OURS = "backprop"


def row(job, code):
    """Enter the decorated function as the row (job, code) of the table."""

    def enter(prepare):
        ROWS[job, code] = prepare
        return prepare

    return enter


def steps(number):
    return max(number // 10, 1) if QUICK else number


# === Data ===


def cats():
    """Pictures as columns in [0, 1] and labels: train and test."""
    import h5py

    sets = []
    for name in "train", "test":
        with h5py.File(DATA / f"{name}_catvnoncat.h5", "r") as file:
            X, Y = file[f"{name}_set_x"][:], file[f"{name}_set_y"][:]
        sets += [X.reshape(len(X), -1).T / 255.0, Y.reshape(1, -1)]
    return sets


def digits(train=None, test=None):
    """Pictures (m, 28, 28) in [-0.5, 0.5] and labels: train and test."""

    def idx(name, number, head):
        with gzip.open(DATA / f"{name}.gz") as file:
            data = np.frombuffer(file.read(), np.uint8, offset=head)
        return data.reshape(-1, 28, 28)[:number] if head == 16 else (
            data[:number])

    sets = []
    for name, number in ("train", train), ("t10k", test):
        X = idx(f"{name}-images-idx3-ubyte", number, 16)
        sets += [X / 255 - 0.5, idx(f"{name}-labels-idx1-ubyte", number, 8)]
    return sets


def moons():
    """The article's 1000 points and their split: rows, labels (m,)."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import train_test_split

    X, y = make_moons(n_samples=1000, noise=0.2, random_state=100)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.1, random_state=42
    )
    return X, y, X_test, y_test


def circles():
    """100 points in two rings, rows, one-hot labels."""
    from sklearn.datasets import make_circles

    X, t = make_circles(
        n_samples=100, shuffle=False, factor=0.3, noise=0.1, random_state=1
    )
    return X, np.stack([1 - t, t], axis=1)


def dense_flops(dims, m, to_input=False):
    """Of one step: Z and dW in each layer, dA in all but the first."""
    products = [a * b for a, b in zip(dims, dims[1:])]
    back = products if to_input else products[1:]
    return 2 * m * (2 * sum(products) + sum(back))


# What the digit net multiplies for one picture: convolution forward and for
# its filters, the dense layer forward, for its weights and for its input.
DIGIT_FLOPS = 2 * (2 * 26 * 26 * 9 * 8 + 3 * 1352 * 10)


# === Cats: the course's notebook ===


def course_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters["W" + str(l)], parameters["b" + str(l)]
        Z = np.dot(W, A) + b
        caches.append(((A, W, b), Z))
        A = np.maximum(0, Z) if l < L else 1 / (1 + np.exp(-Z))
    return A, caches


def course_cost(AL, Y):
    m = Y.shape[1]
    cost = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    return np.squeeze(cost)


def course_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(1, L + 1)):
        (A_prev, W, b), Z = caches[l - 1]
        if l == L:
            s = 1 / (1 + np.exp(-Z))
            dZ = dA * s * (1 - s)
        else:
            dZ = np.array(dA, copy=True)
            dZ[Z <= 0] = 0
        grads["dW" + str(l)] = np.dot(dZ, A_prev.T) / m
        grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
        dA = np.dot(W.T, dZ)
        grads["dA" + str(l - 1)] = dA
    return grads


def course_update(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        parameters["W" + str(l)] = (
            parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        )
        parameters["b" + str(l)] = (
            parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
        )
    return parameters


def course_model(X, Y, parameters, learning_rate, num_iterations):
    costs = []
    for i in range(0, num_iterations):
        AL, caches = course_forward(X, parameters)
        cost = course_cost(AL, Y)
        grads = course_backward(AL, Y, caches)
        parameters = course_update(parameters, grads, learning_rate)
        if i % 100 == 0:
            costs.append(cost)
    return parameters, costs


CATS = {
    # job: dims, learning rate, iterations, flops of the course's own step
    "cats 12288-12-1": ([12288, 12, 1], 0.007, 2500),
    "cats 12288-20-7-5-1": ([12288, 20, 7, 5, 1], 0.0075, 2500),
}


def cat_start(dims):
    """The parameters of the course: 0.01 for two layers, 1/sqrt(n) more."""
    stream = np.random.RandomState(1)
    parameters = {}
    for l in range(1, len(dims)):
        scale = 0.01 if len(dims) == 3 else 1 / np.sqrt(dims[l - 1])
        W = stream.randn(dims[l], dims[l - 1]) * scale
        parameters["W" + str(l)] = W
        parameters["b" + str(l)] = np.zeros((dims[l], 1))
    return parameters


def cats_article(job, part=1):
    """The course's loop, or the first 1/part of its iterations."""
    dims, rate, iterations = CATS[job]
    X, Y, X_test, Y_test = cats()
    parameters = cat_start([len(X), *dims[1:]])
    number = steps(iterations) // part

    def run():
        trained, costs = course_model(X, Y, parameters, rate, number)
        AL, _ = course_forward(X_test, trained)
        return dict(
            steps=number,
            cost=float(course_cost(course_forward(X, trained)[0], Y)),
            accuracy=float(np.mean((AL > 0.5) == Y_test)),
            flops=number * dense_flops(dims, X.shape[1], to_input=True),
            reads=[course_forward, course_cost, course_backward,
                   course_update, course_model, cat_start],
        )  # fmt: skip

    return run


def cats_torch(job, part=1):
    """The same descent in PyTorch, or the first 1/part of it."""
    import torch

    torch.manual_seed(1)
    dims, rate, iterations = CATS[job]
    X, Y, X_test, Y_test = cats()
    number = steps(iterations) // part

    def train(number):
        layers = []
        for n_in, n_out in zip(dims, dims[1:]):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        layers[-1] = torch.nn.Sigmoid()
        net = torch.nn.Sequential(*layers).double()
        start = cat_start(dims)
        with torch.no_grad():
            for l, layer in enumerate(net[::2], 1):
                layer.weight.copy_(torch.from_numpy(start[f"W{l}"]))
                layer.bias.zero_()
        optimizer = torch.optim.SGD(net.parameters(), lr=rate)
        criterion = torch.nn.BCELoss()
        inputs = torch.from_numpy(np.ascontiguousarray(X.T))
        labels = torch.from_numpy(Y.T.astype(float))
        for _ in range(number):
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
        return net, loss

    train(2)  # what PyTorch loads at the first step is not the net's time

    def run():
        net, loss = train(number)
        with torch.no_grad():
            AL = net(torch.from_numpy(X_test.T.copy())).numpy().T
        return dict(
            steps=number,
            cost=loss.item(),
            accuracy=float(np.mean((AL > 0.5) == Y_test)),
            flops=number * dense_flops(dims, X.shape[1]),
            reads=[train],
        )

    return run


def cats_keras(job):
    keras = import_keras()
    dims, rate, iterations = CATS[job]
    X, Y, X_test, Y_test = cats()
    number = steps(iterations) // 10  # slow: fewer steps, same per step

    def build():
        net = keras.Sequential([keras.Input((dims[0],))])
        for n in dims[1:-1]:
            net.add(keras.layers.Dense(n, activation="relu"))
        net.add(keras.layers.Dense(1, activation="sigmoid"))
        net.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
        return net

    def train(net, number):
        net.fit(X.T, Y.T, batch_size=len(Y.T), epochs=number, verbose=0)

    net = build()
    train(net, 2)  # compiles

    def run():
        train(net, number)
        return dict(
            steps=number,
            flops=number * dense_flops(dims, X.shape[1]),
            reads=[build, train],
        )

    return run


def cats_ours(job):
    dims, rate, iterations = CATS[job]
    X, Y, X_test, Y_test = cats()
    number = steps(iterations)
    scale = 0.01 if len(dims) == 3 else lambda n: 1 / np.sqrt(n)

    def in_the_span(X, Y):
        start = backprop.initialize_parameters_deep(dims, 1, scale)
        R, inside, Q = backprop.to_span(X, start)
        for _, _, inside in backprop.descend([(R, Y)] * number, inside, rate):
            pass
        return backprop.from_span(inside, start, Q)

    def run():
        trained = in_the_span(X, Y)
        AL, _ = backprop.L_model_forward(X_test, trained)
        AL_train, _ = backprop.L_model_forward(X, trained)
        m = X.shape[1]
        return dict(
            steps=number,
            cost=float(backprop.compute_cost(AL_train, Y)),
            accuracy=float(np.mean((AL > 0.5) == Y_test)),
            flops=number * dense_flops([min(m, dims[0]), *dims[1:]], m),
            reads=[in_the_span],
        )

    return run


for _job in CATS:
    row(_job, ARTICLE)(lambda job=_job: cats_article(job))
    row(_job, "PyTorch float64")(lambda job=_job: cats_torch(job))
    row(_job, "Keras float32")(lambda job=_job: cats_keras(job))
    row(_job, OURS)(lambda job=_job: cats_ours(job))


def import_keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    keras.utils.set_random_seed(1)
    return keras


# === Digits: the article's three classes ===


class ArticleConv:
    def __init__(self, num_filters):
        self.num_filters = num_filters
        self.filters = np.random.randn(num_filters, 3, 3) / 9

    def iterate_regions(self, image):
        h, w = image.shape
        for i in range(h - 2):
            for j in range(w - 2):
                yield image[i : i + 3, j : j + 3], i, j

    def forward(self, image):
        self.last_input = image
        h, w = image.shape
        output = np.zeros((h - 2, w - 2, self.num_filters))
        for region, i, j in self.iterate_regions(image):
            output[i, j] = np.sum(region * self.filters, axis=(1, 2))
        return output

    def backprop(self, d_out, learn_rate):
        d_filters = np.zeros(self.filters.shape)
        for region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_filters[f] += d_out[i, j, f] * region
        self.filters -= learn_rate * d_filters


class ArticlePool:
    def iterate_regions(self, image):
        h, w, _ = image.shape
        for i in range(h // 2):
            for j in range(w // 2):
                yield image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2], i, j

    def forward(self, image):
        self.last_input = image
        h, w, num_filters = image.shape
        output = np.zeros((h // 2, w // 2, num_filters))
        for region, i, j in self.iterate_regions(image):
            output[i, j] = np.amax(region, axis=(0, 1))
        return output

    def backprop(self, d_out):
        d_input = np.zeros(self.last_input.shape)
        for region, i, j in self.iterate_regions(self.last_input):
            h, w, f = region.shape
            highest = np.amax(region, axis=(0, 1))
            for i2 in range(h):
                for j2 in range(w):
                    for f2 in range(f):
                        if region[i2, j2, f2] == highest[f2]:
                            d_input[i * 2 + i2, j * 2 + j2, f2] = (
                                d_out[i, j, f2]
                            )
        return d_input


class ArticleSoftmax:
    def __init__(self, input_len, nodes):
        self.weights = np.random.randn(input_len, nodes) / input_len
        self.biases = np.zeros(nodes)

    def forward(self, input):
        self.last_input_shape = input.shape
        input = input.flatten()
        self.last_input = input
        totals = np.dot(input, self.weights) + self.biases
        self.last_totals = totals
        exp = np.exp(totals)
        return exp / np.sum(exp, axis=0)

    def backprop(self, d_out, learn_rate):
        for i, gradient in enumerate(d_out):
            if gradient == 0:
                continue
            t_exp = np.exp(self.last_totals)
            S = np.sum(t_exp)
            d_out_d_t = -t_exp[i] * t_exp / (S**2)
            d_out_d_t[i] = t_exp[i] * (S - t_exp[i]) / (S**2)
            d_t = gradient * d_out_d_t
            d_w = self.last_input[np.newaxis].T @ d_t[np.newaxis]
            d_inputs = self.weights @ d_t
            self.weights -= learn_rate * d_w
            self.biases -= learn_rate * d_t
            return d_inputs.reshape(self.last_input_shape)


def article_digit_net(X, y, epochs=3, learn_rate=0.005):
    conv, pool = ArticleConv(8), ArticlePool()
    softmax = ArticleSoftmax(13 * 13 * 8, 10)
    for _ in range(epochs):
        for k in np.random.permutation(len(X)):
            out = softmax.forward(pool.forward(conv.forward(X[k])))
            gradient = np.zeros(10)
            gradient[y[k]] = -1 / out[y[k]]
            gradient = softmax.backprop(gradient, learn_rate)
            gradient = pool.backprop(gradient)
            conv.backprop(gradient, learn_rate)
    return conv, pool, softmax


@row("digits, 1 at a time", ARTICLE)
def _():
    number = steps(1000)
    X, y, X_test, y_test = digits(number, steps(1000))
    np.random.seed(1)

    def run():
        conv, pool, softmax = article_digit_net(X, y)
        return dict(
            steps=3 * number,
            later=lambda: float(np.mean([
                softmax.forward(pool.forward(conv.forward(x))).argmax() == k
                for x, k in zip(X_test, y_test)
            ])),
            flops=3 * number * DIGIT_FLOPS,
            reads=[ArticleConv, ArticlePool, ArticleSoftmax,
                   article_digit_net],
        )  # fmt: skip

    return run


def digits_torch(batch, dtype):
    import torch

    number = steps(4000 if batch == 1 else 20000)
    X, y, X_test, y_test = digits(number, 1000)
    torch.manual_seed(1)
    dtype = getattr(torch, dtype)

    def train(X, y):
        net = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, bias=False),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(13 * 13 * 8, 10),
        ).to(dtype)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.005)
        criterion = torch.nn.CrossEntropyLoss()
        inputs = torch.tensor(X[:, None], dtype=dtype)
        labels = torch.tensor(y.astype(int))
        order = torch.randperm(len(X))
        for k in order.split(batch):
            optimizer.zero_grad()
            criterion(net(inputs[k]), labels[k]).backward()
            optimizer.step()
        return net

    def accuracy(net):
        with torch.no_grad():
            scores = net(torch.tensor(X_test[:, None], dtype=dtype))
        return float(np.mean(scores.argmax(1).numpy() == y_test))

    train(X[: 2 * batch], y[: 2 * batch])  # PyTorch loads itself

    def run():
        net = train(X, y)
        return dict(
            steps=len(X),
            later=lambda: accuracy(net),
            flops=len(X) * DIGIT_FLOPS,
            reads=[train],
        )

    return run


def digits_keras(batch):
    keras = import_keras()
    number = steps(1000 if batch == 1 else 10000)
    X, y, X_test, y_test = digits(number, 1000)

    def build():
        net = keras.Sequential([
            keras.layers.Conv2D(8, 3, use_bias=False),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ])  # fmt: skip
        net.compile(
            keras.optimizers.SGD(0.005), "sparse_categorical_crossentropy"
        )
        return net

    def train(net, X, y):
        net.fit(X[..., None], y, batch_size=batch, epochs=1, verbose=0)

    def accuracy(net):
        scores = net.predict(X_test[..., None], verbose=0)
        return float(np.mean(scores.argmax(1) == y_test))

    net = build()
    train(net, X[: 2 * batch], y[: 2 * batch])  # compiles

    def run():
        train(net, X, y)
        return dict(
            steps=len(X),
            later=lambda: accuracy(net),
            flops=len(X) * DIGIT_FLOPS,
            reads=[build, train],
        )

    return run


def digits_ours(batch, dtype):
    number = steps(4000 if batch == 1 else 20000)
    X, y, X_test, y_test = digits(number, 1000)
    X, X_test = (A[..., None].astype(dtype) for A in (X, X_test))
    Y = np.eye(10, dtype=dtype)[:, y]

    def train():
        parameters = backprop.initialize_conv_parameters(
            (28, 28, 1), [8], [10]
        )
        parameters = {name: P.astype(dtype) for name, P in parameters.items()}
        batches = backprop.mini_batches(X, Y, batch)
        for _, _, parameters in backprop.descend(
            batches, parameters, 0.005, backprop.conv_net()
        ):
            pass
        return parameters

    def accuracy(parameters):
        AL, _ = backprop.conv_net()[0](X_test, parameters)
        return float(np.mean(AL.argmax(axis=0) == y_test))

    def run():
        parameters = train()
        return dict(
            steps=len(X),
            later=lambda: accuracy(parameters),
            flops=len(X) * DIGIT_FLOPS,
            reads=[train],
        )

    return run


def lone_digit_step(X, Y, W1, W2, b2, rate):
    """A step of the digit net on one picture: what numpy can do at best.

    Nothing is general here, nothing checked, and nothing computed twice.
    """
    n = W1.shape[1]
    P = np.lib.stride_tricks.sliding_window_view(X, (26, 26))
    P = P.reshape(9, 676)
    Z = (W1.T @ P).reshape(n, 26, 26)
    cells = [np.s_[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    A = np.maximum(np.maximum(Z[cells[0]], Z[cells[1]]),
                   np.maximum(Z[cells[2]], Z[cells[3]]))  # fmt: skip
    column = A.reshape(-1, 1)
    scores = np.dot(W2, column) + b2
    E = np.exp(scores - scores.max())
    AL = E / E.sum()
    cost = -np.log((AL * Y).sum())
    d_scores = AL - Y
    dA = np.dot(W2.T, d_scores).reshape(A.shape)
    dZ = np.empty_like(Z)
    free = np.ones(A.shape, bool)
    for cell in cells:
        first = (Z[cell] == A) & free
        free ^= first
        np.multiply(first, dA, out=dZ[cell])
    dW1 = P @ dZ.reshape(n, 676).T
    W2 = W2 - rate * np.dot(d_scores, column.T)
    return cost, W1 - rate * dW1, W2, b2 - rate * d_scores


@row("digits, 1 at a time", "numpy, this net alone")
def _():
    X, y, X_test, y_test = digits(steps(4000), 1000)
    number, Y = len(X), np.eye(10)[:, y]
    start = backprop.initialize_conv_parameters((28, 28, 1), [8], [10])

    def turned(W2):
        # The dense layer of `conv_net` reads maps by columns, this by rows.
        return W2.reshape(10, 8, 13, 13).swapaxes(2, 3).reshape(10, 1352)

    def values(parameters):
        W1, W2, b2 = parameters.values()
        return W1.reshape(9, 8), turned(W2), b2

    def train(number):
        current = values(start)
        for k in np.random.RandomState(0).permutation(number):
            cost, *current = lone_digit_step(
                X[k], Y[:, k : k + 1], *current, 0.005
            )
        return cost, current

    for cost, _, parameters in backprop.descend(
        backprop.mini_batches(X[:9, ..., None], Y[:, :9], 1),
        start, 0.005, backprop.conv_net(),
    ):  # fmt: skip
        pass
    same = train(9)
    assert np.allclose(cost, same[0], rtol=1e-12)
    for ours, its in zip(values(parameters), same[1]):
        assert np.allclose(ours, its, rtol=0, atol=1e-14)

    def accuracy(current):
        W1, W2, b2 = current
        parameters = {
            "W1": W1.reshape(3, 3, 1, 8), "W2": turned(W2), "b2": b2
        }  # fmt: skip
        AL, _ = backprop.conv_net()[0](X_test[..., None], parameters)
        return float(np.mean(AL.argmax(axis=0) == y_test))

    def run():
        _, current = train(number)
        return dict(
            steps=number,
            later=lambda: accuracy(current),
            flops=number * DIGIT_FLOPS,
            reads=[lone_digit_step, train],
        )

    return run


for _batch in 1, 32, 128:
    _job = f"digits, {_batch} at a time"
    row(_job, "PyTorch float64")(lambda b=_batch: digits_torch(b, "float64"))
    row(_job, "PyTorch float32")(lambda b=_batch: digits_torch(b, "float32"))
    row(_job, "Keras float32")(lambda b=_batch: digits_keras(b))
    row(_job, OURS)(lambda b=_batch: digits_ours(b, "float64"))
    row(_job, f"{OURS} float32")(lambda b=_batch: digits_ours(b, "float32"))


# === Moons: the article's list of layers ===

MOON_LAYERS = [
    {"input_dim": 2, "output_dim": 25, "activation": "relu"},
    {"input_dim": 25, "output_dim": 50, "activation": "relu"},
    {"input_dim": 50, "output_dim": 50, "activation": "relu"},
    {"input_dim": 50, "output_dim": 25, "activation": "relu"},
    {"input_dim": 25, "output_dim": 1, "activation": "sigmoid"},
]
MOON_DIMS = [2, 25, 50, 50, 25, 1]


def article_moon_init(layers, seed=2):
    np.random.seed(seed)
    values = {}
    for i, layer in enumerate(layers, 1):
        n_in, n_out = layer["input_dim"], layer["output_dim"]
        values["W" + str(i)] = np.random.randn(n_out, n_in) * 0.1
        values["b" + str(i)] = np.random.randn(n_out, 1) * 0.1
    return values


def article_moon_forward(X, values, layers):
    memory = {}
    A = X
    for i, layer in enumerate(layers, 1):
        A_prev = A
        Z = np.dot(values["W" + str(i)], A_prev) + values["b" + str(i)]
        if layer["activation"] == "relu":
            A = np.maximum(0, Z)
        else:
            A = 1 / (1 + np.exp(-Z))
        memory["A" + str(i - 1)] = A_prev
        memory["Z" + str(i)] = Z
    return A, memory


def article_moon_backward(Y_hat, Y, memory, values, layers):
    grads = {}
    m = Y.shape[1]
    dA_prev = -(np.divide(Y, Y_hat) - np.divide(1 - Y, 1 - Y_hat))
    for i, layer in reversed(list(enumerate(layers, 1))):
        dA = dA_prev
        A_prev, Z = memory["A" + str(i - 1)], memory["Z" + str(i)]
        if layer["activation"] == "relu":
            dZ = np.array(dA, copy=True)
            dZ[Z <= 0] = 0
        else:
            s = 1 / (1 + np.exp(-Z))
            dZ = dA * s * (1 - s)
        grads["dW" + str(i)] = np.dot(dZ, A_prev.T) / m
        grads["db" + str(i)] = np.sum(dZ, axis=1, keepdims=True) / m
        dA_prev = np.dot(values["W" + str(i)].T, dZ)
    return grads


def article_moon_train(X, Y, layers, epochs, learning_rate):
    values = article_moon_init(layers)
    costs, accuracies = [], []
    for _ in range(epochs):
        Y_hat, memory = article_moon_forward(X, values, layers)
        m = Y_hat.shape[1]
        cost = -1 / m * (
            np.dot(Y, np.log(Y_hat).T) + np.dot(1 - Y, np.log(1 - Y_hat).T)
        )
        costs.append(np.squeeze(cost))
        accuracies.append(((Y_hat > 0.5) == Y).all(axis=0).mean())
        grads = article_moon_backward(Y_hat, Y, memory, values, layers)
        for i in range(1, len(layers) + 1):
            values["W" + str(i)] -= learning_rate * grads["dW" + str(i)]
            values["b" + str(i)] -= learning_rate * grads["db" + str(i)]
    return values, costs, accuracies


@row("moons 2-25-50-50-25-1", ARTICLE)
def _():
    X, y, X_test, y_test = moons()
    number = steps(10000)

    def run():
        values, _, _ = article_moon_train(
            X.T, y.reshape(1, -1), MOON_LAYERS, number, 0.01
        )
        AL, _ = article_moon_forward(X_test.T, values, MOON_LAYERS)
        return dict(
            steps=number,
            accuracy=float(np.mean((AL[0] > 0.5) == y_test)),
            flops=number * dense_flops(MOON_DIMS, len(X), to_input=True),
            reads=[article_moon_init, article_moon_forward,
                   article_moon_backward, article_moon_train],
        )  # fmt: skip

    return run


@row("moons 2-25-50-50-25-1", "PyTorch float64")
def _():
    import torch

    X, y, X_test, y_test = moons()
    number = steps(10000)

    def train(number):
        layers = []
        for n_in, n_out in zip(MOON_DIMS, MOON_DIMS[1:]):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        layers[-1] = torch.nn.Sigmoid()
        net = torch.nn.Sequential(*layers).double()
        start = article_moon_init(MOON_LAYERS)
        with torch.no_grad():
            for l, layer in enumerate(net[::2], 1):
                layer.weight.copy_(torch.from_numpy(start[f"W{l}"]))
                layer.bias.copy_(torch.from_numpy(start[f"b{l}"][:, 0]))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        criterion = torch.nn.BCELoss()
        inputs = torch.from_numpy(X)
        labels = torch.from_numpy(y[:, None].astype(float))
        for _ in range(number):
            optimizer.zero_grad()
            criterion(net(inputs), labels).backward()
            optimizer.step()
        return net

    train(2)  # PyTorch loads itself

    def run():
        net = train(number)
        with torch.no_grad():
            AL = net(torch.from_numpy(X_test)).numpy()
        return dict(
            steps=number,
            accuracy=float(np.mean((AL[:, 0] > 0.5) == y_test)),
            flops=number * dense_flops(MOON_DIMS, len(X)),
            reads=[train],
        )

    return run


@row("moons 2-25-50-50-25-1", "Keras float32")
def _():
    keras = import_keras()
    X, y, X_test, y_test = moons()
    number = steps(10000) // 20

    def build():
        net = keras.Sequential([keras.Input((2,))])
        for n in MOON_DIMS[1:-1]:
            net.add(keras.layers.Dense(n, activation="relu"))
        net.add(keras.layers.Dense(1, activation="sigmoid"))
        net.compile(keras.optimizers.SGD(0.01), "binary_crossentropy")
        return net

    def train(net, number):
        net.fit(X, y, batch_size=len(y), epochs=number, verbose=0)

    net = build()
    train(net, 2)  # compiles

    def run():
        train(net, number)
        return dict(
            steps=number,
            flops=number * dense_flops(MOON_DIMS, len(X)),
            reads=[build, train],
        )

    return run


@row("moons 2-25-50-50-25-1", OURS)
def _():
    X, y, X_test, y_test = moons()
    X, Y = X.T, y.reshape(1, -1)
    number = steps(10000)

    def train():
        parameters = backprop.initialize_parameters_deep(
            MOON_DIMS, seed=2, scale=0.1, bias_scale=0.1
        )
        for _, _, parameters in backprop.descend(
            [(X, Y)] * number, parameters, 0.01
        ):
            pass
        return parameters

    def run():
        AL, _ = backprop.L_model_forward(X_test.T, train())
        return dict(
            steps=number,
            accuracy=float(np.mean((AL[0] > 0.5) == y_test)),
            flops=number * dense_flops(MOON_DIMS, X.shape[1]),
            reads=[train],
        )

    return run


# The same accuracy sooner: 64 points at a time, momentum 0.9, 30 epochs.


@row("moons, batches, momentum", "PyTorch float64")
def _():
    import torch

    X, y, X_test, y_test = moons()

    def train():
        layers = []
        for n_in, n_out in zip(MOON_DIMS, MOON_DIMS[1:]):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        layers[-1] = torch.nn.Sigmoid()
        net = torch.nn.Sequential(*layers).double()
        start = article_moon_init(MOON_LAYERS)
        with torch.no_grad():
            for l, layer in enumerate(net[::2], 1):
                layer.weight.copy_(torch.from_numpy(start[f"W{l}"]))
                layer.bias.copy_(torch.from_numpy(start[f"b{l}"][:, 0]))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        criterion = torch.nn.BCELoss()
        inputs = torch.from_numpy(X)
        labels = torch.from_numpy(y[:, None].astype(float))
        for epoch in range(30):
            order = np.random.RandomState(epoch).permutation(len(y))
            for k in range(0, len(y), 64):
                batch = torch.from_numpy(order[k:k + 64])
                optimizer.zero_grad()
                criterion(net(inputs[batch]), labels[batch]).backward()
                optimizer.step()
        return net

    def run():
        net = train()
        with torch.no_grad():
            AL = net(torch.from_numpy(X_test)).numpy()
        return dict(
            steps=30 * 15,
            accuracy=float(np.mean((AL[:, 0] > 0.5) == y_test)),
            flops=30 * dense_flops(MOON_DIMS, len(X)),
            reads=[train],
        )

    return run


@row("moons, batches, momentum", OURS)
def _():
    def train():
        job = backprop.moons(
            learning_rate=0.05, epochs=30, momentum=0.9, batch=64
        )
        *_, step = backprop.train(job)
        return job.data[:4], job.layers["activations"], step.end.parameters

    def run():
        (X, _, X_test, Y_test), activations, parameters = train()
        AL, _ = backprop.L_model_forward(X_test, parameters, activations)
        return dict(
            steps=30 * 15,
            accuracy=float(np.mean((AL > 0.5) == Y_test)),
            flops=30 * dense_flops(MOON_DIMS, X.shape[1]),
            reads=[train],
        )

    return run


# === Circles: the article's functions, rows as examples ===


def article_softmax(z):
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


def article_circles_backprop(X, T, Wh, bh, Wo, bo):
    H = 1 / (1 + np.exp(-(X @ Wh + bh)))
    Y = article_softmax(H @ Wo + bo)
    Eo = (Y - T) / Y.shape[0]
    JWo = H.T @ Eo
    Jbo = np.sum(Eo, axis=0, keepdims=True)
    Eh = H * (1 - H) * (Eo @ Wo.T)
    JWh = X.T @ Eh
    Jbh = np.sum(Eh, axis=0, keepdims=True)
    return [JWh, Jbh, JWo, Jbo]


def article_circles_train(X, T, iterations, learning_rate, momentum):
    stream = np.random.RandomState(1)
    shapes = (2, 3), (1, 3), (3, 2), (1, 2)
    parameters = [stream.randn(*shape) * 0.1 for shape in shapes]
    velocities = [np.zeros_like(P) for P in parameters]
    for _ in range(iterations):
        gradients = article_circles_backprop(X, T, *parameters)
        velocities = [momentum * V - learning_rate * J
                      for V, J in zip(velocities, gradients)]  # fmt: skip
        parameters = [P + V for P, V in zip(parameters, velocities)]
    return parameters


@row("circles 2-3-2, momentum", OURS)
def _():
    X, T = circles()
    X, Y = X.T, T.T.astype(float)
    number = steps(3000)

    def train():
        parameters = backprop.initialize_parameters_deep(
            [2, 3, 2], seed=1, scale=0.1, bias_scale=0.1
        )
        # The article's rate 0.2 is this rate times 1 - 0.9.
        for _, _, parameters in backprop.descend(
            [(X, Y)] * number, parameters, 0.2 / (1 - 0.9),
            backprop.dense_net(["sigmoid", "softmax"]),
            backprop.Momentum(0.9),
        ):  # fmt: skip
            pass
        return parameters

    def run():
        AL, _ = backprop.L_model_forward(X, train(), ["sigmoid", "softmax"])
        return dict(
            steps=number,
            accuracy=float(np.mean(AL.argmax(0) == Y.argmax(0))),
            flops=number * dense_flops([2, 3, 2], X.shape[1]),
            reads=[train],
        )

    return run


@row("circles 2-3-2, momentum", ARTICLE)
def _():
    X, T = circles()
    number = steps(3000)

    def run():
        Wh, bh, Wo, bo = article_circles_train(X, T, number, 0.2, 0.9)
        H = 1 / (1 + np.exp(-(X @ Wh + bh)))
        Y = article_softmax(H @ Wo + bo)
        return dict(
            steps=number,
            accuracy=float(np.mean(Y.argmax(1) == T.argmax(1))),
            flops=number * dense_flops([2, 3, 2], len(X)),
            reads=[article_softmax, article_circles_backprop,
                   article_circles_train],
        )  # fmt: skip

    return run


# === What one reads ===


def code_lines(functions):
    """The code of these and of all of ours that they call, no prose."""
    seen, queue, total = set(), list(functions), 0
    while queue:
        function = queue.pop()
        if function in seen:
            continue
        seen.add(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and (
                ast.get_docstring(node)
            ):
                node.body = node.body[1:] or [ast.Pass()]
            name = getattr(node, "attr", getattr(node, "id", None))
            called = vars(backprop).get(name)
            if inspect.isfunction(called) or inspect.isclass(called):
                queue.append(called)
        lines = ast.unparse(tree).splitlines()
        total += sum(bool(line.strip()) for line in lines)
    return total


# === The machine ===


def matmul_rate(dtype, n=1500):
    """Multiplications and additions a second, at best, of a product."""
    A = np.ones((n, n), dtype)
    best = min(timed(lambda: A @ A) for _ in range(5))
    return 2 * n**3 / best


def peak_memory():
    """MiB that this process has needed at most, or None."""
    # Not ru_maxrss, which starts at what the parent had at the fork.
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def timed(run):
    start = clock()
    run()
    return clock() - start


def machine():
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        memory = 0
    cores = len(getattr(os, "sched_getaffinity", lambda _: [0])(0))
    return {
        "cpu": name,
        "cores": cores,
        "memory_gib": round(memory / 2**30),
        "system": platform.system(),
    }


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in "numpy", "torch", "keras", "tensorflow_cpu", "h5py":
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


# === How time grows ===


def seconds_a_call(run, least=0.3):
    """Seconds of one call, the best of several rounds."""

    def round_of(calls):
        return timed(lambda: [run() for _ in range(calls)]) / calls

    calls = 1
    while round_of(calls) * calls < least / 5:
        calls *= 2
    return min(round_of(calls) for _ in range(5))


def dense_step(n_x, hidden, m, span):
    """A step of a net of cats of any size, on noise."""
    stream = np.random.RandomState(1)
    X, Y = stream.rand(n_x, m), stream.randint(2, size=(1, m))
    dims = [n_x, *hidden, 1]
    parameters = backprop.initialize_parameters_deep(dims, seed=1)
    if span and n_x > m:
        X, parameters, _ = backprop.to_span(X, parameters)
        dims[0] = X.shape[0]

    def run():
        next(backprop.descend([(X, Y)], parameters, 0.0075))

    return run, dense_flops(dims, m)


def digit_step(filters, m):
    """A step of a digit net with so many filters, on noise."""
    stream = np.random.RandomState(1)
    X = stream.rand(m, 28, 28, 1)
    Y = np.eye(10)[:, stream.randint(10, size=m)]
    net = backprop.conv_net()
    parameters = backprop.initialize_conv_parameters(
        (28, 28, 1), [filters], [10]
    )

    def run():
        next(backprop.descend([(X, Y)], parameters, 0.005, net))

    return run, m * DIGIT_FLOPS * filters // 8


def growth():
    """Curves: what grows, on what net, and (x, seconds, flops) points."""
    pixels = [8, 16, 32, 64, 128]
    curves = [
        ("pictures", "n-12-1 on 64x64x3, in the span", [
            (m, *dense_step(12288, [12], m, True))
            for m in (25, 50, 100, 200, 400, 800)]),
        ("pixels a side", "n-12-1 on 209 pictures, in the span", [
            (n, *dense_step(3 * n * n, [12], 209, True)) for n in pixels]),
        ("pixels a side", "n-12-1 on 209 pictures, plain descent", [
            (n, *dense_step(3 * n * n, [12], 209, False)) for n in pixels]),
        ("hidden units", "12288-n-1 on 209 pictures, in the span", [
            (n, *dense_step(12288, [n], 209, True))
            for n in (3, 6, 12, 25, 50, 100, 200, 400)]),
    ]  # fmt: skip
    curves += [
        ("filters", "conv 3x3xn, pool 2, softmax 10, 32 digits at a time", [
            (n, *digit_step(n, 32)) for n in (2, 4, 8, 16, 32)]),
        ("batch", "conv 3x3x8, pool 2, softmax 10", [
            (n, *digit_step(8, n)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)
        ]),
    ]  # fmt: skip
    for what, net, points in curves:
        yield {
            "what": what,
            "net": net,
            "points": [
                {"x": x, "seconds": seconds_a_call(run), "flops": flops}
                for x, run, flops in points
            ],
        }


# === Whole commands ===


def whole_commands():
    """What a command costs from start to end, beside Python's own start."""
    commands = {
        "python -c 'import numpy'": ["-c", "import numpy"],
        "python -c 'import backprop'": ["-c", "import backprop"],
        "python -m backprop": ["-m", "backprop"],
        "python -m backprop cat": ["-m", "backprop", "cat"],
    }
    best = {name: None for name in commands}
    for turn in range(7):
        for name, words in commands.items():
            if turn > 2 and words[-1] == "cat":
                continue
            found = whole(words)
            if best[name] is None or found["seconds"] < best[name]["seconds"]:
                best[name] = found
    return [{"command": name, **found} for name, found in best.items()]


def whole(words):
    """Seconds and peak MiB of one command."""
    # As a user's Python does: the compiled module is kept.
    clean = {key: value for key, value in os.environ.items()
             if key != "PYTHONDONTWRITEBYTECODE"}  # fmt: skip
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT, env=clean, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words}: exit status {child.returncode}")
    if CPU:
        seconds = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "memory_mb": usage.ru_maxrss / 1024}


# === Running ===


def child(job, code):
    """Run one row here and print what it measured."""
    run = ROWS[job, code]()
    start = clock()
    result = run()
    seconds = clock() - start
    memory = peak_memory()
    later = result.pop("later", None)
    if later:
        result["accuracy"] = later()
    result["lines"] = code_lines(result.pop("reads"))
    result.update(seconds=seconds, memory_mb=memory)
    print(json.dumps(result))


def measure(job, code, quick):
    """One turn of one row in a fresh process; None if it can't run."""
    done = subprocess.run(
        [sys.executable, __file__, "--child", job, code],
        capture_output=True,
        text=True,
        env=dict(os.environ, BENCH_QUICK="1" if quick else ""),
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        print(f"left out: {job}, {code}: {reason}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def run_job(job, codes, turns, quick):
    """All codes of a job take turns; the fastest turn of each counts."""
    best, spent = {}, {}
    for turn in range(turns):
        for code in codes:
            if turn and (code not in best or spent[code] > 60):
                continue
            result = measure(job, code, quick)
            if result is None:
                continue
            spent[code] = spent.get(code, 0) + result["seconds"]
            if code not in best or (
                result["seconds"] < best[code]["seconds"]
            ):
                best[code] = result
    return [dict(job=job, code=code, **best[code])
            for code in codes if code in best]  # fmt: skip


HEAD = (
    f"{'job':<24} {'code':<25} {'µs a step':>11} {'times':>6} "
    f"{'memory':>7} {'lines':>5} {'accuracy':>8} {'of peak':>7}"
)


def show(results, rates):
    print(HEAD)
    ours = {r["job"]: r["step"] for r in results if r["code"] == OURS}
    previous = None
    for result in results:
        job, code = result["job"], result["code"]
        ratio = result["step"] / ours.get(job, result["step"])
        if previous not in (None, job):
            print()
        previous = job
        dtype = "float32" if "float32" in code else "float64"
        result["share"] = result["flops"] / result["seconds"] / rates[dtype]
        memory = result["memory_mb"]
        memory = "" if memory is None else f"{memory:.0f} MB"
        accuracy = result.get("accuracy")
        accuracy = "" if accuracy is None else f"{accuracy:.3f}"
        print(
            f"{job:<24} {code:<25} {result['step'] * 1e6:>11,.1f} "
            f"{ratio:>6.1f} {memory:>7} "
            f"{result['lines']:>5} {accuracy:>8} {result['share']:>7.1%}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(
        description="Measure the articles' loops, PyTorch, Keras and us."
    )
    parser.add_argument("jobs", nargs="*", help="words of the jobs' names")
    parser.add_argument("--code", default="", help="a word of the codes'")
    parser.add_argument("--only", choices=["rows", "commands", "growth"])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of the libraries")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(*options.child)
    again = dict(os.environ)
    if options.threads:
        for name in "OMP", "OPENBLAS", "MKL":
            again[f"{name}_NUM_THREADS"] = str(options.threads)
    if options.clock == "cpu":
        again["BENCH_CPU"] = "1"
    if again != dict(os.environ):  # read when numpy is imported
        os.execve(sys.executable, [sys.executable, *sys.argv], again)
    report = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "threads": options.threads or machine()["cores"],
        "clock": options.clock,
        "data": "original" if "BACKPROP_DATA" in os.environ else "shipped",
        "commands": [],
        "rows": [],
        "growth": [],
    }
    # The commands first: a child's peak of memory begins at its parent's.
    if not options.jobs and options.only in (None, "commands"):
        report["commands"] = whole_commands()
    rates = {name: matmul_rate(name) for name in ("float64", "float32")}
    report["matmul"] = rates
    print(
        f"{report['machine']['cpu']}, threads: {report['threads']}, clock: "
        f"{options.clock}; "
        + ", ".join(f"{k} {v}" for k, v in versions().items())
        + f"; matrix product {rates['float64'] / 1e9:.0f} GFLOP/s in "
        f"float64, {rates['float32'] / 1e9:.0f} in float32; data: "
        f"{report['data']}"
    )
    for line in report["commands"]:
        print(f"{line['command']:<30} {line['seconds']:>7.3f} s "
              f"{line['memory_mb']:>5.0f} MB")  # fmt: skip
    if options.only in (None, "rows"):
        report["rows"] = measured_rows(options)
        show(report["rows"], rates)
    if not options.jobs and options.only in (None, "growth"):
        for curve in growth():
            report["growth"].append(curve)
            print(f"\n{curve['what']}: {curve['net']}")
            for point in curve["points"]:
                point["share"] = (
                    point["flops"] / point["seconds"] / rates["float64"])
                print(f"{point['x']:>8} {point['seconds'] * 1e6:>12,.1f} µs "
                      f"{point['flops']:>14,} flop {point['share']:>7.1%}",
                      flush=True)  # fmt: skip
    if options.json:
        text = json.dumps(report, indent=1) + "\n"
        options.json.write_text(text, encoding="utf-8")


def measured_rows(options):
    """All rows that were asked for."""
    results = []
    for job in dict.fromkeys(job for job, _ in ROWS):
        if options.jobs and not any(word in job for word in options.jobs):
            continue
        codes = [c for j, c in ROWS if j == job and options.code in c]
        for result in run_job(job, codes, options.turns, options.quick):
            result["step"] = result["seconds"] / result["steps"]
            results.append(result)
    return results


if __name__ == "__main__":
    main()
