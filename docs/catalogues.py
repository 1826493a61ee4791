"""The catalogues of the book in Chinese: refresh them, and look them over.

``python docs/catalogues.py`` lets Sphinx gather the book's messages and brings
``docs/locale/zh_CN/LC_MESSAGES/`` up to date: new messages are added, those
that are gone are taken out, and a message that has changed keeps its old
translation, marked ``fuzzy`` until somebody has looked at it and has taken the
mark away. It then says what is left to do. ``python docs/catalogues.py check``
only says that; names of catalogues after it choose some of them.

What a translation has to keep is in `faults`.
"""

import argparse
import csv
import io
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
FOLDER = HERE / "locale" / "zh_CN" / "LC_MESSAGES"
TERMS = HERE / "terms.csv"
HEADER = '''\
msgid ""
msgstr ""
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
'''
HAN = "\u3400-\u9fff"
MARKS = "，。；：？！、（）“”‘’《》…—"
# What reST marks: a role, a literal, plain backticks, a footnote's number.
MARKUP = re.compile(
    r":(?P<role>[\w:-]+):`(?P<inner>[^`]+)`"
    r"|``(?P<literal>.+?)``(?!`)|`(?P<plain>[^`]+)`_{0,2}"
    r"|(?P<note>\[\d+\]_)")
EQUATION = re.compile(r"\(\d+\.\d+\)")
PLACE = re.compile(r"\{\d*\}")
FIGURE = re.compile(r"\d[\d,.]*\d")


def read(path):
    with open(path, "rb") as file:
        return read_po(file, locale="zh_CN")


def write(catalogue, path):
    """The catalogue without dates and line numbers, which tell nobody
    anything and change with every refresh."""
    for message in catalogue:
        message.flags &= {"fuzzy"}  # formulas are no formats of Python
    text = io.BytesIO()
    write_po(text, catalogue, width=79, no_location=True, omit_header=True,
             ignore_obsolete=True)
    path.write_text(HEADER + "\n" + text.getvalue().decode().strip() + "\n",
                    encoding="utf-8")


def bare(text):
    """The text without what is marked in it as code, formula or link."""
    return MARKUP.sub(lambda found: (
        found["inner"].partition("<")[0]
        if found["role"] and "<" in found["inner"] else "·"), text)


def is_wordless(text):
    """Numbers, formulas and single letters have no translation."""
    return not re.search(r"[^\W\d_]{2}", EQUATION.sub("", bare(text)))


def marked(text):
    """What a translation has to repeat exactly."""
    kept = Counter(EQUATION.findall(text))
    kept.update(PLACE.findall(text))
    for found in MARKUP.finditer(text):
        target = re.search(r"<([^>]+)>$", found["inner"] or "")
        if found["role"] and target and found["role"] != "math":
            kept[f":{found['role']}:`<{target[1]}>`"] += 1
        else:
            kept[found[0]] += 1
    return kept


def slips_of_type(text):
    """Where the text is not set as Chinese is set."""
    text = MARKUP.sub(lambda found: (
        "`" + found["inner"].partition("<")[0].strip() + "`"
        if found["role"] and "<" in found["inner"] else "`x`"), text)
    rules = [
        (rf"[{HAN}][A-Za-z0-9(`]|[A-Za-z0-9)%][{HAN}]|`[{HAN}]",
         "a space is missing between Chinese and Latin"),
        (rf"[{HAN}] +[{HAN}]", "a space between two Chinese characters"),
        (rf" [{MARKS[:9]}]|[{MARKS[:9]}] ",
         "a space beside a full-width mark"),
        (rf"[{HAN}][,.;:?!]|[,;?!] ?[{HAN}]", "a half-width mark in Chinese"),
        (rf"[{HAN}] ?\"|\" ?[{HAN}]", 'quotes are “ and ”, not "'),
        (rf"[{HAN}]\*\*?[{HAN}]|[A-Za-z0-9]\*\*?[{HAN}]",
         r"bold beside a character needs '\ ' or a mark between")]
    # A link's own text begins at its backtick; there no space is missing.
    inside = re.sub(rf"`(?=[{HAN}])|(?<=[{HAN}])`", "", text)
    return [f"{what}: …{found[0]}…" for pattern, what in rules
            for found in [re.search(
                pattern, inside if "space is missing" in what else text)]
            if found and not (pattern.endswith(f"`[{HAN}]")
                              and found[0][0] == "`")]


def read_terms():
    """The terms of terms.csv, each with what it may be called."""
    with open(TERMS, encoding="utf-8", newline="") as file:
        return [(row["English"], [row["简体"], *row["also"].split()])
                for row in csv.DictReader(file)]


def faults(message, terms=()):
    """What is wrong with a translation, in sentences; [] if nothing is.

    A message that stays as it is, the title of a paper say, has the comment
    ``# kept`` above it.
    """
    english, chinese = message.id, message.string
    if not chinese:
        return ["not translated"]
    out = ["fuzzy: look at it, and take the mark away"] * message.fuzzy
    if is_wordless(english):
        return out + ["must stay as it is"] * (chinese != english)
    if chinese == english:
        return out + ["still English"] * (
            "kept" not in message.user_comments)
    before, after = marked(english), marked(chinese)
    out += [f"{what} is missing" for what in before - after]
    out += [f"{what} is too much" for what in after - before]
    figures = set(FIGURE.findall(bare(chinese)))
    out += [f"the number {what} is missing"
            for what in sorted(set(FIGURE.findall(bare(english))) - figures)]
    # The number of a section is kept; Sphinx knows that it makes no list.
    list_begins = re.match(r"(?:[-+*]|\(?(?:[A-Za-z#]|\d+)[.)]) ", chinese)
    if list_begins and not re.match(r"\d+\. ", english):
        out.append(r"begins like a list, and Sphinx would leave it out: put "
                   r"'\' before it")
    return out + slips_of_type(chinese) + wrong_terms(english, chinese, terms)


def wrong_terms(english, chinese, terms):
    """Terms of the message whose translation does not have theirs; in a
    title that it cites as it is there is none to translate."""
    said = bare(english)
    for title in re.findall(r'"[^"]+"|\*[^*]+\*', said):
        if title in chinese:
            said = said.replace(title, "")
    return [f"{term}: {' or '.join(words)} is expected"
            for term, words in terms
            if re.search(rf"\b{re.escape(term)}s?\b", said, re.I)
            and not any(word in chinese for word in words)]


def gather(folder):
    """The book's messages as they are now, a .pot for each page."""
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "gettext",
         str(HERE), str(folder)], check=True)
    return {path.stem: read(path) for path in sorted(folder.glob("*.pot"))}


def refresh():
    FOLDER.mkdir(parents=True, exist_ok=True)
    old = {path.stem: read(path) for path in FOLDER.glob("*.po")}
    known = {message.id: message.string for catalogue in old.values()
             for message in catalogue
             if message.id and message.string and not message.fuzzy}
    with tempfile.TemporaryDirectory() as folder:
        new = gather(Path(folder))
    for name, template in new.items():
        catalogue = old.get(name, read_po(io.BytesIO(), locale="zh_CN"))
        # Sphinx lists a message that a page has twice in two places.
        catalogue.update(template)
        for message in catalogue:
            if not message.id or message.string and not message.fuzzy:
                continue
            if is_wordless(message.id):
                message.string = message.id
            message.string = known.get(message.id, message.string)
            if message.string == known.get(message.id, message.id):
                message.flags.discard("fuzzy")
        write(catalogue, FOLDER / f"{name}.po")
    for name in old.keys() - new.keys():
        (FOLDER / f"{name}.po").unlink()


def main():
    parser = argparse.ArgumentParser(
        description="Refresh and check the catalogues of the book in Chinese.")
    parser.add_argument("what", nargs="?", choices=["refresh", "check"],
                        default="refresh")
    parser.add_argument("names", nargs="*",
                        help="catalogues, backward say; all of them if none")
    args = parser.parse_args()
    if args.what == "refresh":
        refresh()
    wrong, terms = 0, read_terms()
    for path in sorted(FOLDER.glob("*.po")):
        if args.names and path.stem not in args.names:
            continue
        found = [(message, fault) for message in read(path) if message.id
                 for fault in faults(message, terms)]
        left = sum(fault == "not translated" for _, fault in found)
        if left:
            print(f"{path.stem}: {left} not translated")
        for message, fault in found:
            if fault != "not translated":
                print(f"{path.stem}: {fault}\n    {message.id}\n"
                      f"    {message.string}")
        wrong += len(found)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
