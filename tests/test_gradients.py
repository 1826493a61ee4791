"""Gradient checking: how exact it is, and what it catches."""

import numpy as np
import pytest

import backprop
from backprop import (
    L_model_backward,
    L_model_forward,
    complex_step_gradient,
    compute_cost,
    gradient_check,
    initialize_parameters_deep,
    numerical_gradient,
)

ACTIVATIONS = ("tanh", "gaussian", "relu", "sigmoid")


def net(activations=ACTIVATIONS, seed=0, m=6):
    """The cost of a random net as a function of its parameters."""
    rng = np.random.RandomState(seed)
    dims = [3, 4, 5, 2, 1][: len(activations)] + [1]
    X, Y = rng.randn(3, m), rng.randint(0, 2, (1, m))
    parameters = initialize_parameters_deep(
        dims, seed=seed, scale=0.7, bias_scale=0.3
    )

    def cost(parameters):
        return compute_cost(L_model_forward(X, parameters, activations)[0], Y)

    AL, caches = L_model_forward(X, parameters, activations)
    return cost, parameters, L_model_backward(AL, Y, caches, activations)


def test_a_deep_net_agrees_to_the_precision_of_each_method():
    cost, parameters, grads = net()
    assert gradient_check(cost, parameters, grads) < 1e-9
    error = gradient_check(cost, parameters, grads, complex_step_gradient)
    assert error < 1e-15


@pytest.mark.parametrize("epsilon", [1e-4, 1e-5, 1e-6, 1e-7])
def test_any_usual_epsilon_tells_right_from_wrong(epsilon):
    cost, parameters, grads = net()

    def by(f, parameters):
        return numerical_gradient(f, parameters, epsilon)

    assert gradient_check(cost, parameters, grads, by) < 2e-7
    for key in ("dW1", "db1", "dW4", "db4"):
        wrong = {**grads, key: -grads[key]}
        assert gradient_check(cost, parameters, wrong, by) > 1e-3, key


@pytest.mark.parametrize(
    "slip",
    [
        lambda g, m: {k: m * v for k, v in g.items()},
        lambda g, m: {k: v / m for k, v in g.items()},
        lambda g, m: {**g, "dW2": g["dW2"] + 1e-3},
        lambda g, m: {**g, "db3": g["db3"] * 1.1},
    ],
    ids=["1/m forgotten", "1/m twice", "a thousandth", "a tenth"],
)
def test_slips_are_caught(slip):
    cost, parameters, grads = net()
    assert gradient_check(cost, parameters, slip(grads, 6)) > 1e-5


def test_equals_the_difference_of_the_course():
    # numerator / denominator of course 2, week 1, longhand.
    cost, parameters, grads = net(("relu", "sigmoid"))
    approx = numerical_gradient(cost, parameters, 1e-7)
    a = np.concatenate([grads["d" + k].ravel() for k in parameters])
    b = np.concatenate([v.ravel() for v in approx.values()])
    difference = np.linalg.norm(a - b) / (
        np.linalg.norm(a) + np.linalg.norm(b)
    )
    ours = gradient_check(
        cost, parameters, grads, lambda f, p: numerical_gradient(f, p, 1e-7)
    )
    assert ours == difference


def test_arrays_scalars_and_nothing_changed():
    x = np.array([1.0, 2.0])
    before = x.copy()
    g = numerical_gradient(lambda x: (x**2).sum(), x)
    assert (x == before).all() and np.allclose(g, [2, 4], rtol=1e-9)
    assert complex_step_gradient(lambda x: x**2, np.float32(3)) == 6
    assert gradient_check(lambda x: 0 * x.sum(), x, np.zeros(2)) == 0
    g = numerical_gradient(lambda x: x.sum(), [[1, 2]])
    assert np.allclose(g, [[1, 1]], rtol=1e-9)


def test_float32_is_checked_in_float64():
    cost, parameters, grads = net(("tanh", "sigmoid"))
    single = {k: v.astype(np.float32) for k, v in parameters.items()}
    double = {k: v.astype(np.float64) for k, v in single.items()}
    a, b = (numerical_gradient(cost, p) for p in (single, double))
    assert all((a[k] == b[k]).all() and a[k].dtype == np.float64 for k in a)


def test_the_complex_step_on_either_side_of_a_kink():
    for z, slope in ((-1e-12, 0), (1e-12, 1)):
        g = complex_step_gradient(lambda z: backprop.relu(z)[0], z)
        assert g == slope
        assert backprop.relu_backward(1, z) == slope


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda f, p, g: numerical_gradient(f, p, 0), "epsilon is 0"),
        (lambda f, p, g: numerical_gradient(f, p, -1), "epsilon is -1"),
        (lambda f, p, g: numerical_gradient(f, p, np.nan), "epsilon is nan"),
        (lambda f, p, g: complex_step_gradient(f, p, 0), "h is 0"),
        (lambda f, p, g: gradient_check(f, p, {}), "dW1 has shape"),
        (
            lambda f, p, g: gradient_check(f, p, {**g, "dW1": g["dW1"].T}),
            r"dW1 has shape \(3, 4\), expected \(4, 3\)",
        ),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call(*net())
