"""The cats: the articles' printed figures, and files that are not right."""

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest
from conftest import ROOT

import backprop as bp

TRAIN, TEST = "train_catvnoncat.h5", "test_catvnoncat.h5"


def costs_of(text):
    """Iteration -> cost, for each net in turn."""
    nets = []
    for line in text.splitlines():
        if line.startswith("Net: "):
            nets.append({})
        match = re.fullmatch(r"Cost after iteration (\d+): (\S+)", line)
        if match:
            nets[-1][int(match[1])] = float(match[2])
    return nets


def test_the_articles_run(run, original):
    done = run("cat", data=original)
    assert done.returncode == 0 and done.stderr == ""
    assert re.findall(r"accuracy: (\S+)", done.stdout)[::2] == [
        "1.0", "0.9856459330143541",
    ]
    assert re.findall(r"Test accuracy: (\S+)", done.stdout) == ["0.74", "0.8"]
    shallow, deep = costs_of(done.stdout)
    for iteration, cost in {
        0: 0.6933973875299138,
        500: 0.5054817305127275,
        1000: 0.3024003130312214,
        1500: 0.10870519536443567,
        2000: 0.05241476625572783,
        2499: 0.030590797593466793,
    }.items():
        assert shallow[iteration] == pytest.approx(cost, rel=1e-10)
    assert [f"{deep[iteration]:.6f}" for iteration in (0, 100, 2400)] == [
        "0.771749", "0.672053", "0.092878",
    ]
    assert str(original) in done.stdout
    assert "ship with" not in done.stdout


def test_the_same_figures_without_the_span(original):
    # The course's model descends on the pictures themselves.
    train_x, train_y, *_ = bp.load_data(original)
    X = train_x.reshape(209, -1).T / 255
    _, costs = bp.two_layer_model(X, train_y, (12288, 12, 1), 0.007, 101)
    start = bp.initialize_parameters(12288, 12, 1)
    R, inside, _ = bp.to_span(X, start)
    steps = bp.descend([(R, train_y)] * 101, inside, 0.007)
    within = [float(cost) for cost, _, _ in steps]
    np.testing.assert_allclose(
        [float(cost) for cost in costs], within[::100], rtol=1e-13
    )


def test_options(run, tmp_path):
    done = run("cat", "--hidden", 4, 3, "--iterations", 101, "--seed", 7,
               "--learning-rate", 0.01, data=write(tmp_path))
    assert done.returncode == 0
    assert "192-4-3-1" in done.stdout
    assert done.stdout.count("Net: ") == 1
    assert "seed 7, learning rate 0.01, 101 iterations" in done.stdout
    assert list(costs_of(done.stdout)[0]) == [0, 100]


def write(folder, train=12, test=5, side=8, **changes):
    """Two small files in the course's layout, with changes."""
    rng = np.random.RandomState(0)
    for name, part, m in (TRAIN, "train", train), (TEST, "test", test):
        content = {
            f"{part}_set_x": rng.randint(
                0, 256, (m, side, side, 3), dtype=np.uint8
            ),
            f"{part}_set_y": np.arange(m) % 2,
            "list_classes": np.array([b"non-cat", b"cat"]),
        }
        for key, value in changes.items():
            if key in content:
                content[key] = value
        with h5py.File(folder / name, "w") as file:
            for key, value in content.items():
                if value is not None:
                    file[key] = value
    return folder


def test_other_sizes_are_legal(run, tmp_path):
    write(tmp_path)
    done = run("cat", "--iterations", 5, "--data", tmp_path)
    assert done.returncode == 0
    assert "192-12-1" in done.stdout and "8x8x3" in done.stdout


def cut_short(folder):
    path = folder / TRAIN
    path.write_bytes(path.read_bytes()[:-700])


def not_hdf5(folder):
    (folder / TRAIN).write_bytes(b"GIF89a" + bytes(500))


@pytest.mark.parametrize(
    "spoil, said",
    [
        (cut_short, "truncated"),
        (not_hdf5, "not an HDF5 file"),
        (lambda folder: (folder / TEST).unlink(), "no train_catvnoncat.h5"),
        (
            lambda folder: write(folder, train_set_x=None),
            "no dataset train_set_x of its own; it has list_classes, train_s",
        ),
        (
            lambda folder: write(folder, train_set_x=np.zeros((12, 8, 8))),
            "shape (12, 8, 8) and dtype float64, expected (m, height, width",
        ),
        (
            lambda folder: write(
                folder, test_set_x=np.zeros((5, 9, 9, 3), np.uint8)
            ),
            "they must agree",
        ),
        (
            lambda folder: write(folder, test_set_y=np.arange(4) % 2),
            "shape (4,) and dtype int64, expected (5,) and integers",
        ),
    ],
)
def test_files_that_are_not_right(capsys, tmp_path, spoil, said):
    spoil(write(tmp_path))
    assert bp.main(["cat", "--data", str(tmp_path)]) == 2
    out, stderr = capsys.readouterr()
    assert said in stderr and out == ""
    assert stderr.startswith("backprop: ") and stderr.count("\n") == 1


def test_the_record_says_what_was_read(tmp_path):
    data = bp._cats(write(tmp_path))
    X, Y, X_test, Y_test, classes = bp.load_data(tmp_path)
    for one, other in zip(data, (X, Y, X_test, Y_test)):
        assert np.array_equal(one, other)
    assert data.classes == [name.decode() for name in classes]
    assert data.scale(X).shape == (192, 12) and data.scale(X).max() <= 1
    assert (data.scale(X)[:, 3] * 255).round().tolist() == (
        X[3].ravel().tolist())
    assert data.folder == tmp_path and not data.ships and not data.factors
    assert data.about["pictures"] == [8, 8, 3]
    assert data.about["examples"] == 12
    fewer = data._replace(X=X[:3], Y=Y[:, :3]).about
    assert fewer["examples"] == 3 and fewer["check"] != data.about["check"]


def test_the_set_that_ships_knows_its_factors(shipped):
    data = bp._cats(shipped)
    assert data.ships and data.folder.samefile(shipped)
    assert {len(values) for values in data.factors.values()} == {50}
    assert set(data.factors["angle"]) == {"upright", "tilted"}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--hidden", "0"], "'0' is not a whole number of at least 1"),
        (["--hidden", "2.5"], "'2.5' is not a whole number"),
        (["--learning-rate", "nan"], "'nan' is not a positive number"),
        (["--learning-rate", "-1"], "'-1' is not a positive number"),
        (["--iterations", "0"], "'0' is not a whole number of at least 1"),
        (["--seed", "-1"], "'-1' is not a whole number from 0"),
        (["--seed", str(2**32)], "seed"),
        (["--data", "nowhere"], "nowhere is not a folder"),
        (["--load", "no.npz"], "backprop: no.npz: No such file"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_options_that_make_no_sense(run, tmp_path, arguments, said):
    done = run("cat", *arguments, data=write(tmp_path))
    assert done.returncode == 2
    assert said.lower() in done.stderr.lower()
    assert done.stderr.count("\n") == 1


def test_environment_that_names_no_folder(run):
    done = run("cat", data="/nowhere/at/all")
    assert done.returncode == 2
    assert "BACKPROP_DATA is /nowhere/at/all" in done.stderr


def test_commands_are_listed_a_line_each(run):
    done = run()
    assert done.returncode == 0
    assert re.search(r"^    cat  +\S", done.stdout, re.M)
    done = run("cats")
    assert done.returncode == 2 and "invalid choice: 'cats'" in done.stderr


def test_a_reader_that_hangs_up(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "backprop", "cat", "--iterations", "900",
         "--data", str(write(tmp_path))],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
