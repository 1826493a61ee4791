"""How many threads numpy's products run on while a command runs."""

from types import SimpleNamespace

import pytest

import backprop

threadpoolctl = pytest.importorskip("threadpoolctl")
VARIABLES = [f"{name}_NUM_THREADS"
             for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB")]


def threads():
    """Of each BLAS that is loaded."""
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()
            if pool["user_api"] == "blas"}


@pytest.fixture
def seen(monkeypatch):
    """What a command finds, where numpy has two threads and the
    environment is silent."""
    found = []

    def circuit(options):
        found.append(threads())
        return 0

    command = backprop.COMMANDS["circuit"]._replace(run=circuit)
    monkeypatch.setitem(backprop.COMMANDS, "circuit", command)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with threadpoolctl.threadpool_limits(2, "blas"):
        if threads() != {2}:
            pytest.skip("numpy's products can't have two threads here")
        yield found


def test_a_command_runs_on_one_thread_and_gives_the_others_back(seen):
    assert backprop.main(["circuit"]) == 0
    assert seen == [{1}] and threads() == {2}


@pytest.mark.parametrize("name", VARIABLES)
def test_who_sets_a_number_of_threads_is_obeyed(seen, monkeypatch, name):
    monkeypatch.setenv(name, "2")
    assert backprop.main(["circuit"]) == 0
    assert seen == [{2}]


@pytest.mark.parametrize("seconds", [1, 60])
def test_without_threadpoolctl_a_slow_command_says_what_helps(
        seen, monkeypatch, capsys, seconds):
    def missing(module, package=None):
        raise ImportError(module)

    clock = iter([0, seconds])
    monkeypatch.setattr(backprop, "_import", missing)
    monkeypatch.setattr(
        backprop, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert backprop.main(["circuit"]) == 0
    assert seen == [{2}]
    told = "OMP_NUM_THREADS=1" in capsys.readouterr().err
    assert told == (seconds > 5)
