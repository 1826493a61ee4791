"""Sphinx: figures that move.

``.. live:: border`` puts in the figure that ``_static/border.js`` draws. The
paragraphs of the directive stand above it; the rest, a drawing say, is shown
in its place where there is no script. ``:lines: relu.A`` names lines of
backprop.py that compute what is shown, those of `relu` that end in an
equation's number and set ``A``; they stand under the figure, tied to their
places in the book.
``:start: points=moons hidden=4`` are settings that the figure begins with.

A page loads the scripts of its own figures and no other. All words that a
script shows pass through ``t("...")`` of live.js; words.py has the rest.
"""

import html
import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from literate import FILE, TIE, book
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from words import say

STATIC = Path(__file__).parent / "_static"


class live_figure(nodes.General, nodes.Element, addnodes.translatable):
    """A figure that moves: its still picture, its lines, its caption. Its
    label, which is read aloud, may be put in other words."""

    def preserve_original_messages(self):
        self["messages"] = [self["label"]]

    def extract_original_messages(self):
        return self["messages"]

    def apply_translated_message(self, original, translated):
        self["label"] = translated


class live_lines(nodes.General, nodes.Element):
    """Lines of backprop.py, each a link to its place."""


def lines_of(place):
    """The tagged lines of a function that set a name: tag, number, function
    and text of each. The place is as ``relu.A``."""
    function, _, target = place.partition(".")
    items = [item for section in book.sections for item in section.items
             if item.name == function]
    out = []
    for item in items:
        for i in range(item.first, item.last + 1):
            text = book.lines[i - 1].strip()
            tie = TIE.search(text)
            if tie and i not in item.hidden and re.match(
                    rf"{re.escape(target)}\b", text):
                out.append((tie[1], i, function, text[:text.rindex("#")]
                            .rstrip(" \\")))
    if not out:
        raise LookupError(f"{function} has no line that sets {target} and "
                          "ends in an equation's number")
    return out


class Live(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec = {"lines": directives.unchanged_required,
                   "label": directives.unchanged_required,
                   "class": directives.class_option,
                   "start": directives.unchanged_required}

    def run(self):
        name = self.arguments[0]
        if not (STATIC / f"{name}.js").exists():
            raise self.error(f"there is no docs/_static/{name}.js")
        if "label" not in self.options:
            raise self.error("a live figure needs :label:, its name")
        self.env.note_dependency(str(FILE))
        figure = live_figure(
            name=name, label=self.options["label"],
            start=dict(pair.split("=", 1) for pair in
                       self.options.get("start", "").split()),
            classes=["drawing", *self.options.get("class", [])])
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        caption = [child for child in box.children
                   if isinstance(child, nodes.paragraph)]
        figure += nodes.container("", *caption, classes=["caption"])
        figure += nodes.container(
            "", *(child for child in box.children if child not in caption),
            classes=["still"])
        places = self.options.get("lines", "").split()
        try:
            lines = [(place, *line) for place in places
                     for line in lines_of(place)]
        except LookupError as fault:
            raise self.error(str(fault)) from fault
        if lines:
            figure += live_lines(lines=lines)
        return [figure]


def visit_live_figure(self, node):
    start = html.escape(json.dumps(node["start"]))
    classes = " ".join(["live", *node["classes"]])
    self.body.append(
        f'<div class="{classes}" data-live="{node["name"]}" role="group" '
        f'aria-label="{html.escape(node["label"])}" data-start="{start}">\n')


def depart_live_figure(self, node):
    self.body.append("</div>\n")


def visit_live_lines(self, node):
    out = []
    for place, tag, number, function, text in node["lines"]:
        href = book.href(self.builder, self.builder.current_docname,
                         "line", tag)
        out.append(
            f'<li><a data-eq="{tag}" data-line="{place}" href="{href}" '
            f'title="{say("backprop.py, line {}").format(number)}">'
            f'<span class="function">{function}</span> '
            f'<code>{html.escape(text)}</code> '
            f'<span class="tag">({tag})</span></a></li>')
    self.body.append(f'<ul class="lines">{"".join(out)}</ul>\n')
    raise nodes.SkipNode


def add_scripts(app, pagename, templatename, context, doctree):
    """Each page gets the scripts of its own figures."""
    names = sorted({figure["name"]
                    for figure in doctree.findall(live_figure)}) \
        if doctree else []
    if not names:
        return
    app.add_css_file("live.css")
    for name in ["live", "net", *names]:
        app.add_js_file(f"{name}.js", defer="defer")


def setup(app):
    app.add_directive("live", Live)
    app.add_node(live_figure, html=(visit_live_figure, depart_live_figure))
    app.add_node(live_lines, html=(visit_live_lines, None))
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
