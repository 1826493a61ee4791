"""What docs/catalogues.py finds wrong in a translation, and what not."""

import sys
from pathlib import Path

import pytest

babel = pytest.importorskip("babel.messages.catalog")
sys.path.append(str(Path(__file__).parents[1] / "docs"))
catalogues = pytest.importorskip("catalogues")

TERMS = [("neural network", ["神经网络"])]
TITLE = 'J. Doe, "Neural networks", 1999. '


@pytest.mark.parametrize("english, chinese, fault", [
    ("A net.", "网络。", None),
    (TITLE + "The start.", r'\J. Doe, "Neural networks", 1999。开头。', None),
    (TITLE + "A neural network.",
     r'\J. Doe, "Neural networks", 1999。网络。', "神经网络 is expected"),
    (TITLE + "The start.", 'J. Doe, "Neural networks", 1999。开头。',
     "begins like a list"),
    ("2. Forward", "2. 前向传播", None)])
def test_titles_that_are_cited(english, chinese, fault):
    message = babel.Message(english, chinese)
    found = catalogues.faults(message, TERMS)
    assert len(found) == bool(fault), found
    assert not fault or fault in found[0]
