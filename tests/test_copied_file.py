"""The file alone in an empty folder, numpy the only package there is."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
from conftest import MODULE, ROOT

import backprop


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Run python beside a copy of the file, where numpy alone is installed.

    `alone("-m", "doctest", "backprop.py")` gives the CompletedProcess.
    """
    home = tmp_path_factory.mktemp("assignment")
    shutil.copy(MODULE, home)
    environment = tmp_path_factory.mktemp("numpy-only")
    venv.create(environment, with_pip=False, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    installed = Path(np.__file__).resolve().parent
    for found in installed.parent.glob("numpy*"):
        os.symlink(found, site / found.name)
    python = environment / "bin" / "python"

    def run(*arguments, **variables):
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(("PYTHON", "BACKPROP"))}
        done = subprocess.run(
            [python, "-W", "error", *map(str, arguments)],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            cwd=home, env={**clean, **variables}, timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    for package in "h5py", "PIL", "matplotlib", "pooch", "tqdm":
        looked = f"importlib.util.find_spec('{package}')"
        assert run("-c", f"import importlib.util; print({looked})").stdout == (
            "None\n")
    return run


pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="links numpy into a bare environment"
)


def sentence(done):
    """The one line on stderr of a command that could not be done."""
    assert done.returncode == 2, done
    (line,) = done.stderr.splitlines()
    return line


def test_its_examples_pass(alone):
    done = alone("-m", "doctest", "backprop.py")
    assert done.returncode == 0, done.stdout


def test_it_imports_and_works(alone):
    done = alone("-c", "from backprop import *; print(sigmoid(0)[0])")
    assert done.stdout == "0.5\n", done


def test_it_prints_its_help(alone):
    done = alone("backprop.py")
    assert done.returncode == 0
    for name in backprop.COMMANDS:
        assert re.search(rf"^ +{name} ", done.stdout, re.M), name


@pytest.mark.parametrize("name", backprop.COMMANDS)
def test_each_command_explains_itself_on_a_screen(alone, name):
    done = alone("backprop.py", name, "--help", COLUMNS="80")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) <= 33 and max(map(len, lines)) <= 80


def test_cats_without_data_say_where_to_get_it(alone):
    line = sentence(alone("backprop.py", "cat"))
    assert "catvnoncat.h5" in line and "download" in line


def test_cats_without_h5py_say_how_to_get_it(alone):
    line = sentence(alone("backprop.py", "cat", "--data", ROOT / "data"))
    assert "h5py" in line and "pip install h5py" in line


@pytest.mark.parametrize("name", ["moons", "circles", "rbf"])
def test_plots_without_matplotlib_say_how_to_get_it(alone, name, tmp_path):
    picture = tmp_path / "picture.png"
    line = sentence(alone("backprop.py", name, "--plot", picture))
    assert "matplotlib" in line and "pip install matplotlib" in line
    assert not picture.exists()


def test_digits_need_numpy_alone(alone):
    done = alone("backprop.py", "mnist", "--data", ROOT / "data",
                 "--train", 50, "--test", 50, "--epochs", 1)
    assert done.returncode == 0, done
    assert "Test Accuracy" in done.stdout


def test_predictions_without_pillow_say_how_to_get_it(alone, tmp_path):
    picture = tmp_path / "seven.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    few = "--train", 20, "--test", 5, "--epochs", 1, "--data", ROOT / "data"
    done = alone("backprop.py", "mnist", *few, "--predict", picture)
    assert "pip install pillow" in sentence(done)


def test_downloads_without_pooch_say_how_to_get_it(alone, tmp_path):
    line = sentence(alone("backprop.py", "download", "cat"))
    assert "pip install pooch" in line
