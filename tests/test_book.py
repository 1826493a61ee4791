"""The book builds, and its pages work in a browser without a network."""

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

MOST = 400_000  # bytes of a page
WIDTHS = {"desk": 1400, "phone": 390}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The built pages: those of docs/_build if they are newer than their
    sources, else built now."""
    sources = [ROOT / "backprop.py", *(ROOT / "docs").glob("*.*"),
               *(ROOT / "docs" / "_static").glob("*")]
    newest = max(source.stat().st_mtime for source in sources)
    for built in (ROOT / "docs/_build", ROOT / "docs/_build/html"):
        last = built / "searchindex.js"  # what a build writes at its end
        if last.exists() and last.stat().st_mtime > newest:
            return built
    for package in ("sphinx", "furo", "numpydoc", "ziamath", "matplotlib"):
        pytest.importorskip(package)
    out = tmp_path_factory.mktemp("book")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q",
         "docs", str(out)], cwd=ROOT, capture_output=True, text=True)
    if "npm" in done.stderr and ("found" in done.stderr
                                 or "install" in done.stderr):
        pytest.skip("no npm, or no network to fetch Temml: "
                    + done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(book):
    return sorted(book.glob("*.html"))


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, (
        "chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium:
        pytest.skip("no chromium on the path")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(browser, width, **options):
    """A page in the browser, and the complaints that gather meanwhile."""
    complaints = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, offline=True, **options)
    page = context.new_page()
    page.on("pageerror", lambda e: complaints.append(f"script error: {e}"))
    page.on("console", lambda m: m.type == "error"
            and complaints.append(f"console: {m.text}"))
    page.on("request", lambda r: r.url.startswith(("file:", "data:"))
            or complaints.append(f"request leaves: {r.url}"))
    # A picture that was still to come when the page was left is no fault.
    page.on("requestfailed", lambda r: "ABORTED" in (r.failure or "")
            or complaints.append(f"missing: {r.url} ({r.failure})"))
    yield page, complaints
    context.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_pages_in_a_browser_without_network(browser, pages, width):
    formulas = 0
    with opened(browser, width) as (page, complaints):
        for file in pages:
            page.goto(file.as_uri())
            sizes = page.evaluate(
                "[...document.querySelectorAll('math')].map(e => {"
                "  const box = e.getBoundingClientRect();"
                "  return Math.min(box.width, box.height)})")
            formulas += len(sizes)
            if any(size < 3 for size in sizes):
                complaints.append(f"{file.name}: formula without a size")
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                complaints.append(f"{file.name}: {wide} px wide")
    assert not complaints
    assert formulas > 100


def test_no_page_is_heavy_or_names_another_place(pages):
    for file in pages:
        text = file.read_text(encoding="utf-8")
        assert file.stat().st_size < MOST, file.name
        assert not re.search(
            r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//',
            text), file.name


def test_every_link_and_tie_leads_somewhere(pages):
    ids = {file.name: set(re.findall(r'\bid="([^"]+)"',
                                     file.read_text(encoding="utf-8")))
           for file in pages}
    for file in pages:
        text = file.read_text(encoding="utf-8")
        for page, anchor in re.findall(
                r'href="([\w.-]*\.html)?#([^"]+)"', text):
            if anchor.startswith("svg-"):
                continue
            assert anchor in ids[page or file.name], (file.name, page, anchor)


def test_every_section_and_public_function_has_its_place(book):
    import backprop
    text = "".join(file.read_text(encoding="utf-8")
                   for file in book.glob("*.html"))
    for name in backprop.__all__:
        if callable(getattr(backprop, name)):
            assert f'id="{name}"' in text, name
    headings = re.findall(r"^# === (\d+\. .+) ===$",
                          (ROOT / "backprop.py").read_text("utf-8"), re.M)
    for heading in headings:
        assert f"<h1>{heading}<" in text, heading


def test_sentences_have_their_own_signs(pages):
    """Code keeps the keyboard's; what is read has true minus signs and
    quotes, and nobody's initial begins a list."""
    code = re.compile(r"<(pre|code|math|script|svg|title)\b.*?</\1>"
                      r"|<span class=\"(?:kind|signature)\">.*?</span>", re.S)
    for file in pages:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'<ol class="(?:upper|lower)', text), file.name
        text = text[text.index("<article"):text.index("</article>")]
        text = re.sub(r"<[^>]+>", "", code.sub("", text))
        found = re.search(r'.{,30}(?:(?<![\w-])-\d|"|&quot;).{,30}', text)
        assert not found, (file.name, found[0])


def test_a_phone_shows_formula_code_examples_and_each_tie(browser, book):
    with opened(browser, 390) as (page, complaints):
        page.goto((book / "backward.html").as_uri())
        tops = [page.locator(f"#linear_backward {part}").first.bounding_box()
                ["y"] for part in (".equation", ".source", ".examples",
                                   ".reference")]
        assert tops == sorted(tops)
        for tie in page.locator(".source a[data-eq]").all():
            box = tie.bounding_box()  # the number, where the line is cut off
            assert 0 < box["x"] and box["x"] + box["width"] < 390
    assert not complaints


def test_paper_has_no_navigation(browser, book):
    with opened(browser, 1400, color_scheme="dark") as (page, _):
        page.goto((book / "circuit.html").as_uri())
        page.emulate_media(media="print", color_scheme="dark")
        for away in (".sidebar-drawer", ".mobile-header", ".live .controls",
                     ".related-pages", ".content-icon-container"):
            assert not page.locator(away).is_visible(), away
        colour = page.evaluate("getComputedStyle(document.body).getProperty"
                               "Value('--ink')")
        assert colour == "#1b1f24"  # of the light scheme


def test_search_works_from_disk(browser, book):
    with opened(browser, 1400) as (page, complaints):
        page.goto((book / "search.html").as_uri() + "?q=linear_backward")
        page.wait_for_selector("ul.search li a", timeout=5000)
        first = page.locator("ul.search li a").first.get_attribute("href")
        assert first.startswith("backward.html"), first
    assert not complaints


def test_an_equation_and_its_line_light_up_together(browser, book):
    with opened(browser, 1400) as (page, complaints):
        page.goto((book / "backward.html").as_uri())
        page.hover("#eq-5\\.3 .eqno")
        assert "tied" in page.locator("#line-5\\.3").get_attribute("class")
        page.hover("h1")
        assert "tied" not in page.locator("#line-5\\.3").get_attribute(
            "class")
        page.click("#eq-5\\.3 .eqno")
        assert page.url.endswith("#line-5.3")
    assert not complaints


def test_what_is_closed_opens_for_links_and_paper(browser, book):
    with opened(browser, 1400) as (page, complaints):
        page.goto((book / "backward.html").as_uri())
        box = page.locator("#linear_backward details.reference").first
        assert not box.locator("dl").first.is_visible()
        box.locator("summary").click()
        assert box.locator("dl").first.is_visible()
        wrong = page.locator("#linear_backward details.slips")
        assert "the 1/m is forgotten" in wrong.text_content()
        page.goto((book / "symbols.html").as_uri())
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details.aside pre").first.is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not page.locator("details.aside pre").first.is_visible()
        page.evaluate("document.querySelector('details.aside pre').id = 'in'")
        page.evaluate("location.hash = '#in'")
        page.wait_for_selector("#in", state="visible", timeout=2000)
    assert not complaints


def test_a_number_covers_no_code_on_a_phone(browser, pages):
    with opened(browser, 390) as (page, _):
        for file in pages:
            if "data-eq" not in file.read_text(encoding="utf-8"):
                continue
            page.goto(file.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach("
                          "e => { e.open = true })")
            covered = page.evaluate("""
                [...document.querySelectorAll('.source .line[data-eq]')]
                .filter(line => {
                  const tie = line.querySelector('a.c1');
                  return tie.getBoundingClientRect().right
                    > line.getBoundingClientRect().left
                      + parseFloat(getComputedStyle(line, '::before').width)
                    || tie.scrollWidth > tie.clientWidth;
                }).length""")
            assert not covered, file.name


def test_pages_read_without_script(browser, book):
    with opened(browser, 390, java_script_enabled=False) as (page, _):
        page.goto((book / "backward.html").as_uri())
        page.click("#line-5\\.3 a[data-eq]")
        assert page.url.endswith("#eq-5.3")
        still, moving = page.locator(".still").all()
        assert still.locator(".drawing").is_visible()
        assert not moving.locator("..").is_visible()  # nothing to show


def test_the_circuit_is_live(browser, book):
    with opened(browser, 1400) as (page, complaints):
        page.goto((book / "circuit.html").as_uri())

        def wires():
            return page.locator(
                "svg [data-v], svg [data-g]").all_text_contents()

        printed = wires()
        assert "0.73" in printed
        page.locator(".controls input").first.fill("-1")  # w0: z is now 4
        assert "4.00" in wires() and "0.98" in wires()
        page.locator(".buttons button").click()
        assert wires() == printed  # the script computes what Python did
    assert not complaints


def test_a_malformed_formula_fails_the_build(book, tmp_path):
    sphinx = pytest.importorskip("sphinx.cmd.build")
    if not (ROOT / "docs/node_modules/temml").exists():
        pytest.skip("Temml is not installed here")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT / 'docs')!r}]\n"
        "extensions = ['mathml']\n", encoding="utf-8")
    (docs / "index.rst").write_text(
        "T\n=\n\nRight: :math:`\\tfrac12`; wrong: :math:`\\frac{1`.\n",
        encoding="utf-8")
    assert sphinx.main(["-q", str(docs), str(tmp_path / "out")]) != 0


def test_the_books_own_words_can_be_translated(tmp_path):
    """What docs/ says itself is a catalogue, and so are formulas' words."""
    pytest.importorskip("sphinx")
    catalogues = tmp_path / "locale" / "zh_CN" / "LC_MESSAGES"
    catalogues.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    (catalogues / "book.po").write_text(
        head + '\nmsgid "Parameters"\nmsgstr "参数"\n'
        '\nmsgid "(average)"\nmsgstr "（平均）"\n'
        '\nmsgid "Wide content"\nmsgstr "宽内容"\n', encoding="utf-8")
    (tmp_path / "index.rst").write_text("T\n=\n", encoding="utf-8")
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT / 'docs')!r}]\n"
        "import words\nextensions = ['words']\nlanguage = 'zh_CN'\n"
        "locale_dirs = ['locale']\n"
        "def setup(app):\n"
        "    tex = r'a_\\text{prev} \\text{(average)}'\n"
        "    with open(app.srcdir / 'said', 'w', encoding='utf-8') as file:\n"
        "        print(words.say('Parameters'), words.in_formula(tex),\n"
        "              file=file)\n",
        encoding="utf-8")
    for builder in "html", "gettext":
        subprocess.run(
            [sys.executable, "-m", "sphinx", "-q", "-b", builder,
             str(tmp_path), str(tmp_path / builder)], check=True)
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert said == "参数 a_\\text{prev} \\text{（平均）}\n"
    script = (tmp_path / "html/_static/words.js").read_text(encoding="utf-8")
    assert "宽内容" in script
    messages = (tmp_path / "gettext/book.pot").read_text(encoding="utf-8")
    for said in "Parameters", "Wide content", "(average)":
        assert f'msgid "{said}"\n' in messages, said
    assert 'msgid "prev"' not in messages


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_error(browser, pages, scheme):
    """Every rule in the light, on one section for all, which are made alike;
    contrast, which takes long and comes from one style sheet, on a page of
    each kind in light and dark."""
    axe = pytest.importorskip("axe_playwright_python")
    script = Path(axe.__file__).with_name("axe.min.js").read_text("utf-8")
    kinds = {"index", "circuit", "cats", "exercises", "search"}
    found = []
    with opened(browser, 1400, color_scheme=scheme) as (page, _):
        for file in pages:
            contrast = file.stem in kinds
            section = file.stem != "files" and (  # which has most helpers
                "data-n=" in file.read_text(encoding="utf-8"))
            if not contrast and (scheme == "dark" or section):
                continue
            page.goto(file.as_uri())
            page.evaluate(script)
            if contrast:  # the shadows at edges would leave it undecided
                page.add_style_tag(
                    content="* {background-image: none !important}")
            rules = {"color-contrast": {"enabled": contrast},
                     "target-size": {"enabled": True}}
            answer = page.evaluate(
                "rules => axe.run(document, "
                "{resultTypes: ['violations'], rules})", rules)
            found += [
                f"{file.name}: {v['id']}: {v['nodes'][0]['html'][:150]}"
                f" ({len(v['nodes'])})" for v in answer["violations"]]
    assert not found, "\n".join(found)


def test_every_page_leads_to_itself_in_chinese_and_back(book, browser):
    """From disk, on a phone, where it fits the screen."""
    with opened(browser, 390) as (page, complaints):
        def other(code):
            link = page.locator(f".mobile-header [hreflang={code}]")
            assert link.is_visible()
            return link.evaluate("link => link.href")

        for file in sorted(book.glob("*.html")):
            page.goto(file.as_uri())
            chinese = book / "zh" / file.name
            assert other("zh-CN") == chinese.as_uri()
            page.goto(chinese.as_uri())
            assert other("en") == file.as_uri()
            lang, width, text = page.evaluate(
                "[document.documentElement.lang, "
                "document.documentElement.scrollWidth, document.title + "
                "document.querySelector('article').textContent]")
            assert lang == "zh-CN"
            assert width <= 390, file.name
            assert re.search("[\u4e00-\u9fff]", text), file.name
    assert not complaints


@pytest.mark.parametrize("words, page", [
    ("链式法则", "1. 电路：链式法则"), ("交叉熵", "4. 交叉熵"),
    ("linear_backward", "5. 反向传播")])
def test_the_search_finds_chinese(book, browser, words, page):
    with opened(browser, 1000) as (tab, complaints):
        tab.goto(f"{(book / 'zh' / 'search.html').as_uri()}?q={words}")
        found = tab.locator("#search-results li", has_text=page).first
        found.wait_for(timeout=20_000)
    assert not complaints
