"""The file as its own assignment: what `exercise` leaves out, and what
`grade` says to right answers, slips, and code that hangs, dies or cheats."""

import ast
import csv
import doctest
import itertools
import json
import os
import re
import subprocess
import sys
import time
import types
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from conftest import MODULE
from coursework import RIGHT, WRONG

import backprop

ANSWERS = {
    tag: line
    for line in MODULE.read_text(encoding="utf-8").splitlines()
    for tag in re.findall(r"^[^#]+# \((\d+\.\d+)\)$", line)
}
SECTIONS = sorted({int(tag.partition(".")[0]) for tag in ANSWERS})
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and pipes")
FUNCTIONS = [unit.name for unit in backprop._asked(())]
PUBLIC = [unit.name for unit in backprop._asked((), True)]


def solved(text, changes=None):
    """An exercise with each line filled in by the file's own, or by another
    that `changes` has for (function, target)."""
    lines, function = text.splitlines(), ""
    for number, line in enumerate(lines):
        function = (re.findall(r"^(?:def|class) (\w+)", line) or [function])[0]
        for target, tag in re.findall(
            r"^ *(.*?) = .*# \((\d+\.\d+)\) your line here$", line
        ):
            indent = line[: len(line) - len(line.lstrip())]
            answer = (changes or {}).get(
                (function, target), ANSWERS[tag].strip()
            )
            lines[number] = "\n".join(
                indent + each for each in answer.splitlines()
            )
    return "\n".join(lines) + "\n"


def mark(path, *wanted, seconds=10):
    """A submission's report, and its verdicts by function."""
    report = backprop._mark(Path(path), wanted, seconds, lambda verdict: None)
    return report, {each.unit.name: each for each in report.verdicts}


@pytest.fixture
def grade(tmp_path):
    """Grade a text: each function's verdict by its name."""

    def grade(text, *wanted, seconds=10, name="mine.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return mark(path, *wanted, seconds=seconds)[1]

    return grade


def as_notebook(text):
    """A module as a notebook: a cell for each statement, some prose."""
    lines = text.splitlines(keepends=True)
    cells = [("code", "%matplotlib inline\n!pip install h5py\nx = !ls\n"),
             ("markdown", "# Exercise 1\n"), ("code", "%%bash\nls | wc\n"),
             ("code", "def broken(:\n")]
    for node in ast.parse(text).body:
        cells.append(("code", "".join(lines[node.lineno - 1:node.end_lineno])))
    more = {"code": {"outputs": [], "execution_count": None}, "markdown": {}}
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 4, "metadata": {},
        "cells": [{"cell_type": kind, "metadata": {}, "source": source,
                   **more[kind]} for kind, source in cells]})


# --- right is right ---

WORLDS = (("week 3",), ("momentum", "convolution", "first edition"),
          ("momentum again", "convolution again", "new edition"))


@pytest.mark.parametrize("world", WORLDS)
def test_right_course_work_passes(grade, world):
    text = "\n".join(RIGHT[name] for name in world)
    verdicts = grade(text)
    assert not {name: each.text for name, each in verdicts.items()
                if each.result != "passed"}
    defined = re.findall(r"(?m)^ *(?:def (\w+)|(\w+) = lambda)", text)
    others = {"predict", "gradient_check"} if world == ("week 3",) else set()
    assert {a or b for a, b in defined} & set(PUBLIC) - others == set(verdicts)


def test_right_course_work_passes_as_a_notebook(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text(as_notebook(RIGHT["first edition"]), encoding="utf-8")
    report, verdicts = mark(path)
    assert len(verdicts) == 13 and not report.failed
    assert "code cell 3, line 1: " in report.notes[0]


# What people write in an exercise that the file made: function, the start of
# the line, and the line.
WAYS = [
    ("initialize_velocity", 'v["d" + name]',
     'v["d" + name] = np.zeros(P.shape)'),
    ("relu", "A", "A = Z * (Z > 0)"),
    ("relu_backward", "dZ", "dZ = dA * np.int64(Z > 0)"),
    ("relu_backward", "dZ", "dZ = dA * (Z > 0).astype(float)"),
    ("relu_backward", "dZ", "dZ = dA * np.where(Z > 0, 1, 0)"),
    ("relu_backward", "dZ", "dZ = np.array(dA, copy=True); dZ[Z <= 0] = 0"),
    ("sigmoid", "A", "A = np.array([1 / (1 + np.exp(-each)) for each in z])"),
    ("linear_backward", "db", "db = dZ @ np.ones((m, 1)) / m"),
    ("linear_backward", "db", "db = np.mean(dZ, 1).reshape(-1, 1)"),
    ("linear_backward", "dW", "dW = np.zeros(W.shape)\n"
     "for i in range(W.shape[0]):\n    for j in range(W.shape[1]):\n"
     "        dW[i, j] = sum(dZ[i, k] * A_prev[j, k] for k in range(m)) / m"),
    ("linear_backward", "dA_prev", "dA_prev = (dZ.T @ W).T"),
    ("softmax_backward", "dZ", "dZ = np.zeros(Z.shape)\n"
     "for j in range(Z.shape[1]):\n    a = A[:, j]\n"
     "    dZ[:, j] = (np.diag(a) - np.outer(a, a)) @ dA[:, j]"),
    ("softmax", "A", "A = E / np.sum(E, axis=0, keepdims=True)"),
    ("compute_cost", "cost", "print('hello')\n"
     "cost = float(np.squeeze(-1 / m * losses.sum()))"),
    ("update_parameters", "P", "P = np.subtract(P, np.multiply(rate, dP))"),
    ("update_parameters_with_momentum", "v_dP",
     "v_dP = v_dP + (1 - beta) * (dP - v_dP)"),
    ("linear_forward", "Z", "Z = np.einsum('ij,jk->ik', W, A) + b"),
    ("numerical_gradient", "g",
     "g = (J(epsilon) - J(-epsilon)) / 2 / epsilon"),
]


def batches(rows, key):
    """Rows in as few groups as there can be with each key once in each."""
    groups = []
    for row in rows:
        group = next((each for each in groups if key(row) not in each), None)
        if group is None:
            groups.append(group := {})
        group[key(row)] = row
    return groups


@pytest.mark.parametrize("rows", batches(WAYS, lambda row: row[:2]))
def test_right_lines_of_an_exercise_pass(grade, rows):
    changes = {(name, target): code for name, target, code in rows.values()}
    names = {name for name, _ in changes}
    verdicts = grade(solved(backprop._assignment(sorted(names)), changes))
    assert {each.text for each in verdicts.values()
            if each.result != "passed"} == set()
    assert set(verdicts) == names


def test_reference_passes_whole(capsys):
    assert backprop.main(["grade", str(MODULE)]) == 0
    said = capsys.readouterr().out
    assert f"{len(PUBLIC)} of {len(PUBLIC)} functions passed" in said


def test_solved_exercise_passes_whole(grade):
    verdicts = grade(solved(backprop._assignment()))
    assert {each.text for each in verdicts.values()} == {"passed"}
    assert list(verdicts) == FUNCTIONS


def test_what_is_beyond_the_course_is_a_remark(grade):
    verdicts = grade(RIGHT["new edition"])
    assert "not right when saturated" in verdicts["sigmoid"].text
    assert 'activation_forward(A, W, b, "tanh")' in verdicts[
        "linear_activation_forward"].text
    assert "float32 is not kept" in verdicts["linear_backward"].text


# --- slips ---

def source_of(text, name):
    found = re.search(rf"(?m)^(?:    )?(?:def {name}\(.*|{name} = .*)"
                      r"(?:\n(?: .*|(?=\n)|$))*", text)
    return found[0]


def slip_files():
    for world in WORLDS:
        rows = [row for row in WRONG if row[0] in world]
        for number, group in enumerate(batches(rows, lambda row: row[1])):
            yield pytest.param(world, group, id=f"{world[0]}-{number}")


@pytest.mark.parametrize("world, group", list(slip_files()))
def test_slips_fail_and_are_named(grade, world, group):
    text = "\n".join(RIGHT[name] for name in world)
    for _, name, right, wrong, _ in group.values():
        code = source_of(text, name)
        assert right in code, name
        text = text.replace(code, code.replace(right, wrong))
    verdicts = grade(text, *group)
    for name, (*_, words) in group.items():
        verdict = verdicts[name]
        assert verdict.result != "passed", name
        assert words in verdict.text, verdict.text
        if not words:
            assert not verdict.slips, verdict.text


# Slips in an exercise that the file made.
SLIPS = [
    ("linear_forward", "Z", "Z = np.dot(A, W) + b", "raises: ValueError"),
    ("sigmoid_backward", "dZ", "dZ = dA + 0", "slope is skipped (5.3)"),
    ("relu_backward", "dZ", "dZ = dA * (Z >= 0)", "at the kink"),
    ("compute_cost_backward", "dAL", "dAL = AL - Y", "A - Y is dZ"),
    ("linear_backward", "dW", "dW = dZ @ A_prev.T", "forgotten (5.7)"),
    ("linear_backward", "db", "db = dZ.sum(axis=1) / m", "keepdims=True"),
    ("initialize_parameters_deep", "W",
     "W = s * np.random.RandomState(1).randn(*W.shape)", "wrong value"),
    ("softmax", "E", "E = np.exp(Z)", "is not finite when saturated"),
    ("softmax", "A", "A = E / np.sum(E)", "over the whole batch"),
    ("softmax_backward", "dZ", "dZ = dA * A * (1 - A)", "the other outputs"),
    ("windows_backward", "dX[:, rows, columns]",
     "dX[:, rows, columns] = dP[i, j].T", "they add (+=)"),
    ("numerical_gradient", "g", "g = (J_plus - J_minus) / epsilon", "2 eps"),
    ("update_parameters", "P", "P -= rate * dP; P = P + 0.0",
     "changes its input: changes the arrays in params"),
    ("update_parameters_with_momentum", "v_dP",
     "v_dP *= beta; v_dP = v_dP + dP",
     "forgotten (11.2); changes the arrays in v"),
]


@pytest.mark.parametrize("group", batches(SLIPS, lambda row: row[0]))
def test_slips_in_an_exercise(grade, group):
    changes = {row[:2]: row[2] for row in group.values()}
    verdicts = grade(solved(backprop._assignment(sorted(group)), changes))
    for name, (*_, words) in group.items():
        assert verdicts[name].result != "passed", name
        assert words in verdicts[name].text, verdicts[name].text


def test_slips_are_told_apart():
    """From what is right, on both sets whose sizes differ, and from each
    other, in the part of the result where they show."""
    by_function = defaultdict(list)
    for slip in backprop._slips():
        by_function[slip.function].append(slip)
    for name, slips in by_function.items():
        given = {slip: backprop._slipped(slip, name) for slip in slips}
        for slip in slips:
            said = backprop._named(name, given[slip])
            assert [each.startswith(slip.says) for each in said] == [True], (
                name, slip.wrong, said)
        for one, other in itertools.combinations(slips, 2):
            assert given[one].keys() != given[other].keys() or any(
                backprop._difference(value, given[other][n])
                for n, value in given[one].items()), (one.wrong, other.wrong)


def test_nothing_is_named_from_an_exception(grade):
    verdicts = grade("def linear_forward(A, W, b):\n    raise ValueError("
                     "'the bias is forgotten, keepdims=True, 1/m')\n")
    assert verdicts["linear_forward"].result == "raises"
    assert not verdicts["linear_forward"].slips


# --- other people's files ---

def test_lenient_reading(grade):
    verdicts = grade('''
from __future__ import print_function
import nothing.at.all as nothing
from dnn_utils import sigmoid, relu
from backprop import linear_forward as theirs, L_model_forward
import backprop
nothing.rcParams["x"] = nothing.colours(1)
x = 1 / 0
try:
    import numba
except ImportError:
    numba = None
if numba is None:
    def relu(Z):
        return np.maximum(Z, 0), Z
import numpy as np
draw = np.random.randn
for forever in iter(int, 1):
    pass
tanh = lambda Z: (np.tanh(Z), Z)
gaussian = np.exp
def linear_activation_forward(A_prev, W, b, activation):
    Z, cache = theirs(A_prev, W, b)
    functions = {"relu": backprop.relu, "sigmoid": backprop.sigmoid}
    return functions[activation](Z)[0], (cache, Z)
def linear_forward(A, W, b):
    return theirs(A, W, b)
def zero_pad(X, pad):
    return nothing.pad(X, pad)
def use():
    W = linear_activation_forward(1, 2, 3, 4)
parameters = use()
exit()
''')
    assert {name: each.result for name, each in verdicts.items()} == {
        "relu": "passed", "tanh": "passed", "gaussian": "wrong type",
        "linear_forward": "raises", "linear_activation_forward": "passed",
        "zero_pad": "raises"}
    assert "there is no nothing.at.all.pad (line 29)" in verdicts[
        "zero_pad"].text


def test_what_fails_at_module_level_is_told(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "x = 1 / 0\ndef relu(Z):\n    print('hello')\n"
        "    return Z * (Z > 0), Z\n")
    done = run("grade", "mine.py")
    assert done.returncode == 0 and not done.stderr
    assert "ZeroDivisionError: division by zero (line 1)" in done.stdout
    assert "not graded: circuit_forward, " in done.stdout
    assert "hello" not in done.stdout
    assert done.stdout.endswith("1 of 1 functions passed, 1 of 1 points\n")


def test_own_helpers_serve_where_ours_do_not(grade):
    text = '''
import numpy as np
def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))
def relu(Z):
    return np.maximum(0, Z)
def linear_activation_forward(A_prev, W, b, activation):
    Z = np.dot(W, A_prev) + b
    A = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, ((A_prev, W, b), Z)
'''
    verdict = grade(text)["linear_activation_forward"]
    assert verdict.result == "passed" and "own helpers" in verdict.text


def test_made_by_stands_at_the_top_only(grade):
    made = "# Made by: python -m backprop exercise 3  (backprop 1)\n"
    relu = "import numpy as np\ndef relu(Z):\n    return np.maximum(0, Z), Z\n"
    assert list(grade(f'"""\n{made}"""\n{relu}')) == ["relu"]
    assert list(grade(f"x = 1\n{made}{relu}")) == ["relu"]
    assert grade(made + relu)["sigmoid"].result == "missing"


def test_what_the_text_tells(grade):
    text = '''
def sigmoid(Z):
    """To be done."""
def relu(Z):
    raise NotImplementedError
def tanh(Z):
    pass
def linear_backward(dZ, cache):
    dW = None  # (5.7) your line here
    return dW
'''
    names = ["sigmoid", "relu", "tanh", "linear_forward", "linear_backward"]
    verdicts = grade(text, *names)
    assert verdicts.pop("linear_forward").result == "missing"
    assert {each.result for each in verdicts.values()} == {"not yet written"}
    assert verdicts["linear_backward"].message == "line 9"


# --- what hangs, dies, or would decide its own mark ---

@POSIX
def test_one_bad_function_costs_only_itself(grade):
    bad = {
        ("sigmoid", "A"): "while True: print('garbage')",
        ("relu", "A"): "import os; os._exit(0)",
        ("tanh", "A"): "import sys; sys.exit('enough')",
        ("linear_forward", "Z"):
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        ("compute_cost", "cost"): "cost = np.ones((1 << 17, 1 << 17)).sum()",
        ("compute_cost_backward", "dAL"):
            "print('garbage' * 9999); dAL = compute_cost_backward(AL, Y)",
        ("sigmoid_backward", "dZ"): "dZ = (dA * A * (1 - A)).tolist()",
        ("linear_backward", "dW"): "dW = dZ @ A_prev.T / m + input()",
    }
    names = sorted({name for name, _ in bad} | {"update_parameters"})
    verdicts = grade(solved(backprop._assignment(names), bad), seconds=2)
    told = {name: each.text for name, each in verdicts.items()
            if each.result != "passed"}
    expected = {
        "sigmoid": "too slow: no answer in 2 seconds",
        "relu": "crashes: ends the whole process: exit status 0",
        "tanh": "raises: SystemExit: enough (line ",
        "linear_forward": "crashes: ends the whole process: SIGSEGV",
        "compute_cost": ("raises: ", "too slow"),
        "compute_cost_backward": "raises: RecursionError",
        "sigmoid_backward": "wrong type: dZ is a list of 4, expected an arr",
        "linear_backward": "raises: EOFError: EOF when reading a line (line ",
    }
    assert list(told) == list(expected)
    for name, start in expected.items():
        assert told[name].startswith(start), told[name]


# Each gives 0 times what is right, and does something to have it pass.
TRICKS = {
    "sigmoid": """
    for fd in range(3, 30):
        try:
            os.write(fd, b'{"value": 1}\\n[[[' + b"junk" * 999)
        except OSError:
            pass""",
    "relu": """
    frame = sys._getframe()
    while frame:
        frame.f_locals.update(value=None, request={}, answer={})
        for name in ("_pack", "_difference", "json"):
            if name in frame.f_globals:
                frame.f_globals[name] = lambda *a, **k: ["list", []]
        frame = frame.f_back""",
    "tanh": """
    for each in gc.get_objects():
        if isinstance(each, dict) and "token" in each:
            each["error"] = ""; each.pop("function", None)
        if isinstance(each, dict) and "passed" in each:
            each["passed"] = True""",
    "linear_forward": """
    spec = importlib.util.spec_from_file_location("again", MODULE)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    again._difference = again._far = lambda *a, **k: None
    sys.modules["backprop"] = sys.modules["__main__"] = again""",
    "numerical_gradient": """
    np.isclose = np.allclose = lambda *a, **k: np.True_
    np.asarray = np.linalg.norm = lambda *a, **k: np.zeros(1)""",
    "linear_backward": """
    class Same(np.ndarray):
        __eq__ = __ne__ = lambda self, other: True
        __array_ufunc__ = lambda self, *a, **k: np.zeros(1)
    return [np.zeros((1, 1)).view(Same)] * 3""",
    "update_parameters": """
    for P in args[0].values():
        P += 1
    inspect.signature = lambda f: 1 / 0
    base64.b64encode = lambda data: b'AAAAAAAA8D8='""",
    "initialize_velocity": """
    threading.Thread(target=lambda: os.dup2(os.open(os.devnull, 1), 1)).start()
    os.close(1); os.closerange(3, 30)""",
}


def test_no_trick_passes(grade):
    text = ("import base64, gc, importlib.util, inspect, os, sys, threading\n"
            f"import numpy as np\nMODULE = {str(MODULE)!r}\n")
    for name, trick in TRICKS.items():
        text += f"def {name}(*args):{trick}\n    return 0\n"
    verdicts = grade(text, *TRICKS, seconds=2)
    assert set(verdicts) == set(TRICKS)
    for name, verdict in verdicts.items():
        assert verdict.result != "passed", name


@POSIX
def test_all_that_it_started_ends_with_it(grade, tmp_path):
    start = time.monotonic()
    verdicts = grade(f"""
import os, subprocess, time
def relu(Z):
    child = subprocess.Popen(["sleep", "600"])
    with open({str(tmp_path / "pids")!r}, "a") as file:
        print(child.pid, file=file)
    if not os.fork():
        os.closerange(0, 30)
        time.sleep(600)
    time.sleep(600)
""", seconds=1)
    assert verdicts["relu"].result == "too slow"
    assert time.monotonic() - start < 30
    for pid in (tmp_path / "pids").read_text().split():
        done = subprocess.run(["ps", "-o", "stat=", "-p", pid],
                              capture_output=True, text=True)
        assert done.stdout.strip()[:1] in ("", "Z")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("x = 1\ndef relu(Z:\n", "mine.py, line 2: "),
        ("x = [each for each in iter(int, 1)]\n", "cannot be run: no answer"),
        ("import os\nos._exit(3)\ny = os._exit(3)\n", "exit status 3"),
        ("\0", "mine.py"),
        ("x = 1" + " + 1" * 10**6, "mine.py"),  # too deep, or SIGSEGV
        ("x = " + "(" * 10**4 + ")" * 10**4, "mine.py"),
        ("ÿ".encode("latin-1"), "is not UTF-8: save it as UTF-8"),
        ("x = 'ÿ'".encode("utf-16"), "is not UTF-8: save it as UTF-8"),
    ],
    ids=map(str, range(8)),
)
def test_a_file_that_cannot_be_read(tmp_path, capsys, text, sentence):
    text = text.encode() if isinstance(text, str) else text
    path = tmp_path / "mine.py"
    path.write_bytes(text + b"\ndef relu(Z): return Z, Z\n")
    asked = ["grade", str(path), "relu", "--seconds", "1", "--json"]
    assert backprop.main(asked) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1
    told = json.loads(said.out)
    assert told["score"] == 0 and sentence in told["output"]


@POSIX
def test_what_is_no_regular_file(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.py")
    os.mkdir("empty")
    Path("book.ipynb").write_text("[1, 2")
    Path("null.ipynb").write_text("null")
    for path, words in (
        ("fifo.py", "pipe or a device"), ("/dev/zero", "pipe or a device"),
        ("missing.py", "missing.py"), ("empty", "no file to grade"),
        ("", "no file to grade"), ("book.ipynb", "no Jupyter notebook"),
        ("null.ipynb", "no Jupyter notebook"),
    ):
        assert backprop.main(["grade", path]) == 2, path
        said = capsys.readouterr()
        assert words in said.err and said.err.count("\n") == 1, said.err


@pytest.mark.parametrize("seconds", ["1e10", "nan", "inf", "0", "-1", "1e400"])
def test_seconds_that_make_no_sense(capsys, seconds):
    assert backprop.main(["grade", str(MODULE), "--seconds", seconds]) == 2
    assert "up to a day" in capsys.readouterr().err


# --- a class ---

@pytest.fixture
def handed_in(tmp_path):
    """A folder: what is right, wrong, broken, and something else."""
    right = ("import numpy as np\ndef relu(Z):\n"
             "    return np.maximum(0, Z), Z\n")
    for name, text in (
        ("ann/a.py", right), ("bob/a.ipynb", as_notebook(right.replace(
            "maximum(0", "minimum(0"))), ("cleo/a.py", "def relu(Z:\n"),
        ("dan/notes.txt", "hello"), (".cache/a.py", right),
    ):
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path / "class"


def test_a_class(handed_in, capsys):
    table = handed_in.parent / "marks.csv"
    status = backprop.main(["grade", str(handed_in), "--csv", str(table)])
    assert status == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(f"{handed_in}{os.sep}")[2] for line in lines] == [
        "ann/a.py: 1 of 1 points",
        "bob/a.ipynb: 0 of 1 points; failed: relu",
        lines[2].partition(f"{handed_in}{os.sep}")[2]]
    assert "cleo/a.py, line 1: " in lines[2]
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["points"], row["of"], row["failed"]) for row in rows] == [
        ("1", "1", ""), ("0", "1", "relu"), ("0", "0", "")]
    assert "line 1" in rows[2]["error"]


def test_json_is_what_gradescope_takes(handed_in, capsys):
    files = [str(handed_in / "ann/a.py"), str(handed_in / "bob/a.ipynb")]
    assert backprop.main(["grade", "--json", *files]) == 2
    assert "--json is for one file" in capsys.readouterr().err
    assert backprop.main(["grade", "--json", files[1], "relu", "6"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["score"] == 0
    for test in told["tests"]:
        assert set(test) == {"name", "score", "max_score", "status", "output"}
        assert test["status"] == "failed" and test["max_score"] >= 1
    assert "min for max (3.2)" in told["tests"][0]["output"]
    assert backprop.main(["grade", "--json", files[0]]) == 0
    assert json.loads(capsys.readouterr().out)["score"] == 1


# --- what `exercise` makes ---

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
    done = run("exercise", "linear_backward", "4", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0 and not done.stderr
    assert len(re.findall("your line here$", done.stdout, re.M)) == 5
    (tmp_path / "mine.py").write_text(done.stdout, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "mine.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )
    assert re.search(r"TestResults\(failed=\d\d?,", done.stdout)
    assert not done.stderr
    done = run("grade", "mine.py")
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.count("not yet written: line ") == 3
    assert done.stdout.endswith("0 of 3 functions passed, 0 of 5 points\n")


def test_exercise_of_nothing(run):
    for what in ("predict", "12", "nothing"):
        done = run("exercise", what)
        assert done.returncode == 2 and not done.stdout
        assert done.stderr.startswith(f"backprop: {what} is no section or")


def test_exercise_to_a_file(tmp_path, capsys):
    for name in ("mine.py", "mine.ipynb"):
        path = tmp_path / name
        assert backprop.main(["exercise", "5", "--to", str(path)]) == 0
        assert "your line here" in path.read_text(encoding="utf-8")
        # What somebody has begun to write is not written over.
        assert backprop.main(["exercise", "5", "--to", str(path)]) == 2
        assert "mine" in capsys.readouterr().err
        assert backprop.main(["grade", str(path), "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert {test["output"].partition(":")[0] for test in told["tests"]
                } == {"not yet written"}


@pytest.mark.parametrize("wanted", [("5",), ("conv_forward", "7"), ()])
def test_a_notebook(tmp_path, capsys, wanted):
    book = json.loads(backprop._notebook(wanted))
    try:
        import nbformat
    except ImportError:
        pass
    else:
        nbformat.validate(book)
    code = ["".join(cell["source"]) for cell in book["cells"]
            if cell["cell_type"] == "code"]
    prose = ["".join(cell["source"]) for cell in book["cells"]
             if cell["cell_type"] == "markdown"]
    assert not re.search(r":\w+:`|\.\. \w+::", "".join(prose))
    assert any("$$" in text and r"\tag{" in text for text in prose)
    asked = [unit.name for unit in backprop._asked(wanted)]
    tried = [text for text in code if "doctest.run" in text]
    assert {re.search(r"examples\((\w+)", text)[1] for text in tried} == set(
        asked)
    # Solved, every cell runs and no example says anything.
    space = {"__name__": "__main__"}
    for text in code:
        exec(compile(solved(text), "cell", "exec"), space)
    assert capsys.readouterr().out == ""
    for cell in book["cells"]:
        cell["source"] = solved("".join(cell["source"]))
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    assert {each.text for each in mark(path)[1].values()} == {"passed"}


def test_arrays_come_back_as_they_went():
    held = []
    value = {"a": (np.float32([1, 2]), [1, "x", None, True, 2.5]), "b": 3}
    packed = json.loads(json.dumps(backprop._pack(value)))
    again = backprop._unpack(packed, held)
    assert backprop._difference(value, again) is None
    assert again["a"][0].dtype == np.float32 and held[0] is again["a"][0]
    loop = []
    loop.append(loop)
    assert "other" in json.dumps(backprop._pack(loop))
