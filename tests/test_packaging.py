"""What is handed out: the archive, its name, the workflows."""

import configparser
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
from conftest import ROOT


def tracked():
    """The files that git knows, or a skip."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a clone: there is no git to ask")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                          capture_output=True, encoding="utf-8")
    return [name for name in done.stdout.split("\0")
            if name and (ROOT / name).exists()]


def test_the_source_archive_holds_the_repository(tmp_path):
    pytest.importorskip("setuptools")
    files = tracked()
    for name in files:
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / "copy" / name)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c",
         "from setuptools import build_meta; build_meta.build_sdist('..')"],
        cwd=tmp_path / "copy", check=True, capture_output=True)
    archive, = tmp_path.glob("literate?backprop-*.tar.gz")
    with tarfile.open(archive) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
    missing = {name for name in files if name not in inside}
    assert missing <= {".gitignore", ".ci/run"}
    unknown = {name for name in inside if name.endswith((".pyc", ".html"))}
    assert unknown <= set(files)


def test_nobody_is_sent_to_another_projects_package():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    assert parser["metadata"]["name"] == "literate-backprop"
    assert parser["options"]["py_modules"] == "backprop"
    texts = [ROOT / "backprop.py", *ROOT.glob("*.md"),
             *(ROOT / "docs").glob("*.rst"), *(ROOT / "docs").glob("*.py"),
             *(ROOT / ".github").rglob("*.yml")]
    wrong = re.compile(r"pip install (?:-\S+ )*['\"]?backprop\b")
    for path in texts:
        assert not wrong.search(path.read_text(encoding="utf-8")), path.name


def test_the_workflows_are_what_github_understands():
    pytest.importorskip("check_jsonschema")
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert [path.name for path in workflows] == ["book.yml", "tests.yml"]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema",
         "vendor.github-workflows", *map(str, workflows)],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_leads_to_the_contributors_page():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for place in re.findall(r"\]\(((?!https?:)[^)#]+)\)", readme):
        assert (ROOT / place).exists(), place
    assert "docs/contributing.rst" in readme
