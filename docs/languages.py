"""Sphinx: the book in English, and from it in other languages.

Whoever builds the pages in English gets, in folders beside them, those of
every other language that can be made: ``zh/`` from the catalogues in
``locale/zh_CN``, and ``zh-Hant/``, where the package ``opencc`` is installed,
from the same catalogues in traditional characters. Each page has a link to
itself in the other languages. ``.. terms::`` puts in the table of terms,
terms.csv.
"""

import csv
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import tables
from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.search import SearchLanguage
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import extract_messages
from words import say

HERE = Path(__file__).parent
TERMS = HERE / "terms.csv"
log = logging.getLogger(__name__)
HAN = re.compile("[\u3400-\u9fff]+|[A-Za-z0-9_]+")


class Language(NamedTuple):
    name: str  # as its readers call it
    folder: str  # where its pages are, as seen from those in English


LANGUAGES = {"en": Language("English", "."),
             "zh_CN": Language("简体中文", "zh"),
             "zh_TW": Language("繁體中文", "zh-Hant")}


def offered():
    """The languages that a build makes, with what tells them from others."""
    return {code: language for code, language in LANGUAGES.items()
            if code != "zh_TW" or importlib.util.find_spec("opencc")}


def tag(code):
    """A language as HTML calls it."""
    return code.replace("_", "-")


# --- Terms -----------------------------------------------------------------

def terms():
    """The rows of terms.csv: a term, and what it is called in Chinese."""
    with open(TERMS, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Terms(SphinxDirective):
    """The table of terms, the same in every language."""

    def run(self):
        self.env.note_dependency(str(TERMS))
        self.env.note_dependency(__file__)
        columns = ["English", "简体", "繁體"]
        out = self.parse_text_to_nodes("\n".join(tables.table(
            columns, *([row[name] for name in columns] for row in terms()))))
        for node in out:
            for cell in node.findall(nodes.paragraph):
                cell["translatable"] = False
        return out


# --- Traditional characters ------------------------------------------------

# A matrix's rows and columns have each other's names in Taiwan; the same
# characters in other words, to run, a list, stay as they are.
ROW = re.compile(r"\b(row|column)s?\b", re.I)
LINE = re.compile(r"\blines?\b", re.I)
QUOTES = str.maketrans("“”‘’", "「」『』")
CROSSED = re.compile(
    "[进运执可平并也令码]行|行为|[并序排系]列|列[表出在]|[行列]")


class Traditional:
    """Simplified characters to those of Taiwan: OpenCC's phrases, and the
    terms as the table has them, which OpenCC would take for a program's."""

    def __init__(self):
        from opencc import OpenCC
        self.convert = OpenCC("s2twp").convert
        self.own = {row["简体"]: row["繁體"] for row in terms()
                    if len(row["简体"]) > 1}
        self.term = re.compile("|".join(
            sorted(self.own, key=len, reverse=True)))

    def __call__(self, chinese, english):
        """The translation of a message. OpenCC leaves the signs alone that
        keep the place of what is not its own to convert."""
        kept = []

        def keep(text):
            kept.append(text)
            return chr(0xe000 + len(kept) - 1)

        text = self.term.sub(lambda term: keep(self.own[term[0]]), chinese)
        if ROW.search(english):
            crossed = {"列": "行"} | (
                {} if LINE.search(english) else {"行": "列"})
            text = CROSSED.sub(
                lambda word: keep(crossed[word[0]])
                if word[0] in crossed else word[0], text)
        return re.sub("[\ue000-\uf8ff]",
                      lambda place: kept[ord(place[0]) - 0xe000],
                      self.convert(text).translate(QUOTES))


def write_traditional(folder):
    """Catalogues in traditional characters, made of the simplified ones."""
    import catalogues
    convert = Traditional()
    place = folder / "zh_TW" / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    for path in catalogues.FOLDER.glob("*.po"):
        catalogue = catalogues.read(path)
        for message in catalogue:
            if message.id and message.string != message.id:
                message.string = convert(message.string, message.id)
        catalogues.write(catalogue, place / path.name)


# --- Pages -----------------------------------------------------------------

def build_others(app, error):
    """After the English pages those in the other languages."""
    if error or app.builder.name != "html" or app.config.language != "en":
        return
    made = Path(app.doctreedir, "made")
    for code, language in offered().items():
        if code == "en":
            continue
        doctrees = Path(app.doctreedir, code)
        if made.exists():  # figures and outputs are not made twice
            shutil.copytree(made, doctrees / "made", dirs_exist_ok=True)
        options = ["-D", f"language={code}", "-d", str(doctrees)]
        if code == "zh_TW":
            write_traditional(doctrees / "locale")
            options += ["-D", f"locale_dirs={doctrees / 'locale'}"]
        if app.warningiserror:
            options += ["-W", "--keep-going"]
        done = subprocess.run(
            [sys.executable, "-m", "sphinx", "-q", "-b", "html", *options,
             app.srcdir, Path(app.outdir, language.folder)])
        if done.returncode:
            raise ExtensionError(f"the pages in {language.name} could not "
                                 "be built")


def others(code, page):
    """The other languages of a page: their codes, names and addresses."""
    up = "." if code == "en" else ".."
    return [(other, language.name,
             f"{up}/{language.folder}/{page}.html".replace("/./", "/"))
            for other, language in offered().items() if other != code]


def switch(code, page):
    """Links to a page in the other languages, as HTML."""
    links = "".join(
        f'<a href="{address}" hreflang="{tag(other)}" lang="{tag(other)}">'
        f"{name}</a>" for other, name, address in others(code, page))
    return (f'<nav class="languages" aria-label="{say("Languages")}">'
            f"{links}</nav>")


def alternates(app, pagename, templatename, context, doctree):
    context["metatags"] = context.get("metatags", "") + "".join(
        f'\n<link rel="alternate" hreflang="{tag(other)}" href="{address}">'
        for other, _, address in others(app.config.language, pagename))


def furo_says():
    """What furo's templates say in English alone, and what to say for it."""
    return {
        "Toggle site navigation sidebar": say("All pages"),
        "Toggle table of contents sidebar": say("On this page"),
        "Toggle Light / Dark / Auto color theme":
            say("Light, dark, or as the system"),
        "Light mode": say("Light"), "Dark mode": say("Dark"),
        "Auto light/dark, in light mode": say("As the system, light"),
        "Auto light/dark, in dark mode": say("As the system, dark"),
        "Skip to content": say("Skip to content"),
        "Back to top": say("Back to top"),
        "Made with": say("Made with"),
        "Search": say("Search"),
        "On this page": say("On this page"),
        "Please activate JavaScript to enable the search functionality.":
            say("The search needs JavaScript.")}


def finish(app, error):
    """What furo's templates have no place or no words for."""
    if error or app.builder.name != "html":
        return
    for path in Path(app.outdir).glob("*.html"):
        text = path.read_text(encoding="utf-8")
        if 'class="languages"' in text:
            continue
        place = '<div class="theme-toggle-container '
        text = text.replace(
            place, switch(app.config.language, path.stem) + place)
        # The page has two asides; say which is which.
        for kind, name in (("sidebar-drawer", say("All pages")),
                           ("toc-drawer", say("On this page"))):
            text = text.replace(f'<aside class="{kind}',
                                f'<aside aria-label="{name}" class="{kind}')
        for english, said in furo_says().items():
            text = re.sub(rf'(?<=[>"])(\s*){re.escape(english)}(\s*)(?=[<"])',
                          rf"\g<1>{said}\2", text)
        path.write_text(text, encoding="utf-8")


# --- Sentences -------------------------------------------------------------

class Missing(SphinxTransform):
    """Say which messages of a page have no translation.

    A drawing's words that stay as they are leave its messages: Sphinx would
    take the drawing, with all others, for done.
    """

    default_priority = 15  # just before Sphinx puts the translations in

    def apply(self):
        if not self.config.language.startswith("zh"):
            return
        import catalogues
        page = self.env.docname
        path = catalogues.FOLDER / f"{page}.po"
        known = {message.id: message.string
                 for message in catalogues.read(path) if not message.fuzzy} \
            if path.exists() else {}
        messages = list(extract_messages(self.document))
        for node, text in messages:
            if isinstance(node, addnodes.translatable) \
                    and known.get(text) == text:
                node["messages"].remove(text)
        missing = [text for _, text in messages if not known.get(text)]
        if missing and self.config.language == "zh_CN":
            log.warning(
                "%d of the page's messages are not translated, the first is "
                "%r; python docs/catalogues.py brings the catalogues up to "
                "date", len(missing), missing[0], location=page)


class Spaces(SphinxTransform):
    """A full-width mark brings its own space: one that reST needs beside
    markup is not shown."""

    default_priority = 895  # when all links and formulas are there
    mark = re.compile("[，。；：？！、（）“”《》「」…—]")

    def apply(self):
        if not self.config.language.startswith("zh"):
            return
        for block in self.document.findall(nodes.TextElement):
            if isinstance(block, (nodes.Inline, nodes.FixedTextElement)):
                continue
            leaves = list(block.findall(nodes.Text))
            for i in range(len(leaves) - 1):
                before, after = leaves[i:i + 2]
                if self.mark.match(after[:1]):
                    leaves[i] = self.put(before, before.rstrip(" "))
                elif self.mark.match(before[-1:]):
                    leaves[i + 1] = self.put(after, after.lstrip(" "))

    @staticmethod
    def put(old, text):
        """The text in place of a node, unless that is code or a formula."""
        if text == old or isinstance(old.parent, (nodes.literal, nodes.math)):
            return old
        new = nodes.Text(text)
        old.parent.replace(old, new)
        return new


# --- Search ----------------------------------------------------------------

class SearchPairs(SearchLanguage):
    """Chinese is written without spaces: it is found by pairs of characters,
    and needs no dictionary. Names and words in Latin letters stay whole.
    Sphinx's own, sphinx.search.zh, indexes no Chinese without jieba."""

    lang = "zh"
    js_splitter_code = r"""
var splitQuery = query => (
  query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap(run =>
  run.length < 3 || !/[\u3400-\u9fff]/.test(run) ? [run]
    : [...run].slice(1).map((_, i) => run.slice(i, i + 2)));
"""

    def split(self, input):
        out = []
        for run in HAN.findall(input):
            if run.isascii():
                out.append(run)
            else:  # each character too: somebody may look for one
                out += run
                out += [run[i:i + 2] for i in range(len(run) - 1)]
        return out

    def stem(self, word):
        return word.lower()

    def word_filter(self, word):
        return not word.isdigit() and (len(word) > 1 or not word.isascii())


def setup(app):
    app.add_directive("terms", Terms)
    app.add_transform(Missing)
    app.add_transform(Spaces)
    app.add_search_language(SearchPairs)
    app.connect("html-page-context", alternates)
    app.connect("build-finished", finish)
    app.connect("build-finished", build_others, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
