"""The book's figures, drawn from the program's own numbers.

Each function returns an SVG file's text. `themed` turns its colours into the
style sheet's variables, so that a figure in the page follows the reader's
choice of light or dark; its words are text, which drawings.py translates.
"""

import functools
import io
import json
import re
import sys
import textwrap
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).parent.parent))

import backprop as bp  # noqa: E402

INK, SOFT, RULE, PAPER = "#1b1f24", "#5b6470", "#d9dde3", "#f6f7f9"
C1, C2, C3, C4 = "#1f66b1", "#c2410c", "#2f7d3b", "#8244a8"
FAINT = {C1: "#dbe8f6", C2: "#fbe3d6", C3: "#dcefdd", C4: "#eee1f5"}
NAMES = {INK: "ink", SOFT: "soft", RULE: "rule", PAPER: "paper",
         C1: "c1", C2: "c2", C3: "c3", C4: "c4", FAINT[C1]: "c1-faint",
         FAINT[C2]: "c2-faint", FAINT[C3]: "c3-faint", FAINT[C4]: "c4-faint",
         # Those of the program's plots.
         "#222222": "ink", "#dddddd": "rule", "#0072b2": "c1",
         "#d55e00": "c2", "#009e73": "c3", "#cc79a7": "c4"}


def themed(svg):
    """Colours as variables, numbers no longer than the eye can see."""
    for colour, name in NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    def shorter(attribute):
        return re.sub(r"-?\d+\.\d\d+",
                      lambda n: f"{float(n[0]):.1f}", attribute[0])

    svg = re.sub(r' (?:d|points|x|y)="[^"]*"', shorter, svg)
    return re.sub(r">\s+<", "><", svg)


# --- By hand --------------------------------------------------------------

def text(x, y, words, kind="", anchor="middle", **more):
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    kind = f' class="{kind}"' if kind else ""
    return (f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{kind}'
            f'{extra}>{words}</text>')


def box(x, y, w, h, fill="none", stroke=INK, r=0, **more):
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    return (f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" '
            f'rx="{r:g}" fill="{fill}" stroke="{stroke}"{extra}/>')


def line(*points, stroke=SOFT, width=1.5, **more):
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    places = " ".join(f"{x:g},{y:g}" for x, y in points)
    return (f'<polyline points="{places}" fill="none" stroke="{stroke}" '
            f'stroke-width="{width:g}"{extra}/>')


def svg(width, height, *parts, size=15):
    return (f'<svg viewBox="0 0 {width:g} {height:g}" '
            f'font-size="{size}" class="by-hand">{"".join(parts)}</svg>')


def number(value, digits=2):
    """As print shows it: a true minus, no minus before nothing."""
    out = f"{float(value):.{digits}f}"
    if float(out) == 0:
        out = out.lstrip("-")
    return out.replace("-", "\N{MINUS SIGN}")


def wire(*points, at, value, gradient, name="", key=None):
    """A wire with its value above and its gradient below the place at.

    A key is for the script that changes them.
    """
    (x0, y0), (x, y) = points[0], at
    v, g = ({"data_v": key}, {"data_g": key}) if key else ({}, {})
    digits = 2 if key else 0
    return (line(*points)
            + text(x, y - 7, number(value, digits), "value", **v)
            + text(x, y + 19, number(gradient, digits), "gradient", **g)
            + (text(x0 - 8, y0 + 5, name, "name", "end") if name else ""))


def gate(x, y, sign):
    """A gate of a circuit, and what it does."""
    return (f'<circle cx="{x:g}" cy="{y:g}" r="20" fill="{PAPER}" '
            f'stroke="{INK}" stroke-width="1.5"/>'
            + text(x, y + 6, sign, "gate"))


def circuit():
    """The circuit of section 1: values above, gradients below each wire."""
    f, cache = bp.circuit_forward([2, -3, -3], [-1, -2])
    w, x, p0, p1, s, z, n, e, d = cache
    dw, dx, (df, dd, de, dn, dz, ds, dp0, dp1) = bp.circuit_backward(1, cache)
    parts = []
    top, low, mid = 70, 200, 135
    for label, y0, value, gradient, at in (
            ("w₀", 40, w[0], dw[0], top), ("x₀", 100, x[0], dx[0], top),
            ("w₁", 170, w[1], dw[1], low), ("x₁", 230, x[1], dx[1], low)):
        parts.append(wire(
            (38, y0), (112, y0), (137, at + (y0 - at) * .3), at=(76, y0),
            value=value, gradient=gradient, key=label, name=label))
    parts += [
        wire((38, 300), (348, 300), (372, mid + 18), at=(180, 300),
             value=w[2], gradient=dw[2], key="w₂", name="w₂"),
        wire((170, top), (236, top), (266, mid - 16), at=(203, top),
             value=p0, gradient=dp0, key="p0"),
        wire((170, low), (236, low), (266, mid + 16), at=(203, low),
             value=p1, gradient=dp1, key="p1"),
        wire((300, mid), (362, mid), at=(331, mid), value=s, gradient=ds,
             key="s")]
    for x0, value, gradient, key in (
            (402, z, dz, "z"), (508, n, dn, "n"), (614, e, de, "e"),
            (720, d, dd, "d"), (826, f, df, "f")):
        parts.append(wire((x0, mid), (x0 + 66, mid), at=(x0 + 33, mid),
                          value=value, gradient=gradient, key=key))
    for x0, y0, sign in ((150, top, "×"), (150, low, "×"), (280, mid, "+"),
                         (382, mid, "+"), (488, mid, "×−1"),
                         (594, mid, "exp"), (700, mid, "+1"),
                         (806, mid, "1/x")):
        parts.append(gate(x0, y0, sign))
    parts.append(text(900, mid + 5, "f", "name", "start"))
    parts.append(text(500, 280, "value, forward →", "value"))
    parts.append(text(500, 302, "← gradient, backward", "gradient"))
    return themed(svg(914, 326, *parts, size=16))


def patterns():
    """What add, multiply, max and a fork do with a gradient."""
    a, b, arrived = 3, -2, 4
    parts = []
    for x, y, title, sign, value, to_a, to_b in (
            (0, 0, "add: to both", "+", a + b, arrived, arrived),
            (250, 0, "multiply: times the other", "×", a * b, b * arrived,
             a * arrived),
            (0, 170, "max: to the larger", "max", max(a, b),
             arrived * (a > b), arrived * (b > a))):
        parts += [
            text(x, y + 18, title, "strong", "start"),
            wire((x + 24, y + 58), (x + 84, y + 58), (x + 120, y + 84),
                 at=(x + 54, y + 58), value=a, gradient=to_a, name="a"),
            wire((x + 24, y + 122), (x + 84, y + 122), (x + 120, y + 98),
                 at=(x + 54, y + 122), value=b, gradient=to_b, name="b"),
            wire((x + 152, y + 91), (x + 218, y + 91),
                 at=(x + 185, y + 91), value=value, gradient=arrived),
            gate(x + 132, y + 91, sign)]
    x, y, low = 250, 170, -1
    parts += [
        text(x, y + 18, "fork: gradients add", "strong", "start"),
        wire((x + 24, y + 91), (x + 100, y + 91), at=(x + 58, y + 91),
             value=a, gradient=arrived + low, name="a"),
        wire((x + 100, y + 91), (x + 140, y + 58), (x + 218, y + 58),
             at=(x + 180, y + 58), value=a, gradient=arrived),
        wire((x + 100, y + 91), (x + 140, y + 124), (x + 218, y + 124),
             at=(x + 180, y + 124), value=a, gradient=low),
        f'<circle cx="{x + 100}" cy="{y + 91}" r="4" fill="{INK}"/>']
    return themed(svg(480, 322, *parts))


def short(value):
    """No more digits than a number has, and a true minus."""
    return f"{value + 0:.3g}".replace("-", "\N{MINUS SIGN}")


def labelled(x, y, name, values, kind):
    """An array's name and, as one row, its numbers."""
    row = ", ".join(short(value) for value in np.ravel(values))
    return (f'<text x="{x:g}" y="{y:g}"><tspan class="name">{name}</tspan>'
            f'<tspan class="{kind}" dx="6">({row})</tspan></text>')


def arrow(x0, y0, x1, y1, colour, **more):
    """A straight arrow, upright or level."""
    x, y = np.sign(x1 - x0) * 7, np.sign(y1 - y0) * 7
    tip = f"M{x1} {y1}l{-x - .7 * y} {-y - .7 * x}l{1.4 * y} {1.4 * x}z"
    return (line((x0, y0), (x1 - x, y1 - y), stroke=colour, **more)
            + f'<path d="{tip}" fill="{colour}"/>')


def small_net():
    """The net of the examples: forward, its caches, and backward."""
    P = {"W1": [[3, 4], [1, -1]], "b1": [[1], [0]],
         "W2": [[.25, 5]], "b2": [[-3]]}
    P = {name: np.array(value, float) for name, value in P.items()}
    X, Y = np.array([[1.0], [2.0]]), np.array([[1.0]])
    AL, caches = bp.L_model_forward(X, P)
    (_, Z1), ((A1, *_), Z2) = caches
    dAL = bp.compute_cost_backward(AL, Y)
    dZ2 = bp.sigmoid_backward(dAL, Z2)
    grads = bp.L_model_backward(AL, Y, caches)
    dZ1 = bp.relu_backward(grads["dA1"], Z1)
    J = bp.compute_cost(AL, Y)
    rows = [  # forward box, value below it; cache; backward box, above it
        ("linear 1", "Z1", Z1, "X, W1, b1", "dA0", grads["dA0"]),
        ("relu", "A1", A1, "Z1", "dZ1", dZ1),
        ("linear 2", "Z2", Z2, "A1, W2, b2", "dA1", grads["dA1"]),
        ("sigmoid", "AL", AL, "Z2", "dZ2", dZ2),
        ("cost", "J", J, "AL, Y", "dAL", dAL)]
    left, right, wide, gap = 50, 288, 92, 84
    parts = [text(left, 18, "forward", "strong"),
             text(169, 18, "caches", "strong"),
             text(right, 18, "backward", "strong"),
             arrow(left, 34, left, 66, C1),
             labelled(left + 10, 54, "X", X, "value")]
    for k, (name, out, value, cache, grad, sent) in enumerate(rows):
        y = 66 + k * gap
        parts += [
            box(left - wide / 2, y, wide, 34, PAPER, INK, 5),
            text(left, y + 22, name),
            arrow(left, y + 34, left, y + gap - gap * (k == 4) / 4, C1),
            labelled(left + 10, y + 56, out, value, "value"),
            arrow(left + wide / 2, y + 17, right - wide / 2, y + 17, C4,
                  stroke_dasharray="3 3"),
            box(114, y + 4, 110, 26, FAINT[C4], C4, 4),
            text(169, y + 23, cache, "name"),
            box(right - wide / 2, y, wide, 34, PAPER, INK, 5),
            text(right, y + 22, name),
            arrow(right, y, right, y - 32, C2),
            labelled(right + 10, y - 12, grad, sent, "gradient")]
        if name.startswith("linear"):
            l = name[-1]
            parts += [arrow(right + wide / 2, y + 17, right + 72, y + 17, C2),
                      text(right + 78, y + 22, f"dW{l}, db{l}", "name",
                           "start")]
    return themed(svg(480, 66 + 5 * gap, *parts))


def cells(x, y, rows, columns, side=20, colour=C1, marked=()):
    """A matrix as a block of cells."""
    out = []
    for i in range(rows):
        for j in range(columns):
            fill = colour if (i, j) in marked else FAINT[colour]
            out.append(box(x + j * side, y + i * side, side, side, fill,
                           PAPER))
    out.append(box(x, y, columns * side, rows * side, "none", colour,
                   stroke_width=1.5))
    return "".join(out)


def matrix(x, y, rows, columns, name, shape, colour, marked=(), side=20):
    """A block, its name above and its shape below."""
    middle = x + columns * side / 2
    return (text(middle, y - 10, name, "name")
            + cells(x, y, rows, columns, side, colour, marked)
            + text(middle, y + rows * side + 20, shape, "soft"))


def shapes():
    """Z = W A + b as blocks that fit: 3 units, 5 inputs, 4 examples."""
    n, p, m = 3, 5, 4
    _, (A, W, b) = bp.linear_forward(np.ones((p, m)), np.ones((n, p)),
                                     np.ones((n, 1)))
    Z = W @ A + b
    assert Z.shape == (n, m)
    y = 60
    parts = [
        matrix(20, y, *Z.shape, "Z", "n × m", C4, {(1, 2)}),
        text(125, y + 36, "=", "gate"),
        matrix(150, y, *W.shape, "W", "n × p", C2,
               {(1, j) for j in range(p)}),
        text(274, y + 36, "·", "gate"),
        matrix(298, y, *A.shape, "A", "p × m", C1,
               {(i, 2) for i in range(p)}),
        text(400, y + 36, "+", "gate"),
        matrix(424, y, *b.shape, "b", "n × 1", C3, {(1, 0)}),
        text(240, 222, "one unit's weights × one example = one entry", "soft"),
    ]
    return themed(svg(480, 236, *parts))


def shapes_backward():
    """The gradients of a layer as blocks: each as large as its original."""
    n, p, m = 3, 5, 4
    _, cache = bp.linear_forward(np.ones((p, m)), np.ones((n, p)),
                                 np.ones((n, 1)))
    dA, dW, db = bp.linear_backward(np.ones((n, m)), cache)
    assert (dA.shape, dW.shape, db.shape) == ((p, m), (n, p), (n, 1))
    y, gap = 40, 150
    parts = [
        matrix(20, y, *dW.shape, "dW", "as W", C2, {(1, 2)}),
        text(145, y + 36, "=", "gate"),
        matrix(170, y, n, m, "dZ", "n × m", C4, {(1, j) for j in range(m)}),
        text(270, y + 36, "·", "gate"),
        matrix(290, y, m, p, "Aᵀ", "m × p", C1, {(i, 2) for i in range(m)}),
        text(410, y + 36, "/ m", "gate", "start"),
        matrix(40, y + gap, *db.shape, "db", "as b", C3, {(1, 0)}),
        text(145, y + gap + 36, "=", "gate"),
        matrix(170, y + gap, n, m, "dZ", "", C4, {(1, j) for j in range(m)}),
        text(270, y + gap + 36, "summed along its rows / m", "soft",
             "start"),
        matrix(30, y + 2 * gap, *dA.shape, "dA", "as A", C1, {(2, 1)}),
        text(145, y + 2 * gap + 56, "=", "gate"),
        matrix(170, y + 2 * gap, p, n, "Wᵀ", "p × n", C2,
               {(2, j) for j in range(n)}),
        text(252, y + 2 * gap + 56, "·", "gate"),
        matrix(270, y + 2 * gap, n, m, "dZ", "n × m", C4,
               {(i, 1) for i in range(n)}),
    ]
    return themed(svg(480, y + 2 * gap + 140, *parts))


def grid(x, y, values, colour, marked=(), strong=(), side=40):
    """A small matrix with its numbers."""
    out = []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            fill = FAINT[colour] if (i, j) in marked else "none"
            out.append(box(x + j * side, y + i * side, side, side, fill,
                           RULE))
            out.append(text(x + (j + .5) * side, y + (i + .5) * side + 6,
                            short(value),
                            "strong" if (i, j) in strong else ""))
    out.append(box(x, y, len(values[0]) * side, len(values) * side, "none",
                   colour, stroke_width=1.5))
    return "".join(out)


def titled(x, y, values, name, colour, marked=(), strong=(), side=40):
    """A matrix with its numbers and, above, its name."""
    return (text(x + len(values[0]) * side / 2, y - 10, name, "name")
            + grid(x, y, values, colour, marked, strong, side))


def convolution():
    """One step of a convolution with numbers, forward and backward."""
    A = np.array([[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 1, 2]])
    W = np.array([[1, -1], [0, 2]])
    Z, cache = bp.conv_forward(A[None, :, :, None], W[:, :, None, None],
                               np.zeros((1, 1, 1, 1)),
                               {"stride": 1, "pad": 0})
    dZ = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 0]])
    dA, dW, db = bp.conv_backward(dZ[None, :, :, None], cache)
    Z, dA, dW = Z[0, :, :, 0], dA[0, :, :, 0], dW[:, :, 0, 0]
    window = {(i, j) for i in (1, 2) for j in (1, 2)}
    terms = " + ".join(
        f"{a}·{number(w, 0)}" if w >= 0 else f"{a}·({number(w, 0)})"
        for a, w in
        zip(A[1:3, 1:3].ravel(), W.ravel()))
    forward = [
        text(0, 24, "Forward: lay the filter on a window, multiply, add.",
             "strong", "start"),
        titled(0, 70, A, "A_prev", C1, window),
        text(187, 155, "conv", "soft"),
        titled(214, 110, W, "W", C2, {(0, 0), (0, 1), (1, 0), (1, 1)}),
        text(326, 155, "=", "gate"),
        titled(356, 90, Z, "Z", C4, {(1, 1)}, {(1, 1)}),
        text(0, 262, f"{terms} = {number(Z[1, 1], 0)}", "soft", "start"),
    ]
    reach = window | {(0, 0), (0, 1), (1, 0)}
    back = [
        text(0, 314, "Backward: each entry of dZ sends the filter, times "
             "itself,", "strong", "start"),
        text(0, 334, "to its window; where windows overlap, it adds.",
             "strong", "start"),
        titled(0, 380, dA, "dA_prev", C1, reach, {(1, 1)}),
        text(186, 465, "=", "gate"),
        titled(214, 420, W, "W", C2),
        text(326, 465, "into", "soft"),
        titled(356, 400, dZ, "dZ", C4, {(0, 0), (1, 1)}),
        text(0, 572, f"The bold {number(dA[1, 1], 0)} = 1·{W[1, 1]} (from "
             f"the 1) + 2·{W[0, 0]} (from the 2).", "soft", "start"),
        titled(214, 632, dW, "dW", C2, {(0, 0)}, {(0, 0)}),
        text(0, 652, "dW adds the windows", "soft", "start"),
        text(0, 672, "of A_prev, each times its dZ:", "soft", "start"),
        text(0, 692, f"1·{A[0, 0]} + 2·{A[1, 1]} = {number(dW[0, 0], 0)}",
             "soft", "start"),
    ]
    return themed(svg(480, 722, *forward, *back))


def pooling():
    """Max and average pooling with numbers, forward and backward."""
    A = np.array([[1, 3, 5, 5], [2, 0, 5, 1], [4, 4, 0, 0], [4, 4, 0, 8]])
    dZ = np.array([[10, 20], [30, 40]])
    rows, y = [], 60
    for mode, name in (("max", "maximum"), ("average", "average")):
        Z, cache = bp.pool_forward(A[None, :, :, None],
                                   {"f": 2, "stride": 2}, mode)
        dA = bp.pool_backward(dZ[None, :, :, None], cache, mode)
        Z, dA = Z[0, :, :, 0], dA[0, :, :, 0]
        chosen = set(map(tuple, np.argwhere(dA != 0))) \
            if mode == "max" else set()
        rows += [
            text(0, y - 36, f"{name.capitalize()} of each window", "strong",
                 "start"),
            titled(0, y, A, "A_prev", C1, chosen, chosen, 34),
            text(152, y + 74, "→", "gate"),
            titled(166, y + 22, Z, "A", C4, side=42),
            text(290, y + 74, "dA", "name"),
            grid(264, y + 84, dZ, C4, side=30),
            text(348, y + 74, "→", "gate"),
            titled(364, y, dA, "dA_prev", C2, chosen, chosen, 38),
        ]
        y += 230
    return themed(svg(520, y - 60, *rows))


# --- With matplotlib ------------------------------------------------------

def plotted(draw):
    """Make a function that gives a Figure one that gives SVG."""
    @functools.wraps(draw)
    def drawn(*arguments):
        out = io.StringIO()
        with bp.plot_style(), matplotlib.rc_context({
                "svg.fonttype": "none", "image.interpolation": "none"}):
            draw(*arguments).savefig(out, format="svg", dpi=130,
                                     transparent=True,
                                     bbox_inches="tight", pad_inches=0.05,
                                     metadata={"Date": None})
        # Sizes stay; the family is the page's.
        out = re.sub(r"font: (?:\w+ )?([\d.]+px) [^;\"]*", r"font-size: \1",
                     out.getvalue())
        return themed(out.replace("; opacity: 1", "").replace(
            "stroke-linejoin: round", ""))
    return drawn


def blank(width, height, *grid, **settings):
    """A figure, in inches, and the axes on it."""
    figure = Figure((width, height), layout="constrained")
    return figure, figure.subplots(*grid, **settings)


@plotted
def activations():
    """The four activations and their slopes."""
    figure, axes = blank(5, 3.7, 2, 2, sharex=True)
    Z = np.linspace(-4, 4, 161)
    for ax, name in zip(axes.ravel(), bp.ACTIVATIONS):
        A, cache = bp.ACTIVATIONS[name](Z)
        slope = bp.DERIVATIVES[name](np.ones_like(Z), cache)
        if name == "relu":
            slope[Z == 0] = np.nan
        ax.plot(Z, A, label="A = g(Z)")
        ax.plot(Z, slope, label="dA/dZ")
        ax.set_title(name)
        ax.grid()
    axes[1, 0].set_xlabel("Z")
    axes[1, 1].set_xlabel("Z")
    axes[0, 0].legend(loc="upper left")
    return figure


@plotted
def checking():
    """The error of a difference quotient and of the complex step."""
    at, exact = 1.5, float(bp.sigmoid_backward(1.0, 1.5))
    steps = 10.0 ** np.arange(-14, 0.1, 0.25)

    def f(Z):
        return bp.sigmoid(Z)[0]

    figure, ax = blank(5, 2.9)
    for name, slopes in {
            "complex step": [bp.complex_step_gradient(f, at, h)
                             for h in steps],
            "centred": [bp.numerical_gradient(f, at, h) for h in steps],
            "one-sided": [(f(at + h) - f(at)) / h for h in steps]}.items():
        ax.loglog(steps, [max(abs(float(s) / exact - 1), 1e-17)
                          for s in slopes], label=name)
    ax.set(xlabel="step", ylabel="relative error", ylim=(3e-18, 10))
    ax.minorticks_off()
    ax.grid()
    ax.legend(loc=(0.03, 0.13))
    return figure


@plotted
def momentum():
    """Down a long valley by the same step: without and with momentum."""
    curvature, step = np.array([[1.0], [40.0]]), 0.047
    start = {"W1": np.array([[-9.0], [2.4]])}

    def path(decay, steps=20):
        rule, parameters = bp.Momentum(decay), start
        seen = [start["W1"].ravel()]
        for _ in range(steps):
            grads = {"dW1": curvature * parameters["W1"]}
            parameters = rule(parameters, grads, step / (1 - decay))
            seen.append(parameters["W1"].ravel())
        return np.array(seen).T

    figure, ax = blank(5, 3)
    x, y = np.meshgrid(np.linspace(-10.5, 2.5, 130),
                       np.linspace(-3.2, 3.2, 100))
    cost = (curvature[0] * x**2 + curvature[1] * y**2) / 2
    ax.contour(x, y, cost, [.5, 2.5, 8, 18, 32, 50, 75, 110, 150, 200],
               colors=["#dddddd"], linewidths=1.2)
    for decay, mark in (0, "o"), (0.5, "^"):
        ax.plot(*path(decay), marker=mark, markersize=3.5, linewidth=1,
                linestyle="-", label=f"λ = {decay}")
    ax.plot(0, 0, marker="+", color="#222222", markersize=12)
    ax.set(xlabel="a level direction", ylabel="a steep one")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


@plotted
def surprise():
    """The surprise -log p, and what the text says of it."""
    figure, ax = blank(5, 2.9)
    p, at = np.linspace(0.005, 1, 400), np.array([0.02, 0.1, 0.5, 1])
    ax.plot(p, -np.log(p))
    ax.plot(at, -np.log(at), "o", clip_on=False)
    for x, y in zip(at, -np.log(at) + 0):
        ax.annotate(f"{y:.2f}", (x, y), (6, 6), textcoords="offset points")
    ax.set(xlabel="p, the probability given to the right answer",
           ylabel="surprise, \N{MINUS SIGN}log p", xlim=(0, 1), ylim=(0, 5))
    ax.grid()
    return figure


@plotted
def softmax_surface():
    """The first of two softmax probabilities over both scores."""
    z = np.linspace(-4, 4, 61)
    grid = np.stack(np.meshgrid(z, z))
    P = bp.softmax(grid.reshape(2, -1))[0][0].reshape(grid.shape[1:])
    figure = Figure((5, 3.8), layout="constrained")
    axes = figure.add_subplot(projection="3d", xlabel="score 1",
                              ylabel="score 2", zlabel="probability")
    axes.plot_surface(*grid, P, cmap="cividis", rcount=61, ccount=61,
                      linewidth=0, antialiased=False, rasterized=True)
    axes.view_init(30, -122)
    axes.set_box_aspect((1, 1, 0.6), zoom=0.9)
    for axis in axes.xaxis, axes.yaxis, axes.zaxis:
        axis.set_pane_color((0, 0, 0, 0))
        axis.get_major_locator().set_params(nbins=4)
    return figure


# --- The articles' nets ---------------------------------------------------

SHIPPED = Path(__file__).parent.parent / "data"


@plotted
def valley():
    """The line's cost surface, with the ways down of both methods."""
    (X, Y), path = bp.rbf()
    slow = {"learning_rate": 0.02, "falling": False, "steps": 120}
    return bp._rbf_figure(X, Y, {
        "the article's": path, "rate 0.02": bp.rbf(**slow)[1],
        "with momentum": bp.rbf(**slow, momentum=0.8)[1]})


def border(job, count):
    """The boundary at the end of a job, with the first of its points."""
    for step in bp.train(job):
        pass
    return bp.plot_boundary(bp._chance(job.net, step.end.parameters),
                            job.data.X[:, :count], job.data.Y[:, :count])


@plotted
def moons():
    """The moons' boundary after 30 epochs in batches, with momentum."""
    job = bp.moons(learning_rate=0.05, epochs=30, momentum=0.9, batch=64)
    return border(job, 300)


@plotted
def circles():
    """The circles' boundary at the end."""
    return border(bp.circles(), 100)


@plotted
def lifted():
    """The circles and their plane in the space of the hidden units."""
    job = bp.circles()
    *_, last = bp.train(job)
    return bp._lifted_figure(job.data.X, job.data.Y, last.end.parameters,
                             job.layers["activations"])


@plotted
def circles_costs():
    """The costs of the circles, with and without momentum."""
    return bp.plot_costs(
        {f"momentum {momentum}":
         [100 * float(step.cost)
          for step in bp.train(bp.circles(momentum=momentum))]
         for momentum in (0.9, 0)}, xlabel="epoch", ylabel="cost, summed")


def cats():
    """The cats that ship, a picture to a column, as both nets see them."""
    train_x, train_y, test_x, test_y, _ = bp.load_data(SHIPPED)
    return (train_x.reshape(len(train_x), -1).T / 255, train_y,
            test_x.reshape(len(test_x), -1).T / 255, test_y, test_x)


def descent(X, Y, start, rate):
    """2500 steps within the span: the last parameters, every 100th cost."""
    R, inside, Q = bp.to_span(X, start)
    costs = []
    for cost, _, inside in bp.descend([(R, Y)] * 2500, inside, rate):
        costs.append(cost)
    return bp.from_span(inside, start, Q), costs[::100]


@functools.cache
def trained():
    """The shallow net of the cats: its first parameters, last, and costs."""
    X, Y, *_ = cats()
    start = bp.initialize_parameters(X.shape[0], 12, 1)
    return start, *descent(X, Y, start, 0.007)


@plotted
def cats_costs():
    """The costs of both cat nets."""
    X, Y, *_ = cats()
    n = X.shape[0]
    deep = bp.initialize_parameters_deep((n, 20, 7, 5, 1), 1,
                                         lambda n: 1 / np.sqrt(n))
    _, five = descent(X, Y, deep, 0.0075)
    return bp.plot_costs(
        {f"{n}-12-1": [float(cost) for cost in trained()[2]],
         f"{n}-20-7-5-1": [float(cost) for cost in five]}, every=100)


@plotted
def cats_weights():
    """What the shallow net's first units are, and what they learned."""
    start, end, _ = trained()
    return bp._units_figure("the net", (64, 64, 3), start["W1"], end["W1"])


@plotted
def cats_wrong():
    """The test pictures that the shallow net takes for the other thing."""
    _, _, T, test_y, test_x = cats()
    chance = bp.L_model_forward(T, trained()[1])[0]
    truth, answers = test_y[0], np.concatenate([1 - chance, chance])
    wrong = np.flatnonzero(answers.argmax(axis=0) != truth)
    surest = wrong[np.argsort(-answers.max(axis=0)[wrong], kind="stable")]
    return bp._errors_figure(test_x, answers, truth, ("no cat", "cat"),
                             surest)


@plotted
def filters():
    """The digit net's filters before and after training, and their maps."""
    train_x, train_y, *_ = bp.load_digits(SHIPPED)
    X = train_x.reshape(-1, 28, 28, 1) / 255 - 0.5
    Y = np.eye(10)[train_y.ravel()].T
    start = bp.initialize_conv_parameters((28, 28, 1), [8], [10])
    batches = ((X[i:i + 1], Y[:, i:i + 1]) for _ in range(3)
               for i in range(len(X)))
    for _, _, end in bp.descend(batches, start, 0.005, bp.conv_net()):
        pass
    return bp._filters_figure(train_x.reshape(-1, 28, 28, 1)[0],
                              bp.conv_net(), start, end)


# --- The measured speed ---------------------------------------------------

@plotted
def growth():
    """How a step's time grows, beside the arithmetic's own count."""
    report = Path(__file__).parent / "speed.json"
    curves = json.loads(report.read_text(encoding="utf-8"))["growth"]
    rows = -(-len(curves) // 2)
    figure, axes = blank(6.4, 2.3 * rows, rows, 2)
    for ax in axes.ravel()[len(curves):]:
        ax.remove()
    for ax, curve in zip(axes.ravel(), curves):
        x, seconds, flops = np.array(
            [[p["x"], p["seconds"], p["flops"]] for p in curve["points"]]).T
        ax.loglog(x, seconds * 1e3, "o-", label="measured", markersize=4)
        ax.loglog(x, flops * seconds[-1] / flops[-1] * 1e3,
                  label="multiplications")
        ax.set_title(textwrap.fill(curve["net"], 36), fontsize=9)
        ax.set(xlabel=curve["what"], ylabel="ms a step")
        ax.grid()
        ax.set_xticks(x, [f"{v:g}" for v in x])
        low, high = ax.get_ylim()
        middle = np.sqrt(low * high)
        ax.set_ylim(min(low, middle / 5), max(high, middle * 5))
        ax.xaxis.set_minor_formatter("")
        ax.yaxis.set_minor_formatter("")
    axes.ravel()[0].legend()
    figure.get_layout_engine().set(h_pad=0.12)
    return figure
