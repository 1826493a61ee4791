"""The cats that ship: their layout, and the script that draws them."""

import importlib.util
from collections import Counter

import h5py
import numpy as np
import pytest
from conftest import ROOT

DATA = ROOT / "data"
FILES = {part: DATA / f"{part}_catvnoncat.h5" for part in ("train", "test")}
COUNTS = {"train": 209, "test": 50}


@pytest.fixture(scope="module")
def maker():
    """data/make_cats.py as a module."""
    path = DATA / "make_cats.py"
    spec = importlib.util.spec_from_file_location("make_cats", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pictures(part):
    with h5py.File(FILES[part], "r") as file:
        return file[f"{part}_set_x"][:], file[f"{part}_set_y"][:]


def factors():
    """The columns of factors, as lists of text."""
    with h5py.File(FILES["test"], "r") as file:
        group = file["test_set_factors"]
        return {name: [v.decode() for v in group[name][:]] for name in group}


@pytest.mark.parametrize("part", FILES)
def test_the_layout_is_the_course_s(part):
    keys = {"list_classes", f"{part}_set_x", f"{part}_set_y"}
    with h5py.File(FILES[part], "r") as file:
        assert set(file) - {"test_set_factors"} == keys
        classes = file["list_classes"]
        assert classes.dtype == "S7" and classes[:].tolist() == [
            b"non-cat", b"cat"]
    X, Y = pictures(part)
    assert X.shape == (COUNTS[part], 64, 64, 3) and X.dtype == np.uint8
    assert Y.shape == (COUNTS[part],) and Y.dtype == np.int64
    assert set(Y) == {0, 1}


@pytest.mark.parametrize("part", FILES)
def test_about_a_third_are_cats(part):
    assert 0.32 < pictures(part)[1].mean() < 0.36


@pytest.mark.parametrize("part", FILES)
def test_the_order_tells_nothing(part):
    Y = pictures(part)[1]
    runs = 1 + np.count_nonzero(np.diff(Y))
    assert runs > 0.3 * len(Y)


def test_together_they_are_below_a_megabyte():
    assert sum(path.stat().st_size for path in FILES.values()) < 1_000_000


def test_every_test_picture_has_its_factors(maker):
    columns = factors()
    assert {"kind", "pose", "scene", *maker.FACTORS} == set(columns)
    assert {len(column) for column in columns.values()} == {50}
    cats = [kind == "cat" for kind in columns["kind"]]
    assert cats == pictures("test")[1].astype(bool).tolist()
    assert set(columns["kind"]) == set(maker.KINDS)
    for name, values in maker.FACTORS.items():
        count = Counter(columns[name])
        assert set(count) <= set(values)
        # Unusual in some pictures, not in most.
        assert 25 < count[values[0]] < 50, (name, count)


def test_no_two_pictures_are_alike():
    """Neither within a file nor between them, not even nearly."""
    X = np.concatenate([pictures(part)[0] for part in FILES])
    X = X.reshape(len(X), -1).astype(float)
    squares = (X ** 2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * X @ X.T
    np.fill_diagonal(distances, np.inf)
    # The root mean square, in levels of 0 to 255.
    assert np.sqrt(distances.min() / X.shape[1]) > 5


@pytest.mark.parametrize("part, index", [
    ("train", 0), ("train", 77), ("train", 208), ("test", 0), ("test", 49),
])
def test_the_script_draws_what_ships(maker, part, index):
    """Up to what versions of Pillow round and reduce in their own way."""
    number = index + (COUNTS["train"] if part == "test" else 0)
    X, Y = pictures(part)
    drawn, its = maker.draw(number)
    assert drawn.shape == (64, 64, 3) and drawn.dtype == np.uint8
    assert (its["kind"] == "cat") == Y[index]
    if part == "test":
        assert its == {k: column[index] for k, column in factors().items()}
    assert np.abs(drawn.astype(float) - X[index]).mean() < 4


def test_drawing_twice_gives_the_same(maker):
    (one, its), (two, same) = maker.draw(3), maker.draw(3)
    assert its == same and (one == two).all()


def test_a_contact_sheet(maker, tmp_path):
    from PIL import Image

    maker.sheet(tmp_path / "sheet.png", range(5), columns=3, enlarge=1)
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (3 * 68, 2 * 68)
