"""The file as its own assignment: what `exercise` leaves out, and what
`grade` says to right answers, usual slips, and code that hangs or dies."""

import ast
import doctest
import json
import re
import subprocess
import sys
import types

import pytest
from conftest import MODULE

import backprop

ANSWERS = {
    tag: line
    for line in MODULE.read_text(encoding="utf-8").splitlines()
    for tag in re.findall(r"^[^#]+# \((\d+\.\d+)\)$", line)
}
SECTIONS = sorted({int(tag.partition(".")[0]) for tag in ANSWERS})
UNITS = backprop._units()[1]
FUNCTIONS = [unit.name for unit in UNITS if unit.asks]
UPPER = [unit.name for unit in UNITS if unit.name]


def solved(text, changes=None):
    """An exercise with each line filled in by the file's own, or by another
    that `changes` has for its tag."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        for tag in re.findall(r"# \((\d+\.\d+)\) your line here$", line):
            indent = line[: len(line) - len(line.lstrip())]
            answer = (changes or {}).get(tag, ANSWERS[tag].strip())
            lines[number] = "\n".join(
                indent + each for each in answer.splitlines()
            )
    return "\n".join(lines) + "\n"


@pytest.fixture
def grade(tmp_path, capsys):
    """Grade a text: the exit status, and each function's row by its name."""

    def grade(text, *wanted, seconds="10"):
        path = tmp_path / "assignment.py"
        path.write_text(text, encoding="utf-8")
        status = backprop.main(
            ["grade", "--json", "--seconds", seconds, str(path), *wanted]
        )
        told = json.loads(capsys.readouterr().out)
        assert told["asked"] == len(told["functions"])
        return status, {row["function"]: row for row in told["functions"]}

    return grade


# A function, the line a learner writes in it, and what `grade` makes of that.
SLIPS = [
    ("linear_forward", "Z = np.dot(A, W) + b",
     "raises", "the factors are in the wrong order"),
    ("linear_backward", "dW = np.dot(dZ, A_prev.T)",
     "gradient wrong", "the 1/m is forgotten"),
    ("linear_backward", "dW = dZ @ A_prev.T / m / m",
     "gradient wrong", "the 1/m is taken twice"),
    ("linear_backward", "dW = A_prev @ dZ.T / m",
     "wrong shape", "transpose"),
    ("linear_backward", "dW = dZ * A_prev.T / m",
     "raises", "* stands where a matrix product belongs"),
    ("linear_backward", "dW = dZ @ A.T / m",
     "raises", "A stands where A_prev belongs"),
    ("linear_backward", "db = dZ.sum(axis=1) / m",
     "wrong shape", "keepdims"),
    ("linear_backward", "db = dZ.sum(axis=0, keepdims=True) / m",
     "wrong shape", "the sum runs over the wrong axis"),
    ("linear_backward", "dA_prev = W.T @ dZ / m",
     "gradient wrong", "a 1/m too much"),
    ("linear_backward", "dA_prev = np.dot(W, dZ)",
     "raises", "a transpose is forgotten"),
    ("linear_backward", "dA_prev = -np.dot(W.T, dZ)",
     "gradient wrong", "the sign is flipped"),
    ("sigmoid_backward", "dZ = np.dot(dA, A * (1 - A))",
     "raises", "a matrix product stands where * belongs"),
    ("sigmoid_backward", "dZ = dA * Z * (1 - Z)",
     "gradient wrong", "Z stands where A belongs"),
    ("relu_backward", "dZ = np.where(dA > 0, dA, 0)",
     "gradient wrong", "the mask is taken of dA"),
    ("relu_backward", "dZ = dA * (Z >= 0)",
     "gradient wrong", "at the kink the derivative is 0"),
    ("compute_cost_backward", "dAL = Y / AL - (1 - Y) / (1 - AL)",
     "gradient wrong", "the sign is flipped"),
    ("compute_cost_backward",
     "dAL = (-Y / AL + (1 - Y) / (1 - AL)) / AL.shape[1]",
     "gradient wrong", "a 1/m too much"),
    ("compute_cost", "cost = -np.sum(losses)",
     "wrong value", "the 1/m is forgotten"),
    ("compute_cost", "cost = np.sum(losses) / m",
     "wrong value", "the sign is flipped"),
    ("update_parameters", "P -= rate * dP", "mutates its input", ""),
    ("update_parameters", "P = P + rate * dP",
     "wrong value", "a sign is flipped"),
    ("initialize_parameters_deep", "W = s * np.random.randn(n, n_prev)",
     "wrong value", "the seed is ignored"),
    ("softmax", "E = np.exp(Z - np.max(Z))",
     "wrong value", "the maximum is that of the whole batch"),
    ("softmax", "E = np.exp(Z)", "wrong value", "no maximum is subtracted"),
    ("softmax", "A = E / np.sum(E, axis=1, keepdims=True)",
     "wrong value", "the sum runs over the wrong axis"),
    ("windows_backward", "dX[:, rows, columns] = dP[i, j].T",
     "gradient wrong", "where windows overlap gradients add"),
    ("pool_backward", "dP = (P == P.max(axis=0)).reshape(R.shape) * dA.T",
     "gradient wrong", "every maximum of a tie gets the gradient"),
    ("numerical_gradient", "g = (J_plus - J_minus) / epsilon",
     "wrong value", "it is 2 times what it should be"),
    ("update_parameters_with_momentum", "v_dP = beta * v_dP + dP",
     "wrong value", "the factor 1 - beta is forgotten"),
]  # fmt: skip


@pytest.mark.parametrize("name, code, result, words", SLIPS)
def test_slip_is_caught_and_named(grade, name, code, result, words):
    target = re.split(r" \W?= ", code)[0]
    (unit,) = (unit for unit in UNITS if unit.name == name)
    tag = next(
        re.search(r"\((.*)\) your line here", line)[1]
        for line in unit.asks.values()
        if line.strip().startswith(f"{target} = ")
    )
    status, rows = grade(solved(backprop._assignment([name]), {tag: code}))
    row = rows[name]
    assert (status, row["result"]) == (1, result), row
    assert words in row["slip"], row


TEXTBOOK = """
import numpy as np

def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros(A_prev.shape, (1.0 * A_prev).dtype)
    for i, h, w, c in np.ndindex(dA.shape):
        rows = slice(h * stride, h * stride + f)
        columns = slice(w * stride, w * stride + f)
        if mode == "max":
            piece = A_prev[i, rows, columns, c]
            mask = np.arange(f * f).reshape(f, f) == piece.argmax()
            dA_prev[i, rows, columns, c] += mask * dA[i, h, w, c]
        else:
            dA_prev[i, rows, columns, c] += dA[i, h, w, c] / f**2
    return dA_prev

def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    f, n_C = W.shape[0], W.shape[3]
    X = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    m, n_H, n_W, _ = X.shape
    n_H, n_W = (n_H - f) // stride + 1, (n_W - f) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C), (1.0 * A_prev).dtype)
    for i, h, w, c in np.ndindex(Z.shape):
        piece = X[i, h * stride:h * stride + f, w * stride:w * stride + f]
        Z[i, h, w, c] = np.sum(piece * W[..., c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)

def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]
    X = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)
    for i, h, w, c in np.ndindex(dZ.shape):
        rows = slice(h * stride, h * stride + f)
        columns = slice(w * stride, w * stride + f)
        dX[i, rows, columns] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += X[i, rows, columns] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    dA_prev = dX[:, pad:X.shape[1] - pad, pad:X.shape[2] - pad]
    return dA_prev, dW, db

def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    order = list(np.random.RandomState(seed).permutation(Y.shape[1]))
    batches = []
    for k in range(0, len(order), mini_batch_size):
        batch = order[k:k + mini_batch_size]
        batches.append((X[:, batch] if X.ndim == 2 else X[batch],
                        Y[:, batch]))
    return batches
"""
TEXTBOOK_NAMES = re.findall(r"def (\w+)", TEXTBOOK)


def test_the_textbook_loops_pass(grade):
    status, rows = grade(TEXTBOOK, *TEXTBOOK_NAMES)
    assert (status, list(rows)) == (0, TEXTBOOK_NAMES), rows


@pytest.mark.parametrize(
    "name, right, wrong, words",
    [
        ("pool_backward", "np.arange(f * f).reshape(f, f) == piece.argmax()",
         "piece == np.max(piece)", "every maximum of a tie"),
        ("pool_backward", "dA[i, h, w, c] / f**2", "dA[i, h, w, c]",
         "the average's 1/f**2 is forgotten"),
        ("conv_backward", "dX[:, pad:X.shape[1] - pad, "
         "pad:X.shape[2] - pad]", "dX", "the padding's gradient"),
        ("conv_backward", "db[..., c] +=", "db[..., c] -=",
         "the sign is flipped"),
        ("conv_forward", "+ b[0, 0, 0, c]", "- b[0, 0, 0, c]",
         "a sign is flipped"),
        ("random_mini_batches", "np.random.RandomState(seed)", "np.random",
         "two equal calls differ: the seed is ignored"),
        ("random_mini_batches", "State(seed)", "State(0)",
         "the seed is ignored"),
    ],
)  # fmt: skip
def test_slip_in_code_of_ones_own(grade, name, right, wrong, words):
    assert right in TEXTBOOK
    _, rows = grade(TEXTBOOK.replace(right, wrong), name)
    assert rows[name]["result"] != "passed"
    assert words in rows[name]["slip"], rows[name]


def test_every_tagged_line_is_asked_for(capsys):
    text = backprop._assignment()
    asked = re.findall(r" = [None, ]+  # \((.*)\) your line here\n", text)
    assert asked == list(ANSWERS)
    assert backprop.main(["exercise", "--list"]) == 0
    listed = re.findall(r"   (\w+) +(\d+) lines?\n", capsys.readouterr().out)
    assert [name for name, _ in listed] == FUNCTIONS
    assert sum(int(count) for _, count in listed) == len(ANSWERS)


@pytest.mark.parametrize("section", SECTIONS)
def test_exercise_builds_on_numpy_alone(section):
    # With the answers put back its examples pass, so all that the chosen
    # functions and the examples need is there.
    text = solved(backprop._assignment([str(section)]))
    imports = [
        getattr(node, "module", node.names[0].name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert imports == ["numpy", "doctest"]
    module = types.ModuleType("assignment")
    exec(text, vars(module))
    assert doctest.testmod(module).failed == 0


def test_exercise_runs_as_it_is(run, tmp_path):
    done = run("exercise", "linear_backward", "4")
    assert done.returncode == 0 and not done.stderr
    assert len(re.findall("your line here$", done.stdout, re.M)) == 5
    (tmp_path / "mine.py").write_text(done.stdout, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "mine.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.search(r"TestResults\(failed=\d\d?,", done.stdout)
    assert not done.stderr
    done = run("grade", "mine.py")
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.count("not yet written: line ") == 3
    assert done.stdout.endswith("0 of 3 functions passed\n")


def test_exercise_of_nothing(run):
    for what in ("predict", "12", "nothing"):
        done = run("exercise", what)
        assert done.returncode == 2 and not done.stdout
        assert done.stderr.startswith(f"backprop: {what} is no section or")


def test_reference_passes_whole(run):
    done = run("grade", MODULE)
    assert done.returncode == 0, done.stdout
    assert not done.stderr
    count = len([name for name in backprop.__all__ if name in UPPER])
    assert done.stdout.endswith(f"{count} of {count} functions passed\n")
    assert done.stdout.count("passed\n") == count + 1


def test_solved_exercise_passes_whole(grade):
    status, rows = grade(solved(backprop._assignment()))
    assert {row["result"] for row in rows.values()} == {"passed"}
    assert (status, list(rows)) == (0, FUNCTIONS)


def test_emptied_file_fails_whole(grade):
    status, rows = grade(backprop._assignment())
    assert {row["result"] for row in rows.values()} == {"not yet written"}
    assert (status, list(rows)) == (1, FUNCTIONS)


def test_what_the_text_tells(grade):
    text = '''
def sigmoid(Z):
    """To be done."""
def relu(Z):
    raise NotImplementedError
def tanh(Z):
    pass
def linear_backward(dZ, cache):
    dW = None
    return dW
'''
    names = ["sigmoid", "relu", "tanh", "linear_backward", "linear_forward"]
    status, rows = grade(text, *names)
    assert rows.pop("linear_forward")["result"] == "missing"
    assert {row["result"] for row in rows.values()} == {"not yet written"}
    assert status == 1


def test_one_bad_function_costs_only_itself(grade):
    bad = {
        "3.1": "while True: print('garbage')",
        "3.2": "import os; os._exit(0)",
        "3.3": "import sys; sys.exit('enough')",
        "3.5": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "4.1": "cost = np.ones((1 << 17, 1 << 17)).sum()",
        "5.1": "print('garbage' * 9999); dAL = compute_cost_backward(AL, Y)",
        "5.3": "dZ = (dA * A * (1 - A)).tolist()",
        "5.5": "dZ = None\nreturn None",
        "5.7": "dW = dZ @ A_prev.T / m + input()",
        "6.1": "P = sum([P] + 5000 * [-rate * dP / 5000])\n"
               "for _ in range(10**6): P = P + 0.0",
    }  # fmt: skip
    status, rows = grade(
        solved(backprop._assignment(["3", "4", "5", "6"]), bad),
        seconds="5",
    )
    told = {
        name: f"{row['result']}: {row['message']}"
        for name, row in rows.items()
        if row["result"] != "passed"
    }
    expected = {
        "sigmoid": "too slow by far: no answer in 5 seconds",
        "relu": "crashes: ends the whole process: exit status 0",
        "tanh": "raises: SystemExit: enough (line ",
        "linear_forward": "crashes: ends the whole process: SIGSEGV",
        "compute_cost": "raises: MemoryError: Unable to allocate",
        "compute_cost_backward": "raises: RecursionError",
        "sigmoid_backward": "wrong type: dZ is a list of 4, expected an arr",
        "tanh_backward": "not yet written",
        "linear_backward": "raises: EOFError: EOF when reading a line (line ",
        "update_parameters": "too slow by far: ",
    }
    assert list(told) == list(expected)
    for name, start in expected.items():
        assert told[name].startswith(start)
    assert status == 1


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("x = 1\ndef relu(Z:\n", "mine.py, line 2: "),
        ("import numpy as np\nnp.nothing\n", "cannot be imported: Attr"),
        ("x = 1\nx = y\n", "name 'y' is not defined (line 2)\n"),
        ("import os\nos._exit(3)\n", "ends the whole process: exit status 3"),
        ("while True: pass\n", "mine.py cannot be imported: no answer in "),
        ("\0", "mine.py"),
        ("\xff".encode("latin-1"), "mine.py"),
    ],
)
def test_a_file_that_cannot_be_read(run, tmp_path, text, sentence):
    text = text.encode() if isinstance(text, str) else text
    (tmp_path / "mine.py").write_bytes(text + b"def relu(Z): return Z, Z\n")
    done = run("grade", "--seconds", "2", "mine.py", "relu")
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("backprop: mine.py")
    assert sentence in done.stderr and done.stderr.count("\n") == 1


def test_no_file(run):
    done = run("grade", "mine.py")
    assert done.returncode == 2 and "mine.py" in done.stderr


def test_the_answer_is_not_imported(grade):
    text = "def relu(Z):\n    import backprop\n    return backprop.relu(Z)\n"
    _, rows = grade(text, "relu")
    assert "ModuleNotFoundError" in rows["relu"]["message"]


def test_odd_cases_are_named(grade):
    for code, words in [
        ("A = np.exp(Z) / (1 + np.exp(Z))", "is not finite when saturated"),
        ("A = 1 / (1 + np.exp(-Z.astype(float)))", "float64, expected fl"),
        ("A = 1 / (1 + np.exp(-z)) if Z.shape[1] > 1 else Z", "single exampl"),
    ]:
        _, rows = grade(solved(backprop._assignment(["3"]), {"3.1": code}),
                        "sigmoid")
        assert words in rows["sigmoid"]["message"], rows


def test_every_slip_can_still_be_made():
    # A pattern that fits no line of the file any more is dead weight.
    lines, _ = backprop._units()
    for pattern, _, words in backprop._SLIPS:
        assert any(re.search(pattern, line) for line in lines), words
