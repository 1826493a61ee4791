"""Nets that are saved and loaded, and files that are no nets."""

import io
import os
import pickle
import signal
import subprocess
import sys
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
    (
        {
            "W1": np.ones((2, 3)),
            "b1": np.ones((2, 1)),
            "W2": np.ones((1, 1, 2, 1)),
        },
        "does not fit",
    ),
    (
        {
            "W1": np.ones((3, 3, 1, 4)),
            "W2": np.ones((2, 9)),
            "b2": np.ones((2, 1)),
        },
        "does not fit the 4 outputs",
    ),
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


@pytest.mark.parametrize(
    "about, said",
    [
        ("", "Expecting value"),
        ("[1, 2]", "no JSON object"),
        ("3", "no JSON object"),
        ('{"done": "many"}', "its done cannot be 'many'"),
        ('{"seed": 1.5}', "its seed cannot be 1.5"),
        ('{"classes": "cat"}', "its classes cannot be 'cat'"),
        (
            '{"activations": ["relu", "magic"]}',
            "activation 'magic' is unknown",
        ),
        ('{"activations": [["relu"]]}', "activation ['relu'] is unknown"),
        ("[" * 100_000, "no net that was saved here"),
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


def test_a_zip_bomb_is_refused_unopened(tmp_path):
    zeros = io.BytesIO()
    np.save(zeros, np.zeros((1, 1)))
    with zipfile.ZipFile(
        tmp_path / "net.npz", "w", zipfile.ZIP_DEFLATED
    ) as entries:
        with entries.open("W1.npy", "w") as entry:
            for _ in range(300):
                entry.write(bytes(2**20))
    assert (tmp_path / "net.npz").stat().st_size < 1e6
    with pytest.raises(ValueError, match="unpacked it takes 31457280. bytes"):
        load_parameters(tmp_path / "net.npz")


@pytest.mark.parametrize(
    "shape", ["(100000, 10000)", "(10**9, 10**9)", "(-1, 4)", "(3, 4.5)"]
)
def test_a_header_that_promises_too_much(tmp_path, shape):
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"
    body = (
        b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()
    )
    with zipfile.ZipFile(tmp_path / "net.npz", "w") as entries:
        entries.writestr("W1.npy", body + bytes(96))
    with pytest.raises(ValueError, match="no net that was saved here"):
        load_parameters(tmp_path / "net.npz")


def test_no_file_a_folder_nothing_and_something_else(tmp_path):
    with pytest.raises(FileNotFoundError, match="net.npz"):
        load_parameters(tmp_path / "net.npz")
    with pytest.raises(OSError):
        load_parameters(tmp_path)
    for content in b"", b"PK", b"hello", b"\x93NUMPY\x01\x00":
        (tmp_path / "net.npz").write_bytes(content)
        with pytest.raises(ValueError, match="net.npz"):
            load_parameters(tmp_path / "net.npz")
    np.savez(tmp_path / "net.npz", **NET)
    with pytest.raises(ValueError, match="no text named about"):
        load_parameters(tmp_path / "net.npz")


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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_device_is_not_replaced_by_a_file():
    with pytest.raises(ValueError, match="is no file"):
        save_parameters("/dev/full", NET)
    with pytest.raises(ValueError, match="is no file"):
        save_parameters("/", NET)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "net.npz").symlink_to(tmp_path / "real" / "net.npz")
    save_parameters(tmp_path / "net.npz", NET)
    assert (tmp_path / "net.npz").is_symlink()
    same(load_parameters(tmp_path / "real" / "net.npz")[0], NET)


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
        assert about_parts == about
    else:
        for name in whole:
            np.testing.assert_allclose(parts[name], whole[name], 1e-9, 1e-12)
        for name in velocity:
            np.testing.assert_allclose(
                velocity_parts[name], velocity[name], 1e-9, 1e-12
            )
        assert about_parts.pop("cost") == pytest.approx(about.pop("cost"))
        assert about_parts == about
    assert about["done"] == 50 and about["layers"] == [
        size * size * 3,
        *hidden,
        1,
    ]


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
        save_parameters(net, P, **{**honest, **change})
        status, out, stderr = said(*use)
        assert status == 2 and "net for" in stderr, change
        assert stderr.count("\n") == 1
    save_parameters(net, initialize_parameters_deep([12, 3, 2]), **honest)
    assert said(*use)[0] == 2
    filters = {"W1": np.ones((2, 2, 3, 1)), "W2": np.ones((1, 1))}
    save_parameters(net, {**filters, "b2": np.ones((1, 1))}, **honest)
    assert said(*use)[0] == 2


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--load", "none.npz"], "none.npz"),
        (["--resume", "none.npz"], "none.npz"),
        (["--load", "text"], "text is no net that was saved here"),
        (["--load", "net", "--resume", "net"], "not allowed with"),
        (["--load", "net", "--save", "copy"], "with --load nothing is"),
        (["--load", "net", "--hidden", "9"], "--hidden is [9]"),
        (["--save", "no/folder/net"], "--save no/folder/net"),
        (["--save", "."], "--save ."),
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
    net, after = tmp_path / "net.npz", []
    descend, before = backprop.descend, signal.getsignal(signal.SIGINT)

    def interrupted(*arguments, **options):
        for n, step in enumerate(descend(*arguments, **options)):
            if n == 11:
                os.kill(os.getpid(), signal.SIGINT)
                after.append(True)  # not at once
            yield step

    how = ["cat", "--data", data, "--momentum", 0.9, "--batch", 20, *STEPS]
    with monkeypatch.context() as patch:
        patch.setattr(backprop, "descend", interrupted)
        status, out, stderr = said(*how, "--iterations", 30, "--save", net)
    assert after and status == 130
    assert stderr == "backprop: stopped after 12 of 30 iterations\n"
    assert "Test accuracy" in out and f"Saved as {net}" in out
    assert load_parameters(net)[1]["done"] == 12
    assert signal.getsignal(signal.SIGINT) is before
    # And 18 more make it whole.
    one = tmp_path / "one.npz"
    said(
        "cat",
        "--data",
        data,
        "--resume",
        net,
        *"--iterations 18".split(),
        "--save",
        net,
    )
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
    assert load_parameters(net)[1]["done"] == done and len(steps) == at
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
    honest = {"command": "mnist", "stride": 1}
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
        save_parameters(net, {**whole, **arrays}, **{**honest, **words})
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
    assert load_parameters(net)[1]["done"] == 2
    assert sorted(os.listdir(tmp_path)) == ["data", "net.npz"]
