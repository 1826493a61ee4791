"""Nets that are saved and loaded, and files that are no nets."""

import argparse
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
from conftest import ROOT

import backprop
from backprop import (
    initialize_parameters_deep,
    load_parameters,
    save_parameters,
)

NET = initialize_parameters_deep([4, 3, 2, 1], scale=1)


def forge(file, arrays, **about):
    """A net that nobody has checked."""
    with open(file, "wb") as out:
        np.savez(out, about=json.dumps(about), **arrays)


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        assert one[name].dtype == other[name].dtype
        assert one[name].shape == other[name].shape
        assert one[name].tobytes() == other[name].tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_saved_is_loaded_to_the_bit(tmp_path, dtype):
    net = {name: P.astype(dtype) for name, P in NET.items()}
    velocity = {f"d{name}": P / 3 for name, P in net.items()}
    about = {
        "layers": [4, 3, 2, 1],
        "activations": ["relu", "tanh", "sigmoid"],
        "classes": ["no", "ja — да"],
        "rate": 0.1 + 0.2,
        "cost": np.float64(1 / 3),
        "seed": np.int64(7),
        "figures": np.arange(3) / 7,
    }
    file = tmp_path / "net"  # no suffix: taken as it is
    save_parameters(file, net, velocity, **about)
    parameters, back = load_parameters(file)
    same(parameters, net)
    same(back.pop("velocity"), velocity)
    figures = back.pop("figures")
    assert figures == (np.arange(3) / 7).tolist()
    del about["figures"]
    assert back == about
    assert os.listdir(tmp_path) == ["net"]


def test_convolutions_with_and_without_a_bias(tmp_path):
    net = {
        "W1": np.ones((3, 3, 1, 8)),
        "W2": np.ones((3, 3, 8, 4)),
        "b2": np.ones((1, 1, 1, 4)),
        "W3": np.ones((10, 100)),
        "b3": np.ones((10, 1)),
    }
    save_parameters(tmp_path / "net", net)
    same(load_parameters(tmp_path / "net")[0], net)


BAD = [
    ({}, "it has nothing, expected W1, b1"),
    ({"W1": np.ones((1, 2))}, "it has W1, expected"),
    ({**NET, "W5": np.ones((1, 1))}, "expected W1, b1"),
    ({**NET, "extra": np.ones(1)}, "expected W1, b1"),
    ({**NET, "b2": np.ones((3, 1))}, "b2 has shape (3, 1), expected (2, 1)"),
    ({**NET, "W2": np.ones((2, 4))}, "does not fit the 3 outputs"),
    ({**NET, "W1": np.ones(3)}, "W1 has shape (3,)"),
    ({**NET, "W1": np.ones((3, 0))}, "W1 has shape (3, 0)"),
    ({**NET, "W1": np.full((3, 4), np.nan)}, "not all finite"),
    ({**NET, "b1": np.full((3, 1), np.inf)}, "not all finite"),
    ({**NET, "b1": np.array([["x"]] * 3)}, "not all finite"),
    ({**NET, "b1": np.ones((3, 1), int)}, "not all finite"),
    ({**NET, "b1": np.ones((3, 1), complex)}, "not all finite"),
    ({**NET, "W2": np.ones((1, 1, 3, 2)), "b2": np.ones((1, 1, 1, 2))},
     "W2 has shape (1, 1, 3, 2), a convolution's, but W1 is a dense"),
    ({"W1": np.ones((3, 3, 1, 4)), "W2": np.ones((2, 9)),
      "b2": np.ones((2, 1))}, "does not fit the 4 outputs"),
    ({"W1": np.ones((3, 3, 1, 4)), "W2": np.ones((3, 3, 2, 4))},
     "does not fit the 4 outputs"),
    ({"W1": np.ones((3, 3, 1, 4)), "b1": np.ones((4, 1))},
     "b1 has shape (4, 1), expected (1, 1, 1, 4)"),
]


@pytest.mark.parametrize("net, said", BAD)
def test_what_is_no_net_is_neither_saved_nor_loaded(tmp_path, net, said):
    file = tmp_path / "net.npz"
    save_parameters(file, NET, done=1)
    before = file.read_bytes()
    with pytest.raises(ValueError) as caught:
        save_parameters(file, net)
    assert said in str(caught.value)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.npz"]

    other = tmp_path / "other.npz"
    np.savez(other, about="{}", **net)
    with pytest.raises(ValueError) as caught:
        load_parameters(other)
    sentence = str(caught.value)
    assert str(other) in sentence and said in sentence
    assert "\n" not in sentence


# === What a net says of itself ===

ROWS = {row.name: row for row in backprop._SAVED}
# What is somewhere refused, and what is somewhere allowed.
VALUES = [
    *[0, 1, -1, 2**53, 2**64, 10**400, 0.5, 1.0, -1e-9, 1e308, True, False],
    *["", "x", "relu", [], [1], ["relu"], [["relu"]], ["no", "yes"], ["x"]],
    *[[1, 2, 3], [0], [1.5], [None], [-1] * 3, [2**40], ["x"] * 65537, {}],
    *[{"a": 1}, None],
]


@pytest.mark.parametrize("name", ROWS)
def test_the_table_decides_what_is_saved_and_what_is_loaded(tmp_path, name):
    fits, wanted = ROWS[name].kind
    file, allowed = tmp_path / "net.npz", 0

    def load(value):
        forge(file, NET, **{name: value})
        load_parameters(file)

    def save(value):
        save_parameters(file, NET, **{name: value})

    # What is an argument of its own cannot be said twice.
    calls = [load] if name == "velocity" else [load, save]
    for value in VALUES:
        if name == "activations" and fits(value):
            continue  # there has to be one for each layer
        for call in calls:
            if fits(value):
                call(value)
                allowed += 1
                continue
            with pytest.raises(ValueError) as caught:
                call(value)
            sentence = str(caught.value)
            assert f"its {name} is " in sentence and wanted in sentence
            assert len(sentence) < 400 and sentence.isprintable()
    assert name in ("velocity", "activations") or 0 < allowed


@pytest.mark.parametrize("name, read", [
    ("learning_rate", backprop._rate), ("momentum", backprop._share),
    ("seed", backprop._seed), ("batch", backprop._whole(1)),
    ("train", backprop._whole(1)), ("stride", backprop._whole(1)),
])
def test_what_an_option_takes_can_be_saved(name, read):
    # Or a net would be lost after it was trained.
    taken = []
    for text in ("0 1 5e-324 1e-9 0.5 0.9999999999999999 1e308 1e999 nan -1 "
                 "2147483646 2147483647 2147483648 4294967295 1e22").split():
        try:
            taken.append(read(text))
        except argparse.ArgumentTypeError:
            pass
    fits, _ = ROWS[name].kind
    assert len(taken) > 2 and all(map(fits, taken))


def test_no_row_stands_twice():
    assert len(ROWS) == len(backprop._SAVED)


def test_it_has_an_activation_for_each_dense_layer(tmp_path):
    for count in 1, 2, 4:
        with pytest.raises(ValueError, match=f"{count} activations for the 3"):
            save_parameters(tmp_path / "net.npz", NET,
                            activations=["relu"] * count)
    conv = {"W1": np.ones((3, 3, 1, 2)), "b1": np.ones((1, 1, 1, 2)),
            "W2": np.ones((5, 8)), "b2": np.ones((5, 1)),
            "W3": np.ones((3, 5)), "b3": np.ones((3, 1))}
    dense = {"activations": ["relu", "softmax"]}
    save_parameters(tmp_path / "net.npz", conv, **dense)
    assert load_parameters(tmp_path / "net.npz")[1] == dense


def test_what_version_1_saved_is_loaded(tmp_path):
    # What its two commands wrote, a folder's name among it.
    of_both = {"seed": 1, "momentum": 0.9, "version": "1.0.0",
               "data": "/home/someone/data", "check": 2947173404,
               "classes": ["non-cat", "cat"], "done": 2500}
    cat = {"layers": [4, 3, 2, 1], "activations": ["relu"] * 2 + ["sigmoid"],
           "command": "cat", "examples": 209, "pictures": [64, 64, 3],
           "preprocessing": "x.ravel() / 255", "learning_rate": 0.0075,
           "cost": 0.03, "training_accuracy": 1.0, "test_accuracy": 0.8}
    mnist = {"command": "mnist", "test_loss": 0.2, "test_accuracy": 0.9,
             "stride": 1, "train": 1000, "batch": 1, "pictures": [28, 28, 1],
             "preprocessing": "x / 255 - 0.5"}
    for about in cat, mnist:
        about = {**of_both, **about}
        forge(tmp_path / "net.npz", NET, **about)
        assert load_parameters(tmp_path / "net.npz")[1] == about


@pytest.mark.parametrize(
    "about, said",
    [
        ("", "Expecting value"),
        ("[1, 2]", "no JSON object"),
        ("3", "no JSON object"),
        ('{"cost": NaN}', "no net that was saved here"),
        ('{"cost": -Infinity}', "no net that was saved here"),
        ('{"momentum": 1e999}', "its momentum is inf, expected a number"),
    ],
)
def test_a_text_that_says_something_else(tmp_path, about, said):
    np.savez(tmp_path / "net.npz", about=about, **NET)
    with pytest.raises(ValueError) as caught:
        load_parameters(tmp_path / "net.npz")
    assert said in str(caught.value)


def test_a_velocity_that_is_not_the_net_s(tmp_path):
    velocity = {f"d{name}": P for name, P in NET.items()}
    del velocity["dW2"]
    with pytest.raises(ValueError, match="velocity"):
        save_parameters(tmp_path / "net.npz", NET, velocity)
    named = {f"velocity.{name}": v for name, v in velocity.items()}
    np.savez(tmp_path / "net.npz", about="{}", **NET, **named)
    with pytest.raises(ValueError, match="velocity"):
        load_parameters(tmp_path / "net.npz")


def test_numbers_that_json_does_not_know_are_not_saved(tmp_path):
    with pytest.raises(ValueError):
        save_parameters(tmp_path / "net.npz", NET, cost=float("nan"))
    assert not os.listdir(tmp_path)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("the_trap_went_off",)


@pytest.mark.parametrize("where", ["whole", "entry", "object", "about"])
def test_no_pickle_is_opened(tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    trap = np.empty((1, 1), object)
    trap[0, 0] = Trap()
    if where == "whole":
        (tmp_path / "net.npz").write_bytes(pickle.dumps(Trap()))
    elif where == "entry":
        with zipfile.ZipFile("net.npz", "w") as entries:
            entries.writestr("W1.npy", pickle.dumps(Trap()))
    elif where == "object":
        np.savez("net.npz", about="{}", **{**NET, "W1": trap})
    else:
        np.savez("net.npz", about=trap, **NET)
    with pytest.raises(ValueError, match="no net that was saved here"):
        load_parameters("net.npz")
    assert os.listdir() == ["net.npz"]


# === Where a file is written ===

linux = pytest.mark.skipif(os.name == "nt", reason="not so on Windows")


def closed(folder):
    (folder / "afile").touch()
    (folder / "closed").mkdir(mode=0o555)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "lost").symlink_to("no/net.npz")


TARGETS = {
    "": "'' is no name of a file",
    ".": "is there and is no file",
    "new/": "'new/' is no name of a file",
    "/": "'/' is no name of a file",
    "/dev/null": "is there and is no file",
    "/dev/full": "is there and is no file",
    "pipe": "is there and is no file",
    "afile/net.npz": "cannot be written: Not a directory",
    "no/net.npz": "cannot be written: No such file",
    "lost": "cannot be written: No such file",
    "loop": "cannot be written: Too many levels",
    "n" * 256: "cannot be written: File name too long",
}


@linux
@pytest.mark.parametrize("target", TARGETS, ids=lambda name: name[:20])
def test_where_no_file_can_be_written(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    closed(tmp_path)
    before = sorted(os.listdir())
    for call in (lambda: backprop._check_target(target),
                 lambda: save_parameters(target, NET)):
        with pytest.raises(ValueError) as caught:
            call()
        assert TARGETS[target] in str(caught.value)
        assert target in str(caught.value)
        assert sorted(os.listdir()) == before


def test_a_target_is_checked_without_a_trace(tmp_path):
    backprop._check_target(tmp_path / "net.npz")
    backprop._check_target(tmp_path / ("n" * 255))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "full")])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_interrupted_save_leaves_the_old_file_and_no_litter(
    tmp_path, monkeypatch, error, step
):
    file = tmp_path / "net.npz"
    save_parameters(file, NET, done=1)
    before = file.read_bytes()

    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises((KeyboardInterrupt, OSError)):
            save_parameters(file, NET, done=2)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.npz"]


@linux
def test_a_link_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "net.npz").symlink_to(tmp_path / "real" / "net.npz")
    save_parameters(tmp_path / "net.npz", NET)
    assert (tmp_path / "net.npz").is_symlink()
    same(load_parameters(tmp_path / "real" / "net.npz")[0], NET)


@linux
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o444])
def test_a_file_keeps_its_mode(tmp_path, mode):
    file = tmp_path / "net.npz"
    before = os.umask(0o027)
    try:
        save_parameters(file, NET)
        assert file.stat().st_mode & 0o777 == 0o640
        file.chmod(mode)
        save_parameters(file, NET)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == mode


@linux
def test_a_link_that_was_planted_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    secret = tmp_path / "secret"
    secret.write_text("mine")
    planted = tmp_path / f".backprop-{bytes(8).hex()}.part"
    planted.symlink_to(secret)
    with pytest.raises(FileExistsError):
        save_parameters(tmp_path / "net.npz", NET)
    assert secret.read_text() == "mine"


def test_what_killed_runs_left_is_cleared_when_it_is_old(tmp_path):
    names = {f".backprop-{n * 16}.part": n == "a" for n in "ab"}
    names |= {"net.npz.7.part": False, ".backprop-notes": False}
    for name, old in names.items():
        (tmp_path / name).touch()
        if name != f".backprop-{'b' * 16}.part":
            os.utime(tmp_path / name, (0, 0))
    save_parameters(tmp_path / "net.npz", NET)
    left = {name for name, gone in names.items() if not gone}
    assert set(os.listdir(tmp_path)) == left | {"net.npz"}


def test_threads_that_save_and_load_never_meet_half_a_file(tmp_path):
    file, wrong = tmp_path / "net.npz", []
    save_parameters(file, NET)

    def work():
        try:
            for _ in range(15):
                save_parameters(file, NET)
                same(load_parameters(file)[0], NET)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and os.listdir(tmp_path) == ["net.npz"]


def cats(folder, size=8, m=20, seed=0):
    """Small pictures in the course's layout: the bright ones are cats."""
    h5py = pytest.importorskip("h5py")
    rng = np.random.RandomState(seed)
    folder.mkdir(exist_ok=True)
    for part, count in ("train", m), ("test", 9):
        y = rng.randint(0, 2, count)
        x = (
            rng.randint(0, 200, (count, size, size, 3))
            + 55 * y[:, None, None, None]
        )
        with h5py.File(folder / f"{part}_catvnoncat.h5", "w") as file:
            file[f"{part}_set_x"] = x.astype(np.uint8)
            file[f"{part}_set_y"] = y
            file["list_classes"] = np.array([b"non-cat", b"cat"])
            if part == "test" and seed:
                sides = np.array([b"left", b"right"])[np.arange(count) % 2]
                file["test_set_factors/side"] = sides
                file["test_set_factors/light"] = np.array([b"dim"] * count)
    return folder


@pytest.fixture
def said(capsys):
    """Run a command in this process: its status, stdout and stderr."""

    def said(*arguments):
        status = backprop.main([str(word) for word in arguments])
        return status, *capsys.readouterr()

    return said


STEPS = ["--learning-rate", 0.05, "--seed", 3]


@pytest.mark.parametrize(
    "size, m, exact",
    [(8, 20, False), (2, 30, True)],
    ids=["in the span", "not in the span"],
)
@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("batch", [None, 7])
@pytest.mark.parametrize("hidden", [[4], [5, 3]])
def test_two_runs_equal_one(
    said, tmp_path, size, m, exact, momentum, batch, hidden
):
    data = ["--data", cats(tmp_path / "data", size, m)]
    how = [*STEPS, "--hidden", *hidden, "--momentum", momentum]
    how += ["--batch", batch] if batch else []
    one, first, two = (tmp_path / name for name in ("one", "first", "two"))
    assert said("cat", *data, *how, "--iterations", 50, "--save", one)[0] == 0
    said("cat", *data, *how, "--iterations", 20, "--save", first)
    # Everything that is not said again is taken from the file.
    status, out, _ = said(
        *["cat", *data, "--resume", first, "--iterations", 30, "--save", two]
    )
    assert status == 0 and "after 20 in" in out
    assert "Cost after iteration 49: " in out
    (whole, about), (parts, about_parts) = map(load_parameters, (one, two))
    velocity, velocity_parts = (
        each.pop("velocity", {}) for each in (about, about_parts)
    )
    assert bool(velocity) == bool(momentum)
    if exact:
        same(parts, whole)
        same(velocity_parts, velocity)
    else:
        for name in whole:
            np.testing.assert_allclose(parts[name], whole[name], 1e-9, 1e-12)
        for name in velocity:
            np.testing.assert_allclose(
                velocity_parts[name], velocity[name], 1e-9, 1e-12
            )
        assert about_parts.pop("cost") == pytest.approx(about.pop("cost"))
    assert about_parts == about and about["seen"] == 50 * m
    assert about["activations"] == ["relu"] * len(hidden) + ["sigmoid"]


def test_a_net_that_is_loaded_says_what_it_said(said, tmp_path):
    data = cats(tmp_path / "data")
    net = tmp_path / "net.npz"
    how = [*STEPS, "--hidden", 4, "--iterations", 30]
    _, trained, _ = said("cat", "--data", data, *how, "--save", net)
    status, loaded, _ = said("cat", "--data", data, "--load", net)
    assert status == 0
    accuracies = [x for x in trained.splitlines() if "accuracy" in x]
    assert len(accuracies) == 2
    assert accuracies == [x for x in loaded.splitlines() if "accuracy" in x]
    assert "after 30 iterations" in loaded and "Cost" not in loaded


def test_other_pictures_are_noticed(said, tmp_path):
    data, other = (cats(tmp_path / str(n), seed=n) for n in (0, 1))
    net = tmp_path / "net.npz"
    how = [*STEPS, "--hidden", 4, "--iterations", 3]
    said("cat", "--data", data, *how, "--save", net)
    again = ["cat", "--resume", net, "--iterations", 3, "--data"]
    assert said(*again, data)[2] == ""
    status, _, stderr = said(*again, other)
    assert status == 0 and "was trained on other pictures" in stderr
    larger = cats(tmp_path / "larger", size=9)
    for use in "--resume", "--load":
        status, _, stderr = said("cat", use, net, "--data", larger)
        assert status == 2 and "192" in stderr and "243" in stderr


def test_a_net_of_one_s_own_making_is_no_net_for_cats(said, tmp_path):
    net = tmp_path / "net.npz"
    honest = {
        "command": "cat",
        "pictures": [2, 2, 3],
        "classes": ["dog", "cat"],
        "activations": ["relu", "sigmoid"],
    }
    P = initialize_parameters_deep([12, 3, 1])
    save_parameters(net, P, **honest)
    Image = pytest.importorskip("PIL.Image")
    Image.new("RGB", (5, 5)).save(tmp_path / "a.png")
    use = ["cat", "--load", net, "--predict", tmp_path / "a.png"]
    status, out, _ = said(*use)
    assert status == 0 and "a.png: dog (0.5" in out
    for change in (
        {"command": "mnist"},
        {"command": "rm"},
        {"pictures": [3, 2, 3]},
        {"pictures": [6, 2, 1]},
        {"pictures": [12]},
        {"pictures": ["2", "2", "3"]},
        {"pictures": [None, 2, 3]},
        {"pictures": [-2, -2, 3]},
        {"classes": ["cat"]},
        {"classes": [1, 2]},
        {"activations": ["tanh", "sigmoid"]},
        {"activations": []},
    ):
        forge(net, P, **{**honest, **change})
        status, out, stderr = said(*use)
        assert status == 2 and "net" in stderr, change
        assert stderr.count("\n") == 1
    forge(net, initialize_parameters_deep([12, 3, 2]), **honest)
    assert said(*use)[0] == 2
    filters = {"W1": np.ones((2, 2, 3, 1)), "W2": np.ones((1, 1))}
    forge(net, {**filters, "b2": np.ones((1, 1))}, **honest)
    assert said(*use)[0] == 2


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--load", "none.npz"], "none.npz"),
        (["--resume", "none.npz"], "none.npz"),
        (["--load", "text"], "text is no net that was saved here"),
        (["--load", "net", "--resume", "net"], "only one of them can be had"),
        (["--load", "net", "--save", "copy"], "with --load nothing is"),
        (["--load", "net", "--hidden", "9"], "--hidden is [9]"),
        (["--save", "no/folder/net"], "--save: no/folder/net cannot be"),
        (["--save", "."], "--save: . is there"),
        (["--load"], "expected one argument"),
        (["--predict"], "expected at least one argument"),
        (["--sav", "net"], "unrecognized arguments"),
    ],
)
def test_what_a_user_gets_wrong(
    said, tmp_path, monkeypatch, arguments, complaint
):
    data = cats(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("hello")
    said("cat", "--data", data, "--iterations", 1, "--save", "net")
    status, _, stderr = said("cat", "--data", data, *arguments)
    assert status == 2 and complaint in stderr
    assert stderr.count("\n") == 1


def test_pictures_of_one_s_own_the_bad_among_the_good(
    said, tmp_path, monkeypatch
):
    Image = pytest.importorskip("PIL.Image")
    data = cats(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    brightness = {
        "W1": np.full((1, 192), 1 / 192),
        "b1": np.zeros((1, 1)),
        "W2": np.array([[10.0]]),
        "b2": np.array([[-5.0]]),
    }
    save_parameters(
        *["net", brightness],
        command="cat",
        pictures=[8, 8, 3],
        classes=["non-cat", "cat"],
        activations=["relu", "sigmoid"],
        examples=20,
    )
    Image.new("RGB", (300, 200), (235, 235, 235)).save("bright.jpg")
    Image.new("RGBA", (30, 20), (0, 0, 0, 255)).save("dark.webp")
    Image.new("1", (20_000, 20_000)).save("bomb.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (tmp_path / "empty.jpg").write_bytes(b"")
    pictures = "empty.jpg bright.jpg broken.png none.png bomb.png dark.webp"
    # The data need not be there for a net that is.
    status, out, stderr = said(
        "cat", "--load", "net", "--predict", *pictures.split()
    )
    assert status == 2
    assert (
        "bright.jpg: cat (0.99)" in out and "dark.webp: non-cat (0.99)" in out
    )
    assert "seen 20 pictures does not generalise" in out
    for name in "empty.jpg", "broken.png", "none.png", "bomb.png":
        assert sum(name in line for line in stderr.splitlines()) == 1
        assert name not in out
    assert stderr.count("\n") == 4
    status, out, _ = said(
        *["cat", "--data", data, "--iterations", 1, "--predict", "bright.jpg"]
    )
    assert status == 0 and out.count("Net: ") == 1 and "bright.jpg: " in out


def test_the_errors_and_what_they_have_in_common(said, tmp_path):
    data = cats(tmp_path / "data", seed=4)
    status, out, _ = said(
        *["cat", "--data", data, "--hidden", 4, "--iterations", 1, "--errors"]
    )
    assert status == 0
    accuracy = float(out.partition("Test accuracy: ")[2].split()[0])
    wrong = round(9 * (1 - accuracy))
    assert wrong and f"Mistakes: {wrong} of 9 test pictures" in out
    assert out.count("  picture ") == wrong
    chances = [
        float(line.rpartition("(")[2].rstrip(")"))
        for line in out.splitlines()
        if line.startswith("  picture ")
    ]
    assert chances == sorted(chances, reverse=True)
    assert f"light: dim {wrong} of 9 ({wrong / 9:.0%})" in out
    (sides,) = [line for line in out.splitlines() if "side: " in line]
    hits = [
        int(sides.partition(f"{side} ")[2].split()[0])
        for side in ("left", "right")
    ]
    assert sum(hits) == wrong and "of 5" in sides and "of 4" in sides


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
def test_ctrl_c_ends_between_two_steps_and_saves(said, tmp_path, monkeypatch):
    data = cats(tmp_path / "data")
    net, steps = tmp_path / "net.npz", []
    descend, before = backprop.descend, signal.getsignal(signal.SIGINT)

    def interrupted(*arguments, **options):
        for step in descend(*arguments, **options):
            steps.append(step)
            if len(steps) == 12:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)  # an impatient user
            yield step

    how = ["cat", "--data", data, "--momentum", 0.9, "--batch", 20, *STEPS]
    with monkeypatch.context() as patch:
        patch.setattr(backprop, "descend", interrupted)
        status, out, stderr = said(*how, "--iterations", 30, "--save", net)
    assert len(steps) == 12 and status == 130
    assert stderr == "backprop: stopped after 12 of 30 iterations\n"
    assert "Test accuracy" in out and f"Saved as {net}" in out
    assert load_parameters(net)[1]["seen"] == 12 * 20
    assert signal.getsignal(signal.SIGINT) is before
    # And 18 more make it whole.
    one = tmp_path / "one.npz"
    said("cat", "--data", data, "--resume", net, "--iterations", 18,
         "--save", net)
    said(*how, "--hidden", 20, 7, 5, "--iterations", 30, "--save", one)
    for name, P in load_parameters(one)[0].items():
        np.testing.assert_allclose(load_parameters(net)[0][name], P, 1e-9)


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
def test_ctrl_c_with_two_nets_stops_both(run, tmp_path):
    data = cats(tmp_path / "data")
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "backprop", "cat", "--data", str(data)]
        + ["--iterations", "100000000"],
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in running.stdout:
        if line.startswith("Cost after iteration 100:"):
            break
    running.send_signal(signal.SIGINT)
    out, stderr = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in stderr and "stopped after" in stderr
    assert "Net: " not in out


def digits(folder, m=50, size=28):
    """A set in MNIST's layout whose classes are where the ink is."""
    rng = np.random.RandomState(0)
    folder.mkdir(exist_ok=True)
    for part, count in ("train", m), ("t10k", 23):
        y = rng.randint(0, 10, count).astype(np.uint8)
        x = rng.randint(0, 60, (count, size, size)).astype(np.uint8)
        x[np.arange(count), 2 + 2 * y] = 200
        for name, array in ("images-idx3", x), ("labels-idx1", y):
            head = bytes([0, 0, 8, array.ndim])
            head += np.array(array.shape, ">u4").tobytes()
            content = head + array.tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "how",
    [
        [],
        ["--batch", 7, "--momentum", 0.9],
        ["--batch", 8, "--float32", "--filters", 3, 4, "--seed", 5],
        ["--train", 31, "--batch", 4, "--learning-rate", 0.01],
        ["--size", 4, "--stride", 2, "--batch", 50],
    ],
    ids=lambda how: " ".join(map(str, how)),
)
def test_digits_in_two_runs_equal_one_to_the_bit(said, tmp_path, how):
    data = digits(tmp_path / "data")
    how = ["mnist", "--data", data, *how]
    one, first, two = (tmp_path / name for name in ("one", "first", "two"))
    assert said(*how, "--epochs", 3, "--save", one)[0] == 0
    assert said(*how, "--epochs", 1, "--save", first)[0] == 0
    status, out, stderr = said(
        *["mnist", "--data", data, "--resume", first, "--epochs", 2],
        *["--save", two],
    )
    assert status == 0 and stderr == ""
    assert "--- Epoch 1 ---" not in out and "--- Epoch 3 ---" in out
    (whole, about), (parts, about_parts) = map(load_parameters, (one, two))
    same(parts, whole)
    same(about_parts.pop("velocity", {}), about.pop("velocity", {}))
    assert about_parts == about


@pytest.mark.skipif(os.name == "nt", reason="signals differ there")
@pytest.mark.parametrize("at", [1, 3, 7, 8, 9, 15, 16])
def test_ctrl_c_within_an_epoch_of_digits(said, tmp_path, monkeypatch, at):
    data = digits(tmp_path / "data")  # 8 batches: 7 of 7 and a last of 1
    how = ["mnist", "--data", data, "--batch", 7, "--momentum", 0.5]
    one, net, descend = tmp_path / "one", tmp_path / "net", backprop.descend
    steps = []

    def interrupted(*arguments, **options):
        for step in descend(*arguments, **options):
            steps.append(step)
            if len(steps) == at:
                os.kill(os.getpid(), signal.SIGINT)
            yield step

    with monkeypatch.context() as patch:
        patch.setattr(backprop, "descend", interrupted)
        status, out, stderr = said(*how, "--epochs", 3, "--save", net)
    done = at // 8 * 50 + at % 8 * 7
    assert status == 130 and "Test Accuracy" in out
    assert stderr == f"backprop: stopped after {done} pictures\n"
    assert load_parameters(net)[1]["seen"] == done and len(steps) == at
    said(*how, "--epochs", 3, "--save", one)
    left = 3 - done // 50
    again = ["mnist", "--data", data, "--resume", net]
    assert said(*again, "--epochs", left, "--save", net)[0] == 0
    same(load_parameters(net)[0], load_parameters(one)[0])


def test_the_digits_that_a_net_takes_for_others(said, tmp_path):
    data = digits(tmp_path / "data")
    net = tmp_path / "net"
    how = ["mnist", "--data", data, "--epochs", 1]
    _, trained, _ = said(*how, "--save", net, "--errors")
    status, loaded, _ = said(
        "mnist", "--data", data, "--load", net, "--errors"
    )
    assert status == 0
    begin = "--- Testing the CNN ---"
    trained, loaded = (out.partition(begin)[2] for out in (trained, loaded))
    assert trained.replace(f"Saved as {net}\n", "") == loaded
    accuracy = float(loaded.partition("Test Accuracy: ")[2].split()[0])
    table = loaded.partition("taken for:\n")[2].splitlines()
    counts = [
        [0 if count == "." else int(count) for count in row.split()[1:]]
        for row in table[1:11]
    ]
    assert np.sum(counts) == 23
    assert np.trace(counts) == round(23 * accuracy)
    wrong = 23 - np.trace(counts)
    assert f"Mistakes: {wrong} of 23 test pictures" in loaded
    assert loaded.count("  picture ") == min(10, wrong)


def test_digits_of_one_s_own(said, tmp_path, monkeypatch):
    Image = pytest.importorskip("PIL.Image")
    ImageDraw = pytest.importorskip("PIL.ImageDraw")
    monkeypatch.chdir(tmp_path)
    status, _, _ = said(
        *["mnist", "--data", ROOT / "data", "--batch", 8, "--epochs", 4],
        *["--save", "net"],
    )
    assert status == 0
    page = Image.new("RGB", (400, 500), (220, 215, 200))
    ImageDraw.Draw(page).line([(190, 90), (200, 400)], (40, 40, 90), 30)
    page.save("one.jpg")
    page = Image.new("L", (300, 300))
    ImageDraw.Draw(page).ellipse([(80, 50), (220, 250)], outline=255, width=25)
    page.save("zero.png")
    Image.new("L", (300, 300), 255).save("blank.png")
    pictures = ["one.jpg", "blank.png", "zero.png", "nothing.png"]
    status, out, stderr = said(
        "mnist", "--load", "net", "--predict", *pictures
    )
    assert status == 2
    one, zero = out.strip().splitlines()[-2:]
    assert one.startswith("one.jpg: ") and "1 (" in one
    assert zero.startswith("zero.png: 0 (")
    assert one.count("(") == zero.count("(") == 3
    assert "blank.png shows no digit" in stderr and "nothing.png" in stderr
    assert stderr.count("\n") == 2


def test_nets_that_are_none_for_digits(said, tmp_path):
    Image = pytest.importorskip("PIL.Image")
    page = Image.new("L", (100, 100))
    page.paste(255, (40, 20, 60, 80))
    page.save(tmp_path / "a.png")
    data, net = digits(tmp_path / "data"), tmp_path / "net"
    honest = {"command": "mnist", "stride": 1, "classes": [*"0123456789"]}
    filters, last = np.ones((3, 3, 1, 2)), np.ones((10, 338))
    whole = {"W1": filters, "W2": last, "b2": np.ones((10, 1))}
    save_parameters(net, whole, **honest)
    uses = [
        ["mnist", "--load", net, "--data", data],
        ["mnist", "--load", net, "--predict", tmp_path / "a.png"],
        ["mnist", "--resume", net, "--data", data, "--epochs", 1],
    ]
    for use in uses:
        assert said(*use)[0] == 0
    for change in (
        {"command": "cat"},
        {"stride": 0},
        {"stride": -1},
        {"b1": np.ones((1, 1, 1, 2))},
        {"b2": np.ones((9, 1)), "W2": np.ones((9, 338))},
        {"W2": np.ones((10, 340))},
        {"W1": np.ones((3, 3, 3, 2))},
        {"W1": np.ones((30, 30, 1, 2))},
        {"W2": np.ones((3, 3, 2, 10)), "b2": np.ones((1, 1, 1, 10))},
        {"W1": np.ones((338, 784)), "b1": np.ones((338, 1))},
    ):
        arrays = {k: v for k, v in change.items() if k[0] in "Wb"}
        words = {k: v for k, v in change.items() if k not in arrays}
        forge(net, {**whole, **arrays}, **{**honest, **words})
        for use in uses:
            status, _, stderr = said(*use)
            # A stranger's pictures may be named first.
            assert status == 2 and stderr.count("\n") <= 2, (change, use)


def test_a_full_disk_keeps_the_old_net(said, tmp_path, monkeypatch):
    data = cats(tmp_path / "data")
    net = tmp_path / "net.npz"
    how = ["cat", "--data", data, "--hidden", 4, "--save", net]
    said(*how, "--iterations", 2)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, _, stderr = said(*how, "--iterations", 3)
    assert status == 2 and "No space left" in stderr
    assert load_parameters(net)[1]["seen"] == 2 * 20
    assert sorted(os.listdir(tmp_path)) == ["data", "net.npz"]
