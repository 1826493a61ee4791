"""Whatever a file is or holds: one sentence or a correct read.

Each reader is a row of READERS. It is shown every kind of thing that is no
file, copies of its own files that were damaged in every way, and what was
made to deceive it, in a process with a bound on its memory.
"""

import gzip
import io
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

import backprop as bp

try:
    import resource
except ImportError:  # there is none on Windows
    resource = None

# How many damaged copies of each file; more on demand.
COPIES = int(os.environ.get("FUZZ_COPIES", 24))
# What a process may map, above what numpy and h5py map by themselves.
MEMORY = 3 * 2**30


# === Valid files, and what reads them ===


def small_cats(folder):
    """A valid pair of h5 files with a few pictures each."""
    stream = np.random.RandomState(0)
    for part, m in ("train", 6), ("test", 4):
        with h5py.File(folder / f"{part}_catvnoncat.h5", "w") as file:
            x = stream.randint(0, 256, (m, 8, 8, 3)).astype(np.uint8)
            file[f"{part}_set_x"] = x
            file[f"{part}_set_y"] = np.arange(m) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    return folder


def small_digits(folder):
    """A valid set in MNIST's layout and names."""
    stream = np.random.RandomState(0)
    for part, m in ("train", 6), ("t10k", 4):
        X = stream.randint(0, 256, (m, 28, 28)).astype(np.uint8)
        y = (np.arange(m) % 10).astype(np.uint8)
        for name, array in ("images-idx3", X), ("labels-idx1", y):
            file = folder / f"{part}-{name}-ubyte.gz"
            file.write_bytes(gzip.compress(idx(array.shape) + array.tobytes()))
    return folder


def idx(shape):
    """The head of an IDX file of bytes."""
    return bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()


def small_pictures(folder):
    stream = np.random.RandomState(0)
    x, y = np.meshgrid(np.arange(40), np.arange(32))
    disc = ((x - 20) ** 2 + (y - 16) ** 2 < 100) * 200
    noise = stream.randint(0, 50, (32, 40, 3))
    picture = Image.fromarray((disc[..., None] + noise).astype(np.uint8))
    for suffix in PICTURES:
        picture.save(folder / f"picture.{suffix}")
    return folder


def small_net(folder):
    parameters = bp.initialize_parameters_deep([4, 3, 1])
    bp.save_parameters(folder / "net.npz", parameters, seed=3)
    return folder


PICTURES = "png", "jpg", "gif", "bmp", "tiff", "webp"
# A reader's name, what makes valid files, the file that is spoilt, and how
# it is read.
READERS = [
    ("cats to train on", small_cats, "train_catvnoncat.h5", bp.load_data),
    ("cats to test with", small_cats, "test_catvnoncat.h5", bp.load_data),
    ("digits", small_digits, "train-images-idx3-ubyte.gz", bp.load_digits),
    ("labels", small_digits, "t10k-labels-idx1-ubyte.gz", bp.load_digits),
    *((f"{suffix} as {read.__name__}", small_pictures, f"picture.{suffix}",
       lambda folder, read=read, suffix=suffix: read(
           folder / f"picture.{suffix}"))
      for suffix in PICTURES for read in (bp.read_picture, bp.read_digit)),
    ("net", small_net, "net.npz",
     lambda folder: bp.load_parameters(folder / "net.npz")),
]
NAMES = [name for name, *_ in READERS]


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """A folder with all valid files, not to be written to."""
    folder = tmp_path_factory.mktemp("valid")
    for make in dict.fromkeys(make for _, make, *_ in READERS):
        make(folder)
    return folder


@pytest.fixture
def soon():
    """What hangs is ended."""
    def ring(*_):
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def sentence(call, *arguments):
    """What the exception says: one line."""
    with pytest.raises((ValueError, OSError)) as caught:
        call(*arguments)
    text = str(caught.value)
    assert text and "\n" not in text and text.isprintable(), repr(text)
    assert len(text) < 800
    return text


def test_valid_files_are_read(valid):
    for _, _, _, read in READERS:
        read(valid)


# === What is no file ===


def unix_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(2**40)


NO_FILE = {
    "nothing": (lambda path: None, "o such file|no "),
    "a folder": (lambda path: path.mkdir(), "is a folder, expected a file"),
    "a pipe": (os.mkfifo, "is a pipe or a device"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "or a device"),
    "a socket": (unix_socket, "is a pipe or a device"),
    "a sparse file": (sparse, "takes 1099511627776 bytes, more than"),
    "an empty file": (lambda path: path.touch(), "is empty"),
    "a pointer": (
        lambda path: path.write_text("version https://git-lfs.github.com/x"),
        "is a Git-LFS pointer"),
    "a loop": (lambda path: path.symlink_to(path), "ymbolic link|no "),
}


@pytest.mark.parametrize("kind", NO_FILE)
@pytest.mark.parametrize("reader", READERS, ids=NAMES)
def test_what_is_no_file_is_named(tmp_path, soon, reader, kind):
    _, make, name, read = reader
    make(tmp_path)
    (tmp_path / name).unlink()
    put, said = NO_FILE[kind]
    put(tmp_path / name)
    text = sentence(read, tmp_path)
    assert name.removesuffix(".gz") in text and re.search(said, text)


# What a command reads: its words, FILE among them.
COMMANDS = [
    *([name, use, "FILE"] for name in ("cat", "mnist", "moons")
      for use in ("--load", "--resume")),
    ["moons", "--net", "FILE"],
    ["grade", "FILE"],
]


@pytest.mark.parametrize("kind", NO_FILE)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_commands_name_what_is_no_file(tmp_path, capsys, soon, words, kind):
    if words[0] == "grade" and kind == "a folder":
        pytest.skip("it takes folders too")
    path = tmp_path / "it"
    put, _ = NO_FILE[kind]
    put(path)
    status = bp.main([word.replace("FILE", str(path)) for word in words])
    out, stderr = capsys.readouterr()
    assert status == 2 and out == ""
    assert stderr.count("\n") == 1 and str(path) in stderr


@pytest.mark.parametrize("words", [
    ["exercise", "3", "--to"], ["grade", str(bp.__file__), "--csv"],
    *([name, "--save"] for name in ("cat", "mnist", "moons")),
    *([name, "--plot"] for name in ("cat", "mnist", "moons", "circles",
                                    "rbf")),
], ids=" ".join)
@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a device"])
def test_commands_see_at_once_where_no_file_can_be(
        tmp_path, capsys, soon, words, kind):
    path = tmp_path / "it.png"
    NO_FILE[kind][0](path)
    assert bp.main([*words, str(path)]) == 2
    out, stderr = capsys.readouterr()
    assert out == "" and "is there and is no file" in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize("kind", NO_FILE)
def test_a_picture_that_is_no_file_is_named(tmp_path, capsys, soon, kind):
    net, path = tmp_path / "net.npz", tmp_path / "it"
    bp.save_parameters(
        net, bp.initialize_parameters_deep([12, 3, 1]), command="cat",
        pictures=[2, 2, 3], classes=["no", "yes"],
        activations=["relu", "sigmoid"])
    NO_FILE[kind][0](path)
    assert bp.main(["cat", "--load", str(net), "--predict", str(path)]) == 2
    stderr = capsys.readouterr().err
    assert stderr.count("\n") == 1 and str(path) in stderr


# === Files that were damaged ===


def damage(content, seed):
    """One of many ways in which a file goes wrong, chosen by the seed."""
    stream = np.random.RandomState(seed)
    content = bytearray(content)
    size = len(content)
    way = seed % 8
    if way == 0:
        del content[stream.randint(size) :]
    elif way in (1, 2):  # bits of the whole, or of the part with the structure
        end = size if way == 1 else min(size, 2048)
        for _ in range(stream.randint(1, 20)):
            content[stream.randint(end)] ^= 1 << stream.randint(8)
    elif way == 3:
        at, length = stream.randint(size), stream.randint(1, 64)
        content[at : at + length] = stream.bytes(length)
    elif way == 4:
        at, length = stream.randint(size), stream.randint(1, 64)
        del content[at : at + length]
    elif way == 5:
        at = stream.randint(size)
        content[at:at] = stream.bytes(stream.randint(1, 64))
    elif way == 6:
        at = stream.randint(min(size, 256))
        content[at : at + 8] = [b"\xff" * 8, bytes(8), b"\x7f" + bytes(7)][
            stream.randint(3)
        ]
    else:
        keep = stream.randint(0, 16)
        content[keep:] = stream.bytes(stream.randint(1, 4096))
    return bytes(content)


DAMAGED = """
import sys, warnings
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
import test_faults
warnings.simplefilter("error")
test_faults.bound_memory()
for reader in test_faults.READERS:
    test_faults.read_damaged(Path(sys.argv[3]), *reader)
"""


def bound_memory():
    if resource:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def read_damaged(folder, reader, make, name, read):
    """In a process of its own: all damaged copies of a reader's file."""
    make(folder)
    valid = (folder / name).read_bytes()
    refused = 0
    for seed in range(COPIES):
        print(reader, seed, flush=True)
        (folder / name).write_bytes(damage(valid, seed))
        try:
            read(folder)
        except (ValueError, OSError) as error:
            refused += 1
            assert str(error) and "\n" not in str(error), repr(error)
    (folder / name).write_bytes(valid)
    assert refused > COPIES // 8, "the damage did no harm?"


def child(code, *arguments, timeout=60 + 3 * COPIES):
    """Run code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, ROOT, Path(__file__).parent, *arguments],
        capture_output=True, text=True, timeout=timeout,
    )


def test_a_damaged_file_is_refused_or_read(tmp_path):
    # A crash, a hang or a grab for memory is seen from outside.
    done = child(DAMAGED, tmp_path)
    last = (done.stdout.splitlines() or ["at the start"])[-1]
    assert done.returncode == 0, f"{last}: {done.returncode}\n{done.stderr}"


# === Files that were made to deceive ===


def bomb(head):
    """A gzip of 128 MiB of zeros behind a head."""
    pack = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([pack.compress(head)] + [
        pack.compress(bytes(2**20)) for _ in range(128)] + [pack.flush()])


def cats(change, part="train"):
    """A file of cats after a change; without the data sets in its way."""
    def put(folder):
        with h5py.File(folder / f"{part}_catvnoncat.h5", "a") as file:
            change(file)
    return small_cats, put, bp.load_data


def instead(name, make, part="train"):
    """The same, with something in the place of a data set."""
    def change(file):
        del file[name]
        value = make(file)
        if value is not None:
            file[name] = value
    return cats(change, part)


def of_shape(name, shape, dtype=np.uint8, **options):
    return instead(name, lambda file: file.create_dataset(
        name, shape, dtype, **options) and None)


def elsewhere(file):
    """Another h5 file, that nothing of may be read."""
    other = Path(file.filename).parent / "secret.h5"
    with h5py.File(other, "w") as secret:
        secret["x"] = np.ones((6, 8, 8, 3), np.uint8)
    return str(other)


def virtual(file):
    layout = h5py.VirtualLayout((6, 8, 8, 3), np.uint8)
    layout[:] = h5py.VirtualSource(elsewhere(file), "x", (6, 8, 8, 3))
    file.create_virtual_dataset("train_set_x", layout)


def stored_elsewhere(file):
    file.create_dataset("train_set_x", (6, 8, 8, 3), np.uint8, external=[
        (elsewhere(file), 0, h5py.h5f.UNLIMITED)])


def through_a_link(file):
    file["door"] = h5py.ExternalLink(elsewhere(file), "/")
    return h5py.SoftLink("/door/x")


def factors(make):
    def change(file):
        value = make(file)
        if value is not None:
            file["test_set_factors"] = value
    return cats(change, "test")


def digits(name, content):
    def put(folder):
        (folder / f"{name}.gz").write_bytes(content)
    return small_digits, put, bp.load_digits


def net(entries, **options):
    """A zip of entries in the place of a net."""
    def put(folder):
        with zipfile.ZipFile(folder / "net.npz", "w", **options) as archive:
            for name, content in entries:
                archive.writestr(name, content)
    return small_net, put, lambda f: bp.load_parameters(f / "net.npz")


def npy(header, body=b""):
    return (b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
            + header.encode() + body)


def npy2(header):
    return (b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little")
            + header.encode())


def text(content):
    array = io.BytesIO()
    np.save(array, np.array(content))
    return "about.npy", array.getvalue()


def says(content):
    return net([text(content)])


def picture(content):
    def put(folder):
        (folder / "picture.jpg").write_bytes(content)
    return small_pictures, put, lambda f: bp.read_picture(f / "picture.jpg")


def shaped(shape):
    return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"


X, CLASSES = "train_set_x", "list_classes"
COMPOUND = np.dtype([("a", "u1"), ("b", "f4")])
MADE = {
    # Large for their size.
    "h5 pictures": (of_shape(X, (10**6, 64, 64, 3), chunks=(9, 64, 64, 3),
                             compression="gzip"), "takes 12288000000 bytes"),
    "h5 sparse": (of_shape(X, (10**5, 64, 64, 3)), "takes 1228800000 bytes"),
    "h5 labels": (of_shape("train_set_y", (2**33,)), "expected (6,)"),
    "h5 names": (of_shape(CLASSES, (2**31,), "S7", chunks=(9,)), "two names"),
    "h5 long names": (of_shape(CLASSES, (2,), "S999999999"), "takes 19999"),
    "h5 chunk": (of_shape(X, (6, 8, 8, 3), chunks=(6, 8192, 8192, 3),
                          maxshape=(6, None, None, 3)), "takes 12079"),
    "gzip of anything": (digits("train-labels-idx1-ubyte", bomb(b"")),
                         "starts with the number 0"),
    "gzip labels": (digits("train-labels-idx1-ubyte", bomb(idx((6,)))),
                    "goes on after 6 bytes"),
    "gzip promise": (digits("train-images-idx3-ubyte", gzip.compress(
        idx((2**20, 64, 64)))), "claims to hold 1048576 x 64 x 64"),
    "many labels": (digits("train-labels-idx1-ubyte", gzip.compress(
        idx((2**31,)))), "claims to hold 2147483648"),
    "zip": (net([("W1.npy", bytes(2**28 + 1))],
                compression=zipfile.ZIP_DEFLATED, compresslevel=1),
            "unpacked it takes"),
    "zip of many": (net([(f"{i}", b"") for i in range(1001)]), "too many"),
    "zip by lzma": (net([("W1.npy", b"")], compression=zipfile.ZIP_LZMA),
                    "packed in an unusual way"),
    "npy promise": (net([("W1.npy", npy(shaped("(10**9, 10**9)")))]), "("),
    "npy too short": (net([("W1.npy", npy(shaped("(100000, 10000)"),
                                          bytes(96)))]), "size it claims"),
    "npy negative": (net([("W1.npy", npy(shaped("(-1, -12)"), bytes(96)))]),
                     "("),
    "npy half": (net([("W1.npy", npy(shaped("(3, 4.5)"), bytes(96)))]), "("),
    "npy sum": (net([("W1.npy", npy("1+" * 30000 + "1"))]), "unusual header"),
    "npy long sum": (net([("W1.npy", npy2("1+" * 2000000 + "1"))]),
                     "unusual header"),
    "json number": (says('{"seed": 1' + "0" * 100000 + "}"), "("),
    "json power": (says('{"batch": 1' + "0" * 400 + "}"), "its batch is 1000"),
    "json depth": (says("[" * 100000), "("),
    "json length": (says(" " * 2**21), "no text named about"),
    # Elsewhere.
    "external link": (instead(X, lambda file: h5py.ExternalLink(
        elsewhere(file), "/x")), "of its own"),
    "soft link out": (instead(X, through_a_link), "of its own"),
    "dangling link": (instead(X, lambda file: h5py.SoftLink("/no")),
                      "of its own"),
    "a link to a pipe": (instead(X, lambda file: os.mkfifo(
        Path(file.filename).parent / "pipe") or h5py.ExternalLink(
            Path(file.filename).parent / "pipe", "/x")), "of its own"),
    "external storage": (instead(X, stored_elsewhere), "in another file"),
    "virtual": (instead(X, virtual), "in another file"),
    # Of another kind.
    "a group": (instead(X, lambda file: file.create_group(X) and None),
                "no dataset train_set_x"),
    "compound": (of_shape(X, (6, 8, 8, 3), COMPOUND), "expected (m, height"),
    "void": (of_shape(X, (6, 8, 8, 3), "V1"), "expected (m, height"),
    "reference": (of_shape(X, (6, 8, 8, 3), h5py.ref_dtype), "expected (m"),
    "empty": (instead(X, lambda file: h5py.Empty("u1")), "shape None"),
    "no pictures": (of_shape(X, (0, 8, 8, 3)), "expected (m, height"),
    "scalar": (instead(X, lambda file: np.uint8(1)), "expected (m, height"),
    "float labels": (of_shape("train_set_y", (6,), float), "and integers"),
    "labels of twos": (instead("train_set_y", lambda file: np.arange(6)),
                       "from 0 to 5, expected 0 and 1"),
    "one name": (of_shape(CLASSES, (1,), "S7"), "expected two names"),
    "names in numbers": (of_shape(CLASSES, (2,)), "expected two names"),
    "factors in a row": (factors(lambda file: np.arange(4)),
                         "no group test_set_factors"),
    "factors linked": (factors(lambda file: h5py.ExternalLink(
        elsewhere(file), "/")), "of its own"),
    "factors in numbers": (factors(lambda file: file.create_dataset(
        "test_set_factors/x", (4,), "u1") and None), "short text"),
    "factors of any length": (factors(lambda file: file.create_dataset(
        "test_set_factors/x", (4,), h5py.string_dtype()) and None), "short"),
    "factors too few": (factors(lambda file: file.create_dataset(
        "test_set_factors/x", (3,), "S3") and None), "short text"),
    # Formats that start programs.
    "eps": (picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
                    b"(%pipe%id) (w) file\n"), "none of PNG, JPEG"),
    # Names that would show as something else.
    "names of entries": (net([text("{}"), ("W1\x1b[2J\n\u202e.npy", npy(
        shaped("(1, 1)"), bytes(8)))]), "it has W1?[2J ?, expected"),
}


@pytest.mark.parametrize("case", MADE)
def test_what_was_made_to_deceive_is_refused(tmp_path, soon, case):
    (make, put, read), said = MADE[case]
    make(tmp_path)
    put(tmp_path)
    assert said in sentence(read, tmp_path)


def peak():
    """The MiB that this process has needed at most."""
    # Not ru_maxrss, which starts at what the parent had at the fork.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(),
                    reason="no /proc tells of memory here")
def test_it_takes_little_memory(tmp_path):
    # Made elsewhere, read here: to make a bomb takes memory too.
    for number, ((make, put, _), _) in enumerate(MADE.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        put(make(folder))
    done = child(
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[1:3]\n"
        "import test_faults\n"
        "start = test_faults.peak()\n"
        "for n, ((_, _, read), _) in enumerate(test_faults.MADE.values()):\n"
        "    try: read(Path(sys.argv[3]) / str(n))\n"
        "    except ValueError: print(n, test_faults.peak() - start)",
        tmp_path)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) == len(MADE), done.stderr
    for (_, more), case in zip(rows, MADE):
        assert int(more) < 100, case


# === A disk that is full, a folder that is closed, a run that is killed ===


def obey_permissions():
    """Before a child runs: let even root's obey the modes of folders."""
    import ctypes

    drop, may_override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(drop, may_override, 0, 0, 0)


SAVER = """
import sys; sys.path.insert(0, sys.argv[1])
import backprop as bp
net = bp.initialize_parameters_deep([200, 50, 1], seed=int(sys.argv[3]))
try:
    bp.save_parameters(sys.argv[2], net)
except (OSError, ValueError) as error:
    print(error)
    sys.exit(2)
"""


def save(path, seed, **options):
    return subprocess.run(
        [sys.executable, "-B", "-c", SAVER, ROOT, path, str(seed)],
        capture_output=True, text=True, timeout=60, **options,
    )


def first_weight(path):
    parameters, _ = bp.load_parameters(path)
    return parameters["W1"][0, 0]


@pytest.mark.skipif(not resource, reason="no limits on files here")
def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "net.npz"
    assert save(path, 1).returncode == 0
    before = path.read_bytes()

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = save(path, 2, preexec_fn=full)
    assert done.returncode == 2 and len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_read_only_folder_is_named(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    path = folder / "net.npz"
    assert save(path, 1).returncode == 0
    before = path.read_bytes()
    folder.chmod(0o555)
    done = save(path, 2, preexec_fn=obey_permissions)
    folder.chmod(0o755)
    assert done.returncode == 2, done
    assert "ermission denied" in done.stdout and str(folder) in done.stdout
    assert path.read_bytes() == before


KEEPS_SAVING = """
import itertools, sys; sys.path.insert(0, sys.argv[1])
import backprop as bp
nets = [bp.initialize_parameters_deep([200, 50, 1], seed=s) for s in (1, 2)]
print("ready", flush=True)
for i in itertools.count():
    bp.save_parameters(sys.argv[2], nets[i % 2])
"""


def test_killed_while_saving_the_file_is_one_whole_version(tmp_path):
    path = tmp_path / "net.npz"
    whole = set()
    for seed in 1, 2:
        bp.save_parameters(path, bp.initialize_parameters_deep(
            [200, 50, 1], seed=seed))
        whole.add(first_weight(path))
    assert len(whole) == 2
    stream = np.random.RandomState(0)
    for _ in range(5):
        running = subprocess.Popen(
            [sys.executable, "-c", KEEPS_SAVING, ROOT, path],
            stdout=subprocess.PIPE, text=True,
        )
        assert running.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(stream.uniform(0, 0.05))
        running.kill()
        running.wait()
        running.stdout.close()
        assert first_weight(path) in whole
    # What they left behind is cleared when it is old.
    for part in set(tmp_path.iterdir()) - {path}:
        os.utime(part, (0, 0))
    bp.save_parameters(path, bp.load_parameters(path)[0])
    assert os.listdir(tmp_path) == ["net.npz"]
