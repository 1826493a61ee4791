#!/usr/bin/env python3
r"""Backpropagation, derived and coded in the same order.

A neural network is a long formula. To train it is to ask of every number
in it: if you grew a little, would the error shrink? Backpropagation
answers for all of them at once, at the price of one more walk through the
formula, from its end to its beginning. Here it learns "one or the other,
but not both", from four examples, one to a column:

>>> X = np.array([[0, 0, 1, 1],
...               [0, 1, 0, 1]])
>>> Y = np.array([[0, 1, 1, 0]])
>>> start = initialize_parameters(2, 4, 1, seed=4, scale=1)
>>> for cost, AL, parameters in descend([(X, Y)] * 300, start, 1.0):
...     pass
>>> AL.round(2).tolist()
[[0.01, 1.0, 0.97, 0.0]]

**Symbols** (columns are examples; layers are counted 1 to L, the input
is layer 0)

=============== =================== =====================================
symbol, name    shape               what it is
=============== =================== =====================================
m               number              examples
L               number              layers that have weights
n_l             number              units of layer l; n_0 = n_x features
n_prev          number              n_{l-1}, units of the layer before
X = A0          (n_x, m)            input
Y               (n_L, m)            what the output should be
W1 ... WL       (n_l, n_prev)       weights; row i feeds unit i
b1 ... bL       (n_l, 1)            biases
Z               (n_l, m)            W A_prev + b, the linear part
A               (n_l, m)            g(Z), the activations; A_prev: those
                                    of the layer before; AL: of the last
J               number              cost, the mean loss of the m examples
dW, db          as W, b             dJ/dW, dJ/db: the gradients
dZ, dA          as Z, A             m dJ/dZ, m dJ/dA
=============== =================== =====================================

**Conventions.** ``@`` is the matrix product, ``*`` the product entry by
entry. A *derivative* is one number, how fast one thing changes with
another. The *gradient* of an array holds the derivatives of the cost by
its entries, and has its shape. In dZ and dA each column holds those of
its own example's loss; the 1/m of the mean enters where examples meet:
in `linear_backward`, which makes dW and db, and in `conv_net`, for its
filters.

Each ``x_forward`` gives its result and a cache, a plain tuple of what
``x_backward`` will need. Pictures are (m, height, width, channels).
Functions change nothing that they are given. float32 in, float32 out;
integers count as float64. What does not fit (shapes, sizes, unknown
names, no examples at all, text, masked arrays) raises ValueError, in a
sentence that says what was expected and what came; a *Raises* section
stands only where there is more to say. An equation's number, say
(5.3), stands also at the end of the line of code that computes it.

**Contents.** 1 A circuit: the chain rule. 2 Initialization. 3 Forward.
4 Cross-entropy. 5 Backward. 6 Update and training. 7 Softmax. 8 Pooling.
9 Convolution. 10 Gradient checking. 11 Momentum and mini-batches. Below
the line "End of the derivations": 12 Worked nets. 13 Files. 14 Plots.
15 Exercises. 16 Command line (``python -m backprop`` lists its
commands).

**To copy.** This one file is the whole program. Beside your assignment it
needs numpy alone; the names, arguments and results are those of the
deeplearning.ai courses wherever they have them.

MIT licence.
"""

import numpy as np

__version__ = "1.0.0"

__all__ = [
    # 1. A circuit: the chain rule
    "circuit_forward", "circuit_backward",
    # 2. Initialization
    "initialize_parameters", "initialize_parameters_deep",
    # 3. Forward
    "sigmoid", "relu", "tanh", "gaussian", "linear_forward",
    "linear_activation_forward", "L_model_forward",
    # 4. Cross-entropy
    "compute_cost", "compute_categorical_cost",
    # 5. Backward
    "compute_cost_backward", "compute_categorical_cost_backward",
    "sigmoid_backward", "relu_backward", "tanh_backward",
    "gaussian_backward", "linear_backward",
    "linear_activation_backward", "L_model_backward",
    # 6. Update and training
    "update_parameters", "dense_net", "descend", "two_layer_model",
    "L_layer_model", "predict", "to_span", "from_span",
    # 7. Softmax
    "softmax", "softmax_backward",
    # 8. Pooling
    "windows", "windows_backward", "pool_forward", "pool_backward",
    # 9. Convolution
    "zero_pad", "conv_single_step", "conv_forward", "conv_backward",
    "initialize_conv_parameters", "conv_net",
    # 10. Gradient checking
    "numerical_gradient", "complex_step_gradient", "gradient_check",
    # 11. Momentum and mini-batches
    "initialize_velocity", "update_parameters_with_momentum", "Momentum",
    "random_mini_batches", "mini_batches",
    # 12. Worked nets
    "Dataset", "Checkpoint", "Settings", "Job", "Step", "train",
    "outputs", "accuracy", "make_moons", "make_circles", "make_line",
    "split", "moons", "circles", "rbf",
    # 13. Files
    "load_data", "load_digits", "read_picture",
    "read_digit", "save_parameters", "load_parameters", "download",
    # 14. Plots
    "plot_style", "save_plot", "plot_costs", "plot_boundary",
    # 15. Exercises
    # 16. Command line
    "main",
]


def _check(condition, sentence, *values):
    r"""Raise ValueError with the sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence.format(*values))


def _to_floats(given):
    r"""Any array of numbers as floats (or complex)."""
    array = np.asarray(given)
    _check(not isinstance(given, np.ma.MaskedArray), "a masked array of "
           "shape {} is given, expected one without a mask", array.shape)
    _check(array.dtype.kind in "biufc",
           "an array of dtype {} is given, expected numbers", array.dtype)
    return array if array.dtype.kind in "fc" else array.astype(float)


def _floats(*arrays):
    r"""Arrays of floats (or complex) as they are; any other as float64."""
    return [a if type(a) is np.ndarray and a.dtype.kind in "fc"
            else _to_floats(a) for a in arrays]


# === 1. A circuit: the chain rule ===

# If one number inside a long formula grows a little, how much does the
# result change? Whoever can answer that for every number can train a
# net. Here is a formula small enough to answer it with a pencil. The
# rest of the file does the same with matrices.
#
# **What you need.** The derivative :math:`\partial f/\partial x`: how
# fast :math:`f` changes with :math:`x` while all else is held. The chain
# rule, which finds it when :math:`x` acts on :math:`f` through
# :math:`q`,
#
# .. math:: \frac{\partial f}{\partial x} =
#           \frac{\partial f}{\partial q}\,\frac{\partial q}{\partial x} .
#
# From section 2 on, the matrix product, whose entry :math:`(i, j)` is
# row :math:`i` of the first matrix times column :math:`j` of the second,
# :math:`(W A)_{ij} = \sum_k W_{ik} A_{kj}`. And for one paragraph of
# section 2 the variance, the mean squared distance from the mean. The
# symbols are listed at the top of the file.
#
# **Formulas and lines.** A formula with a number, as (1.1) below, is
# computed by one line of code, and that line ends in the same number. In
# the book, point at one of the two and the other lights up.
#
# **Forward, then backward.** A formula is a circuit: numbers flow along
# wires through gates, and each gate adds, multiplies, or applies one
# function. Go forward once and write each value above its wire. Then go
# backward once, from the end, where :math:`\partial f/\partial f = 1`,
# and write below each wire its *gradient*, the derivative of the end with
# respect to it: what stands below the gate's output, times the gate's own
# derivative. That is the chain rule, and this order of using it is
# backpropagation: no wire is walked twice, however many inputs there are.
#
# Three patterns are worth knowing by sight:
#
# - an **add** gate *distributes*: both inputs receive what the output
#   received, for if :math:`q = a + b`, both derivatives are 1;
# - a **multiply** gate *swaps*: if :math:`q = ab`, then
#   :math:`\partial q/\partial a = b`; each input receives the other
#   one's value times what arrived;
# - a **max** gate *routes*: if :math:`q = \max(a, b)`, the larger input
#   receives all and the smaller nothing, since a small change of the
#   smaller one changes nothing.
#
# And where a value **forks**, feeding two gates, its gradients add: a
# small change reaches the end by both ways, and the two effects sum. For
# :math:`f = x \cdot x` the multiply gate sends :math:`x` back on each of
# its two wires, and their sum is the :math:`2x` of calculus.


def circuit_forward(w, x):
    r"""Run one sigmoid unit forward, gate by gate.

    The formula is the smallest net there is, a single unit with two
    inputs, three weights (the last one a bias) and a sigmoid:

    .. math:: f(w, x) = \frac{1}{1 + e^{-(w_0 x_0 + w_1 x_1 + w_2)}}

    Taken apart into gates with one operation each:

    .. math:: p_0 = w_0 x_0 \tag{1.1}
    .. math:: p_1 = w_1 x_1 \tag{1.2}
    .. math:: s = p_0 + p_1 \tag{1.3}
    .. math:: z = s + w_2 \tag{1.4}
    .. math:: n = -z \tag{1.5}
    .. math:: e = \exp(n) \tag{1.6}
    .. math:: d = 1 + e \tag{1.7}
    .. math:: f = 1 / d \tag{1.8}

    Parameters
    ----------
    w : array_like, shape (3,)
        The weights; ``w[2]`` is the bias.
    x : array_like, shape (2,)
        The inputs.

    Returns
    -------
    f : float
        The output, between 0 and 1.
    cache : tuple (w, x, p0, p1, s, z, n, e, d)
        Every value on the way, in order.

    Examples
    --------
    With weights 2, -3, -3 and inputs -1, -2 the two products are -2 and
    6, their sum is 4, with the bias 1, negated -1; then
    :math:`e^{-1} = 0.37`, and so to 1.37 and 0.73:

    >>> f, cache = circuit_forward([2, -3, -3], [-1, -2])
    >>> [round(float(value), 2) for value in cache[2:]]
    [-2.0, 6.0, 4.0, 1.0, -1.0, 0.37, 1.37]
    >>> round(float(f), 2)
    0.73
    """
    w, x = _floats(w, x)
    _check(w.shape == (3,), "w has shape {}, expected (3,)", w.shape)
    _check(x.shape == (2,), "x has shape {}, expected (2,)", x.shape)
    p0 = w[0] * x[0]                              # (1.1)
    p1 = w[1] * x[1]                              # (1.2)
    s = p0 + p1                                   # (1.3)
    z = s + w[2]                                  # (1.4)
    n = -z                                        # (1.5)
    e = np.exp(n)                                 # (1.6)
    d = 1 + e                                     # (1.7)
    f = 1 / d                                     # (1.8)
    return f, (w, x, p0, p1, s, z, n, e, d)


def circuit_backward(df, cache):
    r"""Run the unit backward: one line for each gate, in reverse order.

    Write :math:`dq` for :math:`\partial f/\partial q`. Each line is what
    came back over the gate's output times the gate's own derivative:

    .. math:: dd = -\frac{1}{d^2}\, df \tag{1.9}
    .. math:: de = dd \qquad\text{(add)} \tag{1.10}
    .. math:: dn = e \, de \tag{1.11}
    .. math:: dz = -dn \tag{1.12}
    .. math:: ds = dz, \quad dw_2 = dz \qquad\text{(add)} \tag{1.13}
    .. math:: dp_0 = ds, \quad dp_1 = ds \qquad\text{(add)} \tag{1.14}
    .. math:: dw_0 = x_0\, dp_0, \quad dw_1 = x_1\, dp_1
              \qquad\text{(multiply)} \tag{1.15}
    .. math:: dx_0 = w_0\, dp_0, \quad dx_1 = w_1\, dp_1
              \qquad\text{(multiply)} \tag{1.16}

    Parameters
    ----------
    df : float
        The gradient that arrives at f: 1, if f itself is the end.
    cache : tuple (w, x, p0, p1, s, z, n, e, d)
        From `circuit_forward`.

    Returns
    -------
    dw : ndarray, shape (3,)
    dx : ndarray, shape (2,)
    wires : tuple (df, dd, de, dn, dz, ds, dp0, dp1)
        The gradients below the inner wires, from the end to the
        beginning.

    Notes
    -----
    Lines (1.9) to (1.12) go through four gates. Taken as one gate,
    :math:`f = \sigma(z)` has a derivative that is made of its value:

    .. math:: \frac{d\sigma}{dz} = \frac{e^{-z}}{(1 + e^{-z})^2}
              = \frac{1 + e^{-z} - 1}{1 + e^{-z}}\cdot\frac{1}{1 + e^{-z}}
              = (1 - \sigma)\,\sigma .

    What counts as one gate is ours to choose: any piece whose derivative
    is known will do. So any formula can now be taken apart and
    differentiated with a pencil; section 5 takes whole layers as gates.

    Examples
    --------
    Follow it with a pocket calculator: :math:`-1/1.37^2 = -0.53`, which
    the add gate hands on; times 0.37 is -0.20; negated, 0.20.

    >>> f, cache = circuit_forward([2, -3, -3], [-1, -2])
    >>> dw, dx, wires = circuit_backward(1, cache)
    >>> [round(float(gradient), 2) for gradient in wires[:5]]
    [1.0, -0.53, -0.53, -0.2, 0.2]

    Both add gates distribute the 0.20, and the multiply gates swap:
    :math:`w_0` receives :math:`x_0 = -1` times it, :math:`x_0` receives
    :math:`w_0 = 2` times it.

    >>> dw.round(2).tolist(), dx.round(2).tolist()
    ([-0.2, -0.39, 0.2], [0.39, -0.59])

    (0.39 and not 0.4, since nothing was rounded on the way:
    :math:`2 \cdot 0.1966`.) The closed form takes one line instead of
    four:

    >>> round(float(f * (1 - f)), 4), round(float(wires[4]), 4)
    (0.1966, 0.1966)

    A gradient check needs no calculus: change an input a little and
    look at the end.

    >>> nudged, _ = circuit_forward([2, -3, -3], [-1 + 1e-6, -2])
    >>> round(float((nudged - f) / 1e-6), 4) == round(float(dx[0]), 4)
    True

    Where a value forks, its gradients add. Let one weight serve as
    :math:`w_0` and as :math:`w_1`, both 2:

    >>> f, cache = circuit_forward([2, 2, -3], [-1, 2])
    >>> dw, _, _ = circuit_backward(1, cache)
    >>> nudged, _ = circuit_forward([2 + 1e-6, 2 + 1e-6, -3], [-1, 2])
    >>> round(float(dw[0] + dw[1]), 4), round(float((nudged - f) / 1e-6), 4)
    (0.1966, 0.1966)
    """
    w, x, p0, p1, s, z, n, e, d = cache
    dd = -1 / d**2 * df                           # (1.9)
    de = dd                                       # (1.10)
    dn = e * de                                   # (1.11)
    dz = -dn                                      # (1.12)
    ds = dw2 = dz                                 # (1.13)
    dp0 = dp1 = ds                                # (1.14)
    dw = np.array([x[0] * dp0, x[1] * dp1, dw2])  # (1.15)
    dx = np.array([w[0] * dp0, w[1] * dp1])       # (1.16)
    return dw, dx, (df, dd, de, dn, dz, ds, dp0, dp1)


# === 2. Initialization ===

# Which numbers should a net start from? Training only improves what is
# there, so something must be.
#
# A layer of :math:`n_l` units is :math:`n_l` circuits like that of
# section 1, over the same inputs. Unit :math:`i` has a row of weights
# and a bias; stack the rows and they are a matrix :math:`W` of shape
# :math:`(n_l, n_\text{prev})`, stack the biases and they are a column
# :math:`b` of shape :math:`(n_l, 1)`.
#
# **Not all the same.** Two units with equal weights compute equal values.
# Then they receive equal gradients, take equal steps, and stay equal for
# ever: the layer has many units but can do only what one does. Nothing
# in the formulas breaks this symmetry, so the start must: weights are
# drawn at random. The biases may all start at zero; different weights are
# enough to tell the units apart.
#
# **Not too large, not too small.** A unit adds up
# :math:`n_\text{prev}` products :math:`w a`. Draw the weights
# independently with mean 0 and variance :math:`s^2`, and let :math:`q`
# be the mean square of the activations that come in. Square the sum and
# average: the mixed products have mean 0, since the weights do, and each
# of the :math:`n_\text{prev}` squares gives :math:`s^2 q`. So the mean
# square of :math:`z` is
#
# .. math:: n_\text{prev}\, s^2\, q .
#
# tanh hardly changes small numbers. So layer after layer the mean square
# is multiplied by :math:`n_\text{prev} s^2`: below 1 the signal dies
# out, above 1 it grows until every tanh is stuck near -1 or 1. It stays
# level for :math:`s^2 = 1/n_\text{prev}` [1]_. relu makes 0 of the
# negative half and so halves the mean square;
# :math:`s^2 = 2/n_\text{prev}` makes up for it [2]_. A net of two layers
# forgives the :math:`s = 0.01` that the course starts with, and that is
# the default here; a net of five does not.
#
# .. [1] LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998. Glorot
#    and Bengio, "Understanding the difficulty of training deep
#    feedforward neural networks", AISTATS 2010, keep the gradients level
#    as well, as far as both can be had: :math:`s^2 = 2/(n_\text{prev} +
#    n_l)`.
# .. [2] He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV
#    2015.


def _positive_integers(*sizes):
    r"""Whether all sizes are positive integers, numpy's included."""
    return all(isinstance(n, (int, np.integer)) and n > 0
               and not isinstance(n, bool) for n in sizes)


def initialize_parameters(n_x, n_h, n_y, seed=1, scale=0.01):
    r"""Draw the parameters of a net with one hidden layer.

    With :math:`\mathcal{N}(0, 1)` for numbers drawn from the standard
    normal distribution, one for each weight, and s for `scale`:

    .. math:: W_1 = s\,\mathcal{N}(0, 1), \qquad b_1 = 0 \tag{2.1}
    .. math:: W_2 = s\,\mathcal{N}(0, 1), \qquad b_2 = 0 \tag{2.2}

    Parameters
    ----------
    n_x, n_h, n_y : int
        Numbers of inputs, hidden units and outputs.
    seed : int
        The draws come from ``np.random.RandomState(seed)``, W1 first:
        the same on every machine, and the global state is left alone.
    scale : float
        The standard deviation s.

    Returns
    -------
    parameters : dict
        W1 (n_h, n_x), b1 (n_h, 1), W2 (n_y, n_h), b2 (n_y, 1), float64.

    Examples
    --------
    >>> parameters = initialize_parameters(3, 2, 1)
    >>> parameters["W1"].round(4).tolist()
    [[0.0162, -0.0061, -0.0053], [-0.0107, 0.0087, -0.023]]
    >>> parameters["b1"].tolist(), parameters["W2"].shape
    ([[0.0], [0.0]], (1, 2))

    Why at random? Give a layer two equal rows and work out their
    gradients longhand, for one example (1, 2) and the loss z2 itself.
    Each unit receives its outgoing weight times the derivative of tanh,
    :math:`1 - a^2`, times the input. The rows' gradients are equal, and
    will be after any number of steps.

    >>> x = np.array([[1.0], [2.0]])
    >>> W1, W2 = np.array([[0.5, 0.25], [0.5, 0.25]]), np.array([[1, 1]])
    >>> a = np.tanh(W1 @ x)
    >>> dW1 = (W2.T * (1 - a**2)) @ x.T
    >>> dW1.round(4).tolist()
    [[0.42, 0.8399], [0.42, 0.8399]]
    """
    _check(_positive_integers(n_x, n_h, n_y), "n_x, n_h, n_y are {}, {}, "
           "{}, expected positive integers", n_x, n_h, n_y)
    rng = np.random.RandomState(seed)
    W1 = scale * rng.randn(n_h, n_x)              # (2.1)
    W2 = scale * rng.randn(n_y, n_h)              # (2.2)
    b1, b2 = np.zeros((n_h, 1)), np.zeros((n_y, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def initialize_parameters_deep(layer_dims, seed=3, scale=0.01,
                               bias_scale=0):
    r"""Draw the parameters of a net with any number of layers.

    With :math:`s_l` for the weights' scale in layer l, and :math:`s_b`
    for the biases':

    .. math:: W^{[l]} = s_l\,\mathcal{N}(0, 1) \tag{2.3}
    .. math:: b^{[l]} = s_b\,\mathcal{N}(0, 1) \tag{2.4}

    Parameters
    ----------
    layer_dims : sequence of int
        Units of each layer, the input first: n_0, n_1, ..., n_L.
    seed : int
        Of ``np.random.RandomState``. W1, W2, ... are drawn in order.
    scale : float or callable
        The standard deviation :math:`s_l` of the weights, or a function
        of n_prev that gives it, as ``lambda n: 1 / np.sqrt(n)``. The
        default is the course's; for more than two layers give another.
    bias_scale : float
        :math:`s_b`. At 0 nothing is drawn for the biases; otherwise
        each b is drawn right after its W.

    Returns
    -------
    parameters : dict
        W1, b1, ..., WL, bL; Wl (n_l, n_prev) and bl (n_l, 1), float64.

    Examples
    --------
    >>> parameters = initialize_parameters_deep([5, 4, 3])
    >>> {name: p.shape for name, p in parameters.items()}
    {'W1': (4, 5), 'b1': (4, 1), 'W2': (3, 4), 'b2': (3, 1)}
    >>> parameters["W1"][0].round(4).tolist()
    [0.0179, 0.0044, 0.001, -0.0186, -0.0028]

    Why the scale matters: send random numbers with mean square 1 through
    ten layers of 100 units. With 0.01 nothing arrives; with 1 every tanh
    is stuck at -1 or 1.

    >>> def after_ten_layers(scale, g):
    ...     A = np.random.RandomState(0).randn(100, 50)
    ...     P = initialize_parameters_deep([100] * 11, 1, scale)
    ...     for l in range(1, 11):
    ...         A = g(P[f"W{l}"] @ A)
    ...     return round(float(np.mean(A**2)), 4)
    >>> [after_ten_layers(s, np.tanh) for s in (0.01, 0.1, 1)]
    [0.0, 0.0534, 0.9222]

    relu halves the mean square in each layer, and ten times makes 1/1024
    of it. The factor 2 under the root makes up for that:

    >>> rectify = lambda Z: np.maximum(0, Z)
    >>> [after_ten_layers(lambda n: np.sqrt(c / n), rectify)
    ...  for c in (1, 2)]
    [0.0015, 1.4955]
    """
    sizes = list(layer_dims)
    _check(len(sizes) > 1 and _positive_integers(*sizes), "layer_dims is "
           "{}, expected two or more positive integers", sizes)
    rng = np.random.RandomState(seed)
    parameters = {}
    for l, (n_prev, n) in enumerate(zip(sizes, sizes[1:]), start=1):
        s = scale(n_prev) if callable(scale) else scale
        W, b = rng.randn(n, n_prev), np.zeros((n, 1))
        W = s * W                                 # (2.3)
        if bias_scale:
            b = bias_scale * rng.randn(n, 1)      # (2.4)
        parameters[f"W{l}"], parameters[f"b{l}"] = W, b
    return parameters


# === 3. Forward ===

# What does the net answer? It passes what it is given from layer to
# layer, and a layer does two things: a linear part,
# :math:`Z = W A_{\text{prev}} + b`, and an activation, :math:`A = g(Z)`,
# applied to each entry by itself. The activation is what makes depth
# worth while: without it :math:`W_2(W_1 x + b_1) + b_2` is again one
# matrix and one bias, and a hundred layers could do no more than one.
#
# All examples go through together, a column each. Column :math:`j` of
# :math:`W A` is :math:`W` times column :math:`j` of :math:`A`, so the
# examples never mix on the way forward, and :math:`b`, one column, is
# added to each of them (numpy's broadcasting).
#
# Each function also returns a cache: what its mirror image in section 5
# will want to know. For the linear part that is (A, W, b).
#
# **Every activation** here takes Z, an array of any shape, and gives A,
# of the shape and dtype of Z, and Z itself as the cache. Where Z is NaN,
# A is NaN.
#
# At the end of this section any net of dense layers gives its answer;
# section 4 asks how good it is.
#
# **How this differs.** PyTorch and Keras keep examples in *rows*,
# :math:`Z = X W^T + b`; every formula here is theirs transposed.


LIMITS = {}  # of each dtype that has been met


def _limits(dtype):
    r"""From which Z to which a sigmoid differs from 0 and 1, by dtype."""
    if dtype not in LIMITS:
        limits = np.finfo(dtype)
        LIMITS[dtype] = np.log(limits.tiny) / 2, -np.log(limits.eps)
    return LIMITS[dtype]


def sigmoid(Z):
    r"""Squash any number into (0, 1): the probability of "yes".

    .. math:: A = \sigma(Z) = \frac{1}{1 + e^{-Z}} \tag{3.1}

    Takes Z, gives A and the cache Z, as every activation here.

    Notes
    -----
    *The limits of floats; this may be skipped.* Beyond Z = 36 the float64
    nearest to :math:`\sigma(Z)` is 1, and :math:`\log(1 - A)` infinite;
    below -709 :math:`e^{-Z}` overflows. Z is therefore held where A
    differs from 0 and from 1: for float64 between -354 and 36. So the
    cost stays finite, and nothing later needs a special case. What comes
    back in section 5 is the gradient of the cost that is not held.

    Examples
    --------
    At 0 "yes" and "no" are equally likely; and
    :math:`\sigma(-z) = 1 - \sigma(z)`, here with :math:`z = \ln 3`:

    >>> A, Z = sigmoid(np.array([0, np.log(3), -np.log(3)]))
    >>> A.round(4).tolist()
    [0.5, 0.75, 0.25]

    Far out it stays short of 0 and 1:

    >>> A, _ = sigmoid(np.array([-1e4, 1e4]))
    >>> bool(0 < A[0] < 1e-100), bool(1 - 1e-15 < A[1] < 1)
    (True, True)
    """
    Z, = _floats(Z)
    lowest, highest = _limits(Z.dtype)
    z = np.minimum(np.maximum(Z, lowest), highest)
    A = 1 / (1 + np.exp(-z))                      # (3.1)
    return A, Z


def relu(Z):
    r"""Let positive numbers through and stop the others.

    .. math:: A = \max(0, Z) \tag{3.2}

    Takes Z, gives A and the cache Z, as every activation here.

    Notes
    -----
    The max gate of section 1. Its derivative is 1 wherever it is not 0,
    so a gradient can pass many layers without fading.

    Examples
    --------
    >>> A, Z = relu(np.array([[-2, 0, 3]]))
    >>> A.tolist()
    [[0.0, 0.0, 3.0]]
    """
    Z, = _floats(Z)
    A = np.maximum(0, Z)                          # (3.2)
    return A, Z


def tanh(Z):
    r"""Squash any number into (-1, 1): a sigmoid centred on zero.

    .. math:: A = \tanh Z = \frac{e^Z - e^{-Z}}{e^Z + e^{-Z}}
              = 2\sigma(2Z) - 1 \tag{3.3}

    Takes Z, gives A and the cache Z, as every activation here.

    Examples
    --------
    At :math:`\ln 2` it is :math:`(2 - 1/2)/(2 + 1/2) = 3/5`:

    >>> A, _ = tanh(np.array([0, np.log(2), -np.log(2)]))
    >>> A.round(4).tolist()
    [0.0, 0.6, -0.6]
    >>> (2 * sigmoid(2 * np.log(2))[0] - 1).round(4).tolist()
    0.6
    """
    Z, = _floats(Z)
    A = np.tanh(Z)                                # (3.3)
    return A, Z


def gaussian(Z):
    r"""Answer 1 at zero and fade to both sides: "near", not "beyond".

    .. math:: A = e^{-Z^2} \tag{3.4}

    Takes Z, gives A and the cache Z, as every activation here.

    Notes
    -----
    A net of such units is called a radial basis function (RBF) net. One
    of them can single out the middle of a line, which takes two
    sigmoids; section 12 trains it.

    Examples
    --------
    At :math:`\sqrt{\ln 2}`, left or right, it is one half:

    >>> A, _ = gaussian(np.sqrt(np.log(2)) * np.array([-1, 0, 1]))
    >>> A.round(4).tolist()
    [0.5, 1.0, 0.5]
    """
    Z, = _floats(Z)
    A = np.exp(-Z**2)                             # (3.4)
    return A, Z


ACTIVATIONS = {"sigmoid": sigmoid, "relu": relu, "tanh": tanh,
               "gaussian": gaussian}


def linear_forward(A, W, b):
    r"""Compute a layer's linear part.

    .. math:: Z = W A + b \tag{3.5}

    Parameters
    ----------
    A : array_like, shape (n_prev, m)
        Activations of the layer before (X for the first layer).
    W : array_like, shape (n_l, n_prev)
    b : array_like, shape (n_l, 1)

    Returns
    -------
    Z : ndarray, shape (n_l, m)
    cache : tuple (A, W, b)

    Examples
    --------
    Two units look at the example (1, 2) and say
    :math:`3 \cdot 1 + 4 \cdot 2 + 1 = 12` and
    :math:`1 \cdot 1 - 1 \cdot 2 + 0 = -1`. A second example, (0, 0),
    has a column of its own and changes nothing in the first:

    >>> Z, cache = linear_forward([[1, 0], [2, 0]], [[3, 4], [1, -1]],
    ...                           [[1], [0]])
    >>> Z.tolist()
    [[12.0, 1.0], [-1.0, 0.0]]
    """
    A, W, b = _floats(A, W, b)
    _check(A.ndim == W.ndim == 2 and W.shape[1] == A.shape[0],
           "A has shape {} and W {}, expected (n_prev, m) and "
           "(n_l, n_prev)", A.shape, W.shape)
    _check(A.shape[1] > 0, "A has shape {}, expected one column or more, "
           "for an example each", A.shape)
    _check(b.shape == (W.shape[0], 1),
           "b has shape {}, expected {}", b.shape, (W.shape[0], 1))
    # np.dot is @ with less to decide: it counts where arrays are small.
    Z = np.dot(W, A) + b                          # (3.5)
    return Z, (A, W, b)


def _check_activation(activation):
    r"""Refuse a name that no activation has."""
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}, expected one of "
                         + ", ".join(ACTIVATIONS))


def linear_activation_forward(A_prev, W, b, activation):
    r"""Compute one layer: the linear part, then its activation.

    .. math:: A = g(W A_{\text{prev}} + b) \tag{3.6}

    Parameters
    ----------
    A_prev : array_like, shape (n_prev, m)
    W : array_like, shape (n_l, n_prev)
    b : array_like, shape (n_l, 1)
    activation : str
        A key of ``ACTIVATIONS``: "sigmoid", "relu", "tanh", ...

    Returns
    -------
    A : ndarray, shape (n_l, m)
    cache : tuple ((A_prev, W, b), Z)
        The caches of the two halves.

    Examples
    --------
    The layer above, with relu: 12 passes, -1 is stopped.

    >>> A, ((A_prev, W, b), Z) = linear_activation_forward(
    ...     [[1], [2]], [[3, 4], [1, -1]], [[1], [0]], "relu")
    >>> A.tolist(), Z.tolist()
    ([[12.0], [0.0]], [[12.0], [-1.0]])
    """
    _check_activation(activation)
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = ACTIVATIONS[activation](Z)  # (3.6)
    return A, (linear_cache, activation_cache)


def _layer_activations(activations, L):
    r"""One activation a layer: those given, or relu and at last sigmoid."""
    if activations is None:
        return ("relu",) * (L - 1) + ("sigmoid",)
    _check(len(activations) == L,
           "activations has {} names, expected one for each of the {} "
           "layers", len(activations), L)
    return activations


def L_model_forward(X, parameters, activations=None):
    r"""Run the whole net forward: each layer's A is the next one's input.

    .. math:: A^{[0]} = X, \qquad
              A^{[l]} = g^{[l]}\bigl(W^{[l]} A^{[l-1]} + b^{[l]}\bigr)
              \tag{3.7}

    Parameters
    ----------
    X : array_like, shape (n_0, m)
    parameters : dict
        W1, b1, ..., WL, bL.
    activations : sequence of str, optional
        One for each layer. Without it the hidden layers are relu and
        the last is sigmoid.

    Returns
    -------
    AL : ndarray, shape (n_L, m)
        The output.
    caches : list of L tuples ((A_prev, W, b), Z)
        Those of the layers, the first layer's first.

    Examples
    --------
    Two hidden units, one output, worked by hand: the hidden layer gives
    12 and 0 as above; the output unit gets
    :math:`\frac14 \cdot 12 + 5 \cdot 0 - 3 = 0`, so it says 1/2.

    >>> parameters = {"W1": np.array([[3, 4], [1, -1]]),
    ...               "b1": np.array([[1], [0]]),
    ...               "W2": np.array([[0.25, 5]]),
    ...               "b2": np.array([[-3]])}
    >>> AL, caches = L_model_forward([[1], [2]], parameters)
    >>> AL.tolist(), len(caches)
    ([[0.5]], 2)
    """
    L = len(parameters) // 2
    _check(L > 0, "parameters has the keys {}, expected W1, b1, ..., "
           "WL, bL", list(parameters))
    activations = _layer_activations(activations, L)
    A, caches = X, []
    for l, g in enumerate(activations, start=1):
        W, b = parameters.get(f"W{l}"), parameters.get(f"b{l}")
        _check(W is not None and b is not None, "parameters has the keys "
               "{}, expected W1, b1, ..., WL, bL", ", ".join(parameters))
        A, cache = linear_activation_forward(A, W, b, g)  # (3.7)
        caches.append(cache)
    return A, caches


# === 4. Cross-entropy ===

# How wrong is the net? It gives a probability to each answer, and the
# label says which answer is right. If that one had the probability
# :math:`p`, call :math:`-\log p` the surprise: 0 for :math:`p = 1`, 0.69
# for one half, and without bound as :math:`p` goes to 0. To be sure and
# wrong costs most. The mean over the examples is the cross-entropy, the
# cost of the net.
#
# Why the logarithm? The probability that the net gives to all labels
# together is a product of :math:`m` numbers. Its logarithm is a sum, and
# the cross-entropy is that sum's negative, divided by :math:`m`. To make
# it small is to make the labels as probable as the net can: it is
# maximum likelihood.
#
# **The cost belongs to the last layer.** Sigmoid units answer yes or no,
# each its own question, and (4.1) adds up their surprises. Softmax units,
# section 7, share one question, which of several classes it is, and
# (4.2) looks at the class that is right. What decides is the activation,
# not the number of rows.
#
# The labels Y have the shape of the outputs AL, a column for each
# example; where AL has one row, a plain vector of labels will do.
#
# With a number that says how wrong the net is, section 5 can ask which
# way each weight should move.


def _labels_like(AL, Y):
    r"""AL and Y as floats, Y in the shape of AL."""
    AL, Y = _floats(AL, Y)
    _check(AL.ndim == 2 and AL.size, "AL has shape {}, expected "
           "(n_L, m), neither of them 0", AL.shape)
    if Y.shape == AL.shape and Y.dtype == AL.dtype:
        return AL, Y
    _check(Y.shape == AL.shape or Y.shape == AL.shape[AL.shape[0] == 1:],
           "Y has shape {}, expected {} as AL", Y.shape, AL.shape)
    return AL, Y.reshape(AL.shape).astype(AL.dtype)


def compute_cost(AL, Y):
    r"""Average the surprise of yes-or-no answers.

    A sigmoid unit gives :math:`a`, the probability of "yes", and leaves
    :math:`1 - a` for "no". With :math:`y = 1` for "yes" and 0 for "no",
    one of the two logarithms below is multiplied by 1, the other by 0.
    The losses of an example's units :math:`i` add up; the course has one
    unit.

    .. math:: J = -\frac1m \sum_{j=1}^m \sum_i \bigl(y_{ij} \log a_{ij}
                  + (1 - y_{ij}) \log (1 - a_{ij})\bigr) \tag{4.1}

    Parameters
    ----------
    AL, Y : array_like, shape (n_L, m)
        The probabilities of "yes", and the labels, 0 or 1.

    Returns
    -------
    cost : ndarray, shape ()

    Notes
    -----
    The formula is followed whatever is handed in. A probability of
    exactly 0 or 1 makes it infinite or undefined; `sigmoid` keeps clear
    of both.

    Examples
    --------
    Right with 1/2, right with 3/4, wrong with 1/4 left for the truth:
    :math:`(\ln 2 + \ln\frac43 + \ln 4)/3`.

    >>> cost = compute_cost([[0.5, 0.75, 0.75]], [[1, 1, 0]])
    >>> round(float(cost), 4)
    0.789
    >>> round(float(np.log(2) + np.log(4 / 3) + np.log(4)) / 3, 4)
    0.789

    All labels together have the probability
    :math:`\frac12 \cdot \frac34 \cdot \frac14`, whose negative logarithm
    is :math:`m J`:

    >>> round(float(np.exp(-3 * cost)), 6), 3 / 32
    (0.09375, 0.09375)

    Two questions about one example, two rows: their losses add.

    >>> cost = compute_cost([[0.5], [0.75]], [[1], [1]])
    >>> round(float(cost), 4), round(float(np.log(2) + np.log(4 / 3)), 4)
    (0.9808, 0.9808)
    """
    AL, Y = _labels_like(AL, Y)
    m = AL.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = Y * np.log(AL) + (1 - Y) * np.log(1 - AL)
    cost = -losses.sum() / m                      # (4.1)
    return np.asarray(cost, AL.dtype)


def compute_categorical_cost(AL, Y):
    r"""Average the surprise of the right class, one out of several.

    Softmax units give each class a probability, and these sum to 1. A
    column of Y has a 1 for the class that is right, so that only its
    probability counts:

    .. math:: J = -\frac1m \sum_{j=1}^m \sum_{c} y_{cj} \log a_{cj}
              \tag{4.2}

    Parameters
    ----------
    AL, Y : array_like, shape (n_L, m)
        A probability for each class, and the labels, 0 or 1.

    Returns
    -------
    cost : ndarray, shape ()

    Notes
    -----
    The wrong classes need not be counted: since the probabilities sum to
    1, to raise the right one is to lower the others. Sigmoids are free
    of that sum. With this cost they would all learn to say "yes" to
    everything; (4.1) is theirs.

    Examples
    --------
    Three classes, where only the right one's probability counts:

    >>> cost = compute_categorical_cost([[0.5], [0.3], [0.2]],
    ...                                 [[1], [0], [0]])
    >>> round(float(cost), 4)
    0.6931
    """
    AL, Y = _labels_like(AL, Y)
    m = AL.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = Y * np.log(AL)
    cost = -losses.sum() / m                      # (4.2)
    return np.asarray(cost, AL.dtype)


# === 5. Backward ===

# Which way should each weight move, and how much does it matter? Walk
# the net from its end to its beginning, as the circuit of section 1, now
# with matrices on the wires. Something comes back from the end, dA or
# dZ; each function turns the gradient of its output into that of its
# inputs, as the forward function turned its inputs into its output. Both
# use the same cache, and they stand in the same order as in section 3.
# The method had several discoverers; one paper made it widely known [3]_.
#
# The bookkeeping never needs more than one entry at a time. Write
# :math:`\ell_j` for the loss of example :math:`j`, so that
# :math:`J = \frac1m \sum_j \ell_j`. Since columns do not mix,
# :math:`Z_{ij}` influences :math:`\ell_j` alone. So let
#
# .. math:: dZ_{ij} = \frac{\partial \ell_j}{\partial Z_{ij}}
#           = m\,\frac{\partial J}{\partial Z_{ij}}, \qquad
#           dA_{ij} = \frac{\partial \ell_j}{\partial A_{ij}} .
#
# Only weights and biases are shared by all examples. In their gradients
# the examples' contributions are averaged, and there, in
# `linear_backward`, the 1/m comes in.
#
# A check that catches most mistakes: a gradient has the shape of what it
# is the gradient of. Often only one product of the matrices at hand has
# that shape.
#
# **Every activation** of section 3 acts on each entry alone, so the chain
# rule for it is a product entry by entry, :math:`dZ = dA * g'(Z)`. Each
# of the functions below takes dA, an array of any shape, and as the cache
# Z, of that shape; it gives dZ, of that shape too. Some derivatives are
# made of A = g(Z), which is computed once more unless it is handed in as
# well. Where Z is NaN, dZ is NaN; but relu sends 0 back, for NaN is not
# above 0.
#
# At the end of this section every weight of a net has its gradient. What
# to do with it is section 6.
#
# **How this differs.** Frameworks let the cost's own backward step carry
# the 1/m, so that every gradient after it is that of J. The result for W
# and b is the same; dZ and dA then are m times smaller than here.
#
# .. [3] Rumelhart, Hinton and Williams, "Learning representations by
#    back-propagating errors", Nature 323 (1986), 533–536.


def compute_cost_backward(AL, Y):
    r"""Find how each yes-or-no output moves its example's loss.

    Differentiate (4.1) by one entry of AL, without the 1/m:
    :math:`\log a` has the derivative :math:`1/a`, and :math:`\log(1 - a)`
    has :math:`-1/(1 - a)`.

    .. math:: dA^{[L]} = -\Bigl(\frac{Y}{A^{[L]}}
                         - \frac{1 - Y}{1 - A^{[L]}}\Bigr) \tag{5.1}

    Parameters
    ----------
    AL, Y : array_like, shape (n_L, m)

    Returns
    -------
    dAL : ndarray, shape (n_L, m)

    Examples
    --------
    The first answer is "yes" and was given 1/2: its loss
    :math:`-\log a` has the derivative -2. The second is "no" and was left
    1/4: its loss :math:`-\log(1 - a)` has the derivative 4.

    >>> compute_cost_backward([[0.5, 0.75]], [[1, 0]]).tolist()
    [[-2.0, 4.0]]

    Gradient check: move the second output a little both ways and look
    at m times the cost.

    >>> up = compute_cost([[0.5, 0.75 + 1e-5]], [[1, 0]])
    >>> down = compute_cost([[0.5, 0.75 - 1e-5]], [[1, 0]])
    >>> round(float(2 * (up - down) / 2e-5), 6)
    4.0
    """
    AL, Y = _labels_like(AL, Y)
    with np.errstate(divide="ignore", invalid="ignore"):
        dAL = -(Y / AL - (1 - Y) / (1 - AL))      # (5.1)
    return dAL


def compute_categorical_cost_backward(AL, Y):
    r"""Find how each class's probability moves its example's loss.

    Differentiate (4.2) by one entry of AL, without the 1/m:

    .. math:: dA^{[L]} = -\frac{Y}{A^{[L]}} \tag{5.2}

    Parameters
    ----------
    AL, Y : array_like, shape (n_L, m)

    Returns
    -------
    dAL : ndarray, shape (n_L, m)

    Examples
    --------
    The right class was given 1/4. The wrong one is not in the loss.

    >>> dAL = compute_categorical_cost_backward([[0.25], [0.75]],
    ...                                         [[1], [0]])
    >>> (dAL + 0).tolist()  # no -0.0
    [[-4.0], [0.0]]

    Gradient check:

    >>> up, down = (compute_categorical_cost([[0.25 + h], [0.75]],
    ...                                      [[1], [0]])
    ...             for h in (1e-5, -1e-5))
    >>> round(float(up - down) / 2e-5, 6)
    -4.0
    """
    AL, Y = _labels_like(AL, Y)
    with np.errstate(divide="ignore", invalid="ignore"):
        dAL = -Y / AL                             # (5.2)
    return dAL


def _same_shape(dA, Z):
    r"""dA and Z as floats, refused if their shapes differ."""
    dA, Z = _floats(dA, Z)
    _check(dA.shape == Z.shape, "dA has shape {}, expected {} as Z",
           dA.shape, Z.shape)
    return dA, Z


def sigmoid_backward(dA, cache, A=None):
    r"""Go back through a sigmoid: its derivative is made of its value.

    By section 1, :math:`\sigma' = \sigma(1 - \sigma)`:

    .. math:: dZ = dA * A * (1 - A) \tag{5.3}

    Takes dA, the cache and perhaps A; gives dZ, as every activation here.

    Notes
    -----
    When the sigmoid is the output and cross-entropy the cost, put (5.1)
    into (5.3), and the two derivatives cancel:

    .. math:: \begin{aligned}
              dZ &= -\Bigl(\frac{Y}{A} - \frac{1-Y}{1-A}\Bigr) A (1 - A)
              \\ &= -Y (1 - A) + (1 - Y) A \\ &= A - Y
              \end{aligned}

    What the output unit sends back is simply its error. A sigmoid that
    is sure and wrong is flat, its derivative almost 0; but there the
    loss is steep in the same measure, so the unit learns from its worst
    mistakes. The squared error :math:`\frac12 (A - Y)^2` has the
    derivative :math:`A - Y`, at most 1, and nearly nothing would come
    back.

    Examples
    --------
    At 0 the derivative is 1/4, the largest; at :math:`\ln 3` it is
    :math:`\frac34 \cdot \frac14`.

    >>> Z = np.array([[0, np.log(3)]])
    >>> sigmoid_backward([[8, 16]], Z).round(4).tolist()
    [[2.0, 3.0]]

    After cross-entropy A - Y is left. At Z = 40 the unit is sure and
    wrong, and the whole error comes back, where the squared error would
    send back next to nothing:

    >>> Y = np.array([[1, 0]])
    >>> A, Z = sigmoid([[0, 40]])
    >>> dZ = sigmoid_backward(compute_cost_backward(A, Y), Z)
    >>> dZ.round(4).tolist(), (A - Y).round(4).tolist()
    ([[-0.5, 1.0]], [[-0.5, 1.0]])
    >>> sigmoid_backward(A - Y, Z).round(4).tolist()
    [[-0.125, 0.0]]

    The cost is held there, at 36 instead of 40. The 1 that comes back is
    the derivative of the cost that is not held, :math:`\ln(1 + e^Z)`.

    >>> [round(float(compute_cost(sigmoid([[Z]])[0], [[0]])), 2)
    ...  for Z in (30, 40, 50)]
    [30.0, 36.04, 36.04]

    Gradient check:

    >>> quotient = (sigmoid(2 + 1e-5)[0] - sigmoid(2 - 1e-5)[0]) / 2e-5
    >>> error = quotient - sigmoid_backward(1, 2)
    >>> bool(abs(error) < 1e-10)
    True
    """
    dA, Z = _same_shape(dA, cache)
    if A is None:
        A, _ = sigmoid(Z)
    dZ = dA * A * (1 - A)                         # (5.3)
    return dZ


def relu_backward(dA, cache, A=None):
    r"""Go back through relu: the max gate routes.

    .. math:: dZ = \begin{cases} dA & Z > 0 \\ 0 & Z \le 0 \end{cases}
              \tag{5.4}

    Takes dA, the cache and perhaps A; gives dZ, as every activation here.

    Notes
    -----
    What decides is the sign of Z, never that of dA. At the kink itself,
    Z = 0, there is no derivative; we take 0, as nearly everybody does.

    Examples
    --------
    >>> relu_backward([[5, 5, -5]], [[-2, 0, 3]]).tolist()
    [[0.0, 0.0, -5.0]]

    Gradient check, on both sides of the kink:

    >>> Z = np.array([-2.0, 3.0])
    >>> quotient = (relu(Z + 1e-5)[0] - relu(Z - 1e-5)[0]) / 2e-5
    >>> quotient.round(6).tolist(), relu_backward([1, 1], Z).tolist()
    ([0.0, 1.0], [0.0, 1.0])
    """
    dA, Z = _same_shape(dA, cache)
    # As a product, since np.where is slow on a mixed mask.
    dZ = dA * (Z > 0)                             # (5.4)
    return dZ


def tanh_backward(dA, cache, A=None):
    r"""Go back through tanh.

    From :math:`\tanh Z = 2\sigma(2Z) - 1` its derivative is
    :math:`4\sigma(2Z)(1 - \sigma(2Z))`. With
    :math:`\sigma(2Z) = (1 + A)/2` that is :math:`(1 + A)(1 - A)`:

    .. math:: dZ = dA * (1 - A^2) \tag{5.5}

    Takes dA, the cache and perhaps A; gives dZ, as every activation here.

    Examples
    --------
    At :math:`\ln 2`, where A = 3/5, the derivative is 1 - 9/25:

    >>> tanh_backward([25], [np.log(2)]).round(4).tolist()
    [16.0]

    Gradient check:

    >>> quotient = (tanh(2 + 1e-5)[0] - tanh(2 - 1e-5)[0]) / 2e-5
    >>> bool(abs(quotient - tanh_backward(1, 2)) < 1e-10)
    True
    """
    dA, Z = _same_shape(dA, cache)
    if A is None:
        A, _ = tanh(Z)
    dZ = dA * (1 - A**2)                          # (5.5)
    return dZ


def gaussian_backward(dA, cache, A=None):
    r"""Go back through the Gaussian bump.

    By the chain rule, :math:`e^{-Z^2}` has the derivative
    :math:`e^{-Z^2} (-2Z)`:

    .. math:: dZ = dA * (-2 Z A) \tag{5.6}

    Takes dA, the cache and perhaps A; gives dZ, as every activation here.

    Examples
    --------
    Left of 0 the bump rises, right of it it falls:

    >>> gaussian_backward([1, 1], [-0.5, 0.5]).round(4).tolist()
    [0.7788, -0.7788]

    Gradient check:

    >>> quotient = (gaussian(2 + 1e-5)[0] - gaussian(2 - 1e-5)[0]) / 2e-5
    >>> bool(abs(quotient - gaussian_backward(1, 2)) < 1e-10)
    True
    """
    dA, Z = _same_shape(dA, cache)
    if A is None:
        A, _ = gaussian(Z)
    dZ = dA * -2 * Z * A                          # (5.6)
    return dZ


DERIVATIVES = {"sigmoid": sigmoid_backward, "relu": relu_backward,
               "tanh": tanh_backward, "gaussian": gaussian_backward}


def linear_backward(dZ, cache):
    r"""Go back through a layer's linear part.

    One entry at a time, :math:`Z_{ij} = \sum_k W_{ik} A_{kj} + b_i` is a
    circuit of multiply and add gates.

    The weight :math:`W_{ik}` meets :math:`A_{kj}` in every example
    :math:`j`, and each time only on its way to unit :math:`i`. Multiply
    swaps, and where a value forks gradients add:

    .. math:: \frac{\partial J}{\partial W_{ik}}
              = \frac1m \sum_j dZ_{ij} A_{kj}
              = \frac1m \bigl(dZ \, A_{\text{prev}}^T\bigr)_{ik} .

    The sum over the examples *is* the matrix product. The bias is
    added, so it receives :math:`dZ_{ij}` itself from each example. The
    activation :math:`A_{kj}` forks to all units :math:`i` of this layer,
    within its own example:

    .. math:: dA_{kj} = \sum_i W_{ik} \, dZ_{ij}
              = \bigl(W^T dZ\bigr)_{kj} ,

    no sum over examples, and so no 1/m. All together:

    .. math:: dW = \frac1m \, dZ \, A_{\text{prev}}^T \tag{5.7}
    .. math:: db = \frac1m \sum_{j=1}^m dZ_{:,j} \tag{5.8}
    .. math:: dA_{\text{prev}} = W^T dZ \tag{5.9}

    Parameters
    ----------
    dZ : array_like, shape (n_l, m)
    cache : tuple (A_prev, W, b)
        From `linear_forward`.

    Returns
    -------
    dA_prev, dW, db : ndarray, shapes of A_prev, W, b

    Examples
    --------
    Two examples, (1, 2) and (3, 4), and one unit. :math:`W_{11}`
    receives :math:`(1 \cdot 1 + (-2) \cdot 3)/2`.

    >>> A, W, b = np.array([[1, 3], [2, 4]]), np.array([[5, 6]]), [[0]]
    >>> Z, cache = linear_forward(A, W, b)
    >>> dA_prev, dW, db = linear_backward([[1, -2]], cache)
    >>> dW.tolist(), db.tolist()
    ([[-2.5, -3.0]], [[-0.5]])
    >>> dA_prev.tolist()
    [[5.0, -10.0], [6.0, -12.0]]

    Gradient check, of the cost :math:`J = \frac12\sum_j dZ_j Z_j`, whose
    m dJ/dZ is the dZ above:

    >>> def J(W, b):
    ...     return np.sum(linear_forward(A, W, b)[0] * [[1, -2]]) / 2
    >>> h = np.array([[1e-4, 0]])
    >>> round(float(J(W + h, b) - J(W - h, b)) / 2e-4, 6)
    -2.5
    """
    A_prev, W, b = cache
    dZ, = _floats(dZ)
    _check(dZ.shape == (W.shape[0], A_prev.shape[1]),
           "dZ has shape {}, expected {} as Z",
           dZ.shape, (W.shape[0], A_prev.shape[1]))
    m = A_prev.shape[1]
    _check(m > 0, "dZ has shape {}, expected one column or more, for an "
           "example each", dZ.shape)
    # np.dot and not @, which is slow for a single example.
    dW = np.dot(dZ, A_prev.T) / m                 # (5.7)
    db = dZ.sum(axis=1, keepdims=True) / m        # (5.8)
    dA_prev = np.dot(W.T, dZ)                     # (5.9)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation, A=None):
    r"""Go back through one layer: activation first, then linear part.

    With the derivative of the activation that went forward,

    .. math:: dZ = dA * g'(Z) \tag{5.10}

    Parameters
    ----------
    dA : array_like, shape (n_l, m)
    cache : tuple ((A_prev, W, b), Z)
        From `linear_activation_forward`.
    activation : str
        The one that went forward.
    A : ndarray, optional
        The layer's output, to be used in place of computing it again.

    Returns
    -------
    dA_prev, dW, db : ndarray, shapes of A_prev, W, b

    Examples
    --------
    The relu layer of section 3: its second unit was silent, so nothing
    passes it, neither to its weights nor to what lies before.

    >>> A, cache = linear_activation_forward(
    ...     [[1], [2]], [[3, 4], [1, -1]], [[1], [0]], "relu")
    >>> dA_prev, dW, db = linear_activation_backward(
    ...     [[10], [10]], cache, "relu")
    >>> dW.tolist(), db.tolist(), dA_prev.tolist()
    ([[10.0, 20.0], [0.0, 0.0]], [[10.0], [0.0]], [[30.0], [40.0]])

    Gradient check of :math:`W_{12}`, for :math:`J = 10 \sum A`:

    >>> up, down = (linear_activation_forward(
    ...     [[1], [2]], [[3, 4 + h], [1, -1]], [[1], [0]], "relu")[0]
    ...     for h in (1e-4, -1e-4))
    >>> round(float(np.sum(10 * up - 10 * down)) / 2e-4, 6)
    20.0
    """
    _check_activation(activation)
    linear_cache, activation_cache = cache
    dZ = DERIVATIVES[activation](dA, activation_cache, A)  # (5.10)
    return linear_backward(dZ, linear_cache)


# The cost that goes with a last layer, and its gradient.
COSTS = {"sigmoid": (compute_cost, compute_cost_backward),
         "softmax": (compute_categorical_cost,
                     compute_categorical_cost_backward)}


def _cost_of(activation):
    r"""The cost, and its gradient, for a last layer's activation."""
    _check(isinstance(activation, str) and activation in COSTS,
           "the last activation is {!r}, expected sigmoid or softmax",
           activation)
    return COSTS[activation]


def L_model_backward(AL, Y, caches, activations=None, outputs=None):
    r"""Run the whole net backward: backpropagation.

    Start from the cost that belongs to the last layer: (5.1) for sigmoid,
    (5.2) for softmax; any other is refused. Then take the layers from the
    last to the first, each handing to the one before what it is to send
    back:

    .. math:: \begin{aligned}
              dA^{[L]} &= m\,\frac{\partial J}{\partial A^{[L]}}, \\
              \bigl(dA^{[l-1]}, dW^{[l]}, db^{[l]}\bigr)
              &= \mathrm{layer}_l^{\,\mathrm{backward}}
              \bigl(dA^{[l]}\bigr) \end{aligned} \tag{5.11}

    Parameters
    ----------
    AL : array_like, shape (n_L, m)
        The output of `L_model_forward`.
    Y : array_like, shape (n_L, m)
        The labels, 0 or 1.
    caches : list of L tuples ((A_prev, W, b), Z)
        From `L_model_forward`.
    activations : sequence of str, optional
        Those that went forward; without it relu ... relu, sigmoid.
    outputs : list of L ndarrays, optional
        A1 ... AL, if they are at hand; without them each is computed
        again from its layer's Z, as in the course.

    Returns
    -------
    grads : dict
        dA0, dW1, db1, dA1, ..., dWL, dbL, from the last layer to the
        first.

    Notes
    -----
    Why backward, and not one weight after the other? Forward, each layer
    makes one matrix product, with W. Backward it makes two of the same
    size, with W and with A_prev. So all gradients together cost about as
    much as two runs forward. Trying each weight by itself would take one
    run forward for each.

    Examples
    --------
    The net of section 3, whose answer was 1/2, and the truth was "yes".
    At the output dZ = A - Y = -1/2; so
    :math:`dW^{[2]} = -\frac12 \cdot (12, 0)`, back to the hidden units
    go :math:`-\frac12 \cdot (\frac14, 5)`, and the second unit, silent,
    stops its part.

    >>> parameters = {"W1": np.array([[3, 4], [1, -1]]),
    ...               "b1": np.array([[1], [0]]),
    ...               "W2": np.array([[0.25, 5]]),
    ...               "b2": np.array([[-3]])}
    >>> AL, caches = L_model_forward([[1], [2]], parameters)
    >>> grads = L_model_backward(AL, [[1]], caches)
    >>> for name in grads:
    ...     print(name, (grads[name] + 0).tolist())  # no -0.0
    dA1 [[-0.125], [-2.5]]
    dW2 [[-6.0, 0.0]]
    db2 [[-0.5]]
    dA0 [[-0.375], [-0.5]]
    dW1 [[-0.125, -0.25], [0.0, 0.0]]
    db1 [[-0.125], [0.0]]

    Gradient check of the first weight of all:

    >>> def J(w):
    ...     W1 = np.array([[w, 4], [1, -1]])
    ...     AL, _ = L_model_forward([[1], [2]], {**parameters, "W1": W1})
    ...     return compute_cost(AL, [[1]])
    >>> round(float(J(3 + 1e-5) - J(3 - 1e-5)) / 2e-5, 6)
    -0.125
    """
    L = len(caches)
    _check(L > 0, "caches is empty, expected one cache for each layer")
    activations = _layer_activations(activations, L)
    _, cost_backward = _cost_of(activations[-1])
    dA, grads = cost_backward(AL, Y), {}
    outputs = outputs or [None] * L
    for l in range(L, 0, -1):
        cache, g, A = caches[l - 1], activations[l - 1], outputs[l - 1]
        dA, dW, db = linear_activation_backward(dA, cache, g, A)  # (5.11)
        grads[f"dA{l - 1}"] = dA
        grads[f"dW{l}"], grads[f"db{l}"] = dW, db
    return grads


# === 6. Update and training ===

# How does a net get better, once its gradient is known? The gradient
# points where the cost grows fastest, so a step against it makes the
# cost smaller, if the step is small enough. That is gradient descent.
# Everything else is repetition: forward, cost, backward, update, again
# and again.
#
# How long a step? The learning rate :math:`\alpha` decides. Along one
# parameter let the cost be a parabola of curvature :math:`c`, that is
# :math:`\frac{c}{2} w^2`, with the derivative :math:`c\,w`. A step turns
# :math:`w` into :math:`(1 - \alpha c)\,w`. For small :math:`\alpha` it
# creeps towards 0; for :math:`\alpha = 1/c` a single step reaches it;
# beyond that each step overshoots, from one side to the other; and above
# :math:`2/c` each lands farther out than the one before. A net has many
# curvatures and one rate; the steepest one limits it.
#
# At the end of this section nets are trained and asked, and last comes a
# way to train the same nets faster.


def update_parameters(params, grads, learning_rate):
    r"""Take one step downhill.

    .. math:: P \leftarrow P - \alpha \, dP \tag{6.1}

    for every parameter P, weights and biases alike.

    Parameters
    ----------
    params : dict
        W1, b1, ..., of any shapes; left as it is.
    grads : dict
        dW1, db1, ... of the same shapes. What else it holds, as dA1,
        is not used.
    learning_rate : float
        :math:`\alpha`.

    Returns
    -------
    parameters : dict
        The new values under the keys of params, their dtypes kept.

    Examples
    --------
    >>> params = {"W1": np.array([[1.0, 2.0]]), "b1": np.array([[3.0]])}
    >>> grads = {"dW1": np.array([[2, -2]]), "db1": np.array([[4]])}
    >>> stepped = update_parameters(params, grads, 0.25)
    >>> stepped["W1"].tolist(), stepped["b1"].tolist()
    ([[0.5, 2.5]], [[2.0]])
    >>> params["W1"].tolist()
    [[1.0, 2.0]]

    The parabola :math:`w^2` has the curvature 2 and the derivative 2w.
    Five steps from 1 with four rates: it creeps, it arrives, it
    overshoots and still comes nearer, it runs away.

    >>> for rate in (0.25, 0.5, 0.75, 1.25):
    ...     w = {"W1": np.array([[1.0]])}
    ...     for step in range(5):
    ...         w = update_parameters(w, {"dW1": 2 * w["W1"]}, rate)
    ...     print(rate, round(float(w["W1"][0, 0]), 3) + 0)
    0.25 0.031
    0.5 0.0
    0.75 -0.031
    1.25 -7.594
    """
    rate = float(learning_rate)
    parameters = {}
    for name, P in params.items():
        _check(f"d{name}" in grads, "grads has no d{}, expected one for "
               "each of params", name)
        P, dP = _floats(P, grads[f"d{name}"])
        _check(P.shape == dP.shape, "d{} has shape {}, expected {} as {}",
               name, dP.shape, P.shape, name)
        P = P - rate * dP                         # (6.1)
        parameters[name] = P
    return parameters


def dense_net(activations=None):
    r"""Put together a net of dense layers: forward, cost, backward.

    The three belong together. What a net is trained for follows from its
    last layer: (4.1) for sigmoid, in any number of units, and (4.2) for
    softmax; and backward gives the gradients of that cost.

    Parameters
    ----------
    activations : sequence of str, optional
        One for each layer; without it relu ... relu, sigmoid.

    Returns
    -------
    forward : callable
        ``forward(X, parameters)`` gives AL and caches.
    cost : callable
        ``cost(AL, Y)`` gives the cost that the net is trained for.
    backward : callable
        ``backward(AL, Y, caches)`` gives grads, those of that cost.

    Examples
    --------
    >>> forward, cost, backward = dense_net(["tanh", "sigmoid"])
    >>> AL, caches = forward([[1]], {"W1": [[0]], "b1": [[0]],
    ...                              "W2": [[0]], "b2": [[0]]})
    >>> AL.tolist(), round(float(cost(AL, [[1]])), 4)
    ([[0.5]], 0.6931)

    Where outputs are no probabilities there is no cross-entropy:

    >>> dense_net(["sigmoid", "tanh"])
    Traceback (most recent call last):
    ValueError: the last activation is 'tanh', expected sigmoid or softmax
    """
    cost, _ = _cost_of(activations[-1] if activations else "sigmoid")

    def forward(X, parameters):
        return L_model_forward(X, parameters, activations)

    def backward(AL, Y, caches):
        outputs = [A for (A, _, _), _ in caches[1:]] + [AL]
        return L_model_backward(AL, Y, caches, activations, outputs)

    return forward, cost, backward


def descend(batches, parameters, learning_rate, net=dense_net(),
            update=update_parameters):
    r"""Train: one step of gradient descent for every batch.

    Parameters
    ----------
    batches : iterable of (X, Y)
        What each step is computed from. ``[(X, Y)] * 2500`` is plain
        gradient descent, 2500 steps over the whole set; section 11
        makes batches of a few examples each.
    parameters : dict
        Where to start; left as it is.
    learning_rate : float or callable
        A number, or a function of the step 0, 1, ... that gives it.
    net : tuple of three callables
        forward, cost and backward, as `dense_net` gives them.
    update : callable
        The rule for a step, with the arguments of `update_parameters`.

    Yields
    ------
    cost : ndarray, shape ()
        Of this step's batch, before the step.
    AL : ndarray, shape (n_L, m)
        The net's output for it, before the step.
    parameters : dict
        After the step.

    Notes
    -----
    This is the only training loop of the file. It is a generator: it
    takes a step whenever it is asked for one, and between two steps
    whoever asks may print, plot, save, or stop.

    Examples
    --------
    One unit, one example: x = 1, and the truth is "yes". From w = b = 0
    the answer is 1/2 and its cost ln 2. dZ = A - Y = -1/2, so that a
    step of rate 2 adds 1 to w and to b.

    >>> start = {"W1": [[0]], "b1": [[0]]}
    >>> for cost, AL, parameters in descend([([[1]], [[1]])] * 2, start, 2):
    ...     print(round(float(cost), 4), AL.round(4).tolist(),
    ...           parameters["W1"].round(4).tolist())
    0.6931 [[0.5]] [[1.0]]
    0.1269 [[0.8808]] [[1.2384]]
    """
    forward, cost, backward = net
    for step, (X, Y) in enumerate(batches):
        AL, caches = forward(X, parameters)
        J = cost(AL, Y)
        grads = backward(AL, Y, caches)
        rate = learning_rate(step) if callable(learning_rate) \
            else learning_rate
        parameters = update(parameters, grads, rate)
        yield J, AL, parameters


def _train(X, Y, parameters, learning_rate, num_iterations, print_cost):
    r"""Descend on the whole set; every 100th cost is kept and printed."""
    costs, batches = [], [tuple(_floats(X, Y))] * num_iterations
    steps = descend(batches, parameters, learning_rate)
    for i, (cost, AL, parameters) in enumerate(steps):
        if i % 100 == 0:
            costs.append(cost)
        if print_cost and (i % 100 == 0 or i == num_iterations - 1):
            print(f"Cost after iteration {i}: {cost}")
    return parameters, costs


def two_layer_model(X, Y, layers_dims, learning_rate=0.0075,
                    num_iterations=3000, print_cost=False):
    r"""Train a net with one hidden layer: relu, then sigmoid.

    It starts from `initialize_parameters` with seed 1, as in the course.

    Parameters
    ----------
    X : array_like, shape (n_x, m)
    Y : array_like, shape (1, m)
    layers_dims : tuple (n_x, n_h, n_y)
    learning_rate : float
    num_iterations : int
        Steps over the whole set.
    print_cost : bool
        Whether to print the cost at every 100th step and at the last.

    Returns
    -------
    parameters : dict
        W1, b1, W2, b2.
    costs : list of ndarrays, shape ()
        Those of the steps 0, 100, 200, ...

    Examples
    --------
    Is the first number larger than the second?

    >>> X, Y = np.array([[3, 1, 2, 0], [1, 3, 0, 2]]), [[1, 0, 1, 0]]
    >>> parameters, costs = two_layer_model(X, Y, (2, 3, 1), 0.5, 301)
    >>> [round(float(cost), 2) for cost in costs]
    [0.69, 0.03, 0.01, 0.01]
    >>> predict([[1, 4], [2, 3]], None, parameters).tolist()
    [[0.0, 1.0]]
    """
    _check(len(layers_dims) == 3, "layers_dims has {} entries, expected "
           "3: (n_x, n_h, n_y)", len(layers_dims))
    return _train(X, Y, initialize_parameters(*layers_dims),
                  learning_rate, num_iterations, print_cost)


def L_layer_model(X, Y, layers_dims, learning_rate=0.0075,
                  num_iterations=3000, print_cost=False):
    r"""Train a net of any depth: relu, ..., relu, sigmoid.

    The weights start at :math:`\mathcal{N}(0, 1)/\sqrt{n_{l-1}}`, seed 1,
    as in the course. For relu section 2 asks for
    :math:`\sqrt{2/n_{l-1}}`; over so few layers the missing 2 does
    little harm, and the course's costs are those of its own start.

    Parameters
    ----------
    X, Y, layers_dims, learning_rate, num_iterations, print_cost : various
        As for `two_layer_model`; layers_dims is n_x, then the units of
        every layer.

    Returns
    -------
    parameters, costs : dict, list
        As from `two_layer_model`.

    Examples
    --------
    The same question with one layer more, and with one less, which is
    logistic regression:

    >>> X, Y = np.array([[3, 1, 2, 0], [1, 3, 0, 2]]), [[1, 0, 1, 0]]
    >>> for layers_dims in (2, 3, 2, 1), (2, 1):
    ...     parameters, costs = L_layer_model(X, Y, layers_dims, 0.5, 201)
    ...     print([round(float(cost), 2) for cost in costs])
    [0.88, 0.02, 0.01]
    [0.28, 0.01, 0.0]
    >>> predict([[5, 6], [6, 5]], None, parameters).tolist()
    [[0.0, 1.0]]
    """
    start = initialize_parameters_deep(
        layers_dims, seed=1, scale=lambda n: 1 / np.sqrt(n))
    return _train(X, Y, start, learning_rate, num_iterations, print_cost)


def predict(X, y, parameters, activations=None):
    r"""Say which answer the net thinks most probable.

    Parameters
    ----------
    X : array_like, shape (n_x, m)
    y : array_like, shape (1, m), or None
        The truth: 0 or 1, or the number of the class. If it is given,
        the share that the net gets right is printed.
    parameters : dict
        W1, b1, ..., WL, bL.
    activations : sequence of str, optional
        One for each layer; without it relu ... relu, sigmoid.

    Returns
    -------
    p : ndarray, shape (1, m)
        1.0 where the output is above one half and 0.0 elsewhere; with
        several outputs the number of the largest.

    Examples
    --------
    A single unit that says "yes" when its two inputs add up to more than
    1. On these four examples it is right in three cases:

    >>> unit = {"W1": np.array([[2, 2]]), "b1": np.array([[-2]])}
    >>> predict([[0, 1, 1, 2], [0, 0, 1, 0]], [[0, 1, 1, 1]], unit)
    Accuracy: 0.75
    array([[0., 0., 1., 1.]])
    """
    AL, _ = L_model_forward(X, parameters, activations)
    _check(not np.isnan(AL).any(), "the net answers NaN to {} of {} "
           "examples, expected numbers; X or parameters may hold NaN",
           np.isnan(AL).any(axis=0).sum(), AL.shape[1])
    if AL.shape[0] == 1:
        p = (AL > 0.5).astype(float)
    else:
        p = np.argmax(AL, axis=0)[np.newaxis].astype(float)
    if y is not None:
        y, = _floats(y)
        _check(y.size == p.size, "y has {} labels, expected {}, one for "
               "each column of X", y.size, p.size)
        print(f"Accuracy: {np.mean(p == y.reshape(p.shape))}")
    return p


def to_span(X, parameters):
    r"""Write the data in as many coordinates as there are examples.

    *The same training, faster.* Where there are fewer examples than
    features, as 209 pictures of 12288 numbers each, the pictures span at
    most 209 of the 12288 directions. Take an orthonormal basis of these,
    the columns of Q:

    .. math:: X = Q R, \qquad Q^T Q = I \tag{6.2}

    Column j of R has the coordinates of picture j. The first layer sees
    the same numbers from R as it did from X, if its weights are taken
    along Q as well:

    .. math:: V_1 = W_1 Q, \qquad V_1 R = W_1 Q R = W_1 X \tag{6.3}

    Parameters
    ----------
    X : array_like, shape (n_x, m)
    parameters : dict
        W1 of shape (n_1, n_x), and the rest, which stay as they are.

    Returns
    -------
    R : ndarray, shape (m, m)
        X itself where n_x <= m, for then there is nothing to gain.
    inside : dict
        The parameters with V1 in the place of W1.
    Q : ndarray, shape (n_x, m), or None
        The basis; None where R is X.

    Notes
    -----
    Nothing is lost by training inside the span. By (5.7) every step adds
    to W1 a multiple of :math:`dZ_1 X^T`, whose rows are weighted sums of
    pictures, so that W1 changes within the span only. Inside, the step
    is :math:`dZ_1 R^T`, and that is the same step along Q:

    .. math:: dZ_1 X^T Q = dZ_1 R^T Q^T Q = dZ_1 R^T .

    So all values of Z1, and with them all costs and gradients that
    follow, are equal, step by step, up to rounding. For the cats the
    first layer takes 59 times fewer multiplications, and
    ``python -m backprop cat`` trains this way. It holds for batches and
    for momentum too, whose steps are sums of pictures, but not for rules
    that scale each weight by itself, as Adam does.

    Examples
    --------
    Two examples with three features span a plane. Twenty steps inside
    and twenty outside lead to the same weights:

    >>> X, Y = np.array([[3, 1], [4, 0], [0, 2]]), np.array([[1, 0]])
    >>> start = initialize_parameters(3, 2, 1, scale=1)
    >>> for _, _, outside in descend([(X, Y)] * 20, start, 0.5):
    ...     pass
    >>> R, inside, Q = to_span(X, start)
    >>> R.shape, inside["W1"].shape
    ((2, 2), (2, 2))
    >>> for _, _, inside in descend([(R, Y)] * 20, inside, 0.5):
    ...     pass
    >>> back = from_span(inside, start, Q)
    >>> all(np.allclose(back[p], outside[p], rtol=1e-12, atol=1e-12)
    ...     for p in outside)
    True
    """
    X, W1 = _floats(X, parameters["W1"])
    _check(X.ndim == W1.ndim == 2 and X.shape[0] == W1.shape[1]
           and X.size, "X has shape {} and W1 {}, expected (n_x, m) "
           "and (n_1, n_x), m at least 1", X.shape, W1.shape)
    if X.shape[0] <= X.shape[1]:
        return X, parameters, None
    Q, R = np.linalg.qr(X)                        # (6.2)
    V1 = W1 @ Q                                   # (6.3)
    return R, {**parameters, "W1": V1}, Q


def from_span(inside, start, Q):
    r"""Bring weights that were trained in the span back.

    What W1 gained is what V1 gained, turned back along Q; the part of
    W1 that no picture sees is still what it was at the start:

    .. math:: W_1 = W_1^{start} + (V_1 - W_1^{start} Q)\, Q^T \tag{6.4}

    Parameters
    ----------
    inside : dict
        Parameters, trained with V1 in the place of W1.
    start : dict
        The parameters that were given to `to_span`.
    Q : ndarray, shape (n_x, m), or None
        From `to_span`.

    Returns
    -------
    parameters : dict
        Those of inside, with W1 (n_1, n_x).

    Examples
    --------
    Two features, one picture (3, 4), so Q is (0.6, 0.8) or its
    negative. Inside, W1 gains 5 along it; outside that is (3, 4).

    >>> start = {"W1": np.array([[1.0, 0.0]])}
    >>> R, inside, Q = to_span([[3], [4]], start)
    >>> gained = {"W1": inside["W1"] + 5 * np.sign(Q[0, 0])}
    >>> from_span(gained, start, Q)["W1"].round(4).tolist()
    [[4.0, 4.0]]
    """
    if Q is None:
        return inside
    W1, V1 = start["W1"], inside["W1"]
    W1 = W1 + (V1 - W1 @ Q) @ Q.T                 # (6.4)
    return {**inside, "W1": W1}


# === 7. Softmax ===

# One sigmoid unit answers one question with yes or no. How does a net say
# which of ten digits it sees? Ten sigmoids would be ten separate answers,
# and could all say yes. What is wanted is one answer: a probability for
# each class, all of them positive, with the sum 1. So let one unit for
# each class give a score, any number at all. exp makes the scores
# positive, and a division makes their sum 1:
#
# .. math:: a_c = \frac{e^{z_c}}{\sum_k e^{z_k}}
#
# Only differences between scores count: add 5 to every one of them, and
# :math:`e^5` cancels. For two classes with the scores :math:`z` and 0
# the first one's probability is :math:`e^z/(e^z + 1) = \sigma(z)`: a
# sigmoid is the softmax of two classes, with one score held at 0.
#
# One thing is new. The activations of section 3 work entry by entry; a
# softmax output depends on *all* scores of its column, since they share
# the denominator. So a score reaches the loss by several ways, through
# every output of its column, and its gradient is a sum over these ways.


def softmax(Z):
    r"""Turn each column of scores into probabilities.

    The largest score of the column is taken off first. It cancels in
    the quotient, and no exponent is above 0, so that nothing overflows:

    .. math:: E = e^{Z - \max_c Z_c} \tag{7.1}
    .. math:: A = E \Bigm/ \sum_c E_c \tag{7.2}

    Parameters
    ----------
    Z : array_like, shape (n_L, m)
        A score for each class, a column for each example.

    Returns
    -------
    A : ndarray, shape and dtype of Z
        Positive; each column sums to 1.
    Z : ndarray
        The cache: Z as given.

    Notes
    -----
    In the cost stands the logarithm of A, in its derivative 1/A. For
    both to stay finite no output may be 0, and exponents below -354 (in
    float32 below -44) count as -354.

    Examples
    --------
    The scores ln 1, ln 2, ln 5 are as 1 : 2 : 5, and still are when each
    is 1000 higher:

    >>> Z = np.log([[1], [2], [5]])
    >>> softmax(Z)[0].round(4).tolist()
    [[0.125], [0.25], [0.625]]
    >>> softmax(Z + 1000)[0].round(4).tolist()
    [[0.125], [0.25], [0.625]]

    Two classes, one score held at 0:

    >>> A, _ = softmax([[-1, 3], [0, 0]])
    >>> A[0].round(4).tolist(), sigmoid([-1, 3])[0].round(4).tolist()
    ([0.2689, 0.9526], [0.2689, 0.9526])
    """
    Z, = _floats(Z)
    _check(Z.size, "Z has shape {}, expected (n_L, m), neither of them 0",
           Z.shape)
    lowest, _ = _limits(Z.dtype)
    E = np.exp(np.maximum(Z - Z.max(axis=0), lowest))  # (7.1)
    A = E / E.sum(axis=0)                         # (7.2)
    return A, Z


def softmax_backward(dA, cache, A=None):
    r"""Go back through softmax: every output depends on every score.

    Let :math:`S = \sum_k e^{z_k}`, so that :math:`a_c = e^{z_c}/S`. How
    does :math:`a_c` move with :math:`z_k`? If k is another class, only
    the denominator moves; if it is c itself, the numerator moves too:

    .. math:: \begin{aligned}
              \frac{\partial a_c}{\partial z_k}
              &= -\frac{e^{z_c}}{S^2}\, e^{z_k} = -a_c\, a_k
              \qquad (k \ne c), \\
              \frac{\partial a_c}{\partial z_c}
              &= \frac{e^{z_c} S - e^{z_c} e^{z_c}}{S^2}
              = a_c\, (1 - a_c). \end{aligned}

    The second is what the first would be with c = k, plus :math:`a_k`.
    The score :math:`z_k` forks to all outputs of its column, so gradients
    add:

    .. math:: dz_k = a_k\, da_k - \sum_c a_c\, a_k\, da_c
              = a_k \Bigl(da_k - \sum_c a_c\, da_c\Bigr) .

    The sum is the same for every score of a column. Call it s, and

    .. math:: s = \sum_c a_c\, da_c \tag{7.3}
    .. math:: dZ = A * (dA - s) . \tag{7.4}

    Parameters
    ----------
    dA : array_like, shape (n_L, m)
    cache : ndarray, shape of dA
        Z, from `softmax`.
    A : ndarray, optional
        The softmax of Z, to be used in place of computing it again.

    Returns
    -------
    dZ : ndarray, shape of Z

    Notes
    -----
    After cross-entropy, (5.2), :math:`da_c = -y_c/a_c`: if class c is
    the right one, dA is :math:`-1/a_c` there and 0 elsewhere. Then s is
    -1, whatever the scores, so that

    .. math:: dz_c = a_c \Bigl(-\frac1{a_c} + 1\Bigr) = a_c - 1, \qquad
              dz_k = a_k\, (0 + 1) = a_k \qquad (k \ne c).

    For all columns at once, dZ = A - Y, as after the sigmoid. (How this
    differs: frameworks fuse softmax and cross-entropy into one operation
    that starts from this line. Here it is a result.)

    Examples
    --------
    The scores ln 1, ln 2, ln 5 again; the last class is the right one,
    so its dA is -8/5. Written out, the matrix of slopes is
    :math:`\operatorname{diag}(a) - a a^T`, here 64 times it:

    >>> Z, Y = np.log([[1], [2], [5]]), np.array([[0], [0], [1]])
    >>> A, cache = softmax(Z)
    >>> dA = compute_categorical_cost_backward(A, Y)
    >>> dZ = softmax_backward(dA, cache)
    >>> slopes = np.diag(A[:, 0]) - A @ A.T
    >>> (64 * slopes).round(6).tolist()
    [[7.0, -2.0, -5.0], [-2.0, 12.0, -10.0], [-5.0, -10.0, 15.0]]
    >>> dZ.round(4).tolist(), (slopes @ dA).round(4).tolist()
    ([[0.125], [0.25], [-0.375]], [[0.125], [0.25], [-0.375]])

    Gradient check of the second score:

    >>> nudge = np.array([[0], [1e-5], [0]])
    >>> up, down = (compute_categorical_cost(softmax(Z + h)[0], Y)
    ...             for h in (nudge, -nudge))
    >>> round(float(up - down) / 2e-5, 6)
    0.25

    A net that is quite sure, and wrong: the printed cost is held at
    354, and the gradient is that of the cost that is not held, 20000.

    >>> (A, cache), Y = softmax([[-1e4], [1e4]]), np.array([[1], [0]])
    >>> dA = compute_categorical_cost_backward(A, Y)
    >>> softmax_backward(dA, cache).round(4).tolist()
    [[-1.0], [1.0]]
    >>> round(float(compute_categorical_cost(A, Y)))
    354

    With softmax last, the nets of sections 3 to 6 tell many classes
    apart. Four points, four classes, and two weights for each class:

    >>> X, Y = np.array([[1, -1, 1, -1], [1, 1, -1, -1]]), np.eye(4)
    >>> start = initialize_parameters_deep([2, 4])
    >>> net = dense_net(["softmax"])
    >>> *_, (cost, AL, parameters) = descend([(X, Y)] * 50, start, 1, net)
    >>> predict(X, None, parameters, ["softmax"]).tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """
    dA, Z = _same_shape(dA, cache)
    if A is None:
        A, _ = softmax(Z)
    s = (A * dA).sum(axis=0)                      # (7.3)
    dZ = A * (dA - s)                             # (7.4)
    return dZ


ACTIVATIONS["softmax"] = softmax
DERIVATIVES["softmax"] = softmax_backward


# === 8. Pooling ===

# How does a net look at a picture? A column of numbers does not say which
# pixels are neighbours. So pictures keep their shape from here on,
# (m, height, width, channels), and two kinds of layers look at them
# through small square windows.
#
# Pooling sums up each window in one number, its maximum or its average,
# for each channel alone; it has no parameters. Of 2 × 2 pixels one is
# left. That saves three quarters of the work of all later layers, and it
# makes it matter less whether a stroke lies one pixel to the left or to
# the right. Convolution, in section 9, weighs a window by parameters that
# are learned.
#
# A window is f high and wide, and moves by a stride s. It starts at row
# 0, row :math:`s`, row :math:`2s` and so on, and must stay inside, so
# that there are
#
# .. math:: n_H = \Bigl\lfloor \frac{n_{H,\text{prev}} - f}{s}
#           \Bigr\rfloor + 1
#
# places for it, and likewise for the columns. If the last step would lead
# outside, it is not taken, and the last rows and columns are not seen.


def _whole_numbers(hparameters, **least):
    r"""The values under these names, each a whole number, not too small."""
    for name, lowest in least.items():
        value = hparameters.get(name)
        _check(isinstance(value, (int, np.integer)) and value >= lowest,
               "hparameters[{!r}] is {!r}, expected a whole number of at "
               "least {}", name, value, lowest)
    return [int(hparameters[name]) for name in least]


def windows(X, f, stride):
    r"""Lay out what each cell of a window sees, at all its places.

    By its definition, pooling is four loops: for each picture, row,
    column and channel, the maximum of a window.

    >>> def pool_by_definition(X, f, stride):
    ...     n_H = (X.shape[1] - f) // stride + 1
    ...     n_W = (X.shape[2] - f) // stride + 1
    ...     A = np.zeros((X.shape[0], n_H, n_W, X.shape[3]))
    ...     for i, h, w, c in np.ndindex(*A.shape):
    ...         rows = slice(stride * h, stride * h + f)
    ...         columns = slice(stride * w, stride * w + f)
    ...         A[i, h, w, c] = X[i, rows, columns, c].max()
    ...     return A

    A window has few cells and many places, so it is better to loop over
    the cells and to treat all places at once. Cell (i, j) of the window
    at place (h, w) lies on the pixel

    .. math:: P_{ij,hw} = X_{\,sh + i,\; sw + j} ,

    for each example and channel. With P laid out as an array, the
    maximum over the cells is the same pooling:

    >>> X = np.random.RandomState(1).randn(2, 5, 7, 3)
    >>> A = windows(X, 3, 2).max(axis=(0, 1)).T
    >>> bool((A == pool_by_definition(X, 3, 2)).all())
    True

    Parameters
    ----------
    X : ndarray, shape (m, n_H_prev, n_W_prev, n_C)
    f : int
        Height and width of the window.
    stride : int
        s, from one place to the next.

    Returns
    -------
    P : ndarray, shape (f, f, n_C, n_W, n_H, m)
        ``P[i, j].T``, of shape (m, n_H, n_W, n_C), is all that cell
        (i, j) sees. Examples are last, as in the columns of dense
        layers.

    Notes
    -----
    An array is a block of memory and, for each axis, a stride: how many
    bytes lie from one entry to the next. Two axes may walk over the same
    memory, one for the cells of a window and one for its places. So
    windows overlap, and yet nothing is stored twice.

    Examples
    --------
    A picture of 3 × 4 pixels, one channel, and windows of 2 × 2. The
    window's first cell sees the six pixels it can be laid on, its last
    cell the six one further down and to the right. At place (0, 2) the
    window sees the upper right corner.

    >>> X = np.array([[1, 2, 3, 4],
    ...               [5, 6, 7, 8],
    ...               [9, 10, 11, 12]]).reshape(1, 3, 4, 1)
    >>> P = windows(X, 2, 1)
    >>> P[0, 0].T[0, :, :, 0].tolist()
    [[1, 2, 3], [5, 6, 7]]
    >>> P[1, 1].T[0, :, :, 0].tolist()
    [[6, 7, 8], [10, 11, 12]]
    >>> P[:, :, 0, 2, 0, 0].tolist()
    [[3, 4], [7, 8]]
    """
    X = np.asfortranarray(X)
    f, stride = int(f), int(stride)
    _check(X.ndim == 4 and X.size, "the pictures have shape {}, expected "
           "(m, height, width, channels), none of them 0", X.shape)
    _check(f > 0 and stride > 0, "f is {} and stride {}, expected at "
           "least 1", f, stride)
    m, n_H_prev, n_W_prev, n_C = X.shape
    _check(f <= n_H_prev and f <= n_W_prev, "a window of {} x {} does "
           "not fit into pictures of {} x {}", f, f, n_H_prev, n_W_prev)
    n_H, n_W = (n_H_prev - f) // stride + 1, (n_W_prev - f) // stride + 1
    example, row, column, channel = X.strides
    return np.ndarray((f, f, n_C, n_W, n_H, m), X.dtype, X.T, 0,
                      (row, column, channel,
                       stride * column, stride * row, example))


def windows_backward(dP, shape, stride):
    r"""Add up, for each pixel, what comes back from all windows on it.

    A pixel forks to every window that it lies in, and where a value
    forks, gradients add. For all cells (i, j) in turn,

    .. math:: dX_{\,sh + i,\; sw + j} \mathrel{+}= dP_{ij,hw} \tag{8.1}

    Parameters
    ----------
    dP : ndarray, shape (f, f, n_C, n_W, n_H, m)
    shape : tuple (m, n_H_prev, n_W_prev, n_C)
        Of the pictures.
    stride : int

    Returns
    -------
    dX : ndarray, shape (m, n_H_prev, n_W_prev, n_C)

    Examples
    --------
    Send a 1 back from each cell of each window, and every pixel counts
    the windows that it lies in:

    >>> X = np.zeros((1, 3, 4, 1))
    >>> dP = np.ones(windows(X, 2, 1).shape)
    >>> windows_backward(dP, X.shape, 1)[0, :, :, 0].tolist()
    [[1.0, 2.0, 2.0, 1.0], [2.0, 4.0, 4.0, 2.0], [1.0, 2.0, 2.0, 1.0]]

    Gradient check. P is made of entries of X, so raising an inner pixel
    by 1 raises the sum of P by 4, its number of windows:

    >>> nudged = X.copy()
    >>> nudged[0, 1, 1, 0] += 1
    >>> float(windows(nudged, 2, 1).sum() - windows(X, 2, 1).sum())
    4.0
    """
    stride = int(stride)
    dX = np.zeros(shape, dP.dtype, order="F")
    f, _, _, n_W, n_H, _ = dP.shape
    for i in range(f):
        rows = slice(i, i + stride * n_H, stride)
        for j in range(f):
            columns = slice(j, j + stride * n_W, stride)
            if stride < f:
                dX[:, rows, columns] += dP[i, j].T  # (8.1)
            else:  # no pixel lies in two windows
                dX[:, rows, columns] = dP[i, j].T
    return dX


def _check_mode(mode):
    r"""Refuse a kind of pooling that is not known."""
    _check(mode in ("max", "average"),
           "mode is {!r}, expected 'max' or 'average'", mode)


def pool_forward(A_prev, hparameters, mode="max"):
    r"""Keep of each window its maximum, or its average.

    For each example and channel,

    .. math:: A_{hw} = \max_{i,j}\, P_{ij,hw} \tag{8.2}
    .. math:: A_{hw} = \frac{1}{f^2} \sum_{i,j} P_{ij,hw}
              \qquad\text{(average)} \tag{8.3}

    Parameters
    ----------
    A_prev : array_like, shape (m, n_H_prev, n_W_prev, n_C)
    hparameters : dict
        "f", the window's height and width, and "stride".
    mode : {"max", "average"}

    Returns
    -------
    A : ndarray, shape (m, n_H, n_W, n_C)
    cache : tuple (A_prev, hparameters)

    Examples
    --------
    Four windows without overlap; then windows of 3 × 3 with overlap, and
    with a stride of 2 the only one that fits:

    >>> A_prev = np.array([[1, 2, 0, 0],
    ...                    [3, 6, 0, 4],
    ...                    [5, 5, 1, 1],
    ...                    [5, 5, 1, 1]]).reshape(1, 4, 4, 1)
    >>> for f, stride, mode in ((2, 2, "max"), (2, 2, "average"),
    ...                         (3, 1, "max"), (3, 2, "max")):
    ...     how = {"f": f, "stride": stride}
    ...     A, cache = pool_forward(A_prev, how, mode)
    ...     print(f, stride, mode, A[0, :, :, 0].tolist())
    2 2 max [[6.0, 4.0], [5.0, 1.0]]
    2 2 average [[3.0, 1.0], [5.0, 1.0]]
    3 1 max [[6.0, 6.0], [6.0, 6.0]]
    3 2 max [[6.0]]
    """
    A_prev, = _floats(A_prev)
    f, stride = _whole_numbers(hparameters, f=1, stride=1)
    P = windows(A_prev, f, stride)
    P = P.reshape(f * f, *P.shape[2:])
    _check_mode(mode)
    if mode == "max":
        A = P.max(axis=0).T                       # (8.2)
    else:
        A = P.mean(axis=0).T                      # (8.3)
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max", A=None):
    r"""Go back through pooling: a max routes, an average distributes.

    A maximum is the max gate of section 1: the largest cell of a window
    receives all that comes back, the others nothing. When several are
    equally large there is no derivative and something has to be chosen.
    One window has one gradient to give, so let the first of them, in
    reading order, take it. With :math:`R_{ij,hw}` equal to 1 there and
    to 0 elsewhere,

    .. math:: dP_{ij,hw} = R_{ij,hw}\; dA_{hw} . \tag{8.4}

    Of an average each cell has the :math:`f^2`-th part:

    .. math:: dP_{ij,hw} = \frac{1}{f^2}\; dA_{hw}
              \qquad\text{(average)} \tag{8.5}

    Then (8.1) brings dP back to the pixels.

    Parameters
    ----------
    dA : array_like, shape (m, n_H, n_W, n_C)
    cache : tuple (A_prev, hparameters)
        From `pool_forward`.
    mode : {"max", "average"}
        The one that went forward.
    A : ndarray, optional
        What `pool_forward` gave, to spare looking for the maxima again.

    Returns
    -------
    dA_prev : ndarray, shape of A_prev

    Notes
    -----
    **How this differs.** PyTorch chooses the first maximum as well. The
    course's assignment and the article on digits give the whole gradient
    to every maximum; on a digit's flat background, where all four tie,
    it then counts four times.

    A window with a NaN in it has NaN for its maximum. No cell is equal
    to a NaN, so that nothing goes back to such a window.

    Examples
    --------
    The windows above. In the third and in the fourth all four cells tie,
    and the first receives it.

    >>> A_prev = np.array([[1, 2, 0, 0],
    ...                    [3, 6, 0, 4],
    ...                    [5, 5, 1, 1],
    ...                    [5, 5, 1, 1]]).reshape(1, 4, 4, 1)
    >>> A, cache = pool_forward(A_prev, {"f": 2, "stride": 2})
    >>> dA = np.array([[10, 20], [30, 40]]).reshape(1, 2, 2, 1)
    >>> for row in pool_backward(dA, cache)[0, :, :, 0].tolist():
    ...     print(row)
    [0.0, 0.0, 0.0, 0.0]
    [0.0, 10.0, 0.0, 20.0]
    [30.0, 0.0, 40.0, 0.0]
    [0.0, 0.0, 0.0, 0.0]

    The same, with the maxima that are known from the way forward:

    >>> again = pool_backward(dA, cache, A=A)
    >>> np.array_equal(again, pool_backward(dA, cache))
    True

    The average gives each cell its quarter:

    >>> pool_backward(dA, cache, "average")[0, :, :, 0].tolist()[0]
    [2.5, 2.5, 5.0, 5.0]

    Gradient check, for :math:`J = \sum dA * A`, of the 6, which is the
    maximum of all four windows of 3 × 3: what they send back adds up.

    >>> how = {"f": 3, "stride": 1}
    >>> A, cache = pool_forward(A_prev, how)
    >>> float(pool_backward(dA, cache)[0, 1, 1, 0])
    100.0
    >>> nudge = np.zeros(A_prev.shape)
    >>> nudge[0, 1, 1, 0] = 0.5
    >>> up, down = (pool_forward(A_prev + h, how)[0]
    ...             for h in (nudge, -nudge))
    >>> float(np.sum(dA * (up - down)))
    100.0
    """
    A_prev, hparameters = cache
    f, stride = _whole_numbers(hparameters, f=1, stride=1)
    P = windows(A_prev, f, stride)
    dA, = _floats(dA)
    _check(dA.shape == P.T.shape[:4], "dA has shape {}, expected {} as A",
           dA.shape, P.T.shape[:4])
    _check_mode(mode)
    if mode == "max":
        P = P.reshape(f * f, *P.shape[2:])
        R = P == (P.max(axis=0) if A is None else A.T)
        free = ~R[0]  # the windows whose first maximum is yet to come
        for cell in R[1:]:
            cell &= free
            free ^= cell
        R = R.reshape(f, f, *R.shape[1:])
        dP = R * dA.T                             # (8.4)
    else:
        dP = np.ones_like(P) * (dA.T / f**2)      # (8.5)
    return windows_backward(dP, A_prev.shape, stride)


# === 9. Convolution ===

# How can a net know a stroke wherever it lies? A dense layer would give
# every unit a weight for every pixel, and would have to learn at each
# place anew what a stroke looks like. So let a unit look at one window
# only, and let the units of all windows share their weights. Such a set
# of shared weights is a filter. It slides over the picture, and at each
# place weighs what lies beneath and adds it up [4]_. Where the picture
# resembles the filter, the sum is large. Ten filters give ten such maps,
# the channels of the output, and a filter of the next layer sees all of
# them at once: its window has depth.
#
# Nothing new is needed to derive it. At one place a filter is a unit of
# section 3, whose inputs are the cells of the window. All places together
# are a matrix product, and its backward pass is that of
# `linear_backward`, with the windows as examples. How pixels get to
# windows, and gradients from windows back to pixels, section 8 has shown.
#
# **How this differs.** Signal processing turns the filter by half a turn
# before it slides, and calls what nets do cross-correlation. A net
# learns the filter, so it does not matter which way up it is.
#
# .. [4] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning
#    applied to document recognition", Proceedings of the IEEE 86, 1998.


def zero_pad(X, pad):
    r"""Put a frame of zeros around each picture.

    A window can then be centred on a pixel at the border. With a frame
    of :math:`(f - 1)/2` and stride 1 the output of a convolution is as
    large as its input.

    Parameters
    ----------
    X : array_like, shape (m, n_H, n_W, n_C)
    pad : int
        The frame's width, in pixels.

    Returns
    -------
    X_pad : ndarray, shape (m, n_H + 2 pad, n_W + 2 pad, n_C)

    Examples
    --------
    >>> X = np.array([[1, 2]]).reshape(1, 1, 2, 1)
    >>> zero_pad(X, 1)[0, :, :, 0].tolist()
    [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    X, = _floats(X)
    pad, = _whole_numbers({"pad": pad}, pad=0)
    _check(X.ndim == 4, "X has shape {}, expected (m, height, width, "
           "channels)", X.shape)
    m, n_H, n_W, n_C = X.shape
    X_pad = np.zeros((m, n_H + 2 * pad, n_W + 2 * pad, n_C), X.dtype, "F")
    X_pad[:, pad:pad + n_H, pad:pad + n_W] = X
    return X_pad


def conv_single_step(a_slice_prev, W, b):
    r"""Apply one filter at one place.

    .. math:: Z = \sum_{i,j,k} a_{ijk}\, W_{ijk} + b \tag{9.1}

    Parameters
    ----------
    a_slice_prev : array_like, shape (f, f, n_C_prev)
        What lies beneath the filter.
    W : array_like, shape (f, f, n_C_prev)
    b : array_like, shape (1, 1, 1)

    Returns
    -------
    Z : number

    Examples
    --------
    A patch of 3 × 3 pixels, and a filter that subtracts the column left
    of the middle from the one right of it, with the middle row counted
    twice: :math:`2 \cdot 31 - 33 = 29`.

    >>> patch = np.array([[0, 50, 0], [0, 80, 31], [33, 90, 0]])
    >>> W = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> float(conv_single_step(patch[..., None], W[..., None], 0))
    29.0

    What does a weight do? Raise the middle one by 1, and the output
    rises by 80, the pixel beneath. It is a multiply gate: a weight's
    gradient is what the weight was multiplied by.

    >>> W[1, 1] += 1
    >>> float(conv_single_step(patch[..., None], W[..., None], 0))
    109.0
    """
    a_slice_prev, W, b = _floats(a_slice_prev, W, b)
    _check(a_slice_prev.shape == W.shape,
           "a_slice_prev has shape {}, expected {} as W",
           a_slice_prev.shape, W.shape)
    Z = np.sum(a_slice_prev * W) + np.sum(b)      # (9.1)
    return Z


def conv_forward(A_prev, W, b, hparameters):
    r"""Slide filters over pictures.

    Let P be the `windows` of the padded pictures. At each place (h, w)
    of the output the filter c weighs what its cells see:

    .. math:: Z_{hwc} = \sum_{i,j,k} P_{ijk,hw}\, W_{ijkc} \tag{9.2}
    .. math:: Z_{hwc} \leftarrow Z_{hwc} + b_c
              \qquad\text{(if there is a bias)} \tag{9.3}

    In the code W is a matrix with a column for each filter, and P one
    with a row for each weight and a column for each place in each
    picture. So (9.2) is :math:`W^T P`: the linear part of section 3,
    with every window an example.

    Parameters
    ----------
    A_prev : array_like, shape (m, n_H_prev, n_W_prev, n_C_prev)
    W : array_like, shape (f, f, n_C_prev, n_C)
        The n_C filters.
    b : array_like, shape (1, 1, 1, n_C), or None
        None is no bias.
    hparameters : dict
        "stride", and "pad", the width of the frame of zeros.

    Returns
    -------
    Z : ndarray, shape (m, n_H, n_W, n_C)
    cache : tuple (A_prev, W, b, hparameters)

    Examples
    --------
    The filter above, named after Sobel, finds edges between left and
    right. Here the picture is dark on the left and bright on the right:

    >>> picture = np.array([[0, 0, 9, 9, 9]] * 4).reshape(1, 4, 5, 1)
    >>> sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> sobel = sobel.reshape(3, 3, 1, 1)
    >>> Z, cache = conv_forward(picture, sobel, None,
    ...                         {"stride": 1, "pad": 0})
    >>> Z[0, :, :, 0].tolist()
    [[36.0, 36.0, 0.0], [36.0, 36.0, 0.0]]

    By its definition, convolution is four loops: for each picture, row,
    column and filter, a single step. It says the same, here for three
    channels, two filters, a frame, and steps of 2:

    >>> def conv_by_definition(A_prev, W, b, stride, pad):
    ...     X, f = zero_pad(A_prev, pad), W.shape[0]
    ...     n_H = (X.shape[1] - f) // stride + 1
    ...     n_W = (X.shape[2] - f) // stride + 1
    ...     Z = np.zeros((len(X), n_H, n_W, W.shape[3]))
    ...     for i, h, w, c in np.ndindex(*Z.shape):
    ...         top, left = stride * h, stride * w
    ...         a_slice = X[i, top:top + f, left:left + f]
    ...         Z[i, h, w, c] = conv_single_step(
    ...             a_slice, W[..., c], b[..., c])
    ...     return Z
    >>> draw = np.random.RandomState(1).randn
    >>> A_prev, W, b = draw(2, 5, 7, 3), draw(3, 3, 3, 2), draw(1, 1, 1, 2)
    >>> Z, cache = conv_forward(A_prev, W, b, {"stride": 2, "pad": 1})
    >>> expected = conv_by_definition(A_prev, W, b, 2, 1)
    >>> Z.shape, bool(np.allclose(Z, expected))
    ((2, 3, 4, 2), True)
    """
    A_prev, W = _floats(A_prev, W)
    stride, pad = _whole_numbers(hparameters, stride=1, pad=0)
    _check(W.ndim == 4 and W.shape[0] == W.shape[1],
           "W has shape {}, expected (f, f, n_C_prev, n_C)", W.shape)
    f, _, n_C_prev, n_C = W.shape
    _check(A_prev.shape[3:] == (n_C_prev,), "A_prev has shape {}, "
           "expected (m, height, width, {}) for this W", A_prev.shape,
           n_C_prev)
    if b is not None:
        b, = _floats(b)
        _check(b.size == n_C, "b has shape {}, expected {}", b.shape,
               (1, 1, 1, n_C))
    P = windows(zero_pad(A_prev, pad) if pad else A_prev, f, stride)
    columns = P.reshape(f * f * n_C_prev, -1)
    Z = W.reshape(-1, n_C).T @ columns            # (9.2)
    if b is not None:
        Z = Z + b.reshape(n_C, 1)                 # (9.3)
    return Z.reshape(n_C, *P.shape[3:]).T, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache, to_input=True):
    r"""Go back through a convolution.

    A weight is used at every place: it forks, and its gradients add,
    over the places and over the examples. At each place it receives what
    came back times the pixel beneath. A bias is added at every place, and
    receives what came back there. In the other direction, a cell of a
    window feeds all filters, and receives from each what came back times
    the weight:

    .. math:: dW_{ijkc} = \sum_{h,w} P_{ijk,hw}\, dZ_{hwc} \tag{9.4}
    .. math:: db_c = \sum_{h,w} dZ_{hwc} \tag{9.5}
    .. math:: dP_{ijk,hw} = \sum_c W_{ijkc}\, dZ_{hwc} \tag{9.6}

    In (9.4) and (9.5) the sum is over the pictures too; (8.1) brings dP
    to the pixels. Compare (5.7) and (5.9), :math:`dZ\, A^T` and
    :math:`W^T dZ`.

    Parameters
    ----------
    dZ : array_like, shape (m, n_H, n_W, n_C)
    cache : tuple (A_prev, W, b, hparameters)
        From `conv_forward`.
    to_input : bool
        False leaves out the way back to A_prev, (9.6). The first layer
        has no use for it: pictures are not learned.

    Returns
    -------
    dA_prev : ndarray, shape of A_prev, or None
    dW : ndarray, shape of W
    db : ndarray, shape of b, or None

    Notes
    -----
    **How this differs** from `linear_backward`: as in the course, dW and
    db are sums over the examples, without the 1/m. A net whose cost is a
    mean has to divide, as `conv_net` does.

    Examples
    --------
    Two places, one filter of 2 × 2. The first place sends back 1, the
    second 10. A weight gathers 1 times the pixel that it lay on first
    plus 10 times the next one; a pixel gathers, from each place that it
    was seen from, the weight it was seen with.

    >>> X = np.array([[1, 2, 3], [4, 5, 6]]).reshape(1, 2, 3, 1)
    >>> W = np.array([[1, 0], [0, 2]]).reshape(2, 2, 1, 1)
    >>> Z, cache = conv_forward(X, W, np.zeros((1, 1, 1, 1)),
    ...                         {"stride": 1, "pad": 0})
    >>> dZ = np.array([1, 10]).reshape(1, 1, 2, 1)
    >>> dA_prev, dW, db = conv_backward(dZ, cache)
    >>> dW[:, :, 0, 0].tolist(), db.tolist()
    ([[21.0, 32.0], [54.0, 65.0]], [[[[11.0]]]])
    >>> dA_prev[0, :, :, 0].tolist()
    [[1.0, 10.0, 0.0], [0.0, 2.0, 20.0]]

    Gradient check, with padding, a stride and channels. The sum of
    dZ * Z is linear in each of the three arrays, so a nudge may be
    large, and one to both sides finds the slope exactly:

    >>> draw = np.random.RandomState(1).randn
    >>> arrays = [draw(2, 5, 5, 3), draw(3, 3, 3, 2), draw(1, 1, 1, 2)]
    >>> how = {"stride": 2, "pad": 1}
    >>> Z, cache = conv_forward(*arrays, how)
    >>> dZ = draw(*Z.shape)
    >>> for n, gradient in enumerate(conv_backward(dZ, cache)):
    ...     nudge = np.zeros(arrays[n].shape)
    ...     nudge.flat[1] = 1
    ...     up, down = (conv_forward(*arrays[:n], arrays[n] + h,
    ...                              *arrays[n + 1:], how)[0]
    ...                 for h in (nudge, -nudge))
    ...     slope = np.sum(dZ * (up - down)) / 2
    ...     print(bool(np.isclose(slope, gradient.flat[1], rtol=1e-12)))
    True
    True
    True
    """
    A_prev, W, b, hparameters = cache
    stride, pad = _whole_numbers(hparameters, stride=1, pad=0)
    f, _, n_C_prev, n_C = W.shape
    X = zero_pad(A_prev, pad) if pad else A_prev
    P = windows(X, f, stride)
    dZ, = _floats(dZ)
    _check(dZ.shape == (*P.T.shape[:3], n_C), "dZ has shape {}, "
           "expected {} as Z", dZ.shape, (*P.T.shape[:3], n_C))
    dZ = dZ.T.reshape(n_C, -1)
    dW = P.reshape(-1, dZ.shape[1]) @ dZ.T        # (9.4)
    dW = dW.reshape(W.shape)
    if b is None:
        db = None
    else:
        db = dZ.sum(axis=1).reshape(b.shape)      # (9.5)
    if not to_input:
        return None, dW, db
    dP = W.reshape(-1, n_C) @ dZ                  # (9.6)
    dX = windows_backward(dP.reshape(P.shape), X.shape, stride)
    return dX[:, pad:X.shape[1] - pad, pad:X.shape[2] - pad], dW, db


# A net for pictures begins with stages, each a convolution and a pooling.
# How windows move in them, where nothing else is asked for:
STAGE = {"stride": 1, "pad": 0, "pool": 2}


def _stage(hparameters):
    r"""What `conv_forward` and `pool_forward` are told in each stage."""
    stride, pad, pool = _whole_numbers(hparameters, stride=1, pad=0,
                                       pool=1)
    _check(len(hparameters) == 3, "hparameters has the keys {}, expected "
           "stride, pad and pool", ", ".join(hparameters))
    return {"stride": stride, "pad": pad}, {"f": pool, "stride": pool}


def initialize_conv_parameters(shape, filters, layers, seed=1,
                               scale=lambda n: 1 / n, f=3, bias=False,
                               hparameters=STAGE):
    r"""Draw the parameters of a `conv_net`.

    Weights are normal with standard deviation s(n), where n is the
    number of inputs that a unit sees; the biases are 0.

    Parameters
    ----------
    shape : tuple (n_H, n_W, n_C) of a picture
    filters : sequence of int
        How many each stage has.
    layers : sequence of int
        How many units each dense layer has; the last, one for each class.
    seed : int
    scale : callable
        The function s. The article's net takes 1/n; with relu it is
        better to take :math:`\sqrt{2/n}`, as section 2 explains.
    f : int
        The filters' height and width.
    bias : bool
        Whether filters have biases. Dense layers always do.
    hparameters : dict
        "stride", "pad" and "pool", those of the `conv_net`.

    Returns
    -------
    parameters : dict
        For each stage filters W1, W2, ... of shape (f, f, n_C_prev,
        n_C), with biases b1, b2, ... of shape (1, 1, 1, n_C) if any;
        then those of the dense layers up to WL and bL.

    Examples
    --------
    The article's net: filters of 3 × 3 leave 26 × 26 of a picture of
    28 × 28, and pooling 13 × 13, eight times. In a net of two stages the
    filters of the second see all maps of the first.

    >>> parameters = initialize_conv_parameters((28, 28, 1), [8], [10])
    >>> {name: P.shape for name, P in parameters.items()}
    {'W1': (3, 3, 1, 8), 'W2': (10, 1352), 'b2': (10, 1)}
    >>> parameters = initialize_conv_parameters(
    ...     (28, 28, 1), [16, 32], [128, 10], bias=True)
    >>> [parameters[name].shape for name in ("W1", "b1", "W2", "W3", "W4")]
    [(3, 3, 1, 16), (1, 1, 1, 16), (3, 3, 16, 32), (128, 800), (10, 128)]
    """
    draw = np.random.RandomState(seed).randn
    conv, pooling = _stage(hparameters)
    parameters = {}
    A = np.zeros((1, *shape))  # one picture, to see what becomes of it
    for l, n_C in enumerate(filters, 1):
        n = f * f * A.shape[3]
        W = draw(f, f, A.shape[3], n_C) * scale(n)
        parameters[f"W{l}"] = W
        if bias:
            parameters[f"b{l}"] = np.zeros((1, 1, 1, n_C))
        Z, _ = conv_forward(A, W, None, conv)
        A, _ = pool_forward(Z, pooling)
    n_prev = A.size
    for l, n in enumerate(layers, len(filters) + 1):
        parameters[f"W{l}"] = draw(n, n_prev) * scale(n_prev)
        parameters[f"b{l}"] = np.zeros((n, 1))
        n_prev = n
    return parameters


def _count_stages(parameters):
    r"""How many stages: their filters have four axes, other weights two."""
    k = 0
    while np.ndim(parameters.get(f"W{k + 1}")) == 4:
        k += 1
    return k


def _dense_names(k, n):
    r"""Names of n dense layers' parameters: behind k stages, and alone."""
    return [(f"{p}{k + l}", f"{p}{l}")
            for l in range(1, n + 1) for p in "Wb"]


def _dense_part(parameters, k, n):
    r"""The parameters of the n dense layers behind k stages, as if alone."""
    L = sum(name.startswith("W") for name in parameters)
    dense = {alone: parameters[name] for name, alone in _dense_names(k, n)
             if name in parameters}
    _check(L == k + n and len(dense) == 2 * n, "parameters has the keys "
           "{}, expected {} dense layers after {} stages",
           ", ".join(parameters), n, k)
    return dense


def conv_net(activation=None, activations=("softmax",),
             hparameters=STAGE):
    r"""Put together a net for pictures: forward, cost, backward.

    It begins with stages. A stage slides its filters over what it is
    given, keeps of every small window the largest answer, and passes
    that through an activation, if it has one. With :math:`A^{[0]} = X`,

    .. math:: Z^{[l]} = \mathrm{conv}\bigl(A^{[l-1]}, W^{[l]},
              b^{[l]}\bigr) \tag{9.7}
    .. math:: M^{[l]} = \mathrm{pool}\bigl(Z^{[l]}\bigr) \tag{9.8}
    .. math:: A^{[l]} = g\bigl(M^{[l]}\bigr) \tag{9.9}

    What the last stage leaves of a picture is written into one column,
    and the columns go through the dense layers of section 3.

    Backward, the dense layers come first, as in section 5, down to the
    gradient of the columns. Put back into the shape of pictures it is
    the last stage's dA. Then, for each stage in reverse order,

    .. math:: dM^{[l]} = dA^{[l]} * g'\bigl(M^{[l]}\bigr) \tag{9.10}
    .. math:: dZ^{[l]} = \mathrm{pool}^{\,\mathrm{backward}}
              \bigl(dM^{[l]}\bigr) \tag{9.11}
    .. math:: \bigl(dA^{[l-1]},\; m\, dW^{[l]},\; m\, db^{[l]}\bigr) =
              \mathrm{conv}^{\,\mathrm{backward}}
              \bigl(dZ^{[l]}\bigr) \tag{9.12}

    Parameters
    ----------
    activation : str, optional
        The g of the stages: "relu", "tanh", "sigmoid" or "gaussian".
        Without one A = M.
    activations : sequence of str
        One for each dense layer. As in `dense_net`, the last decides
        what the cost is: softmax or sigmoid.
    hparameters : dict
        "stride" and "pad" of the convolutions, and "pool", the height,
        width and stride of the pooled windows. ``STAGE`` is a stride of
        1, no padding, and pooling by 2 × 2.

    Returns
    -------
    forward : callable
        ``forward(X, parameters)`` gives AL and caches. X are pictures,
        (m, height, width, channels); AL has a column for each. How many
        stages there are, and whether they have biases, the parameters
        tell; `initialize_conv_parameters` draws them.
    cost : callable
        ``cost(AL, Y)`` gives the cost that the net is trained for.
    backward : callable
        ``backward(AL, Y, caches)`` gives grads, those of that cost.

    Notes
    -----
    In which order the numbers of a picture stand in their column makes
    no difference, as long as both ways use the same one. The 1/m that
    `conv_backward` leaves out comes in here, so that grads are those of
    the cost, as from `L_model_backward`.

    **How this differs.** Most nets have the activation before the
    pooling. If it rises, as relu, tanh and sigmoid do, this is the same
    net: :math:`\max g(z) = g(\max z)`, since the largest number of a
    window stays the largest. Pooling first leaves g fewer numbers to
    work on.

    The article's net is ``conv_net()``: no activation, no biases, no
    hidden layer. Stages may follow one another even so, since a maximum
    is not linear. Biases would have nothing to do in it: a constant added
    to a map passes the maximum, :math:`\max(z + b) = \max z + b`; the
    next filters turn it into another constant; and the b of the softmax
    layer can supply that one. With padding, or before a relu, they do
    change what the net can say.

    Examples
    --------
    Bars of 3 pixels on 6 × 6, upright or lying, 16 of each, wherever
    they fit with one row or column to spare on both sides:

    >>> X = np.zeros((32, 6, 6, 1))
    >>> for k, (i, j) in enumerate(np.ndindex(4, 4)):
    ...     X[k, i:i + 3, j + 1] = 1
    ...     X[k + 16, i + 1, j:j + 3] = 1
    >>> Y = np.repeat(np.eye(2), 16, axis=1)
    >>> start = initialize_conv_parameters((6, 6, 1), [2], [2])
    >>> steps = descend([(X, Y)] * 201, start, 0.5, conv_net())
    >>> for step, (cost, AL, parameters) in enumerate(steps):
    ...     if step % 100 == 0:
    ...         print(step, round(float(cost), 3))
    0 0.691
    100 0.018
    200 0.006

    The net was not told what a bar is. Look at its second filter: bright
    down the middle, dark on both sides.

    >>> for row in parameters["W1"][:, :, 0, 1].round(1).tolist():
    ...     print(row)
    [-1.3, 0.9, -1.3]
    [-1.2, 0.8, -1.2]
    [-1.2, 0.8, -1.2]

    Gradient check of a net with all there can be, two stages, padding,
    biases, tanh and a hidden layer: nudge all parameters at once, each
    by another amount. To first order the effects add.

    >>> padded = {**STAGE, "pad": 1}
    >>> start = initialize_conv_parameters(
    ...     (6, 6, 1), [2, 3], [4, 2], bias=True, hparameters=padded)
    >>> forward, cost, backward = conv_net("tanh", ("tanh", "softmax"),
    ...                                    padded)
    >>> AL, caches = forward(X, start)
    >>> grads = backward(AL, Y, caches)
    >>> draw = np.random.RandomState(1).randn
    >>> nudge = {name: draw(*P.shape) for name, P in start.items()}
    >>> up, down = (cost(forward(X, {name: start[name] + h * nudge[name]
    ...                              for name in start})[0], Y)
    ...             for h in (1e-5, -1e-5))
    >>> slope = sum(np.sum(grads["d" + name] * nudge[name])
    ...             for name in start)
    >>> bool(abs((up - down) / 2e-5 - slope) < 1e-8)
    True
    """
    conv, pooling = _stage(hparameters)
    _check(activation in (None, "relu", "tanh", "sigmoid", "gaussian"),
           "activation is {!r}, expected None, 'relu', 'tanh', 'sigmoid' "
           "or 'gaussian'", activation)
    g = ACTIVATIONS.get(activation, lambda M: (M, M))
    g_backward = DERIVATIVES.get(activation, lambda dA, M: dA)
    dense_forward, cost, dense_backward = dense_net(activations)

    def forward(X, parameters):
        (A,), k, caches = _floats(X), _count_stages(parameters), []
        dense = _dense_part(parameters, k, len(activations))
        for l in range(1, k + 1):
            W, b = parameters[f"W{l}"], parameters.get(f"b{l}")
            Z, conv_cache = conv_forward(A, W, b, conv)  # (9.7)
            M, pool_cache = pool_forward(Z, pooling)  # (9.8)
            A, _ = g(M)                           # (9.9)
            caches.append((conv_cache, pool_cache, M))
        shape, columns = A.T.shape, A.T.reshape(-1, len(A))
        seen = np.shape(dense["W1"])
        _check(seen[1:] == columns.shape[:1], "W{} has shape {}, but "
               "with {} the stages leave {} numbers of a picture", k + 1,
               seen, hparameters, len(columns))
        AL, dense_caches = dense_forward(columns, dense)
        return AL, [*caches, (shape, dense_caches)]

    def backward(AL, Y, caches):
        *stages, (shape, dense_caches) = caches
        k, m = len(stages), shape[-1]
        dense = dense_backward(AL, Y, dense_caches)
        grads = {f"d{name}": dense[f"d{alone}"]
                 for name, alone in _dense_names(k, len(activations))}
        dA = dense["dA0"].reshape(shape).T
        for l in range(k, 0, -1):
            conv_cache, pool_cache, M = stages[l - 1]
            dM = g_backward(dA, M)                # (9.10)
            dZ = pool_backward(dM, pool_cache, A=M)  # (9.11)
            dA, dW, db = conv_backward(dZ, conv_cache, l > 1)  # (9.12)
            grads[f"dW{l}"] = dW / m
            if db is not None:
                grads[f"db{l}"] = db / m
        return grads

    return forward, cost, backward


# === 10. Gradient checking ===

# Is the derivation right, and the code what was derived? A mistake does
# not show by itself: a net with a wrong gradient often still learns, only
# worse. But what a derivative is needs no calculus. Nudge a number, run
# the net *forward*, and look at the cost. That takes a run or two for
# each single number, too much for training, but it shares no line with
# the backward pass, and so can judge it.
#
# **Which nudge?** Taylor's series says what a quotient gets wrong:
#
# .. math:: f(\theta \pm \epsilon) = f(\theta) \pm \epsilon f'(\theta)
#           + \frac{\epsilon^2}{2} f''(\theta)
#           \pm \frac{\epsilon^3}{6} f'''(\theta) + \dots
#
# The one-sided :math:`(f(\theta + \epsilon) - f(\theta))/\epsilon` is
# off by :math:`\frac{\epsilon}{2} f''`. Nudge to both sides and
# subtract: :math:`f` and :math:`f''` cancel, and divided by the distance
# :math:`2\epsilon` of the two points, what is left over is
# :math:`\frac{\epsilon^2}{6} f'''`, the square of a small number.
#
# **How small?** A float64 keeps 16 digits, and two costs that are nearly
# equal lose most of them when subtracted: the quotient is uncertain by
# about :math:`10^{-16} f/\epsilon`. That grows as the other error
# shrinks. They meet near :math:`\epsilon = 10^{-5}`, where some ten
# digits are right, enough to tell a mistake from a rounding.
#
# **Kinks.** relu has no slope at 0, and a max none where two inputs
# tie. A number within :math:`\epsilon` of its kink is nudged across it,
# and the quotient reports a mixture of the slopes on both sides, which
# no right backward pass agrees with. One odd entry in a net with relu is
# most likely this. Make :math:`\epsilon` smaller: a kink goes away, and
# a mistake stays.
#
# **A nudge that loses no digits.** (This needs complex numbers and may be
# skipped.) Nudge along :math:`i = \sqrt{-1}` instead:
#
# .. math:: f(\theta + ih) = f(\theta) + ih f'(\theta)
#           - \frac{h^2}{2} f''(\theta) - \frac{ih^3}{6} f'''(\theta)
#           + \dots
#
# The derivative is now alone in the imaginary part, up to
# :math:`\frac{h^2}{6} f'''`. There is nothing to subtract, so that
# :math:`h` may be :math:`10^{-30}`, and the result is right to the last
# digit or two [5]_. It needs a formula that holds for complex numbers
# too, as sums, products, exp, log and tanh do, and with them all layers
# and costs here; ``abs`` and norms do not. relu and max-pooling only
# choose among numbers. numpy compares complex ones by their real parts
# first, so the choice stays the same, at every point that is not exactly
# on a kink.
#
# ``python -m backprop check`` does both for every layer of this file, and
# for several nets.
#
# .. [5] Squire and Trapp, "Using complex variables to estimate
#    derivatives of real functions", SIAM Review 40, 1998.


def _along(f, parameters, name, entry):
    r"""f as a function of a step of one entry, the others held."""
    def J(step):
        kind = np.result_type(float, type(step))
        theta = parameters[name].astype(kind)
        theta[entry] += step
        return f({**parameters, name: theta})
    return J


def _slopes(slope, f, parameters):
    r"""Apply slope to f along each entry of parameters in turn."""
    if not isinstance(parameters, dict):  # an array: a dict of one
        return _slopes(slope, lambda p: f(p[""]), {"": parameters})[""]
    parameters = {name: np.asarray(theta, dtype=float)
                  for name, theta in parameters.items()}
    gradients = {}
    for name, theta in parameters.items():
        gradients[name] = np.empty(theta.shape)
        for entry in np.ndindex(theta.shape):
            along = _along(f, parameters, name, entry)
            gradients[name][entry] = slope(along)
    return gradients


def numerical_gradient(f, parameters, epsilon=1e-5):
    r"""Find a gradient by nudging each number up and down.

    With :math:`J_\pm = f(\theta \pm \epsilon)`, one entry moved and the
    others held,

    .. math:: g = \frac{J_+ - J_-}{2\epsilon} \tag{10.1}

    Parameters
    ----------
    f : callable
        Takes what `parameters` is and returns a number.
    parameters : array_like or dict of array_like, any shapes
        Where to take the gradient. It is computed in float64, whatever
        the dtype: float32 has too few digits to lose any.
    epsilon : float
        The size of the nudge, positive.

    Returns
    -------
    gradients : ndarray or dict of ndarray
        The shapes, and for a dict the keys, of `parameters`.

    Examples
    --------
    The slope of :math:`\theta^3` at 3 is 27. With a nudge of 1/2 the
    one-sided quotient is far off; the centred one is off by
    :math:`\epsilon^2 = 1/4`, just as the remainder says:

    >>> cube = lambda theta: theta * theta * theta
    >>> (cube(3.5) - cube(3)) / 0.5
    31.75
    >>> float(numerical_gradient(cube, 3, epsilon=0.5))
    27.25

    Make the nudge smaller. The error first falls with its square; then
    it rises, as fewer and fewer digits survive the subtraction:

    >>> for epsilon in (1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11):
    ...     error = abs(numerical_gradient(cube, 3, epsilon) - 27)
    ...     print(f"{epsilon:.0e} {error:.0e}")
    1e-01 1e-02
    1e-03 1e-06
    1e-05 2e-10
    1e-07 4e-08
    1e-09 2e-06
    1e-11 9e-05

    A kink: relu at 0 has the slopes 0 and 1, and the quotient is their
    mean; close by it is some other mixture. Beyond epsilon it is right.

    >>> for z in (0, 0.0005, 0.002):
    ...     g = numerical_gradient(lambda Z: relu(Z)[0], z, epsilon=0.001)
    ...     print(round(float(g), 6))
    0.5
    0.75
    1.0
    """
    _check(epsilon > 0, "epsilon is {}, expected a positive number",
           epsilon)

    def slope(J):
        J_plus, J_minus = J(epsilon), J(-epsilon)
        g = (J_plus - J_minus) / (2 * epsilon)    # (10.1)
        return g

    return _slopes(slope, f, parameters)


def complex_step_gradient(f, parameters, h=1e-30):
    r"""Find a gradient by nudging each number along the imaginary axis.

    .. math:: g = \frac{\operatorname{Im} f(\theta + ih)}{h} \tag{10.2}

    Parameters
    ----------
    f, parameters : callable, and array_like or dict of array_like
        As in `numerical_gradient`; f is made of analytic operations and
        of max.
    h : float
        The size of the nudge, positive.

    Returns
    -------
    gradients : ndarray or dict of ndarray
        As from `numerical_gradient`, with all digits.

    Examples
    --------
    :math:`(3 + i)^3 = 18 + 26i`: with h = 1 the slope of 27 is missed by
    :math:`h^2 = 1`. With the default it is not missed at all.

    >>> cube = lambda theta: theta * theta * theta
    >>> float(complex_step_gradient(cube, 3, h=1))
    26.0
    >>> float(complex_step_gradient(cube, 3))
    27.0

    relu only chooses; near its kink, where the centred quotient was
    0.75, this one is right. ``abs`` is a function without an imaginary
    part, and its slope seems to be 0:

    >>> float(complex_step_gradient(lambda Z: relu(Z)[0], 0.0005))
    1.0
    >>> float(complex_step_gradient(lambda x: abs(x), 2.0))
    0.0
    """
    _check(h > 0, "h is {}, expected a positive number", h)

    def slope(J):
        g = np.imag(J(1j * h)) / h                # (10.2)
        return g

    return _slopes(slope, f, parameters)


def gradient_check(f, parameters, gradients, by=numerical_gradient):
    r"""Compare a gradient with one found by nudging.

    Let :math:`g` be all entries of the gradient in one long vector, and
    :math:`\hat g` those found by nudging. Whether their distance is small
    can only be said in relation to their lengths:

    .. math:: n = \lVert g - \hat g \rVert \tag{10.3}
    .. math:: d = \lVert g \rVert + \lVert \hat g \rVert \tag{10.4}
    .. math:: \delta = n / d \tag{10.5}

    Parameters
    ----------
    f, parameters : callable, and array_like or dict of array_like
        As in `numerical_gradient`.
    gradients : array_like or dict of array_like
        What the backward pass says. For a dict, that of parameter W1 is
        found under "dW1"; other keys are left out.
    by : callable
        `numerical_gradient`, `complex_step_gradient`, or any function of
        f and parameters.

    Returns
    -------
    difference : float
        From 0, equal, to 1, opposite. By centred differences 1e-7 or
        less is right, 1e-3 or more is wrong, and between them look for
        a kink; by the complex step, right is below 1e-12.

    Examples
    --------
    The cost of a net with three inputs, two hidden units and four
    examples, as a function of its parameters, and the gradients of the
    backward pass:

    >>> parameters = initialize_parameters_deep([3, 2, 1], scale=1)
    >>> X = np.array([[1, 2, 0, -1], [0, 1, 1, 2], [2, 0, -1, 1]])
    >>> Y = np.array([[1, 0, 1, 0]])
    >>> def cost(parameters):
    ...     return compute_cost(L_model_forward(X, parameters)[0], Y)
    >>> AL, caches = L_model_forward(X, parameters)
    >>> grads = L_model_backward(AL, Y, caches)
    >>> gradient_check(cost, parameters, grads) < 1e-9
    True
    >>> gradient_check(cost, parameters, grads,
    ...                by=complex_step_gradient) < 1e-14
    True

    Would it notice a mistake? Forget the 1/m, and the gradient is m
    times too long; of the lengths 4 and 1 the difference is 3 and the
    sum 5:

    >>> wrong = {key: 4 * value for key, value in grads.items()}
    >>> round(gradient_check(cost, parameters, wrong), 6)
    0.6

    Flip one sign, that of the entry -3 of a gradient (4, -3): the
    difference is 6, and the sum of the lengths 10. One sign among the
    nine numbers of the net above does not stay hidden either:

    >>> plane = lambda theta: 4 * theta[0] - 3 * theta[1]
    >>> round(gradient_check(plane, [0.0, 0.0], [4, 3]), 6)
    0.6
    >>> wrong = {**grads, "db2": -grads["db2"]}
    >>> round(gradient_check(cost, parameters, wrong), 3)
    0.335
    """
    if not isinstance(parameters, dict):
        return gradient_check(lambda p: f(p[""]), {"": parameters},
                              {"d": gradients}, by)
    found = by(f, parameters)
    for name, theta in found.items():
        shape = np.shape(gradients.get("d" + name))
        _check(shape == theta.shape,
               "d{} has shape {}, expected {}", name, shape, theta.shape)

    def long_vector(arrays):
        return np.concatenate([np.ravel(a) for a in arrays])

    g = long_vector([gradients["d" + name] for name in found])
    g_hat = long_vector(found.values())
    numerator = np.linalg.norm(g - g_hat)         # (10.3)
    denominator = np.linalg.norm(g) + np.linalg.norm(g_hat)  # (10.4)
    if denominator == 0:
        return 0.0
    difference = numerator / denominator          # (10.5)
    return float(difference)


# === 11. Momentum and mini-batches ===

# How does a net get further with the same gradients? Forward and backward
# stay as they are, and so does `descend`. Momentum is another rule for
# the step, its `update`; mini-batches are another choice of its
# `batches`.
#
# **Momentum** [6]_. Costs lie in valleys that are steep across and
# nearly level along. The steep direction limits the rate (section 6: at
# more than :math:`2/c` the steps grow without bound), and at that rate
# progress along the valley is slow. So let the step follow an average of
# the latest gradients, in which older ones fade by a factor
# :math:`\beta`. Across the valley they point now to one side and now to
# the other, and cancel. Along it they agree, and add up. A ball rolling
# downhill gathers speed in the same way, hence the name.
#
# How much is gained? (This paragraph needs eigenvalues and may be
# skipped.) For one parameter with the cost :math:`\frac{c}{2} w^2`, and a
# ball with the velocity :math:`V`,
#
# .. math:: V \leftarrow \lambda V - \mu\, c\, w, \qquad
#           w \leftarrow w + V ,
#
# a step multiplies the pair :math:`(w, V)` by a matrix:
#
# .. math:: \begin{pmatrix} w \\ V \end{pmatrix} \leftarrow
#           \begin{pmatrix} 1 - \mu c & \lambda \\
#           -\mu c & \lambda \end{pmatrix}
#           \begin{pmatrix} w \\ V \end{pmatrix}
#
# Its determinant, the product of its eigenvalues, is :math:`\lambda`,
# whatever :math:`c` is. When they are complex they have equal size,
# :math:`\sqrt\lambda` each, so that steep and level directions alike
# shrink by :math:`\sqrt\lambda` a step. That is so while :math:`(1 -
# \sqrt\lambda)^2 < \mu c < (1 + \sqrt\lambda)^2`, which for
# :math:`\lambda = 0.9` covers curvatures that differ a thousandfold.
#
# On the course's cats the first net takes 2500 plain steps to a cost of
# 0.031, and 274 as a ball with :math:`\lambda = 0.9` and the same rate.
# But a ball also overshoots: the five-layer net, at the rate that suited
# it, ends where it gives all pictures the same answer. With momentum it
# needs a tenth of that rate.
#
# **Mini-batches.** The gradient is a mean over all examples, and the
# mean over a few of them is an estimate of it. It points roughly the
# same way and costs a fraction, so that for the price of one exact step
# there are many rough ones. Early on, when all examples ask for the same
# change, that is nearly as many times faster. Near the end the noise
# keeps the parameters from settling, unless the rate is lowered or
# momentum averages it away. Each epoch, once through all examples, cuts
# them up anew in random order.
#
# .. [6] Polyak, "Some methods of speeding up the convergence of iteration
#    methods", USSR Computational Mathematics and Mathematical Physics 4,
#    1964.


def initialize_velocity(parameters):
    r"""Start every velocity at rest.

    .. math:: v_{dP} = 0 \tag{11.1}

    for every parameter P.

    Parameters
    ----------
    parameters : dict
        W1, b1, ..., of any shapes.

    Returns
    -------
    v : dict
        dW1, db1, ..., zeros of the same shapes and dtypes.

    Examples
    --------
    >>> v = initialize_velocity({"W1": np.array([[3.0, 4.0]])})
    >>> v["dW1"].tolist()
    [[0.0, 0.0]]
    """
    v = {}
    for name, P in parameters.items():
        P, = _floats(P)
        v["d" + name] = np.zeros_like(P)          # (11.1)
    return v


def update_parameters_with_momentum(parameters, grads, v, beta,
                                    learning_rate):
    r"""Average the gradient with the earlier ones, and step along that.

    .. math:: v \leftarrow \beta v + (1 - \beta)\, dP \tag{11.2}
    .. math:: P \leftarrow P - \alpha v \tag{11.3}

    for every parameter P with its own velocity v.

    Parameters
    ----------
    parameters, grads : dict
        As in `update_parameters`.
    v : dict
        Velocities under the keys of grads, from `initialize_velocity` or
        from the step before.
    beta : float
        How much of the average stays, from 0, plain descent, to below 1.
    learning_rate : float
        :math:`\alpha`.

    Returns
    -------
    parameters : dict
        The new values.
    v : dict
        The new velocities.

    Notes
    -----
    Unrolled, :math:`v = (1 - \beta)(dP_k + \beta\, dP_{k-1} +
    \beta^2 dP_{k-2} + \dots)`. The weights sum to 1, up to
    :math:`\beta^k` that is missing after k steps: an average over about
    the last :math:`1/(1 - \beta)` gradients.

    **How this differs.** PyTorch leaves out the factor
    :math:`1 - \beta`: :math:`v \leftarrow \lambda v + dP`,
    :math:`P \leftarrow P - \mu v`. Its v is :math:`1/(1 - \beta)` times
    ours, so that with :math:`\lambda = \beta` and
    :math:`\mu = \alpha (1 - \beta)` it takes the same steps. At *equal*
    rates it goes :math:`1/(1 - \beta)` times as far, for 0.9 ten times.
    The ball of this section's introduction, the form of the articles and
    of Keras, puts the rate into the velocity. While the rate is constant
    it takes the same steps too, with :math:`V = -\mu v`. When the rate
    falls, the steps of PyTorch and ours shrink with it at once; the ball
    keeps its speed.

    Examples
    --------
    Gradients that alternate, 8 and -8 and 8: the velocity stays small.
    Gradients that agree: it grows, here with a rate that is halved for
    the last step.

    >>> def steps(gradients, rates):
    ...     w, v = {"W1": np.zeros((1, 1))}, {"dW1": np.zeros((1, 1))}
    ...     for g, rate in zip(gradients, rates):
    ...         w, v = update_parameters_with_momentum(
    ...             w, {"dW1": np.array([[g]])}, v, 0.5, rate)
    ...         print(float(v["dW1"][0, 0]), float(w["W1"][0, 0]))
    >>> steps([8, -8, 8], [1, 1, 1])
    4.0 -4.0
    -2.0 -2.0
    3.0 -5.0
    >>> steps([8, 8, 8], [1, 1, 0.5])
    4.0 -4.0
    6.0 -10.0
    7.0 -13.5

    The last three steps in PyTorch's form and as a ball, both with
    :math:`\mu = \alpha (1 - 0.5)`. At the first rate they agree; then
    the ball goes further.

    >>> v = P = V = B = 0
    >>> for g, mu in (8, 0.5), (8, 0.5), (8, 0.25):
    ...     v = 0.5 * v + g
    ...     P = P - mu * v
    ...     V = 0.5 * V - mu * g
    ...     B = B + V
    ...     print(P, B)
    -4.0 -4.0
    -10.0 -10.0
    -13.5 -15.0

    A valley a hundred times steeper across than along,
    :math:`J = \frac12 (w_1^2 + 100 w_2^2)`, whose gradient is
    :math:`(w_1, 100 w_2)`. How many steps until both are below 0.01?

    >>> def count(beta, rate):
    ...     w, k = {"W1": np.array([1.0, 1.0])}, 0
    ...     v = initialize_velocity(w)
    ...     while np.abs(w["W1"]).max() > 0.01:
    ...         w, v = update_parameters_with_momentum(
    ...             w, {"dW1": w["W1"] * [1, 100]}, v, beta, rate)
    ...         k = k + 1
    ...     return k
    >>> count(0, 0.01), count(0.9, 0.01 / (1 - 0.9))
    (459, 85)
    """
    beta = float(beta)
    _check(0 <= beta < 1, "beta (momentum) is {}, expected 0 <= beta < 1",
           beta)
    rate, stepped, velocities = float(learning_rate), {}, {}
    for name, P in parameters.items():
        d_name = "d" + name
        _check(d_name in grads and d_name in v, "grads or v has no {}, "
               "expected one for each of parameters", d_name)
        P, dP, v_dP = _floats(P, grads[d_name], v[d_name])
        _check(P.shape == dP.shape == v_dP.shape, "{} has shape {}, {} "
               "{} and v {} for it, expected one shape for all", name,
               P.shape, d_name, dP.shape, v_dP.shape)
        v_dP = beta * v_dP + (1 - beta) * dP      # (11.2)
        P = P - rate * v_dP                       # (11.3)
        stepped[name], velocities[d_name] = P, v_dP
    return stepped, velocities


class Momentum:
    r"""The rule of (11.2) and (11.3), for the `update` of `descend`.

    Parameters
    ----------
    beta : float
        In [0, 1).
    v : dict, optional
        Velocities to go on from; without them it starts from rest.

    Attributes
    ----------
    v : dict or None
        The velocities after the latest step. Saved with the parameters,
        they let a run go on later as if it had not stopped.

    Examples
    --------
    The cost after a hundred steps, without it and with it, as a ball
    with :math:`\mu = 0.1`:

    >>> X, Y = np.array([[3, 1, 2, 0], [1, 3, 0, 2]]), [[1, 0, 1, 0]]
    >>> start = initialize_parameters(2, 3, 1)
    >>> *_, last = descend([(X, Y)] * 100, start, 0.1)
    >>> round(float(last[0]), 3)
    0.282
    >>> *_, last = descend([(X, Y)] * 100, start, 0.1 / (1 - 0.9),
    ...                    update=Momentum(0.9))
    >>> round(float(last[0]), 3)
    0.009
    """

    def __init__(self, beta, v=None):
        _check(0 <= beta < 1,
               "beta (momentum) is {}, expected 0 <= beta < 1", beta)
        self.beta, self.v = beta, v

    def __call__(self, parameters, grads, learning_rate):
        r"""Take a step; parameters as from `update_parameters`."""
        if self.v is None:
            self.v = initialize_velocity(parameters)
        parameters, self.v = update_parameters_with_momentum(
            parameters, grads, self.v, self.beta, learning_rate)
        return parameters


def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    r"""Deal the examples out into batches, in random order.

    With :math:`\pi` a random permutation and s the size, batch k is

    .. math:: \bigl(x_{\pi(j)}, y_{\pi(j)}\bigr), \qquad
              ks \le j < (k + 1)s \tag{11.4}

    Parameters
    ----------
    X : array_like, shape (n_x, m), or (m, n_H, n_W, n_C) for pictures
    Y : array_like, shape (n_y, m)
    mini_batch_size : int
        Examples in a batch. The last has what is left over.
    seed : int
        Of the permutation.

    Returns
    -------
    mini_batches : list of tuples (mini_batch_X, mini_batch_Y)

    Examples
    --------
    Seven examples by threes; each label stays with its example.

    >>> X, Y = np.array([[0, 1, 2, 3, 4, 5, 6]]), np.array([[0, 1] * 3 + [0]])
    >>> for x, y in random_mini_batches(X, Y, 3):
    ...     print(x.tolist(), y.tolist())
    [[6, 2, 1]] [[0, 0, 1]]
    [[3, 0, 5]] [[1, 0, 1]]
    [[4]] [[0]]
    """
    _check(not np.ma.isMaskedArray(X) and not np.ma.isMaskedArray(Y),
           "X or Y is a masked array, expected one without a mask")
    # take copies the whole of a transposed X, once for each batch.
    X, Y = np.ascontiguousarray(X), np.asarray(Y)
    _check(X.ndim in (2, 4) and X.size, "X has shape {}, expected (n_x, "
           "m) or, for pictures, (m, n_H, n_W, n_C), none of them 0",
           X.shape)
    axis = 0 if X.ndim == 4 else 1
    m, size = X.shape[axis], mini_batch_size
    _check(Y.ndim == 2 and Y.shape[1] == m,
           "Y has shape {}, expected (n_y, {}), a column for each "
           "example of X", Y.shape, m)
    _check(size == int(size) > 0, "mini_batch_size is {}, expected a "
           "positive integer", size)
    order = np.random.RandomState(seed).permutation(m)
    batches = []
    for k in range(0, m, int(size)):
        batch = order[k:k + int(size)]            # (11.4)
        batches.append((X.take(batch, axis), Y[:, batch]))
    return batches


def mini_batches(X, Y, mini_batch_size=64, seed=0, epochs=1, first=0):
    r"""Go through the examples epoch after epoch, each in another order.

    Parameters
    ----------
    X, Y, mini_batch_size : array_like, array_like, int
        As in `random_mini_batches`.
    seed : int
        Epoch e is dealt out by `random_mini_batches` with seed + e.
    epochs : int
        How many.
    first : int
        The number of the first one. A run that stopped after epoch 4
        goes on, as if it had not, with ``first=5``.

    Yields
    ------
    X, Y : ndarrays
        The next batch.

    Examples
    --------
    >>> X, Y = np.array([[0, 1, 2, 3, 4]]), np.array([[0, 1, 0, 1, 0]])
    >>> [x.tolist()[0] for x, y in mini_batches(X, Y, 3, epochs=2)]
    [[2, 0, 1], [3, 4], [2, 1, 4], [0, 3]]
    >>> [x.tolist()[0] for x, y in mini_batches(X, Y, 3, first=1)]
    [[2, 1, 4], [0, 3]]

    Into the training loop, with momentum, two epochs of three steps:

    >>> start = initialize_parameters(1, 2, 1)
    >>> steps = descend(mini_batches(X, Y, 2, epochs=2), start, 0.1,
    ...                 update=Momentum(0.9))
    >>> len(list(steps))
    6
    """
    for epoch in range(first, first + epochs):
        yield from random_mini_batches(X, Y, mini_batch_size,
                                       seed + epoch)


# === End of the derivations ===

import argparse
import ast
import base64
import contextlib
import csv
import functools
import gzip
import hashlib
import importlib
import inspect
import io
import itertools
import json
import math
import operator
import os
import queue
import re
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import threading
import time
import types
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

# === 12. Worked nets ===

# How do the functions above become a program? Four records hold what it
# works on. A `Dataset` is what a net learns from and is tested on, a
# `Checkpoint` where its training stands, `Settings` how it is trained, and
# a `Job` has all three and the net. `train` takes a job's steps, for every
# net of this file: dense or convolutional, on points or on pictures, new or
# taken up again.
#
# The nets of this section are small enough to see whole: points on a line
# or in a plane, and a handful of weights. Each is a function that makes its
# points and puts a job together.


class Dataset(NamedTuple):
    r"""What a net learns from, and what it is tested on.

    Pictures may stay the bytes that they are in their file: `scale` makes
    a net's inputs of them as they are needed.
    """

    X: np.ndarray = None  # (n_x, m), or (m, height, width, channels)
    Y: np.ndarray = None  # labels, (n_y, m), as the net is to give them
    X_test: np.ndarray = None
    Y_test: np.ndarray = None
    classes: list = ["0", "1"]  # their names
    scale: Callable = np.asarray  # scale(X) is what the net is fed
    folder: Path | None = None  # where they come from
    ships: bool = False  # with the program
    factors: dict = {}  # what each test picture was drawn with, of drawings

    @property
    def about(self):
        r"""What a net says of the examples that it was trained on."""
        pictures = list(self.X.shape[1:]) if self.X.ndim == 4 else None
        return {"pictures": pictures, "classes": self.classes,
                "examples": self.Y.shape[1],
                "check": zlib.crc32(np.ascontiguousarray(self.X))}


class Checkpoint(NamedTuple):
    r"""Where a training stands: all that is needed to go on with it."""

    parameters: dict
    velocity: dict | None = None  # of momentum
    seen: int = 0  # examples, each counted as often as it was trained on


@dataclass(frozen=True)
class Settings:
    r"""How a net is trained.

    The rate is that of the ball, V <- momentum V - rate dP; `train` turns
    it into that of `update_parameters_with_momentum`, (11.3).
    """

    learning_rate: float  # or a function of the epoch 0, 1, ...
    epochs: int
    momentum: float = 0
    batch: int | None = None  # examples in a batch; None: all
    seed: int = 0  # of the order of the batches

    def __post_init__(self):
        _check(0 <= self.momentum < 1,
               "momentum is {}, expected 0 <= momentum < 1", self.momentum)
        _check(self.batch is None or self.batch > 0,
               "batch is {}, expected a positive integer", self.batch)
        _check(0 <= self.seed < 2**32 - self.epochs, "seed is {}, expected "
               "from 0 to {}, less the number of epochs", self.seed,
               2**32 - 1)


class Job(NamedTuple):
    r"""A net and its work."""

    data: Dataset
    net: tuple  # forward, cost, backward
    layers: dict  # the arguments of dense_net or conv_net that gave it
    start: Checkpoint
    settings: Settings


class Step(NamedTuple):
    r"""What `train` meets in a step."""

    epoch: int  # from 0
    number: int  # of the step in its epoch, from 1
    cost: float  # of the batch, before the step, as is AL
    AL: np.ndarray
    Y: np.ndarray
    end: Checkpoint


def train(job):
    r"""Take a job's steps, one after the other.

    Parameters
    ----------
    job : Job

    Yields
    ------
    step : Step

    Raises
    ------
    ValueError
        If the cost runs off to infinity.

    Examples
    --------
    Five epochs on a line's points, 40 of them, in batches of 16:

    >>> X, Y = make_line()
    >>> start = Checkpoint(initialize_parameters(1, 2, 1))
    >>> job = Job(Dataset(X, Y, X, Y), dense_net(), {}, start,
    ...           Settings(0.1, epochs=5, batch=16))
    >>> steps = list(train(job))
    >>> len(steps), steps[-1].end.seen
    (15, 200)

    Stopped after the fourth step and taken up again, it meets the same
    costs as if nothing had happened:

    >>> on = job._replace(start=steps[3].end)
    >>> [step.cost for step in train(on)][:11] == [
    ...     step.cost for step in steps[4:]]
    True
    """
    data, net, _, start, how = job
    m, parameters = data.Y.shape[1], start.parameters
    size = min(how.batch or m, m)
    rule = (Momentum(how.momentum, start.velocity) if how.momentum
            else update_parameters)
    first, within = divmod(start.seen, m)
    done = within // size  # batches of the first epoch
    for epoch in range(first, first + how.epochs):
        rate = (how.learning_rate(epoch) if callable(how.learning_rate)
                else how.learning_rate)
        batches = (random_mini_batches(data.X, data.Y, size,
                                       how.seed + epoch)
                   if how.batch else [(data.X, data.Y)])
        batches = batches[done:]
        scaled = ((data.scale(X), Y) for X, Y in batches)
        steps = descend(scaled, parameters, rate / (1 - how.momentum), net,
                        rule)
        for number, ((_, Y), (cost, AL, parameters)) in enumerate(
                zip(batches, steps), done + 1):
            _check(np.isfinite(cost), "the cost is {} in epoch {}; try a "
                   "smaller --learning-rate", cost, epoch + 1)
            yield Step(epoch, number, cost, AL, Y, Checkpoint(
                parameters, getattr(rule, "v", None),
                epoch * m + min(number * size, m)))
        done = 0
    # No further step looks at what the last one has done.
    forward, cost, _ = net
    J = cost(forward(data.scale(batches[-1][0]), parameters)[0], Y)
    _check(np.isfinite(J), "the cost is {} after the last step; try a "
           "smaller --learning-rate", J)


def outputs(job, X, parameters):
    r"""Run a job's net forward.

    Parameters
    ----------
    job : Job
    X : ndarray
        As in its data: `scale` is still to come.
    parameters : dict

    Returns
    -------
    AL : ndarray, shape (n_L, m)

    Raises
    ------
    ValueError
        If one of them is no number, as that of a net that ran off.
    """
    forward, _, _ = job.net
    # The maps of many pictures at once would fill the memory.
    parts = [X] if X.ndim == 2 else [
        X[k:k + 200] for k in range(0, len(X), 200)]
    with np.errstate(over="ignore", invalid="ignore"):
        AL = np.concatenate([forward(job.data.scale(part), parameters)[0]
                             for part in parts], axis=1)
    _check(np.isfinite(AL).all(), "the net's outputs are not all finite "
           "numbers; try a smaller --learning-rate")
    return AL


def _chances(AL):
    r"""A row for each class, of outputs or labels: of one row, which is the
    chance of "yes", two are made."""
    return np.concatenate([1 - AL, AL]) if len(AL) == 1 else AL


def accuracy(AL, Y):
    r"""The share of examples whose class comes out on top.

    Parameters
    ----------
    AL, Y : ndarray, shape (n_L, m)

    Returns
    -------
    share : float

    Examples
    --------
    >>> accuracy(np.array([[0.9, 0.6, 0.2]]), np.array([[1, 0, 0]]))
    0.6666666666666666
    """
    right = _chances(AL).argmax(axis=0) == _chances(Y).argmax(axis=0)
    return float(np.mean(right))


# Layers are written as one of the articles writes them.
MOONS = [{"input_dim": 2, "output_dim": 25, "activation": "relu"},
         {"input_dim": 25, "output_dim": 50, "activation": "relu"},
         {"input_dim": 50, "output_dim": 50, "activation": "relu"},
         {"input_dim": 50, "output_dim": 25, "activation": "relu"},
         {"input_dim": 25, "output_dim": 1, "activation": "sigmoid"}]
CIRCLES = [{"input_dim": 2, "output_dim": 3, "activation": "sigmoid"},
           {"input_dim": 3, "output_dim": 2, "activation": "softmax"}]
LINE = [{"input_dim": 1, "output_dim": 1, "activation": "gaussian"},
        {"input_dim": 1, "output_dim": 1, "activation": "sigmoid"}]


def _read_architecture(architecture):
    r"""The sizes n_0, ..., n_L and the activations of a list of layers;
    ValueError if they do not chain."""
    _check(isinstance(architecture, list) and architecture,
           "the net is {!r}, expected a list of layers", architecture)
    keys = "input_dim", "output_dim", "activation"
    dims, activations = [], []
    for l, layer in enumerate(architecture, start=1):
        _check(isinstance(layer, dict) and sorted(layer) == sorted(keys),
               "layer {} is {!r}, expected a dictionary of input_dim, "
               "output_dim and activation", l, layer)
        n_prev, n, activation = (layer[key] for key in keys)
        _check(type(n_prev) is type(n) is int and min(n_prev, n) > 0,
               "layer {} is {!r}, expected positive integers as its dims",
               l, layer)
        _check(activation in list(ACTIVATIONS), "activation of layer {} is "
               "{!r}, expected one of {}", l, activation,
               ", ".join(ACTIVATIONS))
        dims = dims or [n_prev]
        _check(n_prev == dims[-1], "input_dim of layer {} is {}, expected "
               "{} as layer {} gives", l, n_prev, dims[-1], l - 1)
        dims.append(n)
        activations.append(activation)
    return dims, activations


def _check_weights(*counts):
    r"""Refuse a net that would fill the memory before it can be told."""
    _check(sum(counts) <= 2**27, "the net would have {} weights, more than "
           "the {} that are trained here", sum(counts), 2**27)


def _points_job(architecture, data, settings, seed):
    r"""A job on points in the plane; the weights start at 0.1 N(0, 1)."""
    dims, activations = _read_architecture(architecture)
    n_y, last = len(data.Y), "sigmoid" if len(data.Y) == 1 else "softmax"
    _check(dims[0] == 2 and dims[-1] == n_y and activations[-1] == last,
           "the net has sizes {} and at last {}, expected 2 inputs and {} {} "
           "output{}", dims, activations[-1], n_y, last, "s"[:n_y - 1])
    _check_weights(*map(operator.mul, dims, dims[1:]))
    start = initialize_parameters_deep(dims, seed, 0.1, 0.1)
    return Job(data, dense_net(activations), {"activations": activations},
               Checkpoint(start), settings)


def make_moons(n_samples=1000, noise=0.2, seed=100):
    r"""Make two half circles that reach into each other.

    Bit for bit the points of scikit-learn's
    ``make_moons(n_samples, noise=noise, random_state=seed)``.

    Parameters
    ----------
    n_samples : int
    noise : float
        Standard deviation of what is added to both coordinates.
    seed : int

    Returns
    -------
    X : ndarray, shape (2, n_samples)
    Y : ndarray, shape (1, n_samples)
        0.0 for the upper moon, 1.0 for the lower.

    Examples
    --------
    Without noise, in random order: the ends and the middle of each.

    >>> X, Y = make_moons(6, noise=0)
    >>> (X.round(1) + 0).tolist()
    [[0.0, -1.0, 1.0, 0.0, 2.0, 1.0], [1.0, 0.0, -0.5, 0.5, 0.5, 0.0]]
    >>> Y.tolist()
    [[0.0, 0.0, 1.0, 1.0, 1.0, 0.0]]
    """
    _check(n_samples == int(n_samples) > 1 and noise >= 0,
           "{} points with noise {}, expected at least 2 and at least 0",
           n_samples, noise)
    rng, upper = np.random.RandomState(seed), n_samples // 2
    s, t = (np.linspace(0, np.pi, n) for n in (upper, n_samples - upper))
    X = np.array([np.append(np.cos(s), 1 - np.cos(t)),
                  np.append(np.sin(s), 1 - np.sin(t) - 0.5)])
    order = np.arange(n_samples)
    rng.shuffle(order)
    noise = rng.normal(scale=noise, size=(n_samples, 2)).T
    return X[:, order] + noise, (order >= upper)[np.newaxis].astype(float)


def make_circles(n_samples=100, factor=0.3, noise=0.1, seed=1):
    r"""Make a ring of points and a smaller ring within it.

    Bit for bit the points of scikit-learn's ``make_circles(n_samples,
    shuffle=False, factor=factor, noise=noise, random_state=seed)``.

    Parameters
    ----------
    n_samples : int
    factor : float
        Radius of the inner ring; that of the outer is 1.
    noise : float
        Standard deviation of what is added to both coordinates.
    seed : int

    Returns
    -------
    X : ndarray, shape (2, n_samples)
    Y : ndarray, shape (2, n_samples)
        A column is (1, 0) for the outer ring, (0, 1) for the inner.

    Examples
    --------
    >>> X, Y = make_circles(4, factor=0.5, noise=0)
    >>> (X.round(1) + 0).T.tolist()
    [[1.0, 0.0], [-1.0, 0.0], [0.5, 0.0], [-0.5, 0.0]]
    >>> Y.tolist()
    [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    """
    _check(n_samples == int(n_samples) > 1 and noise >= 0,
           "{} points with noise {}, expected at least 2 and at least 0",
           n_samples, noise)
    outer = n_samples // 2
    s, t = (np.linspace(0, 2 * np.pi, n, endpoint=False)
            for n in (outer, n_samples - outer))
    X = np.array([np.append(np.cos(s), np.cos(t) * factor),
                  np.append(np.sin(s), np.sin(t) * factor)])
    rng = np.random.RandomState(seed)
    inner = np.arange(n_samples) >= outer
    return (X + rng.normal(scale=noise, size=(n_samples, 2)).T,
            np.array([~inner, inner]).astype(float))


def make_line(n_samples=40, seed=1):
    r"""Put "yes" in the middle of a line and "no" to both sides of it.

    Parameters
    ----------
    n_samples : int
        Half of them around 0; a quarter each around -2 and around 2.
    seed : int

    Returns
    -------
    X, Y : ndarrays, shape (1, n_samples)

    Examples
    --------
    >>> X, Y = make_line(4)
    >>> X.round(1).tolist(), Y.tolist()
    ([[0.8, -0.3, -2.3, 1.5]], [[1.0, 1.0, 0.0, 0.0]])
    """
    rng, half = np.random.RandomState(seed), n_samples // 2
    X = [rng.normal(0, 0.5, half), rng.normal(-2, 0.5, half // 2),
         rng.normal(2, 0.5, n_samples - half - half // 2)]
    Y = np.arange(n_samples) < half
    return np.concatenate(X)[np.newaxis], Y[np.newaxis].astype(float)


def split(X, Y, test_size=0.1, seed=42):
    r"""Set some examples aside for the test.

    The choice of scikit-learn's ``train_test_split`` with the same
    test_size and random_state.

    Parameters
    ----------
    X, Y : ndarrays, shapes (n_x, m) and (n_y, m)
    test_size : float
        The share of the test set, between 0 and 1; rounded up.
    seed : int

    Returns
    -------
    X_train, Y_train, X_test, Y_test : ndarrays

    Examples
    --------
    >>> X = np.arange(5)[np.newaxis]
    >>> X_train, Y_train, X_test, Y_test = split(X, X, test_size=0.4)
    >>> X_train.tolist(), X_test.tolist()
    ([[2, 0, 3]], [[1, 4]])
    """
    m = X.shape[1]
    n_test = int(np.ceil(test_size * m))
    _check(0 < n_test < m, "test_size is {}, expected between 0 and 1",
           test_size)
    order = np.random.RandomState(seed).permutation(m)
    test, train = order[:n_test], order[n_test:]
    return X[:, train], Y[:, train], X[:, test], Y[:, test]


def moons(architecture=MOONS, learning_rate=0.01, epochs=10000, momentum=0,
          batch=None, seed=2):
    r"""Tell two moons apart.

    Parameters
    ----------
    architecture : list of dict
        As ``MOONS``: two inputs and, at last, one sigmoid output.
    learning_rate, epochs, momentum, batch : see `Settings`
    seed : int
        Of the parameters, which start at 0.1 times normal draws.

    Returns
    -------
    job : Job
        900 points to train on and 100 to test.

    Examples
    --------
    In batches and with momentum, 30 epochs do what took 10000:

    >>> job = moons(learning_rate=0.05, epochs=30, momentum=0.9, batch=64)
    >>> *_, step = train(job)
    >>> AL = outputs(job, job.data.X_test, step.end.parameters)
    >>> accuracy(AL, job.data.Y_test)
    1.0
    """
    X, Y, X_test, Y_test = split(*make_moons())
    return _points_job(architecture, Dataset(X, Y, X_test, Y_test), Settings(
        learning_rate, epochs, momentum, batch), seed)


def circles(architecture=CIRCLES, learning_rate=0.02, epochs=300,
            momentum=0.9, batch=None, seed=1):
    r"""Tell a ring from what it surrounds, by lifting it off the plane.

    Parameters
    ----------
    architecture : list of dict
        As ``CIRCLES``: two inputs and, at last, two softmax outputs.
    learning_rate : float
        For the cost summed over the examples, as the article has it.
    epochs, momentum, batch : see `Settings`
    seed : int
        Of the parameters.

    Returns
    -------
    job : Job
        Its points are trained on and tested.

    Examples
    --------
    Without momentum 300 epochs do not leave the plateau of ln 2, where
    every point gets one half:

    >>> for momentum in (0.9, 0):
    ...     *_, step = train(circles(momentum=momentum))
    ...     print(round(float(step.cost), 3))
    0.003
    0.693
    """
    X, Y = make_circles()
    m = Y.shape[1]
    # A sum over the examples of a batch is the mean, times their number.
    return _points_job(architecture, Dataset(X, Y, X, Y), Settings(
        learning_rate * min(batch or m, m), epochs, momentum, batch), seed)


def _hidden_layer(X, parameters, activations):
    r"""What the first layer makes of the points: where it lifts them."""
    return linear_activation_forward(X, parameters["W1"], parameters["b1"],
                                     activations[0])[0]


def rbf(start=(2, -5), learning_rate=0.2, steps=50, momentum=0,
        falling=True):
    r"""Find the middle of a line with one Gaussian unit: two weights.

    The biases are held at 0 and -1, so that the cost is a surface over
    the weight wh of the hidden unit and the weight wo of the output.

    Parameters
    ----------
    start : tuple (wh, wo)
    learning_rate : float
        For the cost summed over the points, as the article has it.
    steps : int
    momentum : float
    falling : bool
        Whether the rate falls linearly, to 0 at the last step.

    Returns
    -------
    points : tuple X, Y
    path : ndarray, shape (steps + 1, 3)
        wh, wo and the summed cost, at the start and after each step.

    Examples
    --------
    >>> points, path = rbf()
    >>> path[[0, -1]].round(2).tolist()
    [[2.0, -5.0, 79.8], [1.07, 5.05, 9.55]]

    What momentum changes, at a tenth of that rate, held, from (2, -3):

    >>> for momentum in (0, 0.8):
    ...     _, path = rbf((2, -3), 0.02, momentum=momentum, falling=False)
    ...     print(path[-1].round(1).tolist())
    [2.7, 2.0, 23.2]
    [1.2, 6.3, 8.9]
    """
    X, Y = make_line()
    m, (wh, wo) = Y.shape[1], start
    _, activations = _read_architecture(LINE)
    forward, cost, backward = dense_net(activations)

    def weights_only(AL, Y, caches):
        grads = backward(AL, Y, caches)
        return {**grads, "db1": 0 * grads["db1"], "db2": 0 * grads["db2"]}

    def rate(step):
        return m * learning_rate * (1 - (step + 1) / steps if falling else 1)

    parameters = {name: np.array([[float(number)]]) for name, number in (
        ("W1", wh), ("b1", 0), ("W2", wo), ("b2", -1))}
    job = Job(Dataset(X, Y, X, Y), (forward, cost, weights_only), {},
              Checkpoint(parameters), Settings(rate, steps, momentum))
    path, costs = [(wh, wo)], []
    for step in train(job):
        parameters = step.end.parameters
        path.append((parameters["W1"].item(), parameters["W2"].item()))
        costs.append(m * step.cost)
    costs.append(m * cost(outputs(job, X, parameters), Y))
    return (X, Y), np.column_stack([path, costs])


def _cost_surface(X, Y, wh, wo):
    r"""The summed cost of the line's net for each wo (down) and wh (across).

    All the nets are one: a hidden unit for each wh, whose outputs, side
    by side, are the examples of an output unit for each wo.
    """
    wh, wo = np.reshape(wh, (-1, 1)), np.reshape(wo, (-1, 1))
    A1, _ = linear_activation_forward(X, wh, 0 * wh, "gaussian")
    A2, _ = linear_activation_forward(A1.reshape(1, -1), wo, 0 * wo - 1,
                                      "sigmoid")
    A2 = A2.reshape(wo.size, wh.size, -1)
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2), axis=2)


def _three_ways(layer, f, at, gradients, epsilon):
    r"""The gradients of f given, by differences and by complex steps."""
    numerical = numerical_gradient(f, at, epsilon)
    sideways = complex_step_gradient(f, at)
    for name in at:
        yield (layer, f"d{name}", gradients[f"d{name}"], numerical[name],
               sideways[name])


def _net_gradients(layer, job, epsilon=1e-5):
    r"""Those of a job's cost for its parameters at the start."""
    (forward, cost, backward), (X, Y, *_) = job.net, job.data
    parameters = job.start.parameters
    AL, caches = forward(X, parameters)
    return _three_ways(layer, lambda p: cost(forward(X, p)[0], Y),
                       parameters, backward(AL, Y, caches), epsilon)


def _checked_layers(rng):
    r"""Each layer: a name, forward, backward, inputs, and the m of its mean.

    The numbers are drawn as the layers are asked for, one by one.
    """
    def dense(g):
        def forward(A_prev, W, b):
            return linear_activation_forward(A_prev, W, b, g)

        def backward(dA, cache):
            dA_prev, dW, db = linear_activation_backward(dA, cache, g)
            return dA_prev / 5, dW, db  # of J; the file's is that of m J

        return forward, backward

    def cost(Y, J, dJ):
        return (lambda AL: (5 * J(AL, Y), (AL, Y)),
                lambda d, cache: (d * dJ(*cache),))

    def pool(h, mode):
        return (lambda A_prev: pool_forward(A_prev, h, mode),
                lambda dA, cache: (pool_backward(dA, cache, mode),))

    yield ("circuit", circuit_forward, circuit_backward,
           {"w": rng.randn(3), "x": rng.randn(2)}, 1)
    for g in ACTIVATIONS:
        yield (f"{g} layer", *dense(g), {
            "A_prev": rng.randn(4, 5), "W": rng.randn(3, 4),
            "b": rng.randn(3, 1)}, 5)
    for n_y, kind, g in (1, "yes or no", "sigmoid"), (
            3, "many classes", "softmax"):
        yield (f"cost, {kind}", *cost(_labels(n_y, rng), *COSTS[g]),
               {"AL": rng.uniform(0.2, 0.8, (n_y, 5))}, 1)
    for f, stride, mode in ((2, 2, "max"), (3, 2, "max"), (2, 2, "average"),
                            (3, 1, "average")):
        yield (f"{mode}-pool f={f} s={stride}",
               *pool({"f": f, "stride": stride}, mode),
               {"A_prev": rng.randn(2, 5, 5, 3)}, 1)
    for f, stride, pad in (3, 1, 0), (3, 1, 1), (2, 2, 0), (3, 2, 2):
        how = {"stride": stride, "pad": pad}
        yield (f"conv f={f} s={stride} p={pad}",
               partial(conv_forward, hparameters=how), conv_backward,
               {"A_prev": rng.randn(2, 5, 6, 2), "W": rng.randn(f, f, 2, 3),
                "b": rng.randn(1, 1, 1, 3)}, 1)


def _labels(n_y, rng):
    r"""Labels of five examples, for one output or one for each class."""
    return np.eye(max(n_y, 2))[:n_y, rng.randint(max(n_y, 2), size=5)]


def _checked_nets(rng, seed):
    r"""Whole nets, each a name and a job at its start."""
    def job(X, Y, net, parameters):
        return Job(Dataset(X, Y, X, Y), net, {}, Checkpoint(parameters), None)

    for dims, activations in (([6, 4, 1], None), ([6, 5, 4, 3, 1], None),
                              _read_architecture(LINE),
                              _read_architecture(CIRCLES)):
        parameters = initialize_parameters_deep(
            dims, seed, lambda n: 1 / np.sqrt(n), 0.1)
        yield f"net {'-'.join(map(str, dims))}", job(
            rng.randn(dims[0], 5), _labels(dims[-1], rng),
            dense_net(activations), parameters)
    for filters, layers, g, pad in (([2], [3], None, 0),
                                    ([2, 3], [3], None, 1),
                                    ([2, 3], [4, 3], "tanh", 1)):
        how = {**STAGE, "pad": pad}
        activations = ("tanh",) * (len(layers) - 1) + ("softmax",)
        yield f"conv net {'-'.join(map(str, filters + layers))}", job(
            rng.randn(5, 8, 8, 1), _labels(3, rng),
            conv_net(g, activations, how),
            initialize_conv_parameters((8, 8, 1), filters, layers, seed,
                                       bias=g is not None, hparameters=how))


def _gradient_checks(epsilon=1e-5, seed=1):
    r"""Yield a layer, an array's name, and its gradient found in three ways:
    by the file's backward function, by differences and by complex steps."""
    rng = np.random.RandomState(seed)
    for layer, forward, backward, inputs, m in _checked_layers(rng):
        out, cache = forward(**inputs)
        d_out = rng.randn(*np.shape(out))
        found = dict(zip((f"d{name}" for name in inputs),
                         backward(d_out, cache)))

        def f(p, forward=forward, d_out=d_out, m=m):
            return np.sum(d_out * forward(**p)[0]) / m

        yield from _three_ways(layer, f, inputs, found, epsilon)
    for layer, job in _checked_nets(rng, seed):
        yield from _net_gradients(layer, job, epsilon)


# === 13. Files ===

# What reads and keeps data: the sets in the formats in which they are
# handed out (the course's cats in two HDF5 files, digits in MNIST's four),
# pictures of one's own, trained nets, and the way to the original sets.
#
# Whatever a file may turn out to hold, the answer is either its content or
# one sentence, and no more memory is taken than such a file can need. So
# that this holds for all of them, every byte comes in through `_content`,
# what a reader then trips over becomes a sentence in `_reading`, and every
# byte goes out through `_write`.

_MOST = 2**28  # bytes that a file may have, or become: 256 MiB


def _shown(text, most=300):
    r"""A text from outside on one line, without the password of an address."""
    text = re.sub(r"://[^/\s]*@", "://", " ".join(str(text).split()))
    return "".join(c if c.isprintable() else "?" for c in text)[:most]


def _import(module, package=None):
    r"""A module that only some commands need, or a sentence why not."""
    name = package or module
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        fault = f"is not installed: python -m pip install {name}"
    except Exception as error:  # what is installed may be broken in any way
        fault = f"cannot be loaded ({_shown(error) or type(error).__name__})"
    raise ImportError(f"this needs the package {name}, which {fault}")


def _content(file, most=_MOST):
    r"""The bytes of a file: a regular one, not empty and not too large.

    Pipes and devices may never end; sparse files claim to be as large as
    one likes.
    """
    status = os.stat(file)
    _check(stat.S_ISREG(status.st_mode), "{} is {}, expected a file", file,
           "a folder" if stat.S_ISDIR(status.st_mode) else
           "a pipe or a device")
    _check(status.st_size <= most, "{} takes {} bytes, more than the {} that "
           "are read", file, status.st_size, most)

    def open_at_once(path, flags):  # should it be a pipe by now
        return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))

    with open(file, "rb", opener=open_at_once) as opened:
        content = opened.read(status.st_size)
    _check(not content.startswith(b"version https://git-lfs"), "{} is a "
           "Git-LFS pointer and not the file itself; fetch it with: git lfs "
           "pull", file)
    _check(content, "{} is empty", file)
    return content


@contextlib.contextmanager
def _reading(file, what):
    r"""Say in a sentence what goes wrong in reading a file's content.

    Bytes of unknown origin make the readers of other packages fail in many
    ways; MemoryError and RecursionError are among them.
    """
    try:
        yield
    except Exception as error:
        reason = _shown(error) or type(error).__name__
        raise ValueError(f"{file} is no {what} ({reason})") from None


def _check_target(file):
    r"""Where a file will be written and its mode so far; links are followed.

    ValueError if it cannot be: to be asked before anything is trained.
    """
    name, mode = os.fspath(file), None
    _check(os.path.basename(name), "{!r} is no name of a file", name)
    place = os.path.realpath(name)
    try:
        with contextlib.suppress(FileNotFoundError):
            mode = os.stat(place).st_mode
        _check(mode is None or stat.S_ISREG(mode),
               "{} is there and is no file", name)
        tempfile.TemporaryFile(dir=os.path.dirname(place)).close()
    except OSError as error:
        raise ValueError(f"{name} cannot be written: "
                         f"{error.strerror}") from None
    return place, mode and stat.S_IMODE(mode)


def _write(file, content):
    r"""Write a file whole or not at all.

    It is written beside its place, under a name that no other run has, and
    moved there when it is on the disk: a full disk, Ctrl-C or a power cut
    leave the old file as it was. What runs that were killed have left
    behind is removed.
    """
    place, mode = _check_target(file)
    folder = Path(place).parent
    for part in folder.glob(".backprop-*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.lstat().st_mtime > 600:
                part.unlink()
    part = folder / f".backprop-{os.urandom(8).hex()}.part"

    def create(path, flags):
        return os.open(path, flags, 0o666 if mode is None else mode)

    try:
        with open(part, "xb", opener=create) as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:  # what the umask has taken comes back
            os.chmod(part, mode)
        os.replace(part, place)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _download_folder():
    r"""Where `download` puts the original sets."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "backprop")


def _data_folders():
    r"""Where data may lie, the first place first, and whether it ships."""
    given = os.environ.get("BACKPROP_DATA")
    if given:
        if not Path(given).is_dir():
            raise FileNotFoundError(
                f"BACKPROP_DATA is {given}, which is not a folder")
        yield Path(given), False
    yield Path(_download_folder()), False
    yield Path(__file__).resolve().parent / "data", True
    schemes = [sysconfig.get_default_scheme(),
               sysconfig.get_preferred_scheme("user")]
    for scheme in schemes:
        base = Path(sysconfig.get_path("data", scheme))
        yield base / "share" / "backprop" / "data", True


def _find_data(names, folder=None):
    r"""The paths of a data set's files, and whether it ships.

    They may end in .gz. All lie in one folder: the one that is named, or
    the first of `_data_folders` that has them.
    """
    places = list(_data_folders())
    if folder is not None:
        folder = Path(folder)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder")
        ours = any(ships and place.is_dir() and folder.samefile(place)
                   for place, ships in places)
        places = [(folder, ours)]
    for place, ships in places:
        paths = [next((path for path in (place / name, place / f"{name}.gz")
                       if path.exists()), None) for name in names]
        if None not in paths:
            return paths, ships
    raise FileNotFoundError(
        f"no {' or '.join(names)} in "
        f"{', '.join(dict.fromkeys(str(place) for place, _ in places))}; "
        "name a folder that has them with --data or BACKPROP_DATA, or get "
        "them with: python -m backprop download")


def _h5_item(group, name, kind):
    r"""What an h5 file itself holds under a name.

    A link, or storage that is external or virtual, may lead to any file of
    the machine.
    """
    h5py, key, links = _import("h5py"), name.encode(), group.id.links
    own = (links.exists(key)
           and links.get_info(key).type == h5py.h5l.TYPE_HARD)
    item = group[name] if own else None
    _check(isinstance(item, kind), "it has no {} {} of its own; it has {}",
           kind.__name__.lower(), name, ", ".join(group) or "nothing")
    _check(kind is h5py.Group or not item.external and not item.is_virtual,
           "its {} lies in another file", name)
    return item


def _h5_array(group, name, fits, wanted):
    r"""An array of an h5 file, read if its shape and dtype fit."""
    data = _h5_item(group, name, _import("h5py").Dataset)
    _check(data.shape and fits(data.shape, data.dtype), "its {} has shape {} "
           "and dtype {}, expected {}", name, data.shape, data.dtype, wanted)
    size = max(math.prod(shape) for shape in (data.shape, data.chunks or ()))
    _check(size * data.dtype.itemsize <= _MOST, "its {} takes {} bytes, more "
           "than the {} that are read", name, size * data.dtype.itemsize,
           _MOST)
    return data[()]


def _read_cats(path, part):
    r"""The pictures, labels, classes and factors of one of the cat files."""
    h5py, content = _import("h5py"), _content(path)
    with _reading(path, "file of cats that can be read"):
        _check(content.startswith(b"\x89HDF\r\n\x1a\n"), "not an HDF5 file")
        with h5py.File(io.BytesIO(content), "r") as file:
            x = _h5_array(
                file, f"{part}_set_x", lambda shape, dtype: all(shape)
                and shape[3:] == (3,) and dtype == np.uint8,
                "(m, height, width, 3) and uint8")
            y = _h5_array(
                file, f"{part}_set_y", lambda shape, dtype:
                shape == x.shape[:1] and dtype.kind in "iub",
                f"({len(x)},) and integers")
            _check(np.isin(y, [0, 1]).all(), "its {}_set_y holds numbers "
                   "from {} to {}, expected 0 and 1", part, y.min(), y.max())
            classes = _h5_array(
                file, "list_classes", lambda shape, dtype: shape == (2,)
                and h5py.check_string_dtype(dtype), "two names")
            factors = {}
            if f"{part}_set_factors" in list(file):
                group = _h5_item(file, f"{part}_set_factors", h5py.Group)
                factors = {name: np.char.decode(_h5_array(
                    group, name, lambda shape, dtype: shape == y.shape
                    and dtype.kind == "S" and dtype.itemsize <= 100,
                    "a short text for each picture")) for name in group}
    return x, y.reshape(1, -1).astype(np.int64), classes, factors


_CATS = ["train_catvnoncat.h5", "test_catvnoncat.h5"]


def _cat_input(pictures):
    r"""Pictures as the cat nets are fed them: columns, from 0 to 1."""
    return pictures.reshape(len(pictures), -1).T / 255


def _cats(folder=None):
    r"""The cats: the record of what `load_data` reads, and of its folder."""
    (train, test), ships = _find_data(_CATS, folder)
    X, Y, classes, _ = _read_cats(train, "train")
    X_test, Y_test, _, factors = _read_cats(test, "test")
    _check_same_shape(X, train, X_test, test)
    names = [_shown(bytes(name).decode("utf-8", "replace"))
             for name in classes]
    return Dataset(X, Y, X_test, Y_test, names, _cat_input, train.parent,
                   ships, factors)


def _check_same_shape(X, train, X_test, test):
    r"""Refuse pictures to test with that differ in shape from the others."""
    _check(X.shape[1:] == X_test.shape[1:], "the pictures of {} have shape "
           "{} but those of {} {}; they must agree", train, X.shape[1:],
           test, X_test.shape[1:])


def load_data(folder=None):
    r"""Read the cats, as the course's helper of this name does.

    Parameters
    ----------
    folder : path, optional
        Where train_catvnoncat.h5 and test_catvnoncat.h5 lie; without it
        ``$BACKPROP_DATA``, where `download` puts the originals, and
        where the small sets lie that come with the program.

    Returns
    -------
    train_x_orig : ndarray, shape (m, height, width, 3), uint8
    train_y : ndarray, shape (1, m), int64
        1 for a cat.
    test_x_orig, test_y : ndarrays
        The same for the test set.
    classes : ndarray, shape (2,), bytes
        What 0 and 1 mean.
    """
    X, Y, X_test, Y_test, names, *_ = _cats(folder)
    return X, Y, X_test, Y_test, np.array([name.encode() for name in names])


def _unpacking(content):
    r"""A stream of the content, unpacked if it is a gzip's."""
    stream = io.BytesIO(content)
    packed = content.startswith(b"\x1f\x8b")
    return gzip.GzipFile(fileobj=stream) if packed else stream


_DIGITS = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte",
           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def _read_idx(path, dimensions):
    r"""The bytes of an IDX file, gzipped or not, as an array."""
    stream = _unpacking(_content(path))
    with _reading(path, "IDX file that can be read"):
        magic = int.from_bytes(stream.read(4), "big")  # 0, 0, 8: bytes
        _check(magic == 2048 + dimensions, "it starts with the number {}, "
               "expected {}, of {}", magic, 2048 + dimensions,
               "labels" if dimensions == 1 else "pictures")
        shape = [int.from_bytes(stream.read(4), "big")
                 for _ in range(dimensions)]
        size, count = math.prod(shape), " x ".join(map(str, shape))
        _check(0 < size <= _MOST and shape[0] <= 2**20, "it claims to hold "
               "{} bytes, expected from 1 to {} in at most {} examples",
               count, _MOST, 2**20)
        array = np.empty(shape, np.uint8)
        read = stream.readinto(array.data.cast("B"))
        _check(read == size and not stream.read(1), "it {} after {} bytes, "
               "expected {}", "ends" if read < size else "goes on", read,
               count)
        return array


def _digit_input(pictures, dtype=float):
    r"""Pictures as the digit nets are fed them: from -0.5 to 0.5."""
    return pictures.astype(dtype) / 255 - 0.5


def load_digits(folder=None):
    r"""Read MNIST, or another set in its layout and its files' names.

    Parameters
    ----------
    folder : path, optional
        Where train-images-idx3-ubyte, train-labels-idx1-ubyte and the
        two t10k files lie, with .gz or without; without it as `load_data`.

    Returns
    -------
    train_x, train_y, test_x, test_y : ndarrays
        As those of `load_data`, with one channel and labels 0 to 9.
    """
    paths, _ = _find_data(_DIGITS, folder)
    arrays = []
    for pictures, labels in (paths[:2], paths[2:]):
        x, y = _read_idx(pictures, 3), _read_idx(labels, 1)
        _check(len(x) == len(y), "{} has {} pictures but {} {} labels; they "
               "must agree", pictures, len(x), labels, len(y))
        _check(y.max() <= 9, "{} has the label {}, expected 0 to 9", labels,
               y.max())
        arrays += [x[..., np.newaxis], y[np.newaxis].astype(np.int64)]
    _check_same_shape(arrays[0], paths[0], arrays[2], paths[2])
    return tuple(arrays)


def _digits(folder=None, dtype=float, train=None, test=None):
    r"""The first digits to train on and to test with, all if not said.

    The labels are columns of the dtype, with a 1 for each picture's digit.
    """
    paths, ships = _find_data(_DIGITS, folder)
    folder = paths[0].parent
    X, Y, X_test, Y_test = load_digits(folder)
    for which, count, pictures in (("train", train, X),
                                   ("test", test, X_test)):
        _check(count is None or count <= len(pictures), "--{} is {}, but "
               "there are only {} pictures to {} with", which, count,
               len(pictures), which)
    one = np.eye(10, dtype=dtype)
    return Dataset(X[:train], one[:, Y[0, :train]], X_test[:test],
                   one[:, Y_test[0, :test]], list("0123456789"),
                   lambda pictures: _digit_input(pictures, dtype), folder,
                   ships, {})


# Formats that Pillow reads by itself; for others it starts programs.
_PICTURES = ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]


def _picture(file, size):
    r"""A picture upright and opaque; a JPEG reduced, not below 4 x size."""
    Image = _import("PIL.Image", "pillow")
    ImageOps = _import("PIL.ImageOps", "pillow")
    content = io.BytesIO(_content(file))
    with _reading(file, "picture that can be read"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                opened = Image.open(content, formats=_PICTURES)
            except Image.UnidentifiedImageError:
                raise ValueError("none of " + ", ".join(_PICTURES)) from None
            opened.draft(None, (4 * size, 4 * size))
            picture = ImageOps.exif_transpose(opened)
            picture.load()
        if picture.mode[0] in "IF":  # 16 bits or more for each grey
            grey = np.asarray(picture, np.float32).clip(0)
            _check(np.isfinite(grey).all(), "its pixels are no numbers")
            full = next((n for n in (1, 255, 65535) if grey.max() <= n),
                        grey.max())
            picture = Image.fromarray(np.uint8(grey * (255 / full)))
        if (picture.mode in ("LA", "PA", "RGBA")
                or "transparency" in picture.info):
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture)
        return picture.convert("RGB")


def _resize(picture, width, height):
    r"""Lanczos: little blur, little aliasing; first reduced by averaging."""
    Image = _import("PIL.Image", "pillow")
    return np.asarray(picture.resize((width, height),
                                     Image.Resampling.LANCZOS,
                                     reducing_gap=3))


def read_picture(file, height=64, width=64):
    r"""Read a PNG, JPEG, GIF, BMP, TIFF, WebP or PPM for the cat nets.

    It is turned as its EXIF orientation says, laid on white where it is
    transparent, and squeezed to the size asked, whatever its proportions,
    as the course does with pictures of one's own. The filter is Lanczos's;
    a large picture is reduced by averaging first; more than 89 million
    pixels are not even decoded.

    Parameters
    ----------
    file : path
    height, width : int

    Returns
    -------
    picture : ndarray, shape (height, width, 3), uint8
    """
    return _resize(_picture(file, max(height, width)), width, height)


def read_digit(file):
    r"""Read a picture of one handwritten digit, brought to MNIST's form.

    The paper's brightness is a parabola fitted to the picture's rim, so it
    may be lit from one side, and may be dark; ink is what differs from it
    by more than the rim's own grain. As MNIST's makers did, the ink is cut
    out, scaled to a box of 20 x 20, its proportions kept, and laid on
    28 x 28 with its centre of mass in the middle.

    Parameters
    ----------
    file : path

    Returns
    -------
    digit : ndarray, shape (28, 28), uint8
        Bright ink on 0.
    """
    Image = _import("PIL.Image", "pillow")
    picture = _picture(file, 280).convert("L")
    picture.thumbnail((280, 280), reducing_gap=3)
    grey = np.asarray(picture, float)
    y, x = np.indices(grey.shape) / max(grey.shape)
    basis = np.stack([x**0, x, y, x * y, x**2, y**2], axis=2)
    rim = np.ones(grey.shape, bool)
    rim[1:-1, 1:-1] = False
    paper = basis @ np.linalg.lstsq(basis[rim], grey[rim], rcond=None)[0]
    ink = (grey - paper) * np.sign(np.mean(grey - paper))
    ink = np.maximum(ink - 4 * np.median(abs(ink[rim])), 0)
    _check(ink.max() > 16, "{} shows no digit: it is all of one grey", file)
    rows, columns = (np.flatnonzero((ink > ink.max() / 8).any(axis))
                     for axis in (1, 0))
    ink = ink[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    height, width = (max(1, round(20 * n / max(ink.shape)))
                     for n in ink.shape)
    ink = _resize(Image.fromarray(ink.astype(np.float32)), width, height)
    ink = ink.clip(0) / ink.max()
    top, left = (
        round(min(max(14 - np.average(np.arange(n), weights=ink.sum(1 - axis)),
                      0), 28 - n)) for axis, n in enumerate(ink.shape))
    digit = np.zeros((28, 28), np.uint8)
    digit[top:top + height, left:left + width] = np.rint(255 * ink)
    return digit


# What a saved net says of itself is a JSON text beside its arrays. The table
# has a row for each thing that commands write and read there, and holds in
# both directions: what does not fit is neither saved nor loaded. A setting
# that ``restores`` becomes the default of the option of its name when the
# net is taken up again. Other names are the reader's own: they are kept as
# they are, and no command looks at them. No name of a folder is saved, as
# that would tell of the machine; whether two sets of pictures are the same,
# a checksum tells.


def _whole_from(least, most):
    r"""The kind of a whole number: whether a value is one, and in words."""
    return (lambda value: type(value) is int and least <= value <= most,
            f"a whole number from {least} to {most}")


def _between(least, most):
    r"""The kind of a number, which may be whole."""
    return (lambda value: type(value) in (int, float)
            and least <= value <= most, f"a number from {least} to {most}")


def _list_of(kind, least=1, most=2**16):
    r"""The kind of a list whose items are of a kind."""
    fits, wanted = kind
    return (lambda value: type(value) is list and all(map(fits, value))
            and least <= len(value) <= most,
            f"a list of {least} to {most}, each {wanted}")


def _one_of(names):
    r"""The kind of a text that is one of some names."""
    return lambda value: value in names, "one of " + ", ".join(names)


_TEXT = (lambda value: type(value) is str, "a text")


class _Saved(NamedTuple):
    r"""A row of the table: a name and what may stand under it."""

    name: str
    kind: tuple  # (fits, wanted): fits(value) tells, wanted says it in words
    restores: bool = False


_SAVED = [
    _Saved("command", _TEXT),
    _Saved("version", _TEXT),
    # The net: of its layers what their arrays do not say.
    _Saved("activations", _list_of(_one_of([*ACTIVATIONS]))),
    _Saved("stride", _whole_from(1, 2**31), restores=True),
    _Saved("pad", _whole_from(0, 2**31), restores=True),
    _Saved("pool", _whole_from(1, 2**31), restores=True),
    _Saved("activation", _one_of(  # of the stages
        [name for name in ACTIVATIONS if name != "softmax"]), restores=True),
    # What it was trained on.
    _Saved("pictures", _list_of(_whole_from(1, 2**31), 3, 3)),
    _Saved("preprocessing", _TEXT),
    _Saved("classes", _list_of(_TEXT)),
    _Saved("examples", _whole_from(1, 2**31)),
    _Saved("check", _whole_from(0, 2**32 - 1)),
    # How, and how far it came.
    _Saved("seed", _whole_from(0, 2**32 - 1), restores=True),
    _Saved("learning_rate", _between(5e-324, sys.float_info.max),
           restores=True),
    _Saved("momentum", _between(0, 1 - 2**-53), restores=True),
    _Saved("batch", _whole_from(1, 2**31), restores=True),
    _Saved("train", _whole_from(1, 2**31), restores=True),
    _Saved("seen", _whole_from(0, 2**53)),
    _Saved("done", _whole_from(0, 2**53)),  # instead, in version 1.0
    _Saved("velocity", (lambda value: False, "arrays of their own")),
]


def _layer_sizes(shapes):
    r"""The sizes of the dense layers, n_0 first, of a net that chains."""
    L = sum(name.startswith("W") for name in shapes)
    names = {letter + str(l) for letter in "Wb" for l in range(1, L + 1)}
    optional = {"b" + name[1:] for name in shapes if len(shapes[name]) == 4}
    _check(L and names - optional <= set(shapes) <= names,
           "it has {}, expected W1, b1, ... WL, bL",
           ", ".join(sorted(shapes)) or "nothing")
    sizes, before, was_conv = [], None, True
    for l in range(1, L + 1):
        W, b = shapes[f"W{l}"], shapes.get(f"b{l}")
        _check(len(W) in (2, 4) and all(W), "W{} has shape {}, expected "
               "(n_l, n_l-1) or (f, f, C_prev, C)", l, W)
        conv = len(W) == 4
        n_in, n = W[2:] if conv else W[::-1]
        _check(l == 1 or was_conv and n_in % before == 0 or n_in == before,
               "W{} has shape {}, which does not fit the {} outputs of the "
               "layer before", l, W, before)
        _check(was_conv or not conv, "W{} has shape {}, a convolution's, but "
               "W{} is a dense layer's", l, W, l - 1)
        bias = (1, 1, 1, n) if conv else (n, 1)
        _check(b in (None, bias), "b{} has shape {}, expected {}", l, b, bias)
        if not conv:
            sizes += [n] if sizes else [n_in, n]
        before, was_conv = n, conv
    return sizes


def _check_net(parameters, velocity, about):
    r"""Refuse what is no net, its velocity, or what it says of itself."""
    _check(isinstance(about, dict), "its text is no JSON object")
    for name, (fits, wanted), _ in _SAVED:
        _check(name not in about or fits(about[name]),
               "its {} is {}, expected {}", name,
               _shown(repr(about.get(name)))[:60], wanted)
    shapes = {name: np.shape(array) for name, array in parameters.items()}
    sizes = _layer_sizes(shapes)
    named = about.get("activations", sizes[1:])
    _check(len(named) == len(sizes[1:]), "it has {} activations for the {} "
           "dense layers of its arrays", len(named), len(sizes[1:]))
    gradients = {f"d{name}": shape for name, shape in shapes.items()}
    _check(not velocity or gradients == {
        name: np.shape(v) for name, v in velocity.items()},
        "its velocity has not the names and shapes of its gradients")
    for name, array in [*parameters.items(), *(velocity or {}).items()]:
        _check(np.asarray(array).dtype.kind == "f"
               and np.isfinite(array).all(),
               "{} is not all finite floating-point numbers", name)


def save_parameters(file, parameters, velocity=None, **about):
    r"""Write a net to a file, whole or not at all.

    The file is numpy's .npz: an array for each of W1, b1, ..., and for the
    velocity of momentum, and a JSON text.

    Parameters
    ----------
    file : path
        Taken as it is: no suffix is added.
    parameters : dict
        W1, b1, ..., WL, bL: of dense layers, or of convolutions (which
        may have no bias) and then dense layers.
    velocity : dict, optional
        dW1, db1, ... of the same shapes.
    **about
        What else is needed to use the net, or to go on training it:
        numbers, texts, and lists of them.

    Examples
    --------
    >>> import os, tempfile
    >>> file = os.path.join(tempfile.mkdtemp(), "net.npz")
    >>> net = {"W1": np.array([[2.0, 3.0]]), "b1": np.array([[1.0]])}
    >>> save_parameters(file, net, seed=1, classes=["dog", "cat"])
    >>> parameters, about = load_parameters(file)
    >>> parameters["W1"].tolist(), parameters["b1"].tolist(), about
    ([[2.0, 3.0]], [[1.0]], {'seed': 1, 'classes': ['dog', 'cat']})
    """
    text = json.dumps(about, allow_nan=False,
                      default=lambda value: value.tolist())
    _check_net(parameters, velocity, json.loads(text))
    arrays = {f"velocity.{name}": v for name, v in (velocity or {}).items()}
    packed = io.BytesIO()
    np.savez(packed, about=np.array(text), **arrays, **parameters)
    _write(file, packed.getvalue())


def _read_npy(content):
    r"""An array from the bytes of an .npy, which must be all there."""
    # The header is Python's notation, and long ones overflow its parser.
    _check(content.startswith(b"\x93NUMPY\x01\x00")
           and int.from_bytes(content[8:10], "little") <= 1000,
           "an array has an unusual header")
    stream = io.BytesIO(content)
    stream.seek(8)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    start = stream.tell()
    _check(not dtype.hasobject and math.prod(shape) * dtype.itemsize
           == len(content) - start, "an array has not the size it claims")
    array = np.frombuffer(content, dtype, offset=start)
    return array.reshape(shape, order="F" if fortran else "C").copy()


def _read_npz(content):
    r"""The arrays of an .npz by name; bounded before anything is unpacked."""
    _check(content.count(b"PK\x01\x02") <= 1000, "it has too many entries")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        _check(size <= _MOST, "unpacked it takes {} bytes", size)
        _check({entry.compress_type for entry in entries}
               <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED},
               "it is packed in an unusual way")
        return {entry.filename.removesuffix(".npy"):
                _read_npy(archive.read(entry)) for entry in entries}


def load_parameters(file):
    r"""Read what `save_parameters` wrote, and nothing else.

    A file may come from anywhere: no pickle is opened, and whatever is no
    net, or takes more than 256 MiB unpacked, is refused.

    Parameters
    ----------
    file : path

    Returns
    -------
    parameters : dict
        W1, b1, ..., WL, bL.
    about : dict
        What else was saved; the velocity, if any, as "velocity".
    """
    content = _content(file)
    with _reading(file, "net that was saved here"):
        arrays = _read_npz(content)
        text = arrays.pop("about", np.array(0))
        _check(text.shape == () and text.dtype.kind == "U"
               and text.nbytes <= 2**22, "it has no text named about")
        about = json.loads(str(text), parse_constant=int)  # no NaN
        velocity = {name.partition(".")[2]: arrays.pop(name)
                    for name in list(arrays) if name.startswith("velocity.")}
        _check_net(arrays, velocity, about)
    return arrays, {**about, **({"velocity": velocity} if velocity else {})}


_MIRRORS = {
    "cat": ["https://raw.githubusercontent.com/Hiren2002/Logistic-Regression/"
            "5aa70859e5a6890e07d9a4c3294e8adb4b6a033f/datasets"],
    "mnist": ["https://storage.googleapis.com/cvdf-datasets/mnist",
              "https://ossci-datasets.s3.amazonaws.com/mnist"],
}
_ORIGINALS = {  # unwrapped: bytes, and the first half of their SHA-256
    "cat": {
        "train_catvnoncat.h5": (2572022, "fbe56ab67c3ae28d564e3a6441891179"),
        "test_catvnoncat.h5": (616958, "6a9d39ce52fa85953c5834695b8534a3")},
    "mnist": {
        "train-images-idx3-ubyte.gz":
        (47040016, "ba891046e6505d7aadcbbe25680a0738"),
        "train-labels-idx1-ubyte.gz":
        (60008, "65a50cbbf4e906d70832878ad85ccda5"),
        "t10k-images-idx3-ubyte.gz":
        (7840016, "0fa7898d509279e482958e8ce81c8e77"),
        "t10k-labels-idx1-ubyte.gz":
        (10008, "ff7bcfd416de33731a308c3f266cc351")},
}


class _Arriving(io.BytesIO):
    r"""Bytes in memory, no more of them than are expected."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def write(self, chunk):
        r"""Add a chunk; OSError if that is too much."""
        if self.tell() + len(chunk) > self.most:
            raise OSError(f"sends more than the {self.most} bytes of the "
                          "original")
        return super().write(chunk)


def _from_web(address, most, timeout):
    r"""What an address sends; OSError if it is too much, or takes too long.

    Time limits of sockets start anew with each packet, so that a file that
    trickles in would never end. The download has a thread of its own, which
    is waited for only so long.
    """
    pooch, _, _ = (_import(name) for name in ("pooch", "tqdm", "requests"))
    fetch = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(),
                                 chunk_size=2**16, timeout=timeout)
    came, errors = _Arriving(most), []
    seconds = timeout + most / 50_000

    def work():
        try:
            fetch(address, came, None)
        except Exception as error:  # mirrors answer any nonsense
            errors.append(_reason(error, timeout))

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    end = time.monotonic() + seconds
    while worker.is_alive() and time.monotonic() < end:
        worker.join(0.1)  # not for long: Ctrl-C waits for it on Windows
    if worker.is_alive():
        came.most = 0
        raise OSError(f"not done after {seconds:.3g} s")
    if errors:
        raise OSError(errors[0])
    return came.getvalue()


def _reason(error, timeout):
    r"""In a few words, what went wrong between a mirror and requests."""
    answer, text = getattr(error, "response", None), str(error)
    return (f"{answer.status_code} {answer.reason}" if answer is not None
            else f"silent for {timeout} s" if "timed out" in text
            else "broke off" if "Incomplete" in text
            else "no connection" if "Max retries" in text
            else text or type(error).__name__)


def _copy(place, name, size, digest, timeout):
    r"""A file of a folder or a web address, if it is the original."""
    content = (_from_web(f"{place.rstrip('/')}/{name}", size, timeout)
               if "://" in place else
               _content(os.path.join(place, name), size))
    found = hashlib.sha256(_unpacking(content).read(size + 1)).hexdigest()
    _check(found.startswith(digest), "its content is not the original's: "
           "SHA-256 {}..., expected {}...", found[:12], digest[:12])
    return content


def _fetch(name, places, folder, original, timeout):
    r"""Bring a file from the first place that has it, and say so.

    With .gz or without, it may be in the folder already.
    """
    faults = {}
    names = list(dict.fromkeys([name, name.removesuffix(".gz")]))
    for place in [folder, *places]:
        for name in names:
            try:
                content = _copy(place, name, *original, timeout)
            except (OSError, ValueError, EOFError, zlib.error) as error:
                fault = getattr(error, "strerror", None) or str(error)
                faults.setdefault(place, _shown(fault))
                continue
            if place == folder:
                print(f"{name} is in {folder} already, and right")
            else:
                _write(os.path.join(folder, name), content)
                print(f"{name} is now in {folder}")
            return
    tried = "; ".join(f"{_shown(place)}: {faults[place]}" for place in places)
    raise ValueError(f"{names[0]} is not to be had ({tried})")


def download(which="all", folder=None, source=None, timeout=30):
    r"""Bring the original data sets to where the commands find them.

    Public mirrors are tried in turn. A file is moved into its place when
    it is whole and what it holds has the original's SHA-256; one that is
    there already, and right, is left. A line is printed for each.

    Parameters
    ----------
    which : {"all", "cat", "mnist"}
    folder : path, optional
        Where to; without it ``$BACKPROP_DATA``, or ~/.cache/backprop.
    source : str, optional
        A folder or a web address that has the files, for the mirrors.
    timeout : float
        So many seconds a mirror may be silent. All in all it has one more
        for each 50,000 bytes of the file.
    """
    _check(which in ("all", *_ORIGINALS), "which is {!r}, expected all, {}",
           which, " or ".join(_ORIGINALS))
    _check("" not in (folder, source), "'' names no folder")
    folder = str(folder or os.environ.get("BACKPROP_DATA")
                 or _download_folder())
    os.makedirs(folder, exist_ok=True)
    faults = []
    for each in _ORIGINALS if which == "all" else [which]:
        try:
            for name, original in _ORIGINALS[each].items():
                _fetch(name, [source] if source else _MIRRORS[each], folder,
                       original, timeout)
        except ValueError as error:  # another set may still be had
            faults.append(str(error))
    _check(not faults, "{}; name a folder or an address that has a copy "
           "with --from", "; ".join(faults))


# === 14. Plots ===

# Numbers as pictures. Each ``plot_`` function takes data and gives a
# Figure of matplotlib; ``on`` draws it on a part of a figure that is there
# already, and named arguments that are not its own go on to matplotlib, as
# ``title="Moons"``. So a command, a notebook and the book show the same.
# The looks come from one place, `plot_style`: colours that are told apart by
# people who see red and green as one, and marks, dashes and shades that
# differ in grey as well.

_INK = "#222222"
_CLASSES = ("#0072b2", "o"), ("#e69f00", "^")  # a colour and a mark each


def plot_style():
    r"""The looks of all plots: ``with plot_style(): plot_costs(...)``.

    Returns
    -------
    style : context manager
        Sets matplotlib's parameters, and at the end sets them back.
    """
    matplotlib, cycler = _import("matplotlib"), _import("cycler").cycler
    inked = ["text.color", "axes.edgecolor", "axes.labelcolor",
             "axes.titlecolor", "xtick.color", "ytick.color"]
    return matplotlib.rc_context({
        **dict.fromkeys(inked, _INK), "figure.facecolor": "#ffffff",
        "axes.facecolor": "none", "savefig.facecolor": "auto",
        "axes.prop_cycle": cycler(
            color=["#0072b2", "#d55e00", "#009e73", "#cc79a7"],
            linestyle=["-", (0, (4, 1.5)), (0, (1, 1)), "-."]),
        "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlelocation": "left", "axes.titlesize": 10,
        "figure.titlesize": 10, "font.size": 10, "legend.fontsize": 9,
        "legend.frameon": False, "legend.handletextpad": 0.4,
        "grid.color": "#dddddd", "grid.linewidth": 0.5, "axes.axisbelow": True,
        "lines.linewidth": 1.5, "savefig.dpi": 200,
        "svg.hashsalt": "backprop"})


def _blank(on, width, height):
    r"""A new figure, in inches, unless there is one to draw on."""
    return on or _import("matplotlib.figure").Figure(
        (width, height), layout="constrained")


def _stacked(heights):
    r"""A new figure cut into parts that lie one below the other."""
    figure = _blank(None, 5, sum(heights))
    return figure, list(np.ravel(figure.subfigures(
        len(heights), 1, height_ratios=heights)))


def save_plot(figure, file):
    r"""Write a figure, or an animation, to a file.

    Parameters
    ----------
    figure : Figure, or iterable of Figures
        The frames of a .gif, which rests on the last; of anything else
        the last is drawn alone.
    file : str or path-like
        Its ending says what it becomes: .png, .svg, .pdf or .gif.
    """
    kind, whole = Path(file).suffix.lower()[1:], io.BytesIO()
    figures = [figure] if hasattr(figure, "savefig") else figure
    if kind == "gif":
        _animate(figures, whole)
    else:
        *_, figure = figures
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        figure.savefig(whole, format=kind, metadata=undated.get(kind))
    _write(file, whole.getvalue())


def _animate(figures, out):
    r"""Write figures as a GIF, in the colours of the last."""
    Image, frames = _import("PIL.Image", "pillow"), []
    for figure in figures:
        page = io.BytesIO()
        figure.savefig(page, format="png", dpi=110)
        frames.append(Image.open(page).convert("RGB"))
    palette = frames[-1].quantize(128)
    first, *rest = [frame.quantize(palette=palette, dither=0)
                    for frame in frames]
    first.save(out, "gif", save_all=True, append_images=rest, loop=0,
               duration=[120] * len(rest) + [3000])


def plot_costs(curves, every=1, on=None, **labels):
    r"""Draw curves over the steps of training.

    Parameters
    ----------
    curves : dict
        A name for each curve: its values.
    every : int
        From one value to the next it takes so many steps.
    on : Figure or SubFigure, optional

    Returns
    -------
    figure : Figure
    """
    figure = _blank(on, 5, 3)
    axes = figure.add_subplot(**{
        "xlabel": "iteration", "ylabel": "cost", "yscale": "log", **labels})
    for name, values in curves.items():
        axes.plot(every * np.arange(len(values)), values, label=name,
                  marker="." if len(values) < 3 else None)
    axes.grid()
    axes.locator_params(axis="x", nbins=6)
    if axes.get_yscale() == "log":
        ticker = _import("matplotlib.ticker")
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
    if len(curves) > 1:
        axes.legend()
    return figure


def _grey(picture):
    r"""A picture's numbers between 0 and 1, for ``imshow``.

    Bytes as they are. Of floats, which are of either sign, 0 becomes the
    middle grey, and the largest (but for one in 200) black or white.
    """
    picture = np.asarray(picture)
    if picture.dtype.kind != "f":
        return picture / 255
    most = np.percentile(np.abs(picture), 99.5) or 1
    return (np.clip(picture / most, -1, 1) + 1) / 2


def _plot_pictures(pictures, captions=(), rows=(), title="", columns=6,
                   on=None):
    r"""Draw pictures in a grid; None leaves a gap."""
    high = max(1, -(-len(pictures) // columns))
    lines = sum(1 + caption.count("\n") for caption in captions[::columns])
    figure = _blank(on, 5, 5 * high / columns + 0.2 * lines + 0.4)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    grid = figure.subplots(high, columns, squeeze=False)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    for axes, picture in zip(grid.flat, pictures):
        if picture is not None:
            axes.imshow(_grey(picture), "gray", vmin=0, vmax=1)
            axes.spines[:].set_visible(True)
            axes.spines[:].set_linewidth(0.4)
    for axes, caption in zip(grid.flat, captions):
        axes.set_title(caption, fontsize=8, loc="center")
    for axes, row in zip(grid[:, 0], rows):
        axes.set_ylabel(row, fontsize=8)
    return figure


def _plot_confusion(counts, classes, on=None, **labels):
    r"""Draw which class (a row) was taken for which (a column)."""
    figure = _blank(on, 5, 4.8)
    axes = figure.add_subplot(**{
        "xlabel": "the net says", "ylabel": "it is", **labels})
    wrong = counts * (1 - np.eye(len(counts)))
    axes.imshow(_shades(1, wrong / max(wrong.max(), 1)))
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, count or "", ha="center", va="center",
                  fontsize=8)
    for axis in axes.xaxis, axes.yaxis:
        axis.set_ticks(range(len(counts)), classes)
    return figure


def _shades(label, depth):
    r"""A class's colour, more or less opaque."""
    rgba = np.empty((*np.shape(depth), 4))
    rgba[...] = _import("matplotlib.colors").to_rgba(_CLASSES[label][0])
    rgba[..., 3] = depth
    return rgba


def _points(axes, X, Y):
    r"""Two classes of points: dark disks, light triangles."""
    Y = np.argmax(Y, axis=0) if len(np.atleast_2d(Y)) > 1 else np.ravel(Y)
    for label, (color, mark) in enumerate(_CLASSES):
        axes.plot(*X[:, Y == label], mark, color=color, label=f"class {label}",
                  markersize=4, markeredgewidth=0.4, markeredgecolor=_INK)


def _plane(X, count):
    r"""A grid over the points and a little beyond, (2, count, count)."""
    margin = np.ptp(X, axis=1) / 10
    sides = np.linspace(X.min(axis=1) - margin, X.max(axis=1) + margin, count)
    return np.stack(np.meshgrid(*sides.T))


def plot_boundary(chance, X, Y, on=None, **labels):
    r"""Draw points in the plane, and what a net makes of every place.

    Each shade stands for a tenth; the line is where the net says one half.

    Parameters
    ----------
    chance : callable
        For points of shape (2, k), the net's k probabilities of class 1.
    X : ndarray, shape (2, m)
    Y : ndarray, shape (1, m) or (2, m)
        Classes 0 and 1, or a row of each.
    on : Figure or SubFigure, optional

    Returns
    -------
    figure : Figure
    """
    width, height = np.ptp(X, axis=1)
    figure = _blank(on, 5, 0.8 + 4.2 * height / width)
    axes = figure.add_subplot(**{
        "xlabel": "$x_1$", "ylabel": "$x_2$", "aspect": "equal", **labels})
    grid = _plane(X, 90)
    P = np.reshape(chance(grid.reshape(2, -1)), grid.shape[1:])
    depths = np.linspace(0.05, 0.45, 5)
    axes.contourf(*grid, P, np.linspace(0, 1, 11), colors=[
        *_shades(0, depths[::-1]), *_shades(1, depths)])
    if P.min() < 0.5 < P.max():
        axes.contour(*grid, P, [0.5], colors=[_INK])
    _points(axes, X, Y)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.1,
                ncols=2)
    return figure


def _solid(figure, **settings):
    r"""Axes in three dimensions, where what is drawn last is on top."""
    axes = figure.add_subplot(projection="3d", computed_zorder=False,
                              **settings)
    axes.set_box_aspect(None, zoom=0.95)
    for axis in axes.xaxis, axes.yaxis, axes.zaxis:
        axis.set_pane_color((0, 0, 0, 0))
        axis.labelpad = 8
        axis.get_major_locator().set_params(nbins=5)
    return axes


def _in_cube(w, b):
    r"""The corners of the plane w a + b = 0 in the unit cube, in order."""
    corners = []
    for k in np.flatnonzero(w):
        for edge in np.ndindex(2, 2):
            a = np.insert(np.array(edge, float), k, 0)
            a[k] = -(w @ a + b) / w[k]
            if 0 <= a[k] <= 1:
                corners.append(a)
    if not corners:
        return np.empty((0, 3))
    spokes = corners - np.mean(corners, axis=0)
    across = np.linalg.svd(spokes)[2]
    turn = np.arctan2(*(across[:2] @ spokes.T))
    return np.array(corners)[np.argsort(turn)]


def _lifted_figure(X, Y, P, activations, on=None):
    r"""What three hidden units make of points and their plane: a bent sheet.

    The output layer parts the classes where :math:`w \cdot a + b = 0`.
    """
    figure, grid = _blank(on, 5, 4.4), _plane(X, 120)
    axes = _solid(figure, xlabel="$a_1$", ylabel="$a_2$", zlabel="$a_3$",
                  xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
    w, b = np.diff(P["W2"], axis=0)[0], np.diff(P["b2"], axis=0)[0, 0]
    sheet = _hidden_layer(grid.reshape(2, -1), P, activations)
    one = sigmoid(w @ sheet + b)[0].reshape(*grid.shape[1:], 1)
    sheet = sheet.reshape(3, *grid.shape[1:])
    axes.plot_surface(
        *sheet, facecolors=one * _shades(1, 0.4) + (1 - one) * _shades(0, 0.4),
        shade=False, rcount=120, ccount=120, linewidth=0, rasterized=True)
    axes.plot_wireframe(*sheet[:, ::4, ::4], rcount=15, ccount=15,
                        linewidth=0.3, color="#777777")
    axes.add_collection3d(_import(
        "mpl_toolkits.mplot3d.art3d").Poly3DCollection(
        [_in_cube(w, b)], alpha=0.4, facecolor="#999999",
        edgecolor="#777777"))
    _points(axes, _hidden_layer(X, P, activations), Y)
    # Looked at along the plane, but for 20 degrees, and from 20 above.
    along = -w[2] * np.tan(np.radians(20)) / np.hypot(*w[:2])
    axes.view_init(20, np.degrees(np.arctan2(w[1], w[0]) + np.arccos(
        np.clip(along, -1, 1))) - 20)
    return figure


def _way(axes, path, name, mark, fill):
    r"""A path that is seen on every shade, with a mark at its end."""
    axes.plot(*path, "-", color="white", linewidth=2.5)
    style = {"marker": mark, "markerfacecolor": fill, "markersize": 4,
             "color": "#555555", "linewidth": 1}
    axes.plot(*path, "-", markevery=0.02, label=name, **style)
    axes.plot(*path[:, -1:], **style)


# Below, what the commands draw, composed of these.


def _chance(net, parameters):
    r"""What a net with these parameters gives the last class."""
    forward, *_ = net
    return lambda X: forward(X, parameters)[0][-1]


def _boundary_figure(moment, net, X, Y, on=None):
    r"""The boundary at a moment (epoch, cost, parameters) of training."""
    epoch, cost, P = moment
    return plot_boundary(_chance(net, P), X, Y, on,
                         title=f"Epoch {epoch}: cost {cost:.3f}")


def _circles_figure(moment, activations, X, Y, curves):
    r"""Circles from above, in the hidden layer's space, and the cost."""
    figure, (plane, space, low) = _stacked([4.8, 4.4, 3])
    _boundary_figure(moment, dense_net(activations), X, Y, plane)
    _lifted_figure(X, Y, moment[2], activations, space).suptitle(
        "The same points and their plane, as the hidden layer bends it,\n"
        "and the plane that parts them", x=0.01, ha="left")
    plot_costs(curves, on=low, title="Cost by epoch", xlabel="epoch",
               ylabel="cost, summed")
    return figure


def _rbf_figure(X, Y, paths):
    r"""The cost over the line's two weights, and the ways down."""
    paths = {name: path[np.isfinite(path).all(axis=1)].T
             for name, path in paths.items()}
    every = np.concatenate([path[:2] for path in paths.values()], axis=1)
    wh, wo = (np.linspace(min(least, way.min() - 1), max(most, way.max() + 1),
                          61)
              for (least, most), way in zip([(-3, 3), (-7, 8)], every))
    J, grid = _cost_surface(X, Y, wh, wo), np.meshgrid(wh, wo)
    figure, (high, low) = _stacked([3.8, 3.8])
    figure.suptitle("Cost by weight, and the way down", x=0.01, ha="left")
    names = {"xlabel": "$w_h$", "ylabel": "$w_o$"}
    slope, plan = _solid(high, zlabel="cost", **names), low.subplots()
    slope.view_init(30, -40)
    plan.set(**names)
    shades = {"cmap": "cividis", "norm": "log"}
    slope.plot_surface(*grid, J, rcount=61, ccount=61, linewidth=0,
                       antialiased=False, rasterized=True, **shades)
    bands = plan.contourf(*grid, J, np.geomspace(J.min(), J.max(), 17),
                          **shades)
    ticks = _import("matplotlib.ticker").LogLocator(subs=(1, 2, 5))
    low.colorbar(bands, ax=plan, label="cost", format="{x:g}", ticks=ticks)
    for (name, path), *look in zip(paths.items(), "os^", (
            "white", "#e69f00", "#56b4e9")):
        _way(slope, path, name, *look)
        _way(plan, path[:2], name, *look)
    if len(paths) > 1:
        plan.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3,
                    borderaxespad=0.2, columnspacing=1)
    return figure


def _mnist_figure(windows, digit, net, before, after):
    r"""How a digit net learned, and its first filters at work on a digit.

    A window is a number of steps, and their mean cost and accuracy.
    """
    if not windows:
        return _filters_figure(digit, net, before, after)
    figure, (high, middle, low) = _stacked([2.3, 2.3, 3.4])
    (every, *_), costs, shares = zip(*windows)
    plot_costs({"": costs}, every, high, xlabel="step",
               title=f"Means over {every} steps")
    plot_costs({"": shares}, every, middle, xlabel="step",
               ylabel="accuracy", yscale="linear")
    _filters_figure(digit, net, before, after, low)
    return figure


def _filters_figure(digit, net, before, after, on=None):
    r"""A digit net's first filters, and what they make of a digit."""
    forward, *_ = net
    _, (stage, *_) = forward(digit[np.newaxis] / 255 - 0.5, after)
    _, (Z, _), P = stage  # Z goes into pooling, P comes out
    rows = {"before": before and before["W1"][:, :, 0],
            "after": after["W1"][:, :, 0],
            "convolved": Z[0], "pooled": P[0]}
    rows = {name: np.moveaxis(stack, -1, 0)[:8]
            for name, stack in rows.items() if stack is not None}
    count, shown = Z.shape[-1], len(rows["after"])
    return _plot_pictures(
        [picture for name, stack in rows.items()
         for picture in (digit if name == "convolved" else None, *stack)],
        (), list(rows), f"{'The' if count == shown else f'{shown} of'} "
        f"{count} filters, and what they make of a digit", 1 + shown, on)


def _cat_figure(nets, shape):
    r"""Costs of nets by iteration, their first weights as pictures.

    A net is its name, rate, costs, and first weights before and after.
    """
    costs = {name: costs for name, _, costs, _, _ in nets if costs}
    figure, parts = _stacked([3] * bool(costs) + [
        1.4 if before is None else 2.3 for *_, before, _ in nets])
    if costs:
        rates = dict.fromkeys(str(rate) for _, rate, *_ in nets)
        plot_costs(costs, on=parts.pop(0),
                   title=f"Learning rate {' and '.join(rates)}")
    for part, (name, _, _, before, after) in zip(parts, nets):
        _units_figure(name, shape, before, after, part)
    return figure


def _units_figure(name, shape, before, after, on=None):
    r"""The weights of a net's first units, and what training added."""
    stages = [after] if before is None else [after, after - before]
    most = np.argsort(-np.sum(stages[-1]**2, axis=1))[:6]
    return _plot_pictures(
        [W[k].reshape(shape) for W in stages for k in most],
        [f"unit {k + 1}" for k in most], ("weights", "learned"),
        f"First layer of {name}: the units "
        + ("of largest weights" if before is None else "that learned most"),
        len(most), on)


def _errors_figure(pictures, P, truth, classes, wrong):
    r"""The surest mistakes; of many classes also which, for which."""
    shown, columns = wrong[:24], 4 if len(classes) == 2 else 6
    high = -(-len(shown) // columns) * (5 / columns + 0.4) + 0.4
    figure, (*top, low) = _stacked([4.8] * (len(classes) > 2) + [high])
    taken = P.argmax(axis=0)
    if top:
        counts = np.zeros((len(classes), len(classes)), int)
        np.add.at(counts, (truth, taken), 1)
        _plot_confusion(counts, classes, *top, title="Test pictures, by class")
    _plot_pictures(
        pictures[shown],
        [f"{classes[truth[i]]}, taken for\n{classes[taken[i]]} "
         f"({P[taken[i], i]:.2f})" for i in shown], (),
        f"Mistakes: {len(wrong)} of {truth.size} test pictures"
        + (", the 24 surest" if len(wrong) > 24 else ""),
        columns, low)
    return figure


# === 15. Exercises ===

# The file is its own assignment. Every equation is tied to the line that
# computes it, so the file can take its answers out, and mark what comes back:
#
# .. code-block:: sh
#
#    python -m backprop exercise 5 --to assignment.ipynb
#    python -m backprop grade assignment.ipynb
#
# A function is right when it does what its exercise promises. A file that
# `exercise` made is asked for all that the docstrings promise; any other for
# what the course's assignment promises, and what goes beyond is a remark. The
# cases are a table, calls with names in place of numbers, made for several
# sets of random numbers. Slips are a table too, of wrong lines: one is named
# when what the student's function gives is what ours gives with that line.
#
# A process of its own calls the student's functions: it is sent a call and
# its arguments and sends back what came, arrays as plain bytes. What is right
# is known and decided here alone, so nothing but right answers can pass. To
# build on, a function gets ours of all that stands before it in this file,
# and if that does not do, the submission's own. The process ends, with all
# that it started, at the end or at the time limit, which each function has to
# itself. That is no prison: code that means harm to the machine can do it.

# What a function is called with; + goes beyond the course. A function without
# a course case is none of the course's, and asked for everything.
_CASES = r"""
  initialize_parameters(k, n, 1)
+ initialize_parameters(k, n, 2, 5, 0.5)
  initialize_parameters_deep([k, n, 2, 1])
+ initialize_parameters_deep([k, n, 2], 5, lambda n: 1 / n, 0.5)
  sigmoid(Z)
+ np.log(sigmoid(Z)[0])
+ np.log1p(-sigmoid(Z)[0])
  relu(Z)
  tanh(Z)
  linear_forward(A, W, b)
  linear_activation_forward(A, W, b, "relu")
  linear_activation_forward(A, W, b, "sigmoid")
+ linear_activation_forward(A, W, b, "tanh")
  L_model_forward(A, deep)
+ L_model_forward(A, two, ("tanh", "sigmoid"))
  compute_cost(S, Y)
+ compute_cost(S3, C[:3])
  sigmoid_backward(dA, Z)
  relu_backward(dA, Z)
  tanh_backward(dA, Z)
  linear_backward(dA, (A, W, b))
  linear_activation_backward(dA, ((A, W, b), Z), "relu")
  linear_activation_backward(dA, ((A, W, b), Z), "sigmoid")
+ linear_activation_backward(dA, ((A, W, b), Z), "tanh")
  L_model_backward(AL, Y, caches)
+ L_model_backward(AL, Y, caches, ("tanh", "relu", "sigmoid"))
  update_parameters(two, grads, 0.5)
+ update_parameters({"W1": W}, {"dW1": dW}, 0.5)
  two_layer_model(A, Y, (k, n, 1), 0.5, 3)
  L_layer_model(A, Y, (k, n, 2, 1), 0.5, 3)
  predict(A, Y, deep)
+ predict(A, None, {"W1": dW, "b1": b})
  zero_pad(P, 2)
+ zero_pad(P, 0)
  conv_single_step(P[0, :3, :3], F[..., 0], B[..., 0])
  conv_forward(*conv)
  conv_forward(P, F, B, {"stride": 1, "pad": 2})
+ conv_forward(*flat)
  pool_forward(P, {"f": 3, "stride": 2})
  pool_forward(P, {"f": 2, "stride": 1}, "average")
  conv_backward(dC, conv)
+ conv_backward(dF, flat)
+ conv_backward(dF, flat, False)
  pool_backward(dQ, (P, {"f": 3, "stride": 2}), "max")
  pool_backward(dQ, (P, {"f": 3, "stride": 2}), "average")
+ pool_backward(dR, (P, {"f": 2, "stride": 2}))
  initialize_velocity(two)
+ initialize_velocity({"W1": W})
  update_parameters_with_momentum(two, grads, v, 0.9, 0.5)
  random_mini_batches(A, Y, 4)
  random_mini_batches(A, Y, 4, 5)
  random_mini_batches(A, Y)
+ random_mini_batches(P, C[:, :len(P)], 2)
+ circuit_forward(w, x)
+ circuit_backward(0.7, circuit_forward(w, x)[1])
+ gaussian(Z)
+ gaussian_backward(dA, Z)
+ compute_categorical_cost(S3, C[:3])
+ compute_cost_backward(S, Y)
+ compute_categorical_cost_backward(S3, C[:3])
+ dense_net()[0](A, deep)
+ [net[1](AL, Y) for net in [dense_net()]]
+ [net[2](AL, Y, caches) for net in [dense_net()]]
+ descend([(A, Y)] * 3, two, 0.5)
+ descend([(A, Y)] * 3, two, lambda step: 1 / (1 + step))
+ to_span(A, two)
+ to_span(X, {"W1": V})
+ from_span({"W1": Z}, {"W1": V}, np.linalg.qr(X)[0])
+ softmax(Z)
+ np.log(softmax(Z)[0])
+ softmax_backward(dA, Z)
+ windows(P, 3, 2)
+ windows_backward(windows(P, 3, 2) * 2.0, P.shape, 2)
+ windows_backward(windows(P, 2, 2) * 2.0, P.shape, 2)
+ initialize_conv_parameters((8, 7, 2), [n], [k, 3])
+ [(AL, backward(AL, np.eye(2, len(P)), caches))
   for forward, cost, backward in [conv_net()]
   for AL, caches in [forward(P, digits)]]
+ numerical_gradient(lambda w: np.sum(w * w * w), W)
+ numerical_gradient(lambda w: np.sum(w * w * w), W, 0.1)
+ numerical_gradient(lambda p: compute_cost(L_model_forward(A, p)[0], Y), two)
+ complex_step_gradient(lambda w: np.sum(w * w * w), W)
+ complex_step_gradient(lambda w: np.sum(w * w * w), W, 1.0)
+ gradient_check(lambda w: np.sum(w * w), W, 3 * W)
+ gradient_check(lambda p: np.sum(p["W1"] * p["W1"]), {"W1": W}, {"dW1": W})
+ [(step(step(two, grads, 2), grads, 2), step.v) for step in [Momentum(0.9)]]
+ mini_batches(A, Y, 4, 5, 2, 1)
"""

# The sets of random numbers: what is said of them, units, examples, units of
# the layer before, and whether the course goes as far.
_SETS = (
    ("", 4, 7, 3, True),
    ("", 2, 6, 5, True),
    ("for a single example", 4, 1, 3, True),
    ("for a single unit", 1, 5, 3, True),
    ("where all sizes agree", 3, 3, 3, True),
    ("with zeros and ties", 4, 7, 3, False),
    ("with zeros and ties", 2, 6, 5, False),
    ("when saturated", 4, 7, 3, False),
    ("in float32", 4, 7, 3, False),
    ("for integers", 4, 7, 3, False),
    ("for lists of integers", 4, 7, 3, False),
)

# What else is right, where editions and weeks of the course differ.
_DRAWS = "initialize_parameters initialize_parameters_deep"
_EDITIONS = (
    ("sigmoid relu tanh", lambda f, *a: f(*a)[0],
     "gives A alone, as in weeks 2 and 3"),
    *((_DRAWS, partial(lambda f, *a, seed: f(*a, seed=seed), seed=seed),
       f"draws with seed {seed}") for seed in (1, 2, 3)),
    ("L_model_backward", lambda f, *a: {
        f"dA{int(p[2:]) + 1}" if p[:2] == "dA" else p: dP
        for p, dP in f(*a).items()},
     "counts dA from 1, as older editions do"),
    ("two_layer_model L_layer_model", lambda f, *a: f(*a)[0],
     "gives no costs, as older editions do"),
    ("two_layer_model L_layer_model", lambda f, *a: (f(*a)[0], []),
     "keeps costs only when it prints them"),
    ("L_layer_model", lambda f, X, Y, sizes, rate, count: [
        parameters for _, _, parameters in descend(
            [(X, Y)] * count, initialize_parameters_deep(sizes), rate)][-1],
     "starts at 0.01, as `initialize_parameters_deep` does"),
    ("predict", lambda f, X, y, parameters: f(
        X, None, parameters, ("tanh",) * (len(parameters) // 2 - 1)
        + ("sigmoid",)), "takes tanh for the hidden layer, as in week 3"),
)

# What goes wrong, in rows: equations and what stands on the right side of
# their lines instead, or equations or functions and a text there -> another
# in its place; # what is said of it.
_SLIPS = r"""
1.4: s  # the bias is forgotten
1.9 1.12 4.1 4.2 5.2: - ->  # the sign is flipped
5.1: -(Y -> (Y  # the sign is flipped
1.9: -1 / d * df  # the slope of 1/d is -1/d**2
1.11: de  # exp's own slope, e, is forgotten
1.15: np.array([w[0] * dp0, w[1] * dp1, dw2])  # w for x
1.16: np.array([x[0] * dp0, x[1] * dp1])  # x for w
2.1 2.2: scale * rng -> rng  # the scale is forgotten
2.1: n_h, n_x) -> n_x, n_h).T  # W1 is drawn as its transpose
2.3: W + 0  # the scale is forgotten
2.3: W / np.sqrt(n_prev)  # scaled by 1/sqrt(n_prev)
2.3: s * np.random.RandomState(seed).randn(*W.shape)  # seeded for each W
2.1 2.2 initialize_parameters_deep: rng.randn(n -> rng.rand(n
    # rand is uniform, randn is asked for
initialize_parameters: = np.zeros((n_h -> = np.ones((n_h  # b1 starts at 1
initialize_parameters initialize_parameters_deep random_mini_batches:
    State(seed) -> State(1)  # the seed is ignored
3.1: 1 / (1 + np.exp(z))  # exp(Z) for exp(-Z)
3.1: 1 / np.exp(-z)  # the 1 + is forgotten
3.2: np.minimum(0, Z)  # min for max
3.2: np.abs(Z)  # abs(Z) for max(0, Z)
3.3: 2 * sigmoid(Z)[0] - 1  # the sigmoid takes 2 Z
3.4: np.exp(-np.abs(Z))  # Z is not squared
3.5: W @ A  # the bias is forgotten
3.5: W @ A - b  # the bias is subtracted
3.6: sigmoid(Z)  # sigmoid, whatever is asked for
3.6: relu(Z)  # relu, whatever is asked for
3.6: Z, Z  # the activation is left out
3.6: 2 * ACTIVATIONS[activation](Z)[:1]
    # the cache holds A, it should hold Z
linear_activation_forward: A, (linear_cache, activation_cache)
    -> A, (Z, linear_cache)  # the two caches are swapped
3.7: linear_activation_forward(A, W, b, "relu")  # relu at last too
3.7: linear_activation_forward(A, W, b, "sigmoid")  # sigmoid in every layer
L_model_forward: enumerate(activations, -> enumerate(activations[:-1],
    # the last layer is left out
4.1 4.2 5.7 5.8: / m ->  # the 1/m is forgotten
4.1 5.7 5.8: / m -> * (1 // m)  # 1 // m is 0
4.1: -np.sum(Y * np.log(AL)) / m  # only the term with Y is there
4.1: -np.sum((1 - Y) * np.log(1 - AL)) / m  # the term with Y is missing
4.1: -np.sum(np.log(AL)) / m  # the second log takes 1 - AL
4.1: / m -> / m / np.log(10)  # log10 for log
4.2: -np.mean(losses)  # the mean runs over the classes too
5.1: -(Y / AL + (1 - Y) / (1 - AL))  # + for -
5.1: (-Y / AL + (1 - Y) / (1 - AL)) / AL.shape[1]  # a 1/m too much
5.2: -Y / AL / AL.shape[1]  # a 1/m too much
5.1 5.2: AL - Y  # A - Y is dZ, not dA
5.3: A * (1 - A)  # dA is forgotten
5.3 5.4: dA + 0  # the activation's slope is skipped
5.3: dA * A  # the factor 1 - A is missing
5.3: dA * Z * (1 - Z)  # Z for A
5.4: 1.0 * (Z > 0)  # dA is forgotten
5.4: dA * (dA > 0)  # the mask is taken of dA, it belongs to Z
5.4: dA * (Z < 0)  # the mask is the wrong way round
5.4: dA * (Z >= 0)  # at the kink the derivative is 0
5.4: np.maximum(0, Z)  # relu itself for dA times its slope
5.4: dA * np.maximum(0, Z)  # relu itself for its slope
5.5: 1 - A**2  # dA is forgotten
5.5: dA * (1 - A)  # A is not squared
5.5: dA * (1 - Z**2)  # Z for A
5.6: -2 -> 2  # the sign is flipped
5.6: dA * -2 * Z  # the factor A is missing
5.7 5.8: / m -> / m / m  # the 1/m is taken twice
5.8: / m -> / len(dZ)  # by units, not by m
5.8: dZ.sum(keepdims=True) / m  # the sum runs over the units too
5.9: np -> -np  # the sign is flipped
5.9: W.T @ dZ / m  # a 1/m too much
linear_backward: = A_prev.shape[1] -> = A_prev.shape[0]  # m is shape[1]
linear_backward: return dA_prev, dW, db -> return dW, db, dA_prev
    # the results stand in another order
5.10: dA  # the activation's slope is skipped
5.10: sigmoid_backward(dA, activation_cache)  # sigmoid, whatever is asked for
5.10: relu_backward(dA, activation_cache)  # relu, whatever is asked for
5.10: ACTIVATIONS[activation](dA)[0]  # the activation for its slope
5.11: linear_activation_backward(dA, cache, "relu")  # relu at last too
5.11: linear_activation_backward(dA, cache, "sigmoid")
    # sigmoid in every layer
L_model_backward: cost_backward(AL, Y) -> -cost_backward(AL, Y)
    # the sign of dAL is flipped
L_model_backward: cost_backward(AL, Y) -> np.subtract(AL, Y)
    # A - Y is dZ of the last layer, not dA
L_model_backward: cost_backward(AL, Y) -> cost_backward(AL, Y) / np.size(Y)
    # a 1/m too much in dAL
L_model_backward: (L, 0, -1) -> (L, 1, -1)  # the first layer is left out
6.1: P + rate * dP  # the step goes along the gradient, not against it
6.1: P - dP  # the rate is forgotten
6.1: P - rate * dP * (name[0] == "W")  # the biases are not updated
6.1: P - rate * dP * (name[0] == "b")  # the weights are not updated
6.1: P - rate * dP * (int(name[1:]) * 2 < len(params))
    # the last layer is left out
6.4: V1 @ Q.T  # what no picture sees is lost
predict: return p -> return AL  # probabilities, not 0 and 1
7.1: np.exp(-Z)  # exp(-Z) for exp(Z)
7.2: E / E.sum()  # the sum runs over the whole batch
7.2: E / E.sum(axis=1, keepdims=True)  # the sum runs over the examples
7.2: E  # not divided by the sum
7.3: (A * dA).sum()  # the sum runs over the whole batch
7.3: dA.sum(axis=0)  # the weights A are missing in the sum
7.4: dA * A * (1 - A)  # each score moves the other outputs too
7.4: A * (dA + s)  # + for -
7.4: dA - s  # the factor A is missing
8.1: dP[i, j].T  # where windows overlap they add (+=)
windows: stride * column, stride * row -> column, row  # the stride is ignored
pool_forward: f, stride = -> stride, f =  # f and stride are swapped
pool_forward: P.max(axis=0).T -> P.mean(axis=0).T  # the mean for the maximum
pool_forward: P.max(axis=0).T -> P.min(axis=0).T  # min for max
pool_forward: P.mean(axis=0).T -> P.max(axis=0).T  # the maximum for the mean
pool_forward: P.mean(axis=0).T -> P.sum(axis=0).T  # the 1/f**2 is forgotten
pool_backward conv_backward: h * stride, w * stride -> h, w
    # the stride is ignored
pool_backward: += -> =  # where windows overlap gradients add (+=)
pool_backward: / f**2 -> / f  # 1/f for 1/f**2
pool_backward: / f**2 -> / 1  # the 1/f**2 is forgotten
pool_backward: mask if -> 1 if  # the gradient goes to the whole window
pool_backward: == piece.argmax() -> < 0 | (piece == piece.max())
    # every maximum of a tie gets the gradient
9.1: np.sum(a_slice_prev * W)  # the bias is forgotten
9.1: np.sum(a_slice_prev * W + b)  # the bias is added at each entry
9.1: np.sum(a_slice_prev * W) - np.sum(b)  # the bias is subtracted
conv_forward: + b.reshape(n_C, 1) -> + 0  # the bias is forgotten
conv_forward: b.reshape(n_C, 1) -> b.reshape(n_C, 1) * W[..., 0].size
    # the bias is added at each entry
conv_forward: zero_pad(A_prev, pad) if pad else A_prev -> A_prev
    # the padding is forgotten
conv_forward: P.shape[3:]).T -> P.shape[3:]).T[:, :1 + (A_prev.shape[1] - f)
    // stride, :1 + (A_prev.shape[2] - f) // stride]
    # the padding is forgotten in the size
conv_backward: dX[window] += -> dX[window] =  # where windows overlap they add
conv_backward: dW[..., c] += -> dW[..., c] =  # dW sums over all places (+=)
conv_backward: db[..., c] += -> db[..., c] =  # db sums over all places (+=)
conv_backward: db[..., c] += -> db +=  # db is summed over the filters too
conv_backward: [:, pad:-pad, pad:-pad], dW ->, dW  # the frame is not cut off
conv_backward: pad:-pad, pad:-pad] -> :A_prev.shape[1], :A_prev.shape[2]]
    # the frame is cut off at one side only
conv_backward: pad], dW, db -> pad], dW / len(X), db / len(X)
    # a 1/m too much
10.1: (2 * epsilon) -> epsilon  # the points lie 2 epsilon apart
10.1: (J_plus - J(0)) / epsilon  # the nudge goes to one side only
10.2: / h ->  # not divided by h
10.2: np.real(J(1j * h)) / h  # the real part for the imaginary one
10.4: np.linalg.norm(g)  # one of the two lengths is missing
10.5: numerator  # not divided by the lengths
11.1: np.ones_like(P)  # the velocity starts at 1
11.1: P + 0  # the velocity starts at the parameters
11.2: beta * v_dP + dP  # the factor 1 - beta is forgotten
11.2: (1 - beta) * v_dP + beta * dP  # beta stands on the wrong side
11.2: (1 - beta) * dP  # the velocity before is forgotten
11.2: beta * v_dP - (1 - beta) * dP  # - for +
11.3: P - rate * dP  # the step goes along grads, not along v
11.3: P - rate * v[d_name]  # the step goes along the velocity before
11.3: P + rate * v_dP  # the step goes uphill
11.3: P - v_dP  # the rate is forgotten
update_parameters_with_momentum: return stepped, velocities
    -> return velocities, stepped  # the results stand in another order
11.4: np.arange(m)[k:k + size]  # nothing is shuffled
random_mini_batches: range(0, m, -> range(0, m - m % size,
    # the last batch is dropped
random_mini_batches: Y[:, batch] -> Y[:, k:k + size]  # only X is shuffled
random_mini_batches: X.take(batch, axis) -> X[:, k:k + size]
    # only Y is shuffled
random_mini_batches: State(seed) -> State(0)  # the seed is always 0
"""

# The ways back through pooling and convolution as the course has them, in
# loops over all places. Their slips are made here: ours have no such lines.
_LOOPS = r"""
def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape)
    for i, h, w, c in np.ndindex(dA.shape):
        top, left = h * stride, w * stride
        window = np.s_[i, top:top + f, left:left + f, c]
        piece = A_prev[window]
        mask = np.arange(f * f).reshape(f, f) == piece.argmax()
        share = mask if mode == "max" else np.ones((f, f)) / f**2
        dA_prev[window] += share * dA[i, h, w, c]
    return dA_prev

def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    f, stride, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
    X = zero_pad(A_prev, pad)
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(b.shape)
    for i, h, w, c in np.ndindex(dZ.shape):
        top, left = h * stride, w * stride
        window = np.s_[i, top:top + f, left:left + f]
        dX[window] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += X[window] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    return dX[:, pad:-pad, pad:-pad], dW, db
"""


class _Unit(NamedTuple):
    r"""A top-level statement above the cut."""
    node: ast.AST
    name: str
    section: str
    first: int
    last: int
    names: set
    uses: set
    asks: dict  # the tagged lines: {number: it with None in it}

    def takes(self):
        r"""The names of a function's parameters."""
        return [*inspect.signature(globals()[self.name]).parameters]


def _names_in(tree):
    r"""All names in some code."""
    tree = ast.parse(tree) if isinstance(tree, str) else tree
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


def _unsolved(line):
    r"""A tagged line with None on its right side, or another line."""
    found = re.match(r"([^#]*\S) \+?= [^#]*(# \(\d+\.\d+\)$)", line)
    if not found:
        return line
    target = re.sub(r"\[.*?\]", "", found[1].rpartition(" = ")[2])
    nones = ", ".join("None" for _ in target.split(","))
    return f"{found[1]} = {nones}  {found[2]} your line here"


@functools.cache
def _units():
    r"""This file's lines down to the cut, and its units by name or line."""
    text = Path(__file__).read_text(encoding="utf-8")
    lines = text.partition("\n# === End of")[0].splitlines()
    units, section, last = {}, "", 0
    for node in ast.parse("\n".join(lines)).body:
        banners = re.findall(r"(?m)^# === (.*) ===$",
                             "\n".join(lines[last:node.lineno]))
        section = [section, *banners][-1]
        first, last = node.lineno, node.end_lineno
        own, name = lines[first - 1:last], getattr(node, "name", "")
        names = {name} if name else set().union(
            *map(_names_in, getattr(node, "targets", ())),
            [each.asname or each.name for each in getattr(node, "names", ())])
        examples = re.findall(r"(?m)^ *(?:>>>|\.\.\.) (.*)", "\n".join(own))
        asks = {
            number: _unsolved(line) for number, line in enumerate(own, first)
            if _unsolved(line) != line}
        units[name or first] = _Unit(
            node, name, section, first, last, names,
            _names_in(node) | _names_in("\n".join(examples)), asks)
    return lines, units


def _asked(wanted, every=False):
    r"""The units that `wanted` names by function or by number of section, or
    all: of those with lines to write, or of `every` public function."""
    asked = [(unit, {unit.name, unit.section.partition(".")[0]})
             for unit in _units()[1].values()
             if unit.asks or every and unit.name[:1] not in ("", "_")]
    for word in wanted:
        _check(any(word in names for _, names in asked), "{} is no section or "
               "function with lines to write; `exercise --list` shows them",
               word)
    return [unit for unit, names in asked
            if not wanted or names & set(wanted)]


def _pieces(wanted):
    r"""What an exercise is made of, in order: (the comments above, a unit,
    its lines)."""
    lines, units = _units()
    units, asked = [*units.values()], _asked(wanted)
    keep = asked[:]
    for unit in keep:  # which grows by what each needs
        keep += [each for each in units
                 if each not in keep and each.names & unit.uses]
    pieces, above = [], []
    for before, unit in itertools.pairwise(units):
        gap = lines[before.last:unit.first - 1]
        if not above or any(line.startswith("# === ") for line in gap):
            above = gap
        if unit in keep:
            blanks = unit.asks if unit in asked else {}
            pieces.append((above, unit, [
                blanks.get(number, lines[number - 1])
                for number in range(unit.first, unit.last + 1)]))
            above = []
    return pieces


def _front(wanted):
    r"""An exercise's first lines, its title and what is said before all."""
    text = ast.get_docstring(ast.parse(Path(__file__).read_bytes()))
    symbols = re.search(r"(?s)\n\*\*Symbols\*\*.*(?=\n\*\*Contents)", text)
    count = sum(len(unit.asks) for unit in _asked(wanted))
    made = " ".join(["# Made by: python -m backprop exercise", *wanted])
    return (f"{made}  (backprop {__version__}, MIT licence)\n"
            f'# Write the {count} lines that say "your line here"; then\n'
            "# `python -m backprop grade FILE` tries everything.",
            text.splitlines()[0], symbols[0] if symbols else "")


def _assignment(wanted=()):
    r"""Take the answers out of this file: a module that needs only NumPy,
    with what is wanted (sections, functions; none means all), the right-hand
    side of each tagged line replaced by None, and all that it builds on."""
    made, title, symbols = _front(wanted)
    text = [made, f'r"""{title}', symbols, '"""']
    for above, _, lines in _pieces(wanted):
        text += above + lines
    return "\n".join(text + [
        "", "", 'if __name__ == "__main__":', "    import doctest", "",
        "    print(doctest.testmod(optionflags=doctest.FAIL_FAST))", ""])


def _markdown(text):
    r"""reStructuredText, as far as this file uses it, as Markdown."""
    for pattern, instead in (
            (r"(?m)^( *)\.\. math::(.*(?:\n+\1 +\S.*)*)", lambda found:
             f"\n$$\n{textwrap.dedent(found[2]).strip()}\n$$\n"),
            (r":math:`([^`]*)`", lambda found:
             f"${' '.join(found[1].split())}$"),
            (r"``(.+?)``", r"`\1`"),
            (r"(?m)^(.+)\n-{3,}$", r"**\1**\n"),
            (r"(?m)^([A-Z]?[\w, ]+ : .*)$", r"- \1"),
            (r"(?m)^\.\. (\[\d+\])|(\[\d+\])_", r"\1\2"),
            (r"\n{3,}", "\n\n")):
        text = re.sub(pattern, instead, text)
    return text.strip()


def _cells(wanted):
    r"""An exercise as a notebook's cells, (kind, text): derivations, a cell
    for each function to write, and under it, or under what its examples need
    as well, one that tries it."""
    made, title, symbols = _front(wanted)
    yield "markdown", f"# {title}\n\n```text{symbols}\n```"
    yield "code", f"{made}\nimport doctest"
    pieces, asked, tries, there = _pieces(wanted), _asked(wanted), [], set()
    names = set().union(*(unit.names for _, unit, _ in pieces))
    for n, (above, unit, lines) in enumerate(pieces, 1):
        intro = re.sub(r"(?m)^# ?", "", "\n".join(above)).strip()
        if intro.startswith("=== "):
            yield "markdown", _markdown(
                re.sub(r"^=== (.*) ===", r"## \1", intro))
        elif intro:
            lines = [line for line in above if line] + lines
        if unit in asked:
            told, lines = _task(unit, lines)
            yield "markdown", f"### `{unit.name}`\n\n{_markdown(told)}"
            tries.append(unit)
        yield "code", "\n".join(lines)
        there |= unit.names
        if not pieces[n:] or pieces[n][1].name:
            for each in tries[:]:
                if not each.uses & names - there:
                    tries.remove(each)
                    yield "code", (
                        "# Says nothing if all examples come out right.\n"
                        "doctest.run_docstring_examples"
                        f"({each.name}, globals())")


def _task(unit, lines):
    r"""What is told of a function to write, and its lines without that: its
    docstring's first line and its examples are left."""
    told, _, examples = ast.get_docstring(unit.node).partition(
        "Examples\n--------\n")
    docstring = unit.node.body[0]
    above = len(lines) - (unit.last - unit.first + 1)
    start = above + docstring.lineno - unit.first
    end = above + docstring.end_lineno - unit.first + 1
    return told, [
        *lines[:start], f'    r"""{told.splitlines()[0]}', "",
        textwrap.indent(examples, "    "), '    """', *lines[end:]]


def _notebook(wanted=()):
    r"""The same as a Jupyter notebook, its JSON."""
    more = {"code": {"execution_count": None, "outputs": []}, "markdown": {}}
    kernel = {"name": "python3", "display_name": "Python 3",
              "language": "python"}
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 4,
        "metadata": {"kernelspec": kernel},
        "cells": [{"cell_type": kind, "metadata": {}, **more[kind],
                   "source": text.splitlines(keepends=True)}
                  for kind, text in _cells(wanted)]}, indent=1) + "\n"


class _Slip(NamedTuple):
    r"""A usual slip: the equation, or "", and the function; the right text in
    it and the wrong one, and what is said of it."""
    equation: str
    function: str
    right: str
    wrong: str
    says: str


@functools.cache
def _slips():
    r"""The table of slips, read."""
    lines, units = _units()
    tagged = {}
    for unit in units.values():
        for number in unit.asks:
            line, tag = lines[number - 1].strip(") ").split("# (")
            tagged[tag] = unit.name, line.strip()
    slips = []
    for row in re.split(r"\n(?! )", _SLIPS.strip()):
        text, says = " ".join(row.split()).split(" # ")
        places, text = text.split(":", 1)
        old, arrow, new = map(str.strip, text.partition("->"))
        for place in places.split():
            function, line = tagged.get(place, (place, old))
            wrong = new if place == function else (
                line.replace(old, new).strip() if arrow else
                f"{re.match('(.*?) [+]?= ', line)[1]} = {old}")
            slips.append(_Slip(place if place in tagged else "", function,
                               line, wrong, says))
    return slips


@functools.cache
def _with_slip(slip, name):
    r"""Our function with a slip in it, or in one that it uses."""
    lines, units = _units()
    space = dict(globals())
    for each in dict.fromkeys((slip.function, name)):
        loops = re.search(rf"(?m)^def {each}\(.*(?:\n .*)+", _LOOPS)
        text = loops[0] if loops else "\n".join(
            lines[units[each].first - 1:units[each].last])
        if each == slip.function:
            _check(slip.right in text and slip.right != slip.wrong,
                   "{} has no line for {!r}", each, slip.wrong)
            text = text.replace(slip.right, slip.wrong)
        exec(text, space)
    return space[name]


class _Try(NamedTuple):
    r"""A case with numbers for its names, and its right answers."""
    call: str
    function: str
    course: bool
    words: str
    sizes: tuple
    values: dict
    rights: list  # of (answer, remark)

    @property
    def tells(self):
        r"""Whether slips are told apart on it: all its sizes differ."""
        return self.sizes in ((4, 7, 3), (2, 6, 5)) and self.words in (
            "", "with zeros and ties")

    def gives(self, function):
        r"""What it gives, here, with a function in the place of ours."""
        with np.errstate(all="ignore"), \
                contextlib.redirect_stdout(io.StringIO()):
            value = eval(self.call, {**globals(), **self.values,
                                     self.function: function})
            return list(value) if inspect.isgenerator(value) else value


@functools.cache
def _cases():
    r"""The table of cases: {function: [(call, whether it is the course's)]}"""
    cases = {unit.name: [] for unit in _asked((), True)}
    for row in re.split(r"\n(?=[+ ] \S)", _CASES.strip("\n")):
        called = re.findall(r"\w+(?=\()", row)
        function = next(name for name in called if name in cases)
        cases[function].append((row[2:], row[0] != "+"))
    return cases


@functools.cache
def _draws(words, n, m, k):
    r"""Values for the names in the cases: one of `_SETS`."""
    rng = np.random.RandomState(n * m)

    def draw(*shape):
        Z = rng.randn(*shape)
        if "integers" in words:
            return (3 * Z).astype(int)
        return {"when saturated": 1000 * Z, "in float32": Z.astype("f"),
                "with zeros and ties": Z.round()}.get(words, Z)

    def chances(rows):
        E = np.exp(rng.randn(rows, m))
        return (E / (E.sum(axis=0) + (rows == 1))).astype(draw(1).dtype.char
                if words == "in float32" else float)

    def layers(*dims):
        return {f"{p}{l}": draw(dims[l], dims[l - 1] if p == "W" else 1)
                for l in range(1, len(dims)) for p in "Wb"}

    def slopes(parameters):
        return {"d" + p: draw(*P.shape) for p, P in parameters.items()}

    A, two, deep = draw(k, m), layers(k, n, 1), layers(k, n, 2, 1)
    AL, caches = L_model_forward(A, deep)
    P = draw({7: 2, 6: 4}.get(m, 1), k + 4, k + 3, 5)
    F, B = draw(3, 3, 5, n), draw(1, 1, 1, n)
    conv = (P, F, B, {"stride": 2, "pad": 1})
    flat = (P, F, B, {"stride": 1, "pad": 0})
    values = {
        "n": n, "m": m, "k": k, "w": draw(3), "x": draw(2), "A": A,
        "W": draw(n, k), "b": draw(n, 1), "Z": draw(n, m), "dA": draw(n, m),
        "dW": draw(n, k), "Y": (draw(1, m) > 0) * 1.0, "S": chances(1),
        "S3": chances(3), "C": np.eye(n + 1)[:, np.arange(m) % (n + 1)],
        "X": draw(m + k, m), "V": draw(n, m + k), "two": two, "deep": deep,
        "grads": slopes(two), "v": slopes(two), "AL": AL, "caches": caches,
        "P": P, "F": F, "B": B, "conv": conv, "flat": flat,
        "dC": draw(*conv_forward(*conv)[0].shape),
        "dF": draw(*conv_forward(*flat)[0].shape),
        "dQ": draw(*pool_forward(P, {"f": 3, "stride": 2})[0].shape),
        "dR": draw(*pool_forward(P, {"f": 2, "stride": 2})[0].shape),
        "digits": initialize_conv_parameters(P.shape[1:], [3], [2])}
    if "lists" in words:
        return json.loads(json.dumps(values, default=np.ndarray.tolist))
    return values


@functools.cache
def _tries(name):
    r"""All that a function is tried with. What ours refuses is left out."""
    tries, ours = [], globals()[name]
    for words, *sizes, plain in _SETS:
        draws = _draws(words, *sizes)
        for call, course in _cases()[name]:
            used = _names_in(call) & set(draws)
            each = _Try(call, name, course and plain, words, tuple(sizes),
                        {key: draws[key] for key in used}, [])
            functions = [(ours, "")] + [
                (functools.partial(other, ours), says)
                for names, other, says in _EDITIONS
                if course and name in names.split()]
            for function, says in functions:
                with contextlib.suppress(Exception):
                    each.rights.append((each.gives(function), says))
            tries += [each] if each.rights else []
    return tries


class _Fault(NamedTuple):
    r"""What is wrong with an answer, where in it, and in words."""
    result: str
    path: tuple
    says: str


def _kind(value):
    r"""What kind of result a value is, in words."""
    if isinstance(value, dict):
        return f"a dict with {', '.join(map(str, value)) or 'nothing'}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, _Absent):
        return value.kind
    return str(value) if value is None or isinstance(value, str) else (
        "an array" if np.ndim(value) else "a number")


def _difference(right, got, notes=None, path=()):
    r"""The first `_Fault` of an answer, or None; notes gathers what may be
    otherwise, a dtype or a key too many."""
    wrong = _Fault("wrong type", path,
                   f"is {_kind(got)}, expected {_kind(right)}")
    notes = set() if notes is None else notes
    if right is None or isinstance(right, str):
        return None if type(got) is type(right) and got == right else wrong
    if not isinstance(right, (dict, tuple, list)):
        return _far(np.asarray(right), got, notes, wrong)
    if isinstance(right, dict):
        fits = isinstance(got, dict) and not set(right) - set(got)
        notes |= {f"gives {key} too" for key in set(got) - set(right)
                  } if fits else set()
    else:
        fits = isinstance(got, (tuple, list)) and len(got) == len(right)
    keys = right if isinstance(right, dict) else range(len(right))
    faults = (_difference(right[key], got[key], notes, (*path, key))
              for key in keys)
    return next(filter(None, faults), None) if fits else wrong


def _far(right, got, notes, wrong):
    r"""A `_Fault` if numbers differ by more than rounding."""
    number = (int, float, complex, np.generic)
    if not isinstance(got, np.ndarray) and (
            right.ndim or not isinstance(got, number)):
        return wrong
    got = np.asarray(got)
    if right.shape != got.shape:
        says = f"has shape {got.shape}, expected {right.shape}"
        if right.shape == got.shape[::-1] and _close(right.T, got):
            says += ": it is transposed"
        elif right.size == got.size and _close(right.ravel(), got.ravel()):
            says += ": " + ("keepdims=True is missing" if right.ndim
                            else "np.squeeze is missing")
        return wrong._replace(result="wrong shape", says=says)
    if right.dtype == np.float32 and right.ndim and got.dtype != right.dtype:
        notes.add("float32 is not kept")
    if _close(right, got):
        return None
    with np.errstate(all="ignore"):
        known = np.isfinite(right)
        apart, *sizes = (np.linalg.norm(each[known] * 1.0) for each in (
            got * 1.0 - right, got, right))
        error = apart / sum(sizes)
    says = "is not finite" if not np.isfinite(error) else (
        f"has a relative error of {error:.2g}" if right.ndim else
        f"is {got:.6g}, expected {right:.6g}")
    return wrong._replace(result="wrong value", says=says)


def _close(right, got):
    r"""Whether numbers of one shape differ by no more than rounding."""
    single = np.float32 in (right.dtype, got.dtype)
    with np.errstate(all="ignore"):
        return np.isclose(got * 1.0, right * 1.0, *(
            (1e-3, 1e-4) if single else (1e-6, 1e-8)))[
                np.isfinite(right)].all()


@functools.cache
def _slipped(slip, name):
    r"""What a function gives with a slip in it, for the tries that tell."""
    given = {}
    for n, each in enumerate(_tries(name)):
        with contextlib.suppress(Exception):
            if each.tells:
                given[n] = each.gives(_with_slip(slip, name))
    return given


def _part(value, key):
    r"""A part of a result, or for None the whole; None if it has no such."""
    try:
        return value if key is None else value[key]
    except (TypeError, LookupError):
        return None


def _explained(slip, name, answers):
    r"""The parts of a result that are wrong on both sets whose sizes differ,
    and what the slip gives wherever they are wrong."""
    wrong, otherwise = {}, set()  # wrong has each part's sets of numbers
    for n, slipped in _slipped(slip, name).items():
        if n in answers:
            each = _tries(name)[n]
            right = each.rights[0][0]
            for key in right if isinstance(right, dict) else (
                    range(len(right)) if isinstance(right, tuple) else [None]):
                got = _part(answers[n], key)
                if _difference(_part(right, key), got):
                    wrong.setdefault(key, set()).add(each.sizes)
                    if _difference(_part(slipped, key), got):
                        otherwise.add(key)
    return {key for key in wrong if len(wrong[key]) == 2} - otherwise


def _named(name, answers):
    r"""What is said of the fewest slips that give what a function gave:
    answers, {the try's number: what came}."""
    helpers = {name, *_units()[1][name].uses}
    slips = sorted((slip for slip in _slips() if slip.function in helpers),
                   key=lambda slip: slip.function != name)
    explained = {slip: _explained(slip, name, answers) for slip in slips}
    says = []
    while any(explained.values()):
        best = max(explained, key=lambda slip: len(explained[slip]))
        known = explained[best]
        explained = {slip: parts - known for slip, parts in explained.items()}
        says.append(best.says + f" ({best.equation})" * bool(best.equation))
    return says


# The next functions are all that runs beside a submission: their text is sent
# to the worker, which does not import this file.


class _Absent:
    r"""What stands for a module that is not there, until it is needed."""

    def __init__(self, name):
        self.kind = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.kind}.{name}")

    def __call__(self, *_, **__):
        raise ModuleNotFoundError(f"there is no {self.kind}")

    def __setitem__(self, *_):
        pass


def _pack(value, depth=9):
    r"""A value as JSON can carry it, arrays as their bytes."""
    if isinstance(value, (np.ndarray, np.generic, complex)):
        value = np.asarray(value)
        if value.dtype.kind in "biufc" and value.nbytes < 1 << 24:
            return ["array", value.dtype.str, list(value.shape),
                    base64.b64encode(value.tobytes()).decode()]
    if depth and type(value) in (tuple, list):
        return [type(value).__name__, [_pack(v, depth - 1) for v in value]]
    if depth and isinstance(value, dict):
        return ["dict", [[str(key), _pack(v, depth - 1)]
                         for key, v in value.items()]]
    plain = value is None or type(value) in (bool, int, float, str)
    return value if plain else ["other", type(value).__name__]


def _unpack(packed, held):
    r"""The value again; each array is held as well."""
    if not isinstance(packed, list):
        return packed
    kind, what, *rest = packed
    if kind == "array":
        data = np.frombuffer(base64.b64decode(rest[1]), what)
        held.append(data.reshape(rest[0]).copy())
        return held[-1]
    if kind == "other":
        return _Absent(f"a {what}")
    if kind == "dict":
        return {key: _unpack(value, held) for key, value in what}
    return {"list": list, "tuple": tuple}[kind](
        _unpack(value, held) for value in what)


def _statements(body):
    r"""The statements of a module, those under if, try and with too."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from _statements(ast.iter_child_nodes(node))


def _defined(node):
    r"""The names that a statement gives to functions, their arguments, and
    whether nothing is in them."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        arguments = getattr(getattr(node, "args", None), "args", ())
        return [node.name], [each.arg for each in arguments], all(
            isinstance(each, ast.Pass) or "NotImplemented" in ast.dump(each)
            or isinstance(getattr(each, "value", 0), ast.Constant)
            for each in node.body)
    called = isinstance(node, ast.Assign) and isinstance(
        node.value, (ast.Lambda, ast.Name, ast.Attribute, ast.Call))
    return [each.id for each in (node.targets if called else ())
            if isinstance(each, ast.Name)], [], False


def _read_code(chunks):
    r"""Parse a submission: its trees, faults, and for each function in it
    (chunk, first line, last line, arguments, whether nothing is in it)."""
    trees, faults, found = [], [], {}
    for number, (place, text) in enumerate(chunks):
        try:
            tree = ast.parse(text, place)
            compile(tree, place, "exec")
        except Exception as error:
            deep = isinstance(error, (RecursionError, MemoryError))
            faults.append(f"{place}line {getattr(error, 'lineno', 0) or 1}: "
                          + (deep and "nested too deep" or f"{error}"))
            continue
        trees.append((place, tree))
        for node in _statements(tree.body):
            names, *more = _defined(node)
            found.update((each, (number, node.lineno, node.end_lineno, *more))
                         for each in names)
    return trees, faults, found


def _told(error, trees):
    r"""An exception, with the submission's last line that it went through."""
    told, place, trace = type(error).__name__, "", error.__traceback__
    with contextlib.suppress(BaseException):
        told += f": {error}"[:300]
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name in [place for place, _ in trees]:
            place = f" ({name}line {trace.tb_lineno})"
        trace = trace.tb_next
    return told + place


def _run_code(trees, space):
    r"""Run what defines something; what fails is told and left out."""
    nodes = [(place, node) for place, tree in trees for node in tree.body]
    own = {node.name for _, node in nodes if isinstance(node, ast.FunctionDef)}
    faults = []
    for place, node in nodes:
        imports = isinstance(node, (ast.Import, ast.ImportFrom))
        calls = {getattr(each.func, "id", "") for each in ast.walk(node)
                 if isinstance(each, ast.Call)}
        assigns = isinstance(node, (ast.Assign, ast.AnnAssign))
        if not (imports or assigns and not calls & own or isinstance(
                node, (ast.FunctionDef, ast.ClassDef, ast.If, ast.Try))):
            continue
        try:
            exec(compile(ast.Module([node], []), place, "exec"), space)
        except BaseException as error:
            if not imports:
                faults.append(_told(error, trees))
            for each in node.names if imports else ():
                name = each.asname or each.name.partition(".")[0]
                space.setdefault(name, _Absent(each.name))
    return faults


def _fitted(function, names):
    r"""A function that is called with the arguments that its signature has:
    in our order, or by name if its order is another."""
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return function
    theirs = [each.name for each in parameters]
    moved = any(name in names[:i] + names[i + 1:]
                for i, name in enumerate(theirs))

    def call(*args, **more):
        given = {**dict(zip(names, args)), **more}
        if moved:
            return function(**{p: given[p] for p in theirs if p in given})
        # Week 3's cost takes the parameters too, and does not use them.
        lacking = [{} if each.name == "parameters" else None
                   for each in parameters[len(args):]
                   if each.default is each.empty and each.kind < 2]
        return function(*args, *lacking, **more)
    return call


def _call(request, lent, theirs, space):
    r"""Call the submission's function as the request says."""
    exec(request["lend"], lent)
    held, name = {}, request["function"]
    values = {each: _unpack(packed, held.setdefault(each, []))
              for each, packed in request["values"].items()}
    ours = {each: value for each, value in lent.items() if each[0] != "_"}
    own = {each: value for each, value in theirs.items()
           if not isinstance(value, _Absent)}
    space.update({**ours, **own} if request["own"] else {**theirs, **ours})
    space[name] = theirs[name]
    np.random.seed(1)
    value = eval(request["call"], {
        **lent, **values, name: _fitted(theirs[name], request["names"])})
    if inspect.isgenerator(value):
        value = [*itertools.islice(value, 100)]
    return {"value": _pack(value), "arrays": _pack(held)[1],
            "after": _pack(values)[1]}


def _work():
    r"""Answer requests, a line of JSON each, until there are no more."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    with contextlib.suppress(Exception):
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    module = sys.modules["assignment"] = types.ModuleType("assignment")
    given = sys.modules["backprop"] = types.ModuleType("backprop")
    lent, theirs, trees, space = {}, {}, [], vars(module)

    def lend(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **more: lent[name](*args, **more)

    given.__getattr__ = lend
    for line in requests:
        request = json.loads(line)
        answer = {"token": request["token"]}
        try:
            if "chunks" in request:
                sys.path.append(request["folder"])
                given.__all__ = request["public"]
                trees, faults, found = _read_code(request["chunks"])
                answer.update(faults=faults, found=found)
            elif "run" in request:
                answer["faults"] = _run_code(trees, space)
                theirs = dict(space)
            else:
                answer.update(_call(request, lent, theirs, space))
        except BaseException as error:
            answer["error"] = _told(error, trees)
        answers.write(b"\n" + json.dumps(answer).encode() + b"\n")
        answers.flush()


@functools.cache
def _worker_code():
    r"""The worker's program: the functions above, and what they import."""
    text = Path(__file__).read_text(encoding="utf-8")
    text = re.search(r"(?s)\nclass _Absent.*?(?=\n@functools)", text)[0]
    return ("import sys\nsys.path[:] = [each for each in sys.path if each]\n"
            "import ast, base64, contextlib, inspect, itertools, json, os\n"
            f"import types\nimport numpy as np\n{text}\n_work()")


class _Lost(Exception):
    r"""The worker gives no answer: (result, message)."""


class _Worker:
    r"""The process that calls a submission's functions. Whoever asks after it
    was lost gets a new one."""

    def __init__(self, path, chunks, seconds):
        self.process = None
        self.seconds, self.chunks = seconds, {
            "chunks": chunks, "folder": os.path.dirname(os.path.abspath(path)),
            "public": [unit.name for unit in _asked((), True)]}

    def start(self):
        r"""Begin: what the submission defines, and what is wrong in it."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _worker_code()], bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1",
                 "OMP_NUM_THREADS": "1"})
        self.requests, self.lines, self.lent = queue.Queue(), queue.Queue(4), 0
        for job, *given in (
                (self.send, self.process.stdin, self.requests),
                (self.listen, self.process.stdout, self.lines)):
            threading.Thread(target=job, daemon=True, args=given).start()
        read = self.ask(self.chunks, 60)
        ran = self.ask({"run": True}, self.seconds)
        return read["found"], read["faults"], ran["faults"]

    @staticmethod
    def listen(stream, lines):
        r"""Put each line of a stream, and b"" at its end, on the queue."""
        with io.BufferedReader(stream) as reader:
            while not lines.put(line := reader.readline(1 << 26)) and line:
                pass

    @staticmethod
    def send(stream, requests):
        r"""Write to a process, which may not read, until there is b""."""
        with contextlib.suppress(OSError, ValueError):
            while line := requests.get():
                stream.write(line)

    def ask(self, request, seconds):
        r"""The answer to a request; `_Lost` if there is none in time. Lines
        that are no answer, whoever wrote them, are passed over."""
        token, end = os.urandom(8).hex(), time.monotonic() + seconds
        self.requests.put(
            json.dumps({**request, "token": token}).encode() + b"\n")
        while True:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                self.end()
                raise _Lost("too slow", "no answer in "
                            f"{self.seconds:g} seconds") from None
            if not line:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(1)
                died = self.end()
                raise _Lost("crashes", "ends the whole process: " + (
                    signal.Signals(-died).name if died < 0
                    else f"exit status {died}"))
            with contextlib.suppress(ValueError, RecursionError):
                answer = json.loads(line)
                if isinstance(answer, dict) and answer.get("token") == token:
                    return answer

    def call(self, each, own, end):
        r"""Try a function: what is wrong if it raises, its answer, and the
        names of those whose arrays and whose entries it changed."""
        if self.process is None:
            self.start()
        lines, units = _units()
        unit, held = units[each.function], {}
        before = max(self.lent, unit.first - 1)
        values = {key: _pack(value) for key, value in each.values.items()}
        request = {
            "function": unit.name, "call": each.call, "own": own,
            "lend": "\n".join(lines[self.lent:before]),
            "names": unit.takes(), "values": values}
        self.lent = before
        answer = self.ask(request, end - time.monotonic())
        if "error" in answer:
            return _Fault("raises", (), answer["error"]), None, [], []
        try:
            value = _unpack(answer["value"], [])
            arrays, after = dict(answer["arrays"]), dict(answer["after"])
            for key, packed in values.items():
                _unpack(packed, held.setdefault(key, []))
            return (None, value,
                    [key for key in held if _pack(held[key]) != arrays[key]],
                    [key for key in held if values[key] != after[key]])
        except (ValueError, TypeError, LookupError, AttributeError):
            self.end()
            raise _Lost("crashes", "sends what cannot be read") from None

    def end(self):
        r"""Stop the process and all that it started; its exit status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        self.requests.put(b"")
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (AttributeError, OSError):
            process.kill()
        process.stdin.close()
        return process.wait()


class _Verdict(NamedTuple):
    r"""What became of a function."""
    unit: _Unit
    result: str
    message: str = ""
    slips: tuple = ()
    remarks: tuple = ()

    @property
    def passed(self):
        r"""Whether it is right."""
        return self.result == "passed"

    @property
    def points(self):
        r"""What it is worth: its lines to write."""
        return len(self.unit.asks) or 1

    @property
    def text(self):
        r"""It all in one line."""
        text = self.result + f": {self.message}" * bool(self.message)
        text = "; ".join([text, *self.slips])
        text += "".join(f" ({remark})" for remark in self.remarks)
        return "".join(c if c.isprintable() else " " for c in text[:500])


def _parameter(each, key):
    r"""The parameter that a name in a case is an argument for."""
    call = next(node for node in ast.walk(ast.parse(each.call))
                if isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == each.function)
    takes = zip(_units()[1][each.function].takes(), call.args)
    return next((name for name, argument in takes
                 if key in _names_in(argument)), key)


def _returned(unit, path):
    r"""What a part of a result is called where it is returned."""
    value = getattr(unit.node.body[-1], "value", None)
    names = [getattr(each, "id", "the result")
             for each in getattr(value, "elts", [value])]
    if names[1:] and path and path[0] in range(len(names)):
        name, path = names[path[0]], path[1:]
    else:
        name = names[0] if not names[1:] else "the result"
    for key in path:
        name = key if isinstance(key, str) else f"{name}[{key}]"
    return name


def _attempt(worker, unit, made, own):
    r"""Grade a function with ours, or the submission's own, to build on."""
    tries, end = _tries(unit.name), time.monotonic() + worker.seconds
    strict = made or not any(each.course for each in tries)
    wrong, changed, answers, remarks = None, [], {}, []
    for n, each in enumerate(tries):
        fault, got, arrays, entries = worker.call(each, own, end)
        needed, notes = strict or each.course, set()
        if not fault:
            answers.update({n: got} if needed else {})
            fault, says = min(
                ((_difference(right, got, notes), says) for right, says
                 in each.rights[:1 if strict else None]),
                key=lambda pair: bool(pair[0]))
            notes |= {says} - {""}
        if arrays:
            changed = changed or ["changes the arrays in "
                                  + _parameter(each, arrays[0])]
        elif entries:
            notes.add(f"puts new entries into {_parameter(each, entries[0])}")
        if fault and needed:
            wrong = wrong or (fault, each.words)
        elif fault and not fault.says.startswith("TypeError"):
            notes = {"beyond the course: not right "
                     + (each.words or f"is {each.call}")}
        remarks += sorted(notes - set(remarks))
    if not wrong:
        return _Verdict(unit, "changes its input" if changed else "passed",
                        *changed, remarks=tuple(remarks[:2]))
    fault, words = wrong
    gradient = fault.result == "wrong value" and "_backward" in unit.name
    name = "" if fault.result == "raises" else _returned(unit, fault.path)
    return _Verdict(unit, "gradient wrong" if gradient else fault.result,
                    f"{name} {fault.says} {words}".strip(),
                    (*_named(unit.name, answers), *changed))


def _graded(worker, unit, made, others):
    r"""Grade a function: on ours, then on the submission's own."""
    try:
        verdict = _attempt(worker, unit, made, False)
        if not verdict.passed and others:
            with contextlib.suppress(_Lost):
                again = _attempt(worker, unit, made, True)
                if again.passed:
                    return again._replace(remarks=(
                        "with the file's own helpers, not with ours",))
        return verdict
    except _Lost as lost:
        return _Verdict(unit, *lost.args)


def _chunks(path):
    r"""A submission's code: [a cell's name or "", text], for each cell of a
    notebook or for the one file."""
    try:
        text = _content(path, 2**25).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: save it as UTF-8") from None
    if path.suffix != ".ipynb":
        return [["", text]]
    try:
        code = ["".join(cell["source"]) for cell in json.loads(text)["cells"]
                if cell["cell_type"] == "code"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise ValueError(f"{path} is no Jupyter notebook") from None
    # Magics and shell lines are no Python, nor is a cell of another language.
    return [[f"code cell {number}, ", "" if re.match(
        r"\s*%%(?!time|capture|prun)", text) else re.sub(
            r"(?m)^(\s*)(?:[%!]{1,2}\w|\?|[\w.]+\?|\w+\s*=\s*[!%]\w).*$",
            r"\1pass", text)]
        for number, text in enumerate(code, 1)] or [["", ""]]


class _Report(NamedTuple):
    r"""A submission's verdicts, and what else is to be told of it."""
    path: str
    verdicts: list
    notes: list
    error: str = ""

    @property
    def points(self):
        r"""The points it has, and those it could have."""
        return (sum(each.points for each in self.verdicts if each.passed),
                sum(each.points for each in self.verdicts))

    @property
    def failed(self):
        r"""The functions that are not right."""
        return [each.unit.name for each in self.verdicts if not each.passed]

    @property
    def line(self):
        r"""It all in one line."""
        return f"{self.path}: " + (self.error or (
            "{} of {} points".format(*self.points)
            + "; failed: " * bool(self.failed) + ", ".join(self.failed)))


# The course has other functions of these names; they take this argument.
_OTHERS = {"gradient_check": "theta", "predict": "w"}


def _mark(path, wanted, seconds, tell):
    r"""Grade a submission, telling each verdict as it comes."""
    chunks = _chunks(path)
    worker = _Worker(path, chunks, seconds)
    try:
        found, faults, failed = worker.start()
        _check(chunks[1:] or not faults, "{}, {}", path, *faults[:1])
        made = re.match(r"(?:#!.*\s+)?# Made by: python -m backprop exercise"
                        r"(.*?)  \(", chunks[0][1])
        asked = _asked(wanted or (made[1].split() if made else ()),
                       wanted or not made)
        if not wanted and not made:
            there = [unit for unit in asked if unit.name in found and
                     _OTHERS.get(unit.name) not in found[unit.name][3]]
            failed.append("not graded: " + ", ".join(
                unit.name for unit in asked if unit not in there))
            asked = there
        verdicts = []
        for unit in asked:
            result = _unwritten(chunks, found.get(unit.name))
            verdicts.append(_Verdict(unit, *result) if result else _graded(
                worker, unit, made, len(found) > 1))
            tell(verdicts[-1])
    except _Lost as lost:
        raise ValueError(f"{path} cannot be run: {lost.args[1]}") from None
    finally:
        worker.end()
    return _Report(str(path), verdicts, faults + failed)


def _unwritten(chunks, found):
    r"""What the text of a function tells, (result, message), or None."""
    if not found:
        return "missing", "the file defines no such function"
    number, first, last, _, empty = found
    lines = chunks[number][1].splitlines()[first - 1:last]
    left = [n for n, line in enumerate(lines, first)
            if re.search(r"= None\b.* your line here\s*$", line)]
    if left:
        more = f" and {len(left) - 1} more" * (len(left) > 1)
        return "not yet written", f"{chunks[number][0]}line {left[0]}{more}"
    return ("not yet written", "") if empty else None


def _exercise_options(parser):
    r"""What `exercise` takes."""
    parser.add_argument("wanted", nargs="*", metavar="SECTION|FUNCTION",
                        help="what to leave out, 5 or linear_backward; "
                        "without it everything")
    parser.add_argument("--list", action="store_true",
                        help="show what there is to write")
    parser.add_argument("--notebook", action="store_true",
                        help="make a Jupyter notebook, with the derivations")
    parser.add_argument("--to", type=_target, metavar="FILE",
                        help="write it to a new file; "
                        "to FILE.ipynb as a notebook")


def _exercise(options):
    r"""Make this file an assignment: its equations' lines left out."""
    if options.list:
        for section, units in itertools.groupby(
                _asked(options.wanted), operator.attrgetter("section")):
            print(section)
            for unit in units:
                count = len(unit.asks)
                print(f"   {unit.name:31} {count:2} line{'s' * (count > 1)}")
        return 0
    book = options.notebook or str(options.to).endswith(".ipynb")
    text = (_notebook if book else _assignment)(options.wanted)
    if options.to is not None:
        _check(not os.path.lexists(options.to), "{} is there already",
               options.to)
        _write(options.to, text.encode())
        return 0
    # Python reads a file as UTF-8, whatever the terminal takes.
    with contextlib.suppress(AttributeError):
        sys.stdout.reconfigure(encoding="utf-8")
    print(text, end="")
    return 0


def _grade_options(parser):
    r"""What `grade` takes."""
    parser.add_argument("what", nargs="+", metavar="FILE|SECTION|FUNCTION",
                        help="assignments (.py, .ipynb) or folders of them, "
                        "and what to grade; without it what the file's first "
                        "line asks for, or what the file has")
    parser.add_argument("--json", action="store_true",
                        help="for one file, Gradescope's results.json")
    parser.add_argument("--csv", type=_target, metavar="FILE",
                        help="write a table, a row for each file")
    parser.add_argument("--seconds", metavar="S", default=10, type=_number(
        float, lambda s: 0 < s <= 86400, "a number of seconds, up to a day"),
        help="time limit for each function (10)")


def _grade(options):
    r"""Mark assignments, function by function."""
    names = {name for unit in _asked((), True)
             for name in (unit.name, unit.section.partition(".")[0])}
    wanted = [word for word in options.what if word in names]
    paths = [each for word in options.what if word and word not in names
             for each in _submissions(Path(word))]
    _check(paths, "there is no file to grade")
    _check(not options.json or len(paths) == 1, "--json is for one file, "
           "here are {}; --csv takes several", len(paths))
    reports, shown = [], len(paths) == 1 and not options.json
    for path in paths:
        try:
            reports.append(_mark(path, wanted, options.seconds,
                                 _teller() if shown else lambda _: None))
        except (ValueError, OSError) as error:
            reports.append(_Report(str(path), [], [], f"{error}"))
        if len(paths) > 1:
            print(reports[-1].line, flush=True)
    if options.csv is not None:
        table = io.StringIO()
        csv.writer(table).writerows([
            ("file", "points", "of", "failed", "error"),
            *((each.path, *each.points, " ".join(each.failed), each.error)
              for each in reports)])
        _write(options.csv, table.getvalue().encode())
    if options.json:
        print(json.dumps(_results(reports[0]), indent=1))
    _check(len(paths) > 1 or not reports[0].error, reports[0].error)
    if shown:
        _print_end(reports[0])
    return int(any(each.error or each.failed for each in reports))


def _submissions(path):
    r"""A file, or all that a folder holds."""
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.rglob("*")
                  if each.suffix in (".py", ".ipynb") and each.is_file()
                  and not any(part.startswith((".", "__")) for part
                              in each.relative_to(path).parts))


def _teller():
    r"""A function that prints verdicts, under their sections' titles."""
    width, told = min(100, shutil.get_terminal_size().columns), set()

    def tell(verdict):
        if verdict.unit.section not in told:
            print(verdict.unit.section)
        told.add(verdict.unit.section)
        print(textwrap.fill(f"   {verdict.unit.name:31} {verdict.text}", width,
                            subsequent_indent=" " * 35), flush=True)
    return tell


def _print_end(report):
    r"""Print what stands under the verdicts."""
    for note in report.notes:
        print(textwrap.fill(note, 79, subsequent_indent="   "))
    count, (points, of) = len(report.verdicts), report.points
    print(f"{count - len(report.failed)} of {count} functions passed, "
          f"{points} of {of} points")


def _results(report):
    r"""A report as Gradescope takes it, in its results.json."""
    return {"score": report.points[0],
            "output": report.error or "\n".join(report.notes),
            "tests": [{
                "name": each.unit.name, "score": each.points * each.passed,
                "max_score": each.points,
                "status": "passed" if each.passed else "failed",
                "output": each.text} for each in report.verdicts]}


# === 16. Command line ===

# What ``uv run backprop.py`` and ``pipx run backprop.py`` install: what all
# commands need, and, as a bare file has no data beside it, the downloader.
#
# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "numpy>=1.23",
#     "h5py>=3.7",
#     "pillow>=9.1",
#     "threadpoolctl>=3.0",
#     "pooch>=1.6",
#     "tqdm>=4.64",
# ]
# ///

# ``python -m backprop COMMAND``. Results go to stdout, complaints to
# stderr. What a user got wrong is told in one sentence, exit status 2.
#
# The commands that train a net are classes: `_Article` has the one order of
# events, train, save, test, show, and each article's class below it says
# what it reads, which nets it makes and what it prints. What the user typed
# goes before what a saved net says of itself, and that before the article's
# own settings, which stand in `COMMANDS`.


def _number(kind, fits, wanted):
    r"""The type of an option: a number that fits, or a sentence."""
    def read(text):
        try:
            number = kind(text)
        except ValueError:
            number = None
        if number is None or not fits(number):
            raise argparse.ArgumentTypeError(
                f"{text[:40]!r} is not {wanted}")
        return number
    return read


def _whole(least):
    r"""The type of a whole number that is not too small."""
    return _number(int, lambda n: least <= n < 2**31,
                   f"a whole number of at least {least}")


_any = _number(float, np.isfinite, "a number")
_seed = _number(int, lambda n: 0 <= n < 2**32,
                "a whole number from 0 to 4294967295")
_rate = _number(float, lambda a: 1e-300 <= a <= 1e300,
                "a positive number from 1e-300 to 1e300")
_share = _number(float, lambda b: 0 <= b < 1,
                 "a number of at least 0 and below 1")


def _name(text):
    r"""The type of a file's or folder's name: not empty."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def _target(text):
    r"""The type of a file to be written: tried before anything is trained."""
    try:
        _check_target(_name(text))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


class _Option(NamedTuple):
    r"""An option: what may be typed, and what holds where nothing was."""

    flag: str
    kind: Callable | None  # makes a value of a word; None: a flag alone
    default: object
    help: str  # {} stands for the default
    metavar: str = "N"
    more: dict = {}  # for argparse

    @property
    def name(self):
        r"""Its name among the options."""
        return self.more.get("dest", self.flag[2:].replace("-", "_"))

    def add(self, parser):
        r"""Add it to a parser; the result shows it only where it was typed."""
        default = " ".join(map(str, self.default)) if isinstance(
            self.default, tuple) else self.default
        how = {"action": "store_true"} if self.kind is None else {
            "type": self.kind, "metavar": self.metavar, **self.more}
        parser.add_argument(self.flag, default=argparse.SUPPRESS,
                            help=self.help.format(default), **how)


def _plot(what, *others):
    r"""The option ``--plot FILE``."""
    kinds = (".png", ".svg", ".pdf", *others)

    def read(text):
        if Path(_target(text)).suffix.lower() not in kinds:
            raise argparse.ArgumentTypeError(
                f"{text!r} ends in none of {', '.join(kinds)}")
        _import("matplotlib")
        return Path(text)

    return _Option("--plot", read, None, f"draw {what} ({', '.join(kinds)}; "
                   "needs matplotlib)", "FILE")


def _layers(text):
    r"""The type of a net, as JSON or as a file that holds it."""
    try:
        if not _name(text).lstrip().startswith("["):
            text = _content(text, 2**20).decode()
        layers = json.loads(text)
        _read_architecture(layers)
        return layers
    except json.JSONDecodeError as error:
        reason = f"it is not JSON: {error}"
    except (ValueError, OSError, RecursionError) as error:
        reason = _sentence(error)
    raise argparse.ArgumentTypeError(reason)


class _Moment(NamedTuple):
    r"""Some steps of a training, at most those of an epoch, summed up."""

    epoch: int  # counted from 1
    step: int  # the number of the last one, in its epoch
    steps: int
    cost: float  # the mean over their examples
    accuracy: float
    end: Checkpoint | None


def _moments(steps, m, every=None):
    r"""Sum up every so many steps of a training on m examples."""
    met = []

    def moment():
        costs, AL, Y = zip(*met)
        m = sum(y.shape[1] for y in Y)
        return _Moment(
            step.epoch + 1, step.number, len(met),
            sum(J * (y.shape[1] / m) for J, y in zip(costs, Y)),
            accuracy(np.concatenate(AL, axis=1), np.concatenate(Y, axis=1)),
            step.end)

    for step in steps:
        met.append((float(step.cost), step.AL, step.Y))
        if len(met) == every or step.end.seen % m == 0:
            yield moment()
            met.clear()
    if met:
        yield moment()


@contextlib.contextmanager
def _interrupts():
    r"""Note Ctrl-C in a list, and do nothing else until the end."""
    pressed = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed  # only the main thread may ask for signals
        return
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _until(steps, pressed, count):
    r"""Pass steps on; after Ctrl-C end when a whole count is seen."""
    for step in steps:
        yield step
        if pressed and step.end.seen % count == 0:
            break


def _progress(steps, count):
    r"""The steps, with a bar on a terminal's stderr if they take long, and
    what prints beside it."""
    if sys.stderr.isatty():
        try:
            bar = _import("tqdm").tqdm(steps, total=count, delay=3,
                                       leave=False)
            return bar, bar.write
        except ImportError:
            pass
    return steps, print


def _in_span(job):
    r"""The same job in the span of its examples, and the way back for where
    it ends (section 6)."""
    data, start = job.data, job.start
    if start.parameters["W1"].ndim != 2:  # filters see pictures, no columns
        return job, lambda end: end
    R, inside, Q = to_span(data.scale(data.X), start.parameters)

    def turned(velocity, basis):  # it is a sum of examples, as the steps are
        return velocity if velocity is None or Q is None else {
            **velocity, "dW1": velocity["dW1"] @ basis}

    def back(end):
        return Checkpoint(from_span(end.parameters, start.parameters, Q),
                          turned(end.velocity, None if Q is None else Q.T),
                          end.seen)

    return job._replace(data=data._replace(X=R, scale=np.asarray),
                        start=Checkpoint(inside, turned(start.velocity, Q),
                                         start.seen)), back


class _Run(NamedTuple):
    r"""A job and what has become of it."""

    job: Job
    end: Checkpoint
    moments: list  # with parameters only where a plot shows them
    whole: bool = True  # False: Ctrl-C ended it


class _Article:
    r"""A command that trains a net: what all of them do alike."""

    unit, units = None, "epochs"  # what is counted: examples, or epochs
    examples = "points"

    def __init__(self, options):
        self.options = options

    @classmethod
    def command(cls, options):
        r"""Run it."""
        return cls(options).run()

    def every(self, job):
        r"""How many steps make a moment; None for an epoch."""

    def about(self, job):
        r"""What a saved net says of itself, besides what all say."""
        return {}

    def run(self):
        r"""Train or load, save, test, show; the exit status."""
        options, runs = self.options, []
        for job in self.jobs():
            words = self.words(job)
            if words:
                print(words, flush=True)
            runs.append(_Run(job, job.start, []) if options.load
                        else self.train(job))
            if job.data.Y is not None:
                self.test(runs[-1])
            if not runs[-1].whole:
                return 130
        if options.plot and not (options.predict or options.errors):
            with plot_style():
                save_plot(self.figure(runs), options.plot)
        if options.errors:
            self.errors(runs[-1])
        return self.predict(runs[-1]) if options.predict else 0

    def train(self, job):
        r"""Train a net to the end, or to Ctrl-C. It is saved before anything
        else, and until then Ctrl-C only ends the training."""
        options, how, m = self.options, job.settings, job.data.Y.shape[1]
        animated = options.plot and options.plot.suffix.lower() == ".gif"
        first = job.start.seen // m
        shown = set(np.linspace(first + how.epochs, first + 1,
                                40 if animated else 1).astype(int))
        inside, back = _in_span(job)
        count = how.epochs * -(-m // min(how.batch or m, m))
        steps, write = _progress(train(inside), count)
        moments = []
        with _interrupts() as pressed:
            for moment in _moments(_until(steps, pressed, self.unit or m), m,
                                   self.every(job)):
                text = self.line(moment, inside)
                if text:
                    write(text)
                moments.append(moment if moment.epoch in shown
                               else moment._replace(end=None))
            end = back(moment.end)
            if options.save:
                self.save(job, end, moment.cost)
        whole = end.seen >= (first + how.epochs) * m
        if not whole:
            done = end.seen - job.start.seen
            done = done if self.unit else f"{done // m} of {how.epochs}"
            print(f"backprop: stopped after {done} {self.units}",
                  file=sys.stderr)
        return _Run(job, end, moments, whole)

    def save(self, job, end, cost):
        r"""Keep a net, with all that is needed to use it or to go on."""
        options = self.options
        given = ("learning_rate", "momentum", "batch", "seed", "train")
        about = {"command": options.command, "version": __version__,
                 **job.data.about, **job.layers, "seen": end.seen,
                 "cost": cost, **{name: getattr(options, name, None)
                                  for name in given}, **self.about(job)}
        save_parameters(options.save, end.parameters, end.velocity, **{
            name: value for name, value in about.items()
            if value is not None})
        print(f"Saved as {options.save}")

    def taken_up(self, data):
        r"""Where a saved net stands, if one is loaded or resumed."""
        if not self.options.saved:
            return None
        parameters, about = self.options.saved
        if self.options.resume and about.get("check") != data.about["check"]:
            print(f"backprop: {self.options.resume} was trained on other "
                  f"{self.examples}", file=sys.stderr)
        return Checkpoint(parameters, about.get("velocity"), _seen(about))

    def how(self):
        r"""What steps are taken, where they are not plain, in words."""
        options, m = self.options, self.options.momentum
        return ((f", momentum {m:g}" if m else "")
                + (f", batches of {options.batch}" if options.batch else ""))


def _seen(about):
    r"""The examples that a saved net has been trained on, one by one."""
    if "seen" in about:
        return about["seen"]
    done = about.get("done", 0)  # version 1.0 counted a cat net's epochs
    return done * about.get("examples", 0) if about.get(
        "command") == "cat" else done


class _Points(_Article):
    r"""A command that parts points in the plane."""

    def boundaries(self, run):
        r"""A figure for each moment that a plot shows; of a net that was
        loaded, as it is."""
        (X, Y, *_), (_, cost, _), P = run.job.data, run.job.net, (
            run.end.parameters)
        moments = [(each.epoch, each.cost, each.end.parameters)
                   for each in run.moments if each.end] or [
            (run.end.seen // Y.shape[1], cost(outputs(run.job, X, P), Y), P)]
        return (_boundary_figure(moment, run.job.net, X, Y)
                for moment in moments)

    def accuracy(self, job, parameters):
        r"""That of the points to train on."""
        return accuracy(outputs(job, job.data.X, parameters), job.data.Y)


class _Moons(_Points):
    r"""Two moons, told apart by a net of five layers."""

    def jobs(self):
        r"""One net, the article's or one's own."""
        options = self.options
        job = moons(options.net, options.learning_rate, options.epochs,
                    options.momentum, options.batch, options.seed)
        yield job._replace(start=self.taken_up(job.data) or job.start)

    def words(self, job):
        r"""What is trained on what."""
        options, data = self.options, job.data
        sizes, activations = _read_architecture(options.net)
        epochs = job.start.seen // data.X.shape[1]
        words = (f"Points: {data.X.shape[1]} to train on and "
                 f"{data.X_test.shape[1]} to test, in two moons\nNet: "
                 f"{'-'.join(map(str, sizes))}, {', '.join(activations)}")
        if options.load:
            return f"{words}, of {options.load}, after {epochs} epochs"
        return (f"{words}; seed {options.seed}\nLearning rate "
                f"{options.learning_rate:g}, {options.epochs} epochs"
                + self.how() + (f", after {epochs} in {options.resume}"
                                if options.resume else ""))

    def line(self, moment, job):
        r"""The article's line, ten times in all."""
        if moment.epoch % max(1, self.options.epochs // 10) == 0:
            share = self.accuracy(job, moment.end.parameters)
            return (f"Iteration: {moment.epoch:05} - cost: {moment.cost:.5f} "
                    f"- accuracy: {share:.5f}")

    def test(self, run):
        r"""The article's last line."""
        data = run.job.data
        AL = outputs(run.job, data.X_test, run.end.parameters)
        print("Test set accuracy:", accuracy(AL, data.Y_test))

    def figure(self, runs):
        r"""The border, at the end or as it forms."""
        return self.boundaries(runs[0])


class _Circles(_Points):
    r"""Two rings of points, lifted apart by three hidden units."""

    def jobs(self):
        r"""The net with momentum, and for comparison without."""
        options = self.options
        self.given = options.momentum
        for options.momentum in dict.fromkeys([self.given, 0]):
            self.shares = []
            yield circles(
                learning_rate=options.learning_rate, epochs=options.epochs,
                momentum=options.momentum, batch=options.batch,
                seed=options.seed)

    def words(self, job):
        r"""The points and the gradient check, once; then how it is trained."""
        options, m = self.options, job.data.Y.shape[1]
        if options.momentum == self.given:
            print(f"Points: {m // 2} on a ring, {m - m // 2} within it\nNet: "
                  f"2-3-2, {', '.join(job.layers['activations'])}; seed "
                  f"{options.seed}\n")
            _print_gradients(_net_gradients("", job), every=True)
        return (f"\nLearning rate {options.learning_rate:g}, {options.epochs} "
                f"epochs{self.how() or ', no momentum'}")

    def line(self, moment, job):
        r"""The summed cost, five times in all."""
        self.shares.append(self.accuracy(job, moment.end.parameters))
        if moment.epoch % max(1, self.options.epochs // 5) == 0:
            m = job.data.Y.shape[1]
            return f"Cost after epoch {moment.epoch}: {m * moment.cost:.4f}"

    def test(self, run):
        r"""How many points are on their side, and how far from the plane."""
        m, shares = run.job.data.Y.shape[1], self.shares
        print(f"Points classified: {round(shares[-1] * m)} of {m}" + (
            f", all of them first after epoch {shares.index(1) + 1}"
            if 1 in shares else ""))
        if self.options.momentum == self.given:
            _print_lift(run)

    def figure(self, runs):
        r"""The border as it forms; or all there is to see at the end."""
        if self.options.plot.suffix.lower() == ".gif":
            return self.boundaries(runs[0])
        job, end = runs[0].job, runs[0].moments[-1]
        m = job.data.Y.shape[1]
        curves = {f"momentum {run.job.settings.momentum:g}":
                  [m * each.cost for each in run.moments] for run in runs}
        return _circles_figure(
            (end.epoch, m * end.cost, end.end.parameters),
            job.layers["activations"], job.data.X, job.data.Y, curves)


def _print_lift(run):
    r"""How far the output's plane lies from the points of both classes."""
    (X, Y, *_), P = run.job.data, run.end.parameters
    A1 = _hidden_layer(X, P, run.job.layers["activations"])
    normal, offset = P["W2"][1] - P["W2"][0], P["b2"][1, 0] - P["b2"][0, 0]
    distances = (normal @ A1 + offset) / np.sqrt(normal @ normal)
    outer, inner = distances[Y[0] == 1], distances[Y[1] == 1]
    print("The hidden layer lifts the points into 3 dimensions. From the "
          "plane that parts\nthem there, the outer ring lies at "
          f"{outer.min():.2f} to {outer.max():.2f}, the inner at "
          f"{inner.min():.2f} to {inner.max():.2f}")


class _Pictures(_Article):
    r"""A command that names pictures, those of the test and one's own."""

    examples, classes = "pictures", None

    def data(self, read, **how):
        r"""The set. A net that only names pictures needs none: it says
        itself which classes it knows."""
        options = self.options
        if options.load and options.predict and not options.errors:
            return Dataset(
                classes=options.saved[1].get("classes", self.classes),
                scale=partial(self.scale, **how))
        data = read(options.data, **how)
        size = "x".join(str(n) for n in data.X.shape[1:] if n > 1)
        print(f"Data: {len(data.X)} pictures to train on and "
              f"{len(data.X_test)} to test, {size}, from {data.folder}")
        if data.ships:
            print(self.ships)
        return data

    def likeliest(self, job, picture):
        r"""The likeliest classes of a picture, each with its chance."""
        AL = outputs(job, picture[np.newaxis], job.start.parameters)
        P = _chances(AL)[:, 0]
        return [f"{job.data.classes[c]} ({P[c]:.2f})" for c in
                np.argsort(-P, kind="stable")[:self.named]]

    def errors(self, run):
        r"""List, and if asked for draw, what the net gets wrong."""
        data, options = run.job.data, self.options
        P = _chances(outputs(run.job, data.X_test, run.end.parameters))
        truth = _chances(data.Y_test).argmax(axis=0)
        if len(data.classes) > 2:
            _print_confusion(P, truth)
        wrong = _print_mistakes(P, truth, data.classes, self.worst)
        if data.factors:
            _print_factors(data.factors, wrong)
        if options.plot and not options.predict:
            with plot_style():
                save_plot(_errors_figure(data.X_test, P, truth, data.classes,
                                         wrong), options.plot)

    def predict(self, run):
        r"""Name what each picture shows; 2 if one of them cannot be read."""
        options, status, pairs, captions = self.options, 0, [], []
        job = run.job._replace(start=run.end)
        for file in options.predict:
            try:
                seen = self.read(file)
                words = self.likeliest(job, seen)
                print(f"{file}: {', '.join(words)}", flush=True)
                if options.plot:
                    original = _picture(file, 300)
                    original.thumbnail((300, 300))
                    pairs += [np.asarray(original), seen]
                    captions += [os.path.basename(file)[-18:],
                                 "\n".join(words)]
            except (OSError, ValueError) as error:
                print(f"backprop: {_sentence(error)}", file=sys.stderr)
                status = 2
        if pairs:
            with plot_style():
                save_plot(_plot_pictures(
                    pairs[:48], captions[:48], (), "Pictures, and how the net "
                    "sees them", min(4, len(pairs))), options.plot)
        return status


def _print_confusion(P, truth):
    r"""How often each class is taken for each."""
    k = len(P)
    counts = np.zeros((k, k), int)
    np.add.at(counts, (truth, P.argmax(axis=0)), 1)
    print("\nWhat a digit is (rows), and what it is taken for:\n    "
          + "".join(f"{c:6}" for c in range(k)))
    for c, row in enumerate(counts):
        print(f"{c:4}" + "".join(f"{count or '.':>6}" for count in row))


def _print_mistakes(P, truth, classes, most):
    r"""What the net gets wrong, the surest mistake first; which they are."""
    taken = P.argmax(axis=0)
    wrong = np.flatnonzero(taken != truth)
    wrong = wrong[np.argsort(-P[taken[wrong], wrong], kind="stable")]
    print(f"\nMistakes: {len(wrong)} of {truth.size} test pictures"
          + (f", the {most} surest:" if most and len(wrong) > most else ""))
    for i in wrong[:most]:
        print(f"  picture {i}: {classes[truth[i]]}, taken for "
              f"{classes[taken[i]]} ({P[taken[i], i]:.2f})")
    return wrong


def _print_factors(factors, wrong):
    r"""How often the net errs, by what the pictures were drawn with."""
    print("\nMistakes by what was drawn:")
    for name, values in factors.items():
        rates = [(np.isin(np.flatnonzero(values == value), wrong), value)
                 for value in np.unique(values)]
        rates.sort(key=lambda rate: -rate[0].mean())
        print(textwrap.fill(f"{name}: " + ", ".join(
            f"{value} {hits.sum()} of {hits.size} ({hits.mean():.0%})"
            for hits, value in rates), 78, initial_indent="  ",
            subsequent_indent="    "))


class _Cat(_Pictures):
    r"""Cat or not: a 2-layer and a 5-layer net on small pictures."""

    named, worst, scale = 1, None, staticmethod(_cat_input)
    units = "iterations"
    ships = ("These are the drawings that ship with backprop; get the "
             "course's photographs with: python -m backprop download cat")

    def jobs(self):
        r"""The article's two nets, or one: the better one to keep or use."""
        options = self.options
        nets = [options.hidden] if options.hidden else [[12], [20, 7, 5]]
        if options.save or options.predict or options.errors:
            nets = nets[-1:]
        data = self.data(_cats)
        for hidden in nets:
            rate = options.learning_rate or (
                0.007 if len(hidden) == 1 else 0.0075)
            start = self.taken_up(data) or Checkpoint(
                self.drawn([data.X[0].size, *hidden, 1]))
            yield Job(data, dense_net(), {
                "activations": ["relu"] * len(hidden) + ["sigmoid"]}, start,
                Settings(rate, options.iterations, options.momentum,
                         options.batch))

    def drawn(self, sizes):
        r"""The first parameters of a net of these layers."""
        _check_weights(*map(operator.mul, sizes, sizes[1:]))
        return initialize_parameters_deep(
            sizes, self.options.seed,
            0.01 if len(sizes) == 3 else lambda n: 1 / np.sqrt(n))

    def sizes(self, job):
        r"""The net's name: 12288-12-1."""
        return "-".join(map(str, _layer_sizes({
            name: P.shape for name, P in job.start.parameters.items()})))

    def words(self, job):
        r"""The net, and how it is trained."""
        options, how = self.options, job.settings
        epochs = job.start.seen // (options.saved[1].get("examples", 1)
                                    if options.saved else 1)
        if options.load:
            return (f"\nNet: {self.sizes(job)} of {options.load}, after "
                    f"{epochs or 'some'} iterations")
        return (f"\nNet: {self.sizes(job)}, relu and at last sigmoid; seed "
                f"{options.seed}, learning rate {how.learning_rate}, "
                f"{how.epochs} iterations{self.how()}" + (
                    f", after {epochs} in {options.resume}"
                    if options.resume else ""))

    def line(self, moment, job):
        r"""The article's line, every 100 iterations and at the end."""
        i, m = moment.epoch - 1, job.data.Y.shape[1]
        last = job.start.seen // m + job.settings.epochs - 1
        if i % 100 == 0 or i == last:
            return f"Cost after iteration {i}: {moment.cost}"

    def about(self, job):
        r"""The rate that was taken; how pictures are scaled."""
        return {"learning_rate": job.settings.learning_rate,
                "preprocessing": "x.ravel() / 255"}

    def test(self, run):
        r"""The shares of pictures that it gets right."""
        job, data, P = run.job, run.job.data, run.end.parameters
        print("Training accuracy:", accuracy(outputs(job, data.X, P), data.Y))
        print("Test accuracy:",
              accuracy(outputs(job, data.X_test, P), data.Y_test))

    def figure(self, runs):
        r"""The costs, and the first weights as pictures."""
        return _cat_figure([
            (self.sizes(run.job), run.job.settings.learning_rate,
             [each.cost for each in run.moments],
             None if self.options.load else run.job.start.parameters["W1"],
             run.end.parameters["W1"]) for run in runs],
            runs[0].job.data.X.shape[1:])

    def predict(self, run):
        r"""As for all pictures, with a word of caution."""
        about = (self.options.saved or [0, run.job.data.about])[1]
        self.height, self.width, _ = about["pictures"]
        print(f"\nA net that has seen {about.get('examples', 'so few')} "
              "pictures does not generalise; take these with a grain of "
              "salt:")
        return super().predict(run)

    def read(self, file):
        r"""A picture, in the size that the net was trained on."""
        return read_picture(file, self.height, self.width)


def _described_cat(parameters, about):
    r"""The options that a saved net has to have been made with."""
    sizes = _layer_sizes({name: P.shape for name, P in parameters.items()})
    shape = about.get("pictures", [])
    _check(len(shape) == 3 and shape[2] == 3 and sizes[-1:] == [1]
           and sizes[0] == math.prod(shape)
           and len(about.get("classes", [])) == 2 and about.get(
               "activations") == ["relu"] * len(sizes[2:]) + ["sigmoid"],
           "it holds no net for cats")
    return {"hidden": sizes[1:-1]}


class _Mnist(_Pictures):
    r"""Handwritten digits: a small convolutional net, picture by picture."""

    named, worst, scale = 3, 10, staticmethod(_digit_input)
    unit, units, classes = 1, "pictures", list("0123456789")
    ships = ("These are the digits that ship with backprop; get MNIST with: "
             "python -m backprop download mnist")

    def __init__(self, options):
        super().__init__(options)
        self.told = set()  # the epochs whose line has been printed

    def jobs(self):
        r"""One net: the article's, or with what was asked for besides."""
        # Linux's C library gives memory back that exceeds twice the largest
        # block it has seen freed; to fetch it anew for each step, in batches
        # of 128, takes a tenth of the time. This is the largest it notes.
        np.empty(31 << 20, np.uint8)
        options = self.options
        dtype = np.float32 if options.float32 else np.float64
        data = self.data(partial(_digits, train=options.train,
                                 test=options.test), dtype=dtype)
        hidden = options.hidden or []
        layers = {"activation": options.activation, "activations": [
            options.activation or "relu"] * len(hidden) + ["softmax"],
            "hparameters": {**STAGE, "stride": options.stride}}
        start = self.taken_up(data) or Checkpoint({
            name: P.astype(dtype) for name, P in self.drawn(
                data.X.shape[1:], [*hidden, 10], layers).items()})
        halved = self.rate()
        yield Job(data, conv_net(**layers), layers, start, Settings(
            options.learning_rate or (lambda epoch: halved * 0.5**epoch),
            options.epochs, options.momentum, options.batch, options.seed))

    def rate(self):
        r"""The ball's rate in the first epoch."""
        options = self.options
        most = 0.4 if options.activation else 0.2
        return options.learning_rate or min(0.01 * options.batch, most) * (
            1 - options.momentum)

    def drawn(self, shape, dense, layers):
        r"""The first parameters of a net for pictures of this shape."""
        options, f, stride = self.options, self.options.size, (
            self.options.stride)
        for n in shape[:2]:
            _check(f > n or (n - f) % stride == 0, "--stride {} does not fit: "
                   "a filter of {} has {} pixels to go, from one side of {} "
                   "to the other", stride, f, n - f, n)

        channels = [shape[2], *options.filters]
        left = math.prod(shape[:2]) * channels[-1] // 4**len(options.filters)
        _check_weights(*(f * f * C_prev * C for C_prev, C in zip(
            channels, channels[1:])), *map(operator.mul, [left, *dense],
                                           dense))

        def scale(n):
            if options.activation or options.hidden:
                return np.sqrt(2 / n)
            return 1 / n if len(options.filters) == 1 else 1 / np.sqrt(n)

        return initialize_conv_parameters(
            shape, options.filters, dense, options.seed, scale, f,
            options.activation is not None, layers["hparameters"])

    def words(self, job):
        r"""The net, and how it is trained; not when it is only used."""
        options = self.options
        if options.load:
            return ""
        act = f", {options.activation}" if options.activation else ""
        stages = ", ".join(f"{P.shape[3]} filters {P.shape[0]}x{P.shape[1]}"
                           f"{act}, max-pool 2"
                           for name, P in job.start.parameters.items()
                           if name[0] == "W" and P.ndim == 4)
        hidden = "".join(f", {name} {n}" for name, n in zip(
            job.layers["activations"], options.hidden or []))
        held = "" if options.learning_rate else " halved each epoch"
        return (f"Net: {stages}{hidden}, softmax 10; seed {options.seed}, "
                f"learning rate {self.rate():g}{held}, {options.epochs} "
                f"epochs, {options.batch} at a time" + (
                    f", momentum {options.momentum:g}" if options.momentum
                    else "") + (f", after {job.start.seen} pictures in "
                                f"{options.resume}" if options.resume else ""))

    def every(self, job):
        r"""Steps between the article's lines: 100, for a long epoch 1000."""
        m, size = job.data.Y.shape[1], job.settings.batch
        count = -(-m // size)
        return min(count, 10**max(2, len(str(count // 20))))

    def line(self, moment, job):
        r"""The article's lines."""
        every = self.every(job)
        first = moment.epoch not in self.told
        self.told.add(moment.epoch)
        return "\n".join([f"\n--- Epoch {moment.epoch} ---"] * first + [
            f"[Step {moment.step}] Past {every} steps: Average Loss "
            f"{moment.cost:.3f} | Accuracy: "
            f"{round(100 * moment.accuracy, 6):.0f}%"]
            * (moment.steps == every))

    def about(self, job):
        r"""The stages, with one name for each number; the pictures' scale."""
        return {**job.layers["hparameters"], "hparameters": None,
                "preprocessing": "x / 255 - 0.5"}

    def test(self, run):
        r"""The article's last lines."""
        data, (_, cost, _) = run.job.data, run.job.net
        AL = outputs(run.job, data.X_test, run.end.parameters)
        print("\n--- Testing the CNN ---\n"
              f"Test Loss: {float(cost(AL, data.Y_test))}\n"
              f"Test Accuracy: {accuracy(AL, data.Y_test)}")

    def read(self, file):
        r"""A digit of one's own."""
        return read_digit(file)[..., np.newaxis]

    def figure(self, runs):
        r"""How it learned, and its filters at work."""
        (run,) = runs
        every = None if self.options.load else self.every(run.job)
        return _mnist_figure(
            [(each.steps, each.cost, each.accuracy) for each in run.moments
             if each.steps == every], run.job.data.X_test[0], run.job.net,
            None if self.options.load else run.job.start.parameters,
            run.end.parameters)


def _described_mnist(parameters, about):
    r"""The options that a saved net has to have been made with."""
    filters = {name: P for name, P in parameters.items()
               if name[0] == "W" and P.ndim == 4}
    sizes = _layer_sizes({name: P.shape for name, P in parameters.items()})
    activation, hidden = about.get("activation"), sizes[1:-1]
    inner = about.get("activations", ["softmax"])
    sides = {P.shape[0] for P in filters.values()}
    _check(filters and sizes[-1:] == [10] and len(sides) == 1
           and inner == [activation or "relu"] * len(hidden) + ["softmax"]
           and len(about.get("classes", _Mnist.classes)) == 10
           and about.get("pool", 2) == 2 and about.get("pad", 0) == 0
           and all((f"b{name[1:]}" in parameters) == (activation is not None)
                   for name in filters),
           "it holds no net for digits")
    return {"filters": [P.shape[3] for P in filters.values()],
            "size": sides.pop(), "stride": about.get("stride", 1),
            "activation": activation, "hidden": hidden or None,
            "float32": parameters["W1"].dtype == np.float32}


def _draw_circuit(w, x):
    r"""Draw the circuit of section 1 as text, with its numbers: the values
    stand above the wires, the gradients below."""
    f, cache = circuit_forward(w, x)
    dw, dx, (df, dd, de, dn, dz, ds, dp0, dp1) = circuit_backward(1, cache)
    w, x, p0, p1, s, z, n, e, d = cache
    wires = [  # row, column, length, value, gradient
        (1, 3, 6, w[0], dw[0]), (5, 3, 6, x[0], dx[0]),
        (9, 3, 6, w[1], dw[1]), (13, 3, 6, x[1], dx[1]),
        (17, 3, 22, w[2], dw[2]), (3, 11, 6, p0, dp0),
        (11, 11, 6, p1, dp1), (7, 19, 6, s, ds), (12, 27, 6, z, dz),
        (12, 36, 6, n, dn), (12, 47, 6, e, de), (12, 57, 6, d, dd),
        (12, 68, 6, f, df)]
    texts = [(1, 0, "w0"), (5, 0, "x0"), (9, 0, "w1"), (13, 0, "x1"),
             (17, 0, "w2"), (3, 8, "(×)"), (11, 8, "(×)"), (7, 16, "(+)"),
             (12, 24, "(+)"), (12, 33, "(−)"), (12, 42, "(exp)"),
             (12, 53, "(+1)"), (12, 63, "(1/x)"), (12, 75, "f")]
    drawing = np.full((19, 76), " ")
    for row, column, length, value, gradient in wires:
        texts.append((row, column, "─" * length))
        for at, number in (row - 1, value), (row + 1, gradient):
            text = f"{round(float(number), 2) + 0:5.2f}"
            texts.append((at, column,
                          text if len(text) < 7 else f"{number:6.0e}"))
    for column, top, gate, bottom in ((9, 1, 3, 5), (9, 9, 11, 13),
                                      (17, 3, 7, 11), (25, 7, 12, 17)):
        drawing[top + 1:bottom, column] = "│"
        drawing[[top, bottom], column] = "┐", "┘"
    for row, column, text in texts:
        drawing[row, column:column + len(text)] = list(text)
    return "\n".join("".join(row).rstrip() for row in drawing)


def _circuit(options):
    r"""Print one unit, gate by gate."""
    w, x = options.w, options.x
    z = w[0] * x[0] + w[1] * x[1] + w[2]
    _check(abs(z) < 300, "w0 x0 + w1 x1 + w2 is {:g}, expected between "
           "-300 and 300", z)
    f, _ = circuit_forward(w, x)
    drawing = "\n".join([
        "f(w, x) = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2)))",
        "Values above the wires, gradients below.", "",
        _draw_circuit(w, x), "",
        "(+) hands its gradient on, (×) swaps: it gives each input the "
        "gradient times", "the other input.  From w2 to f in one step: "
        f"f (1 - f) = {f:.2f} * {1 - f:.2f} = {f * (1 - f):.2f}"])
    try:
        drawing.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        drawing = drawing.translate(str.maketrans("─│┐┘×−", "-|++*-"))
    print(drawing)
    return 0


def _apart(g, g_hat):
    r"""The relative distance of two gradients, as `gradient_check` has it."""
    return gradient_check(sum, g, g, by=lambda f, at: {"": g_hat})


def _verdict(g, numerical, sideways, epsilon):
    r"""What is to be said of a gradient found in three ways."""
    # What rounding and curvature may leave at this epsilon.
    limit = max(1e-7, 100 * epsilon**2, 1e-13 / epsilon)
    if not _apart(g, sideways) < 1e-12 or not np.isfinite(numerical).all():
        return "  WRONG"
    return "" if _apart(g, numerical) < limit else "  kink"


def _print_gradients(rows, epsilon=1e-5, every=False):
    r"""Print gradients found in three ways; 1 if two of them disagree.

    Of each array every entry, or the one that differs most.
    """
    width, verdicts = 0 if every else 22, []
    print(f"{'':{width + 9}}{'backprop':>15}{'numerical':>15}"
          f"{'relative':>9}{'complex':>9}\n{'' if every else 'layer':<{width}}"
          f"{'of':9}{'gradient':>15}{'gradient':>15}{'error':>9}{'step':>9}")
    for layer, name, g, *found in rows:
        verdicts.append(_verdict(g, *found, epsilon))
        worst = np.unravel_index(np.argmax(abs(g - found[0])), g.shape)
        for entry in np.ndindex(g.shape) if every else [worst]:
            at = str([*entry]).replace(" ", "") if every else ""
            one = entry if every else ...
            errors = [_apart(g[one], g_hat[one]) for g_hat in found]
            print(f"{layer:<{width}}{name + at:9}{g[entry]:15.9f}"
                  f"{found[0][entry]:15.9f}{errors[0]:9.0e}"
                  f"{errors[1]:9.0e}{verdicts[-1]}")
    wrong = verdicts.count("  WRONG")
    if "  kink" in verdicts:
        print("kink: epsilon reaches across one of relu or max; the complex "
              "step, which\ndoes not, agrees")
    print(f"Gradient errors found: {wrong} of {len(verdicts)}" if wrong
          else "No gradient errors found")
    return int(wrong > 0)


def _check_gradients(options):
    r"""Print the gradients of every layer and of some nets."""
    return _print_gradients(_gradient_checks(options.epsilon, options.seed),
                            options.epsilon)


def _described_moons(parameters, about):
    r"""The options that a saved net has to have been made with."""
    sizes = _layer_sizes({name: P.shape for name, P in parameters.items()})
    net = [dict(zip(("input_dim", "output_dim", "activation"), layer))
           for layer in zip(sizes, sizes[1:], about.get("activations", []))]
    _check(sizes[:1] + sizes[-1:] == [2, 1] and len(net) == len(sizes) - 1
           and net[-1]["activation"] == "sigmoid", "it holds no net for moons")
    return {"net": net}


def _rbf(options):
    r"""Go down the cost surface of the line's net, and print both."""
    how = options.learning_rate, options.steps
    (X, Y), path = rbf(options.start, *how, options.momentum,
                       not options.constant)
    m = X.shape[1]
    print(f"Points: {m // 2} \"yes\" around 0, {m - m // 2} \"no\" around -2 "
          "and 2\nNet: 1-1-1, gaussian and sigmoid, biases 0 and -1 held\n"
          f"Learning rate {options.learning_rate:g}"
          + ("" if options.constant else f", falling to 0 in {options.steps} "
             "steps")
          + (f", momentum {options.momentum:g}" if options.momentum else ""))
    for step in sorted({0, len(path) - 1,
                        *range(0, len(path), max(1, options.steps // 10))}):
        wh, wo, cost = path[step]
        print(f"Step {step:3}: wh {wh:6.2f}  wo {wo:6.2f}  cost {cost:7.3f}")
    wh, wo = np.arange(-3, 4), np.arange(10, -7, -2)
    print("\nThe cost over wh (across) and wo (down):\n      "
          + "".join(f"{v:6}" for v in wh))
    for v, row in zip(wo, _cost_surface(X, Y, wh, wo)):
        print(f"{v:6}" + "".join(f"{cost:6.0f}" for cost in row))
    if options.plot:
        paths = {f"momentum {options.momentum:g}": path}
        if options.momentum:
            paths["momentum 0"] = rbf(options.start, *how,
                                      falling=not options.constant)[1]
        with plot_style():
            save_plot(_rbf_figure(X, Y, paths), options.plot)
    return 0


def _download_options(parser):
    r"""Add what is no option: the set."""
    parser.add_argument("which", nargs="?", default="all",
                        choices=["all", *_ORIGINALS], help="(all)")


def _download(options):
    r"""Bring the sets, and say where they are now."""
    download(options.which, options.to, options.source)
    return 0


class _Command(NamedTuple):
    r"""What ``python -m backprop NAME`` does."""

    help: str
    more: str  # for its own --help
    run: Callable  # takes the options; gives the exit status
    options: tuple = ()  # rows, or what adds them to a parser
    keep: tuple = ()  # rows: what can be done with its net besides
    described: Callable | None = None  # what options made a saved net


_SAVE = (_Option("--save", _target, None, "keep the net, as .npz", "FILE"),
         _Option("--load", _name, None,
                 "use a saved net, without training", "FILE"),
         _Option("--resume", _name, None,
                 "go on training a saved net", "FILE"))
_PREDICT = (*_SAVE, _Option(
    "--predict", _name, None, "say what pictures of your own show", "PICTURE",
    {"nargs": "+"}))
_ERRORS = _Option("--errors", None, False,
                  "show the test pictures that the net gets wrong")
_RATE = _Option("--learning-rate", _rate, None, "({})", "RATE")
_MOMENTUM = _Option("--momentum", _share, 0,
                    "V <- B V - RATE dP, P <- P + V ({})", "B")
_BATCH = _Option("--batch", _whole(1), None, "examples in a batch (all)")
_SEED = _Option("--seed", _seed, 1, "of the first parameters ({})")
_EPOCHS = _Option("--epochs", _whole(1), 3, "({})")
_HIDDEN = _Option("--hidden", _whole(1), None,
                  "units of hidden layers (none)", more={"nargs": "+"})

COMMANDS = {
    "circuit": _Command(
        "One sigmoid unit, gate by gate, forward and backward.",
        "The circuit of Stanford's CS231n notes on backpropagation.",
        _circuit, (
            _Option("--w", _any, (2, -3, -3), "({})", ("W0", "W1", "W2"),
                    {"nargs": 3}),
            _Option("--x", _any, (-1, -2), "({})", ("X0", "X1"),
                    {"nargs": 2}))),
    "cat": _Command(
        "Cat or not: a 2-layer and a 5-layer net on small pictures.",
        "The last assignment of the first deeplearning.ai course.",
        _Cat.command, (
            _HIDDEN._replace(help="train just one net, with these hidden "
                             "layers (the articles': 12, and 20 7 5; to keep "
                             "or use, the latter alone)"),
            _RATE._replace(help="0.007 with one hidden layer, else 0.0075"),
            _Option("--iterations", _whole(1), 2500,
                    "steps over the whole set ({})"),
            _SEED._replace(help="of the first weights ({})"),
            _Option("--data", _name, None,
                    "folder of train_ and test_catvnoncat.h5", "DIR"),
            _MOMENTUM, _BATCH,
            _plot("costs and weights, or mistakes")),
        (*_PREDICT, _ERRORS),
        _described_cat),
    "moons": _Command(
        "Two moons, told apart by a net of five layers.",
        "Article: P. Skalski, \"Let's code a neural network in plain "
        "NumPy\".", _Moons.command, (
            _Option("--net", _layers, MOONS, "the layers: a list of "
                    "{{\"input_dim\": N, \"output_dim\": N, \"activation\": "
                    "NAME}}, or a file that holds it (2-25-50-50-25-1, relu "
                    "and at last sigmoid)", "JSON"),
            _RATE._replace(default=0.01), _EPOCHS._replace(default=10000),
            _SEED._replace(default=2), _MOMENTUM, _BATCH,
            _plot("the boundary, .gif as it forms", ".gif")), _SAVE,
        _described_moons),
    "rbf": _Command(
        "One Gaussian unit finds the middle of a line: the cost surface.",
        "Article: P. Roelants, \"How to implement a neural network\", "
        "part 3.", _rbf, (
            _Option("--start", _any, (2, -5), "({})", ("WH", "WO"),
                    {"nargs": 2}),
            _RATE._replace(default=0.2, help="of the first step ({})"),
            _Option("--steps", _whole(1), 50, "({})"),
            _Option("--constant", None, False,
                    "keep the rate; without it, it falls to 0"),
            _MOMENTUM._replace(help="as for moons ({})"),
            _plot("the cost surface and the way down"))),
    "circles": _Command(
        "Two rings of points, lifted apart by three hidden units.",
        "Article: P. Roelants, \"How to implement a neural network\", "
        "part 4.", _Circles.command, (
            _RATE._replace(default=0.02), _EPOCHS._replace(default=300),
            _SEED, _MOMENTUM._replace(default=0.9), _BATCH,
            _plot("boundary, hidden space and costs, .gif the boundary as it "
                  "forms", ".gif"))),
    "check": _Command(
        "Every gradient of the file against numerical ones.",
        "Of each array the entry that differs most is shown. The relative "
        "error is that of the whole array (section 10); the last column is "
        "the same against complex steps, Im f(x + ih)/h. f is the size of a "
        "window or a filter, s the stride, p the padding.",
        _check_gradients, (
            _Option("--epsilon", _number(
                float, lambda e: 1e-12 <= e <= 0.01, "a number from 1e-12 to "
                "0.01"), 1e-5, "size of the nudge ({})", "E"),
            _SEED._replace(help="of all numbers ({})"))),
    "mnist": _Command(
        "Handwritten digits: a small convolutional net, picture by picture.",
        "Article: V. Zhou, \"CNNs, part 2: training a convolutional neural "
        "network\".", _Mnist.command, (
            _Option("--train", _whole(1), None,
                    "train on the first N pictures (all)"),
            _Option("--test", _whole(1), None, "test on the first N (all)"),
            _EPOCHS._replace(help="times through all of them ({})"),
            _RATE._replace(help="held; without it 0.01 a picture, at most "
                           "0.2 (with relu 0.4), times 1 - B, halved each "
                           "epoch"),
            _MOMENTUM,
            _BATCH._replace(default=1, help="examples in a batch ({})"),
            _Option("--filters", _whole(1), (8,), "of each stage, as 8 16 "
                    "for two ({})", more={"nargs": "+"}),
            _Option("--layers", _whole(1), (8,), argparse.SUPPRESS,
                    more={"nargs": "+", "dest": "filters"}),
            _Option("--size", _whole(1), 3,
                    "height and width of the filters ({})"),
            _Option("--stride", _whole(1), 1, "of the filters ({})"),
            _Option("--activation", str, None, "of stages, which then have "
                    "biases, and hidden layers: relu, tanh, sigmoid or "
                    "gaussian (none)", "NAME",
                    {"choices": list(ACTIVATIONS)[:4]}),
            _HIDDEN, _SEED._replace(help="of weights and order ({})"),
            _Option("--float32", None, False,
                    "half the memory and digits, and faster"),
            _Option("--data", _name, None,
                    "folder of MNIST's four files, or such", "DIR"),
            _plot("costs and filters, or mistakes")),
        (*_PREDICT, _ERRORS),
        _described_mnist),
    "download": _Command(
        "Bring the course's cats and MNIST from the net, and check them.",
        "", _download, (
            _Option("--to", _name, None, "where to, in place of "
                    "$BACKPROP_DATA or ~/.cache/backprop, where the commands "
                    "find the files by themselves", "DIR"),
            _Option("--from", _name, None, "where from, in place of the "
                    "public mirrors", "URL-or-DIR", {"dest": "source"}))),
    "exercise": _Command(
        "Make this file an assignment: its equations' lines left out.",
        "", _exercise),
    "grade": _Command("Mark an assignment, function by function.", "",
                      _grade),
}
# What has options of its own kind adds them itself.
_ADDERS = {"exercise": _exercise_options, "grade": _grade_options,
           "download": _download_options}


class _Parser(argparse.ArgumentParser):
    r"""Says what is wrong in one line, and takes -1e-5 for a number."""

    def __init__(self, **settings):
        super().__init__(allow_abbrev=False, **settings)
        self._negative_number_matcher = re.compile(
            r"-(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")

    def error(self, message):
        r"""End with one line and status 2."""
        self.exit(2, f"{self.prog}: {_shown(message, 2000)}\n")


def _parser():
    r"""The parser of all commands."""
    parser = _Parser(prog="python -m backprop", description="Backpropagation, "
                     "derived and coded in the same order.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands",
                                     dest="command")
    for name, command in COMMANDS.items():
        own = commands.add_parser(
            name, help=command.help,
            description=f"{command.help} {command.more}")
        for option in command.options:
            option.add(own)
        _ADDERS.get(name, lambda own: None)(own)
        if command.keep:
            own.usage = f"{own.prog} [options]"
            group = own.add_argument_group("keep it and use it")
            for option in command.keep:
                option.add(group)
    return parser


_TRAINING = ("learning_rate", "iterations", "epochs", "momentum", "batch",
             "seed", "train")


def _settings(typed):
    r"""All options of a command: what was typed goes before what a saved net
    says of itself, and that before the article's own settings."""
    name = typed["command"]
    command, saved, restored, made = COMMANDS[name], None, {}, {}
    load, file = typed.get("load"), typed.get("load") or typed.get("resume")
    _check(not (load and "save" in typed), "--save keeps what was trained, "
           "but with --load nothing is")
    _check(not (load and "resume" in typed), "--load uses a net and --resume "
           "trains it further; only one of them can be had")
    if file:
        saved = parameters, about = load_parameters(file)
        _check(about.get("command") == name, "{} holds a net for {}, not for "
               "{}", file, about.get("command", "Python"), name)
        try:
            made = command.described(parameters, about)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None
        restored = {row.name: about[row.name] for row in _SAVED
                    if row.restores and row.name in about
                    and not (load and row.name in _TRAINING)}
    for option, value in typed.items():
        flag = "--" + option.replace("_", "-")
        _check(not load or option not in _TRAINING, "{} is for training, and "
               "--load uses a net as it is; --resume trains it further", flag)
        _check(option not in made or made[option] == value, "{} is {}, but "
               "the net of {} was made with {}", flag, value, file,
               made.get(option))
    article = {option.name: option.default for option in (
        *_PREDICT, _ERRORS, *command.options)}
    return argparse.Namespace(**{**article, "saved": saved, **restored,
                                 **made, **typed})


class _Steady:
    r"""A stream that may outlive whoever reads it: what was trained must
    still be saved when stdout is full, closed, or nobody's any more."""

    def __init__(self, stream, lasts=False):
        self.stream = stream or open(os.devnull, "w", encoding="utf-8")
        self.fault, self.lasts = None, lasts

    def write(self, text):
        r"""Write, if that still works."""
        self.attempt(lambda: self.stream.write(text))
        return len(text)

    def flush(self):
        r"""Flush, if that still works."""
        self.attempt(self.stream.flush)

    def attempt(self, action):
        r"""Act, until it fails once; whether that ends all, `lasts` says."""
        if self.fault is None:
            try:
                action()
            except OSError as fault:
                self.fault = fault
                with contextlib.suppress(OSError, ValueError):
                    # Python's last flush shall go nowhere.
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, self.stream.fileno())
                    os.close(nowhere)
                if not self.lasts:
                    raise

    def __getattr__(self, name):
        return getattr(self.stream, name)


def _sentence(error):
    r"""What went wrong, in one line."""
    if isinstance(error, MemoryError):
        return "this takes more memory than there is"
    if isinstance(error, RecursionError):
        return "this is nested too deeply"
    if getattr(error, "strerror", None):
        file = f"{error.filename}: " if error.filename else ""
        return _shown(file + error.strerror)
    return _shown(error, 2000) or type(error).__name__


@contextlib.contextmanager
def _one_thread():
    r"""Hold numpy to one thread, unless the environment says how many.

    The products here are small. Threads that share one wait for each other
    for longer than they work, and many times longer while another program
    has the processors.
    """
    names = "OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB"
    if any(os.environ.get(f"{name}_NUM_THREADS") for name in names):
        yield
        return
    try:
        limits = _import("threadpoolctl").threadpool_limits
    except ImportError:
        start = time.monotonic()
        yield
        if time.monotonic() - start > 5:
            print("backprop: on one thread this may be faster: set "
                  "OMP_NUM_THREADS=1, or python -m pip install threadpoolctl",
                  file=sys.stderr)
        return
    with limits(1, "blas"):
        yield


def main(argv=None):
    r"""Run a command.

    Parameters
    ----------
    argv : list of str, optional
        The words behind ``python -m backprop``; without it ``sys.argv``.

    Returns
    -------
    status : int
        0 if all went well, 1 if what was asked for failed or nobody read
        it to the end, 2 if it could not be done, 130 after Ctrl-C.
    """
    streams = sys.stdout, sys.stderr
    out = sys.stdout = _Steady(sys.stdout)
    sys.stderr = _Steady(sys.stderr, lasts=True)
    try:
        status = _run(argv)
        out.lasts = True  # from here on a fault is told once, below
        out.flush()
    finally:
        sys.stdout, sys.stderr = streams
    if out.fault is None or status:
        return status
    if isinstance(out.fault, BrokenPipeError):
        return 1
    print(f"backprop: stdout: {_sentence(out.fault)}", file=streams[1])
    return 2


def _run(argv):
    r"""Run a command, and tell in a sentence what stops it."""
    try:
        typed = vars(_parser().parse_args(argv))
        if typed["command"] is None:
            _parser().print_help()
            return 0
        options = _settings(typed)
        sys.stdout.lasts = bool(getattr(options, "save", None))
        # A rate too large shows in the costs; it needs no warnings.
        with np.errstate(over="ignore", invalid="ignore"), _one_thread():
            return COMMANDS[options.command].run(options)
    except SystemExit as stop:
        return stop.code or 0
    except KeyboardInterrupt:
        print("backprop: stopped", file=sys.stderr)
        return 130
    except (ValueError, OSError, ImportError, ArithmeticError, MemoryError,
            RecursionError, np.linalg.LinAlgError) as error:
        if error is sys.stdout.fault:
            return 0  # `main` tells it
        print(f"backprop: {_sentence(error)}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
