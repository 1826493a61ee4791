"""What holds for every layer and every net, whatever its sizes.

Hypothesis draws the sizes, activations, strides, dtypes and a seed; the
numbers come from the seed. Everything is compared with what is written out
here longhand, not with the file's own gradient check.
"""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import backprop as bp

HIDDEN = ["relu", "tanh", "sigmoid", "gaussian"]
OUTPUTS = ["sigmoid", "softmax"]
seeds = st.integers(0, 2**31)
dtypes = st.sampled_from([np.float32, np.float64])


def pair(name):
    return getattr(bp, name), getattr(bp, f"{name}_backward")


@st.composite
def nets(draw, hidden=HIDDEN, outputs=OUTPUTS):
    """(X, Y, parameters, activations) of a random net and batch."""
    depth = draw(st.integers(1, 4))
    dims = [draw(st.integers(1, 6)) for _ in range(depth + 1)]
    m = draw(st.integers(1, 7))
    output = draw(st.sampled_from(outputs))
    if output == "softmax":
        dims[-1] = max(dims[-1], 2)
    activations = [draw(st.sampled_from(hidden)) for _ in dims[2:]] + [output]
    stream = np.random.RandomState(draw(seeds))
    parameters = {}
    for l in range(1, depth + 1):
        parameters[f"W{l}"] = stream.randn(dims[l], dims[l - 1])
        parameters[f"b{l}"] = stream.randn(dims[l], 1)
    X = stream.randn(dims[0], m)
    if output == "softmax":
        Y = np.eye(dims[-1])[:, stream.randint(dims[-1], size=m)]
    else:
        Y = stream.randint(2, size=(dims[-1], m)).astype(float)
    return X, Y, parameters, activations


def cast(tree, dtype):
    """The same nest of dicts, tuples and arrays in another dtype."""
    if isinstance(tree, dict):
        return {key: cast(item, dtype) for key, item in tree.items()}
    if isinstance(tree, tuple):
        return tuple(cast(item, dtype) for item in tree)
    return tree.astype(dtype) if isinstance(tree, np.ndarray) else tree


def lock(tree):
    """Forbid writing to any array of the nest: a mutation raises."""
    if isinstance(tree, dict):
        tree = tree.values()
    if isinstance(tree, np.ndarray):
        tree.flags.writeable = False
    elif not isinstance(tree, (str, bytes, int, float)) and tree is not None:
        for item in tree:
            lock(item)


def far_from_kinks(caches, activations, distance=1e-3):
    return all(
        np.abs(Z).min() > distance
        for (_, Z), name in zip(caches, activations)
        if name == "relu"
    )


def differences(f, x, h=1e-6):
    """The gradient of the number f(x), each entry nudged both ways."""
    gradient = np.zeros(x.shape)
    for at in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[at] += h
        down[at] -= h
        gradient[at] = (f(up) - f(down)) / (2 * h)
    return gradient


def close(got, expected, tolerance=1e-6):
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale)


# === Dense layers and nets ===


@given(nets())
def test_backward_is_the_numerical_gradient(net):
    X, Y, parameters, activations = net
    m = X.shape[1]
    AL, caches = bp.L_model_forward(X, parameters, activations)
    assume(far_from_kinks(caches, activations))
    assume(AL.min() > 1e-4 and AL.max() < 1 - 1e-4)
    grads = bp.L_model_backward(AL, Y, caches, activations)

    def cost(parameters, X=X):
        AL, _ = bp.L_model_forward(X, parameters, activations)
        return float(bp.dense_net(activations)[1](AL, Y))

    for name, value in parameters.items():
        expected = differences(
            lambda new, name=name: cost({**parameters, name: new}), value
        )
        close(grads["d" + name], expected, 1e-5)
    # dA is the derivative of the sum of the losses: m times the cost.
    expected = m * differences(lambda new: cost(parameters, new), X)
    close(grads["dA0"], expected, 1e-5)


@given(nets(hidden=["tanh", "sigmoid", "gaussian"]))
def test_backward_is_the_complex_step_to_the_last_digits(net):
    X, Y, parameters, activations = net
    AL, caches = bp.L_model_forward(X, parameters, activations)
    assume(AL.min() > 1e-4 and AL.max() < 1 - 1e-4)
    grads = bp.L_model_backward(AL, Y, caches, activations)
    h = 1e-30
    for name, value in parameters.items():
        for at in np.ndindex(*value.shape):
            nudged = value.astype(complex)
            nudged[at] += 1j * h
            AL, _ = bp.L_model_forward(
                X, {**parameters, name: nudged}, activations
            )
            derivative = bp.dense_net(activations)[1](AL, Y).imag / h
            close(grads["d" + name][at], derivative, 1e-11)


@given(nets())
def test_outputs_that_are_handed_in_change_no_gradient(net):
    X, Y, parameters, activations = net
    AL, caches = bp.L_model_forward(X, parameters, activations)
    outputs = [A_prev for (A_prev, _, _), _ in caches[1:]] + [AL]
    grads = bp.L_model_backward(AL, Y, caches, activations)
    again = bp.L_model_backward(AL, Y, caches, activations, outputs)
    assert list(again) == list(grads)
    for name in grads:
        np.testing.assert_array_equal(again[name], grads[name])


@given(nets(), dtypes)
def test_shapes_dtypes_keys_and_untouched_inputs(net, dtype):
    X, Y, parameters, activations = cast(net[:3], dtype) + net[3:]
    lock((X, Y, parameters))
    AL, caches = bp.L_model_forward(X, parameters, activations)
    assert AL.dtype == dtype
    assert AL.shape == Y.shape
    assert len(caches) == len(activations)
    lock([cache[0] for cache in caches])
    lock([cache[1] for cache in caches])
    for l, ((A_prev, W, b), Z) in enumerate(caches, 1):
        assert W is parameters[f"W{l}"] or (W == parameters[f"W{l}"]).all()
        assert b.shape == (W.shape[0], 1)
        assert A_prev.shape == (W.shape[1], X.shape[1])
        assert Z.shape == (W.shape[0], X.shape[1])
        assert {A_prev.dtype, W.dtype, b.dtype, Z.dtype} == {np.dtype(dtype)}
    cost = bp.dense_net(activations)[1](AL, Y)
    assert cost.shape == () and cost.dtype == dtype
    grads = bp.L_model_backward(AL, Y, caches, activations)
    L = len(activations)
    assert set(grads) == (
        {f"dW{l}" for l in range(1, L + 1)}
        | {f"db{l}" for l in range(1, L + 1)}
        | {f"dA{l}" for l in range(L)}
    )
    for name, value in parameters.items():
        assert grads["d" + name].shape == value.shape
    assert grads["dA0"].shape == X.shape
    assert {g.dtype for g in grads.values()} == {np.dtype(dtype)}
    lock(grads)
    updated = bp.update_parameters(parameters, grads, 0.1)
    assert list(updated) == list(parameters)
    for name, value in updated.items():
        assert value.dtype == dtype
        close(value, parameters[name] - dtype(0.1) * grads["d" + name], 1e-6)
    # A rate from numpy must not turn float32 into float64.
    updated = bp.update_parameters(parameters, grads, np.float64(0.1))
    assert {value.dtype for value in updated.values()} == {np.dtype(dtype)}


@given(nets())
def test_one_example_alone_is_its_column(net):
    X, Y, parameters, activations = net
    AL, caches = bp.L_model_forward(X, parameters, activations)
    total = bp.L_model_backward(AL, Y, caches, activations)
    m = X.shape[1]
    summed = {name: 0 for name in total}
    for i in range(m):
        x, y = X[:, i : i + 1], Y[:, i : i + 1]
        a, caches = bp.L_model_forward(x, parameters, activations)
        close(a, AL[:, i : i + 1], 1e-12)
        alone = bp.L_model_backward(a, y, caches, activations)
        close(alone["dA0"], total["dA0"][:, i : i + 1], 1e-9)
        for name in alone:
            summed[name] = summed[name] + alone[name]
    for name in total:
        if name[1] != "A":
            close(total[name], summed[name] / m, 1e-9)


@given(nets(), seeds)
def test_the_order_of_examples_does_not_matter(net, seed):
    X, Y, parameters, activations = net
    order = np.random.RandomState(seed).permutation(X.shape[1])
    AL, caches = bp.L_model_forward(X, parameters, activations)
    grads = bp.L_model_backward(AL, Y, caches, activations)
    AL2, caches2 = bp.L_model_forward(X[:, order], parameters, activations)
    grads2 = bp.L_model_backward(AL2, Y[:, order], caches2, activations)
    close(AL2, AL[:, order], 1e-12)
    _, J, _ = bp.dense_net(activations)
    close(J(AL2, Y[:, order]), J(AL, Y), 1e-12)
    for name in grads:
        expected = grads[name]
        if name[1] == "A":
            expected = expected[:, order]
        close(grads2[name], expected, 1e-10)


@given(nets(hidden=["relu", "tanh", "sigmoid"]), st.integers(1, 8))
def test_descent_in_the_span_is_plain_descent(net, extra):
    X, Y, parameters, activations = net
    # More rows than examples, as with pictures.
    stream = np.random.RandomState(extra)
    n_x, m = X.shape
    X = np.vstack([X, stream.randn(m + extra, m)])
    W1 = parameters["W1"]
    parameters["W1"] = np.hstack([W1, stream.randn(len(W1), m + extra)])
    net = bp.dense_net(activations)

    def last(batches, parameters):
        *_, (cost, AL, parameters) = bp.descend(
            batches, parameters, 0.01, net=net
        )
        return cost, AL, parameters

    cost, AL, plain = last([(X, Y)] * 5, parameters)
    R, small, Q = bp.to_span(X, parameters)
    assert R.shape[1] == m and len(R) <= len(X)
    close(Q.T @ Q, np.eye(Q.shape[1]), 1e-12)
    cost_span, AL_span, small = last([(R, Y)] * 5, small)
    whole = bp.from_span(small, parameters, Q)
    close(cost_span, cost, 1e-9)
    close(AL_span, AL, 1e-9)
    assert list(whole) == list(plain)
    for name in plain:
        close(whole[name], plain[name], 1e-9)


@given(
    seeds,
    st.sampled_from([1.0, 30.0, 40.0, 800.0, 1e4]),
    st.integers(1, 6),
    st.integers(1, 5),
    dtypes,
)
@example(0, 1e4, 3, 2, np.float32)
@example(0, 1e4, 3, 1, np.float32)
def test_the_cost_is_finite_and_its_gradient_right_at_any_logit(
    seed, size, m, n, dtype
):
    stream = np.random.RandomState(seed)
    Z = (stream.choice([-1, 1], (n, m)) * size).astype(dtype)
    if n == 1:
        A, cache = bp.sigmoid(Z)
        Y = stream.randint(2, size=(1, m)).astype(dtype)
        backward, last = bp.sigmoid_backward, "sigmoid"
    else:
        A, cache = bp.softmax(Z)
        Y = np.eye(n, dtype=dtype)[:, stream.randint(n, size=m)]
        backward, last = bp.softmax_backward, "softmax"
    J, dJ = bp.COSTS[last]
    cost = J(A, Y)
    assert np.isfinite(cost) and cost.dtype == dtype
    dZ = backward(dJ(A, Y), cache)
    assert np.isfinite(dZ).all() and dZ.dtype == dtype
    close(dZ, A - Y, 1e-4 if dtype == np.float32 else 1e-7)


@given(seeds, st.integers(2, 6), st.integers(1, 5), st.floats(-1e4, 1e4))
def test_softmax_is_a_distribution_and_blind_to_a_shift(seed, n, m, shift):
    Z = np.random.RandomState(seed).randn(n, m) * 5
    A, cache = bp.softmax(Z)
    assert (A >= 0).all()
    close(A.sum(axis=0), np.ones(m), 1e-12)
    close(bp.softmax(Z + shift)[0], A, 1e-9)
    dA = np.random.RandomState(seed + 1).randn(n, m)
    # Moving all scores of an example together changes nothing.
    close(bp.softmax_backward(dA, cache).sum(axis=0), np.zeros(m), 1e-12)


@pytest.mark.parametrize("name", HIDDEN)
@given(seed=seeds, shape=st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_activations(name, seed, shape):
    forward, backward = pair(name)
    stream = np.random.RandomState(seed)
    Z = stream.randn(*shape) * 3
    dA = stream.randn(*shape)
    assume(np.abs(Z).min() > 1e-4)
    lock((Z, dA))
    A, cache = forward(Z)
    assert cache is Z or (cache == Z).all()
    expected = {
        "relu": lambda Z: np.where(Z > 0, Z, 0),
        "tanh": np.tanh,
        "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
        "gaussian": lambda Z: np.exp(-(Z**2)),
    }[name]
    close(A, expected(Z), 1e-12)
    slope = (expected(Z + 1e-6) - expected(Z - 1e-6)) / 2e-6
    close(backward(dA, cache), dA * slope, 1e-7)


@pytest.mark.parametrize("name", HIDDEN)
def test_activations_do_not_overflow(name):
    forward, backward = pair(name)
    for dtype in np.float32, np.float64:
        Z = np.array([[-1e4, -750, -88, 0, 88, 750, 1e4]], dtype)
        A, cache = forward(Z)
        dZ = backward(np.ones_like(Z), cache)
        assert np.isfinite(A).all() and np.isfinite(dZ).all()
        assert A.dtype == dZ.dtype == dtype


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 2, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_activations_take_any_shape_and_keep_the_dtype(name, shape, dtype):
    if shape == () and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("this numpy makes float64 of a single float32")
    forward, backward = pair(name)
    Z = np.full(shape, 2, dtype)
    kept = np.float64 if dtype == np.int64 else dtype
    A, cache = forward(Z)
    assert A.shape == cache.shape == shape
    assert A.dtype == cache.dtype == kept
    assert cache is Z or dtype == np.int64
    dZ = backward(np.ones(shape, dtype), cache)
    assert dZ.shape == shape and dZ.dtype == kept


@pytest.mark.parametrize("name", HIDDEN)
def test_a_nan_goes_forward_and_comes_back_save_through_relu(name):
    forward, backward = pair(name)
    A, cache = forward([1.0, np.nan, 3.0])
    assert np.isnan(A).tolist() == [False, True, False]
    dZ = backward([1.0, 1.0, 1.0], cache)
    assert np.isnan(dZ).tolist() == [False, name != "relu", False]
    assert name != "relu" or dZ[1] == 0
    assert np.isnan(backward([np.nan], [1.0])).all()


def test_a_nan_reaches_the_cost_and_the_weights():
    parameters = bp.initialize_parameters_deep((2, 3, 1), scale=1)
    X = np.array([[1.0, np.nan], [0.5, 1.0]])
    batches = [(X, [[1, 0]])]
    ((cost, AL, after),) = bp.descend(batches, parameters, 0.1)
    assert np.isnan(cost) and np.isnan(AL).tolist() == [[False, True]]
    assert np.isnan(after["W2"]).all()


def test_integers_become_float64():
    X, W, b = np.array([[1, 2]]), np.array([[3]]), np.array([[4]])
    A, _ = bp.linear_forward(X, W, b)
    assert A.dtype == np.float64
    assert A.tolist() == [[7.0, 10.0]]
    assert bp.relu(np.array([[-1, 2]]))[0].dtype == np.float64


def test_three_classes_are_learnt_by_three_sigmoids():
    # With (4.2) as their cost all three would say "yes" to everything.
    stream = np.random.RandomState(0)
    truth = np.arange(60) % 3
    X = np.array([[0, 2, -2], [2, -1, -1]])[:, truth] + 0.4 * stream.randn(
        2, 60)
    Y = np.eye(3)[:, truth]
    start = bp.initialize_parameters_deep([2, 8, 3], scale=0.5)
    layers = ["relu", "sigmoid"]
    *_, (cost, AL, parameters) = bp.descend(
        [(X, Y)] * 300, start, 0.5, bp.dense_net(layers))
    assert (bp.predict(X, None, parameters, layers) == truth).all()
    assert AL[Y == 0].max() < 0.5 and cost < 0.2


@pytest.mark.parametrize("last", ["relu", "tanh", "gaussian"])
def test_a_last_layer_without_probabilities_is_refused(last):
    with pytest.raises(ValueError, match=f"{last}.*sigmoid or softmax"):
        bp.dense_net(["relu", last])
    parameters = bp.initialize_parameters(2, 2, 1)
    AL, caches = bp.L_model_forward(
        np.ones((2, 3)), parameters, ["relu", last])
    with pytest.raises(ValueError, match=f"{last}.*sigmoid or softmax"):
        bp.L_model_backward(AL, np.ones((1, 3)), caches, ["relu", last])


# === Convolution and pooling ===


@st.composite
def pictures(draw, largest=6):
    """A batch (m, height, width, channels)."""
    m, height, width, channels = (
        draw(st.integers(1, top)) for top in (3, largest, largest, 3)
    )
    stream = np.random.RandomState(draw(seeds))
    return stream.randn(m, height, width, channels), stream


@st.composite
def convolutions(draw):
    A_prev, stream = draw(pictures())
    pad = draw(st.integers(0, 2))
    f = draw(st.integers(1, 4))
    assume(f <= min(A_prev.shape[1:3]) + 2 * pad)
    stride = draw(st.integers(1, 3))
    C = draw(st.integers(1, 3))
    W = stream.randn(f, f, A_prev.shape[3], C)
    b = stream.randn(1, 1, 1, C)
    return A_prev, W, b, {"stride": stride, "pad": pad}


@st.composite
def pools(draw):
    A_prev, stream = draw(pictures())
    f = draw(st.integers(1, 4))
    assume(f <= min(A_prev.shape[1:3]))
    return A_prev, {"f": f, "stride": draw(st.integers(1, 3))}


def conv_by_definition(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, _, _, C = W.shape
    m, h, w, _ = A_prev.shape
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    h, w = (h + 2 * pad - f) // stride + 1, (w + 2 * pad - f) // stride + 1
    Z = np.zeros((m, h, w, C))
    for i, y, x, c in np.ndindex(*Z.shape):
        top, left = y * stride, x * stride
        window = padded[i, top : top + f, left : left + f]
        Z[i, y, x, c] = np.sum(window * W[..., c]) + b[0, 0, 0, c]
    return Z


@given(convolutions())
def test_convolution_is_its_definition(case):
    close(bp.conv_forward(*case)[0], conv_by_definition(*case), 1e-11)


@given(convolutions())
def test_convolution_backward_is_the_numerical_gradient(case):
    A_prev, W, b, hparameters = case
    lock(case[:3])
    Z, cache = bp.conv_forward(*case)
    dZ = np.random.RandomState(0).randn(*Z.shape)
    lock(dZ)
    dA_prev, dW, db = bp.conv_backward(dZ, cache)
    # Z is linear in each: the difference quotient is exact, h may be 1.
    def along(A_prev, W, b):
        return np.sum(dZ * conv_by_definition(A_prev, W, b, hparameters))

    close(dA_prev, differences(lambda new: along(new, W, b), A_prev, 1), 1e-10)
    close(dW, differences(lambda new: along(A_prev, new, b), W, 1), 1e-10)
    close(db, differences(lambda new: along(A_prev, W, new), b, 1), 1e-10)


@given(convolutions(), dtypes)
def test_convolution_keeps_shapes_dtypes_and_inputs(case, dtype):
    A_prev, W, b, hparameters = cast(case, dtype)
    lock((A_prev, W, b))
    before = dict(hparameters)
    Z, cache = bp.conv_forward(A_prev, W, b, hparameters)
    assert Z.dtype == dtype and len(cache) == 4
    for kept, given_one in zip(cache[:3], (A_prev, W, b)):
        assert (kept == given_one).all()
    assert cache[3] == before == hparameters
    lock(cache[:3])
    for gradient, of in zip(bp.conv_backward(Z, cache), (A_prev, W, b)):
        assert gradient.shape == of.shape and gradient.dtype == dtype


@given(pools(), st.sampled_from(["max", "average"]))
def test_pooling_is_its_definition(case, mode):
    A_prev, hparameters = case
    lock(A_prev)
    f, stride = hparameters["f"], hparameters["stride"]
    A, cache = bp.pool_forward(A_prev, hparameters, mode=mode)
    m, h, w, C = A_prev.shape
    expected = np.zeros((m, (h - f) // stride + 1, (w - f) // stride + 1, C))
    for i, y, x, c in np.ndindex(*expected.shape):
        top, left = y * stride, x * stride
        window = A_prev[i, top : top + f, left : left + f, c]
        expected[i, y, x, c] = {"max": np.max, "average": np.mean}[mode](
            window
        )
    close(A, expected, 1e-12)
    assert (cache[0] == A_prev).all() and cache[1] == hparameters

    dA = np.random.RandomState(0).randn(*A.shape)
    lock(dA)
    gradient = np.zeros(A_prev.shape)
    for i, y, x, c in np.ndindex(*A.shape):
        top, left = y * stride, x * stride
        window = gradient[i, top : top + f, left : left + f, c]
        if mode == "average":
            window += dA[i, y, x, c] / f**2
        else:
            pixels = A_prev[i, top : top + f, left : left + f, c]
            first = np.unravel_index(pixels.argmax(), pixels.shape)
            window[first] += dA[i, y, x, c]
    close(bp.pool_backward(dA, cache, mode=mode), gradient, 1e-12)


@given(pools(), st.sampled_from(["max", "average"]), dtypes)
def test_pooling_of_ties_gives_each_window_one_gradient(case, mode, dtype):
    A_prev, hparameters = case
    A_prev = np.round(A_prev).astype(dtype)  # many ties
    A, cache = bp.pool_forward(A_prev, hparameters, mode=mode)
    dA = np.ones_like(A)
    dA_prev = bp.pool_backward(dA, cache, mode=mode)
    assert A.dtype == dA_prev.dtype == dtype
    close(dA_prev.sum(), dA.sum(), 1e-5)
    if mode == "max":
        assert (dA_prev == np.round(dA_prev)).all()


@given(convolutions(), seeds)
def test_pictures_do_not_know_of_each_other(case, seed):
    A_prev, W, b, hparameters = case
    Z, cache = bp.conv_forward(*case)
    dZ = np.random.RandomState(seed).randn(*Z.shape)
    dA_prev, dW, db = bp.conv_backward(dZ, cache)
    sums = [0, 0]
    for i in range(len(A_prev)):
        alone, kept = bp.conv_forward(
            A_prev[i : i + 1], W, b, hparameters
        )
        close(alone, Z[i : i + 1], 1e-12)
        dA, dW1, db1 = bp.conv_backward(dZ[i : i + 1], kept)
        close(dA, dA_prev[i : i + 1], 1e-12)
        sums = [sums[0] + dW1, sums[1] + db1]
    close(dW, sums[0], 1e-11)
    close(db, sums[1], 1e-11)
    order = np.random.RandomState(seed).permutation(len(A_prev))
    close(bp.conv_forward(A_prev[order], W, b, hparameters)[0],
          Z[order], 1e-12)


@st.composite
def picture_nets(draw):
    """A batch, parameters and the arguments of a `conv_net` for them."""
    stages = draw(st.integers(1, 2))
    f, stride, pad, pool = (
        draw(st.integers(low, low + more))
        for low, more in ((1, 2), (1, 1), (0, 1), (1, 1))
    )
    filters = [draw(st.integers(1, 3)) for _ in range(stages)]
    layers = [*draw(st.lists(st.integers(1, 4), max_size=2)), 3]
    side = draw(st.integers(4, 9))
    shape = side, draw(st.integers(4, 9)), draw(st.integers(1, 2))
    seed, m = draw(seeds), draw(st.integers(1, 4))
    settings = {"stride": stride, "pad": pad, "pool": pool}
    try:
        parameters = bp.initialize_conv_parameters(
            shape, filters, layers, seed, lambda n: 1 / np.sqrt(n), f,
            draw(st.booleans()), settings)
    except ValueError:  # a window larger than what is left
        assume(False)
    stream = np.random.RandomState(seed)
    parameters = {name: P + (name[0] == "b") * 0.1 * stream.randn(*P.shape)
                  for name, P in parameters.items()}
    net = (draw(st.sampled_from([None, "tanh", "sigmoid", "relu"])),
           ["tanh"] * (len(layers) - 1)
           + [draw(st.sampled_from(["softmax", "sigmoid"]))], settings)
    X = stream.randn(m, *shape)
    Y = np.eye(3)[:, stream.randint(3, size=m)]
    return X, Y, parameters, net


@given(picture_nets())
def test_a_net_of_pictures_has_the_complex_step_as_gradient(case):
    X, Y, parameters, net = case
    lock((X, Y, parameters))
    forward, cost, backward = bp.conv_net(*net)
    AL, caches = forward(X, parameters)
    grads = backward(AL, Y, caches)
    assert set(grads) == {"d" + name for name in parameters}
    h = 1e-30
    for name, value in parameters.items():
        for at in list(np.ndindex(*value.shape))[:: max(1, value.size // 12)]:
            nudged = value.astype(complex)
            nudged[at] += 1j * h
            AL, _ = forward(X, {**parameters, name: nudged})
            derivative = cost(AL, Y).imag / h
            close(grads["d" + name][at], derivative, 1e-11)


@given(picture_nets(), dtypes)
def test_a_net_of_pictures_keeps_dtypes_and_treats_each_alone(case, dtype):
    X, Y, parameters, net = cast(case[:3], dtype) + case[3:]
    forward, cost, backward = bp.conv_net(*net)
    AL, caches = forward(X, parameters)
    grads = backward(AL, Y, caches)
    assert AL.dtype == dtype and AL.shape == Y.shape
    digits = 1e-5 if dtype == np.float32 else 1e-12
    for name, value in parameters.items():
        assert grads["d" + name].shape == value.shape
        assert grads["d" + name].dtype == dtype
    mean = {name: 0 for name in grads}
    for i in range(len(X)):
        alone, caches = forward(X[i : i + 1], parameters)
        close(alone, AL[:, i : i + 1], digits)
        one = backward(alone, Y[:, i : i + 1], caches)
        mean = {name: mean[name] + one[name] / len(X) for name in one}
    for name in grads:
        close(grads[name], mean[name], 10 * digits)


# === Momentum and mini-batches ===


@given(seeds, st.integers(1, 40), st.integers(1, 50))
def test_mini_batches_hold_every_example_once(seed, m, size):
    X = np.arange(2 * m).reshape(2, m).astype(float)
    Y = X[:1] * 10
    lock((X, Y))
    batches = bp.random_mini_batches(X, Y, size, seed)
    assert [x.shape[1] for x, _ in batches[:-1]] == [size] * (len(batches) - 1)
    assert 1 <= batches[-1][0].shape[1] <= size
    together = np.hstack([x for x, _ in batches])
    assert sorted(together[0]) == list(X[0])
    for x, y in batches:
        assert (y == x[:1] * 10).all() and (x[1] == x[0] + m).all()
    again = bp.random_mini_batches(X, Y, size, seed)
    assert all((a[0] == b[0]).all() for a, b in zip(batches, again))


@given(nets(), st.floats(0, 0.99), st.floats(1e-4, 1))
def test_momentum_is_a_mean_of_the_past_gradients(net, beta, rate):
    X, Y, parameters, activations = net
    AL, caches = bp.L_model_forward(X, parameters, activations)
    grads = bp.L_model_backward(AL, Y, caches, activations)
    lock((parameters, grads))
    v = bp.initialize_velocity(parameters)
    assert all((value == 0).all() for value in v.values())
    lock(v)
    new, v = bp.update_parameters_with_momentum(
        parameters, grads, v, beta, rate
    )
    for name in parameters:
        close(v["d" + name], (1 - beta) * grads["d" + name], 1e-12)
        step = rate * (1 - beta) * grads["d" + name]
        close(new[name], parameters[name] - step, 1e-12)
    rule = bp.Momentum(beta)
    first = rule(parameters, grads, rate)
    second = rule(first, grads, rate)
    for name in parameters:
        close(first[name], new[name], 1e-12)
        step = rate * (1 - beta**2) * grads["d" + name]
        close(second[name], first[name] - step, 1e-11)
