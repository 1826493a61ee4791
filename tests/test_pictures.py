"""Pictures of one's own: every form they come in, and what is no picture."""

import gzip
import struct
import zlib

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from backprop import read_digit, read_picture

FOUR = np.array(
    [[[200, 0, 0], [0, 200, 0]], [[0, 0, 200], [240, 240, 0]]], np.uint8
)  # red, green; blue, yellow


def scene(width=128, height=96):
    """The four colours, a quarter each."""
    return Image.fromarray(FOUR).resize(
        (width, height), Image.Resampling.NEAREST
    )


def quarters(picture):
    """The colour in the middle of each quarter."""
    height, width, _ = picture.shape
    return picture[height // 4 :: height // 2, width // 4 :: width // 2]


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.png", {}),
        ("a.bmp", {}),
        ("a.tif", {}),
        ("a.webp", {"lossless": True}),
        ("a.jpg", {"quality": 95}),
        ("a.gif", {}),
        ("a.ppm", {}),
        ("no_suffix", {"format": "PNG"}),
    ],
)
def test_any_format(tmp_path, name, options):
    scene().save(tmp_path / name, **options)
    picture = read_picture(tmp_path / name)
    assert picture.shape == (64, 64, 3) and picture.dtype == np.uint8
    assert abs(quarters(picture).astype(int) - FOUR).max() < 9


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "RGBX"])
def test_any_colour_mode(tmp_path, mode):
    scene().convert(mode).save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif")
    assert abs(quarters(picture).astype(int) - FOUR).max() < 9


@pytest.mark.parametrize("brightest", [1, 200, 65535, 100_000, 2**31 - 256])
@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_greys_of_32_bits(tmp_path, kind, brightest):
    grey = np.array([[0, brightest]]).repeat(64, axis=0).astype(kind)
    Image.fromarray(grey).save(tmp_path / "a.tif")
    seen = read_picture(tmp_path / "a.tif", 64, 64)
    assert seen[:, :9].max() < 20 and seen[:, -9:].min() > 180


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_greys_that_are_no_numbers(tmp_path, bad):
    grey = np.full((9, 9), bad, np.float32)
    Image.fromarray(grey).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match="no numbers"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "I", "F"])
def test_any_grey_mode(tmp_path, mode):
    ramp = np.linspace(0, 1, 256)[np.newaxis].repeat(64, axis=0)
    picture = {
        "I;16": lambda: Image.fromarray(np.uint16(65535 * ramp)),
        "I": lambda: Image.fromarray(np.int32(65535 * ramp)),
        "F": lambda: Image.fromarray(np.float32(ramp)),
    }.get(mode, lambda: Image.fromarray(np.uint8(255 * ramp)).convert(mode))()
    assert picture.mode == mode
    picture.save(tmp_path / "a.tif")
    seen = read_picture(tmp_path / "a.tif")
    wanted = np.linspace(0, 255, 64)
    assert abs(seen.mean(axis=(0, 2)) - wanted).max() < (
        40 if mode == "1" else 4
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # the camera's way of undoing …
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene()
    if orientation > 1:
        stored = stored.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95)
    picture = read_picture(tmp_path / "a.jpg")
    assert abs(quarters(picture).astype(int) - FOUR).max() < 9


def test_what_is_transparent_is_white(tmp_path):
    clear = np.zeros((64, 64, 4), np.uint8)  # black where nobody sees it
    clear[:, 32:] = 255
    clear[:32, :32] = [0, 0, 0, 255]
    Image.fromarray(clear).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert picture[8, 8].tolist() == [0, 0, 0]
    assert picture[56, 8].tolist() == [255, 255, 255]
    # A palette with one transparent entry says so elsewhere in the file.
    palette = Image.new("P", (64, 64), 3)
    palette.putpalette([0, 0, 0] * 4)
    palette.save(tmp_path / "p.png", transparency=3)
    assert (read_picture(tmp_path / "p.png") == 255).all()


def test_the_size_asked_whatever_the_proportions(tmp_path):
    scene(300, 20).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", 48, 32)
    assert picture.shape == (48, 32, 3)
    assert abs(quarters(picture).astype(int) - FOUR).max() < 9
    Image.new("RGB", (1, 1), "red").save(tmp_path / "dot.png")
    assert (read_picture(tmp_path / "dot.png") == [255, 0, 0]).all()


def test_a_fine_pattern_becomes_grey_and_not_moire(tmp_path):
    fine = np.zeros((1000, 1000), np.uint8)
    fine[::2] = 255
    Image.fromarray(fine).save(tmp_path / "a.png")
    assert abs(read_picture(tmp_path / "a.png").astype(int) - 127).max() < 12


def test_its_own_size_is_left_as_it_is(tmp_path):
    own = (
        np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
    )
    Image.fromarray(own).save(tmp_path / "a.png")
    assert (read_picture(tmp_path / "a.png") == own).all()


def png(width, height, data=b""):
    """A PNG that claims a size."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return (
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", check)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("read", [read_picture, read_digit])
@pytest.mark.parametrize(
    "content, said",
    [
        (b"not a picture at all", "none of PNG, JPEG"),
        (png(12_000, 9_000), "exceeds limit"),
        (png(40_000, 40_000), "exceeds limit"),
        (png(64, 64, b"\0" * 100), "truncated"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "no picture that can be read"),
        (b"GIF89a" + b"\xff" * 30, "no picture that can be read"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "no picture that can be read"),
    ],
)
def test_what_is_no_picture_gets_a_sentence(tmp_path, read, content, said):
    file = tmp_path / "cat.jpg"
    file.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read(file)
    sentence = str(caught.value)
    assert str(file) in sentence and said in sentence
    assert "\n" not in sentence and "_io." not in sentence


def test_a_large_jpeg_costs_little_memory(tmp_path):
    import tracemalloc

    scene(6000, 4000).save(tmp_path / "a.jpg")
    tracemalloc.start()
    picture = read_picture(tmp_path / "a.jpg")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert abs(quarters(picture).astype(int) - FOUR).max() < 9


@pytest.fixture(scope="module")
def digits():
    return some(ROOT / "data")


def some(folder):
    packed = (folder / "t10k-images-idx3-ubyte.gz").read_bytes()
    raw = np.frombuffer(gzip.decompress(packed), np.uint8, offset=16)
    return raw.reshape(-1, 28, 28)[:30]


def mean_difference(digits, file, make, **options):
    seen = []
    for digit in digits:
        Image.fromarray(make(digit)).save(file, **options)
        seen.append(read_digit(file))
    assert all(d.shape == (28, 28) and d.dtype == np.uint8 for d in seen)
    return abs(np.array(seen).astype(int) - digits).mean()


@pytest.mark.parametrize("dark", [False, True])
def test_a_digit_of_mnist_stays_as_it_is(tmp_path, original, dark):
    def make(digit):
        return 255 - digit if dark else digit

    digits = some(original)
    assert mean_difference(digits, tmp_path / "a.png", make) < 0.5


def page(digit, rng, light=200.0, dark=60.0, slope=70, grain=5):
    """The digit, written large somewhere on paper lit from one side."""
    ink = Image.fromarray(digit).resize((300, 300), Image.Resampling.BICUBIC)
    sheet = np.zeros((500, 640))
    y, x = rng.randint(0, 200), rng.randint(0, 340)
    sheet[y : y + 300, x : x + 300] = np.asarray(ink) / 255
    light = light - slope * np.linspace(0, 1, 640) ** 2
    seen = light + (dark - light) * sheet + rng.randn(500, 640) * grain
    return seen.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("light, dark", [(200, 60), (110, 20), (90, 250)])
def test_a_photographed_digit_is_brought_to_mnist_s_form(
    tmp_path, digits, light, dark
):
    rng = np.random.RandomState(0)

    def make(digit):
        return page(digit, rng, light, dark)

    assert mean_difference(digits, tmp_path / "a.jpg", make) < 14


def test_ink_is_centred_by_its_mass_in_a_box_of_20(tmp_path):
    seven = np.full((300, 200), 255, np.uint8)
    seven[40:60, 30:130] = 0
    seven[40:240, 110:130] = 0
    Image.fromarray(seven).save(tmp_path / "7.png")
    digit = read_digit(tmp_path / "7.png")
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == 10
    for axis in 0, 1:
        mass = digit.sum(axis=1 - axis)
        assert abs(np.average(np.arange(28), weights=mass) - 14) <= 0.5
    assert digit.max() == 255


@pytest.mark.parametrize("shape", [(100, 100), (1, 1), (1, 300), (2, 2)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page_shows_no_digit(tmp_path, shape, level):
    Image.fromarray(np.full(shape, level, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="shows no digit"):
        read_digit(tmp_path / "a.png")
