"""Run what takes long on the original sets, and keep what it printed.

    BACKPROP_DATA=DIR python docs/measure.py [NAME ...]

writes docs/measured.json, which the articles' pages show with its date. The
machine's speed is in none of these figures.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
KEPT = HERE / "measured.json"
RUNS = {
    "cat-12": "cat --hidden 12",
    "cat-20-7-5": "cat --hidden 20 7 5",
    "moons": "moons",
    "mnist-0.005": "mnist --train 1000 --test 1000 --learning-rate 0.005",
    "mnist-1000": "mnist --train 1000 --test 1000",
    "mnist-all": "mnist --train 60000 --test 10000",
}


def main(names):
    folder = os.environ.get("BACKPROP_DATA")
    if not folder:
        sys.exit("set BACKPROP_DATA to the folder of the original sets")
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    for name in names or RUNS:
        done = subprocess.run(
            [sys.executable, "-m", "backprop", *RUNS[name].split()],
            cwd=HERE.parent, stdout=subprocess.PIPE, encoding="utf-8",
            check=True)
        kept[name] = {
            "command": RUNS[name],
            "date": datetime.date.today().isoformat(),
            "with": f"Python {platform.python_version()}, "
                    f"numpy {np.__version__}",
            "output": done.stdout.replace(folder, "BACKPROP_DATA"),
        }
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
