"""Sphinx: figures and outputs that are made when the book is built.

``.. drawing:: name`` puts the SVG that the function of this name in
figures.py returns into the page itself, where it takes the page's colours.
Its words and its text for those who do not see it are messages of the page's
catalogue, as the page's sentences are. ``.. made:: name`` puts in the reST
that a function of tables.py writes.
``.. output:: cat`` runs ``python -m backprop cat`` and shows what it prints.
Both are kept beside the doctrees until the program or the data change.
"""

import base64
import hashlib
import html
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import tables
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
FILES = [HERE.parent / "backprop.py", HERE / "figures.py",
         HERE / "tables.py",
         HERE / "drawings.py", HERE / "slip.py", *sorted(HERE.glob("*.json")),
         *sorted((HERE.parent / "data").glob("*.*z*")),
         *sorted((HERE.parent / "data").glob("*.h5"))]
COLUMNS = re.compile(r"\S {2,}\S+ {2,}\S")  # a line of a table
WORDS = re.compile(r"(?<=>)[^<>]+(?=</t(?:ext|span)>)")
NUMBER = re.compile(r"\N{MINUS SIGN}?\d[\d.]*")
MEASURED = re.compile(r"^[\d.,%: ]+(?:[µm]?s)?$|\b\d{4}-\d\d-\d\d\b")
log = logging.getLogger(__name__)


def kept(env, name, make):
    """What make() gives, or gave last time from the same files."""
    key = hashlib.sha256(
        b"".join(f.read_bytes() for f in FILES)
        + name.encode()).hexdigest()[:16]
    slug = re.sub(r"\W+", "-", name)
    place = Path(env.doctreedir) / "made" / f"{slug}-{key}.txt"
    if not place.exists():
        start = time.perf_counter()
        text = make()
        place.parent.mkdir(parents=True, exist_ok=True)
        for old in place.parent.glob(f"{slug}-{'?' * 16}.txt"):
            old.unlink()
        place.write_text(text, encoding="utf-8")
        log.info("made %s in %.1f s", name, time.perf_counter() - start)
    return place.read_text(encoding="utf-8")


def inline(svg, name):
    """An SVG file's text, fit to stand in a page among others."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><")
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.S)
    ids = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"'
                 if found[1] in ids else "", svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    # Points of one look: it is said once.
    svg = re.sub(r'<g([^>]*)>((?:<use [^>]*( style="[^"]*")/>)'
                 r'(?:<use [^>]*\3/>)*)</g>', lambda g: f"<g{g[1]}{g[3]}>"
                 f"{g[2].replace(g[3], '')}</g>", svg)
    head, rest = svg.split(">", 1)
    size = float(re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ', head)[1])
    if 'pt"' in head:  # matplotlib's
        size *= 4 / 3
    head = re.sub(r' (width|height|version|role|aria-label)="[^"]*"', "",
                  head)
    return f'{head} role="img" style="width: {size / 16:.2f}rem">{rest}'


def message(text):
    """A drawn text as a message: its numbers, which change, are {}."""
    return NUMBER.sub("{}", html.unescape(text).strip())


def messages(svg):
    """What is to be translated of an SVG: words, not names like dA_prev."""
    return [said for said in dict.fromkeys(map(message, WORDS.findall(svg)))
            if re.search(r"[^\W\d_]{3}", said) and not re.fullmatch(
                r"\w*_\w*", said)]


class drawn(nodes.Element, addnodes.translatable):
    """An SVG with its alternative text, which may be put in other words."""

    def preserve_original_messages(self):
        self["messages"] = [self["alt"], *messages(self["svg"])]

    def extract_original_messages(self):
        return self["messages"]

    def apply_translated_message(self, original, translated):
        def say(found):
            if message(found[0]) != original:
                return found[0]
            return html.escape(translated.format(*NUMBER.findall(found[0])))

        if original == self["alt"]:
            self["alt"] = translated
        else:
            self["svg"] = WORDS.sub(say, self["svg"])


def visit_drawn(self, node):
    """Into the page; pictures in it become files that pages share."""
    place = Path(self.builder.outdir) / "_static" / "drawn"
    place.mkdir(parents=True, exist_ok=True)

    def outside(found):
        picture = base64.b64decode(found[1])
        name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
        (place / name).write_bytes(picture)
        return f'href="_static/drawn/{name}"'

    svg = re.sub(r'href="data:image/png;base64,([^"]{2000,})"', outside,
                 node["svg"])
    head, rest = svg.split(">", 1)
    self.body.append(f'<div class="pane">{head} aria-label="'
                     f'{html.escape(node["alt"])}">{rest}</div>')


def depart_drawn(self, node):
    pass


class Drawing(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required,
                   "class": directives.class_option}

    def run(self):
        name, *arguments = self.arguments[0].split()
        for file in FILES:
            self.env.note_dependency(str(file))
        if "alt" not in self.options:
            raise self.error("a drawing needs :alt:, what it shows in words")

        slug = "-".join([name, *arguments])
        alt = " ".join(self.options["alt"].split())

        def make():
            import figures
            return getattr(figures, name)(*arguments)

        svg = inline(kept(self.env, self.arguments[0], make), slug)
        drawing = drawn(svg=svg, alt=alt)
        self.set_source_info(drawing)
        figure = nodes.container(
            classes=["drawing", *self.options.get("class", [])])
        figure += drawing
        if self.content:
            caption = nodes.container(classes=["caption"])
            self.state.nested_parse(self.content, self.content_offset,
                                    caption)
            figure += caption
        return [figure]


class Made(SphinxDirective):
    """Text that a function of tables.py writes. What was measured changes
    with each measurement, and is no message."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        name, *arguments = self.arguments[0].split()
        for file in FILES:
            self.env.note_dependency(str(file))
        out = self.parse_text_to_nodes(
            getattr(tables, name)(*arguments), allow_section_headings=True)
        for node in out:
            for said in node.findall(nodes.paragraph):
                if MEASURED.search(said.astext()):
                    said["translatable"] = False
        return out


class Output(SphinxDirective):
    """What a command prints; ``:status:`` is what it ends with, if not 0."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"lines": directives.positive_int,
                   "status": directives.nonnegative_int}

    def run(self):
        command = f"python -m backprop {self.arguments[0]}"
        for file in FILES[:1]:
            self.env.note_dependency(str(file))

        def make():
            # What a newcomer sees: the sets that ship.
            done = subprocess.run(
                [sys.executable, "-m", "backprop",
                 *self.arguments[0].split()], cwd=HERE.parent,
                env=dict(os.environ, BACKPROP_DATA=str(HERE.parent / "data")),
                capture_output=True, text=True, encoding="utf-8")
            if done.returncode != self.options.get("status", 0):
                raise ExtensionError(f"{command}: {done.stderr}")
            return done.stdout.replace(f"{HERE.parent}{os.sep}", "")

        lines = kept(self.env, command, make).rstrip().splitlines()
        most = self.options.get("lines", 60)
        if len(lines) > most + 1:  # to hide one line would save none
            head = most // 2
            lines[head:len(lines) - (most - head)] = ["..."]
        text = "\n".join([f"$ {command}", *lines])
        block = nodes.literal_block(text, text, classes=["terminal"])
        if sum(bool(COLUMNS.search(line)) for line in lines) > 2:
            block["classes"].append("tabular")  # scrolls; the rest may wrap
        block["language"] = "text"
        return [block]


def setup(app):
    app.add_node(drawn, html=(visit_drawn, depart_drawn))
    app.add_directive("drawing", Drawing)
    app.add_directive("made", Made)
    app.add_directive("output", Output)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
