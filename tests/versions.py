#!/usr/bin/env python3
"""Run everything on the oldest and the newest versions that are allowed.

    python tests/versions.py            both
    python tests/versions.py oldest     one of them

"oldest" is the lower bound of every requirement in setup.cfg, taken at its
word, on the oldest Python; "newest" is what a new installation gets, on the
newest Python found. Each in a fresh environment: all tests, then the
commands, whose printed figures have to be the same on both. The exit status
is 1 if something failed and 3 if the versions could not be had.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Beside these and the data, nothing that the commands print may differ.
# (`check` shows the entries where rounding was worst; its tests run on both.)
COMMANDS = ["circuit", "moons", "rbf", "circles", "cat",
            "mnist --train 500 --test 500 --epochs 1"]


def pythons():
    """Version -> path of every Python from 3.10 that can be found."""
    found = {}
    places = [Path(folder) for folder in os.get_exec_path()]
    places += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    for minor in range(10, 20):
        for place in places:
            path = place / f"python3.{minor}"
            if path.exists() and (3, minor) not in found:
                works = subprocess.run([path, "-c", "import ssl, venv"])
                if works.returncode == 0:
                    found[3, minor] = path
    return found


def requirements():
    """Everything that the tests of an installed copy need."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return (
        parser["options"]["install_requires"].split()
        + parser["options.extras_require"]["test"].split()
    )


def session(name, python, folder):
    """Run all tests and commands; return what the commands print."""
    environment = folder / name
    subprocess.run([python, "-m", "venv", environment], check=True)
    wanted = requirements()
    if name == "oldest":
        wanted = [re.sub(">=", "==", one) for one in wanted]
    inside = environment / "bin" / "python"
    pip = [inside, "-m", "pip", "-q", "--disable-pip-version-check"]
    if subprocess.run([*pip, "install", *wanted]).returncode:
        print(f"{name}: could not be installed", file=sys.stderr)
        raise SystemExit(3)
    print(f"== {name}", flush=True)
    subprocess.run([inside, "-V"], check=True)
    subprocess.run([*pip, "list"], check=True)
    clone = folder / f"{name}-clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    tests = subprocess.run(
        [inside, "-m", "pytest", "-q", "-n", "auto"], cwd=clone)
    if tests.returncode:
        raise SystemExit(f"{name}: the tests fail")
    known = subprocess.run(
        [inside, "-m", "backprop"],
        cwd=clone, capture_output=True, text=True, check=True,
    ).stdout
    printed = {}
    for command in COMMANDS:
        if not re.search(rf"^ +{command.split()[0]} ", known, re.M):
            continue
        done = subprocess.run(
            [inside, "-m", "backprop", *command.split()],
            cwd=clone, capture_output=True, text=True,
        )
        if done.returncode:
            raise SystemExit(f"{name}: {command}: {done.stderr}")
        printed[command] = done.stdout.replace(str(clone), "")
    return printed


def same(a, b):
    """Whether two outputs agree: words exactly, numbers to what is printed.

    That is to ten digits, or to one in the last place where fewer are
    printed. How large a rounding error is (``3e-15``) is no figure.
    """
    number = r"-?\d+\.\d+"
    rounding = r"\b\d(?:\.\d+)?e[+-]\d+"
    a, b = (re.sub(rounding, "rounding", text) for text in (a, b))
    if re.split(number, a) != re.split(number, b):
        return False
    return all(
        abs(float(x) - float(y))
        <= max(1e-10 * abs(float(x)), 1.1 * 10.0 ** -len(x.split(".")[1]))
        for x, y in zip(re.findall(number, a), re.findall(number, b))
    )


def main():
    found = pythons()
    wanted = sys.argv[1:] or ["oldest", "newest"]
    if not found or "oldest" in wanted and (3, 10) not in found:
        print("there is no Python 3.10 here", file=sys.stderr)
        raise SystemExit(3)
    chosen = {"oldest": min(found), "newest": max(found)}
    folder = Path(tempfile.mkdtemp(prefix="backprop-versions-"))
    try:
        printed = {
            name: session(name, found[chosen[name]], folder)
            for name in wanted
        }
    finally:
        shutil.rmtree(folder)
    if len(printed) == 2:
        oldest, newest = printed.values()
        for command in oldest:
            equal = same(oldest[command], newest[command])
            identical = oldest[command] == newest[command]
            verdict = "to the last digit" if identical else equal
            print(f"{command}: the same figures on both: {verdict}")
            if not equal:
                print(oldest[command], newest[command], sep="\n-- newest\n")
                raise SystemExit(1)


if __name__ == "__main__":
    main()
