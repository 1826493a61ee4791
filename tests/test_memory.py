"""A command's memory. (Times are measured by tests/bench.py, not tested.)"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

CATS = """
import backprop, contextlib, io, re
with contextlib.redirect_stdout(io.StringIO()):
    assert backprop.main(["cat", "--iterations", "20"]) == 0
status = open("/proc/self/status").read()
print(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024)
"""


def test_cats_fit_in_little_memory():
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc tells of memory here")
    done = subprocess.run(
        [sys.executable, "-c", CATS],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) < 300  # MiB
