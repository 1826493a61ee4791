"""Sections 2 to 6 give the course's printed results, and only those.

The figures are those that the notebooks of course 1, week 4 print for their
own examples; the arrays are drawn as the notebooks draw them.
"""

import numpy as np
import pytest

import backprop as bp


def draws(seed, *shapes):
    rng = np.random.RandomState(seed)
    return [rng.randn(*shape) for shape in shapes]


def close(array, printed):
    np.testing.assert_allclose(array, printed, rtol=0, atol=5.1e-9)


def test_initialize_parameters():
    parameters = bp.initialize_parameters(3, 2, 1)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    close(
        parameters["W1"],
        [
            [0.01624345, -0.00611756, -0.00528172],
            [-0.01072969, 0.00865408, -0.02301539],
        ],
    )
    close(parameters["W2"], [[0.01744812, -0.00761207]])
    assert not parameters["b1"].any() and parameters["b1"].shape == (2, 1)


def test_the_two_initializers_agree():
    shallow = bp.initialize_parameters(6, 4, 2)
    deep = bp.initialize_parameters_deep((6, 4, 2), seed=1)
    assert list(shallow) == list(deep)
    for name in shallow:
        np.testing.assert_array_equal(shallow[name], deep[name])


def test_initialize_parameters_deep():
    parameters = bp.initialize_parameters_deep([5, 4, 3])
    close(
        parameters["W1"][0],
        [0.01788628, 0.0043651, 0.00096497, -0.01863493, -0.00277388],
    )
    close(
        parameters["W2"][0],
        [-0.01185047, -0.0020565, 0.01486148, 0.00236716],
    )


def test_linear_forward():
    Z, cache = bp.linear_forward(*draws(1, (3, 2), (1, 3), (1, 1)))
    close(Z, [[3.26295337, -1.23429987]])
    assert type(cache) is tuple and len(cache) == 3


@pytest.mark.parametrize(
    "activation, printed",
    [
        ("sigmoid", [[0.96890023, 0.11013289]]),
        ("relu", [[3.43896131, 0]]),
    ],
)
def test_linear_activation_forward(activation, printed):
    given = draws(2, (3, 2), (1, 3), (1, 1))
    A, cache = bp.linear_activation_forward(*given, activation)
    close(A, printed)
    linear_cache, Z = cache
    for kept, one in zip(linear_cache, given):
        np.testing.assert_array_equal(kept, one)
    assert Z.shape == (1, 2)


def test_L_model_forward():
    shapes = (5, 4), (4, 5), (4, 1), (3, 4), (3, 1), (1, 3), (1, 1)
    X, *rest = draws(6, *shapes)
    parameters = dict(zip(["W1", "b1", "W2", "b2", "W3", "b3"], rest))
    AL, caches = bp.L_model_forward(X, parameters)
    close(AL, [[0.03921668, 0.70498921, 0.19734387, 0.04728177]])
    assert len(caches) == 3


def test_compute_cost():
    cost = bp.compute_cost(
        np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]])
    )
    assert cost.shape == () and isinstance(cost, np.ndarray)
    assert float(cost) == pytest.approx(0.2797765635793422, rel=1e-14)


@pytest.mark.parametrize(
    "activation, dA_prev, dW, db",
    [
        (
            "sigmoid",
            [
                [0.11017994, 0.01105339],
                [0.09466817, 0.00949723],
                [-0.05743092, -0.00576154],
            ],
            [[0.10266786, 0.09778551, -0.01968084]],
            [[-0.05729622]],
        ),
        (
            "relu",
            [[0.44090989, 0], [0.37883606, 0], [-0.2298228, 0]],
            [[0.44513824, 0.37371418, -0.10478989]],
            [[-0.20837892]],
        ),
    ],
)
def test_linear_activation_backward(activation, dA_prev, dW, db):
    dA, A, W, b, Z = draws(2, (1, 2), (3, 2), (1, 3), (1, 1), (1, 2))
    cache = ((A, W, b), Z)
    got = bp.linear_activation_backward(dA, cache, activation)
    for one, printed in zip(got, (dA_prev, dW, db)):
        close(one, printed)


def backward_case():
    """An AL that is no probability, caches that no forward pass made."""
    AL, A1, W1, b1, Z1, A2, W2, b2, Z2 = draws(
        3, (1, 2), (4, 2), (3, 4), (3, 1), (3, 2), (3, 2), (1, 3), (1, 1),
        (1, 2),
    )
    caches = [((A1, W1, b1), Z1), ((A2, W2, b2), Z2)]
    return AL, np.array([[1, 0]]), caches


def test_L_model_backward():
    grads = bp.L_model_backward(*backward_case())
    assert set(grads) == {"dA0", "dW1", "db1", "dA1", "dW2", "db2"}
    close(
        grads["dW1"],
        [
            [0.41010002, 0.07807203, 0.13798444, 0.10502167],
            [0, 0, 0, 0],
            [0.05283652, 0.01005865, 0.01777766, 0.0135308],
        ],
    )
    close(grads["db1"], [[-0.22007063], [0], [-0.02835349]])
    close(
        grads["dA1"],
        [
            [0.12913162, -0.44014127],
            [-0.14175655, 0.48317296],
            [0.01663708, -0.05670698],
        ],
    )


def test_labels_of_one_row_may_be_a_vector():
    AL, Y = np.array([[0.2, 0.7]]), np.array([0, 1])
    for function in bp.compute_cost, bp.compute_cost_backward:
        np.testing.assert_array_equal(function(AL, Y), function(AL, Y[None]))
    with pytest.raises(ValueError, match="Y has shape"):
        bp.compute_cost(AL.repeat(2, axis=0), Y)


def test_labels_that_are_no_labels_follow_the_formula():
    AL, Y = np.array([[0.2, 0.7]]), np.array([[0.4, 3.0]])
    cost = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / 2
    assert float(bp.compute_cost(AL, Y)) == pytest.approx(cost, rel=1e-14)
    np.testing.assert_allclose(
        bp.compute_cost_backward(AL, Y),
        -(Y / AL - (1 - Y) / (1 - AL)),
        rtol=1e-14,
    )


def test_update_parameters():
    shapes = (3, 4), (3, 1), (1, 3), (1, 1)
    names = "W1", "b1", "W2", "b2"
    parameters = dict(zip(names, draws(2, *shapes)))
    grads = dict(zip(("dW1", "db1", "dW2", "db2"), draws(3, *shapes)))
    updated = bp.update_parameters(parameters, grads, 0.1)
    close(
        updated["W1"],
        [
            [-0.59562069, -0.09991781, -2.14584584, 1.82662008],
            [-1.76569676, -0.80627147, 0.51115557, -1.18258802],
            [-1.0535704, -0.86128581, 0.68284052, 2.20374577],
        ],
    )
    close(updated["b1"], [[-0.04659241], [-1.28888275], [0.53405496]])
    close(updated["W2"], [[-0.55569196, 0.0354055, 1.32964895]])
    close(updated["b2"], [[-0.84610769]])


def test_nothing_given_is_changed():
    AL, Y, caches = backward_case()
    before = repr((AL, Y, caches))
    bp.L_model_backward(AL, Y, caches)
    assert repr((AL, Y, caches)) == before
    parameters = bp.initialize_parameters(3, 2, 1)
    X = np.arange(6.0).reshape(3, 2)
    before = repr((parameters, X))
    AL, caches = bp.L_model_forward(X, parameters)
    grads = bp.L_model_backward(AL, Y, caches)
    bp.update_parameters(parameters, grads, 0.1)
    bp.two_layer_model(X, Y, (3, 2, 1), num_iterations=3)
    assert repr((parameters, X)) == before


def test_models_return_every_hundredth_cost(capsys):
    X, Y = np.eye(2), np.array([[0, 1]])
    for model, sizes in (
        (bp.two_layer_model, (2, 2, 1)),
        (bp.L_layer_model, (2, 3, 2, 1)),
    ):
        parameters, costs = model(X, Y, sizes, num_iterations=201)
        assert len(costs) == 3 and len(parameters) == 2 * len(sizes) - 2
        assert all(
            isinstance(cost, np.ndarray) and cost.shape == ()
            for cost in costs
        )
        assert capsys.readouterr().out == ""
        model(X, Y, sizes, num_iterations=150, print_cost=True)
        lines = capsys.readouterr().out.splitlines()
        assert [line.rpartition(":")[0] for line in lines] == [
            f"Cost after iteration {i}" for i in (0, 100, 149)
        ]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: bp.circuit_forward([1, 2], [1, 2]), "w has shape (2,)"),
        (lambda: bp.circuit_forward([1, 2, 3], [1]), "x has shape (1,)"),
        (lambda: bp.initialize_parameters(3, 0, 1), "positive"),
        (lambda: bp.initialize_parameters(3, 2.5, 1), "3, 2.5, 1, expected"),
        (lambda: bp.initialize_parameters(3, True, 1), "3, True, 1, expect"),
        (lambda: bp.initialize_parameters_deep([3, np.inf]), "integers"),
        (lambda: bp.initialize_parameters_deep([3]), "two or more"),
        (lambda: bp.initialize_parameters_deep([3, 1.5]), "integers"),
        (
            lambda: bp.linear_forward(np.ones((3, 2)), np.ones((1, 2)), [[0]]),
            "A has shape (3, 2) and W (1, 2)",
        ),
        (
            lambda: bp.linear_forward(np.ones((2, 2)), np.ones((1, 2)), [0]),
            "b has shape (1,), expected (1, 1)",
        ),
        (
            lambda: bp.linear_activation_forward(
                np.ones((2, 2)), np.ones((1, 2)), [[0]], "rleu"
            ),
            "'rleu', expected one of sigmoid, relu",
        ),
        (lambda: bp.L_model_forward(np.ones((2, 2)), {}), "W1, b1"),
        (
            lambda: bp.L_model_forward(
                np.ones((2, 2)), bp.initialize_parameters(2, 2, 1), ["relu"]
            ),
            "activations has 1 names, expected one for each of the 2",
        ),
        (
            lambda: bp.compute_cost(np.ones((1, 3)) / 2, np.ones((1, 2))),
            "Y has shape (1, 2), expected (1, 3)",
        ),
        (
            lambda: bp.sigmoid_backward(np.ones((1, 3)), np.ones((3, 1))),
            "dA has shape (1, 3), expected (3, 1)",
        ),
        (
            lambda: bp.linear_backward(
                np.ones((1, 3)), (np.ones((2, 2)), np.ones((1, 2)), [[0]])
            ),
            "dZ has shape (1, 3), expected (1, 2)",
        ),
        (
            lambda: bp.L_model_backward(np.ones((1, 2)), np.ones((1, 2)), []),
            "caches",
        ),
        (
            lambda: bp.update_parameters({"W1": np.ones((1, 1))}, {}, 1),
            "no dW1",
        ),
        (
            lambda: bp.update_parameters(
                {"W1": np.ones((1, 2))}, {"dW1": np.ones((2, 1))}, 1
            ),
            "dW1 has shape (2, 1), expected (1, 2)",
        ),
        (
            lambda: bp.to_span(np.ones((3, 1)), {"W1": np.ones((1, 2))}),
            "X has shape (3, 1) and W1 (1, 2), expected (n_x, m)",
        ),
        (
            lambda: bp.to_span([[1], [2]], {"W1": 3}),
            "X has shape (2, 1) and W1 (), expected (n_x, m)",
        ),
        (lambda: bp.dense_net([["relu"]]), "last activation is ['relu']"),
        (
            lambda: bp.linear_activation_forward([[1]], [[1]], [[1]], ["x"]),
            "activation is ['x'], expected one of sigmoid, relu",
        ),
        (
            lambda: bp.two_layer_model(
                np.ones((2, 2)), np.ones((1, 2)), (2, 1)
            ),
            "layers_dims has 2 entries, expected 3",
        ),
        (
            lambda: bp.L_layer_model(
                np.ones((2, 2)), np.ones((1, 3)), (2, 2, 1)
            ),
            "Y has shape (1, 3), expected (1, 2)",
        ),
        (
            lambda: bp.predict(
                np.ones((2, 2)), [[1]], bp.initialize_parameters(2, 2, 1)
            ),
            "y has 1 labels, expected 2",
        ),
        (
            lambda: bp.predict(
                [[1, np.nan]], None, bp.initialize_parameters(1, 2, 1)
            ),
            "NaN to 1 of 2 examples",
        ),
        (
            lambda: bp.predict(
                np.ones((2, 2)), ["yes", "no"],
                bp.initialize_parameters(2, 2, 1),
            ),
            "dtype <U3 is given, expected numbers",
        ),
        (lambda: bp.sigmoid(["a"]), "dtype <U1 is given, expected numbers"),
        (lambda: bp.relu(None), "dtype object is given, expected numbers"),
        (
            lambda: bp.linear_forward(
                np.ma.masked_less([[1.0, 2.0]], 2), [[1]], [[0]]
            ),
            "masked array of shape (1, 2)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_told_in_a_sentence(call, said):
    with pytest.raises(ValueError) as error:
        call()
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("m", [3, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_descent_in_the_span_is_descent(m, dtype):
    rng = np.random.RandomState(0)
    X = rng.randn(30, m).astype(dtype)
    Y = (rng.rand(1, m) < 0.5).astype(dtype)
    start = {
        name: P.astype(dtype)
        for name, P in bp.initialize_parameters(30, 5, 1, scale=0.3).items()
    }
    for cost, AL, plain in bp.descend([(X, Y)] * 50, start, 0.1):
        pass
    R, inside, Q = bp.to_span(X, start)
    assert (Q is None) == (m == 40)
    for span_cost, AL, inside in bp.descend([(R, Y)] * 50, inside, 0.1):
        pass
    back = bp.from_span(inside, start, Q)
    assert all(P.dtype == dtype for P in back.values())
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(span_cost, cost, rtol=tolerance)
    for name in plain:
        np.testing.assert_allclose(
            back[name], plain[name], rtol=tolerance, atol=tolerance
        )


def test_pictures_that_repeat_have_a_span_too():
    X = np.repeat(np.random.RandomState(0).randn(30, 2), 3, axis=1)
    Y = np.array([[1, 1, 1, 0, 0, 0]])
    start = bp.initialize_parameters(30, 4, 1)
    R, inside, Q = bp.to_span(X, start)
    costs = [float(c) for c, *_ in bp.descend([(R, Y)] * 301, inside, 0.5)]
    _, plain = bp.two_layer_model(X, Y, (30, 4, 1), 0.5, 301)
    np.testing.assert_allclose(costs[::100], plain, rtol=1e-12)
    assert costs[-1] < 0.1 < costs[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda X, Y, P, caches: bp.linear_forward(X, P["W1"], P["b1"]),
        lambda X, Y, P, caches: bp.L_model_forward(X, P),
        lambda X, Y, P, caches: bp.compute_cost(Y, Y),
        lambda X, Y, P, caches: bp.compute_categorical_cost(Y, Y),
        lambda X, Y, P, caches: bp.compute_cost_backward(Y, Y),
        lambda X, Y, P, caches: bp.compute_categorical_cost_backward(Y, Y),
        lambda X, Y, P, caches: bp.linear_backward(Y, caches[0][0]),
        lambda X, Y, P, caches: bp.L_model_backward(Y, Y, caches),
        lambda X, Y, P, caches: next(bp.descend([(X, Y)], P, 1)),
        lambda X, Y, P, caches: bp.to_span(X, P),
        lambda X, Y, P, caches: bp.two_layer_model(X, Y, (3, 2, 1)),
        lambda X, Y, P, caches: bp.predict(X, None, P),
        lambda X, Y, P, caches: bp.predict(X, Y, P),
    ],
)
def test_no_examples_are_refused(call):
    parameters = bp.initialize_parameters_deep((3, 1))
    X, Y = np.ones((3, 0)), np.ones((1, 0))
    caches = [((X, parameters["W1"], parameters["b1"]), Y)]
    with pytest.raises(ValueError, match=r"has shape \(\d, 0\)(,| and)"):
        call(X, Y, parameters, caches)
