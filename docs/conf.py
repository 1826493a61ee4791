"""The book, built from backprop.py. README.md says how."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import literate  # noqa: E402

project = "backprop"
author = "the authors of backprop"
project_copyright = "2026 the backprop authors, MIT licence"
version = release = next(
    line.split('"')[1] for line in literate.book.lines
    if line.startswith("__version__"))

extensions = ["words", "mathml", "literate", "drawings", "live", "languages"]
language = "en"  # languages.py builds the others
locale_dirs = ["locale"]
gettext_compact = False  # a catalogue to each page
gettext_location = False
exclude_patterns = ["_build", "node_modules"]
default_role = "code-or-link"
nitpicky = True
highlight_language = "python"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
smartquotes_action = "qe"  # quotes and dots; a hyphen may be an option's

html_theme = "furo"
html_title = "backprop"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}


def levels(app, pagename, templatename, context, doctree):
    """Captions of the contents are headings; say of which level."""
    for name in ("body", "furo_navigation_tree"):
        if context.get(name):
            context[name] = context[name].replace(
                'class="caption" role="heading"',
                'class="caption" role="heading" aria-level="2"')


def setup(app):
    app.connect("html-page-context", levels, priority=900)
