"""The file keeps the promises of its form: order, tags, imports, size."""

import ast
import configparser
import contextlib
import io
import os
import re
import subprocess
import sys
import tokenize

import pytest
from conftest import MODULE, ROOT

import backprop

SOURCE = MODULE.read_text(encoding="utf-8")
LINES = SOURCE.splitlines()
TREE = ast.parse(SOURCE)
DEFINITIONS = [
    node
    for node in TREE.body
    if isinstance(node, (ast.FunctionDef, ast.ClassDef))
]
CUT = LINES.index("# === End of the derivations ===") + 1  # counted from 1
BANNERS = {
    number: text.strip("#= ")
    for number, text in enumerate(LINES, 1)
    if re.fullmatch(r"# === .+ ===", text)
}
PUBLIC = getattr(backprop, "__all__", [])
ABOVE = [node for node in DEFINITIONS if node.lineno < CUT]
FAMILIES = {  # what they take and give is said once, where the section opens
    **dict.fromkeys(("sigmoid", "relu", "tanh", "gaussian"), (["Z"], ["A"])),
    **dict.fromkeys(
        ("sigmoid_backward", "relu_backward", "tanh_backward",
         "gaussian_backward"),
        (["dA", "cache", "A"], ["dZ"]),
    ),
}


def docstrings():
    """Every docstring of the file as (owner, line, text)."""
    owners = (ast.Module, ast.FunctionDef, ast.ClassDef)
    for node in ast.walk(TREE):
        if isinstance(node, owners) and ast.get_docstring(node, clean=False):
            constant = node.body[0].value
            name = getattr(node, "name", "the module")
            yield name, constant.lineno, constant.value


def section(line):
    """The number of the section a line stands in, "" before the first."""
    heads = [text for at, text in BANNERS.items() if at <= line]
    return heads[-1].partition(".")[0] if heads else ""


def tags_in_docstrings():
    return [
        (tag, line + text[: match.start()].count("\n"))
        for _, line, text in docstrings()
        for match in re.finditer(r"\\tag\{([^}]*)\}", text)
        for tag in [match[1]]
    ]


def tags_in_code():
    found = []
    for token in tokenize.generate_tokens(io.StringIO(SOURCE).readline):
        if token.type == tokenize.COMMENT and token.line.strip()[0] != "#":
            match = re.fullmatch(r"# \((\d+\.\d+)\)", token.string)
            if match:
                found.append((match[1], token.start[0]))
    return found


def test_every_equation_has_its_line_and_every_line_its_equation():
    derived = [tag for tag, _ in tags_in_docstrings()]
    coded = [tag for tag, _ in tags_in_code()]
    assert len(set(derived)) == len(derived), "a tag is derived twice"
    assert len(set(coded)) == len(coded), "a tag stands at two lines"
    assert set(derived) == set(coded)


def test_equations_are_numbered_in_order_within_their_section():
    running = {}
    for tag, line in tags_in_docstrings():
        here = section(line)
        running[here] = running.get(here, 0) + 1
        assert tag == f"{here}.{running[here]}", f"line {line}"


def test_a_tagged_line_stands_in_the_section_of_its_number():
    for tag, line in tags_in_code():
        assert section(line) == tag.partition(".")[0], f"({tag})"


def test_a_tagged_line_is_one_assignment():
    assignments = {
        node.lineno: node
        for node in ast.walk(TREE)
        if isinstance(node, (ast.Assign, ast.AugAssign))
    }
    for tag, line in tags_in_code():
        node = assignments.get(line)
        assert node is not None, f"({tag}) is at no assignment, line {line}"
        assert node.end_lineno == line, f"({tag}) takes more than a line"


def test_lines_that_the_book_names_are_there():
    """``:lines: relu.A`` in docs/*.rst: relu has a tagged line that sets A."""
    functions = {node.name: LINES[node.lineno - 1:node.end_lineno]
                 for node in DEFINITIONS}
    named = 0
    for page in (ROOT / "docs").glob("*.rst"):
        text = page.read_text(encoding="utf-8")
        for option in re.findall(r":lines:((?:\s+\w+\.\w+)+)", text):
            for place in option.split():
                function, _, target = place.partition(".")
                assert any(
                    re.match(rf"\s*{target}\b.*# \(\d+\.\d+\)$", line)
                    for line in functions[function]), (page.name, place)
                named += 1
    assert named > 20


def test_sections_are_numbered_in_order():
    numbers = [
        int(text.partition(".")[0])
        for text in BANNERS.values()
        if text != "End of the derivations"
    ]
    assert numbers == list(range(1, len(numbers) + 1))
    for line in BANNERS:
        assert LINES[line - 2] == "", f"no blank line above line {line}"


def test_all_lists_what_is_public_in_the_order_of_definition():
    defined = [
        node.name for node in DEFINITIONS if not node.name.startswith("_")
    ]
    for name in PUBLIC:
        assert hasattr(backprop, name), f"__all__ names {name}"
    assert [name for name in PUBLIC if name in defined] == defined


def test_nothing_stands_before_what_it_builds_on():
    # A call may look ahead only within a pair: none of the derivations does.
    order = {node.name: node.lineno for node in ABOVE}
    for node in ABOVE:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in order:
                assert order[inner.id] <= node.lineno, (
                    f"{node.name} uses {inner.id}, which comes later"
                )


def test_docstrings_are_raw():
    for owner, line, _ in docstrings():
        assert LINES[line - 1].lstrip().startswith('r"""'), owner


@pytest.mark.parametrize(
    "node",
    [node for node in DEFINITIONS
     if node.name in PUBLIC and isinstance(node, ast.FunctionDef)],
    ids=lambda node: node.name,
)
def test_public_functions_document_themselves(node):
    text = ast.get_docstring(node) or ""
    if node.lineno < CUT:
        assert re.search(r"^Examples\n-+$", text, re.M)
        assert ">>> " in text
    if node.name in FAMILIES:
        return  # said once for all of them, see the next test
    documented = numpydoc_parameters(text)
    expected = [argument.arg for argument in node.args.args]
    assert documented == expected
    returns = any(
        isinstance(inner, (ast.Return, ast.Yield)) and inner.value is not None
        for inner in ast.walk(node)
    )
    if returns:
        assert re.search(r"^(Returns|Yields)\n-+$", text, re.M)


@pytest.mark.parametrize("name", FAMILIES)
def test_an_activation_refers_to_what_is_said_of_all(name):
    node = next(node for node in ABOVE if node.name == name)
    given, gives = FAMILIES[name]
    assert [argument.arg for argument in node.args.args] == given
    own = " ".join(ast.get_docstring(node).split())
    assert re.search(r"as every activation here\b", own)
    start = next(n for n in BANNERS if section(n) == section(node.lineno))
    intro = "\n".join(LINES[start : node.lineno])
    said = re.search(r"# \*\*Every activation\*\*(.*\n(?:# .+\n)*)", intro)
    for word in ["any shape", "NaN", *given, *gives]:
        assert re.search(rf"\b{word}\b", said[1]), word
    for word in given + gives:
        assert re.search(rf"\b{word}\b", own), word


def numpydoc_parameters(text):
    """The names under "Parameters", in order; "a, b : type" is two."""
    match = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}$|\Z)",
                      text, re.M | re.S)
    if not match:
        return []
    names = []
    for head in re.findall(r"^(\S.*?) ?: ", match[1], re.M):
        names += [name.strip("* ") for name in head.split(",")]
    return names


def test_backward_functions_end_with_a_gradient_check():
    for node in ABOVE:
        if node.name.endswith("_backward") and node.name in PUBLIC:
            examples = ast.get_docstring(node).partition("Examples\n")[2]
            assert re.search("(?i)gradient check", examples), (
                f"{node.name} has no gradient check among its examples"
            )


def test_derivations_import_numpy_alone():
    imported = set()
    for node in ast.walk(TREE):
        if getattr(node, "lineno", CUT) >= CUT:
            continue
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported == {"numpy"}


def test_derivations_touch_no_file():
    forbidden = {"open", "eval", "exec", "input", "__import__", "compile"}
    of_numpy = {
        "load", "save", "savez", "savez_compressed", "loadtxt", "savetxt",
        "genfromtxt", "fromfile", "memmap", "tofile", "seed",
    }
    for node in ast.walk(TREE):
        if isinstance(node, ast.Call) and node.lineno < CUT:
            name = ast.unparse(node.func)
            assert name not in forbidden, f"line {node.lineno}: {name}"
            assert name.split(".")[-1] not in of_numpy or (
                name.split(".")[0] not in ("np", "numpy")
            ), f"line {node.lineno}: {name}"


def test_import_loads_nothing_but_numpy_and_the_standard_library():
    script = (
        "import sys, numpy; before = set(sys.modules); import backprop;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before"
        "} - sys.stdlib_module_names)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    assert done.stdout.split() == ["backprop"]


def test_import_costs_little(tmp_path):
    # Modules that take long to load are for the commands that need them.
    script = (
        "import numpy, time; begin = time.process_time(); import backprop;"
        "print(time.process_time() - begin)"
    )
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds = [
        float(subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment,
            capture_output=True, text=True, check=True,
        ).stdout)
        for _ in range(4)
    ]
    assert min(seconds[1:]) < 0.030


def test_size():
    # Bounds that only go down: what comes in makes something else go.
    assert CUT <= 3641, "the derivations outgrow a short book"
    assert len(LINES) - CUT <= 4862, "the lower part outgrows it"


def test_the_graders_tables_fit_the_derivations():
    # A function needs a case in _CASES of section 15, and each line of _SLIPS
    # has to fit the function that it is a slip in.
    for name, cases in backprop._cases().items():
        assert cases, f"_CASES has no call of {name}"
        assert backprop._tries(name), f"no case of {name} can be called"
    for slip in backprop._slips():
        function = backprop._with_slip(slip, slip.function)
        seen = set()
        for each in backprop._tries(slip.function)[:12]:
            with contextlib.suppress(Exception):
                if backprop._difference(
                        each.rights[0][0], each.gives(function)):
                    seen.add(each.sizes)
        assert len(seen) > 1, f"{slip.wrong} in {slip.function} is right"


def test_lines_fit_their_column():
    in_docstrings = set()
    for _, line, text in docstrings():
        in_docstrings |= set(range(line, line + text.count("\n") + 1))
    for number, text in enumerate(LINES, 1):
        assert len(text) <= 79, f"line {number}"
        if number < CUT and number not in in_docstrings:
            assert len(text) <= 74, f"line {number} is set in a column"


def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_script_metadata_equals_setup_cfg():
    block = re.search(r"^# /// script\n((?:#.*\n)+?)# ///$", SOURCE, re.M)
    assert block and SOURCE[: block.start()].count("\n") >= CUT
    text = block[1]
    options = setup()["options"]
    python = re.search(r'requires-python = "(.*)"', text)[1]
    assert python == options["python_requires"]
    needed = options["install_requires"].split()
    # A bare file has no data beside it: it has to fetch them.
    needed += setup()["options.extras_require"]["download"].split()
    assert re.findall(r'^#     "(.*)",$', text, re.M) == needed


def test_changelog_knows_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {backprop.__version__}" in changelog


def test_ruff():
    pytest.importorskip("ruff", reason="ruff is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
        cwd=ROOT, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_name_is_given_to_two_definitions():
    """The second would take the place of the first, far away from it."""
    names = [node.name for node in DEFINITIONS]
    assert sorted(names) == sorted(set(names))
