"""Sphinx: the program as a book, mathematics beside the code.

``.. literate:: 5`` lays out section 5 of backprop.py. Left stands what the
docstrings derive, right the functions' own lines with their true numbers and,
under them, the examples. Parameters and the like stand below, and helpers as
a whole, each closed until asked for. What the directive contains (a figure,
say) stands beside the section's introduction, what the page has above it
beneath the introduction; ``.. beside:: relu`` inside it puts its contents
under relu's code. An equation's number and the line of code
that computes it are tied to each other by links. ``.. glimpse:: relu`` shows
a function's equations and code alone, on any page.
"""

import ast
import html
import re
from pathlib import Path

import mathml
from docutils import nodes
from docutils.statemachine import StringList
from numpydoc.docscrape import NumpyDocString
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES, Comment, Name
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, switch_source_input
from sphinx.util.nodes import is_smartquotable
from words import say

import backprop

FILE = Path(__file__).parent.parent / "backprop.py"
BANNER = re.compile(r"# === ((\d+)\. .+|End of the derivations) ===$")
TIE = re.compile(r"#\s*\((\d+\.\d+)\)\s*$")
PLAIN = {"", "n", "p", "w"}  # kinds of tokens in the colour of text
LONG = 34  # lines; a longer piece of code is not kept in view


class Item:
    """A function, a class, or a run of statements: lines first to last."""

    def __init__(self, node, first):
        self.node, self.first, self.last = node, first, node.end_lineno
        self.nodes = [node]
        self.name = getattr(node, "name", None)
        self.doc, self.hidden = None, set()
        if self.name:
            self.doc = ast.get_docstring(node)
        if self.doc:
            text = node.body[0]
            self.doc_line = text.lineno
            self.hidden = set(range(text.lineno, text.end_lineno + 1))

    @property
    def defines(self):
        """The names that this piece gives to something."""
        if self.name:
            return [self.name]
        return [target.id for node in self.nodes
                if isinstance(node, ast.Assign) for target in node.targets
                if isinstance(target, ast.Name)]

    @property
    def signature(self):
        if isinstance(self.node, ast.FunctionDef):
            return f"({ast.unparse(self.node.args)})"
        for method in self.node.body:
            if getattr(method, "name", "") == "__init__":
                arguments = ast.unparse(method.args)
                return "(" + arguments.partition(", ")[2] + ")"
        return ""


class Section:
    def __init__(self, number, title, line):
        self.number, self.title, self.line = number, title, line
        self.intro, self.items = [], []


class Book:
    """backprop.py, taken apart."""

    def __init__(self, path=FILE):
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        tree = ast.parse(self.text)
        self.doc = ast.get_docstring(tree)
        self.doc_line = tree.body[0].lineno
        self.public = next(
            (ast.literal_eval(node.value) for node in tree.body
             if isinstance(node, ast.Assign)
             and getattr(node.targets[0], "id", "") == "__all__"), None)
        self.sections = [Section(0, "0. The symbols", 1)]
        for i, line in enumerate(self.lines, start=1):
            banner = BANNER.match(line)
            if banner and banner.group(2):
                self.sections.append(
                    Section(int(banner.group(2)), banner.group(1), i))
        self.banners = {i for i, line in enumerate(self.lines, start=1)
                        if BANNER.match(line)}
        for section in self.sections[1:]:
            self.read_intro(section)
        for node in tree.body[1:]:
            self.add(node)
        self.find_equations()
        self.tokens = self.colour()
        self.home = {item.name: section for section in self.sections
                     for item in section.items if item.name}
        self.pages, self.slips = {}, {}
        for slip in backprop._slips():
            self.slips.setdefault(slip.function, []).append(slip)

    def read_intro(self, section):
        """The comments beneath the banner, up to the first code."""
        i = start = section.line
        while i < len(self.lines) and i + 1 not in self.banners \
                and re.match(r"#|\s*$", self.lines[i]):
            i += 1
        if i + 1 not in self.banners:
            while self.lines[i - 1].startswith("#"):  # the code's own
                i -= 1
        section.intro_line, section.body = start + 1, i + 1
        inside = False
        for line in self.lines[start:i]:
            fence = line.startswith("# ///")  # what pipx and uv read
            if fence and not inside:
                section.intro += ["", "::", ""]
            section.intro.append("    " * (inside or fence) + line[2:])
            if fence and inside:
                section.intro.append("")
            inside ^= fence

    def section_of(self, line):
        return [s for s in self.sections if s.line <= line][-1]

    def add(self, node):
        section = self.section_of(node.lineno)
        first = min([node.lineno] + [d.lineno for d in
                                     getattr(node, "decorator_list", [])])
        floor = section.items[-1].last if section.items else \
            getattr(section, "body", 1) - 1
        comments = [i for i in range(floor + 1, first)
                    if self.lines[i - 1].startswith("#")]
        if comments and section.number:
            first = comments[0]
        item = Item(node, first)
        before = section.items[-1] if section.items else None
        if before and not item.name and not before.name:
            before.last = item.last  # statements in a row are one piece
            before.nodes.append(node)
        else:
            section.items.append(item)

    def find_equations(self):
        """Which section has each number, and which the line of code."""
        self.equation, self.line = {}, {}
        docstrings = {i for section in self.sections for item in section.items
                      for i in item.hidden}
        for i, line in enumerate(self.lines, start=1):
            for tag in mathml.TAG.findall(line):
                self.equation[tag] = self.section_of(i)
            tie = TIE.search(line)
            if tie and i not in docstrings:
                self.line[tie.group(1)] = self.section_of(i)

    def colour(self):
        """The tokens of each line."""
        lines = [[]]
        for kind, text in PythonLexer(stripnl=False).get_tokens(self.text):
            for j, part in enumerate(text.split("\n")):
                if j:
                    lines.append([])
                if part:
                    lines[-1].append((kind, part))
        return lines

    def line_of(self, text):
        return next((i for i, line in enumerate(self.lines, start=1)
                     if text in line), 1)

    def minutes(self, section):
        """What a reader needs for a section who looks at all that is not
        closed: 200 words a minute, four lines of code, two formulas."""
        words, formulas, lines = len(" ".join(section.intro).split()), 0, 0
        for item in section.items:
            if item.name and self.is_public(item.name):
                doc = NumpyDocString(item.doc)
                text = " ".join(sum((doc[part] for part in (
                    "Summary", "Extended Summary", "Notes", "Examples")), []))
                words += len(text.split())
                formulas += text.count(".. math::")
                lines += item.last - item.first - len(item.hidden)
        exact = words / 200 + formulas / 2 + lines / 4
        return max(5, 5 * round(exact / 5))

    def is_public(self, name):
        return name in self.public if self.public else name[0] != "_"

    def href(self, builder, docname, kind, tag):
        """The address of an equation (eq) or of its line of code (line)."""
        section = getattr(self, {"eq": "equation"}.get(kind, kind)).get(tag)
        if section is None:
            raise ExtensionError(f"equation ({tag}) has no "
                                 + ("line of code" if kind == "line"
                                    else "formula"))
        page = self.pages[section.number]
        there = "" if page == docname else builder.get_relative_uri(
            docname, page)
        return f"{there}#{kind}-{tag}"

    def code(self, item, builder, docname):
        """The item's lines as HTML, numbered, tied and linked."""
        out = []
        for i in range(item.first, item.last + 1):
            if i in item.hidden:
                if i == min(item.hidden):
                    out.append('<span class="line gap" data-n="⋮"></span>')
                continue
            tie, parts = None, []
            for kind, text in self.tokens[i - 1]:
                name = text.strip()
                shown = html.escape(text)
                found = TIE.match(text) if kind in Comment else None
                if found:
                    tie = found.group(1)
                    href = self.href(builder, docname, "eq", tie)
                    name = say("Equation {}").format(tie)
                    shown = (f'<a class="c1" data-eq="{tie}" href="{href}" '
                             f'aria-label="{name}"><i># (</i>{tie}<i>)</i>'
                             '</a>')
                elif (kind in Name and name in self.home
                      and name != item.name
                      and self.is_public(name)
                      and self.home[name].number in self.pages):
                    page = self.pages[self.home[name].number]
                    there = "" if page == docname else \
                        builder.get_relative_uri(docname, page)
                    shown = f'<a href="{there}#{name}">{shown}</a>'
                elif STANDARD_TYPES.get(kind, "n") not in PLAIN:
                    shown = f'<span class="{STANDARD_TYPES[kind]}">' \
                            f'{shown}</span>'
                parts.append(shown)
            mark = f' id="line-{tie}" data-eq="{tie}"' if tie else ""
            out.append(f'<span class="line" data-n="{i}"{mark}>'
                       f'{"".join(parts)}\n</span>')
        return "".join(out)


book = Book()
mathml.locate = book.href


class source_lines(nodes.General, nodes.Element):
    """A piece of backprop.py."""


def visit_source_lines(self, node):
    item = node["item"]
    where = say("backprop.py, lines {} to {}").format(item.first, item.last) \
        if item.last > item.first else \
        say("backprop.py, line {}").format(item.first)
    what = say("Code: {}").format(html.escape(item.name or where))
    self.body.append(
        f'<div class="source"><p class="where">{where}</p>'
        f'<div class="highlight"><pre role="group" aria-label="{what}">'
        f'{book.code(item, self.builder, self.builder.current_docname)}'
        f'</pre></div></div>\n')
    raise nodes.SkipNode


class disclosure(nodes.General, nodes.Element):
    """What is closed until asked for; its first child is the label."""


class disclosure_label(nodes.Part, nodes.Element):
    """A row of passages."""


class passage(nodes.General, nodes.TextElement):
    """A part of a line that is a message of its own."""


def visit_passage(self, node):
    self.body.append(self.starttag(node, "span", ""))


def depart_passage(self, node):
    self.body.append("</span>")


def visit_disclosure(self, node):
    self.body.append(self.starttag(node, "details"))


def depart_disclosure(self, node):
    self.body.append("</details>\n")


def visit_disclosure_label(self, node):
    self.body.append("<summary>")


def depart_disclosure_label(self, node):
    self.body.append("</summary>\n")


class Disclosure(SphinxDirective):
    """``.. closed:: Answer`` keeps its contents closed until asked for."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self):
        label = passage(self.arguments[0])
        label += self.state.inline_text(self.arguments[0], self.lineno)[0]
        label.source, label.line = self.get_source_info()
        box = disclosure("", disclosure_label("", label))
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Beside(SphinxDirective):
    """Contents that the enclosing section puts under a function's code."""

    required_arguments = 1
    has_content = True

    def run(self):
        box = nodes.container(classes=["beside"])
        box["under"] = self.arguments[0]
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Literate(SphinxDirective):
    """One section of the file."""

    required_arguments = 1
    has_content = True

    def run(self):
        number = int(self.arguments[0])
        self.env.note_dependency(str(FILE))
        self.env.note_dependency(__file__)
        self.env.ref_context["py:module"] = "backprop"
        section = next(s for s in book.sections if s.number == number)
        title = self.state.document.next_node(nodes.title)
        if number and (title is None or title.astext() != section.title):
            raise self.error(f"the heading must be {section.title!r}")
        if number:  # "7. Softmax" must not take the id of `softmax`
            self.rename(title.parent, f"section-{number}")
        own = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, own)
        self.extra = {}
        for box in list(own.findall(nodes.container)):
            if "under" in box:
                self.extra.setdefault(box["under"], []).append(box)
                box.parent.remove(box)
        out = [self.frame(number), self.introduction(section, own)]
        out += self.above(title)
        out += [self.item(item) for item in section.items]
        if self.extra:
            raise self.error(f"nothing is called {', '.join(self.extra)}")
        return out

    @staticmethod
    def above(title):
        """What the page has so far, taken out of it."""
        page = title.parent
        above = page.children[page.index(title) + 1:]
        for node in above:
            page.remove(node)
        return above

    def frame(self, number):
        """How to read the page: one line under its heading."""
        line = nodes.paragraph(classes=["frame"], translatable=False)
        if number:
            link = addnodes.pending_xref(
                "", nodes.inline(text=say("Symbols and conventions")),
                refdomain="std", reftype="doc", refexplicit=True,
                reftarget=book.pages[0], refdoc=self.env.docname,
                refwarn=True)
            line += link
        if any(home.number == number for home in book.equation.values()):
            line += [nodes.Text(" · "), nodes.Text(say(
                "Point at an equation’s number, and its line of code lights "
                "up; press it, and you are there."))]
        return line

    def rename(self, section, name):
        document = self.state.document
        for old in section["ids"]:
            document.ids.pop(old, None)
        section["ids"] = [name]
        document.ids[name] = section
        for known in section["names"]:
            document.nameids[known] = name

    def parse(self, text, line):
        """Nodes of reST that stands in backprop.py from this line on."""
        box = nodes.container()
        lines = text if isinstance(text, list) else text.splitlines()
        content = StringList(
            lines, items=[(str(FILE), line + i - 1)
                          for i in range(len(lines))])
        with switch_source_input(self.state, content):
            self.state.nested_parse(content, 0, box)
        return box.children

    def introduction(self, section, own):
        out = nodes.container(classes=["intro"])
        prose = nodes.container(classes=["prose"])
        if section.number == 0:
            prose += self.parse(book.doc, book.doc_line)
            for table in prose.findall(nodes.table):
                table["classes"].append("symbols")
        else:
            prose += self.parse(section.intro, section.intro_line)
        out += prose
        if own.children:
            out["classes"].append("two")
            out += nodes.container("", *own.children, classes=["figures"])
        return out

    def item(self, item):
        public = item.name and book.is_public(item.name)
        left = nodes.container(classes=["prose"])
        right = nodes.container(classes=["program"])
        long = item.last - item.first - len(item.hidden) > LONG
        right += nodes.container(
            "", source_lines(item=item), classes=["keep"] * (not long)
            or ["long"])
        reference = []
        if item.doc:
            left_text, reference, examples = self.docstring(item)
            left += left_text
            if examples:
                right += nodes.container("", *examples, classes=["examples"])
        elif public:
            raise self.error(f"{item.name} has no docstring")
        right += self.extra.pop(item.name, [])
        columns = nodes.container("", left, right, classes=["columns"])
        if not public:
            return self.helper(item, columns, left, reference)
        section = nodes.section(ids=[item.name], names=[item.name],
                                classes=["function"])
        title = nodes.title(translatable=False)
        title += nodes.literal(text=item.name)
        title += nodes.inline(text=item.signature, classes=["signature"],
                              support_smartquotes=False)
        section += [title, columns]
        if reference:
            label = " · ".join(name for name, _ in reference)
            box = disclosure("", disclosure_label("", nodes.Text(label)),
                             classes=["reference"])
            fields = nodes.container(classes=["all-fields"])
            for name, content in reference:
                fields += nodes.container("", nodes.paragraph(
                    text=name, classes=["heading"], translatable=False),
                    *content)
            box += fields
            section += box
        if item.name in book.slips:
            section += self.slips(book.slips[item.name])
        self.state.document.note_explicit_target(section)
        domain = self.env.get_domain("py")
        kind = "class" if isinstance(item.node, ast.ClassDef) else "function"
        domain.note_object(f"backprop.{item.name}", kind, item.name,
                           location=section)
        self.env.get_domain("index")
        index = addnodes.index(entries=[
            ("single", f"{item.name}()", item.name, "", None)])
        section.insert(1, index)
        return section

    def slips(self, known):
        """What usually goes wrong in a function, as the grader knows it."""
        rows = nodes.bullet_list()
        for slip in known:
            shown = nodes.paragraph(translatable=False)
            if slip.equation:
                shown += [nodes.Text(f"({slip.equation}) ")]
            if slip.right.partition(" =")[0] != slip.wrong.partition(" =")[0]:
                shown += [nodes.literal(text=slip.right), nodes.Text(" → ")]
            said = passage(slip.says)
            said += self.state.inline_text(slip.says, self.lineno)[0]
            said.source, said.line = str(FILE), book.line_of(slip.says)
            shown += [nodes.literal(text=slip.wrong), nodes.Text(": "), said]
            rows += nodes.list_item("", shown)
        return disclosure(
            "", disclosure_label("", nodes.Text(say("What goes wrong here"))),
            rows, classes=["reference", "slips"])

    def helper(self, item, columns, left, reference):
        """What is not public has no heading. A function or a long list is
        closed; its label is its name and its first sentence."""
        for name, content in reference:
            left += [nodes.paragraph(text=name, classes=["heading"],
                                     translatable=False), *content]
        label = nodes.inline(classes=["names"])
        for i, name in enumerate(item.defines):
            label += [nodes.Text(", ")] * bool(i) + [nodes.literal(text=name)]
        left["classes"].append("helper")
        if not item.name and "__all__" not in item.defines:
            if label.children:
                left.insert(0, nodes.paragraph("", "", label,
                                               translatable=False))
            return columns
        box = disclosure("", disclosure_label("", label), classes=["aside"])
        if item.doc:
            first = left.children[0]
            said = passage(first.rawsource, "", *first.children,
                           classes=["said"])
            said.source, said.line = first.source, first.line
            left.remove(first)
            box[0] += said
        if not left.children:
            columns.remove(left)
            columns["classes"].append("alone")
        box += columns
        return box


    def docstring(self, item):
        """What the docstring says: the text, the reference, the examples."""
        doc = NumpyDocString(item.doc)
        find = {}
        for i, line in enumerate(item.doc.splitlines()):
            find.setdefault(line.strip(), item.doc_line + i)

        def parse(lines):
            lines = [re.sub(r"\[(\d+)\]_", r"[\1]", line) for line in lines]
            first = next((line for line in lines if line.strip()), "")
            return self.parse(lines, find.get(first.strip(), item.doc_line))

        left = list(parse(doc["Summary"]))
        if left:
            left[0]["classes"].append("summary")
        left += parse(doc["Extended Summary"])
        left += parse(doc["Notes"])
        below = [
            (shown, [self.fields(doc[name], parse)])
            for name, shown in (
                ("Parameters", say("Parameters")),
                ("Attributes", say("Attributes")), ("Returns", say("Returns")),
                ("Yields", say("Yields")), ("Raises", say("Raises")),
                ("Warns", say("Warns"))) if doc[name]]
        if doc["See Also"]:
            below.append((say("See also"), parse(
                [f"- `{name}`: {' '.join(text)}".rstrip(": ")
                 for names, text in doc["See Also"] for name, _ in names])))
        if doc["References"]:
            text = re.sub(r"^\.\. \[(\d+)\]", r"\1. ",
                          "\n".join(doc["References"]), flags=re.M)
            below.append((say("References"), parse(
                text.replace("\n   ", "\n    ").splitlines())))
        return left, below, parse(doc["Examples"])

    def fields(self, fields, parse):
        out = nodes.definition_list(classes=["fields"])
        for name, kind, text in fields:
            term = nodes.term(translatable=False)
            if name:
                term += nodes.literal(text=name)
            if kind:
                if name:
                    term += nodes.Text(" ")
                said, _ = self.state.inline_text(kind, self.lineno) \
                    if "`" in kind else ([nodes.Text(kind)], [])
                term += passage(kind, "", *said, classes=["kind"],
                                support_smartquotes=False)
                term[-1].source, term[-1].line = str(FILE), self.lineno
            item = nodes.definition_list_item("", term)
            item += nodes.definition("", *parse(text))
            out += item
        return out


class Glimpse(SphinxDirective):
    """A function's equations beside its code, nothing else."""

    required_arguments = 1

    def run(self):
        self.env.note_dependency(str(FILE))
        name = self.arguments[0]
        if name not in book.home:
            raise self.error(f"nothing is called {name}")
        item = next(item for item in book.home[name].items
                    if item.name == name)
        text = self.parse_text_to_nodes(item.doc.partition("\nParameters")[0])
        equations = [math for node in text
                     for math in node.findall(nodes.math_block)
                     if mathml.TAG.search(math.astext())]
        return [nodes.container(
            "", nodes.container("", *equations, classes=["prose"]),
            nodes.container("", source_lines(item=item),
                            classes=["program"]),
            classes=["columns", "glimpse"])]


class Way(SphinxDirective):
    """Links to sections in the order to read them, with minutes."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        self.env.note_dependency(str(FILE))
        way = nodes.bullet_list(classes=["way"])
        for number in map(int, self.arguments[0].split()):
            section = book.sections[number]
            link = addnodes.pending_xref(
                "", nodes.inline(text=section.title), refdomain="std",
                reftype="doc", refexplicit=False, refwarn=True,
                reftarget=book.pages[number], refdoc=self.env.docname)
            minutes = nodes.inline(text=say("about {} minutes").format(
                book.minutes(section)), classes=["minutes"])
            way += nodes.list_item("", nodes.paragraph(
                "", "", link, nodes.Text(" "), minutes, translatable=False))
        return [way]


def code_or_link(name, rawtext, text, lineno, inliner, options=None,
                 content=None):
    """`single backticks`: a link if it is a function here, else code."""
    bare = text.strip().removesuffix("()")
    if bare in book.home and book.is_public(bare):
        link = addnodes.pending_xref(
            rawtext, nodes.literal(text=text), refdomain="py",
            reftype="obj", reftarget=f"backprop.{bare}", refexplicit=True,
            refwarn=True)
        link["py:module"] = "backprop"
        return [link], []
    return [nodes.literal(text=text)], []


class equation_link(nodes.Inline, nodes.TextElement):
    """An equation's number, mentioned in a sentence."""


def visit_equation_link(self, node):
    tag = node["tag"]
    href = book.href(self.builder, self.builder.current_docname, "eq", tag)
    self.body.append(f'<a href="{href}" data-eq="{tag}">({tag})</a>')
    raise nodes.SkipNode


class LinkNumbers(SphinxTransform):
    """(5.3) in a sentence is a link to that equation."""

    default_priority = 890
    number = re.compile(r"\((\d+\.\d+)\)")

    def apply(self):
        for text in list(self.document.findall(nodes.Text)):
            parent = text.parent
            if not self.number.search(text) or isinstance(
                    parent, (nodes.math, nodes.math_block, nodes.title,
                             nodes.literal, nodes.FixedTextElement)):
                continue
            new, end = [], 0
            for found in self.number.finditer(text):
                tag = found.group(1)
                if tag in book.equation and tag in book.line:
                    new += [nodes.Text(text[end:found.start()]),
                            equation_link("", f"({tag})", tag=tag)]
                    end = found.end()
            if new:
                parent.replace(text, new + [nodes.Text(text[end:])])


class Typography(SphinxTransform):
    """In sentences: true minus signs, powers of ten, subscripts, and no line
    break in 3 × 4. The file itself keeps to what a keyboard has."""

    default_priority = 880
    signs = ((re.compile(r"(?<![\w-])-(?=\d)"), "\N{MINUS SIGN}"),
             (re.compile(r"(?<=[\w)]) - (?=\w)"), " \N{MINUS SIGN} "),
             (re.compile(r"(?<=\w) × (?=\w)"), "\xa0×\xa0"))
    formula = re.compile(r"\b1e-(?P<power>\d+)\b"
                         r"|\bn_(?P<index>\{[^}]+\}|\w+)")
    letter = re.compile(formula.pattern + r"|\b(?P<letter>[a-zA-Z])\b")

    @staticmethod
    def tex(found):
        if found["power"]:
            return f"10^{{-{found['power']}}}"
        if not found["index"]:
            return found["letter"]
        parts = found["index"].strip("{}").split("_")  # n_C_prev
        return "n_{" + ",".join(
            rf"\text{{{part}}}" if part.isalpha() and len(part) > 1 else part
            for part in parts) + "}"

    def apply(self):
        symbols = {text for table in self.document.findall(nodes.table)
                   if "symbols" in table["classes"]
                   for text in table.findall(nodes.Text)}
        for text in list(self.document.findall(nodes.Text)):
            if not is_smartquotable(text):
                continue
            said = str(text)
            for sign, better in self.signs:
                said = sign.sub(better, said)
            new, end = [], 0
            here = self.letter if text in symbols else self.formula
            for found in here.finditer(said):
                tex = self.tex(found)
                new += [nodes.Text(said[end:found.start()]),
                        nodes.math(tex, tex)]
                end = found.end()
            if new or said != text:
                text.parent.replace(text, new + [nodes.Text(said[end:])])


class PlainLabels(SphinxPostTransform):
    """A label is to press, so nothing in it is a link."""

    default_priority = 900

    def run(self, **kwargs):
        for label in self.document.findall(disclosure_label):
            for link in list(label.findall(nodes.reference)):
                link.replace_self(link.children)
            for link in list(label.findall(equation_link)):
                link.replace_self(nodes.Text(link.astext()))


def find_pages(app):
    """Which page shows which section."""
    for page in sorted(Path(app.srcdir).glob("*.rst")):
        text = page.read_text(encoding="utf-8")
        for number in re.findall(r"^\.\. literate:: (\d+)", text, re.M):
            book.pages[int(number)] = page.stem
    missing = [s.title for s in book.sections if s.number not in book.pages]
    if missing:
        raise ExtensionError(f"no page shows {'; '.join(missing)}")


def setup(app):
    from docutils.parsers.rst import roles
    roles.register_local_role("code-or-link", code_or_link)
    app.add_directive("literate", Literate)
    app.add_directive("beside", Beside)
    app.add_directive("glimpse", Glimpse)
    app.add_directive("way", Way)
    app.add_directive("closed", Disclosure)
    app.add_node(source_lines, html=(visit_source_lines, None))
    app.add_node(disclosure, html=(visit_disclosure, depart_disclosure))
    app.add_node(passage, html=(visit_passage, depart_passage))
    app.add_node(disclosure_label,
                 html=(visit_disclosure_label, depart_disclosure_label))
    app.add_node(equation_link, html=(visit_equation_link, None))
    app.add_transform(LinkNumbers)
    app.add_transform(Typography)
    app.add_post_transform(PlainLabels)
    app.connect("builder-inited", find_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
