"""The book in Chinese: its catalogues are whole, and keep to the terms."""

import importlib.util
import re
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT

babel = pytest.importorskip(
    "babel", reason="babel, which reads the catalogues, comes with Sphinx")
sys.path.insert(0, str(ROOT / "docs"))

import catalogues  # noqa: E402

REFRESH = ("python docs/catalogues.py brings the catalogues up to date and "
           "lists what is left to translate")
TERMS = catalogues.read_terms()


def message(english, chinese, fuzzy=False, comments=()):
    return SimpleNamespace(id=english, string=chinese, fuzzy=fuzzy,
                           user_comments=list(comments))


def pages():
    return sorted(path.stem for path in (ROOT / "docs").glob("*.rst"))


@pytest.mark.parametrize("name", [*pages(), "book"])
def test_every_message_is_translated_and_keeps_what_it_must(name):
    path = catalogues.FOLDER / f"{name}.po"
    assert path.exists(), f"no catalogue for {name}: {REFRESH}"
    found = [f"{fault}\n    {each.id}\n    {each.string}"
             for each in catalogues.read(path) if each.id
             for fault in catalogues.faults(each, TERMS)]
    assert not found, "\n".join([f"{name}: {REFRESH}", *found])


def test_the_books_own_words_are_in_the_catalogue():
    """Those of a page are counted when the book is built."""
    pytest.importorskip("sphinx")
    import words
    known = {each.id for each in
             catalogues.read(catalogues.FOLDER / "book.po")}
    missing = set(words.found()) - known
    assert not missing, f"{missing}: {REFRESH}"


def test_no_page_is_gone_whose_catalogue_stays():
    left = {path.stem for path in catalogues.FOLDER.glob("*.po")} \
        - {*pages(), "book"}
    assert not left, f"{left}: {REFRESH}"


GOOD = ("Let :math:`A` be `relu` of **Z**, by (3.2), as {} in 12 steps "
        "[3]_; see :doc:`the nets <cats>`.",
        "由式 (3.2)，令 :math:`A` 为 **Z** 的 `relu`，如 {} 在 12 步中 [3]_；"
        "见\\ :doc:`网络 <cats>`。")


def test_a_good_translation_has_no_faults():
    assert not catalogues.faults(message(*GOOD), TERMS)


@pytest.mark.parametrize("old, new, fault", [
    (":math:`A`", ":math:`B`", "is missing"),
    (":math:`A`", "A", "is missing"),
    ("`relu`", "relu", "is missing"),
    ("(3.2)", "(3.3)", "is too much"),
    ("{}", "", "is missing"),
    ("[3]_", "", "is missing"),
    ("12", "20", "the number 12"),
    ("<cats>", "<moons>", "is missing"),
    ("，令", ", 令", "half-width"),
    ("12 步", "12步", "space is missing"),
    (" 的 ", "的 ", "bold|space"),
    ("。", "。 完。", "full-width"),
    ("网络 <", "网 络 <", "two Chinese characters"),
])
def test_a_fault_is_found(old, new, fault):
    english, chinese = GOOD
    assert old in chinese
    found = catalogues.faults(message(english, chinese.replace(old, new)))
    assert any(re.search(fault, each) for each in found), found


def test_what_is_not_done_is_a_fault():
    assert catalogues.faults(message("The cost.", "")) == ["not translated"]
    assert "fuzzy" in catalogues.faults(
        message("The cost.", "代价。", fuzzy=True))[0]
    assert catalogues.faults(message("The cost.", "The cost.")) == [
        "still English"]
    assert not catalogues.faults(
        message("The cost.", "The cost.", comments=["kept"]))
    wrong, = catalogues.faults(message("The cost falls.", "成本下降。"), TERMS)
    assert wrong.startswith("cost: 代价 or ")


def test_search_cuts_chinese_into_pairs():
    pytest.importorskip("sphinx")
    import languages
    search = languages.SearchPairs({})
    words = search.split("反向传播 linear_backward 层")
    assert {"反向", "向传", "传播", "层", "linear_backward"} <= set(words)
    assert all(map(search.word_filter, ["反向", "层"]))


def test_traditional_characters_have_the_terms_of_taiwan():
    pytest.importorskip("sphinx")
    if not importlib.util.find_spec("opencc"):
        pytest.skip("opencc, which converts characters, is not installed")
    import languages
    convert = languages.Traditional()
    for chinese, english, there in [
            ("神经网络的反向传播", "", "類神經網路的倒傳遞"),
            ("激活函数的参数", "", "激勵函數的參數"),
            ("“代价函数”", "", "「成本函數」"),
            ("运行程序：每行一个单元，每列一个样本",
             "Run it: a row for each unit, a column for each example",
             "執行程式：每列一個單元，每行一個樣本"),
            ("这行代码", "this line of code", "這行程式碼")]:
        assert convert(chinese, english) == there
