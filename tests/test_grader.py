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


SLIPS = [
    ("5.7", "dW = np.dot(dZ, A_prev.T)", "gradient wrong", "1/m is forgotten"),
    ("5.7", "dW = dZ @ A_prev.T / m / m", "gradient wrong", "1/m is taken"),
    ("5.7", "dW = A_prev @ dZ.T / m", "wrong shape", "transpose"),
    ("5.7", "dW = dZ * A_prev.T / m", "raises", "matrix product belongs"),
    ("5.7", "dW = dZ @ A.T / m", "raises", "A stands where A_prev belongs"),
    ("5.8", "db = dZ.sum(axis=1) / m", "wrong shape", "keepdims"),
    ("5.8", "db = dZ.mean(axis=0, keepdims=True)", "wrong shape", "axis"),
    ("5.9", "dA_prev = W.T @ dZ / m", "gradient wrong", "1/m"),
    ("5.9", "dA_prev = np.dot(W, dZ)", "raises", "transpose"),
    ("5.9", "dA_prev = -np.dot(W.T, dZ)", "gradient wrong", "sign"),
    ("5.3", "dZ = np.dot(dA, A * (1 - A))", "raises", "* belongs"),
    ("5.3", "dZ = dA * Z * (1 - Z)", "gradient wrong", "Z stands where A"),
    ("5.4", "dZ = np.where(dA > 0, dA, 0)", "gradient wrong", "mask"),
    ("5.4", "dZ = dA * (Z >= 0)", "gradient wrong", "kink"),
    ("5.1", "dAL = Y / AL - (1 - Y) / (1 - AL)", "gradient wrong", "sign"),
    ("5.1", "dAL = (-Y / AL + (1 - Y) / (1 - AL)) / AL.shape[1]",
     "gradient wrong", "1/m"),
    ("4.1", "cost = -np.sum(losses)", "wrong value", "1/m is forgotten"),
    ("4.1", "cost = np.sum(losses) / m", "wrong value", "sign"),
    ("6.1", "P -= rate * dP", "mutates its input", ""),
    ("6.1", "P = P + rate * dP", "wrong value", "sign"),
    ("2.3", "W = s * np.random.randn(n, n_prev)", "wrong value", "seed"),
    ("11.2", "v_dP = beta * v_dP + dP", "wrong value", "1 - beta"),
    ("10.1", "g = (J_plus - J_minus) / epsilon", "wrong value", "2"),
]  # fmt: skip


@pytest.mark.parametrize("tag, code, result, words", SLIPS)
def test_slip_is_caught_and_named(grade, tag, code, result, words):
    (unit,) = (
        unit
        for unit in UNITS
        if any(f"({tag})" in line for line in unit.asks.values())
    )
    text = solved(backprop._assignment([unit.name]), {tag: code})
    status, rows = grade(text)
    row = rows[unit.name]
    assert (status, row["result"]) == (1, result), row
    assert words in row["slip"], row


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
    done = run("exercise", "linear_backward", "3")
    assert done.returncode == 0 and not done.stderr
    assert len(re.findall("your line here$", done.stdout, re.M)) == 10
    (tmp_path / "mine.py").write_text(done.stdout, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "mine.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "TestResults(failed=9," in done.stdout and not done.stderr
    done = run("grade", "mine.py")
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.count("not yet written: line ") == 8
    assert done.stdout.endswith("0 of 8 functions passed\n")


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
        seconds="2",
    )
    told = {
        name: f"{row['result']}: {row['message']}"
        for name, row in rows.items()
        if row["result"] != "passed"
    }
    expected = {
        "sigmoid": "too slow by far: no answer in 2 seconds",
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
    done = run("grade", "--seconds", "1", "mine.py", "relu")
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
