"""Nets that are saved and loaded, and files that are no nets."""

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

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


WHOLE = io.BytesIO()
np.savez(WHOLE, about=json.dumps({"seed": 1, "classes": ["a", "b"]}), **NET)
WHOLE = WHOLE.getvalue()


@given(
    cut=st.integers(0, len(WHOLE)),
    flips=st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)),
        max_size=4,
    ),
)
def test_damage_is_noticed_or_harmless(tmp_path_factory, cut, flips):
    broken = bytearray(WHOLE)
    for at, value in flips:
        broken[at] = value
    if not flips:
        del broken[cut:]
    file = tmp_path_factory.getbasetemp() / "damaged.npz"
    file.write_bytes(broken)
    try:
        parameters, _ = load_parameters(file)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        same(parameters, NET)


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


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_killed_while_it_saves_the_file_is_one_whole_version(tmp_path):
    file = tmp_path / "net.npz"
    program = (
        "import sys, numpy as np, backprop\n"
        "net = {'W1': np.ones((300, 300)), 'b1': np.ones((300, 1))}\n"
        "for done in range(10**6):\n"
        "    net['W1'][:] = done\n"
        "    backprop.save_parameters(sys.argv[1], net, done=done)\n"
    )
    rng = np.random.RandomState(0)
    for trial in range(8):
        saver = subprocess.Popen(
            [sys.executable, "-c", program, str(file)],
            env=dict(os.environ, PYTHONPATH=str(ROOT)),
        )
        begin = time.monotonic()
        while not file.exists() and time.monotonic() - begin < 30:
            time.sleep(0.01)
        time.sleep(0.2 * rng.rand())
        saver.send_signal(signal.SIGKILL)
        saver.wait()
        parameters, about = load_parameters(file)
        assert (parameters["W1"] == about["done"]).all()
        if trial % 2:
            file.unlink()


def test_the_public_names():
    assert {"save_parameters", "load_parameters"} <= set(backprop.__all__)
