"""The promises of speed and memory, loose enough for a busy machine.

Measured on the processor's clock with one thread: other programs then change
little. tests/bench.py has the figures.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

HERE = Path(__file__).parent


def measured(code, *arguments, **variables):
    """What a script prints as JSON, run in a process of its own."""
    keep = {key: value for key, value in os.environ.items()
            if key != "PYTHONDONTWRITEBYTECODE"}  # fmt: skip
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=300,
        env={**keep, **one, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}",
             **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_import_costs_little_beside_numpy_s(tmp_path):
    code = (
        "import time; a = time.process_time(); import numpy;"
        "b = time.process_time(); import backprop; c = time.process_time();"
        "print([b - a, c - b])"
    )
    turns = [measured(code, PYTHONPYCACHEPREFIX=str(tmp_path))
             for _ in range(5)]  # fmt: skip
    numpy, ours = (min(times) for times in zip(*turns))
    assert ours < 0.2 * numpy


CATS = """
import json, sys, time
import bench
bench.clock = time.process_time
job, prepare, part = sys.argv[1], getattr(bench, sys.argv[2]), sys.argv[3:]
run = prepare(job, *map(int, part))
print(bench.timed(run) * int((part or "1")[0]))
"""


@pytest.mark.parametrize("job", ["cats 12288-12-1", "cats 12288-20-7-5-1"])
def test_cats_are_fast(job):
    ours = measured(CATS, job, "cats_ours")
    assert measured(CATS, job, "cats_article", 25) > 8 * ours


@pytest.mark.parametrize("job", ["cats 12288-12-1", "cats 12288-20-7-5-1"])
def test_cats_are_faster_than_in_pytorch(job):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = measured(CATS, job, "cats_ours")
    assert measured(CATS, job, "cats_torch", 25) > 5 * ours


def test_cats_fit_in_little_memory():
    code = """
import backprop, contextlib, io, re
with contextlib.redirect_stdout(io.StringIO()):
    assert backprop.main(["cat", "--iterations", "20"]) == 0
status = open("/proc/self/status").read()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc tells of memory here")
    assert measured(code) < 300  # MiB
