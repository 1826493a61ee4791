"""Whatever a command is given, and wherever it writes: a sentence, no
traceback, and what was trained is kept.

The cases are drawn from the commands' own tables, so that a new option or a
new command is covered without anyone thinking of it.
"""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from test_keep import cats, digits

import backprop
from backprop import load_parameters

OPTIONS = [
    (name, option)
    for name, command in backprop.COMMANDS.items()
    for option in (*command.options, *command.keep)
]
# What makes each command short; exercise and grade have tests of their own.
SHORT = {
    "circuit": [],
    "check": [],
    "rbf": ["--steps", 2],
    "moons": ["--epochs", 2],
    "circles": ["--epochs", 2],
    "cat": ["--iterations", 2],
    "mnist": ["--train", 20, "--test", 10, "--epochs", 1],
    "exercise": ["1"],
}
NETS = [name for name, command in backprop.COMMANDS.items() if command.keep]


def ends_in_a_sentence(capsys, *words):
    """Run a command in this process: its status, and its complaint."""
    status = backprop.main([str(word) for word in words])
    stderr = capsys.readouterr().err
    assert status in (0, 1, 2, 130)
    if status == 2:
        assert stderr.count("\n") == 1 and len(stderr) < 2300, stderr
        assert stderr.strip("\n").isprintable()
    return status, stderr


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Small sets of both kinds, in one folder."""
    return cats(digits(tmp_path_factory.mktemp("tiny")))


# === Files ===


def is_a_file(option):
    return option.metavar in ("FILE", "PICTURE", "DIR", "JSON", "URL-or-DIR")


@pytest.fixture(scope="module")
def no_files(tmp_path_factory):
    """Every kind of thing that is no file to read or to write."""
    folder = tmp_path_factory.mktemp("none")
    (folder / "file").write_bytes(b"some text")
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    things = ["", " ", folder / "nowhere" / "net.npz",
              folder / "file" / "net.npz", folder / "folder",
              folder / "loop", folder / ("x" * 250 + ".npz"), "a\x00b"]
    if os.name == "posix":
        os.mkfifo(folder / "pipe")
        things += [folder / "pipe", "/dev/null", "/dev/zero", "/dev/full"]
    return things


@pytest.mark.parametrize(
    "name, option",
    [row for row in OPTIONS if is_a_file(row[1])],
    ids=lambda part: getattr(part, "flag", part))
def test_what_is_no_file_is_refused_before_anything_is_trained(
        name, option, no_files, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("BACKPROP_DATA", raising=False)
    monkeypatch.setattr(backprop, "_MIRRORS", {"cat": [], "mnist": []})
    steps = []
    monkeypatch.setattr(backprop, "descend", lambda *_: steps or 1 / 0)
    for thing in no_files:
        if option.flag == "--predict":
            continue  # named after the training; see test_pictures
        if option.flag == "--to" and str(thing).isspace():
            continue  # a folder may have that name
        status, _ = ends_in_a_sentence(
            capsys, name, *(["cat"] * (name == "download")), option.flag,
            thing)
        assert status == 2 and not steps, thing


@pytest.mark.parametrize("name", NETS)
def test_an_empty_name_is_never_taken_for_none(name, capsys):
    for flag in "--save", "--load", "--resume", "--plot":
        status, stderr = ends_in_a_sentence(capsys, name, flag, "")
        assert status == 2 and "the name is empty" in stderr


# === Numbers ===

NUMBERS = ["nan", "inf", "-inf", "1e400", "-1", "0", "1e-320", "1e300",
           "9" * 401, "1e-5", "0.5", "", "x", "0x10", "1_0", "٣", "1" * 5000]


def is_a_number(option):
    return not is_a_file(option) and option.kind not in (None, str)


@pytest.mark.parametrize(
    "name, option",
    [row for row in OPTIONS if is_a_number(row[1])],
    ids=lambda part: getattr(part, "flag", part))
def test_a_number_is_taken_or_refused_in_a_sentence(
        name, option, capsys, monkeypatch, tmp_path, tiny):
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    short = [] if option.flag in map(str, SHORT[name]) else SHORT[name]
    for number in NUMBERS:
        count = option.more.get("nargs", 1)
        values = [number] * (count if isinstance(count, int) else 1)
        ends_in_a_sentence(capsys, name, *short, option.flag, *values)


@pytest.mark.parametrize("size", [10**8, 2 * 10**9])
def test_nets_that_would_fill_the_memory_are_a_sentence(
        size, capsys, monkeypatch, tiny):
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    layers = json.dumps([
        {"input_dim": 2, "output_dim": size, "activation": "relu"},
        {"input_dim": size, "output_dim": 1, "activation": "sigmoid"}])
    for words in (
        ["cat", "--hidden", size], ["moons", "--net", layers],
        ["mnist", "--filters", size], ["mnist", "--hidden", size],
    ):
        status, stderr = ends_in_a_sentence(capsys, *words)
        assert status == 2 and "weights, more than the 134217728" in stderr


def test_a_net_nested_too_deeply_is_a_sentence(capsys, tmp_path):
    for text in "[" * 10**5, "[" * 10**5 + "]" * 10**5:
        (tmp_path / "net.json").write_text(text)
        status, _ = ends_in_a_sentence(
            capsys, "moons", "--net", tmp_path / "net.json")
        assert status == 2


def test_numbers_below_zero_may_have_an_exponent(capsys):
    assert backprop.main(
        ["circuit", "--w", "-1e1", "1", "1", "--x", "-2.5E0", "-.5"]) == 0
    assert "-10.00" in capsys.readouterr().out
    assert backprop.main(["rbf", "--start", "-1e0", "-5", "--steps", "1"]) == 0
    assert "wh  -1.00" in capsys.readouterr().out


@pytest.mark.parametrize("words", [
    ["rbf", "--learning-rate", "1e300", "--constant"],
    ["circles", "--epochs", 1, "--learning-rate", "1e300"],
    ["moons", "--epochs", 1, "--learning-rate", "1e300"],
    ["cat", "--iterations", 1, "--learning-rate", "1e300"],
    ["mnist", "--train", 1, "--epochs", 1, "--learning-rate", "1e300"],
], ids=lambda words: words[0])
def test_a_net_that_ran_off_in_the_last_step_is_told(
        words, capsys, monkeypatch, tiny, tmp_path):
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    keep = ["--save", tmp_path / "net"] if words[0] in NETS else []
    status = backprop.main([str(word) for word in [*words, *keep]])
    out, stderr = capsys.readouterr()
    if status == 0:  # sigmoids saturate, and rounding decides
        assert words[0] in ("circles", "cat")
        assert "nan" not in out and "inf" not in out
    else:
        assert status == 2 and "try a smaller --learning-rate" in stderr
        assert not (tmp_path / "net").exists()


def test_many_epochs_and_the_last_seeds(capsys, monkeypatch, tiny):
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    words = ["mnist", "--train", 1, "--test", 1]
    status, _ = ends_in_a_sentence(capsys, *words, "--epochs", 1030)
    assert status == 0
    status, stderr = ends_in_a_sentence(
        capsys, *words, "--epochs", 2, "--seed", 2**32 - 1)
    assert status == 2 and "seed is 4294967295" in stderr


# === What was typed and a loaded net cannot honour ===


@pytest.fixture(scope="module")
def kept(tmp_path_factory, tiny):
    """A net of each command that keeps them."""
    folder = tmp_path_factory.mktemp("kept")
    for name in NETS:
        data = [] if name == "moons" else ["--data", tiny]
        words = [name, *SHORT[name], *data, "--save", folder / f"{name}.npz"]
        assert backprop.main([str(word) for word in words]) == 0
    return folder


VALUES = {"--hidden": ["7"], "--filters": ["16"], "--layers": ["16"],
          "--size": ["5"], "--stride": ["5"], "--float32": [],
          "--activation": ["tanh"], "--learning-rate": ["5"],
          "--iterations": ["3"], "--epochs": ["3"], "--momentum": ["0.5"],
          "--batch": ["7"], "--seed": ["2"], "--train": ["30"],
          "--net": ['[{"input_dim": 2, "output_dim": 1, '
                    '"activation": "sigmoid"}]']}
OF_THE_NET = ["--hidden", "--filters", "--layers", "--size", "--stride",
              "--float32", "--activation", "--net"]


@pytest.mark.parametrize("name, flag", [
    (name, option.flag) for name, option in OPTIONS if name in NETS
    and option.flag in VALUES])
@pytest.mark.parametrize("how", ["--load", "--resume"])
def test_what_a_saved_net_cannot_honour_is_refused(
        name, flag, how, kept, capsys, monkeypatch, tiny):
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    short = SHORT[name] if how == "--resume" and flag not in map(
        str, SHORT[name]) else []
    status, stderr = ends_in_a_sentence(
        capsys, name, *short, how, kept / f"{name}.npz", flag, *VALUES[flag])
    flag = {"--layers": "--filters"}.get(flag, flag)
    if flag in OF_THE_NET:
        assert status == 2 and f"{flag} is" in stderr
        assert "was made with" in stderr
    elif how == "--load":
        assert status == 2 and f"{flag} is for training" in stderr
    else:
        assert status == 0


@pytest.mark.parametrize("name", NETS)
def test_every_row_of_training_is_known(name):
    # An option that --load can't honour must be in one of the two lists.
    either = {*backprop._TRAINING, *(flag[2:] for flag in OF_THE_NET)}
    free = {"save", "load", "resume", "predict", "errors", "plot", "data",
            "test"}
    command = backprop.COMMANDS[name]
    assert {option.name for option in command.options} <= either | free


@pytest.mark.parametrize("name", NETS)
def test_a_saved_net_names_no_path_of_this_machine(name, kept, tiny):
    text = str(load_parameters(kept / f"{name}.npz")[1])
    for path in tiny, kept, os.path.expanduser("~"):
        assert str(path) not in text
    assert "/" not in re.sub(r" / 255", "", text)


@pytest.mark.parametrize("name, kind", [
    (name, kind) for name in NETS for kind in (".png", ".gif")])
def test_a_loaded_net_is_drawn_or_the_kind_is_refused(
        name, kind, kept, capsys, monkeypatch, tiny, tmp_path):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    plot = tmp_path / f"plot{kind}"
    status, _ = ends_in_a_sentence(
        capsys, name, "--load", kept / f"{name}.npz", "--plot", plot)
    assert (status == 0) == plot.exists()
    assert status == 0 or kind == ".gif"


def test_a_loaded_net_for_moons_says_what_it_is(kept, capsys):
    net = kept / "moons.npz"
    assert backprop.main(["moons", "--load", str(net)]) == 0
    out = capsys.readouterr().out
    assert f"of {net}, after 2 epochs" in out and "Learning rate" not in out


@pytest.mark.parametrize("name", NETS)
def test_a_net_for_one_command_is_refused_by_the_others(name, kept, capsys):
    for other in NETS:
        if other != name:
            status, stderr = ends_in_a_sentence(
                capsys, name, "--load", kept / f"{other}.npz")
            assert status == 2 and f"holds a net for {other}" in stderr


# === Streams ===


def shell(line, tmp_path, **variables):
    """Run a line of shell in which $B is the program."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "B":
                   f"{sys.executable} -m backprop", **variables}
    return subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=environment, timeout=60,
        capture_output=True, text=True, stdin=subprocess.DEVNULL)


posix = pytest.mark.skipif(os.name != "posix", reason="shells differ there")


@posix
@pytest.mark.parametrize("name", SHORT)
def test_a_closed_or_full_stream_is_no_traceback(name, tmp_path, tiny):
    words = f"$B {name} {' '.join(map(str, SHORT[name]))}"
    for stream, allowed in (
        (">/dev/full", {2}), ("| true", {0, 1}), (">&-", {0}), ("2>&-", {0}),
        (">&- 2>&-", {0}), ("2>/dev/full", {0}),
    ):
        done = shell(f"set -o pipefail; {words} {stream}", tmp_path,
                     BACKPROP_DATA=str(tiny))
        assert done.returncode in allowed, (stream, done)
        assert "Traceback" not in done.stderr + done.stdout
        assert "Exception ignored" not in done.stderr
        if "/dev/full" in stream and done.returncode:
            assert done.stderr == "backprop: stdout: No space left on device\n"


@posix
@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("stream", [
    ">/dev/full", "| head -n 1", ">&-", "2>&-", "2>/dev/full"])
def test_a_net_is_kept_whatever_becomes_of_the_streams(
        name, stream, tmp_path, tiny):
    words = f"$B {name} {' '.join(map(str, SHORT[name]))} --save net.npz"
    done = shell(f"{words} {stream}", tmp_path, BACKPROP_DATA=str(tiny))
    assert "Traceback" not in done.stderr
    assert load_parameters(tmp_path / "net.npz")[1]["command"] == name
    assert os.listdir(tmp_path) == ["net.npz"]


@posix
def test_bad_input_with_closed_streams(tmp_path):
    for stream in "2>&-", ">&-", ">/dev/full", "2>/dev/full":
        done = shell(f"$B cat --load nowhere {stream}", tmp_path)
        assert done.returncode == 2 and "Traceback" not in done.stderr


@posix
def test_ctrl_c_while_testing_keeps_the_net(capsys, monkeypatch, tiny,
                                            tmp_path):
    def interrupted(*_):
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("Ctrl-C should have ended it")

    monkeypatch.setenv("BACKPROP_DATA", str(tiny))
    monkeypatch.setattr(backprop, "outputs", interrupted)
    for name in "cat", "mnist":  # moons needs the outputs in training
        net = tmp_path / name
        status, stderr = ends_in_a_sentence(
            capsys, name, *SHORT[name], "--save", net)
        assert status == 130 and "stopped" in stderr
        assert load_parameters(net)


def test_python_without_docstrings_runs_every_command(tmp_path, tiny):
    for name, short in SHORT.items():
        words = [str(word) for word in short]
        done = subprocess.run(
            [sys.executable, "-OO", "-m", "backprop", name, *words],
            cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT),
                 "BACKPROP_DATA": str(tiny)})
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("error", [
    MemoryError(), OverflowError("x"), RecursionError("x"),
    ZeroDivisionError("x"), FloatingPointError("x"), OSError(28, "no space"),
    ValueError("two\nlines \x1b[31m red"), ImportError("x"),
    np.linalg.LinAlgError("x")], ids=lambda error: type(error).__name__)
def test_main_ends_in_a_sentence(error, capsys, monkeypatch):
    def fails(options):
        raise error

    command = backprop.COMMANDS["circuit"]._replace(run=fails)
    monkeypatch.setitem(backprop.COMMANDS, "circuit", command)
    assert ends_in_a_sentence(capsys, "circuit")[0] == 2
