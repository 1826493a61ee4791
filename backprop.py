#!/usr/bin/env python3
r"""Backpropagation, derived and coded in the same order."""

import numpy as np  # noqa: F401

__version__ = "1.0.0"


# === 1. A circuit: the chain rule ===


# === 2. Initialization ===


# === 3. Forward ===


# === 4. Cross-entropy ===


# === 5. Backward ===


# === 6. Update and training ===


# === 7. Softmax ===


# === 8. Pooling ===


# === 9. Convolution ===


# === 10. Gradient checking ===


# === 11. Momentum and mini-batches ===


# === End of the derivations ===


# === 12. Worked nets ===


# === 13. Files ===


# === 14. Plots ===


# === 15. Exercises ===


# === 16. Command line ===


# What `uv run backprop.py` and `pipx run backprop.py` install:
#
# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "numpy>=1.23",
#     "h5py>=3.7",
#     "pillow>=9.1",
# ]
# ///
