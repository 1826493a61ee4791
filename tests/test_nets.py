"""The small nets: the articles' points, runs and figures."""

import json

import numpy as np
import pytest

import backprop
from backprop import (
    Checkpoint,
    Dataset,
    Job,
    Settings,
    accuracy,
    circles,
    dense_net,
    make_circles,
    make_line,
    make_moons,
    moons,
    outputs,
    rbf,
    split,
    train,
)


def share_right(job):
    """The share of a job's test points that its net gets right."""
    *_, step = train(job)
    AL = outputs(job, job.data.X_test, step.end.parameters)
    return accuracy(AL, job.data.Y_test)

# === Points ===


@pytest.mark.parametrize("n, seed", [(1000, 100), (7, 0), (100, 3)])
def test_points_are_those_of_scikit_learn(n, seed):
    theirs = pytest.importorskip("sklearn.datasets")
    X, Y = make_moons(n, 0.2, seed)
    A, b = theirs.make_moons(n, noise=0.2, random_state=seed)
    assert (X.T == A).all() and (Y[0] == b).all()
    X, Y = make_circles(n, 0.3, 0.1, seed)
    A, b = theirs.make_circles(
        n, shuffle=False, factor=0.3, noise=0.1, random_state=seed
    )
    assert (X.T == A).all() and (Y == [1 - b, b]).all()


@pytest.mark.parametrize("size", [0.1, 0.25, 0.333])
def test_the_split_is_that_of_scikit_learn(size):
    theirs = pytest.importorskip("sklearn.model_selection")
    X, Y = make_moons(101)
    A, A_test, b, b_test = theirs.train_test_split(
        X.T, Y[0], test_size=size, random_state=42
    )
    for ours, other in zip(split(X, Y, size), (A, b, A_test, b_test)):
        assert (ours.T.squeeze() == other).all()


# === Moons ===


def test_moons_as_the_article_trains_them():
    assert share_right(moons()) == 0.98


def test_moons_in_batches_with_momentum_take_30_epochs():
    job = moons(learning_rate=0.05, epochs=30, momentum=0.9, batch=64)
    assert share_right(job) >= 0.98


def layers(*triples):
    keys = "input_dim", "output_dim", "activation"
    return [dict(zip(keys, triple)) for triple in triples]


@pytest.mark.parametrize(
    "net, words",
    [
        ([], "expected a list of layers"),
        ("relu", "expected a list of layers"),
        ([1], "layer 1 is 1, expected a dictionary"),
        ([{"input_dim": 2}], "expected a dictionary of input_dim"),
        (layers((2, 0, "relu")), "expected positive integers"),
        (layers((2, 2.5, "relu")), "expected positive integers"),
        (layers((2, 1, "reul")), "activation of layer 1 is 'reul'"),
        (layers((2, 1, ["relu"])), "activation of layer 1 is"),
        (
            layers((2, 3, "relu"), (4, 1, "sigmoid")),
            "input_dim of layer 2 is 4, expected 3 as layer 1 gives",
        ),
    ],
)
def test_a_net_that_is_none(net, words):
    with pytest.raises(ValueError, match=words):
        backprop._read_architecture(net)


def test_a_net_that_does_not_fit_the_points():
    for wrong in (3, 1, "sigmoid"), (2, 2, "sigmoid"), (2, 1, "tanh"):
        with pytest.raises(ValueError, match="expected 2 inputs and 1"):
            moons(layers(wrong))


# === Line ===


def article_rbf():
    """P. Roelants' loop, re-typed: rows, summed cost, two weights."""
    rng = np.random.RandomState(1)
    blue = rng.normal(0, 0.5, (20, 1))
    red = [rng.normal(mean, 0.5, (10, 1)) for mean in (-2, 2)]
    x = np.vstack([blue, *red])
    t = np.vstack([np.ones((20, 1)), np.zeros((20, 1))])
    wh, wo, rate, fall = 2.0, -5.0, 0.2, 0.2 / 50
    path = []
    for i in range(51):
        h = np.exp(-((x * wh) ** 2))
        y = 1 / (1 + np.exp(-(h * wo - 1)))
        cost = -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))
        path.append([wh, wo, cost])
        rate -= fall
        go = y - t
        gwo = np.sum(go * h)
        gwh = np.sum(go * wo * h * -2 * (x * wh) * x)
        wh, wo = wh - rate * gwh, wo - rate * gwo
    return x, t, path


def test_the_line_has_the_articles_figures():
    (X, Y), path = rbf()
    assert f"{path[0, 2]:.3f}" == "79.797"
    assert [f"{v:.2f}" for v in path[-1]] == ["1.07", "5.05", "9.55"]
    x, t, theirs = article_rbf()
    assert (X.T == x).all() and (Y.T == t).all()
    assert np.allclose(path, theirs, rtol=1e-9, atol=1e-9)


def test_the_surface_is_the_cost_of_each_net():
    X, Y = make_line()
    wh, wo = np.linspace(-3, 3, 5), np.linspace(-6, 10, 4)
    costs = backprop._cost_surface(X, Y, wh, wo)
    forward, J, _ = dense_net(["gaussian", "sigmoid"])
    for i, j in np.ndindex(4, 5):
        net = {"W1": wh[j], "b1": 0, "W2": wo[i], "b2": -1}
        net = {name: np.full((1, 1), v) for name, v in net.items()}
        cost = 40 * J(forward(X, net)[0], Y)
        assert np.isclose(costs[i, j], cost, rtol=1e-13)
    _, path = rbf()
    on_it = np.diagonal(backprop._cost_surface(X, Y, path[:, 0], path[:, 1]))
    assert np.allclose(on_it, path[:, 2], rtol=1e-12)


def test_momentum_on_the_surface():
    plain, ball = (
        rbf((2, -3), 0.02, momentum=momentum, falling=False)[1][-1]
        for momentum in (0, 0.8)
    )
    assert plain[2] > 20 and ball[2] < 9
    # And from the article's start it overshoots onto the plain.
    assert rbf(momentum=0.9)[1][-1, 2] > 30


# === Circles ===


@pytest.mark.parametrize("seed", range(3))
def test_circles_need_momentum(seed):
    assert share_right(circles(momentum=0, seed=seed)) < 0.6
    assert share_right(circles(seed=seed)) == 1


def test_a_plane_parts_what_no_line_does():
    job = circles()
    *steps, last = train(job)
    assert len(steps) == 299 and 100 * last.cost < 0.5
    (X, Y, *_), P = job.data, last.end.parameters
    A1 = backprop._hidden_layer(X, P, job.layers["activations"])
    assert A1.shape == (3, 100)
    side = (P["W2"][1] - P["W2"][0]) @ A1 + P["b2"][1] - P["b2"][0]
    assert ((side > 0) == (Y[1] == 1)).all()


def test_circles_in_batches():
    assert share_right(circles(batch=10)) == 1


# === Training ===


def test_epochs_in_batches_report_the_mean_cost_met():
    X, Y = make_line(10)
    start = backprop.initialize_parameters(1, 2, 1)
    costs, AL = [], []
    batches = backprop.mini_batches(X, Y, 4, epochs=2)
    for cost, AL, last in backprop.descend(batches, start, 0.1):
        costs.append(cost * AL.shape[1])
    job = Job(Dataset(X, Y, X, Y), dense_net(), {}, Checkpoint(start),
              Settings(0.1, epochs=2, batch=4))
    moments = list(backprop._moments(train(job), 10))
    means = [sum(costs[:3]) / 10, sum(costs[3:]) / 10]
    assert np.allclose([each.cost for each in moments], means, rtol=1e-14)
    assert [each.epoch for each in moments] == [1, 2]
    P = moments[-1].end.parameters
    assert all((P[k] == last[k]).all() for k in last)


@pytest.mark.parametrize("batch", [None, 4, 10, 30])
@pytest.mark.parametrize("momentum", [0, 0.5])
def test_training_taken_up_again_at_any_step_is_as_if_it_had_gone_on(
        batch, momentum):
    X, Y = make_line(10)
    start = Checkpoint(backprop.initialize_parameters(1, 2, 1))
    job = Job(Dataset(X, Y, X, Y), dense_net(), {}, start,
              Settings(0.1, 3, momentum, batch))
    steps = list(train(job))
    assert steps[-1].end.seen == 30
    for k, step in enumerate(steps[:-1]):
        rest = list(train(job._replace(start=step.end)))
        for one, other in zip(rest, steps[k + 1:]):
            assert one.cost == other.cost and one.number == other.number
            assert one.end.seen == other.end.seen


@pytest.mark.parametrize("wrong", [
    {"momentum": 1}, {"momentum": -0.1}, {"momentum": float("nan")},
    {"batch": 0}, {"seed": -1}, {"seed": 2**32 - 1}])
def test_settings_that_make_no_sense_are_refused_at_once(wrong):
    with pytest.raises(ValueError, match=f"{[*wrong][0]} is"):
        Settings(0.1, 3, **wrong)


def test_moons_with_momentum_one_is_a_sentence():
    with pytest.raises(ValueError, match="momentum is 1, expected"):
        moons(momentum=1)


@pytest.mark.parametrize("job", [
    moons(learning_rate=1e300, epochs=2), circles(learning_rate=1e308,
                                                  epochs=1)])
def test_what_runs_off_to_infinity_is_told_even_after_the_last_step(job):
    with np.errstate(all="ignore"), pytest.raises(
            ValueError, match="smaller --learning-rate"):
        list(train(job))


def test_outputs_that_are_no_numbers_are_told():
    job = circles()
    parameters = {name: 1e308 * np.ones_like(P)
                  for name, P in job.start.parameters.items()}
    with pytest.raises(ValueError, match="not all finite numbers"):
        outputs(job, job.data.X, parameters)


# === Commands ===

DRAWING = """\
    2.00
w0 ──────┐
   -0.20 │ -2.00
        (×)──────┐
   -1.00 │  0.20 │
x0 ──────┘       │
    0.39         │  4.00
                (+)──────┐
   -3.00         │  0.20 │
w1 ──────┐       │       │
   -0.39 │  6.00 │       │
        (×)──────┘       │  1.00    -1.00       0.37      1.37       0.73
   -2.00 │  0.20        (+)──────(−)──────(exp)──────(+1)──────(1/x)────── f
x1 ──────┘               │  0.20    -0.20      -0.53     -0.53       1.00
   -0.59                 │
                         │
   -3.00                 │
w2 ──────────────────────┘
    0.20"""


def test_the_circuit_is_drawn():
    assert backprop._draw_circuit([2, -3, -3], [-1, -2]) == DRAWING
    wide = backprop._draw_circuit([2000, -3, -3], [0.1, -2])
    assert max(map(len, wide.splitlines())) < 80


def test_circuit(run):
    done = run("circuit")
    assert done.returncode == 0 and DRAWING in done.stdout
    plain = run("circuit", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert plain.returncode == 0 and "w0 ------+" in plain.stdout


def test_check_finds_nothing(run):
    done = run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("No gradient errors found\n")
    assert max(map(len, done.stdout.splitlines())) < 80


@pytest.mark.parametrize("epsilon", ["1e-2", "1e-4", "1e-6", "1e-7"])
def test_check_with_another_epsilon(epsilon, capsys):
    assert backprop.main(["check", "--epsilon", epsilon]) == 0
    # Large ones reach across kinks; that is said, and is no error.
    assert ("kink:" in capsys.readouterr().out) == (epsilon == "1e-2")


@pytest.mark.parametrize("seed", range(5))
def test_check_of_other_numbers(seed, capsys):
    assert backprop.main(["check", "--seed", str(seed)]) == 0


def test_check_of_every_layer_and_seed():
    layers = {row[0] for row in backprop._gradient_checks(seed=5)}
    for name in backprop.ACTIVATIONS:
        assert f"{name} layer" in layers
    for name in ("circuit", "cost, many classes", "max-pool f=3 s=2",
                 "conv f=3 s=2 p=2", "conv net 2-3-3"):
        assert name in layers


def test_check_finds_what_is_planted(monkeypatch, capsys):
    def wrong(dA, cache, A=None):
        dA, Z = backprop._floats(dA, cache)
        return dA * (dA > 0)  # relu's mask on the wrong array

    monkeypatch.setitem(backprop.DERIVATIVES, "relu", wrong)
    assert backprop.main(["check"]) == 1
    out = capsys.readouterr().out
    assert "Gradient errors found: " in out
    for line in out.splitlines():
        if line.startswith(("relu layer", "tanh layer")):
            assert line.endswith("WRONG") == line.startswith("relu")


def test_rbf(run):
    done = run("rbf")
    assert "Step   0: wh   2.00  wo  -5.00  cost  79.797" in done.stdout
    assert "Step  50: wh   1.07  wo   5.05  cost   9.546" in done.stdout


def test_circles(run):
    done = run("circles")
    assert done.returncode == 0
    table = [row.split() for row in done.stdout.splitlines()
             if row.lstrip().startswith(("dW", "db"))]
    assert len(table) == 17
    for row in table:  # 9 decimals, the last one rounded
        assert abs(float(row[1]) - float(row[2])) < 1.1e-9
    assert "No gradient errors found" in done.stdout
    assert "Points classified: 100 of 100" in done.stdout


def test_moons_with_a_net_of_ones_own(run, tmp_path):
    net = json.dumps(layers((2, 9, "tanh"), (9, 1, "sigmoid")))
    (tmp_path / "net.json").write_text(net)
    for given in net, "net.json":
        done = run("moons", "--net", given, "--epochs", "20", "--batch", "20",
                   "--momentum", "0.9")
        assert done.returncode == 0
        assert "Net: 2-9-1, tanh, sigmoid" in done.stdout
        assert "Iteration: 00020 - cost: 0." in done.stdout
        assert "Test set accuracy: 0." in done.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["circuit", "--w", "1", "2"], "expected 3 arguments"),
        (["circuit", "--w", "inf", "1", "2"], "'inf' is not a number"),
        (["circuit", "--w", "1e9", "1", "2"], "expected between -300"),
        (["check", "--epsilon", "0"], "'0' is not a number from 1e-12"),
        (["moons", "--momentum", "1"], "at least 0 and below 1"),
        (["moons", "--momentum", "nan"], "at least 0 and below 1"),
        (["moons", "--batch", "0"], "at least 1"),
        (["moons", "--net", "["], "it is not JSON"),
        (["moons", "--net", "nowhere.json"], "nowhere.json"),
        (["moons", "--net", "[1]"], "layer 1 is 1"),
        (["rbf", "--start", "1", "x"], "'x' is not a number"),
        (["circles", "--momentum", "-1"], "at least 0 and below 1"),
        (["cat", "--momentum", "1"], "at least 0 and below 1"),
        (["mnist", "--momentum", "2"], "at least 0 and below 1"),
    ],
)
def test_bad_input(run, arguments, words):
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


# === Momentum on the cats ===


def test_cats_with_momentum(run, original):
    plain = run("cat", "--hidden", "12", data=original)
    ball = run("cat", "--hidden", "12", "--momentum", "0.9",
               "--iterations", "301", data=original)
    costs = [float(done.stdout.split("Cost after iteration ")[-1].split()[1])
             for done in (plain, ball)]
    assert costs[1] < costs[0] == pytest.approx(0.0305907975934, rel=1e-10)
    batches = run("cat", "--hidden", "12", "--batch", "32", "--iterations",
                  "400", data=original)
    assert "batches of 32" in batches.stdout
    assert "Training accuracy: 1.0" in batches.stdout


def test_digits_with_momentum(run, shipped):
    words = "--train", "200", "--test", "100", "--epochs", "2", "--batch", "8"
    plain, ball = (run("mnist", *words, "--momentum", momentum, data=shipped)
                   for momentum in ("0", "0.9"))
    assert plain.returncode == ball.returncode == 0
    assert "8 at a time, momentum 0.9" in ball.stdout
    accuracy = [float(done.stdout.split("Test Accuracy: ")[1])
                for done in (plain, ball)]
    assert min(accuracy) > 0.5 and plain.stdout != ball.stdout


@pytest.mark.parametrize("command", ["cat", "moons", "circles"])
def test_a_rate_far_too_high_is_said(run, command):
    done = run(command, "--learning-rate", "1e300")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "try a smaller --learning-rate" in done.stderr
