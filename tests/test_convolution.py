"""Softmax, pooling, convolution: the course's results, refusals, the net."""

import numpy as np
import pytest

import backprop as bp

HOW = {"stride": 1, "pad": 0}
POOL = {"f": 2, "stride": 2}


def relative(one, other):
    return np.linalg.norm(one - other) / np.linalg.norm(np.abs(one) + other)


# === The course's assignment, course 4 week 1: its data, its numbers ===


@pytest.fixture
def seeded():
    """Draws as the assignment's, which seeds the global stream with 1."""
    return np.random.RandomState(1).randn


def test_zero_pad(seeded):
    x = seeded(4, 3, 3, 2)
    x_pad = bp.zero_pad(x, 2)
    assert x_pad.shape == (4, 7, 7, 2)
    assert (x_pad[1, 1] == 0).all()
    assert (x_pad[:, 2:5, 2:5] == x).all()


def test_conv_single_step(seeded):
    Z = bp.conv_single_step(seeded(4, 4, 3), seeded(4, 4, 3), seeded(1, 1, 1))
    assert float(Z) == pytest.approx(-6.99908945068, rel=1e-11)


def test_conv_forward_and_backward(seeded):
    A_prev, W, b = seeded(10, 4, 4, 3), seeded(2, 2, 3, 8), seeded(1, 1, 1, 8)
    how = {"pad": 2, "stride": 2}
    Z, cache = bp.conv_forward(A_prev, W, b, how)
    assert Z.shape == (10, 4, 4, 8)
    assert np.mean(Z) == pytest.approx(0.0489952035289)
    assert Z[3, 2, 1] == pytest.approx([
        -0.61490741, -6.7439236, -2.55153897, 1.75698377, 3.56208902,
        0.53036437, 5.18531798, 8.75898442,
    ])
    assert cache[0][1][2][3] == pytest.approx(
        [-0.20075807, 0.18656139, 0.41005165]
    )
    # The assignment seeds anew and feeds Z back in.
    dA, dW, db = bp.conv_backward(Z, cache)
    assert np.mean(dA) == pytest.approx(1.45243777754)
    assert np.mean(dW) == pytest.approx(1.72699145831)
    assert np.mean(db) == pytest.approx(7.83923256462)


def test_pool_forward(seeded):
    A_prev = seeded(2, 4, 4, 3)
    how = {"stride": 2, "f": 3}
    A, _ = bp.pool_forward(A_prev, how)
    assert A.ravel() == pytest.approx([
        1.74481176, 0.86540763, 1.13376944, 1.13162939, 1.51981682,
        2.18557541,
    ])
    A, _ = bp.pool_forward(A_prev, how, mode="average")
    assert A.ravel() == pytest.approx([
        0.02105773, -0.20328806, -0.40389855, -0.22154621, 0.51716526,
        0.48155844,
    ])


def test_pool_backward(seeded):
    A_prev = seeded(5, 5, 3, 2)
    _, cache = bp.pool_forward(A_prev, {"stride": 1, "f": 2})
    dA = seeded(5, 4, 2, 2)
    dA_prev = bp.pool_backward(dA, cache, mode="max")
    assert np.mean(dA) == pytest.approx(0.145713902729)
    assert dA_prev[1, 1] == pytest.approx(
        np.array([[0, 0], [5.05844394, -1.68282702], [0, 0]])
    )
    dA_prev = bp.pool_backward(dA, cache, mode="average")
    assert dA_prev[1, 1] == pytest.approx(np.array([
        [0.08485462, 0.2787552], [1.26461098, -0.25749373],
        [1.17975636, -0.53624893],
    ]))


# === Refusals ===


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda X, W, b: bp.conv_forward(X[0], W, b, HOW), "A_prev has shape"),
        (lambda X, W, b: bp.conv_forward(X, W[..., :1, :], b, HOW), "A_prev"),
        (lambda X, W, b: bp.conv_forward(X, W[0], b, HOW), "W has shape"),
        (lambda X, W, b: bp.conv_forward(X, W, b[..., :1], HOW), "b has"),
        (lambda X, W, b: bp.conv_forward(X, W, b, {"stride": 1}), "'pad'"),
        (lambda X, W, b: bp.conv_forward(X, W, b, {"pad": 1}), "'stride'"),
        (lambda X, W, b: bp.conv_forward(X, W, b, {**HOW, "stride": 0}),
         "at least 1"),
        (lambda X, W, b: bp.conv_forward(X, W, b, {**HOW, "pad": -1}),
         "at least 0"),
        (lambda X, W, b: bp.conv_forward(X[:, :2], W, b, HOW),
         "a window of 3 x 3 does not fit into pictures of 2 x 5"),
        (lambda X, W, b: bp.conv_backward(
            X, bp.conv_forward(X, W, b, HOW)[1]), "expected (2, 2, 3, 4)"),
        (lambda X, W, b: bp.conv_single_step(X[0, :3, :2], W[..., 0], b[0]),
         "a_slice_prev"),
        (lambda X, W, b: bp.zero_pad(X[0], 1), "X has shape"),
        (lambda X, W, b: bp.pool_forward(X, {"f": 5, "stride": 1}), "5 x 5"),
        (lambda X, W, b: bp.pool_forward(X, {"f": 1.5, "stride": 1}), "1.5"),
        (lambda X, W, b: bp.pool_forward(X, POOL, "min"), "'min'"),
        (lambda X, W, b: bp.pool_backward(X, bp.pool_forward(X, POOL)[1]),
         "expected (2, 2, 2, 3)"),
        (lambda X, W, b: bp.pool_backward(
            X[:, :2, :2], bp.pool_forward(X, POOL)[1], "min"), "'min'"),
        (lambda X, W, b: bp.softmax(np.ones((3, 0))), "Z has shape (3, 0)"),
        (lambda X, W, b: bp.softmax_backward(np.ones((3, 2)), np.ones(3)),
         "dA has shape"),
        (lambda X, W, b: bp.initialize_conv_parameters((2, 2, 1), [1], [2]),
         "does not fit"),
        (lambda X, W, b: bp.conv_net("softmax"), "activation is 'softmax'"),
        (lambda X, W, b: bp.conv_net(None, ("relu",)), "'relu'"),
        (lambda X, W, b: bp.conv_net(hparameters={"stride": 1, "pad": 0}),
         "'pool'"),
        (lambda X, W, b: bp.conv_net(hparameters={**bp.STAGE, "f": 5}),
         "the keys stride, pad, pool, f, expected"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    X, W = np.ones((2, 4, 5, 3)), np.ones((3, 3, 3, 4))
    b = np.ones((1, 1, 1, 4))
    with pytest.raises(ValueError) as raised:
        call(X, W, b)
    assert words in str(raised.value)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_small_integers_do_not_overflow(kind):
    X, W = np.random.RandomState(0).randn(1, 60, 60, 1), np.ones((5, 5, 1, 1))

    def results(stride, pad, f):
        Z, cache = bp.conv_forward(X, W, None, {"stride": stride, "pad": pad})
        A, pooled = bp.pool_forward(X, {"f": f, "stride": stride})
        P = bp.windows(X, f, stride)
        return (Z, *bp.conv_backward(Z, cache)[:2], A,
                bp.pool_backward(A, pooled), P, bp.zero_pad(X, pad),
                bp.windows_backward(P, X.shape, stride))

    for small, plain in zip(results(kind(3), kind(40), kind(5)),
                            results(3, 40, 5)):
        assert np.array_equal(small, plain)


def test_a_nan_in_a_window_is_its_maximum_and_takes_nothing_back():
    A_prev = np.arange(32.0).reshape(1, 4, 4, 2)
    A_prev[0, 0, 0, 1] = np.nan
    A, cache = bp.pool_forward(A_prev, POOL)
    assert np.isnan(A).sum() == 1 and np.isnan(A[0, 0, 0, 1])
    dA_prev = bp.pool_backward(np.ones_like(A), cache)
    assert dA_prev.sum() == 7 and (dA_prev[0, :2, :2, 1] == 0).all()
    A, cache = bp.pool_forward(A_prev, POOL, "average")
    assert np.isnan(A).sum() == 1
    assert (bp.pool_backward(np.ones_like(A), cache, "average") == 0.25).all()


@pytest.mark.parametrize("call", [
    lambda X, W, b: bp.pool_forward(X, POOL),
    lambda X, W, b: bp.conv_forward(X, W, b, HOW),
    lambda X, W, b: bp.windows(X, 2, 1),
    lambda X, W, b: bp.conv_net()[0](X, bp.initialize_conv_parameters(
        (4, 4, 1), [1], [2])),
])
def test_no_pictures_at_all_are_refused(call):
    with pytest.raises(ValueError, match="shape .0, 4, 4, 1., expected"):
        call(np.ones((0, 4, 4, 1)), np.ones((3, 3, 1, 2)), None)


def test_a_masked_picture_is_refused():
    X = np.ma.masked_less(np.ones((1, 4, 4, 1)), 2)
    for call in (lambda: bp.pool_forward(X, POOL),
                 lambda: bp.conv_forward(X, np.ones((3, 3, 1, 1)), None, HOW)):
        with pytest.raises(ValueError, match="mask"):
            call()


# === The net ===


@pytest.mark.parametrize(
    "filters, layers, activation, last, how",
    [
        ([2], [4], None, "softmax", {}),
        ([2, 3], [4], None, "softmax", {"pad": 1}),
        ([3], [4], "tanh", "sigmoid", {"stride": 2, "pool": 3}),
        ([1, 2, 2], [4], "gaussian", "softmax", {"pad": 1, "pool": 1}),
        ([2, 3], [5, 6, 4], "relu", "softmax", {"pad": 1}),
    ],
    ids=str,
)
def test_the_nets_gradient_is_the_complex_step(filters, layers, activation,
                                               last, how):
    how = {**bp.STAGE, **how}
    stream = np.random.RandomState(3)
    X = stream.randn(5, 10, 9, 2)
    Y = np.eye(4)[:, stream.randint(4, size=5)]
    start = bp.initialize_conv_parameters(
        (10, 9, 2), filters, layers, 1, lambda n: 1 / np.sqrt(n),
        bias=activation is not None, hparameters=how)
    start = {name: P + (name[0] == "b") * stream.randn(*P.shape)
             for name, P in start.items()}
    forward, cost_of, backward = bp.conv_net(
        activation, ["tanh"] * (len(layers) - 1) + [last], how)

    def cost(parameters):
        return cost_of(forward(X, parameters)[0], Y)

    AL, caches = forward(X, start)
    grads = backward(AL, Y, caches)
    assert set(grads) == {f"d{name}" for name in start}
    assert bp.gradient_check(cost, start, grads) < 1e-8
    by = bp.complex_step_gradient
    assert bp.gradient_check(cost, start, grads, by) < 1e-13


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_an_activation_that_rises_may_stand_before_the_pooling(activation):
    stream = np.random.RandomState(0)
    g, g_backward = bp.ACTIVATIONS[activation], bp.DERIVATIVES[activation]
    Z, dA = stream.randn(3, 6, 8, 2), stream.randn(3, 3, 4, 2)

    P, cache = bp.pool_forward(Z, POOL)
    after = g(P)[0], bp.pool_backward(g_backward(dA, P), cache)
    A, cache = bp.pool_forward(g(Z)[0], POOL)
    before = A, g_backward(bp.pool_backward(dA, cache), Z)
    assert np.array_equal(after[0], before[0])
    np.testing.assert_allclose(after[1], before[1], rtol=1e-12)


def test_parameters_drawn_for_another_net_are_named():
    X = np.ones((2, 8, 8, 1))
    start = bp.initialize_conv_parameters((8, 8, 1), [2], [5, 3])
    for net, parameters, words in (
        (bp.conv_net(None, ("tanh", "softmax"), {**bp.STAGE, "pad": 1}),
         start, "W2 has shape (5, 18), but with {'stride': 1, 'pad': 1, "
         "'pool': 2} the stages leave 32 numbers"),
        (bp.conv_net(), start, "expected 1 dense layers after 1 stages"),
        (bp.conv_net(None, ("relu", "tanh", "softmax")), start,
         "expected 3 dense layers after 1 stages"),
        (bp.conv_net(None, ("tanh", "softmax")),
         {name: P for name, P in start.items() if name != "b2"},
         "the keys W1, W2, W3, b3, expected 2"),
    ):
        with pytest.raises(ValueError) as raised:
            net[0](X, parameters)
        assert words in str(raised.value)


def test_biases_of_filters_would_have_nothing_to_do():
    # What conv_net's notes say: b of the softmax layer can take them up.
    stream = np.random.RandomState(0)
    A = stream.randn(4, 12, 12, 1)
    W1, W2 = stream.randn(3, 3, 1, 2), stream.randn(3, 3, 2, 3)
    b1, b2 = stream.randn(1, 1, 1, 2), stream.randn(1, 1, 1, 3)

    def maps(b1, b2):
        Z, _ = bp.conv_forward(A, W1, b1, HOW)
        A1, _ = bp.pool_forward(Z, POOL)
        Z, _ = bp.conv_forward(A1, W2, b2, HOW)
        return bp.pool_forward(Z, POOL)[0]

    apart = maps(b1, b2) - maps(0 * b1, 0 * b2)
    assert np.ptp(apart, axis=(0, 1, 2)).max() < 1e-12


@pytest.mark.parametrize("activation", [None, "relu"])
def test_float32_stays_float32(activation):
    stream = np.random.RandomState(0)
    X = stream.randn(6, 8, 8, 1).astype(np.float32)
    Y = np.eye(3)[:, stream.randint(3, size=6)]
    start = bp.initialize_conv_parameters((8, 8, 1), [2], [4, 3],
                                          bias=bool(activation))
    start = {name: P.astype(np.float32) for name, P in start.items()}
    net = bp.conv_net(activation, ("relu", "softmax"))
    for cost, AL, parameters in bp.descend([(X, Y)] * 3, start, 0.1, net):
        assert AL.dtype == np.float32 and cost.dtype == np.float32
        assert {P.dtype for P in parameters.values()} == {np.dtype("f4")}


def test_layers_take_pictures_in_any_order_of_memory():
    stream = np.random.RandomState(0)
    A, W, b = stream.randn(3, 9, 8, 4), stream.randn(3, 3, 4, 2), np.zeros(2)
    b = b.reshape(1, 1, 1, 2)
    expected, _ = bp.conv_forward(A, W, b, HOW)
    pooled, _ = bp.pool_forward(A, POOL)
    for other in (
        np.asfortranarray(A),
        A[:, ::-1][:, ::-1],
        np.moveaxis(np.ascontiguousarray(np.moveaxis(A, 3, 1)), 1, 3),
        np.repeat(A, 2, axis=2)[:, :, ::2],
    ):
        np.testing.assert_allclose(
            bp.conv_forward(other, W, b, HOW)[0], expected, rtol=1e-12
        )
        assert np.array_equal(bp.pool_forward(other, POOL)[0], pooled)


def test_a_dense_net_that_ends_in_softmax():
    stream = np.random.RandomState(0)
    X, Y = stream.randn(3, 7), np.eye(4)[:, stream.randint(4, size=7)]
    layers = ("tanh", "softmax")
    start = bp.initialize_parameters_deep([3, 5, 4], scale=1)

    def cost(parameters):
        AL, _ = bp.L_model_forward(X, parameters, layers)
        return bp.compute_categorical_cost(AL, Y)

    AL, caches = bp.L_model_forward(X, start, layers)
    grads = bp.L_model_backward(AL, Y, caches, layers)
    by = bp.complex_step_gradient
    assert bp.gradient_check(cost, start, grads, by) < 1e-14
