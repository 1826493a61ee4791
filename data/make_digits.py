#!/usr/bin/env python3
r"""Bring the UCI handwritten digits to MNIST's layout.

    python data/make_digits.py [DIRECTORY]

writes the four ``*-ubyte.gz`` files beside this script, or into
DIRECTORY, the same every time.  Needs scikit-learn, which carries the
1,797 digits; README.md names their makers and their licence.
"""
import gzip
import sys
from pathlib import Path

import numpy as np

SIDE, BOX, SEED, TEST = 28, 20, 0, 500


def cubic(t):
    """Keys' cubic kernel (1981), a = -1/2: smooth, and 1 at its own cell."""
    t = abs(t)
    near = (1.5 * t - 2.5) * t * t + 1
    far = ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0))


def enlarge(picture):
    """An n × n picture as a BOX-sized one, its centre of mass at (14, 14).

    Pixel i of the result looks at place (i - 14) n / BOX + centre of the
    picture, rows and columns alike; MNIST's own centres of mass lie at
    (14.0, 14.0) ± 0.3, counting from 0.
    """
    n = len(picture)
    cells, pixels = np.arange(n), np.arange(SIDE)
    rows, columns = (
        cubic((pixels[:, None] - SIDE // 2) * n / BOX
              + ink @ cells / ink.sum() - cells)
        for ink in (picture.sum(axis=1), picture.sum(axis=0)))
    return rows @ picture @ columns.T


def write_idx(path, array):
    """An array of bytes as an IDX file (0, 0, type 8, dimensions; sizes)."""
    header = bytes([0, 0, 8, array.ndim])
    header += np.array(array.shape, ">u4").tobytes()
    with open(path, "wb") as file, gzip.GzipFile(
            "", "wb", compresslevel=9, fileobj=file, mtime=0) as packed:
        packed.write(header + array.tobytes())


def main(directory):
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    pictures = np.array([enlarge(x.reshape(8, 8)) for x in X])
    # A cell counts 0 to 16 points of ink.  The middle of that range is
    # stretched over 0 to 255, which makes 7.6 % of the pixels white: MNIST's
    # share, and makes the files a third smaller than unstretched ones.
    grey = np.rint((pictures / 16 - 0.2) / 0.6 * 255)
    pictures = np.clip(grey, 0, 255).astype(np.uint8)
    order = np.random.RandomState(SEED).permutation(len(y))
    for name, part in (("train", order[:-TEST]), ("t10k", order[-TEST:])):
        write_idx(directory / f"{name}-images-idx3-ubyte.gz", pictures[part])
        write_idx(directory / f"{name}-labels-idx1-ubyte.gz",
                  y[part].astype(np.uint8))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)
