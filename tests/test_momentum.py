"""Momentum and mini-batches: the course's results, and one method."""

import numpy as np
import pytest

from backprop import (
    L_model_backward,
    L_model_forward,
    Momentum,
    descend,
    initialize_parameters_deep,
    initialize_velocity,
    mini_batches,
    random_mini_batches,
    update_parameters_with_momentum,
)


def course_batches(X, Y, mini_batch_size, seed):
    """Course 2, week 2, as its notebook has it."""
    m = X.shape[1]
    batches = []
    permutation = list(np.random.RandomState(seed).permutation(m))
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((1, m))
    whole = m // mini_batch_size
    for k in range(whole):
        part = slice(k * mini_batch_size, (k + 1) * mini_batch_size)
        batches.append((shuffled_X[:, part], shuffled_Y[:, part]))
    if m % mini_batch_size != 0:
        part = slice(whole * mini_batch_size, m)
        batches.append((shuffled_X[:, part], shuffled_Y[:, part]))
    return batches


@pytest.mark.parametrize("m, size", [(148, 64), (128, 64), (5, 64), (9, 1)])
def test_batches_of_the_course(m, size):
    rng = np.random.RandomState(1)
    X, Y = rng.randn(12, m), rng.randint(0, 2, (1, m))
    ours = random_mini_batches(X, Y, size, seed=3)
    theirs = course_batches(X, Y, size, seed=3)
    assert len(ours) == len(theirs)
    for (x, y), (a, b) in zip(ours, theirs):
        assert (x == a).all() and (y == b).all()


def test_batches_of_pictures():
    X, Y = np.arange(7 * 4).reshape(7, 2, 2, 1), np.arange(7)[np.newaxis]
    for x, y in random_mini_batches(X, Y, 3):
        assert x.shape == (y.size, 2, 2, 1)
        assert (x[:, 0, 0, 0] == 4 * y[0]).all()


def test_an_epoch_can_be_taken_up_from_its_number():
    X, Y = np.arange(20).reshape(2, 10), np.arange(10)[np.newaxis]
    whole = list(mini_batches(X, Y, 4, seed=7, epochs=3))
    parts = list(mini_batches(X, Y, 4, seed=7, epochs=1))
    parts += mini_batches(X, Y, 4, seed=7, epochs=2, first=1)
    assert len(whole) == len(parts) == 9
    for (x, y), (a, b) in zip(whole, parts):
        assert (x == a).all() and (y == b).all()


def test_velocities_of_the_course():
    # The notebook's own test case: seed 1, beta 0.9, rate 0.01.
    rng = np.random.RandomState(1)
    shapes = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 3), "b2": (3, 1)}
    parameters = {k: rng.randn(*s) for k, s in shapes.items()}
    grads = {"d" + k: rng.randn(*s) for k, s in shapes.items()}
    v = initialize_velocity(parameters)
    assert list(v) == list(grads)
    parameters, v = update_parameters_with_momentum(
        parameters, grads, v, beta=0.9, learning_rate=0.01
    )
    expected = [[1.62544598, -0.61290114, -0.52907334],
                [-1.07347112, 0.86450677, -2.30085497]]
    assert np.allclose(parameters["W1"], expected, rtol=0, atol=6e-9)
    assert np.allclose(v["dW1"], 0.1 * grads["dW1"], rtol=1e-15)


def data(seed=0, m=20):
    rng = np.random.RandomState(seed)
    X = rng.randn(2, m)
    return X, (X.sum(axis=0, keepdims=True) > 0).astype(float)


def test_the_average_and_the_ball_are_one_method():
    X, Y = data()
    start = initialize_parameters_deep([2, 3, 1], scale=1)
    rate, lam = 0.05, 0.9
    ball, V = start, {k: 0 for k in start}

    def roll(parameters, grads, mu):
        for k in parameters:
            V[k] = lam * V[k] - mu * grads["d" + k]
        return {k: parameters[k] + V[k] for k in parameters}

    *_, (_, _, ball) = descend([(X, Y)] * 50, start, rate, update=roll)
    *_, (_, _, ours) = descend(
        [(X, Y)] * 50, start, rate / (1 - lam), update=Momentum(lam)
    )
    for k in start:
        assert np.allclose(ball[k], ours[k], rtol=1e-12, atol=1e-12)


def test_without_momentum_it_is_plain_descent_to_the_bit():
    X, Y = data()
    start = initialize_parameters_deep([2, 3, 1])
    *_, (_, _, plain) = descend([(X, Y)] * 9, start, 0.3)
    *_, (_, _, rule) = descend([(X, Y)] * 9, start, 0.3, update=Momentum(0))
    assert all((plain[k] == rule[k]).all() for k in plain)


def test_a_run_goes_on_from_its_velocities():
    X, Y = data()
    start = initialize_parameters_deep([2, 3, 1])
    *_, (_, _, whole) = descend([(X, Y)] * 9, start, 1, update=Momentum(0.9))
    rule = Momentum(0.9)
    *_, (_, _, half) = descend([(X, Y)] * 4, start, 1, update=rule)
    rule = Momentum(0.9, rule.v)
    *_, (_, _, rest) = descend([(X, Y)] * 5, half, 1, update=rule)
    assert all((whole[k] == rest[k]).all() for k in whole)


def test_float32_stays_and_nothing_is_changed():
    parameters = {"W1": np.ones((2, 2), np.float32)}
    grads, v = {"dW1": np.full((2, 2), 2, np.float32)}, {
        "dW1": np.zeros((2, 2), np.float32)}
    new, velocity = update_parameters_with_momentum(
        parameters, grads, v, np.float64(0.5), np.float64(0.1)
    )
    assert new["W1"].dtype == velocity["dW1"].dtype == np.float32
    assert (parameters["W1"] == 1).all() and (v["dW1"] == 0).all()


@pytest.mark.parametrize("beta", [-0.1, 1, 1.5, np.nan])
def test_a_momentum_that_is_none(beta):
    w, g = {"W1": np.ones((1, 1))}, {"dW1": np.ones((1, 1))}
    with pytest.raises(ValueError, match=r"expected 0 <= beta < 1"):
        Momentum(beta)
    with pytest.raises(ValueError, match=r"expected 0 <= beta < 1"):
        update_parameters_with_momentum(w, g, g, beta, 1)


@pytest.mark.parametrize(
    "X, Y, size, words",
    [
        (np.ones((2, 5)), np.ones((1, 4)), 2, r"expected \(n_y, 5\)"),
        (np.ones((2, 5)), np.ones(5), 2, r"expected \(n_y, 5\)"),
        (np.ones((2, 5)), np.ones((1, 5)), 0, "positive integer"),
        (np.ones((2, 5)), np.ones((1, 5)), 1.5, "positive integer"),
        (np.ones(5), np.ones((1, 5)), 2, "X has shape"),
        (np.ones((2, 0)), np.ones((1, 0)), 2, "none of them 0"),
        (np.ma.ones((2, 5)), np.ones((1, 5)), 2, "without a mask"),
        (np.ones((2, 5)), np.ma.ones((1, 5)), 2, "without a mask"),
    ],
)
def test_bad_batches(X, Y, size, words):
    with pytest.raises(ValueError, match=words):
        random_mini_batches(X, Y, size)
    with pytest.raises(ValueError, match=words):
        list(mini_batches(X, Y, size))


def test_gradients_of_batches_make_that_of_the_whole_set():
    X = np.arange(7.0)[np.newaxis]
    Y = np.array([[0, 1, 0, 1, 0, 1, 0]])
    P = {"W1": np.array([[1.0]]), "b1": np.array([[0.0]])}

    def db(x, y):
        AL, caches = L_model_forward(x, P)
        return L_model_backward(AL, y, caches)["db1"][0, 0]

    parts = [x.size / 7 * db(x, y) for x, y in random_mini_batches(X, Y, 3)]
    assert sum(parts) == pytest.approx(db(X, Y), rel=1e-12)


def test_batches_of_a_transposed_array_take_no_longer(monkeypatch):
    X = np.arange(12.0).reshape(6, 2).T
    copies = []

    class Counted(np.ndarray):
        def take(self, *arguments, **options):
            copies.append(not self.flags.c_contiguous)
            return super().take(*arguments, **options)

    whole = np.ascontiguousarray
    monkeypatch.setattr(
        np, "ascontiguousarray", lambda a: whole(a).view(Counted))
    batches = random_mini_batches(X, np.ones((1, 6)), 2)
    assert copies == [False] * 3
    assert sorted(np.concatenate([x[0] for x, _ in batches])) == [
        0, 2, 4, 6, 8, 10]
