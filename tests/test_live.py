"""The figures that move: their numbers are backprop.py's."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from test_book import browser  # noqa: F401

import backprop as bp

STATIC = ROOT / "docs" / "_static"
CLOSE = {"rtol": 0, "atol": 1e-9}


@pytest.fixture(scope="module")
def context(browser):  # noqa: F811
    context = browser.new_context(viewport={"width": 390, "height": 900},
                                  offline=True, has_touch=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def js(context):
    """Run a piece of script in which the given arrays have names."""
    page = context.new_page()
    page.add_script_tag(path=STATIC / "net.js")

    def run(script, **values):
        plain = json.loads(json.dumps(
            values, default=lambda a: np.asarray(a).tolist()))
        return page.evaluate(
            f"({{{', '.join(values)}}}) => {{ return {script} }}", plain)
    return run


def a_net(sizes, seed):
    parameters = bp.initialize_parameters_deep(sizes, seed=seed, scale=1)
    draw = np.random.RandomState(seed).randn
    return {name: P + 0.3 * draw(*P.shape) for name, P in parameters.items()}


@pytest.mark.parametrize("sizes, activations", [
    ([2, 1], ["sigmoid"]), ([2, 5, 1], ["tanh", "sigmoid"]),
    ([2, 5, 3], ["relu", "sigmoid"]), ([2, 3], ["softmax"]),
    ([2, 5, 4, 1], ["gaussian", "tanh", "sigmoid"]),
    ([2, 5, 2], ["sigmoid", "softmax"]),
    ([2, 5, 4, 3], ["relu", "tanh", "softmax"])])
def test_costs_and_gradients_are_those_of_backprop(js, sizes, activations):
    parameters = a_net(sizes, seed=len(sizes))
    draw = np.random.RandomState(3)
    X = draw.randn(2, 7)
    Y = np.eye(sizes[-1])[:, draw.randint(sizes[-1], size=7)] \
        if sizes[-1] > 1 else draw.randint(2, size=(1, 7))
    forward, cost, backward = bp.dense_net(activations)
    AL, caches = forward(X, parameters)
    grads = backward(AL, Y, caches)
    theirs = js("""(([AL, caches]) => [AL, net.cost_of(g)(AL, Y),
        net.L_model_backward(AL, Y, caches, g)])
        (net.L_model_forward(X, P, g))""", X=X, Y=Y, P=parameters,
                g=activations)
    np.testing.assert_allclose(theirs[0], AL, **CLOSE)
    np.testing.assert_allclose(theirs[1], cost(AL, Y), **CLOSE)
    for name, gradient in grads.items():
        np.testing.assert_allclose(theirs[2][name], gradient, **CLOSE)


def test_far_out_the_numbers_are_held_as_in_backprop(js):
    Z = np.array([[-1e4, 40.0, 0.0], [1e4, 0.0, -1e3]])
    for name in ("sigmoid", "softmax", "tanh", "relu", "gaussian"):
        A, _ = bp.ACTIVATIONS[name](Z)
        np.testing.assert_allclose(js("net.ACTIVATIONS[name](Z)", Z=Z,
                                      name=name), A, rtol=1e-9, atol=0)


def test_steps_with_momentum_are_those_of_backprop(js):
    X = np.random.RandomState(5).randn(2, 9)
    Y = np.arange(9)[None] % 2
    start = a_net([2, 4, 1], seed=2)
    g = ["tanh", "sigmoid"]
    steps = bp.descend([(X, Y)] * 5, start, 0.7, bp.dense_net(g),
                       bp.Momentum(0.8))
    ours = [(float(cost), P) for cost, _, P in steps]
    theirs = js("""(() => {
        let v = net.initialize_velocity(P);
        return [...Array(5)].map(() => {
          const [AL, caches] = net.L_model_forward(X, P, g);
          const cost = net.compute_cost(AL, Y);
          const grads = net.L_model_backward(AL, Y, caches, g);
          [P, v] = net.update_parameters_with_momentum(P, grads, v, .8, .7);
          return [cost, P];
        });
    })()""", X=X, Y=Y, P=start, g=g)
    for (cost, P), (cost_js, P_js) in zip(ours, theirs):
        np.testing.assert_allclose(cost_js, cost, **CLOSE)
        for name in P:
            np.testing.assert_allclose(P_js[name], P[name], **CLOSE)


def test_batches_hold_each_example_once_with_its_label(js):
    X, Y = np.arange(10.0)[None], np.arange(10.0)[None] % 2
    batches = js("net.random_mini_batches(X, Y, 4, net.random(1))", X=X, Y=Y)
    assert [len(x[0]) for x, _ in batches] == [4, 4, 2]
    seen = [pair for x, y in batches for pair in zip(x[0], y[0])]
    assert seen != sorted(seen)
    assert sorted(seen) == list(zip(X[0], Y[0]))


@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_and_pooling_are_those_of_backprop(js, stride):
    draw = np.random.RandomState(stride).randint
    A, W = draw(-3, 4, (5, 4)), draw(-2, 3, (2, 2))
    Z, cache = bp.conv_forward(
        A[None, :, :, None], W[:, :, None, None], np.zeros((1, 1, 1, 1)),
        {"stride": stride, "pad": 0})
    dZ = draw(-4, 5, Z.shape)
    dA, dW, db = bp.conv_backward(dZ, cache)
    theirs = js(
        "[net.conv_forward(A, W, s), ...net.conv_backward(dZ, A, W, s)]",
        A=A, W=W, dZ=dZ[0, :, :, 0], s=stride)
    for ours, their in zip((Z[0, :, :, 0], dA[0, :, :, 0], dW[:, :, 0, 0],
                            db.item()), theirs):
        np.testing.assert_allclose(their, ours, **CLOSE)
    for mode in ("max", "average"):
        P, cache = bp.pool_forward(A[None, :, :, None],
                                   {"f": 2, "stride": stride}, mode)
        dA = bp.pool_backward(dZ, cache, mode)
        forward, backward = js(
            "[net.pool_forward(A, 2, s, mode),"
            " net.pool_backward(dZ, A, 2, s, mode)]",
            A=A, dZ=dZ[0, :, :, 0], s=stride, mode=mode)
        np.testing.assert_allclose(forward, P[0, :, :, 0], **CLOSE)
        np.testing.assert_allclose(backward, dA[0, :, :, 0], **CLOSE)


PAGE = """<!DOCTYPE html><html lang=en><title>A figure</title>
<style>{styles}</style>
<body style="--font-stack: sans-serif; --color-link: {link};
  --color-background-primary: {ground}; background: {ground}">
<main><article><div class="live drawing" data-live={name} role=group
  aria-label=Figure data-start='{start}'><div class=still></div></div>"""
STYLES = "".join((STATIC / f"{name}.css").read_text("utf-8")
                 for name in ("book", "live"))


@pytest.fixture
def live(context):
    """A figure on a page of its own, with what it begins with."""
    page, faults = context.new_page(), []
    page.on("pageerror", lambda e: faults.append(str(e)))

    def show(name, dark=False, words="undefined", media=None, **start):
        page.emulate_media(color_scheme="dark" if dark else "light",
                           **media or {})
        page.goto("about:blank")
        page.set_content(PAGE.format(
            styles=STYLES, name=name, ground="#131416" if dark else "#fff",
            link="#5ca5ff" if dark else "#2757dd",
            start=json.dumps({k: str(v) for k, v in start.items()})))
        page.evaluate(f"globalThis.backpropWords = {words}")
        for script in ("live", "net", name):
            page.add_script_tag(path=STATIC / f"{script}.js")
        return page.locator(".live")

    yield show
    page.close()
    assert not faults


FIGURES = [("border", {}), ("border", {"first": "zeros"}), ("downhill", {}),
           ("downhill", {"rate": 4, "momentum": 0}), ("walk", {}),
           ("filter", {"kind": "conv"}), ("filter", {"kind": "pool"}),
           ("sure", {"outputs": 1, "truth": 1}), ("sure", {"outputs": 3})]


@pytest.mark.parametrize("name, start", FIGURES)
def test_axe_finds_nothing_in_a_figure(live, name, start):
    axe = pytest.importorskip("axe_playwright_python")
    script = Path(axe.__file__).with_name("axe.min.js").read_text("utf-8")
    for dark in (False, True):
        figure = live(name, dark, **start)
        figure.page.evaluate(script)
        answer = figure.page.evaluate(
            "axe.run(document.querySelector('.live'), {resultTypes:"
            " ['violations'], rules: {'target-size': {enabled: true}}})")
        assert not [(v["id"], v["nodes"][0]["html"])
                    for v in answer["violations"]]


@pytest.mark.parametrize("name, start", FIGURES)
def test_no_word_is_shown_that_cannot_be_translated(live, name, start):
    """With every word of the table in brackets, nothing else is a word,
    save names of the code."""
    figure = live(name, words="new Proxy({}, {get: (_, word) => `[${word}]`})",
                  **start)
    for step in ("Step", "Next", "Sure and wrong"):
        button = figure.get_by_role("button", name=f"[{step}]")
        if button.count():
            button.click()
    shown = figure.evaluate("""e => [...e.querySelectorAll("*")].flatMap(
        e => [...["aria-label", "aria-valuetext"].map(a => e.getAttribute(a)),
              ...[...e.childNodes].filter(n => n.nodeType === 3)
                 .map(n => n.data)])""")
    rest = re.sub(r"\[.*?\]", "", " ".join(filter(None, shown)))
    code = {"tanh", "sigmoid", "relu", "gaussian", "max", "exp", "log"}
    assert set(re.findall("[A-Za-z]{3,}", rest.replace("_prev", ""))) <= code


def test_where_motion_is_unwelcome_a_second_comes_at_once(live):
    figure = live("border", media={"reduced_motion": "reduce"})
    figure.page.evaluate("""() => {
        globalThis.drawn = 0;
        new MutationObserver(() => drawn++).observe(
            document.querySelector(".status"), {childList: true});
    }""")
    figure.get_by_role("button", name="Play").click()
    figure.page.wait_for_timeout(1300)
    assert 1 <= figure.page.evaluate("drawn") <= 2


def test_a_border_forms(live):
    figure = live("border", points="clouds", hidden=2)
    figure.get_by_role("button", name="Step").click()
    assert "step 1" in figure.locator(".status").inner_text()
    figure.get_by_role("button", name="Play").click()
    figure.get_by_text("120 of 120").or_(figure.get_by_text("119 of 120")
                                         ).wait_for(timeout=20_000)
    figure.get_by_role("button", name="Start again").click()
    assert "step 0" in figure.locator(".status").inner_text()


@pytest.mark.parametrize("activation, said", [
    ("sigmoid", "still equal"), ("tanh", "no border can form")])
def test_a_start_of_zeros_never_breaks_the_symmetry(live, activation, said):
    figure = live("border", first="zeros", hidden=4, activation=activation)
    for _ in range(30):
        figure.get_by_role("button", name="Step").click()
    assert said in figure.locator(".remark").inner_text()


def test_downhill_counts_the_steps_of_backprop(live):
    """At the rate 1.8/c, c = 20, without momentum and with 0.6 of it."""
    def steps(beta, mu=1.8 / 20):
        w = {"W1": np.array([[-8.0], [3.5]])}
        v = bp.initialize_velocity(w)
        costs = []
        while not costs or costs[-1] >= costs[0] / 1e4:
            x, y = w["W1"].ravel()
            costs.append((x**2 + 20 * y**2) / 2)
            w, v = bp.update_parameters_with_momentum(
                w, {"dW1": w["W1"] * [[1], [20]]}, v, beta, mu / (1 - beta))
        return str(len(costs) - 1)

    figure = live("downhill", ratio=20, rate=1.8, momentum=0.6)
    assert figure.locator("tr").last.locator("td").all_text_contents() == [
        steps(0), steps(0.6)]
    rate = figure.get_by_role("slider", name="rate")
    rate.fill("2.1")
    assert "momentum still holds" in figure.locator(".remark").inner_text()
    rate.fill("3.5")
    assert "both ways diverge" in figure.locator(".remark").inner_text()
    handle = figure.locator(".handle")
    handle.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "-7.5"


def test_the_walk_shows_the_numbers_of_backprop(live):
    parameters = {"W1": np.array([[3, 4], [1, -1]]),
                  "b1": np.array([[1], [0]]),
                  "W2": np.array([[0.25, 5]]), "b2": np.array([[-3]])}
    X, Y = [[1], [2]], [[1]]
    AL, caches = bp.L_model_forward(X, parameters)
    shown = {"A2": AL, "J": bp.compute_cost(AL, Y)}
    shown |= {f"Z{l}": cache[1] for l, cache in enumerate(caches, start=1)}
    shown |= bp.L_model_backward(AL, Y, caches)
    figure = live("walk")
    while figure.get_by_role("button", name="Next").is_enabled():
        figure.get_by_role("button", name="Next").click()
    for name, values in shown.items():
        cells = figure.get_by_role("img", name=re.compile(f"^{name}:"))
        cells = [c.replace("\N{MINUS SIGN}", "-")
                 for c in cells.locator("span").all_text_contents()]
        np.testing.assert_allclose([float(c) for c in cells],
                                   np.ravel(values), atol=5e-4)
    figure.get_by_role("button", name="Z1", exact=True).click()
    assert "3·1 + 4·2 + 1 = 12" in figure.inner_text()


def number_in(locator):
    return float(locator.inner_text().replace("\N{MINUS SIGN}", "-"))


@pytest.mark.parametrize("scores, truth", [((-3,), 1), ((2.5,), 0),
                                           ((3, 1, -1), 2), ((0, 4, -8), 1)])
def test_sure_and_wrong_has_the_slopes_of_backprop(live, scores, truth):
    Z = np.array(scores, float)[:, None]
    figure = live("sure", scores=",".join(map(str, scores)), truth=truth,
                  outputs=len(scores))
    g, row = ("sigmoid", 0) if len(scores) == 1 else ("softmax", truth)
    Y = np.array([[truth]]) if len(scores) == 1 else np.eye(3)[:, [truth]]
    _, cost, _ = bp.dense_net([g])
    AL, _ = bp.ACTIVATIONS[g](Z)
    back = bp.DERIVATIVES[g](AL - Y, Z)
    wanted = [cost(AL, Y), (AL - Y)[row, 0],
              np.sum((AL - Y)**2) / 2, back[row, 0]]
    cells = figure.locator("td:not(:empty)").all()
    np.testing.assert_allclose([number_in(cell) for cell in cells],
                               np.array(wanted, float), atol=5e-4)
    figure.get_by_role("button", name="Sure and wrong").click()
    assert "squared error is flat" in figure.inner_text()


def grid(figure, name):
    """The numbers of one array of the filter's figure."""
    cells = figure.locator(f"[data-grid={name}]")
    size = round(cells.count()**0.5)
    return np.reshape([float(text.replace("\N{MINUS SIGN}", "-"))
                       for text in cells.all_text_contents()], (size, size))


def shown_as_computed(figure, names, stride, mode=None):
    arrays = {name: grid(figure, name) for name in names}
    A = arrays["A_prev"][None, :, :, None]
    if mode:
        out, cache = bp.pool_forward(A, {"f": 2, "stride": stride}, mode)
        wanted = {"A": out, "dA_prev": bp.pool_backward(
            arrays["dA"][None, :, :, None], cache, mode)}
    else:
        out, cache = bp.conv_forward(
            A, arrays["W"][:, :, None, None], np.zeros((1, 1, 1, 1)),
            {"stride": stride, "pad": 0})
        dA, dW, _ = bp.conv_backward(arrays["dZ"][None, :, :, None], cache)
        wanted = {"Z": out, "dA_prev": dA, "dW": dW}
    for name, values in wanted.items():
        np.testing.assert_allclose(arrays[name].ravel(), np.ravel(values),
                                   atol=5e-3, err_msg=name)


def test_a_filter_slides_and_its_cells_can_be_changed(live):
    figure = live("filter", kind="conv")
    names = ["A_prev", "W", "Z", "dA_prev", "dW", "dZ"]
    shown_as_computed(figure, names, 1)
    pixel = figure.locator("[data-grid=A_prev][data-y='1'][data-x='1']")
    pixel.tap()  # a finger's first touch only looks
    assert pixel.inner_text() == "1"
    assert figure.locator(".A_prev .window").count() == 4
    pixel.tap()
    assert pixel.inner_text() == "2"
    shown_as_computed(figure, names, 1)
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("7")
    assert grid(figure, "A_prev")[1, 2] == 7
    figure.locator("[data-grid=dZ]").last.focus()
    figure.get_by_role("button", name="larger").click()
    assert grid(figure, "dZ")[-1, -1] == 1
    shown_as_computed(figure, names, 1)
    figure.get_by_label("stride").select_option("2")
    shown_as_computed(figure, names, 2)


def test_a_pooling_window_routes_or_distributes(live):
    figure = live("filter", kind="pool")
    for mode in ("max", "average"):
        figure.get_by_label("pooling").select_option(mode)
        for stride in (1, 2):
            figure.get_by_label("stride").select_option(str(stride))
            shown_as_computed(figure, ["A_prev", "A", "dA_prev", "dA"],
                              stride, mode)
    figure.locator("[data-grid=dA_prev]").first.focus()
    assert "dA_prev[0, 0] = 10/4 = 2.5" in figure.inner_text()
