"""Files that were damaged: one sentence or a correct read, nothing else.

Valid files are cut short, have bits flipped, stretches overwritten, are
joined with themselves or replaced by noise, and then read. The readers run
in a process of their own with a bound on its memory and on its time, so
that a crash, a hang or a grab for memory is seen as such.
"""

import gzip
import os
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import ROOT

import backprop as bp

# How many damaged copies of each file; more on demand.
COPIES = int(os.environ.get("FUZZ_COPIES", 60))
SECONDS = 60 + COPIES
# What a process may map, above what numpy and h5py map by themselves.
MEMORY = 3 * 2**30


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


def small_cats(folder):
    """A valid pair of h5 files with a few pictures each."""
    stream = np.random.RandomState(0)
    for part, m in ("train", 6), ("test", 4):
        with h5py.File(folder / f"{part}_catvnoncat.h5", "w") as file:
            file[f"{part}_set_x"] = stream.randint(
                0, 256, (m, 8, 8, 3)).astype(np.uint8)  # fmt: skip
            file[f"{part}_set_y"] = np.arange(m) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])


def small_digits(folder):
    """A valid set in MNIST's layout and names."""
    stream = np.random.RandomState(0)
    for part, m in ("train", 6), ("t10k", 4):
        X = stream.randint(0, 256, (m, 28, 28)).astype(np.uint8)
        head = np.array([2051, m, 28, 28], ">u4").tobytes()
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb") as file:
            file.write(head + X.tobytes())
        head = np.array([2049, m], ">u4").tobytes()
        y = (np.arange(m) % 10).astype(np.uint8)
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(head + y.tobytes())


def small_pictures(folder):
    from PIL import Image

    stream = np.random.RandomState(0)
    x, y = np.meshgrid(np.arange(40), np.arange(32))
    disc = ((x - 20) ** 2 + (y - 16) ** 2 < 100) * 200
    noise = stream.randint(0, 50, (32, 40, 3))
    picture = Image.fromarray((disc[..., None] + noise).astype(np.uint8))
    for suffix in "png", "jpg", "gif", "bmp", "tiff", "webp":
        picture.save(folder / f"picture.{suffix}")


def small_net(folder):
    parameters = bp.initialize_parameters_deep([4, 3, 1])
    bp.save_parameters(folder / "net.npz", parameters, seed=3)


READER = """
import resource, sys, traceback, warnings
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
import numpy as np, backprop as bp, test_faults
import h5py, PIL.Image
warnings.simplefilter("error")
PIL.Image.init()
bound = test_faults.MEMORY
resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
folder, name, how, copies = (
    Path(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]))
valid = (folder / name).read_bytes()
read = {
    "cats": lambda: bp.load_data(folder),
    "digits": lambda: bp.load_digits(folder),
    "picture": lambda: bp.read_picture(folder / name),
    "digit": lambda: bp.read_digit(folder / name),
    "net": lambda: bp.load_parameters(folder / name),
}[how]
read()
refused = 0
for seed in range(copies):
    print(seed, flush=True)
    (folder / name).write_bytes(test_faults.damage(valid, seed))
    try:
        read()
    except (ValueError, OSError) as error:
        refused += 1
        assert str(error) and "\\n" not in str(error), repr(error)
print("refused", refused)
"""

CASES = [
    (small_cats, "train_catvnoncat.h5", "cats"),
    (small_digits, "train-images-idx3-ubyte.gz", "digits"),
    (small_digits, "t10k-labels-idx1-ubyte.gz", "digits"),
    (small_net, "net.npz", "net"),
    *(
        (small_pictures, f"picture.{suffix}", how)
        for suffix in ("png", "jpg", "gif", "bmp", "tiff", "webp")
        for how in ("picture", "digit")
    ),
]


@pytest.mark.parametrize(
    "make, name, how",
    CASES,
    ids=[f"{how}-{name}" for _, name, how in CASES],
)
def test_a_damaged_file_is_refused_or_read(make, name, how, tmp_path):
    make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", READER, ROOT, Path(__file__).parent, tmp_path,
         name, how, str(COPIES)],
        capture_output=True, text=True, timeout=SECONDS,
        env={**os.environ, "OMP_NUM_THREADS": "1",
             "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    last = (done.stdout.splitlines() or ["at the start"])[-1]
    assert done.returncode == 0, (
        f"damage(…, {last}) of {name}: {done.returncode}\n{done.stderr}"
    )
    assert int(last.split()[1]) > COPIES // 8, "the damage did no harm?"


@pytest.mark.parametrize("seed", range(8))
def test_the_command_says_it_in_one_line(run, tmp_path, seed):
    small_cats(tmp_path)
    path = tmp_path / "train_catvnoncat.h5"
    path.write_bytes(damage(path.read_bytes(), seed))
    done = run("cat", "--data", tmp_path, "--iterations", "2")
    if done.returncode:
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr


def bomb(size):
    """A gzip of so many zero bytes, made a MiB at a time."""
    import zlib

    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(2**20)
    return b"".join([pack.compress(block) for _ in range(size >> 20)]
                    + [pack.flush()])  # fmt: skip


def peak_memory(done_in_child):
    """What a fresh process prints, and the MiB that it needs at most."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc tells of memory here")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import backprop as bp\n"
        "try:\n    " + done_in_child + "\n"
        "except ValueError as error:\n    print(error)\n"
        "else:\n    print('read')\n"
        # Not ru_maxrss, which starts at what the parent had at the fork.
        "status = open('/proc/self/status').read()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sentence, peak = done.stdout.splitlines()
    return sentence, int(peak)


def test_a_gzip_bomb_costs_little_memory(tmp_path):
    small_digits(tmp_path)
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    path.write_bytes(bomb(2**30))
    sentence, peak = peak_memory(f"bp.load_digits({str(tmp_path)!r})")
    assert sentence != "read" and peak < 200


def test_an_h5_bomb_costs_no_memory(tmp_path):
    small_cats(tmp_path)
    with h5py.File(tmp_path / "train_catvnoncat.h5", "a") as file:
        del file["train_set_x"]
        file.create_dataset("train_set_x", (10**6, 64, 64, 3), np.uint8,
                            chunks=(100, 64, 64, 3), compression="gzip")
    sentence, peak = peak_memory(f"bp.load_data({str(tmp_path)!r})")
    assert "2 GiB" in sentence and peak < 200


# === A disk that is full, a folder that is closed ===


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
    )  # fmt: skip


def first_weight(path):
    parameters, _ = bp.load_parameters(path)
    return parameters["W1"][0, 0]


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "net.npz"
    assert save(path, 1).returncode == 0
    before = path.read_bytes()

    def full():
        import signal

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
        assert save(path, seed).returncode == 0
        whole.add(first_weight(path))
    assert len(whole) == 2
    stream = np.random.RandomState(0)
    for _ in range(25):
        child = subprocess.Popen(
            [sys.executable, "-c", KEEPS_SAVING, ROOT, path],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(stream.uniform(0, 0.05))
        child.kill()
        child.wait()
        child.stdout.close()
        assert first_weight(path) in whole
