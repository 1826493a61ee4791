r"""One table in one run: the articles' loops, PyTorch, Keras, backprop.

    python tests/bench.py                      everything, in some minutes
    python tests/bench.py rows busy            these parts
    python tests/bench.py rows --job digits    jobs with this in their name
    python tests/bench.py --json docs/speed.json   the book's figures, too

The parts are rows (a step of each net), accuracy (the time until a net is
right so often), busy (commands beside busy processes), commands (from start
to end) and growth (time against sizes). With ``--json`` what is measured
takes the place of what the file has of it, and the rest stays.

The codes of a job take turns in one process, on one thread, so that what
else the machine does meets all of them alike; the median of the rounds
counts. Read ratios, not seconds. Before they are timed, all codes of a job
take some steps from one start and must agree in the cost. A code whose
library is not installed is left out.
"""

import argparse
import datetime
import functools
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    # Read when numpy is imported. Some machines name a processor for old
    # libraries' sake, for which a current numpy is slower than it can be.
    THREADS = {f"{name}_NUM_THREADS": os.environ.get(
        "OMP_NUM_THREADS", "1") for name in ("OMP", "OPENBLAS", "MKL")}
    os.environ.update(THREADS)
    os.environ.pop("OPENBLAS_CORETYPE", None)

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import backprop as bp  # noqa: E402

DATA = Path(os.environ.get("BACKPROP_DATA") or ROOT / "data").resolve()
ARTICLE, OURS = "article's loop, re-typed", "backprop"
PARTS = "commands", "rows", "accuracy", "busy", "growth"


# === Jobs ===


class Job(NamedTuple):
    """What is trained from where, as every code is told it."""

    parameters: dict  # where all codes start, as backprop has them
    batches: list  # of (X, Y), columns or pictures
    rate: float
    momentum: float = 0  # as a ball's: the rate is that of the first step
    activation: str = None  # of stages
    activations: tuple = ("softmax",)
    halved: bool = False  # the rate, after each round of the batches

    def net(self):
        if self.parameters["W1"].ndim == 4:
            return bp.conv_net(self.activation, self.activations)
        return bp.dense_net(self.activations)

    def steps(self):
        """Ours, step by step, round and round."""
        rule = (bp.Momentum(self.momentum) if self.momentum
                else bp.update_parameters)
        return bp.descend(
            itertools.cycle(self.batches), self.parameters,
            lambda step: self.rate_in(step) / (1 - self.momentum),
            self.net(), rule)

    def rate_in(self, step):
        return self.rate * 0.5**(self.halved * (step // len(self.batches)))


def cats(hidden):
    """The course's pictures, the whole set in every step."""
    X, Y, *_ = bp.load_data(DATA)
    X, Y = X.reshape(len(X), -1).T / 255, Y.astype(float)
    dims = [len(X), *hidden, 1]
    scale = 0.01 if len(hidden) == 1 else lambda n: 1 / np.sqrt(n)
    start = bp.initialize_parameters_deep(dims, seed=1, scale=scale)
    return Job(start, [(X, Y)], 0.0075,
               activations=("relu",) * len(hidden) + ("sigmoid",))


MOON_DIMS = 2, 25, 50, 50, 25, 1


def moons(size=None, rate=0.01, momentum=0):
    """The article's points: all 900 in a step, or so many."""
    X, Y, *test = bp.split(*bp.make_moons())
    size = size or X.shape[1]
    batches = [(X[:, k:k + size], Y[:, k:k + size])
               for k in range(0, X.shape[1], size)]
    start = bp.initialize_parameters_deep(
        MOON_DIMS, seed=2, scale=0.1, bias_scale=0.1)
    return Job(start, batches, rate, momentum,
               activations=("relu",) * 4 + ("sigmoid",)), test


def circles():
    """The article's two rings and its net, with its momentum."""
    start = bp.initialize_parameters_deep(
        [2, 3, 2], seed=1, scale=0.1, bias_scale=0.1)
    return Job(start, [bp.make_circles()], 0.2, 0.9,
               activations=("sigmoid", "softmax"))


def digits(batch, dtype="float64", count=2560, rate=0.005, momentum=0,
           filters=(8,), hidden=(), activation=None, halved=False):
    """MNIST's pictures, or those that ship, some at a time."""
    x, y, *_ = bp.load_digits(DATA)
    X = x[:count].astype(dtype) / 255 - 0.5
    Y = np.eye(10, dtype=dtype)[:, y[0, :count]]
    if not filters:
        X = X.reshape(len(X), -1).T
    batches = bp.random_mini_batches(X, Y, batch)
    scale = ((lambda n: 1 / n) if activation is None
             else lambda n: np.sqrt(2 / n))
    layers = [*hidden, 10]
    start = (bp.initialize_conv_parameters(
                 (28, 28, 1), filters, layers, scale=scale,
                 bias=activation is not None)
             if filters else
             bp.initialize_parameters_deep([784, *layers], scale=scale))
    start = {name: P.astype(dtype) for name, P in start.items()}
    return Job(start, batches, rate, momentum, activation,
               (activation,) * len(hidden) + ("softmax",), halved)


# === Frameworks ===


class TorchNet:
    """Any of these nets in PyTorch, from the same start."""

    def __init__(self, job, dtype=None):
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self.torch = torch
        self.dtype = getattr(torch, dtype or job.parameters["W1"].dtype.name)
        self.net = torch.nn.Sequential(*self.layers(job)).to(self.dtype)
        self.optimizer = torch.optim.SGD(
            self.net.parameters(), lr=job.rate, momentum=job.momentum)
        self.softmax = job.activations[-1] == "softmax"
        self.criterion = (torch.nn.CrossEntropyLoss() if self.softmax
                          else torch.nn.BCELoss())
        self.batches, self.job, self.done = itertools.cycle(
            [(self.inputs(X), self.labels(Y)) for X, Y in job.batches]), job, 0

    def layers(self, job):
        """What the parameters' shapes say, with their values."""
        nn, names = self.torch.nn, job.parameters
        g = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
        activations, turn = list(job.activations), None
        for l in itertools.count(1):
            W, b = names.get(f"W{l}"), names.get(f"b{l}")
            if W is None:
                return
            if W.ndim == 4:
                layer = nn.Conv2d(*W.shape[2:], len(W), bias=b is not None)
                value, turn = W.transpose(3, 2, 0, 1), W.shape[3]
                what = [nn.MaxPool2d(2)]
                what += [g[job.activation]()] if job.activation else []
            else:
                what = [g[name]() for name in activations[:1] if name in g]
                activations = activations[1:]
                layer, value = nn.Linear(W.shape[1], len(W)), W
                if turn:  # our maps are read by columns, theirs by rows
                    yield nn.Flatten()
                    side = round((W.shape[1] / turn)**0.5)
                    value = W.reshape(len(W), turn, side, side)
                    value = value.swapaxes(2, 3).reshape(W.shape)
                    turn = None
            with self.torch.no_grad():
                layer.weight.copy_(self.torch.tensor(value.copy()))
                if b is not None:
                    layer.bias.copy_(self.torch.tensor(b.ravel()))
            yield layer
            yield from what

    def inputs(self, X):
        X = X.transpose(0, 3, 1, 2) if X.ndim == 4 else X.T
        return self.torch.tensor(np.ascontiguousarray(X), dtype=self.dtype)

    def labels(self, Y):
        if self.softmax:
            return self.torch.tensor(Y.argmax(axis=0))
        return self.torch.tensor(Y.T.copy(), dtype=self.dtype)

    def run(self, number):
        for inputs, labels in itertools.islice(self.batches, number):
            self.optimizer.param_groups[0]["lr"] = self.job.rate_in(self.done)
            self.done += 1
            self.optimizer.zero_grad()
            loss = self.criterion(self.net(inputs), labels)
            loss.backward()
            self.optimizer.step()
        return loss.item()

    def answers(self, X):
        with self.torch.no_grad():
            return self.net(self.inputs(X)).numpy().T


class KerasNet:
    """Any of these nets in Keras, in float32, from a start of its own."""

    def __init__(self, job, dtype=None):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras

        layers, activations = keras.layers, list(job.activations)
        X = self.inputs(job.batches[0][0])
        self.net = keras.Sequential([keras.Input(X.shape[1:])])
        for name, W in job.parameters.items():
            if name[0] == "W" and W.ndim == 4:
                self.net.add(layers.Conv2D(
                    W.shape[3], len(W), activation=job.activation,
                    use_bias=f"b{name[1:]}" in job.parameters))
                self.net.add(layers.MaxPooling2D(2))
            elif name[0] == "W":
                self.net.add(layers.Flatten())
                self.net.add(layers.Dense(len(W), activations.pop(0)))
        self.net.compile(
            keras.optimizers.SGD(job.rate, momentum=job.momentum),
            "categorical_crossentropy" if job.activations[-1] == "softmax"
            else "binary_crossentropy")
        self.batches = itertools.cycle(
            [(self.inputs(X), Y.T.astype("float32")) for X, Y in job.batches])
        self.job, self.done = job, 0
        self.run(2)  # compiles

    def inputs(self, X):
        return (X if X.ndim == 4 else X.T).astype("float32")

    def run(self, number):
        for X, Y in itertools.islice(self.batches, number):
            if self.job.halved and self.done % len(self.job.batches) == 0:
                self.net.optimizer.learning_rate.assign(
                    self.job.rate_in(self.done))
            self.done += 1
            self.net.train_on_batch(X, Y)

    def answers(self, X):
        return self.net.predict(self.inputs(X), verbose=0).T


class OurNet:
    """The same as a stranger would write it with backprop's functions."""

    def __init__(self, job, dtype=None):
        self.forward = job.net()[0]
        self.steps = job.steps()

    def run(self, number):
        for cost, _, parameters in itertools.islice(self.steps, number):
            pass
        self.parameters = parameters
        return float(cost)

    def answers(self, X):
        return np.concatenate(
            [self.forward(x, self.parameters)[0] for x in pieces(X)], axis=1)


def pieces(X, size=500):
    """Some examples at a time: all maps at once would fill the memory."""
    if X.ndim == 2:
        return [X]
    return [X[k:k + size] for k in range(0, len(X), size)]


# === The articles' loops ===

# The course's notebook, and the articles on moons, circles and digits.


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


def article_softmax(z):
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


def article_circles_cost(X, T, Wh, bh, Wo, bo):
    H = 1 / (1 + np.exp(-(X @ Wh + bh)))
    Y = article_softmax(H @ Wo + bo)
    return -np.multiply(T, np.log(Y)).sum()


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
                   np.maximum(Z[cells[2]], Z[cells[3]]))
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


class Loop:
    """A loop of one's own: ``step(parameters) -> cost, parameters``."""

    def __init__(self, step, parameters):
        self.step, self.parameters = step, parameters

    def run(self, number):
        for _ in range(number):
            cost, self.parameters = self.step(self.parameters)
        return None if cost is None else float(cost)


def course_loop(job):
    (X, Y), = job.batches

    def step(parameters):
        AL, caches = course_forward(X, parameters)
        cost = course_cost(AL, Y)
        grads = course_backward(AL, Y, caches)
        return cost, course_update(parameters, grads, job.rate)

    return Loop(step, dict(job.parameters))


def moons_loop(job):
    (X, Y), = job.batches
    layers = [{"activation": name} for name in job.activations]
    costs, accuracies = [], []

    def step(values):
        Y_hat, memory = article_moon_forward(X, values, layers)
        m = Y_hat.shape[1]
        cost = -1 / m * (
            np.dot(Y, np.log(Y_hat).T) + np.dot(1 - Y, np.log(1 - Y_hat).T))
        costs.append(np.squeeze(cost))
        accuracies.append(((Y_hat > 0.5) == Y).all(axis=0).mean())
        grads = article_moon_backward(Y_hat, Y, memory, values, layers)
        for i in range(1, len(layers) + 1):
            values["W" + str(i)] -= job.rate * grads["dW" + str(i)]
            values["b" + str(i)] -= job.rate * grads["db" + str(i)]
        return costs[-1], values

    return Loop(step, {k: P.copy() for k, P in job.parameters.items()})


def circles_loop(job):
    (X, T), = job.batches
    X, T, costs = X.T.copy(), T.T.copy(), []

    def step(state):
        parameters, velocities = state
        # As the article does, the cost is looked at in every iteration.
        costs.append(article_circles_cost(X, T, *parameters))
        gradients = article_circles_backprop(X, T, *parameters)
        velocities = [job.momentum * V - job.rate * J
                      for V, J in zip(velocities, gradients)]
        return costs[-1] / len(X), (
            [P + V for P, V in zip(parameters, velocities)], velocities)

    start = [P.T.copy() for P in job.parameters.values()]
    return Loop(step, (start, [np.zeros_like(P) for P in start]))


def digits_loop(job):
    conv, pool = ArticleConv(8), ArticlePool()
    softmax = ArticleSoftmax(13 * 13 * 8, 10)
    pictures = itertools.cycle(
        [(X[0, :, :, 0], Y[:, 0].argmax()) for X, Y in job.batches])

    def step(_):
        picture, label = next(pictures)
        out = softmax.forward(pool.forward(conv.forward(picture)))
        gradient = np.zeros(10)
        gradient[label] = -1 / out[label]
        gradient = pool.backprop(softmax.backprop(gradient, job.rate))
        conv.backprop(gradient, job.rate)
        return None, None

    return Loop(step, None)


def lone_loop(job):
    """numpy, this net alone: how far numpy goes."""
    pictures = itertools.cycle([(X[0, :, :, 0], Y) for X, Y in job.batches])
    W1, W2, b2 = job.parameters.values()
    # The dense layer of `conv_net` reads maps by columns, this by rows.
    W2 = W2.reshape(10, 8, 13, 13).swapaxes(2, 3).reshape(10, 1352)

    def step(current):
        cost, *current = lone_digit_step(
            *next(pictures), *current, job.rate)
        return cost, current

    return Loop(step, (W1.reshape(9, 8), W2, b2))


# === A step of each net ===


class InTheSpan(OurNet):
    """As `two_layer_model` and `L_layer_model` train: in `to_span`."""

    def __init__(self, job, dtype=None):
        (X, Y), = job.batches
        R, inside, _ = bp.to_span(X, job.parameters)
        super().__init__(job._replace(parameters=inside, batches=[(R, Y)]))


def circuit_codes():
    """A sigmoid unit forward and backward, as the course notes have it."""
    w, x = [2.0, -3.0, -3.0], [-1.0, -2.0]

    def article(_):
        dot = w[0] * x[0] + w[1] * x[1] + w[2]
        f = 1.0 / (1 + np.exp(-dot))
        ddot = (1 - f) * f
        return f, ([x[0] * ddot, x[1] * ddot, ddot],
                   [w[0] * ddot, w[1] * ddot])

    def ours(_):
        f, cache = bp.circuit_forward(w, x)
        return f, bp.circuit_backward(1, cache)

    def torch_code():
        import torch

        W, X = (torch.tensor(v, dtype=torch.float64, requires_grad=True)
                for v in (w, x))

        def step(_):
            f = torch.sigmoid(W[0] * X[0] + W[1] * X[1] + W[2])
            W.grad = X.grad = None
            f.backward()
            return f.item(), None

        return Loop(step, None)

    return {ARTICLE: lambda: Loop(article, None), "PyTorch": torch_code,
            OURS: lambda: Loop(ours, None)}


def codes_of(job, loop=None, ours=OurNet, single=None):
    """The codes of a net: an article's, PyTorch, Keras and ours."""
    codes = {ARTICLE: lambda: loop(job)} if loop else {}
    dtype = job.parameters["W1"].dtype.name
    codes[f"PyTorch {dtype}"] = lambda: TorchNet(job)
    if single:
        codes["PyTorch float32"] = lambda: TorchNet(single)
    codes["Keras float32"] = lambda: KerasNet(job)
    codes[OURS] = lambda: ours(job)
    if single:
        codes[f"{OURS} float32"] = lambda: OurNet(single)
    return codes


def cat_codes(hidden):
    """PyTorch and the article descend plainly, ours in the span as well."""
    job = cats(hidden)
    return {**codes_of(job, course_loop, InTheSpan),
            f"{OURS}, without the span": lambda: OurNet(job)}


def digit_codes(batch):
    job, single = digits(batch), digits(batch, "float32")
    codes = codes_of(job, digits_loop if batch == 1 else None,
                     single=single)
    if batch == 1:
        codes["numpy, this net alone"] = lambda: lone_loop(job)
    return codes


GROWN = dict(filters=(16, 32), hidden=(128,), activation="relu", rate=0.01,
             momentum=0.9)
ROWS = {
    "the circuit": circuit_codes,
    "cats 12288-12-1": lambda: cat_codes([12]),
    "cats 12288-20-7-5-1": lambda: cat_codes([20, 7, 5]),
    "moons 2-25-50-50-25-1": lambda: codes_of(moons()[0], moons_loop),
    "circles 2-3-2, momentum": lambda: codes_of(circles(), circles_loop),
    "digits, 1 at a time": lambda: digit_codes(1),
    "digits, 32 at a time": lambda: digit_codes(32),
    "digits, 128 at a time": lambda: digit_codes(128),
    "digits, 16 and 32 filters, relu, hidden 128, 32 at a time":
        lambda: codes_of(digits(32, "float32", **GROWN)),
}


def made(codes):
    """The codes whose libraries are here, ready to run."""
    ready = {}
    for code, make in codes.items():
        try:
            ready[code] = make()
        except ImportError as error:
            print(f"left out: {code}: {error}", file=sys.stderr)
    return ready


def agree(job, codes):
    """Refuse to compare codes that do not do the same."""
    ready = {code: net for code, net in made(codes).items()
             if "Keras" not in code}
    costs = {code: net.run(3) for code, net in ready.items()}
    for code, cost in costs.items():
        error = 1e-3 if "float32" in code else 1e-8
        if cost is not None and abs(cost - costs[OURS]) > error:
            raise SystemExit(f"{job}: after three steps {code} has the cost "
                             f"{cost}, {OURS} {costs[OURS]}")


def seconds_a_step(net, number):
    start = time.process_time()
    net.run(number)
    return (time.process_time() - start) / number


def measured_rows(job, rounds=9):
    """Seconds a step of each code, in turns."""
    agree(job, ROWS[job]())
    nets, numbers, times = made(ROWS[job]()), {}, {}
    for code, net in nets.items():
        net.run(1)
        once = max(seconds_a_step(net, 2), 1e-6)
        numbers[code] = max(1, min(2000, int(0.15 / once)))
        times[code] = []
    for _ in range(rounds):
        for code, net in nets.items():
            times[code].append(seconds_a_step(net, numbers[code]))
    for code, found in times.items():
        # The median of the rounds' own ratios, each measured side by side.
        ratio = statistics.median(
            a / b for a, b in zip(found, times[OURS]))
        yield {"job": job, "code": code, "times": ratio,
               "step": statistics.median(found)}


# === Until it is right so often ===

# Each net with a rate that is held and one that is halved in every epoch;
# 32 pictures at a time, momentum 0.9.
DENSE = dict(filters=(), hidden=(128,), activation="relu", rate=0.01,
             momentum=0.9)
HALVED = dict(rate=0.032, halved=True)
DIGIT_NETS = {
    "784-128-10, relu, rate 0.01 held": (DENSE, 5),
    "784-128-10, relu, rate 0.032 halved": ({**DENSE, **HALVED}, 4),
    "16 and 32 filters, relu, hidden 128, rate 0.01 held": (GROWN, 4),
    "16 and 32 filters, relu, hidden 128, rate 0.032 halved": (
        {**GROWN, **HALVED}, 4),
}
NETS = {"PyTorch": TorchNet, "Keras": KerasNet, OURS: OurNet}


def digits_until():
    """The settings, and for each what makes a net and its test set."""
    count = len(bp.load_digits(DATA)[0])
    for setting, (how, epochs) in DIGIT_NETS.items():
        job = digits(32, "float32", count, **how)
        _, _, x, y = bp.load_digits(DATA)
        X = x.astype("float32") / 255 - 0.5
        X = X if how["filters"] else X.reshape(len(X), -1).T
        yield setting, job, (X, y), epochs, -(-len(job.batches) // 5)


def moons_until():
    for size, rate, momentum in ((64, 0.05, 0.9), (32, 0.1, 0.9),
                                 (None, 0.5, 0.9)):
        job, (X, Y) = moons(size, rate, momentum)
        words = f"{size} at a time" if size else "all points in a step"
        epochs = 300 if size else 3000
        yield (f"{words}, rate {rate:g}, momentum {momentum:g}", job, (X, Y),
               epochs, len(job.batches) * epochs // 300)


def curve(net, job, test, epochs, every, goal):
    """(steps, seconds, accuracy) at every so many steps, up to the goal."""
    X, truth = test
    points, seconds, done = [], 0.0, 0
    while done < epochs * len(job.batches):
        seconds += seconds_a_step(net, every) * every
        done += every
        answers = net.answers(X)
        found = answers > 0.5 if len(answers) == 1 else answers.argmax(axis=0)
        points.append((done / len(job.batches), seconds,
                       float(np.mean(found == truth.reshape(found.shape)))))
        if points[-1][2] >= goal:
            break
    return points


def measured_accuracy():
    """For each setting and code the whole curve, in one record."""
    for what, settings, goal in (("moons", moons_until(), 1),
                                 ("digits", digits_until(), 2)):
        for setting, job, test, epochs, every in settings:
            for code, make in NETS.items():
                ready = made({code: functools.partial(make, job)})
                for net in ready.values():
                    points = curve(net, job, test, epochs, every, goal)
                    yield {"what": what, "setting": setting, "code": code,
                           "points": points}


def until(record, goal):
    """Seconds until so many are right, or None."""
    return next((seconds for _, seconds, accuracy in record["points"]
                 if accuracy >= goal), None)


# === Commands, alone and beside busy processes ===

BUSY = ["circuit", "cat", "moons --epochs 1000", "circles",
        "mnist --train 1000 --test 1000"]


def command(words):
    """Wall and processor seconds and peak MiB of one command."""
    # As a user runs it: the compiled module is kept, no threads are named.
    clean = {name: value for name, value in os.environ.items()
             if name not in (*THREADS, "PYTHONDONTWRITEBYTECODE")}
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=clean,
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words}: exit status {child.returncode}")
    return {"seconds": time.perf_counter() - start,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory_mb": usage.ru_maxrss / 1024}


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def measured_busy(turns=3):
    """Each command alone, and beside a busy process on every core."""
    spin = [sys.executable, "-c", "while True: pass"]
    for words in BUSY:
        line = ["-m", "backprop", *words.split()]
        alone, beside = [], []
        for _ in range(turns):
            alone.append(command(line))
            others = [subprocess.Popen(spin)
                      for _ in range(machine()["cores"])]
            try:
                beside.append(command(line))
            finally:
                for other in others:
                    other.kill()
                    other.wait()
        yield {"command": words, "alone": median(alone, "seconds"),
               "beside": median(beside, "seconds"),
               "cpu": median(beside, "cpu") / median(alone, "cpu")}


def measured_commands(turns=5):
    """What a command costs from start to end, beside Python's own start."""
    commands = {
        "python -c 'import numpy'": ["-c", "import numpy"],
        "python -c 'import backprop'": ["-c", "import backprop"],
        "python -m backprop": ["-m", "backprop"],
        "python -m backprop cat": ["-m", "backprop", "cat"],
    }
    runs = {name: [] for name in commands}
    for _ in range(turns):
        for name, words in commands.items():
            runs[name].append(command(words))
    return [{"command": name, "seconds": median(found, "seconds"),
             "memory_mb": median(found, "memory_mb")}
            for name, found in runs.items()]


# === How time grows ===


def dense_flops(dims, m):
    """Of one step: Z and dW in each layer, dA in all but the first."""
    products = [a * b for a, b in zip(dims, dims[1:])]
    return 2 * m * (2 * sum(products) + sum(products[1:]))


# What the digit net multiplies for one picture: convolution forward and for
# its filters, the dense layer forward, for its weights and for its input.
DIGIT_FLOPS = 2 * (2 * 26 * 26 * 9 * 8 + 3 * 1352 * 10)


def seconds_a_call(run, least=0.06):
    """Seconds of one call, the best of several rounds."""

    def round_of(calls):
        start = time.process_time()
        for _ in range(calls):
            run()
        return (time.process_time() - start) / calls

    calls = 1
    while round_of(calls) * calls < least:
        calls *= 2
    return min(round_of(calls) for _ in range(5))


def dense_step(n_x, hidden, m, span):
    """A step of a net of cats of any size, on noise."""
    stream = np.random.RandomState(1)
    X, Y = stream.rand(n_x, m), stream.randint(2, size=(1, m))
    dims = [n_x, *hidden, 1]
    parameters = bp.initialize_parameters_deep(dims, seed=1)
    if span and n_x > m:
        X, parameters, _ = bp.to_span(X, parameters)
        dims[0] = X.shape[0]

    def run():
        next(bp.descend([(X, Y)], parameters, 0.0075))

    return run, dense_flops(dims, m)


def digit_step(filters, m):
    """A step of a digit net with so many filters, on noise."""
    stream = np.random.RandomState(1)
    X = stream.rand(m, 28, 28, 1)
    Y = np.eye(10)[:, stream.randint(10, size=m)]
    net = bp.conv_net()
    parameters = bp.initialize_conv_parameters(
        (28, 28, 1), [filters], [10]
    )

    def run():
        next(bp.descend([(X, Y)], parameters, 0.005, net))

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
    ]
    curves += [
        ("filters", "conv 3x3xn, pool 2, softmax 10, 32 digits at a time", [
            (n, *digit_step(n, 32)) for n in (2, 4, 8, 16, 32)]),
        ("batch", "conv 3x3x8, pool 2, softmax 10", [
            (n, *digit_step(8, n)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)
        ]),
    ]
    for what, net, points in curves:
        yield {
            "what": what,
            "net": net,
            "points": [
                {"x": x, "seconds": seconds_a_call(run), "flops": flops}
                for x, run, flops in points
            ],
        }


# === Running ===


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
    return {"cpu": name, "cores": cores, "memory_gib": round(memory / 2**30),
            "system": platform.system()}


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in "numpy", "torch", "keras", "tensorflow_cpu", "h5py":
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


def show_row(row):
    print(f"{row['job'][:34]:<34} {row['code']:<26} "
          f"{row['step'] * 1e6:>12,.1f} µs {row['times']:>7.2f}", flush=True)


def show_accuracy(record):
    goals = (1.0,) if record["what"] == "moons" else (0.974, 0.99)
    reached = [f"{goal:.1%} " + ("never" if until(record, goal) is None
               else f"{until(record, goal):.3g} s") for goal in goals]
    epochs, seconds, last = record["points"][-1]
    print(f"{record['what']}, {record['setting']}, {record['code']}: "
          f"{', '.join(reached)}; {last:.4f} after {epochs:g} epochs of "
          f"{seconds / epochs:.3g} s", flush=True)


def show_busy(row):
    print(f"{row['command']:<34} alone {row['alone']:.2f} s, beside "
          f"{row['beside']:.2f} s, processor time x {row['cpu']:.2f}",
          flush=True)


def show_command(row):
    print(f"{row['command']:<34} {row['seconds']:>7.3f} s "
          f"{row['memory_mb']:>5.0f} MiB", flush=True)


def show_curve(grown):
    print(f"\n{grown['what']}: {grown['net']}")
    for point in grown["points"]:
        print(f"{point['x']:>8} {point['seconds'] * 1e6:>12,.1f} µs "
              f"{point['flops']:>14,} flop", flush=True)


SHOW = {"rows": show_row, "accuracy": show_accuracy, "busy": show_busy,
        "commands": show_command, "growth": show_curve}


def measured(part, job):
    if part != "rows":
        yield from {"accuracy": measured_accuracy, "busy": measured_busy,
                    "commands": measured_commands, "growth": growth}[part]()
        return
    for name in ROWS:
        if job in name:
            yield from measured_rows(name)


def kept(old, part, new, job):
    """What the file has, with what was measured in its place."""
    if part != "rows" or not job:
        return new
    fresh = {name: [row for row in new if row["job"] == name]
             for name in ROWS}
    stale = {name: [row for row in old if row["job"] == name]
             for name in ROWS}
    return [row for name in ROWS for row in fresh[name] or stale[name]]


def main():
    parser = argparse.ArgumentParser(
        description="Measure the articles' loops, PyTorch, Keras and us.")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=", ".join(PARTS))
    parser.add_argument("--job", default="", help="a part of a job's name")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"{part} is none of {', '.join(PARTS)}")
    # As `mnist` does for itself: Linux's C library keeps the memory of a
    # step for the next one, for all codes alike.
    np.empty(31 << 20, np.uint8)
    report = {}
    if options.json and options.json.exists():
        report = json.loads(options.json.read_text("utf-8"))
    report.update(
        date=datetime.date.today().isoformat(), machine=machine(),
        versions=versions(), threads=int(os.environ["OMP_NUM_THREADS"]),
        data="original" if "BACKPROP_DATA" in os.environ else "shipped")
    for part in options.parts or PARTS:
        print(f"\n== {part}", flush=True)
        new = []
        for one in measured(part, options.job):
            SHOW[part](one)
            new.append(one)
        report[part] = kept(report.get(part, []), part, new, options.job)
        if options.json:  # after each part: what is stopped can go on
            text = json.dumps(report, indent=1) + "\n"
            options.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
