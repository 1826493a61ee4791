"""What the tests share: strict arithmetic, the data sets, the program."""

import os
import subprocess
import sys
from pathlib import Path

# Threads that share a small product wait for each other, the longer the more
# processes run. Read when numpy is imported, here and in what tests start.
for name in "OMP", "OPENBLAS", "MKL":
    os.environ.setdefault(f"{name}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
MODULE = ROOT / "backprop.py"

# Tests change directory; a relative path would lose its meaning.
if os.environ.get("BACKPROP_DATA"):
    where = Path(os.environ["BACKPROP_DATA"]).resolve()
    os.environ["BACKPROP_DATA"] = str(where)

settings.register_profile(
    "backprop",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "backprop"))


def pytest_configure(config):
    # Here and not only in a fixture, so that the doctests obey it too.
    np.seterr(all="raise", under="ignore")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With ``-n``, a file's tests run in one process: what they share, such
    as the book, is made once. Files keep their order; by the number of their
    tests, as xdist would have it, those that take longest come last."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.fixture(autouse=True)
def strict_arithmetic():
    """No overflow, no division by zero, no invalid value, anywhere."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True)
def global_stream_untouched():
    """The caller's random numbers are nobody's business."""
    before = np.random.get_state()
    yield
    after = np.random.get_state()
    assert before[2] == after[2] and (before[1] == after[1]).all(), (
        "the global random state was touched"
    )


@pytest.fixture(scope="session")
def shipped():
    """The directory of the small sets that ship with the project."""
    return ROOT / "data"


@pytest.fixture(scope="session")
def original():
    """The directory of the course's cats and MNIST, or a skip."""
    where = os.environ.get("BACKPROP_DATA")
    if not where:
        pytest.skip("BACKPROP_DATA does not name the original data sets")
    where = Path(where)
    for name in "train_catvnoncat.h5", "train-images-idx3-ubyte.gz":
        if not (where / name).exists():
            pytest.skip(f"$BACKPROP_DATA holds no {name}")
    return where


@pytest.fixture
def run(tmp_path):
    """Run ``python -m backprop …`` as a user would, elsewhere.

    `run("cat", "--iterations", "3")` gives the CompletedProcess. It starts in
    an empty folder, with `data=` (a directory) as $BACKPROP_DATA or with
    none, and fails the test on a traceback.
    """

    def run(*arguments, data=None, cwd=tmp_path, timeout=120, **variables):
        environment = dict(os.environ, PYTHONPATH=str(ROOT), **variables)
        environment.pop("BACKPROP_DATA", None)
        if data is not None:
            environment["BACKPROP_DATA"] = str(data)
        done = subprocess.run(
            [sys.executable, "-m", "backprop", *map(str, arguments)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=environment,
            timeout=timeout,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
