"""Pages hold English and Chinese, and a switch between them."""

import pytest

from convcli.choices import Language
from convcli.display.language import chinese
from convcli.display.pages.page import page
from tests.pages import english_in, english_left, switch

HTML = """
<h1 id="head">Rows
   and columns</h1>
<p id="mixed" data-say>Press <kbd>n</kbd> for the <b id="kept">next</b> one.</p>
<label id="label">row <input placeholder="a row" aria-label="number of the row"></label>
<select aria-label="1"><optgroup label="a row"><option>2</option></optgroup></select>
<p id="said"></p><p id="unknown">No translation</p>
"""
JS = """
const fields = { count: 3, name: data.name };
const tell_all = () => tell({ said: say("{count} rows of {name}, {count} in all", fields) });
document.addEventListener("language", tell_all);
tell_all();
"""
MESSAGES = """
"Rows and columns" = "行和列"
"Press {0} for the {1} one." = "看{1}一个按 {0}。"
"next" = "下"
"row" = "行"
"a row" = "某行"
"number of the row" = "行号"
"{count} rows of {name}, {count} in all" = "{name} 有 {count} 行，共 {count}"
"Page of {name}" = "{name} 的页面"
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch, open_page):
    """Open a page of a package of its own, in a language."""
    assets = tmp_path / "tinypage" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "__init__.py").touch()
    (assets.parent / "messages.toml").write_text(MESSAGES, "utf-8")
    for suffix, text in (("html", HTML), ("css", ""), ("js", JS)):
        (assets / f"tiny.{suffix}").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    def opened(language, **context):
        path = tmp_path / "tiny.html"
        made = page(
            "tinypage",
            "tiny",
            lambda say: say("Page of {name}", name="x.png"),
            {"name": "x.png"},
            language=language,
        )
        path.write_text(made, "utf-8")
        return open_page(path, **context).page

    yield opened
    chinese.cache_clear()


def test_everything_changes_with_the_switch(tiny):
    shown = tiny(Language.EN)
    # the mark of a mixed sentence keeps its elements, wherever they stand in the other language
    shown.evaluate("one('kept').marked = true")
    assert shown.evaluate("document.documentElement.lang") == "en"
    assert shown.title() == "Page of x.png"
    assert shown.inner_text("#mixed") == "Press n for the next one."
    assert shown.inner_text("#said") == "3 rows of x.png, 3 in all"
    switch(shown, "zh")
    assert shown.evaluate("document.documentElement.lang") == "zh-Hans"
    assert shown.title() == "x.png 的页面"
    assert shown.inner_text("#head") == "行和列"
    assert shown.inner_text("#mixed") == "看下一个按 n。"
    assert shown.evaluate("one('kept').marked") is True
    assert shown.inner_text("#label").strip() == "行"
    assert shown.get_attribute("input", "placeholder") == "某行"
    assert shown.get_attribute("input", "aria-label") == "行号"
    assert shown.get_attribute("optgroup", "label") == "某行"
    assert shown.inner_text("#said") == "x.png 有 3 行，共 3"
    assert shown.get_attribute("#languages", "aria-label") == "语言"
    assert shown.inner_text("#unknown") == "No translation"
    assert english_left(shown, "x.png") == ["No translation"]
    switch(shown, "en")
    assert shown.inner_text("#head") == "Rows and columns"
    assert shown.inner_text("#mixed") == "Press n for the next one."


def test_the_switch_is_reached_by_keys_and_remembered_for_the_session(tiny):
    shown = tiny(Language.ZH)
    assert shown.title() == "x.png 的页面"
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "English"
    assert shown.get_attribute("button[value=en]", "aria-pressed") == "false"
    shown.keyboard.press("Enter")
    assert shown.title() == "Page of x.png"
    assert shown.get_attribute("button[value=en]", "aria-pressed") == "true"
    shown.reload()
    assert shown.title() == "Page of x.png"
    # another tab is another session
    assert tiny(Language.ZH).title() == "x.png 的页面"


def test_english_is_found():
    texts = ["零填充 zero", "rows and columns", "sobel-x", "gaussian:sigma=2", "见 a.b.png", "at 3, 4"]
    assert english_in(texts) == ["rows and columns", "gaussian:sigma=2", "见 a.b.png"]
    assert english_in(texts, "a.b.png", "gaussian:sigma=2") == ["rows and columns"]
