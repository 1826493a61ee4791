"""Every command draws what it did, in every format, and asks first."""

import importlib
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import ROOT

import backprop

matplotlib = pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")

COMMANDS = {
    "cat": ["--iterations", "2"],
    "mnist": ["--train", "40", "--test", "20", "--epochs", "1"],
    "moons": ["--epochs", "2"],
    "circles": ["--epochs", "2"],
    "rbf": ["--steps", "2", "--momentum", "0.5"],
}
ANIMATED = ["moons", "circles"]


@pytest.fixture
def cats(tmp_path):
    """Ten pictures of noise, in the files of the course."""
    h5py = pytest.importorskip("h5py")
    rng = np.random.RandomState(0)
    folder = tmp_path / "cats"
    folder.mkdir()
    for part in "train", "test":
        with h5py.File(folder / f"{part}_catvnoncat.h5", "w") as file:
            file[f"{part}_set_x"] = rng.randint(
                0, 256, (10, 64, 64, 3)).astype(np.uint8)
            file[f"{part}_set_y"] = np.arange(10) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    return folder


def drawn(file):
    """The size of a picture, in its own unit, after reading it whole."""
    data = file.read_bytes()
    if file.suffix == ".svg":
        root = ElementTree.fromstring(data)
        assert root.tag.endswith("}svg")
        return float(root.get("width")[:-2]), float(root.get("height")[:-2])
    if file.suffix == ".pdf":
        assert data.startswith(b"%PDF") and data.rstrip().endswith(b"%%EOF")
        return None
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == file.suffix[1:].upper()
        colors = picture.convert("RGB").getcolors(2**24)
        assert len(colors) > 5, "it is empty"
        return picture.size


@pytest.mark.parametrize("command, kind", [
    *zip(COMMANDS, ["png"] * len(COMMANDS)), ("rbf", "svg"), ("rbf", "PDF")])
def test_each_command_draws_and_prints_what_it_prints(command, kind, run,
                                                      cats, tmp_path):
    file = tmp_path / f"some plot.{kind}"
    words = [command, *COMMANDS[command]]
    data = cats if command == "cat" else None
    plain = run(*words, data=data)
    done = run(*words, "--plot", file, data=data)
    assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
    assert done.stdout == plain.stdout
    drawn(file.rename(file.with_suffix(f".{kind.lower()}")))


@pytest.mark.parametrize("command, epochs, frames", [
    ("moons", 50, 40), ("circles", 3, 3)])
def test_a_boundary_is_animated(command, epochs, frames, run, tmp_path):
    file = tmp_path / "boundary.gif"
    done = run(command, "--epochs", epochs, "--plot", file)
    assert done.returncode == 0, done.stderr
    drawn(file)
    assert file.stat().st_size < 1.5e6
    with Image.open(file) as picture:
        assert picture.n_frames == frames


@pytest.mark.parametrize("command", ["cat", "mnist"])
def test_mistakes_and_predictions_are_drawn_instead(command, run, cats,
                                                    tmp_path):
    for number in range(3):
        picture = np.full((90, 40, 3), 255, np.uint8)
        picture[20:70, 15 + number:18 + number] = 0
        Image.fromarray(picture).save(tmp_path / f"my cat {number}.png")
    mine, sizes = [f"my cat {number}.png" for number in range(3)], set()
    data = cats if command == "cat" else None
    for words in [[*COMMANDS[command], "--save", "net.npz"], ["--errors"],
                  [], ["--predict", *mine], ["--predict", *mine, "none.png"]]:
        load = [] if "--save" in words else ["--load", "net.npz"]
        file = tmp_path / "plot.png"
        done = run(command, *load, *words, "--plot", file, data=data)
        assert done.returncode == (2 if "none.png" in words else 0)
        sizes.add(drawn(file))
        file.unlink()
    assert len(sizes) == 4


@pytest.mark.parametrize("file, why", [
    ("plot.jpg", "ends in none of .png, .svg, .pdf"),
    ("plot", "ends in none of .png, .svg, .pdf"),
    ("plot.gif", "ends in none of .png, .svg, .pdf"),
    ("nowhere/plot.png", "cannot be written: No such"),
    ("folder.png", "folder.png is there and is no file"),
    ("/dev/full.png/plot.png", "cannot be written: No such"),
    ("x" * 252 + ".png", "cannot be written: File name too long"),
    ("", "the name is empty")])
def test_a_place_that_cannot_be_drawn_to(file, why, run, tmp_path):
    (tmp_path / "folder.png").mkdir()
    done = run("cat", "--plot", file)
    assert done.returncode == 2 and not done.stdout
    assert why in done.stderr and done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_asks_before_it_trains(command, run):
    done = run(command, "--plot", "plot.bmp")
    assert done.returncode == 2 and not done.stdout
    assert (".gif" in done.stderr) == (command in ANIMATED)


def test_without_matplotlib_a_sentence_says_how_to_get_it(run, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError")
    done = run("cat", "--plot", "plot.png")
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.count("\n") == 1
    assert "matplotlib" in done.stderr and "pip install" in done.stderr
    assert not (tmp_path / "plot.png").exists()


def test_a_plot_that_fails_leaves_the_old_one(tmp_path):
    file, figure = tmp_path / "plot.png", backprop.plot_costs({"a": [1, 2]})
    backprop.save_plot(figure, file)
    before = file.read_bytes()

    def interrupted():
        yield figure
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backprop.save_plot(interrupted(), file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_plot_goes_where_a_link_points(run, tmp_path):
    (tmp_path / "link.png").symlink_to("plot.png")  # dangling so far
    done = run("rbf", "--steps", "2", "--plot", "link.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.png").is_symlink()
    drawn(tmp_path / "plot.png")
    (tmp_path / "other.png").symlink_to("nothing.png")
    assert run("rbf", "--momentum", "2", "--plot",
               "other.png").returncode == 2
    assert (tmp_path / "other.png").is_symlink()


@pytest.fixture
def style():
    before = dict(matplotlib.rcParams)
    with np.errstate(all="ignore"), backprop.plot_style():
        yield
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_functions_draw_their_data(style, kind, tmp_path):
    rng = np.random.RandomState(0)
    X, Y = rng.randn(2, 20), np.arange(20).reshape(1, -1) % 2
    for figure in [
        backprop.plot_costs({"a": [1, 0.5, 0.1]}, title="one"),
        backprop.plot_costs({"a": [0.1], "b": [0.9, 1]}, every=100,
                            ylabel="accuracy", yscale="linear"),
        backprop._plot_pictures([rng.randn(3, 3)] * 8, columns=8),
        backprop._plot_pictures(
            [np.zeros((5, 4, 3), np.uint8), np.zeros((28, 28)),
             np.full((9, 9), 255, np.uint8)], ["a", "b", "c"], ["d", "e"],
            "three sizes", columns=2),
        backprop.plot_boundary(lambda X: 1 / (1 + np.exp(X[0])), X, Y),
        backprop._plot_confusion(np.array([[9, 0], [2, 8]]), ["a", "b"]),
    ]:
        backprop.save_plot(figure, tmp_path / f"plot.{kind}")
        drawn(tmp_path / f"plot.{kind}")


def test_the_hidden_layer_bends_the_plane(style):
    (X, Y), activations = backprop.make_circles(), ("sigmoid", "softmax")
    P = backprop.initialize_parameters(2, 3, 2, scale=3)
    P["b1"][:] = [[0], [1], [-1]]
    axes, = backprop._lifted_figure(X, Y, P, activations).axes
    points = [line.get_data_3d() for line in axes.lines
              if line.get_marker() in "o^"]
    assert sum(len(x) for x, _, _ in points) == X.shape[1]
    A = backprop._hidden_layer(X, P, activations)
    for label, place in enumerate(points):
        np.testing.assert_array_equal(place, A[:, Y[1] == label])


@pytest.mark.parametrize("w, b, corners", [
    ([1, 0, 0], -0.5, 4),  # across a side
    ([1, 1, 1], -1.5, 6),  # across the middle
    ([1, 1, 1], 1.0, 0)])  # beyond the cube
def test_a_plane_is_cut_to_the_cube(w, b, corners):
    found = backprop._in_cube(np.array(w, float), b)
    assert found.shape == (corners, 3)
    np.testing.assert_allclose(found @ w, -b)
    for before, after in zip(found, np.roll(found, 1, axis=0)):
        on_a_side = ((before == after) & np.isin(before, [0, 1])).any()
        assert on_a_side, "neighbours lie on one side of the cube"


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_data_give_the_same_file(style, kind, tmp_path):
    files = [tmp_path / f"{number}.{kind}" for number in range(2)]
    for file in files:
        backprop.save_plot(backprop.plot_costs({"a": [1, 0.1]}), file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_boundary_lies_where_the_chance_is_one_half(tmp_path):
    X, Y = np.array([[0.0, 1], [0, 1]]), np.array([[0, 1]])
    with np.errstate(all="ignore"):
        figure = backprop.plot_boundary(
            lambda X: 1 / (1 + np.exp(5 - 10 * X[0])), X, Y)
    (line,) = [part for part in figure.axes[0].collections
               if part.get_facecolor().size == 0]
    vertices = line.get_paths()[0].vertices
    np.testing.assert_allclose(vertices[:, 0], 0.5, atol=1e-6)


def test_frames_become_an_animation(style, tmp_path):
    X, Y = np.array([[0.0, 1], [0, 1]]), np.array([[0, 1]])
    file = tmp_path / "boundary.gif"
    backprop.save_plot(
        (backprop.plot_boundary(lambda X, at=at: 1.0 * (X[0] > at), X, Y)
         for at in (0.25, 0.5, 0.75)), file)
    assert drawn(file)
    with Image.open(file) as picture:
        assert picture.n_frames == 3 and picture.info["loop"] == 0


def test_the_words_of_a_drawing_are_messages(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    drawings = importlib.import_module("drawings")
    node = drawings.drawn(alt="A cat.", svg=(
        '<svg role="img"><text x="1">cat (0.50)</text><text>dA_prev</text>'
        "<text><tspan>x &lt; two</tspan></text><text>cat (1.00)</text></svg>"))
    node.preserve_original_messages()
    assert node.extract_original_messages() == [
        "A cat.", "cat ({})", "x < two"]
    node.apply_translated_message("cat ({})", "{} 猫")
    node.apply_translated_message("A cat.", "一只猫")
    node.apply_translated_message("x < two", "x < 二")
    assert node["alt"] == "一只猫" and node["svg"] == (
        '<svg role="img"><text x="1">0.50 猫</text><text>dA_prev</text>'
        "<text><tspan>x &lt; 二</tspan></text><text>1.00 猫</text></svg>")
