"""`download` against a server of our own: what mirrors do to people."""

import gzip
import hashlib
import http.server
import os
import sys
import threading
import time

import pytest

import backprop

pytest.importorskip("pooch")
pytest.importorskip("tqdm")

CATS = {
    "train_catvnoncat.h5": b"\x89HDF" + bytes(range(256)) * 40,
    "test_catvnoncat.h5": b"\x89HDF" + bytes(range(255, -1, -1)) * 10,
}
DIGITS = {
    "train-images-idx3-ubyte.gz": b"\0\0\x08\x03" + bytes(10_000),
    "train-labels-idx1-ubyte.gz": b"\0\0\x08\x01" + bytes(range(250)) * 9,
}


class Mirror(http.server.BaseHTTPRequestHandler):
    """The first part of the path says how the mirror behaves."""

    def do_GET(self):
        how, _, name = self.path.strip("/").rpartition("/")
        self.server.asked.append((how, name))
        body = CATS.get(name) or gzip.compress(DIGITS.get(name, b""))
        if how == "rewrapped":
            body = gzip.compress(DIGITS[name], compresslevel=1, mtime=7)
        if how == "gone":
            return self.send_error(404)
        if how == "ailing":
            return self.send_error(503)
        if how == "mute":
            return self.server.closing.wait(20)
        length = len(body)
        if how == "other":
            body = body[:-1] + b"!"
        if how == "page":
            body = b"<html>Sign in to continue</html>"
            length = len(body)
        if how == "honest-half":  # without a length nobody can tell
            body = body[: length // 2]
        if how == "endless":
            body, length = body + bytes(len(body)), 2 * length
        if how == "astray":
            self.send_response(302)
            self.send_header("Location", "http://[")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if how == "riddle":
            self.send_response(404, "\x1b[31mnot\x85here")
        else:
            self.send_response(200)
        if how != "honest-half":
            self.send_header("Content-Length", {
                "nonsense": "many", "riddle": "0"}.get(how, str(length)))
        self.end_headers()
        if how == "half":
            body = body[: length // 2]
        if how == "trickles":
            for byte in body:
                self.wfile.write(bytes([byte]))
                if self.server.closing.wait(0.05):
                    return
        if how == "stalls":
            self.wfile.write(body[: length // 2])
            self.wfile.flush()
            return self.server.closing.wait(20)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(monkeypatch):
    """A server; `mirror("how", …)` makes these the mirrors of both sets."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.asked, server.closing = [], threading.Event()
    serve = threading.Thread(
        target=server.serve_forever, args=(0.02,), daemon=True
    )
    serve.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("BACKPROP_DATA", raising=False)
    for files, which in (CATS, "cat"), (DIGITS, "mnist"):
        digests = {
            name: (len(content), hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        }
        monkeypatch.setitem(backprop._ORIGINALS, which, digests)

    here = f"http://127.0.0.1:{server.server_port}"

    def use(*hows):
        there = [how if "://" in how else f"{here}/{how}" for how in hows]
        for which in "cat", "mnist":
            monkeypatch.setitem(backprop._MIRRORS, which, there)
        return there

    use.asked = server.asked
    yield use
    server.closing.set()
    server.shutdown()
    server.server_close()


def contents(folder):
    return {
        path.name: gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else path.read_bytes()
        for path in folder.iterdir()
    }


def test_all_sets_arrive_and_are_left_alone_the_second_time(
    mirror, tmp_path, capsys
):
    mirror("good")
    backprop.download(folder=tmp_path)
    assert contents(tmp_path) == {**CATS, **DIGITS}
    assert capsys.readouterr().out.count(f"is now in {tmp_path}") == 4
    asked = len(mirror.asked)
    backprop.download(folder=tmp_path)
    assert len(mirror.asked) == asked
    assert capsys.readouterr().out.count("already, and right") == 4


def test_a_gz_wrapped_otherwise_has_the_same_content(mirror, tmp_path):
    mirror("rewrapped")
    backprop.download("mnist", tmp_path)
    assert contents(tmp_path) == DIGITS


@pytest.mark.parametrize(
    "how, said",
    [
        ("gone", "404 Not Found"),
        ("ailing", "503 Service Unavailable"),
        ("half", "broke off"),
        ("honest-half", "not the original's"),
        ("other", "not the original's"),
        ("page", "not the original's"),
        ("endless", "sends more than the"),
        ("trickles", "not done after 0."),
        ("nonsense", "invalid literal"),
        ("astray", "Invalid IPv6 URL"),
        ("riddle", "404 ?[31mnot here"),
        ("mute", "silent for 0.3 s"),
        ("stalls", "silent for 0.3 s"),
        ("http://127.0.0.1:1", "no connection"),
        ("https://no-such-host.invalid", "no connection"),
        ("gopher://127.0.0.1", "gopher"),
    ],
)
def test_a_bad_mirror_is_named_and_the_next_one_tried(
    mirror, tmp_path, how, said
):
    bad, _ = mirror(how, "good")
    backprop.download("cat", tmp_path, timeout=0.3)
    assert contents(tmp_path) == CATS

    mirror(how)
    (tmp_path / "test_catvnoncat.h5").write_bytes(b"\x89HDF, half of")
    begin = time.monotonic()
    with pytest.raises(ValueError) as caught:
        backprop.download("cat", tmp_path, timeout=0.3)
    assert time.monotonic() - begin < 10
    sentence = str(caught.value)
    assert sentence.startswith("test_catvnoncat.h5 is not to be had")
    assert f"{bad}: " in sentence and said in sentence
    assert "--from" in sentence and "\n" not in sentence
    # What was there is still there, and nothing else.
    assert sorted(os.listdir(tmp_path)) == sorted(CATS)
    assert (
        tmp_path / "test_catvnoncat.h5"
    ).read_bytes() == b"\x89HDF, half of"


def test_one_set_that_is_gone_leaves_the_other(mirror, tmp_path, monkeypatch):
    mirror("good")
    monkeypatch.setitem(backprop._MIRRORS, "cat", ["http://127.0.0.1:1"])
    with pytest.raises(ValueError, match="^train_catvnoncat.h5 is not to be"):
        backprop.download(folder=tmp_path)
    assert contents(tmp_path) == DIGITS


def test_a_damaged_file_is_replaced_and_the_right_one_left(mirror, tmp_path):
    mirror("good")
    backprop.download("cat", tmp_path)
    (tmp_path / "test_catvnoncat.h5").write_bytes(b"version https:")
    mirror.asked.clear()
    backprop.download("cat", tmp_path)
    assert mirror.asked == [("good", "test_catvnoncat.h5")]
    assert contents(tmp_path) == CATS


def test_a_folder_of_one_s_own(mirror, tmp_path):
    mirror()
    own, to = tmp_path / "own", tmp_path / "new" / "folder"
    own.mkdir()
    for name, content in {**CATS, **DIGITS}.items():
        (own / name.removesuffix(".gz")).write_bytes(content)
    backprop.download("all", to, str(own))
    assert contents(to) == {
        name.removesuffix(".gz"): content
        for name, content in {**CATS, **DIGITS}.items()
    }
    with pytest.raises(ValueError, match="No such file"):
        backprop.download("all", tmp_path / "third", str(tmp_path / "none"))


def test_an_address_of_one_s_own(mirror, tmp_path):
    (address,) = mirror("good")
    mirror("gone")
    backprop.download("cat", tmp_path, address + "/")
    assert contents(tmp_path) == CATS


def test_what_was_downloaded_is_found(mirror, tmp_path, monkeypatch):
    mirror("good")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    backprop.download("cat")
    backprop.download("mnist")
    for names in CATS, DIGITS:
        paths, ships = backprop._find_data(
            [name.removesuffix(".gz") for name in names]
        )
        assert not ships
        assert {path.parent for path in paths} == {tmp_path / "backprop"}


def test_without_the_packages_a_sentence_says_so(
    mirror, tmp_path, monkeypatch
):
    mirror("good")
    for name in "pooch", "tqdm":
        with monkeypatch.context() as patch:
            patch.setitem(__import__("sys").modules, name, None)
            with pytest.raises(ImportError, match=f"pip install {name}"):
                backprop.download("cat", tmp_path)
    assert not os.listdir(tmp_path)


def test_the_digests_are_those_of_the_original_files(original):
    for files in backprop._ORIGINALS.values():
        for name, (size, digest) in files.items():
            content = (original / name).read_bytes()
            raw = gzip.decompress(content) if name[-3:] == ".gz" else content
            assert len(raw) == size
            assert hashlib.sha256(raw).hexdigest().startswith(digest)


def test_a_password_is_not_shown(mirror, tmp_path):
    for address in "http://me:pass@127.0.0.1:1", "ftp://me:p@ss@nowhere/x":
        with pytest.raises(ValueError) as caught:
            backprop.download("cat", tmp_path, address)
        assert "me" not in str(caught.value).replace("name", "")
        assert "pass" not in str(caught.value)


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_in_the_way(mirror, tmp_path, put):
    mirror("good")
    put(tmp_path / "train_catvnoncat.h5")
    with pytest.raises(ValueError, match="is there and is no file"):
        backprop.download("cat", tmp_path)


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir])
def test_a_folder_of_one_s_own_that_has_no_file(mirror, tmp_path, put):
    (tmp_path / "own").mkdir()
    put(tmp_path / "own" / "train_catvnoncat.h5")
    with pytest.raises(ValueError, match="expected a file"):
        backprop.download("cat", tmp_path, str(tmp_path / "own"))


@pytest.mark.parametrize("names", [{"folder": ""}, {"source": ""}])
def test_an_empty_name_is_no_folder(tmp_path, names):
    with pytest.raises(ValueError, match="names no folder"):
        backprop.download("cat", **{"folder": tmp_path, **names})


def test_a_package_that_is_broken_is_named(mirror, tmp_path, monkeypatch):
    (tmp_path / "tqdm.py").write_text("raise RuntimeError('old\\nABI')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tqdm", raising=False)
    with pytest.raises(ImportError, match=r"tqdm, .* loaded \(old ABI\)"):
        backprop._import("tqdm")
