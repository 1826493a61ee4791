"""The words that the book itself says, in the reader's language.

Pages and docstrings are translated by Sphinx's own catalogues, one to a page.
What the programs of docs/ and the scripts of docs/_static/ put in besides, say
"Parameters" above a list of them, is written `say("Parameters")` in Python
and `t("Code")` in a script, and stands in one more catalogue, ``book``. So do
the words inside formulas, ``\\text{many classes}``. Whoever runs
``sphinx-build -b gettext`` finds them in ``book.pot``.
"""

import json
import re
from pathlib import Path

from sphinx.locale import get_translation
from sphinx.util.i18n import CatalogInfo

HERE = Path(__file__).parent
SAID = re.compile(r'\b(?:say|t)\(\s*((?:"(?:[^"\\]|\\.)+"\s*)+)')
# Not an index: those are names of the program, n_\text{prev}.
IN_FORMULA = re.compile(r"(?<![_,{])\\text\{([^{}]+)\}")
PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'

_translate = get_translation("book")


def say(text):
    """The text in the language that the book is built in."""
    return str(_translate(text))


def in_formula(tex):
    """A formula with its words in the reader's language."""
    return IN_FORMULA.sub(
        lambda found: rf"\text{{{say(found[1])}}}", tex)


def found():
    """Each text to translate, with the file that first says it."""
    texts = {}
    programs = [*sorted(HERE.glob("_static/*.js")),
                *(file for file in sorted(HERE.glob("*.py"))
                  if file.name != "words.py")]
    sources = [HERE.parent / "backprop.py", *sorted(HERE.glob("*.rst"))]
    for pattern, files in (SAID, programs), (IN_FORMULA, sources):
        for file in files:
            for text in pattern.findall(file.read_text(encoding="utf-8")):
                if pattern is SAID:  # what stands in a row is one text
                    text = json.loads('"' + "".join(
                        re.findall(r'"((?:[^"\\]|\\.)+)"', text)) + '"')
                if text not in texts and re.search(r"[a-z]", text):
                    texts[text] = file.relative_to(HERE.parent).as_posix()
    return texts


def write_catalogue(app, error):
    """Beside the pages' messages, those of the book itself."""
    if error or app.builder.name != "gettext":
        return
    entries = [f"#: {file}\nmsgid {json.dumps(text, ensure_ascii=False)}\n"
               'msgstr ""\n'
               for text, file in found().items()]
    (Path(app.outdir) / "book.pot").write_text(
        "\n".join([PO, *entries]), encoding="utf-8")


def write_script(app):
    """The words of the pages' scripts, which run without Sphinx."""
    if app.builder.format != "html":
        return
    texts = {text: say(text) for text, file in found().items()
             if file.endswith(".js") and say(text) != text}
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "words.js").write_text(
        "globalThis.backpropWords = "
        f"{json.dumps(texts, ensure_ascii=False)};\n", encoding="utf-8")


def setup(app):
    for folder in app.config.locale_dirs:
        place = Path(app.srcdir, folder)
        catalogue = CatalogInfo(
            place / (app.config.language or "en") / "LC_MESSAGES", "book",
            "utf-8")
        if Path(catalogue.po_path).exists():
            catalogue.write_mo(app.config.language)
        app.add_message_catalog("book", place)
    app.connect("builder-inited", write_script)
    app.connect("build-finished", write_catalogue)
    app.add_js_file("words.js", priority=400, defer="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
